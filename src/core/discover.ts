/**
 * Finds the hub behind a link, by asking for its version at the addresses where its API can be.
 *
 * A link may lead to anybody: these requests carry nothing that identifies the caller.
 */
import { HubError, UnexpectedResponseError, isJupyterHubError } from "./errors.js";
import type { JupyterHubOptions } from "./options.js";
import { apiCandidates } from "./url.js";

/** The bytes of a response to a discovery: that of a hub has some twenty. */
const maxResponseBytes = 2 ** 16;

/**
 * The options for the requests of a discovery: no token, no cookie, no headers (a gateway's keys), and no
 * middleware, which could add any of them.
 */
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
