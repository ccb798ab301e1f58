/** Input that is refused before anything is sent, since hubs would refuse it, misread it or fail. */
import { describe, expect, it } from "vitest";
import {
  getUsers,
  patchSharesServer,
  patchUser,
  patchUserServerName,
  postGroups,
  postShareCode,
  postSharesServer,
  postUser,
  postUserActivity,
  postUsers,
  postUserServer,
  postUserTokens,
} from "../../src/api.js";
import { checkInput } from "../../src/core/input.js";
import { InvalidInputError } from "../../src/core/errors.js";
import type { JupyterHub } from "../../src/index.js";
import { answer, answering, expectNoSecret, hubOf, rejectionOf, secrets } from "./helpers.js";

type Bag = Record<string, unknown>;
type Send = (hub: JupyterHub, input: unknown) => PromiseLike<unknown>;
const path = { name: "ada" };
const server = { owner: "ada", server_name: "" };
/** For each method or raw function, a function that calls it with any input, even input that the types forbid. */
const sends = {
  "users.list": (hub, input) => hub.users.list(input as Bag),
  getUsers: ({ client }, input) => getUsers({ client, query: input as Bag, throwOnError: true }),
  "users.createMany": (hub, input) => hub.users.createMany(input as never),
  postUsers: ({ client }, input) => postUsers({ client, body: input as never, throwOnError: true }),
  "users.create": (hub, input) => hub.users.create("ada", input as Bag),
  postUser: ({ client }, input) =>
    postUser({ client, path, body: input as Bag, throwOnError: true }),
  "users.update": (hub, input) => hub.users.update("ada", input as never),
  patchUser: ({ client }, input) =>
    patchUser({ client, path, body: input as never, throwOnError: true }),
  "tokens.create": (hub, input) => hub.tokens.create("ada", input as Bag),
  postUserTokens: ({ client }, input) =>
    postUserTokens({ client, path, body: input as Bag, throwOnError: true }),
  "shareCodes.create": (hub, input) => hub.shareCodes.create("ada", input as Bag),
  postShareCode: ({ client }, input) =>
    postShareCode({
      client,
      path: { owner: "ada", server_name: "" },
      body: input as Bag,
      throwOnError: true,
    }),
  "groups.createMany": (hub, input) => hub.groups.createMany(input as never),
  postGroups: ({ client }, input) =>
    postGroups({ client, body: input as never, throwOnError: true }),
  "groups.setProperties": (hub, input) => hub.groups.setProperties("g", input as Bag),
  "users.reportActivity": (hub, input) => hub.users.reportActivity("ada", input as Bag),
  "shares.grant": (hub, input) => hub.shares.grant("ada", input as never),
  "shares.revoke": (hub, input) => hub.shares.revoke("ada", input as never),
  postSharesServer: ({ client }, input) =>
    postSharesServer({ client, path: server, body: input as never, throwOnError: true }),
  patchSharesServer: ({ client }, input) =>
    patchSharesServer({ client, path: server, body: input as never, throwOnError: true }),
  "servers.update": (hub, input) => hub.servers.update("ada", input as never),
  patchUserServerName: ({ client }, input) =>
    patchUserServerName({
      client,
      path: { name: "ada", server_name: "gpu" },
      body: input as never,
      throwOnError: true,
    }),
  postUserActivity: ({ client }, input) =>
    postUserActivity({ client, path, body: input as never, throwOnError: true }),
  "groups.addUsers": (hub, input) => hub.groups.addUsers("g", input as never),
  "services.create": (hub, input) => hub.services.create("s", input as Bag),
  postUserServer: ({ client }, input) =>
    postUserServer({ client, path, body: input as Bag, throwOnError: true }),
} satisfies Record<string, Send>;
type Name = keyof typeof sends;

const both = <const Names extends Name[]>(names: Names, inputs: [unknown, RegExp][]) =>
  inputs.flatMap(([input, message]) => names.map((name) => [name, input, message] as const));

