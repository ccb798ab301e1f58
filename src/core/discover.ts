/**
 * Finds the hub behind a link, by asking for its version at the addresses where its API can be.
 *
 * A link may lead to anybody: these requests carry nothing that identifies the caller.
 */
import { HubError, UnexpectedResponseError, isJupyterHubError } from "./errors.js";
import type { JupyterHubOptions } from "./options.js";
import { apiCandidates, withoutTrailingSlashes } from "./url.js";

/** The bytes of a response to a discovery: that of a hub has some twenty. */
const maxResponseBytes = 2 ** 16;

/** A request of a discovery: its options, and where it ended. */
export interface Probe {
  options: JupyterHubOptions;
  /** The API's address at which redirects ended; undefined without redirects. Throws where no hub can be. */
  target(): string | undefined;
}

/**
 * The options for a request of a discovery: no token, no cookie, no headers (a gateway's keys), and no middleware,
 * which could add any of them. Since it carries nothing, it follows redirects.
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
      // Below the first `hub`, `user` or `services`, anybody may answer.
      if (`${api}/` === `${origin}${withoutTrailingSlashes(pathname)}/`) return api;
      throw new UnexpectedResponseError(
        `The link was redirected to ${origin}, to an address that is not that of a hub's API.`,
      );
    },
  };
}

/** Errors for which no other address is tried. */
const final = new Set(["ConnectionError", "TimeoutError", "InvalidInputError"]);

/** What `ask` resolves with for the first of the link's addresses at which a hub answers. */
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
      if (!isJupyterHubError(error) || final.has(error.name)) throw error;
      // A hub that is down is the most helpful of the reasons.
      if (!(last instanceof HubError)) last = error;
    }
  }
  if (last instanceof HubError) throw last;
  throw new UnexpectedResponseError(
    `No hub was found behind the link, at ${candidates.join(", ")}. If its address is another, give that as the \`url\` ` +
      "of new JupyterHub.",
    { cause: last },
  );
}
