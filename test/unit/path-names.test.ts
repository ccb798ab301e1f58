/** Names in URLs: which of them are refused before anything is sent, and how all others reach the hub unchanged. */
import { describe, expect, it } from "vitest";
import {
  deleteShareCode,
  deleteUserToken,
  getGroup,
  getUser,
  getUserServerName,
} from "../../src/api.js";
import { InvalidInputError } from "../../src/core/errors.js";
import { checkName, describeType } from "../../src/core/path-names.js";
import { JupyterHub } from "../../src/index.js";
import { answer, answering, api, hubOf, rejectionOf, secrets, serve } from "./helpers.js";

const halves = ["\uD83D", "\uDE00", "a\uD83Db", "a\uDE00b", "\uDE00\uD83D", "😀\uD83D", "\uDE00😀"];
const refused = [".", "..", "", ...halves];
const accepted = [
  "ada",
  "ada lovelace",
  "a/b",
  "../b",
  "a\\b",
  "a?b",
  "a#b",
  "a%b",
  "%2e%2e",
  "%2E",
  "...",
  ".a",
  "a+b",
  "ada@example.org",
  "o'brien",
  "a(b)",
  "a;b=c",
  "a,b",
  "a&b",
  "a:b",
  "[a]",
  "{server_name}",
  "$&",
  "$1",
  " ",
  "\t\n",
  "\0",
  "ÅNGSTRÖM",
  "名前",
  "😀",
  "👩‍🚀",
  "constructor",
  "__proto__",
];

type Sending = (hub: JupyterHub, name: string) => PromiseLike<unknown>;
const aliases: [string, Sending][] = [
  ["users.get", (hub, name) => hub.users.get(name)],
  ["users.create", (hub, name) => hub.users.create(name)],
  ["users.delete", (hub, name) => hub.users.delete(name)],
  ["tokens.revoke (user)", (hub, name) => hub.tokens.revoke(name, "a1")],
  ["servers.start", (hub, name) => hub.servers.start(name)],
  ["servers.stop", (hub, name) => hub.servers.stop(name)],
  ["groups.addUsers", (hub, name) => hub.groups.addUsers(name, { users: ["ada"] })],
  ["shares.grant", (hub, name) => hub.shares.grant(name, { user: "grace" })],
  ["shareCodes.list", (hub, name) => hub.shareCodes.list(name)],
  ["services.get", (hub, name) => hub.services.get(name)],
  ["getUser", (hub, name) => raw(getUser({ client: hub.client, path: { name } }))],
  ["getGroup", (hub, name) => raw(getGroup({ client: hub.client, path: { name } }))],
];
/** Throws the error of a raw function, which resolves with its error unless `throwOnError` is set. */
const raw = async (call: Promise<{ error?: unknown }>): Promise<void> => {
  const { error } = await call;
  if (error) throw error;
};

describe.each(aliases)("%s", (_, send) => {
  it.each(refused)("refuses the name %j before anything is sent", async (name) => {
    const fetch = answering();
    await expect(send(hubOf(fetch), name)).rejects.toBeInstanceOf(InvalidInputError);
    expect(fetch.sent()).toEqual([]);
  });

  it.each([undefined, null, 7, {}, ["ada"], true])("refuses %j as a name", async (name) => {
    const fetch = answering();
    const error = await rejectionOf(send(hubOf(fetch), name as unknown as string));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(/must be a string, not/);
    expect(fetch.sent()).toEqual([]);
  });
});

describe("an invalid server name", () => {
  const starts: [string, Sending][] = [
    ["servers.start", (hub, server) => hub.servers.start("ada", { server })],
    ["servers.create", (hub, server) => hub.servers.create("ada", { server })],
    ["shares.grant", (hub, server) => hub.shares.grant("ada", { server, user: "grace" })],
    [
      "getUserServerName",
      (hub, server) =>
        raw(getUserServerName({ client: hub.client, path: { name: "ada", server_name: server } })),
    ],
  ];
  it.each(
    starts.flatMap(([what, send]) =>
      [".", "..", "\uD83D"].map((bad) => [what, bad, send] as const),
    ),
  )("is refused by %s: %j", async (_, bad, send) => {
    const fetch = answering();
    await expect(send(hubOf(fetch), bad)).rejects.toBeInstanceOf(InvalidInputError);
    expect(fetch.sent()).toEqual([]);
  });
});

