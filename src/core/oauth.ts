/**
 * The parts of an OAuth login that send nothing: the client's registration, the secrets of one login, and the page to
 * return to.
 *
 * Promises that a state is random and contains the page that it returns to, that this page is a path of the
 * application's own site, and that no error contains the client's secret.
 */
import { InvalidInputError } from "./errors.js";
import type { ClientContext, OAuthOptions } from "./options.js";
import { describeType } from "./path-names.js";
import { environmentVariable } from "./runtime.js";

/** An OAuth client, and the page at which browsers log in. */
export interface OAuthClient extends OAuthOptions {
  /** The address of the hub's page; only its path if hub and service share an origin. */
  authorizeUrl: string;
}

/** The OAuth client of the options, or of the service that the hub started. */
export function oauthClient({ options, publicUrl, own }: ClientContext): OAuthClient | undefined {
  const { oauth: given } = options;
  const env = (name: string): string | undefined => (own ? environmentVariable(name) : undefined);
  // A hub without a public address has its services at its own origin.
  const base = options.publicUrl || given ? undefined : env("JUPYTERHUB_BASE_URL");
  const pages = base ? `${base}hub/` : publicUrl;
  const { clientId, clientSecret, redirectUri } = given ?? {
    clientId: env("JUPYTERHUB_CLIENT_ID"),
    clientSecret: env("JUPYTERHUB_API_TOKEN"),
    redirectUri: env("JUPYTERHUB_OAUTH_CALLBACK_URL"),
  };
  if (isText(clientId) && isText(clientSecret) && isText(redirectUri)) {
    return { clientId, clientSecret, redirectUri, authorizeUrl: `${pages}api/oauth2/authorize` };
  }
  if (!given) return undefined;
  throw new InvalidInputError("oauth needs a clientId, a clientSecret and a redirectUri.");
}

const isText = (value: unknown): value is string => typeof value === "string" && value !== "";

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

/** Creates a secret of characters that need no encoding in URLs and cookies. */
export const randomSecret = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** The PKCE challenge of a verifier. */
export const challengeOf = async (verifier: string): Promise<string> =>
  base64url(
    new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))),
  );

/** Creates a state that returns to a page of the application's own site. */
export const stateFor = (next: string | undefined): string =>
  next === undefined ? randomSecret() : `${randomSecret()}.${encodeURIComponent(ownPath(next))}`;

/** The page in a state. It is checked again, since the application stored the state. */
export function nextOf(state: string): string | undefined {
  const dot = state.indexOf(".");
  return dot < 0 ? undefined : ownPath(decoded(state.slice(dot + 1)));
}

/** Returns the path as browsers parse it; throws unless it is one of the application's own site. */
function ownPath(next: string): string {
  if (typeof next !== "string") {
    throw new InvalidInputError(`\`next\` must be a string, not ${describeType(next)}.`);
  }
  // Browsers parse //host, /\host and /<tab>/host as other sites.
  const site = "http://nowhere.invalid";
  const isPath = next.startsWith("/") && !/\p{Surrogate}/u.test(next);
  const url = isPath && URL.canParse(next, site) && new URL(next, site);
  // The path of /.//host is //host.
  if (!url || url.origin !== site || url.pathname.startsWith("//")) {
    throw new InvalidInputError(
      "`next` must be a path of your own site that begins with one slash.",
    );
  }
  // Parsing removed line breaks, which are invalid in a header.
  return url.pathname + url.search + url.hash;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InvalidInputError("The state is malformed.");
  }
}

/** Compares two secrets in constant time. */
export function isSame(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < one.length; index++) {
    difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  }
  return difference === 0;
}
