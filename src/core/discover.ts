/**
 * Finds the hub behind a link: requests the version at each address at which the hub's API may be.
 *
 * A link can lead anywhere, so these requests contain no credentials and no headers of the caller.
 */
import { HubError, UnexpectedResponseError, isJupyterHubError } from "./errors.js";
import type { JupyterHubOptions } from "./options.js";
import { apiCandidates, withoutTrailingSlashes } from "./url.js";

/** The maximum size of a response, in bytes. A hub's response has about twenty. */
const maxResponseBytes = 2 ** 16;

/** A request for the version: its options, and the address to which it was redirected. */
export interface Probe {
  options: JupyterHubOptions;
  /**
   * Returns the API's address after redirects; undefined without redirects. Throws if that address cannot be a hub's
   * API.
   */
  target(): string | undefined;
}

/**
 * Creates a request without token, cookie and headers (such as a gateway's key), and without middleware, which could
 * add them. As it has no credentials, the request may follow redirects.
 */
export function createProbe(options: JupyterHubOptions): Probe {
  const { fetch: send = fetch, timeout, retry, appName, logger } = options;
  let end: string | undefined;
  return {
    options: {
      fetch: async (url, init) => {
        const response = await send(url, { ...init, redirect: "follow" });
        end = response.url && response.url !== String(url) ? response.url : undefined;
        return response;
      },
      timeout,
      retry,
      appName,
      logger,
      maxResponseBytes,
      token: () => undefined,
    },
    target() {
      if (end === undefined) return undefined;
      const { origin, pathname } = new URL(end);
      const [api] = apiCandidates(end);
      // Below `hub`, `user` or `services`, a user's server may respond.
      if (api === origin + withoutTrailingSlashes(pathname)) return api;
      throw new UnexpectedResponseError(
        `The link was redirected to ${origin}, to an address that is not that of a hub's API.`,
      );
    },
  };
}

/** Errors after which no other address is tried. */
const final = /^(Connection|Timeout|InvalidInput)Error$/;

/**
 * Calls `ask` with each address at which the hub behind a link may be, until a call succeeds. Resolves with the result
 * of that call.
 */
export async function discover<Found>(
  link: string,
  ask: (url: string) => Promise<Found>,
): Promise<Found> {
  const candidates = apiCandidates(link);
  let last: unknown;
  for (const candidate of candidates) {
    try {
      return await ask(candidate);
    } catch (error) {
      if (!isJupyterHubError(error) || final.test(error.name)) throw error;
      // If a hub is down, its error is the most helpful one.
      if (!(last instanceof HubError)) last = error;
    }
  }
  if (last instanceof HubError) throw last;
  throw new UnexpectedResponseError(
    `No hub was found behind the link, at ${candidates.join(", ")}. ` +
      "If its address is another, give it to new JupyterHub as the `url`.",
    { cause: last },
  );
}