describe("an invalid input", () => {
  it.each([
    ...both(
      ["users.list", "getUsers"],
      [
        [{ state: "idle" }, /`state` must be one of inactive, active, ready\./],
        [{ state: "" }, /`state` must be one of/],
        [{ state: ["active"] }, /`state` must be one of/],
        [{ sort: "created" }, /`sort` must be one of id, -id, name, /],
        [{ sort: "" }, /`sort` must be one of/],
        [{ limit: 1.5 }, /`limit` must be a whole number of at least \d, not 1\.5\./],
        [{ limit: -1 }, /`limit` must be a whole number of at least \d, not -1\./],
        [{ limit: "50" }, /`limit` must be a whole number .*, not of type string\./],
        [{ limit: Number.NaN }, /`limit` must be a whole number .*, not NaN\./],
        [{ limit: Infinity }, /`limit` must be a whole number .*, not Infinity\./],
        [{ limit: true }, /`limit` must be a whole number .*, not of type boolean\./],
        [{ limit: null }, /`limit` must be a whole number .*, not null\./],
        [
          { limit: 1e21 },
          /`limit` must be .* at least \d and at most 9007199254740991, not 1e\+21/,
        ],
      ],
    ),
    ...both(
      ["getUsers"],
      [
        [{ offset: -1 }, /`offset` must be a whole number/],
        [{ offset: 1e21 }, /`offset` must be .* and at most 9007199254740991, not 1e\+21\./],
        [{ offset: 2 ** 53 }, /at most 9007199254740991, not 9007199254740992\./],
      ],
    ),
    ...both(
      ["tokens.create", "postUserTokens"],
      [
        [{ expires_in: 0 }, /`expires_in` must be a whole number of at least 1 .*, not 0\./],
        [{ expires_in: 1e15 }, /at most 250000000000, not 1000000000000000\./],
        [{ scopes: [1] }, /`scopes` must not have items that are no strings\./],
        [{ expires_in: -1 }, /not -1\./],
        [{ expires_in: 1.5 }, /not 1\.5\./],
        [{ expires_in: "3600" }, /not of type string\./],
        [{ expires_in: true }, /not of type boolean\./],
        [{ scopes: "self" }, /`scopes` must be an array, not of type string\./],
        [{ roles: {} }, /`roles` must be an array, not of type object\./],
      ],
    ),
    ...both(["postUserTokens"], [[{ auth: "ada:x" }, /`auth` must be an object, not of type/]]),
    ...both(
      ["shareCodes.create", "postShareCode"],
      [
        [{ expires_in: 59 }, /whole number of at least 60 and at most 31536000, not 59\./],
        [{ expires_in: 31_536_001 }, /at most 31536000, not 31536001\./],
        [{ expires_in: null }, /not null\./],
        [{ scopes: "access:servers" }, /`scopes` must be an array/],
      ],
    ),
    ...both(
      ["users.createMany", "postUsers"],
      [
        [{ usernames: [] }, /`usernames` must not be empty\./],
        [{ usernames: ["ada", 5] }, /`usernames` must not have items that are no strings\./],
        [{ usernames: "zq" }, /`usernames` must be an array, not of type string\./],
        [{ usernames: null }, /`usernames` must be an array, not null\./],
        [{ usernames: { 0: "ada" } }, /`usernames` must be an array, not of type object\./],
      ],
    ),
    ...both(
      ["groups.createMany", "postGroups"],
      [
        [{ groups: "g" }, /`groups` must be an array/],
        [{ groups: [1] }, /`groups` must not have items that are no strings\./],
        [{ groups: ["g"], users: [null] }, /`users` must not have items that are no strings\./],
        [{ groups: ["g"], users: "ada" }, /`users` must be an array/],
      ],
    ),
    ...both(
      ["users.update", "patchUser"],
      [[{ auth_state: null }, /`auth_state` must be an object/]],
    ),
    ...both(["users.reportActivity"], [[{ servers: ["gpu"] }, /`servers` must be an object/]]),
    ...both(["groups.addUsers"], [[{ users: [5] }, /`users` must not have items/]]),
    ...both(
      ["shares.grant", "postSharesServer", "shares.revoke", "patchSharesServer"],
      [
        [{}, /Exactly one of `user` and `group` must be given; none of them is\./],
        [{ user: null, scopes: ["access:servers"] }, /none of them is\./],
        [{ user: "grace", group: "staff" }, /more than one is\./],
      ],
    ),
    ...both(
      ["shares.revoke", "patchSharesServer"],
      [
        [
          { user: "grace", scopes: [] },
          /`scopes` must not be empty or null\. .*`shares\.revokeAll`/,
        ],
        [{ group: "staff", scopes: null }, /`scopes` must not be empty or null\. .*revokeAll/],
      ],
    ),
    ...both(
      ["servers.update", "patchUserServerName", "postUserActivity", "users.reportActivity"],
      [[{}, /The body must have at least one key\./]],
    ),
    ...both(
      ["servers.update", "patchUserServerName"],
      [[{ display_name: undefined }, /The body must have at least one key\./]],
    ),
    ...both(["services.create"], [[{ info: "x" }, /`info` must be an object/]]),
  ])("is refused by %s before a request is sent: %j", async (name, input, message) => {
    const fetch = answering();
    const error = await rejectionOf((sends[name] as Send)(hubOf(fetch), input));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(message);
    expect(fetch.sent()).toEqual([]);
  });

  const bodied: Name[] = [
    "postUsers",
    "postUser",
    "patchUser",
    "postUserTokens",
    "postShareCode",
    "postUserServer",
    "users.createMany",
    "users.update",
    "groups.setProperties",
  ];
  it.each(
    bodied.flatMap((name) =>
      [["ada"], [], "ada", 7, true, null].map((body) => [name, body] as const),
    ),
  )("is refused by %s before a request is sent if the body is %j", async (name, body) => {
    const fetch = answering();
    const error = await rejectionOf((sends[name] as Send)(hubOf(fetch), body));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(/^The body of \S+ must be an object, not /);
    expect(fetch.sent()).toEqual([]);
  });

  it("is not quoted in the error, since it may be a secret", async () => {
    const { client } = hubOf(answering());
    const body = { auth: secrets.password, scopes: secrets.value } as never;
    expectNoSecret(await rejectionOf(postUserTokens({ client, path, body, throwOnError: true })));
    expectNoSecret(
      await rejectionOf(
        postUserTokens({ client, path, body: secrets.value as never, throwOnError: true }),
      ),
    );
  });
});

