/** Groups, shares and share codes on a real hub. */
import { describe, expect, it } from "vitest";
import {
  BadRequestError,
  ConflictError,
  InvalidInputError,
  NotFoundError,
  UnsupportedByHubError,
} from "jupyterhub-client";
import { failure, itBefore, itSince, useHubFixture, since } from "./hub-fixture.js";

const fixture = useHubFixture("sharing");

describe("groups", () => {
  it("are created, listed, given members and deleted", async () => {
    const { groups, users } = fixture.hub;
    await users.createMany({ usernames: ["ada", "grace"] });
    expect((await groups.create("astronomy", { users: ["ada"] })).users).toEqual(["ada"]);
    expect(await groups.createMany({ groups: ["optics", "rocketry"] })).toHaveLength(2);
    expect(await failure(groups.create("optics"))).toBeInstanceOf(ConflictError);
    const names = (await groups.list({ limit: 1 })).map(({ name }) => name);
    expect(names).toEqual(["astronomy", "optics", "rocketry"]);
    expect((await groups.addUsers("optics", { users: ["ada", "grace"] })).users).toHaveLength(2);
    expect((await groups.removeUsers("optics", { users: ["ada"] })).users).toEqual(["grace"]);
    const stranger = groups.addUsers("optics", { users: ["nobody"] });
    expect(await failure(stranger)).toBeInstanceOf(BadRequestError);
    await groups.delete("rocketry");
    expect(await failure(groups.get("rocketry"))).toBeInstanceOf(NotFoundError);
  });

  itSince("4.0")("have properties", async () => {
    const { groups } = fixture.hub;
    expect((await groups.setProperties("optics", { quota: 5 })).properties).toEqual({ quota: 5 });
    expect((await groups.get("optics")).properties).toEqual({ quota: 5 });
  });

  itBefore("4.0")("have no properties", async () => {
    const error = await failure(fixture.hub.groups.setProperties("optics", { quota: 5 }));
    expect(error).toBeInstanceOf(UnsupportedByHubError);
    expect(error).toMatchObject({ since: "4.0" });
  });

  it.each(["Ada's #1 group?", "a+b@example.org", "100% \\o/".replace("/", ""), "🦉"])(
    "named %j are addressed correctly",
    async (name) => {
      expect((await fixture.hub.groups.create(name)).name).toBe(name);
      expect((await fixture.hub.groups.get(name)).name).toBe(name);
      await fixture.hub.groups.delete(name);
    },
  );
});

describe("shares", () => {
  itBefore("5.0")("are rejected on hubs before 5.0", async () => {
    const { shares, shareCodes } = fixture.hub;
    const calls = [
      shares.list("ada"),
      shares.grant("ada", { user: "grace" }),
      shareCodes.create("ada"),
      shareCodes.list("ada"),
    ];
    for (const error of await Promise.all(calls.map(failure))) {
      expect(error).toMatchObject({ name: "UnsupportedByHubError", since: "5.0" });
    }
    expect(await fixture.hub.supports("shares")).toBe(false);
  });

  itSince("5.0")("are granted to users and groups, listed and removed", async () => {
    const { servers, shares } = fixture.hub;
    const lab = { server: "lab" };
    await servers.start("ada", lab);
    const share = await shares.grant("ada", { ...lab, user: "grace" });
    expect(share.scopes).toEqual(["access:servers!server=ada/lab"]);
    await shares.grant("ada", { ...lab, group: "astronomy" });
    expect(await shares.list("ada")).toHaveLength(2);
    expect(await shares.list("ada", { ...lab, limit: 1 })).toHaveLength(2);
    expect(await shares.listForUser("grace")).toEqual([share]);
    expect(await shares.getForUser("grace", "ada", lab)).toEqual(share);
    expect(await shares.listForGroup("astronomy")).toHaveLength(1);
    const forGroup = await shares.getForGroup("astronomy", "ada", lab);
    expect(forGroup.group).toEqual({ name: "astronomy" });
    await shares.removeForUser("grace", "ada", lab);
    await shares.removeForGroup("astronomy", "ada", lab);
    expect(await shares.list("ada")).toEqual([]);
  });

  itSince("5.0")(
    "are revoked in part, with or without the scope's filter, and as a whole",
    async () => {
      const { shares } = fixture.hub;
      const input = { server: "lab", user: "grace" };
      for (const scope of ["read:servers", "read:servers!server=ada/lab"]) {
        await shares.grant("ada", { ...input, scopes: ["access:servers", "read:servers"] });
        const rest = await shares.revoke("ada", { ...input, scopes: [scope] });
        expect(rest?.scopes).toEqual(["access:servers!server=ada/lab"]);
      }
      expect(await shares.revoke("ada", input)).toBeUndefined();
      await shares.grant("ada", input);
      await shares.revokeAll("ada", { server: "lab" });
      expect(await shares.list("ada", { server: "lab" })).toEqual([]);
      const foreign = shares.grant("ada", { ...input, scopes: ["access:servers!server=grace/"] });
      expect(await failure(foreign)).toBeInstanceOf(BadRequestError);
    },
  );

  itSince("5.0")("use a path with a trailing slash for the default server", async () => {
    const { servers, shares } = fixture.hub;
    await servers.start("ada");
    expect((await shares.grant("ada", { user: "grace" })).server.name).toBe("");
    expect(await shares.list("ada", { server: "" })).toHaveLength(1);
    await shares.revokeAll("ada");
    expect(await shares.list("ada")).toEqual([]);
  });

  itSince("5.0")("have codes, which are listed and revoked one by one", async () => {
    const { shareCodes } = fixture.hub;
    const input = { server: "lab", expires_in: 600 };
    const code = await shareCodes.create("ada", input);
    expect(code.accept_url).toContain(code.code);
    const second = await shareCodes.create("ada", input);
    expect(await shareCodes.list("ada")).toHaveLength(2);
    await shareCodes.revoke("ada", { server: "lab", id: code.id });
    await shareCodes.revoke("ada", { server: "lab", code: second.code });
    expect(await shareCodes.list("ada")).toEqual([]);
    const unknown = shareCodes.revoke("ada", { server: "lab", id: code.id });
    expect(await failure(unknown)).toBeInstanceOf(NotFoundError);
  });

  itSince("5.0")("have codes, which are revoked all at once only by `revokeAll`", async () => {
    const { shareCodes } = fixture.hub;
    const lab = { server: "lab" };
    await shareCodes.create("ada", lab);
    const careless = shareCodes.revoke("ada", { ...lab, id: "" });
    expect(await failure(careless)).toBeInstanceOf(InvalidInputError);
    expect(await shareCodes.list("ada", lab)).toHaveLength(1);
    await shareCodes.revokeAll("ada", lab);
    expect(await shareCodes.list("ada", lab)).toEqual([]);
  });

  it("are supported since hub 5.0, according to `supports`", async () => {
    expect(await fixture.hub.supports("shares")).toBe(since("5.0"));
  });
});
