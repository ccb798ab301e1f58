/** The options of a fake hub: its release, users, groups and services. */
import { describe, expect, it } from "vitest";
import { FakeHub } from "../../src/testing/index.js";
import { ask, clientOf, openFake } from "./hubs.js";

describe("a new fake hub", () => {
  it.each([
    ["6", "6.1.1"],
    ["5", "5.5.4"],
    ["4.1", "4.1.6"],
    ["5.4.6", "5.4.6"],
  ])("with the option `version` %s has the release %s", async (version, release) => {
    const fake = new FakeHub({ version });
    expect(await clientOf(fake).version()).toBe(release);
  });

  it.each(["3.1.1", "4.0.2", "7.0.0", ""])("refuses the version %j", (version) => {
    expect(() => new FakeHub({ version })).toThrow("There is no fake hub");
  });

  it("has the users, groups, services and servers of its options", async () => {
    const lastActivity = new Date("2026-01-01T00:00:00Z");
    const { hub } = openFake({
      users: [
        "ada",
        { name: "grace", admin: true, groups: ["staff"], servers: ["gpu"], lastActivity },
      ],
      groups: [{ name: "team", users: ["ada"], properties: { limit: 3 } }, "empty"],
      services: [{ name: "culler", roles: ["culler"] }],
      roles: { culler: ["list:users"] },
    });
    const grace = await hub.users.get("grace");
    expect(grace).toMatchObject({ admin: true, groups: ["staff"] });
    expect(grace.last_activity).toBe("2026-01-01T00:00:00Z");
    expect((await hub.servers.list("grace")).map(({ name, ready }) => [name, ready])).toEqual([
      ["gpu", true],
    ]);
    expect((await hub.groups.list()).map(({ name }) => name)).toEqual(["team", "empty", "staff"]);
    expect((await hub.groups.get("team")).properties).toEqual({ limit: 3 });
    expect((await hub.services.list()).map(({ name }) => name)).toEqual(["admin", "culler"]);
  });

  it("creates tokens of users and services, with all or some of their scopes", async () => {
    const { fake } = openFake({
      services: [{ name: "culler", roles: ["culler"], token: "a-known-token" }],
      roles: { culler: ["list:users"] },
    });
    const as = async (token: string) => clientOf(fake, { token }).whoami();
    expect(await as(fake.tokenFor("ada"))).toMatchObject({ kind: "user", name: "ada" });
    expect(await as("a-known-token")).toMatchObject({ name: "culler" });
    const few = await as(fake.tokenFor("ada", { scopes: ["read:users:name!user"] }));
    expect(few.scopes).not.toContain("servers!user=ada");
    expect(() => fake.tokenFor("nobody")).toThrow("no user and no service named nobody");
  });

  it.each([["admin"], [{ name: "admin", admin: true }]])(
    "has a token of the service named admin, even if a user has the same name: %j",
    async (user) => {
      const { hub } = openFake({ users: [user, "ada"] });
      expect(await hub.whoami()).toMatchObject({ kind: "service", name: "admin" });
      expect(await hub.users.list()).toHaveLength(2);
    },
  );

  it("does not accept the tokens of another fake hub", async () => {
    const [one, other] = [new FakeHub(), new FakeHub()];
    const headers = { Authorization: `token ${one.token}` };
    expect((await ask(other, "GET /users", { headers })).status).toBe(403);
  });

  it("lists the requests that it received, with the owner of each request's token", async () => {
    const { fake, hub } = openFake();
    await hub.users.get("ada");
    await ask(fake, "POST /groups/staff?x=1", { body: '{"users":["ada"]}' });
    expect(fake.requests.slice(-2)).toEqual([
      {
        operation: "GET /users/{name}",
        method: "GET",
        path: "/users/ada",
        query: {},
        body: undefined,
        by: "admin",
        status: 200,
      },
      {
        operation: "POST /groups/{name}",
        method: "POST",
        path: "/groups/staff",
        query: { x: "1" },
        body: { users: ["ada"] },
        by: "admin",
        status: 201,
      },
    ]);
  });
});
