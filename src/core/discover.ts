/**
 * Finds the hub behind a link: requests the version at each address at which its API can be.
 *
 * A link can lead anywhere, so these requests contain nothing that identifies the caller.
 */
import { HubError, UnexpectedResponseError, isJupyterHubError } from "./errors.js";
import type { JupyterHubOptions } from "./options.js";
import { apiCandidates } from "./url.js";

/** The most bytes of a response. A hub's has about twenty. */
const maxResponseBytes = 2 ** 16;

/** The options for these requests: no token, cookie or headers (a gateway's keys), and no middleware, which could add them. */
export const withoutCredentials = ({
  fetch,
  timeout,
  retry,
  appName,
  logger,
}: JupyterHubOptions): JupyterHubOptions => ({
  fetch,
  timeout,
  retry,
  appName,
  logger,
  maxResponseBytes,
  token: () => undefined,
});

/** Errors after which no other address is tried. */
const final = /^(Connection|Timeout|InvalidInput)Error$/;

/** Resolves with the result of `ask` for the first of the link's addresses that is a hub's. */
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
