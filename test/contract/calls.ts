/**
 * One or more calls of every method, each with its requests and its result on the mock.
 *
 * Tests run these calls against the corrected document, and against each of JupyterHub's own documents that has the
 * operations.
 */
import type { JupyterHub } from "../../src/index.js";
import type { Json } from "../../src/testing/mock/document.js";
import { examples } from "../../src/testing/mock/examples.js";
import { HUB_VERSION } from "../../src/testing/mock/models.js";
import { events } from "./stateful.js";

export interface ContractCall {
  method: string;
  /** The difference between this call and other calls of the method; empty if there is none. */
  variant: string;
  run: (hub: JupyterHub) => PromiseLike<unknown>;
  /** The operations that the call must send. It may also read the version and the server's model. */
  sends: readonly string[];
  /** The call's result if Prism serves the corrected document; undefined if the response is empty. */
  answer?: Json | undefined;
  /** The first release that supports the arguments. Older hubs receive no request. */
  since?: string;
  /** The `Prefer` header to send to Prism, by operation. */
  prefer?: Readonly<Record<string, string>>;
}

const example = (operation: string, status = 200): Json => {
  const found = examples[operation]?.[String(status)];
  if (found === undefined) throw new Error(`No example for ${operation} ${status}`);
  return found;
};
async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}
const valuesOf = (json: Json): Json => Object.values(json as Record<string, Json>);
const itemsOf = (json: Json): Json => (json as { items: Json }).items;
const serversOf = (json: Json): Json => valuesOf((json as { servers: Json }).servers);
const activeOf = (json: Json): Json =>
  (json as Json[]).flatMap((one) =>
    (serversOf(one) as Json[]).map((server) => ({ user: one, server })),
  );

const user = "GET /users/{name}";
const named = (method: string): string => `${method} /users/{name}/servers/{server_name}`;
const unnamed = (method: string): string => `${method} /users/{name}/server`;
const progress = [`${unnamed("GET")}/progress`, `${named("GET")}/progress`] as const;
/** Makes Prism answer that the start is still pending. */
const slowly = { prefer: { [unnamed("POST")]: "code=202", [named("POST")]: "code=202" } };
const gpu = { server: "gpu" };

const call = (
  method: string,
  variant: string,
  sends: readonly string[],
  run: ContractCall["run"],
  answer?: Json,
  more: Partial<ContractCall> = {},
): ContractCall => ({ method, variant, sends, run, answer, ...more });

/** The OAuth application of these tests' clients. */
export const oauth = {
  clientId: "service-portal",
  clientSecret: "a-secret",
  redirectUri: "https://portal.example.org/callback",
};

