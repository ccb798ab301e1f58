/**
 * The example responses of the mock hub, by operation and status. Their data is in models.ts. For a status without an
 * example, responses.ts and Prism make the response.
 */
import type { Json, JsonObject } from "./document.js";
import type { Examples } from "./mock-copy.js";
import {
  ada,
  admin,
  astronomy,
  board,
  ci,
  defaultServer,
  events,
  gpu,
  grace,
  group,
  HUB_VERSION,
  idleDefault,
  hedy,
  newShareCode,
  newToken,
  notes,
  optics,
  routes,
  share,
  shareCode,
  token,
  whoami,
} from "./models.js";
import { lastPage } from "./responses.js";

/** Hub 6 sends an ordinary 404 with null as the message. */
const nothing: JsonObject = { status: 404, message: null };
const refusal = (status: number, message: string): JsonObject => ({ status, message });
const html = (title: string) => `<!DOCTYPE html><title>JupyterHub</title><h1>${title}</h1>`;
const unscoped = (scope: string) =>
  refusal(403, `Action is not authorized with current scopes; requires any of [${scope}]`);

/** Returns the examples for the shares of one server. The default server, with the name "", has a path of its own. */
const sharesOf = (name: string, path: string): Record<string, Record<string, Json>> => ({
  [`GET ${path}`]: { 200: lastPage([share(name, "user"), share(name, "group")]), 404: nothing },
  [`POST ${path}`]: { 200: share(name, "user") },
  [`PATCH ${path}`]: { 200: share(name, "user") },
});
const codesOf = (name: string, path: string): Record<string, Record<string, Json>> => ({
  [`GET ${path}`]: { 200: lastPage([shareCode(name)]), 404: nothing },
  [`POST ${path}`]: { 200: newShareCode(name) },
});
const sharedWith = (
  kind: "user" | "group",
  path: string,
): Record<string, Record<string, Json>> => ({
  [`GET ${path}`]: { 200: lastPage([share("", kind), share("gpu", kind)]) },
  [`GET ${path}/{owner}/{server_name}`]: { 200: share("gpu", kind), 404: nothing },
  [`GET ${path}/{owner}/`]: { 200: share("", kind), 404: nothing },
});

export const examples: Examples = {
  "GET /info": {
    200: {
      version: HUB_VERSION,
      python: "3.11.2 (main, Apr 28 2026, 14:11:48) [GCC 12.2.0]",
      sys_executable: "/srv/jupyterhub/bin/python3",
      authenticator: { class: "jupyterhub.auth.DummyAuthenticator", version: HUB_VERSION },
      spawner: { class: "jupyterhub.spawner.SimpleLocalProcessSpawner", version: HUB_VERSION },
    },
    403: unscoped("read:hub"),
  },
  "GET /user": { 200: whoami, 403: { status: 403, message: null } },

  "GET /users": { 200: [ada, grace, admin], 403: unscoped("list:users") },
  "POST /users": { 201: [hedy], 409: refusal(409, "All 1 users already exist") },
  "GET /users/{name}": { 200: ada, 404: nothing },
  "POST /users/{name}": { 201: hedy, 409: refusal(409, "User ada already exists") },
  "PATCH /users/{name}": { 200: ada, 404: nothing },

  "POST /users/{name}/server": { 400: refusal(400, "ada is already running") },
  "GET /users/{name}/server": { 200: defaultServer, 404: nothing },
  "PUT /users/{name}/server": { 409: refusal(409, "User ada already has a default server") },
  "PATCH /users/{name}/server": { 200: idleDefault },
  "GET /users/{name}/server/progress": {
    200: events("/user/ada/"),
    400: refusal(400, "ada is not starting..."),
  },
  "POST /users/{name}/servers/{server_name}": { 400: refusal(400, "ada:gpu is already running") },
  "GET /users/{name}/servers/{server_name}": { 200: gpu, 404: nothing },
  "PUT /users/{name}/servers/{server_name}": {
    201: notes,
    409: refusal(409, "Server with name 'notes' already exists"),
  },
  "PATCH /users/{name}/servers/{server_name}": { 200: notes },
  "GET /users/{name}/servers/{server_name}/progress": {
    200: events("/user/ada/gpu/"),
    400: refusal(400, "ada:gpu is not starting..."),
  },

  "GET /users/{name}/tokens": { 200: { api_tokens: [token] } },
  "POST /users/{name}/tokens": { 201: newToken },
  "GET /users/{name}/tokens/{token_id}": { 200: token, 404: nothing },

  "GET /groups": { 200: [astronomy, optics] },
  "POST /groups": { 201: [optics], 409: refusal(409, "Group optics already exists") },
  "GET /groups/{name}": { 200: astronomy, 404: nothing },
  "POST /groups/{name}": { 201: optics, 409: refusal(409, "Group optics already exists") },
  "POST /groups/{name}/users": { 200: astronomy },
  "DELETE /groups/{name}/users": { 200: group("astronomy", ["ada"]) },
  "PUT /groups/{name}/properties": { 200: group("astronomy", ["ada", "grace"], { quota: 5 }) },

  ...sharedWith("user", "/users/{name}/shared"),
  ...sharedWith("group", "/groups/{name}/shared"),
  "GET /shares/{owner}": { 200: lastPage([share("", "user"), share("gpu", "group")]) },
  ...sharesOf("gpu", "/shares/{owner}/{server_name}"),
  ...sharesOf("", "/shares/{owner}/"),
  "GET /share-codes/{owner}": { 200: lastPage([shareCode(""), shareCode("gpu")]) },
  ...codesOf("gpu", "/share-codes/{owner}/{server_name}"),
  ...codesOf("", "/share-codes/{owner}/"),

  "GET /services": { 200: { ci, board } },
  "GET /services/{name}": { 200: ci, 404: nothing },
  "POST /services/{name}": { 201: board },
  "GET /proxy": { 200: routes },

  "POST /authorizations/token": { 200: { token: newToken["token"] ?? null } },
  "GET /authorizations/token/{token}": { 200: ada },
  "GET /authorizations/cookie/{cookie_name}/{cookie_value}": { 200: ada },
  "GET /oauth2/authorize": { 200: html("Authorize access"), 400: html("400 : Bad Request") },
  "POST /oauth2/token": {
    200: {
      access_token: "fedcba9876543210fedcba9876543210",
      token_type: "Bearer",
      expires_in: 1209600,
      scope: "access:servers!server=ada/ read:users:name!user=ada",
    },
    400: { error: "invalid_grant" },
    401: { error: "invalid_client" },
  },
  "POST /shutdown": { 202: { message: "Shutting down Hub" } },
  "GET /metrics": {
    200: "# TYPE jupyterhub_total_users gauge\njupyterhub_total_users 3.0\n",
    403: html("403 : Forbidden"),
  },
  "GET /health": { 200: "" },
};
