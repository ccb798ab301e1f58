/** Types that a check narrows. */
import {
  isJupyterHubError,
  type BadRequestError,
  type ForbiddenError,
  type JupyterHub,
  type JupyterHubError,
} from "jupyterhub-client";

/** Asks for one class of errors after the other. */
export function oneByOne(error: JupyterHubError): string {
  if (isJupyterHubError(error, "NotFoundError")) return "none";
  if (isJupyterHubError(error, "ForbiddenError")) return error.requiredScopes.join();
  return error.message;
}

/** Distinguishes errors by name. */
export const byName = (error: BadRequestError | ForbiddenError): string =>
  error.name === "ForbiddenError" ? error.requiredScopes.join() : error.reason;

/** Separates started servers from failed starts, by the result or by its parts. */
export async function addresses(hub: JupyterHub): Promise<string[]> {
  const found: string[] = [];
  for await (const result of hub.servers.startMany(["ada"])) {
    if (result.error !== undefined) found.push(result.error.message);
    else found.push(result.server.url);
  }
  for await (const { server, error } of hub.servers.startMany(["ada"])) {
    found.push(error ? error.message : server.url);
  }
  return found;
}