export const calls: readonly ContractCall[] = [
  call("version", "", ["GET /"], (hub) => hub.version(), HUB_VERSION),
  call("waitUntilReady", "", ["GET /"], (hub) => hub.waitUntilReady()),
  call("info", "", ["GET /info"], (hub) => hub.info(), example("GET /info")),
  call("whoami", "", ["GET /user"], (hub) => hub.whoami(), example("GET /user")),
  call("supports", "", ["GET /"], (hub) => hub.supports("shares"), true),
  call("health", "", ["GET /health"], (hub) => hub.health()),
  call("metrics", "", ["GET /metrics"], (hub) => hub.metrics(), example("GET /metrics")),
  call(
    "shutdown",
    "with all options",
    ["POST /shutdown"],
    (hub) => hub.shutdown({ proxy: false, servers: false }),
    example("POST /shutdown", 202),
  ),

  call("users.list", "", ["GET /users"], (hub) => hub.users.list(), example("GET /users")),
  call(
    "users.list",
    "by state",
    ["GET /users"],
    (hub) => hub.users.list({ state: "active", limit: 50 }),
    example("GET /users"),
    { since: "1.3" },
  ),
  call(
    "users.list",
    "with stopped servers, sorted",
    ["GET /users"],
    (hub) => hub.users.list({ include_stopped_servers: true, sort: "-last_activity" }),
    example("GET /users"),
    { since: "5.0" },
  ),
  call(
    "users.list",
    "by a part of the name",
    ["GET /users"],
    (hub) => hub.users.list({ name_filter: "a" }),
    example("GET /users"),
    { since: "2.3" },
  ),
  call("users.get", "", [user], (hub) => hub.users.get("ada"), example(user)),
  call(
    "users.get",
    "with stopped servers",
    [user],
    (hub) => hub.users.get("ada", { include_stopped_servers: true }),
    example(user),
    { since: "3.0" },
  ),
  call(
    "users.create",
    "",
    ["POST /users/{name}"],
    (hub) => hub.users.create("hedy"),
    example("POST /users/{name}", 201),
  ),
  call(
    "users.create",
    "as an admin",
    ["POST /users/{name}"],
    (hub) => hub.users.create("hedy", { admin: true }),
    example("POST /users/{name}", 201),
  ),
  call(
    "users.createMany",
    "",
    ["POST /users"],
    (hub) => hub.users.createMany({ usernames: ["hedy"], admin: false }),
    example("POST /users", 201),
  ),
  call(
    "users.ensure",
    "a user who exists",
    [user],
    (hub) => hub.users.ensure("ada"),
    example(user),
  ),
  call(
    "users.ensure",
    "a user who does not exist",
    [user, "POST /users/{name}"],
    (hub) => hub.users.ensure("hedy"),
    example("POST /users/{name}", 201),
    { prefer: { [user]: "code=404" } },
  ),
  call(
    "users.update",
    "name and admin",
    ["PATCH /users/{name}"],
    (hub) => hub.users.update("ada", { name: "lovelace", admin: true }),
    example("PATCH /users/{name}"),
  ),
  call(
    "users.update",
    "auth_state",
    ["PATCH /users/{name}"],
    (hub) => hub.users.update("ada", { auth_state: { upstream: true } }),
    example("PATCH /users/{name}"),
  ),
  call("users.delete", "", ["DELETE /users/{name}"], (hub) => hub.users.delete("grace")),
  call("users.reportActivity", "", ["POST /users/{name}/activity"], (hub) =>
    hub.users.reportActivity("ada", {
      last_activity: "2026-10-21T12:00:00Z",
      servers: { gpu: { last_activity: "2026-10-21T12:00:00Z" } },
    }),
  ),

  call(
    "tokens.list",
    "",
    ["GET /users/{name}/tokens"],
    (hub) => hub.tokens.list("ada"),
    (example("GET /users/{name}/tokens") as { api_tokens: Json }).api_tokens,
  ),
  call(
    "tokens.get",
    "",
    ["GET /users/{name}/tokens/{token_id}"],
    (hub) => hub.tokens.get("ada", "a7"),
    example("GET /users/{name}/tokens/{token_id}"),
  ),
  call(
    "tokens.create",
    "",
    ["POST /users/{name}/tokens"],
    (hub) => hub.tokens.create("ada", { note: "for the nightly run", expires_in: 3600 }),
    example("POST /users/{name}/tokens", 201),
  ),
  call(
    "tokens.create",
    "with scopes",
    ["POST /users/{name}/tokens"],
    (hub) => hub.tokens.create("ada", { scopes: ["access:servers!user=ada"] }),
    example("POST /users/{name}/tokens", 201),
    { since: "3.0" },
  ),
  call(
    "tokens.createTemporary",
    "to the end of its block",
    ["POST /users/{name}/tokens", "DELETE /users/{name}/tokens/{token_id}"],
    async (hub) => {
      await using token = await hub.tokens.createTemporary("ada", { note: "for a minute" });
      const { [Symbol.asyncDispose]: _, ...model } = token;
      return model;
    },
    example("POST /users/{name}/tokens", 201),
  ),
  call(
    "tokens.login",
    "",
    ["POST /users/{name}/tokens"],
    async (hub) => {
      const { client, ...model } = await hub.tokens.login("ada", { password: "a-password" });
      return { ...model, url: client.url === hub.url };
    },
    { ...(example("POST /users/{name}/tokens", 201) as object), url: true } as Json,
  ),
  call("tokens.revoke", "", ["DELETE /users/{name}/tokens/{token_id}"], (hub) =>
    hub.tokens.revoke("ada", "a7"),
  ),
  call(
    "tokens.identify",
    "",
    ["GET /user"],
    (hub) => hub.tokens.identify("another-token"),
    example("GET /user"),
  ),

  call("servers.list", "", [user], (hub) => hub.servers.list("ada"), serversOf(example(user))),
  call(
    "servers.listActive",
    "",
    ["GET /users"],
    (hub) => hub.servers.listActive(),
    activeOf(example("GET /users")),
  ),
  call(
    "servers.get",
    "the default server",
    [unnamed("GET")],
    (hub) => hub.servers.get("ada"),
    example(unnamed("GET")),
  ),
  call(
    "servers.get",
    "a named server",
    [named("GET")],
    (hub) => hub.servers.get("ada", gpu),
    example(named("GET")),
  ),
  call(
    "servers.create",
    "the default server",
    [unnamed("PUT")],
    (hub) => hub.servers.create("ada", { server: "" }).catch(({ name }: Error) => name),
    "ConflictError",
    { prefer: { [unnamed("PUT")]: "code=409" } },
  ),
  call(
    "servers.create",
    "a named server",
    [named("PUT")],
    (hub) =>
      hub.servers.create("ada", {
        ...gpu,
        display_name: "GPU",
        user_options: { profile: "large" },
      }),
    example(named("PUT"), 201),
  ),
  call(
    "servers.start",
    "the default server",
    [unnamed("POST")],
    (hub) => hub.servers.start("ada"),
    example(unnamed("GET")),
  ),
  call(
    "servers.start",
    "a named server with options",
    [named("POST")],
    (hub) => hub.servers.start("ada", { ...gpu, user_options: { profile: "large" } }),
    example(named("GET")),
  ),
  call(
    "servers.start",
    "a named server with a display name",
    [named("POST")],
    (hub) => hub.servers.start("ada", { ...gpu, display_name: "GPU" }),
    example(named("GET")),
    { since: "6.0" },
  ),
  call(
    "servers.restart",
    "the default server",
    [unnamed("DELETE"), unnamed("POST")],
    (hub) => hub.servers.restart("ada"),
    example(unnamed("GET")),
  ),
  call(
    "servers.restart",
    "a named server",
    [named("DELETE"), named("POST")],
    (hub) => hub.servers.restart("ada", gpu),
    example(named("GET")),
  ),
  call(
    "servers.start",
    "the default server, slowly",
    [unnamed("POST"), progress[0]],
    (hub) => all(hub.servers.start("ada")),
    events,
    slowly,
  ),
  call(
    "servers.start",
    "a named server, slowly",
    [named("POST"), progress[1]],
    (hub) => all(hub.servers.start("ada", gpu)),
    events,
    slowly,
  ),
  call(
    "servers.restart",
    "the default server, slowly",
    [unnamed("DELETE"), unnamed("POST"), progress[0]],
    (hub) => hub.servers.restart("ada"),
    example(unnamed("GET")),
    slowly,
  ),
  call(
    "servers.restart",
    "a named server, slowly",
    [named("DELETE"), named("POST"), progress[1]],
    (hub) => hub.servers.restart("ada", gpu),
    example(named("GET")),
    slowly,
  ),
  call(
    "servers.startMany",
    "default servers",
    [unnamed("POST"), progress[0]],
    (hub) => all(hub.servers.startMany(["ada"])),
    [{ user: "ada", serverName: "", server: example(unnamed("GET")) }],
    slowly,
  ),
  call(
    "servers.startMany",
    "named servers",
    [named("POST"), progress[1]],
    (hub) => all(hub.servers.startMany(["ada"], gpu)),
    [{ user: "ada", serverName: "gpu", server: example(named("GET")) }],
    slowly,
  ),
  call(
    "servers.progress",
    "of the default server",
    [progress[0]],
    (hub) => all(hub.servers.progress("ada")),
    events,
  ),
  call(
    "servers.progress",
    "of a named server",
    [progress[1]],
    (hub) => all(hub.servers.progress("ada", gpu)),
    events,
  ),
  call("servers.stop", "the default server", [unnamed("DELETE")], (hub) => hub.servers.stop("ada")),
  call(
    "servers.stopMany",
    "default servers",
    [unnamed("DELETE")],
    (hub) => all(hub.servers.stopMany(["ada"])),
    [{ user: "ada", serverName: "" }],
  ),
  call(
    "servers.stopMany",
    "named servers",
    [named("DELETE")],
    (hub) => all(hub.servers.stopMany(["ada"], gpu)),
    [{ user: "ada", serverName: "gpu" }],
  ),
  call("servers.stop", "a named server", [named("DELETE")], (hub) => hub.servers.stop("ada", gpu)),
  call(
    "servers.update",
    "the default server",
    [unnamed("PATCH")],
    (hub) => hub.servers.update("ada", { user_options: { profile: "small" } }),
    example(unnamed("PATCH")),
  ),
  call(
    "servers.update",
    "a named server",
    [named("PATCH")],
    (hub) => hub.servers.update("ada", { ...gpu, name: "cpu", display_name: "CPU" }),
    example(named("PATCH")),
  ),
  call("servers.delete", "", [named("DELETE")], (hub) => hub.servers.delete("ada", gpu)),

  ...[
    { variant: "default", input: {}, model: "GET /users/{name}", path: "/user/ada/" },
    { variant: "named", input: gpu, model: named("GET"), path: "/user/ada/gpu/" },
  ].flatMap(({ variant, input, model, path }) => {
    const sends = [model, "POST /users/{name}/tokens"];
    return [
      call(
        "servers.connect",
        variant,
        sends,
        async (hub) => {
          const { baseUrl, token } = await hub.servers.connect("ada", input);
          return { path: new URL(baseUrl).pathname, token };
        },
        { path, token: (example("POST /users/{name}/tokens", 201) as { token: string }).token },
        { since: "3.0" },
      ),
      call(
        "servers.fetch",
        variant,
        sends,
        async (hub) => (await hub.servers.fetch("ada", "/api/kernels", {}, input)).json(),
        [],
        { since: "3.0" },
      ),
    ];
  }),

  call("groups.list", "", ["GET /groups"], (hub) => hub.groups.list(), example("GET /groups")),
  call(
    "groups.get",
    "",
    ["GET /groups/{name}"],
    (hub) => hub.groups.get("astronomy"),
    example("GET /groups/{name}"),
  ),
  call(
    "groups.create",
    "",
    ["POST /groups/{name}"],
    (hub) => hub.groups.create("optics"),
    example("POST /groups/{name}", 201),
  ),
  call(
    "groups.create",
    "with members",
    ["POST /groups/{name}"],
    (hub) => hub.groups.create("optics", { users: ["ada"] }),
    example("POST /groups/{name}", 201),
  ),
  call(
    "groups.createMany",
    "",
    ["POST /groups"],
    (hub) => hub.groups.createMany({ groups: ["optics"], users: ["ada"] }),
    example("POST /groups", 201),
  ),
  call("groups.delete", "", ["DELETE /groups/{name}"], (hub) => hub.groups.delete("optics")),
  call(
    "groups.setProperties",
    "",
    ["PUT /groups/{name}/properties"],
    (hub) => hub.groups.setProperties("astronomy", { quota: 5 }),
    example("PUT /groups/{name}/properties"),
  ),
  call(
    "groups.addUsers",
    "",
    ["POST /groups/{name}/users"],
    (hub) => hub.groups.addUsers("astronomy", { users: ["ada", "grace"] }),
    example("POST /groups/{name}/users"),
  ),
  call(
    "groups.removeUsers",
    "",
    ["DELETE /groups/{name}/users"],
    (hub) => hub.groups.removeUsers("astronomy", { users: ["grace"] }),
    example("DELETE /groups/{name}/users"),
  ),

  call(
    "shares.list",
    "of all servers",
    ["GET /shares/{owner}"],
    (hub) => hub.shares.list("ada"),
    itemsOf(example("GET /shares/{owner}")),
  ),
  call(
    "shares.list",
    "of a named server",
    ["GET /shares/{owner}/{server_name}"],
    (hub) => hub.shares.list("ada", { ...gpu, limit: 10 }),
    itemsOf(example("GET /shares/{owner}/{server_name}")),
  ),
  call(
    "shares.list",
    "of the default server",
    ["GET /shares/{owner}/{server_name}"],
    (hub) => hub.shares.list("ada", { server: "" }),
    itemsOf(example("GET /shares/{owner}/")),
  ),
  call(
    "shares.grant",
    "to a user",
    ["POST /shares/{owner}/{server_name}"],
    (hub) => hub.shares.grant("ada", { ...gpu, user: "grace", scopes: ["access:servers"] }),
    example("POST /shares/{owner}/{server_name}"),
  ),
  call(
    "shares.grant",
    "of the default server, to a group",
    ["POST /shares/{owner}/{server_name}"],
    (hub) => hub.shares.grant("ada", { group: "astronomy" }),
    example("POST /shares/{owner}/"),
  ),
  call(
    "shares.revoke",
    "",
    ["PATCH /shares/{owner}/{server_name}"],
    (hub) => hub.shares.revoke("ada", { ...gpu, user: "grace", scopes: ["access:servers"] }),
    example("PATCH /shares/{owner}/{server_name}"),
  ),
  call("shares.revokeAll", "", ["DELETE /shares/{owner}/{server_name}"], (hub) =>
    hub.shares.revokeAll("ada", gpu),
  ),
  call(
    "shares.listForUser",
    "",
    ["GET /users/{name}/shared"],
    (hub) => hub.shares.listForUser("grace"),
    itemsOf(example("GET /users/{name}/shared")),
  ),
  call(
    "shares.getForUser",
    "",
    ["GET /users/{name}/shared/{owner}/{server_name}"],
    (hub) => hub.shares.getForUser("grace", "ada", gpu),
    example("GET /users/{name}/shared/{owner}/{server_name}"),
  ),
  call("shares.removeForUser", "", ["DELETE /users/{name}/shared/{owner}/{server_name}"], (hub) =>
    hub.shares.removeForUser("grace", "ada", gpu),
  ),
  call(
    "shares.listForGroup",
    "",
    ["GET /groups/{name}/shared"],
    (hub) => hub.shares.listForGroup("astronomy"),
    itemsOf(example("GET /groups/{name}/shared")),
  ),
  call(
    "shares.getForGroup",
    "",
    ["GET /groups/{name}/shared/{owner}/{server_name}"],
    (hub) => hub.shares.getForGroup("astronomy", "ada"),
    example("GET /groups/{name}/shared/{owner}/"),
  ),
  call("shares.removeForGroup", "", ["DELETE /groups/{name}/shared/{owner}/{server_name}"], (hub) =>
    hub.shares.removeForGroup("astronomy", "ada", gpu),
  ),

  call(
    "shareCodes.list",
    "of all servers",
    ["GET /share-codes/{owner}"],
    (hub) => hub.shareCodes.list("ada"),
    itemsOf(example("GET /share-codes/{owner}")),
  ),
  call(
    "shareCodes.list",
    "of a named server",
    ["GET /share-codes/{owner}/{server_name}"],
    (hub) => hub.shareCodes.list("ada", gpu),
    itemsOf(example("GET /share-codes/{owner}/{server_name}")),
  ),
  call(
    "shareCodes.create",
    "",
    ["POST /share-codes/{owner}/{server_name}"],
    (hub) => hub.shareCodes.create("ada", { ...gpu, expires_in: 600, scopes: ["access:servers"] }),
    example("POST /share-codes/{owner}/{server_name}"),
  ),
  call("shareCodes.revoke", "", ["DELETE /share-codes/{owner}/{server_name}"], (hub) =>
    hub.shareCodes.revoke("ada", { ...gpu, id: "sc_1" }),
  ),
  call("shareCodes.revokeAll", "", ["DELETE /share-codes/{owner}/{server_name}"], (hub) =>
    hub.shareCodes.revokeAll("ada"),
  ),

  call(
    "services.list",
    "",
    ["GET /services"],
    (hub) => hub.services.list(),
    valuesOf(example("GET /services")),
  ),
  call(
    "services.get",
    "",
    ["GET /services/{name}"],
    (hub) => hub.services.get("ci"),
    example("GET /services/{name}"),
  ),
  call(
    "services.create",
    "",
    ["POST /services/{name}"],
    (hub) => hub.services.create("board", { url: "http://127.0.0.1:10101", display: true }),
    example("POST /services/{name}", 201),
  ),
  call("services.delete", "", ["DELETE /services/{name}"], (hub) => hub.services.delete("board")),

  call(
    "proxy.listRoutes",
    "",
    ["GET /proxy"],
    (hub) => hub.proxy.listRoutes(),
    valuesOf(example("GET /proxy")),
  ),
  call("proxy.sync", "", ["POST /proxy"], (hub) => hub.proxy.sync()),
  call("proxy.update", "the token", ["PATCH /proxy"], (hub) =>
    hub.proxy.update({ auth_token: "a-new-token" }),
  ),
  call("proxy.update", "the address", ["PATCH /proxy"], (hub) =>
    hub.proxy.update({ api_url: "http://127.0.0.1:8001" }),
  ),

  call(
    "oauth.exchangeCode",
    "",
    ["POST /oauth2/token"],
    async (hub) => {
      const attempt = await hub.oauth.authorizeUrl({ next: "/charts" });
      const callback = `${oauth.redirectUri}?code=a-code&state=${encodeURIComponent(attempt.state)}`;
      const { client, ...login } = await hub.oauth.exchangeCode(callback, attempt);
      return { ...login, url: client.url === hub.url };
    },
    {
      token: "fedcba9876543210fedcba9876543210",
      expires_in: 1209600,
      scopes: ["access:servers!server=ada/", "read:users:name!user=ada"],
      next: "/charts",
      url: true,
    },
  ),
];

/** The name of a call in a test's title. */
export const titleOf = ({ method, variant }: ContractCall): string =>
  variant ? `${method} (${variant})` : method;
