/**
 * The data of a hub of the newest version: three users with their groups, tokens, shares, services and routes. The user
 * ada has two running servers. The models are consistent with each other, and complete, as a caller with every scope
 * sees them. examples.ts assigns them to routes.
 */
import { releases } from "../contract/releases.js";
import type { Json, JsonObject } from "./document.js";

export const HUB_VERSION = releases.at(-1)!;

const CREATED = "2026-10-20T08:15:30.123456Z";
const STARTED = "2026-10-21T09:00:00.000000Z";
const ACTIVE = "2026-10-21T11:45:10.654321Z";
const EXPIRES = "2026-11-20T08:15:30.123456Z";

const server = (owner: string, name: string, displayName: string): JsonObject => ({
  name,
  display_name: displayName,
  full_name: `${owner}/${name}`,
  ready: true,
  stopped: false,
  pending: null,
  url: name === "" ? `/user/${owner}/` : `/user/${owner}/${name}/`,
  progress_url: `/hub/api/users/${owner}/${name === "" ? "server" : `servers/${name}`}/progress`,
  full_url: null,
  full_progress_url: null,
  started: STARTED,
  last_activity: ACTIVE,
  user_options: name === "" ? {} : { profile: "large" },
  state: { pid: 4711 + name.length },
});

const user = (name: string, more: JsonObject): JsonObject => ({
  name,
  kind: "user",
  admin: false,
  roles: ["user"],
  groups: [],
  server: null,
  pending: null,
  created: CREATED,
  last_activity: ACTIVE,
  servers: {},
  auth_state: null,
  user_info: null,
  ...more,
});

export const defaultServer = server("ada", "", "");
export const gpu = server("ada", "gpu", "GPU");
/** A server that was never started. */
const idle = (name: string, displayName: string): JsonObject => ({
  ...server("ada", name, displayName),
  ready: false,
  stopped: true,
  started: null,
  last_activity: null,
  user_options: {},
  state: {},
});
export const idleDefault = idle("", "");
export const notes = idle("notes", "Notes");

export const ada = user("ada", {
  groups: ["astronomy"],
  server: "/user/ada/",
  servers: { "": defaultServer, gpu },
});
export const grace = user("grace", { groups: ["astronomy"] });
export const admin = user("admin", { admin: true, roles: ["admin", "user"] });
export const hedy = user("hedy", { last_activity: null });

export const group = (name: string, users: string[], properties: JsonObject = {}): JsonObject => ({
  name,
  kind: "group",
  users,
  properties,
  roles: [],
});
export const astronomy = group("astronomy", ["ada", "grace"]);
export const optics = group("optics", []);

export const token: JsonObject = {
  id: "a7",
  kind: "api_token",
  user: "ada",
  roles: [],
  scopes: ["access:servers!server=ada/", "read:users:name!user=ada"],
  note: "for the nightly run",
  created: CREATED,
  expires_at: EXPIRES,
  last_activity: ACTIVE,
  session_id: null,
  oauth_client: "JupyterHub",
};
export const newToken: JsonObject = {
  ...token,
  token: "0123456789abcdef0123456789abcdef",
  last_activity: null,
};

const { auth_state: _, ...identity } = ada;
export const whoami: JsonObject = {
  ...identity,
  scopes: ["access:servers!user=ada", "read:users!user=ada", "servers!user=ada"],
  session_id: null,
  token_id: "a7",
};

const sharedServer = (name: string): JsonObject => ({
  name,
  url: name === "" ? "/user/ada/" : `/user/ada/${name}/`,
  full_url: null,
  ready: true,
  user: { name: "ada" },
});

export const share = (name: string, kind: "user" | "group"): JsonObject => ({
  kind,
  server: sharedServer(name),
  scopes: [`access:servers!server=ada/${name}`],
  user: kind === "user" ? { name: "grace" } : null,
  group: kind === "group" ? { name: "astronomy" } : null,
  created_at: CREATED,
});

export const shareCode = (name: string): JsonObject => ({
  id: name === "" ? "sc_1" : "sc_2",
  server: sharedServer(name),
  scopes: [`access:servers!server=ada/${name}`],
  created_at: CREATED,
  expires_at: EXPIRES,
  exchange_count: 0,
  last_exchanged_at: null,
});

export const newShareCode = (name: string): JsonObject => ({
  ...shareCode(name),
  code: "U2hhcmUtY29kZS1vZi1hZGE",
  accept_url: "/hub/accept-share?code=U2hhcmUtY29kZS1vZi1hZGE",
  full_accept_url: null,
});

const service = (name: string, more: JsonObject): JsonObject => ({
  name,
  kind: "service",
  admin: false,
  roles: [],
  url: "",
  prefix: "",
  pid: 0,
  command: [],
  info: {},
  display: true,
  ...more,
});
export const ci = service("ci", { admin: true, roles: ["admin"] });
export const board = service("board", {
  url: "http://127.0.0.1:10101",
  prefix: "/services/board/",
});

const route = (routespec: string, port: number, data: JsonObject): [string, Json] => [
  routespec,
  { routespec, target: `http://127.0.0.1:${port}`, data: { ...data, last_activity: ACTIVE } },
];
export const routes: JsonObject = Object.fromEntries([
  route("/", 8081, { hub: true }),
  route("/user/ada/", 40001, { user: "ada", server_name: "" }),
  route("/user/ada/gpu/", 40002, { user: "ada", server_name: "gpu" }),
]);

export const events = (url: string): Json => [
  { progress: 0, message: "Server requested" },
  { progress: 50, message: "Spawning server..." },
  {
    progress: 100,
    ready: true,
    message: `Server ready at ${url}`,
    html_message: `Server ready at <a href="${url}">${url}</a>`,
    url,
  },
];