describe("a valid input", () => {
  const bodies = async (name: Name, input: unknown): Promise<unknown[]> => {
    const fetch = answering(({ url }) => answer(url.includes("/users?") ? [] : { version: "6" }));
    await (sends[name] as Send)(hubOf(fetch), input);
    return Promise.all(
      fetch.requests
        .filter(({ method }) => method !== "GET")
        .map(async (request) => JSON.parse(await request.text()) as unknown),
    );
  };

  it.each<[Name, unknown]>([
    ["tokens.create", { expires_in: null }],
    ["tokens.create", { expires_in: 1, note: "" }],
    ["postUserTokens", { expires_in: 3600, scopes: [], roles: [] }],
    ["shareCodes.create", { expires_in: 60 }],
    ["shareCodes.create", { expires_in: 31_536_000 }],
    ["users.createMany", { usernames: ["ada"] }],
    ["users.update", { admin: true, auth_state: { deep: [1, null] } }],
    ["tokens.create", { roles: null, scopes: null }],
    ["postUserTokens", { roles: null, scopes: null, auth: null }],
    ["shares.grant", { user: "grace", group: null, scopes: null }],
    ["shares.revoke", { group: "staff", user: null }],
    ["shareCodes.create", { scopes: null }],
    ["users.reportActivity", { last_activity: "2026-10-21T09:00:00Z", servers: null }],
    ["tokens.create", { expires_in: 250_000_000_000 }],
    ["groups.setProperties", { cpu: 4, nested: { a: [] } }],
    ["postUserServer", { user_options: null }],
  ])("is sent unchanged by %s: %j", async (name, input) => {
    expect(await bodies(name, input)).toEqual([input]);
  });

  it.each<Name>(["users.update", "patchUser"])(
    "is sent by %s without `name` if the name is unchanged, since hubs would erase the name",
    async (name) => {
      expect(await bodies(name, { name: "ada", admin: true })).toEqual([{ admin: true }]);
      expect(await bodies(name, { name: "ada" })).toEqual([{}]);
      expect(await bodies(name, { name: "grace" })).toEqual([{ name: "grace" }]);
      expect(await bodies(name, { name: "Ada" })).toEqual([{ name: "Ada" }]);
    },
  );

  it("is not modified in place", () => {
    const body = Object.freeze({ name: "ada", admin: true });
    const operation = { body: { name: { differsFrom: "name" }, admin: {} } };
    checkInput("/users/{name}", operation, { path, body });
    expect(body).toEqual({ name: "ada", admin: true });
  });
});
