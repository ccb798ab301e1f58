/**
 * The credentials of a page that the hub serves: the cookie of whoever is logged in there, which scripts
 * cannot read, and the XSRF token that proves that the request comes from such a page.
 *
 * Promises that the token goes to the hub's own origin alone, and is found anew where it is stale.
 */
import type { Credentials } from "./auth.js";
import { AuthenticationError, InvalidInputError } from "./errors.js";
import { page, pageOrigin } from "./page.js";
import { pageUrl } from "./url.js";

/** The credentials of the page that runs this; `send` is what asks the hub for another XSRF token. */
export function createCookies(baseUrl: string, send: typeof fetch): Credentials {
  const { origin } = new URL(baseUrl);
  if (pageOrigin() !== origin) {
    throw new InvalidInputError(
      `auth: "cookie" is for pages of the hub's own origin, ${origin}. Use a token elsewhere.`,
    );
  }
  const hub = pageUrl(baseUrl);
  let found: string | undefined;
  return {
    kind: "cookie",
    init: { credentials: "same-origin" },
    // Hubs look at the cookie of their own path; pages of other paths do not see it, but a page of theirs holds it.
    secret: () => ownCookie(hub) ?? found ?? pageToken(),
    async renewed(stale) {
      const present = ownCookie(hub) ?? pageToken();
      if (present !== stale && present !== undefined) return (found = present);
      return (found = await tokenOf(`${hub}home`, send));
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
async function tokenOf(url: string, send: typeof fetch): Promise<string | undefined> {
  const response = await send(url, { credentials: "same-origin", redirect: "manual" });
  if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
    throw new AuthenticationError("Nobody is logged in to the hub in this browser.", { url });
  }
  return /xsrf_token: "([^"]+)"/.exec(await response.text())?.[1];
}
