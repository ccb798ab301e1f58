/** The responses at the addresses of users' servers. The proxy routes requests there directly, without the hub. */
import { decoded } from "../../core/url.js";
import { isReady, serverUrl } from "./models.js";
import type { Server } from "./records.js";
import type { World } from "./world.js";

/** Whether the proxy sends requests to a server. After a cancelled start, a server looks ready, but has no process. */
export const isRouted = (server: Server): boolean =>
  isReady(server) && server.live?.state["pid"] !== undefined;

/** The response of a Jupyter server to a request without credentials; undefined if no server runs at the address. */
export function loginAt(world: World, { pathname }: URL): Response | undefined {
  const server = routedAt(world, pathname);
  if (!server) return undefined;
  const { user, name } = server;
  const client = `jupyterhub-user-${user.name}${name === "" ? "" : `-${name}`}`;
  return loginRedirect(world.basePath, serverUrl(world, server), client);
}

/** A redirect to the hub's login, which leads back to the server at `path`. */
export function loginRedirect(basePath: string, path: string, client_id: string): Response {
  const redirect_uri = `${path}oauth_callback`;
  const query = new URLSearchParams({ client_id, redirect_uri, response_type: "code" });
  const location = `${basePath}hub/api/oauth2/authorize?${query}`;
  return new Response(null, { status: 302, headers: { Location: location } });
}

/**
 * Returns the server to which the proxy routes a path. For a named server that does not run, this is the user's default
 * server, because the paths of all named servers are below the path of the default server.
 */
function routedAt(world: World, pathname: string): Server | undefined {
  const root = `${world.basePath}user/`;
  if (!pathname.startsWith(root)) return undefined;
  const [user = "", server = ""] = pathname.slice(root.length).split("/").map(decoded);
  const { servers } = world.user(user) ?? {};
  return [servers?.get(server), servers?.get("")].find((one) => one && isRouted(one));
}
