/**
 * Maps methods to operations. The table of docs/methods.md is generated from it, and tests compare it with the
 * document (each operation has a method or a reason) and with the requests that methods send.
 */

const servers = (method: string, below = ""): string[] => [
  `${method} /users/{name}/server${below}`,
  `${method} /users/{name}/servers/{server_name}${below}`,
];
const progress = servers("GET", "/progress");
/**
 * The operations of `servers.connect` and `servers.fetch`. These methods read the names of the user's named servers
 * from the user's model, because the address of a named server begins with that of the default server.
 */
const connectionOperations = [
  "GET /users/{name}",
  "GET /users/{name}/servers/{server_name}",
  "POST /users/{name}/tokens",
];

/** Every method with the operations that it may send. */
export const methodOperations: Readonly<Record<string, readonly string[]>> = {
  version: ["GET /"],
  waitUntilReady: ["GET /"],
  info: ["GET /info"],
  whoami: ["GET /user"],
  supports: ["GET /"],
  health: ["GET /health"],
  metrics: ["GET /metrics"],
  shutdown: ["POST /shutdown"],

  "users.list": ["GET /users"],
  "users.get": ["GET /users/{name}"],
  "users.create": ["POST /users/{name}"],
  "users.createMany": ["POST /users"],
  "users.ensure": ["GET /users/{name}", "POST /users/{name}"],
  "users.update": ["PATCH /users/{name}"],
  "users.delete": ["DELETE /users/{name}"],
  "users.reportActivity": ["POST /users/{name}/activity"],

  "tokens.list": ["GET /users/{name}/tokens"],
  "tokens.get": ["GET /users/{name}/tokens/{token_id}"],
  "tokens.create": ["POST /users/{name}/tokens"],
  "tokens.createTemporary": ["POST /users/{name}/tokens", "DELETE /users/{name}/tokens/{token_id}"],
  "tokens.login": ["POST /users/{name}/tokens"],
  "tokens.revoke": ["DELETE /users/{name}/tokens/{token_id}"],
  "tokens.identify": ["GET /user"],

  "servers.list": ["GET /users/{name}"],
  "servers.listActive": ["GET /users"],
  "servers.get": servers("GET"),
  "servers.create": servers("PUT"),
  "servers.start": [...servers("POST"), ...progress],
  "servers.startMany": [...servers("POST"), ...progress],
  "servers.restart": [...servers("DELETE"), ...servers("POST"), ...progress],
  "servers.progress": progress,
  "servers.stop": servers("DELETE"),
  "servers.stopMany": servers("DELETE"),
  "servers.update": servers("PATCH"),
  "servers.delete": ["DELETE /users/{name}/servers/{server_name}"],
  "servers.connect": connectionOperations,
  "servers.fetch": connectionOperations,

  "groups.list": ["GET /groups"],
  "groups.get": ["GET /groups/{name}"],
  "groups.create": ["POST /groups/{name}"],
  "groups.createMany": ["POST /groups"],
  "groups.delete": ["DELETE /groups/{name}"],
  "groups.setProperties": ["PUT /groups/{name}/properties"],
  "groups.addUsers": ["POST /groups/{name}/users"],
  "groups.removeUsers": ["DELETE /groups/{name}/users"],

  "shares.list": ["GET /shares/{owner}", "GET /shares/{owner}/{server_name}"],
  "shares.grant": ["POST /shares/{owner}/{server_name}"],
  "shares.revoke": ["PATCH /shares/{owner}/{server_name}"],
  "shares.revokeAll": ["DELETE /shares/{owner}/{server_name}"],
  "shares.listForUser": ["GET /users/{name}/shared"],
  "shares.getForUser": ["GET /users/{name}/shared/{owner}/{server_name}"],
  "shares.removeForUser": ["DELETE /users/{name}/shared/{owner}/{server_name}"],
  "shares.listForGroup": ["GET /groups/{name}/shared"],
  "shares.getForGroup": ["GET /groups/{name}/shared/{owner}/{server_name}"],
  "shares.removeForGroup": ["DELETE /groups/{name}/shared/{owner}/{server_name}"],

  "shareCodes.list": ["GET /share-codes/{owner}", "GET /share-codes/{owner}/{server_name}"],
  "shareCodes.create": ["POST /share-codes/{owner}/{server_name}"],
  "shareCodes.revoke": ["DELETE /share-codes/{owner}/{server_name}"],
  "shareCodes.revokeAll": ["DELETE /share-codes/{owner}/{server_name}"],

  "services.list": ["GET /services"],
  "services.get": ["GET /services/{name}"],
  "services.create": ["POST /services/{name}"],
  "services.delete": ["DELETE /services/{name}"],

  "proxy.listRoutes": ["GET /proxy"],
  "proxy.sync": ["POST /proxy"],
  "proxy.update": ["PATCH /proxy"],

  "oauth.exchangeCode": ["POST /oauth2/token"],
};

/** Methods that send no request. */
export const localMethods: readonly string[] = ["withOptions", "oauth.authorizeUrl"];

/** The scope that suffices for a method that reads only the servers in the response of `GET /users/{name}`. */
const ownServers = { "GET /users/{name}": "read:servers" };

/**
 * Scopes that a method needs in addition to those of its operations (`also`), or instead of them (`only`, for all
 * operations or for single ones). An empty string means that the method needs no token.
 */
export const methodScopes: Readonly<
  Record<string, { also?: string; only?: string | Readonly<Record<string, string>> }>
> = {
  "tokens.login": { only: "" },
  "servers.list": { only: "read:servers" },
  "servers.listActive": { also: "read:servers" },
  "servers.start": { also: "read:servers" },
  "servers.startMany": { also: "read:servers" },
  "servers.restart": { also: "read:servers" },
  "servers.stop": { also: "read:servers" },
  "servers.stopMany": { also: "read:servers" },
  "servers.delete": { also: "read:servers" },
  "servers.connect": { only: ownServers },
  "servers.fetch": { only: ownServers },
};

/** Returns the scope that a method needs instead of an operation's own scopes, if any. */
export function onlyScope(method: string, operation: string): string | undefined {
  const { only } = methodScopes[method] ?? {};
  return typeof only === "object" ? only[operation] : only;
}

/** Operations that have no method, each with the reason. They are functions of `jupyterhub-client/api`. */
export const rawOnly: Readonly<Record<string, string>> = {
  "POST /authorizations/token":
    "answers 404 since JupyterHub 2.0; `tokens.create` creates tokens on every hub, `tokens.login` on hubs that check passwords",
  "GET /authorizations/token/{token}":
    "has the token in the URL; `tokens.identify` sends it in a header",
  "GET /authorizations/cookie/{cookie_name}/{cookie_value}":
    "has a cookie in the URL; deprecated since JupyterHub 2.0",
  "GET /oauth2/authorize": "a page for browsers; `oauth.authorizeUrl` returns the link to it",
};
