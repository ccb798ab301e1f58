/**
 * The credentials of a page that the hub serves: the cookie of whoever is logged in there, which scripts
 * cannot read, and the XSRF token that proves that the request comes from such a page.
 *
 * Promises that the token goes to the hub's own origin alone, and is found anew where it is stale.
 */
import type { Credentials } from "./auth.js";
import { AuthenticationError, InvalidInputError } from "./errors.js";
import { page, pageOrigin } from "./browser.js";
import { withDeadline } from "./deadline.js";
import { pageUrl } from "./url.js";

/**
 * The credentials of the page that runs this; `send` is what asks the hub for another XSRF token, in at most
 * `timeout` milliseconds.
 */
export function createCookieCredentials(
  baseUrl: string,
  send: typeof fetch,
  timeout: number,
): Credentials {
  const { origin } = new URL(baseUrl);
  if (pageOrigin() !== origin) {
    throw new InvalidInputError(
      `auth: "cookie" is for pages of the hub's own origin, ${origin}. Use a token elsewhere.`,
    );
  }
  const hub = pageUrl(baseUrl);
  let found: string | undefined;
  let asking: Promise<string | undefined> | undefined;
  // Hubs look at the cookie of their own path; pages of other paths do not see it, but a page of theirs holds it.
  const secret = (): string | undefined => ownCookie(hub) ?? found ?? pageToken();
  const ask = async (): Promise<string | undefined> =>
    (found = await tokenOf(`${hub}home`, send, timeout));
  return {
    kind: "cookie",
    init: { credentials: "same-origin" },
    secret,
    async renewed(stale) {
      const present = secret();
      if (present !== undefined && present !== stale) return present;
      // Calls that are refused at the same time share the question.
      asking ??= ask().finally(() => (asking = undefined));
      return asking;
    },
    put: (headers, token) => headers.set("X-XSRFToken", token),
    assertSafe: () => undefined,
  };
}

/** The hub's own cookie, which browsers show to pages below the hub's path alone. */
function ownCookie(hub: string): string | undefined {
  const { location, document } = page;
  if (!location || !(location.origin + location.pathname).startsWith(hub)) return undefined;
  return /(?:^|; )_xsrf=([^;]+)/.exec(document?.cookie ?? "")?.[1];
}

const pageToken = (): string | undefined => {
  const token = page.jhdata?.xsrf_token;
  return typeof token === "string" && token !== "" ? token : undefined;
};

/** The XSRF token in a page of the hub. */
async function tokenOf(
  url: string,
  send: typeof fetch,
  timeout: number,
): Promise<string | undefined> {
  const ask = async (signal: AbortSignal): Promise<string | undefined> => {
    const response = await send(url, { credentials: "same-origin", redirect: "manual", signal });
    if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
      throw new AuthenticationError("Nobody is logged in to the hub in this browser.", { url });
    }
    return /xsrf_token: "([^"]+)"/.exec(await response.text())?.[1];
  };
  // No caller's signal: others may have joined the question.
  return withDeadline(timeout, undefined, ask).catch((error: unknown) => {
    if (error instanceof AuthenticationError) throw error;
    // Where no page comes, the refusal that led here says more.
    return undefined;
  });
}
