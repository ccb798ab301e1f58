/** Wrong options of a fake hub: each is refused when it is given, with an error that says what to give. */
import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/index.js";
import { FakeHub } from "../../src/testing/index.js";
import { ask, clientOf, openFake } from "./hubs.js";

describe("a new fake hub refuses", () => {
  it.each<[string, object, string]>([
    ["an unknown option", { user: ["ada"] }, "Did you mean `users`?"],
    [
      "an unknown kind of time",
      { time: "fake" },
      '`time` in the options of FakeHub must be "real"',
    ],
    ["a url without /hub/api", { url: "https://hub.example/api" }, "`url`"],
    ["a negative limit", { namedServerLimit: -1 }, "must be a number, 0 or more"],
    ["a timeout that is not a number", { slowSpawnTimeout: Number.NaN }, "`slowSpawnTimeout`"],
    ["an empty page", { pageLimit: { max: 0 } }, "`max` in the page limit must be a whole number"],
    ["the same user twice", { users: ["ada", { name: "ada" }] }, "two users named ada"],
    ["the same group twice", { groups: ["staff", "staff"] }, "two groups named staff"],
    ["an unknown key of a user", { users: [{ name: "ada", group: ["staff"] }] }, "`groups`"],
    ["a user without a name", { users: [{ admin: true }] }, "needs a `name`"],
    ["a user's name with a slash", { users: ["a/b"] }, "a name that hubs accept"],
    ["an empty name", { users: [""] }, "a name that hubs accept"],
    ["a name with outer spaces", { users: [" ada"] }, "a name that hubs accept"],
    ["a token that is too short", { services: [{ name: "s", token: "short" }] }, "8 to 64"],
    ["a token that is too long", { services: [{ name: "s", token: "x".repeat(65) }] }, "8 to 64"],
    ["a role that does not exist", { services: [{ name: "s", roles: ["culler"] }] }, "role culler"],
    ["a scope that does not exist", { roles: { culler: ["list:user"] } }, "'list:user' for role"],
    ["a scope of a newer hub", { version: "4.1", roles: { user: ["shares!user"] } }, "hub 4.1.6"],
    ["another role admin", { roles: { admin: ["self"] } }, "role admin"],
  ])("%s", (_, options, message) => {
    const create = (): FakeHub => new FakeHub(options);
    expect(create).toThrow(InvalidInputError);
    expect(create).toThrow(message);
  });
});

describe("a fake hub", () => {
  it("uses the default of an option that is undefined", () => {
    const options = { version: undefined, users: undefined, time: undefined };
    expect(new FakeHub(options).version).toBe("6.1.1");
  });

  it("uses the defaults of undefined keys in users, groups, services, behaviours and faults", async () => {
    const no = undefined;
    const fake = new FakeHub({
      users: [{ name: "ada", admin: no, groups: no, roles: no, servers: no, lastActivity: no }],
      groups: [{ name: "staff", users: no, properties: no }],
      services: [{ name: "charts", admin: no, token: no, roles: no }],
      spawner: { seconds: no, progress: no, fails: no, timeout: no, stopSeconds: no },
      pageLimit: { default: no, max: no },
    });
    fake.fail({ operation: no, times: no, status: 500, message: no, headers: no, stall: no });
    const hub = clientOf(fake, { token: fake.tokenFor("admin", { scopes: no, expiresIn: no }) });
    await expect(hub.whoami()).rejects.toMatchObject({ status: 500 });
    expect(await hub.users.get("ada")).toMatchObject({ admin: false, groups: [], servers: {} });
    expect(await hub.groups.get("staff")).toMatchObject({ users: [], properties: {} });
    expect(await hub.services.get("charts")).toMatchObject({ admin: false, roles: [] });
    expect(await hub.servers.start("ada")).toMatchObject({ ready: true });
    await hub.servers.stop("ada");
  });

  it("accepts a group whose name has slashes, like the group names of some identity providers", async () => {
    const fake = new FakeHub({ users: [{ name: "ada", groups: ["/staff"] }], groups: ["/staff"] });
    const response = await ask(fake, "GET /groups/%2Fstaff");
    expect(await response.json()).toMatchObject({ name: "/staff", users: ["ada"] });
  });

  it("accepts a url with a slash at its end", async () => {
    const fake = new FakeHub({ url: "https://hub.example/base/hub/api/" });
    expect((await ask(fake, "GET /user")).status).toBe(200);
  });

  it("refuses a limit of concurrent starts that is not a number", () => {
    const { fake } = openFake();
    expect(() => {
      fake.concurrentSpawnLimit = Number.NaN;
    }).toThrow("`concurrentSpawnLimit`");
  });

  it.each(["4.1", "5", "6"])(
    "of version %s refuses a token or authorization code with a wrong scope, and says what is wrong",
    (version) => {
      const { fake } = openFake({ version });
      const unknown = { scopes: ["list:user"] };
      expect(() => fake.tokenFor("ada", unknown)).toThrow("'list:user' for token does not exist");
      const excess = ["admin:users"];
      expect(() => fake.tokenFor("ada", { scopes: excess })).toThrow("not held by User ada");
      expect(() => fake.authorizationCode("ada", excess)).toThrow("not held by User ada");
    },
  );

  it("refuses a token with a lifetime that is not a number, or with an unknown option", () => {
    const { fake } = openFake();
    expect(() => fake.tokenFor("ada", { expiresIn: Number.NaN })).toThrow("`expiresIn`");
    expect(() => fake.tokenFor("ada", { expires: 1 } as object)).toThrow("Unknown key `expires`");
  });

  it("refuses wrong options of restart() and received()", async () => {
    const { fake } = openFake();
    await expect(fake.restart({ seconds: -1 })).rejects.toThrow("`seconds`");
    await expect(fake.received("GET /users", { count: 0 })).rejects.toThrow("`count`");
  });
});