it("a token in place of its id is refused, and neither sent nor quoted", async () => {
  const fetch = answering();
  const { tokens, client } = hubOf(fetch);
  const secret = "09d50a41c0ffee09d50a41c0ffee0123";
  const path = { name: "ada", token_id: secret };
  for (const call of [
    () => tokens.get("ada", secret),
    () => tokens.revoke("ada", secret),
    () => raw(deleteUserToken({ client, path })),
  ]) {
    const error = await call().then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(String(error)).toContain("Give the token's `id`, such as a5, not the token itself");
    expect(String(error)).not.toContain(secret);
  }
  expect(fetch.sent()).toEqual([]);
});

describe("an accepted name", () => {
  it.each(accepted)(
    "%j is percent-encoded as one path segment, by methods and by raw functions",
    async (name) => {
      const fetch = answering();
      const hub = hubOf(fetch);
      await hub.users.get(name);
      await raw(getUser({ client: hub.client, path: { name } }));
      await hub.tokens.revoke(name, "a1");
      const encoded = encodeURIComponent(name);
      expect(fetch.requests.map(({ url }) => url)).toEqual([
        `${api}/users/${encoded}`,
        `${api}/users/${encoded}`,
        `${api}/users/${encoded}/tokens/a1`,
      ]);
    },
  );

  it("arrives unchanged at a real server", async () => {
    const arrived: string[] = [];
    await using server = await serve((request, response) => {
      const segments = (request.url ?? "").split("/");
      expect(segments.slice(0, -1)).toEqual(["", "prefix", "hub", "api", "users"]);
      arrived.push(decodeURIComponent(segments.at(-1) ?? ""));
      response.setHeader("X-JupyterHub-Version", "6.1.1");
      response.setHeader("Content-Type", "application/json").end("{}");
    });
    const hub = new JupyterHub({ url: `${server.url}/prefix`, token: secrets.token });
    for (const name of accepted) await hub.users.get(name);
    expect(arrived).toEqual(accepted);
  });
});

describe("the default server", () => {
  it("keeps the slash after the owner in URLs of shares, since a URL without it refers to all servers", async () => {
    const fetch = answering(({ method, url }) =>
      method === "GET" || url.includes("share-codes")
        ? answer({ items: [], _pagination: { next: null } })
        : answer(),
    );
    const hub = hubOf(fetch);
    await hub.shares.grant("a/b", { user: "grace" });
    await hub.shares.list("a/b", { server: "" });
    await hub.shares.list("a/b");
    await hub.shareCodes.create("ada");
    await hub.shares.getForUser("grace", "ada");
    await raw(deleteShareCode({ client: hub.client, path: { owner: "ada", server_name: "" } }));
    expect(fetch.sent()).toEqual([
      "POST /shares/a%2Fb/",
      "GET /shares/a%2Fb/?offset=0&limit=200",
      "GET /shares/a%2Fb?offset=0&limit=200",
      "POST /share-codes/ada/",
      "GET /users/grace/shared/ada/",
      "DELETE /share-codes/ada/",
    ]);
  });
});

describe("checkName()", () => {
  it("names the parameter in its error", () => {
    expect(() => checkName("server_name", "..")).toThrow(
      'The server name must not be "..": in a URL it would lead to another route.',
    );
    expect(() => checkName("owner", "")).toThrow("The owner must not be empty.");
  });

  it("accepts an empty name if the route allows it", () => {
    expect(() => checkName("server_name", "", true)).not.toThrow();
    expect(() => checkName("server_name", "..", true)).toThrow(InvalidInputError);
  });

  it.each([
    [null, "null"],
    [["ada"], "an array"],
    [undefined, "of type undefined"],
    [secrets.token, "of type string"],
    [7, "of type number"],
    [{}, "of type object"],
  ])("describes a value by its type, without quoting it: %j is %s", (value, kind) => {
    expect(describeType(value)).toBe(kind);
  });
});
