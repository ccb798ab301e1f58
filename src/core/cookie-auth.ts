/**
 * The credentials of a page that the hub serves: the user's cookie, which scripts cannot read, and the XSRF token,
 * which proves that a request comes from such a page.
 *
 * Guarantees that the XSRF token is sent to the hub's own origin only, and is replaced when the hub rejects it.
 */
import type { Credentials } from "./auth.js";
import { withDeadline } from "./deadline.js";
import { AuthenticationError, InvalidInputError } from "./errors.js";
import { page, pageOrigin, type Fetch } from "./runtime.js";
import { pageUrl } from "./url.js";

/** Creates the credentials of the current page. `send` requests a new XSRF token, within `timeout` milliseconds. */
export function createCookieCredentials(
  baseUrl: string,
  send: Fetch,
  timeout: number,
): Credentials {
  const { origin } = new URL(baseUrl);
  if (pageOrigin() !== origin) {
    throw new InvalidInputError(
      `auth: "cookie" is for pages of the hub's own origin, ${origin}. Use a token elsewhere.`,
    );
  }
  const hub = pageUrl(baseUrl);
  let fetched: string | undefined;
  let fetching: Promise<string | undefined> | undefined;
  // Hubs check the XSRF cookie of their own path. Pages at other paths cannot read it, but their HTML has the token.
  const secret = (): string | undefined => cookieToken(hub) ?? fetched ?? templateToken();
  return {
    kind: "cookie",
    init: { credentials: "same-origin" },
    secret,
    async renewed(rejected) {
      const current = secret();
      if (current !== undefined && current !== rejected) return current;
      // Calls that are rejected at the same time share the request.
      fetching ??= fetchToken(`${hub}home`, send, timeout).finally(() => (fetching = undefined));
      return (fetched = await fetching);
    },
    put: (headers, token) => headers.set("X-XSRFToken", token),
    assertSafe: () => undefined,
  };
}

/** The XSRF token in the hub's cookie, which only pages below the hub's path can read. */
function cookieToken(hub: string): string | undefined {
  const { location, document } = page;
  if (!location || !(location.origin + location.pathname).startsWith(hub)) return undefined;
  return /(?:^|; )_xsrf=([^;]+)/.exec(document?.cookie ?? "")?.[1];
}

function templateToken(): string | undefined {
  const token = page.jhdata?.xsrf_token;
  return typeof token === "string" && token ? token : undefined;
}

/** Requests a page of the hub and returns its XSRF token; undefined if none arrives. */
const fetchToken = (url: string, send: Fetch, timeout: number): Promise<string | undefined> =>
  // Without the caller's signal, since other calls may share the request.
  withDeadline(timeout, undefined, async (signal) => {
    const response = await send(url, { credentials: "same-origin", redirect: "manual", signal });
    if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
      throw new AuthenticationError("Nobody is logged in to the hub in this browser.", { url });
    }
    return /xsrf_token: "([^"]+)"/.exec(await response.text())?.[1];
  }).catch((error: unknown) => {
    if (error instanceof AuthenticationError) throw error;
    // Without a new token, the call rejects with the hub's 403, which says more than this error.
    return undefined;
  });
