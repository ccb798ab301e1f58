/**
 * Finds the hub behind a link: requests the version at each address at which its API can be.
 *
 * A link can lead anywhere, so these requests contain nothing that identifies the caller.
 */
import { HubError, UnexpectedResponseError, isJupyterHubError } from "./errors.js";
import type { JupyterHubOptions } from "./options.js";
import { apiCandidates, withoutTrailingSlashes } from "./url.js";

/** The most bytes of a response. A hub's has about twenty. */
const maxResponseBytes = 2 ** 16;

/** A request for the version: its options, and the address at which its redirects ended. */
export interface Probe {
  options: JupyterHubOptions;
  /** The API's address after redirects; undefined without any. Throws if it cannot be a hub's. */
  target(): string | undefined;
}

/**
 * Creates the options of a request: no token, cookie or headers (a gateway's keys), and no middleware, which could add
 * them. Without credentials, it may follow redirects.
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
 * Tries the addresses at which the hub of a link may be, and resolves with the result of `ask` for the first that is a
 * hub's.
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
      // A hub that is down is the most helpful reason.
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
