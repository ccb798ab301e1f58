/**
 * A user's program that calls every group of methods, with options that are `undefined` and with readonly arrays. It
 * needs no globals other than those of fetch.
 */
import {
  JupyterHub,
  hasScope,
  isJupyterHubError,
  type FilteredScope,
  type JupyterHubOptions,
  type Listing,
  type Login,
  type OAuthLogin,
  type Server,
  type ServerStart,
  type User,
} from "jupyterhub-client";
import { createClient, getUsers, postGroups, postUsers } from "jupyterhub-client/api";

const names: readonly string[] = ["ada", "grace"];
const scopes: readonly FilteredScope[] = ["read:users!user=ada", "custom:scope"];
/** Objects of an interface's type have no index signature. */
interface Profile {
  profile: string;
}
const large: Profile = { profile: "large" };
const call = { signal: undefined, timeout: undefined, headers: undefined };
const options: JupyterHubOptions = {
  url: "https://hub.example.org",
  token: async () => "a-token",
  timeout: undefined,
  fetch: (url, init) => fetch(url, init),
  middleware: [(request, next) => next(request)],
  logger: undefined,
};

export async function everyGroup(hub: JupyterHub = new JupyterHub(options)): Promise<unknown> {
  const identity = await hub.whoami(call);
  const version: string = await hub.version();
  if (await hub.supports("shares")) hasScope(identity, "admin:users!user=ada");
  await hub.shutdown({ proxy: undefined, servers: true }, call);

  const listing: Listing<User> = hub.users.list({ state: undefined, limit: undefined }, call);
  for await (const user of listing) void (user.servers?.["gpu"]?.url satisfies string | undefined);
  for await (const page of hub.users.list().pages()) void page.total;
  const users: User[] = await hub.users.list({ sort: "-last_activity", name_filter: "a" });
  await hub.users.createMany({ usernames: names, admin: undefined });
  await hub.users.create("ada", { admin: undefined });
  await hub.users.update("ada", { name: undefined, admin: true });
  await hub.users.reportActivity("ada", { last_activity: undefined, servers: undefined });
  await hub.users.delete("ada", { stopServers: undefined });

  const token = await hub.tokens.create("ada", {
    note: undefined,
    expires_in: undefined,
    scopes,
    roles: names,
  });
  await hub.tokens.create("ada", { scopes: undefined, roles: undefined });
  const login = await hub.tokens.login("ada", { password: "a-password", note: undefined });
  await login.client.whoami();
  const { token: text, expires_at }: Login = login;
  void (text satisfies string);
  void (expires_at satisfies string | null);
  await hub.tokens.revoke("ada", token.id);

  const start: ServerStart = hub.servers.start(
    "ada",
    { server: undefined, user_options: { cpu: 2 } },
    { onAbort: undefined },
  );
  for await (const event of start) void (event.progress satisfies number | undefined);
  const server: Server = await start;
  await hub.servers.restart("ada", { user_options: large });
  await hub.servers.update("ada", { server: "gpu", user_options: large });
  for await (const result of hub.servers.startMany(names, { user_options: large }))
    void (result.server ?? result.error);
  for await (const result of hub.servers.stopMany([{ user: "ada", server: undefined }]))
    void result.error;
  const response: Response = await hub.servers.fetch(
    "ada",
    "api/status",
    { method: "GET" },
    { server: undefined, useClientToken: undefined },
  );
  const connection = await hub.servers.connect("ada", { server: undefined });
  await connection.fetch("api/kernels", { headers: { Accept: "application/json" } });
  await connection.fetch(new URL("api/kernels", connection.baseUrl));
  void connection.WebSocket;
  await hub.servers.list("ada", { include_stopped_servers: undefined });
  await hub.servers.stop("ada", { server: undefined });

  await hub.groups.create("staff", { users: names });
  await hub.groups.createMany({ groups: names, users: undefined });
  await hub.groups.addUsers("staff", { users: names });
  await hub.groups.setProperties("staff", { quota: 5 });

  await hub.shares.grant("ada", { server: "gpu", user: "grace", scopes: names });
  await hub.shares.grant("ada", { server: "gpu", group: "staff", scopes: undefined });
  await hub.shares.grant("ada", { user: "grace", scopes: null });
  await hub.shares.revoke("ada", { server: "gpu", user: "grace", scopes: names });
  const code = await hub.shareCodes.create("ada", { server: "gpu", expires_in: undefined, scopes });
  await hub.shareCodes.create("ada", { scopes: null });
  await hub.shareCodes.revoke("ada", { server: "gpu", id: undefined, code: code.code });

  await hub.services.create("ci", { url: undefined, oauth_client_allowed_scopes: names });
  await hub.proxy.listRoutes({ limit: undefined });
  await hub.proxy.update({ auth_token: undefined, api_url: "http://127.0.0.1:8001" });
  const attempt = await hub.oauth.authorizeUrl({ scopes: ["read:users"] });
  const { client: user }: OAuthLogin<JupyterHub> = await hub.oauth.exchangeCode("?code=1", attempt);
  await user.whoami();

  const client = createClient(options);
  const { data, error } = await getUsers({ client, query: undefined, headers: undefined });
  await postUsers({ client, body: { usernames: names, admin: undefined }, throwOnError: true });
  await postGroups({ client, body: { groups: names }, signal: undefined });
  if (isJupyterHubError(error, "RateLimitError")) void error.retryAfter;
  return { version, users, server, response, attempt, data };
}
