/** `servers.listActive`: the active servers of all users. */
import { describe, expect, it } from "vitest";
import { ForbiddenError, type ActiveServer } from "../../src/index.js";
import { hubOf, answering, answer, rejectionOf } from "../unit/helpers.js";
import { fakeListing } from "./fake-listing.js";

/** The names of each user's servers. The default server has an empty name. */
const users = { ada: ["", "gpu"], grace: [], linus: ["cpu"], hedy: [""] };
const model = (name: string): object => ({
  name,
  servers: Object.fromEntries(
    users[name as keyof typeof users].map((server) => [server, { name: server, ready: true }]),
  ),
});
const fake = (version: string) =>
  fakeListing(Object.keys(users), {
    version,
    max: 2,
    shape: (items) => items.map(model),
  });
const short = ({ user, server }: ActiveServer): string => `${user.name}/${server.name}`;
const all = ["ada/", "ada/gpu", "linus/cpu", "hedy/"];

describe("servers.listActive", () => {
  it.each([
    [
      "6.1.1",
      [
        "/users?state=active&offset=0&limit=200",
        "/users?state=active&offset=1&limit=2",
        "/users?state=active&offset=2&limit=2",
      ],
    ],
    ["1.5.1", ["/users?state=active&offset=0&limit=200"]],
    ["1.2.2", ["/users?offset=0&limit=200"]],
  ])("lists the servers of all users on hub %s", async (version, paths) => {
    const { hub, recorded } = fake(version);
    const active = await hub.servers.listActive();
    expect(active.map(short)).toEqual(all);
    expect(active[0]).toEqual({ user: model("ada"), server: { name: "", ready: true } });
    expect(recorded.map(({ path }) => path)).toEqual(paths);
  });

  it("selects and sorts users as users.list does", async () => {
    const { hub, recorded } = fake("6.1.1");
    for await (const _ of hub.servers.listActive({ name_filter: "a", sort: "name", limit: 2 }))
      break;
    expect(recorded.map(({ path }) => path)).toEqual([
      "/users?name_filter=a&sort=name&state=active&offset=0&limit=2",
    ]);
  });

  it("has pages whose limit and total count users, not servers", async () => {
    const { hub } = fake("6.1.1");
    const { items, ...page } = await hub.servers.listActive().page({ offset: 0, limit: 2 });
    expect(items.map(short)).toEqual(["ada/", "ada/gpu"]);
    expect(page).toEqual({ offset: 0, limit: 2, total: 4, next: { offset: 2, limit: 2 } });
  });

  it("rejects with ForbiddenError if the token's scopes do not include the servers", async () => {
    const fetch = answering(({ url }) =>
      answer(url.includes("/users") ? [{ name: "ada" }] : { version: "6.1.1" }),
    );
    const error = await rejectionOf(hubOf(fetch).servers.listActive());
    expect(error).toBeInstanceOf(ForbiddenError);
    expect(error).toMatchObject({ requiredScopes: ["read:servers"] });
  });
});
