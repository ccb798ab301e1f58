/** Finds the API of a hub behind a link, by asking where it can be. */
import { HubError, NotAHubError, isJupyterHubError } from "./errors.js";
import { apiCandidates } from "./url.js";

/** What no other address would mend. */
const final = new Set(["ConnectionError", "TimeoutError", "InvalidInputError"]);

/** The first address at which `ask` gets an answer. Only another kind of answer leads on to the next. */
export async function discover(
  link: string,
  ask: (url: string) => Promise<unknown>,
): Promise<string> {
  const candidates = apiCandidates(link);
  let last: unknown;
  for (const candidate of candidates) {
    try {
      await ask(candidate);
      return candidate;
    } catch (error) {
      if (!isJupyterHubError(error) || final.has(error.name)) throw error;
      // Of all answers, that of a hub that is down says most.
      if (!(last instanceof HubError)) last = error;
    }
  }
  if (last instanceof HubError) throw last;
  throw new NotAHubError(
    `No hub behind that link: nothing answers as one at ${candidates.join(", ")}.`,
    {
      cause: last,
    },
  );
}
