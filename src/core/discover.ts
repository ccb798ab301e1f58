/** Finds the API of a hub behind a link, by asking where it can be. */
import { NotAHubError, isJupyterHubError } from "./errors.js";
import { apiCandidates } from "./url.js";

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
      if (
        !isJupyterHubError(error) ||
        error.name === "ConnectionError" ||
        error.name === "TimeoutError"
      ) {
        throw error;
      }
      last = error;
    }
  }
  throw new NotAHubError(
    `No hub behind that link: nothing answers as one at ${candidates.join(", ")}.`,
    {
      cause: last,
    },
  );
}
