/**
 * What logging in with a hub needs beside requests: who the client is, its secrets of one login, and
 * where to go after it.
 *
 * Promises that a state is random and bound to the page that it leads back to, that this page is one of
 * the application's own, and that the client's secret stands in no error.
 */
import { environmentVariable } from "./environment.js";
import { InvalidInputError } from "./errors.js";
import { describeType } from "./path-names.js";
import type { ClientContext, OAuthOptions } from "./options.js";

/** An OAuth client, and where browsers log in with it. */
export interface OAuthClient extends OAuthOptions {
  /** The address of the hub's page; a mere path where hub and service have one origin. */
  authorizeUrl: string;
}

/** The OAuth client that the options name, or that the hub made of the service that runs here. */
export function oauthClient({ options, publicUrl, own }: ClientContext): OAuthClient | undefined {
  const { oauth: given } = options;
  const env = (name: string): string | undefined => (own ? environmentVariable(name) : undefined);
  // Where nobody has told the hub its address, its services are at the same origin.
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
  btoa(String.fromCharCode(...bytes)).replace(/[+/=]/g, (character) =>
    character === "+" ? "-" : character === "/" ? "_" : "",
  );

/** A new secret, of characters that a URL and a cookie take as they are. */
export const randomSecret = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** What the hub is shown of a PKCE verifier beforehand. */
export const challengeOf = async (verifier: string): Promise<string> =>
  base64url(
    new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier))),
  );

/** A new state that leads back to a page; only a path of the application's own may be one. */
export const stateFor = (next: string | undefined): string =>
  next === undefined ? randomSecret() : `${randomSecret()}.${encodeURIComponent(ownPath(next))}`;

/** The page that a state leads back to. The state was kept elsewhere, so its page is checked again. */
export function nextOf(state: string): string | undefined {
  const dot = state.indexOf(".");
  return dot < 0 ? undefined : ownPath(decoded(state.slice(dot + 1)));
}

/** A path of the application's own, as browsers read it. */
function ownPath(next: string): string {
  if (typeof next !== "string") {
    throw new InvalidInputError(`\`next\` must be a string, not ${describeType(next)}.`);
  }
  // Browsers take //host, /\host and /<tab>/host for other sites.
  const nowhere = "http://nowhere.invalid";
  const isPath = next.startsWith("/") && !/\p{Surrogate}/u.test(next);
  const url = isPath && URL.canParse(next, nowhere) && new URL(next, nowhere);
  // A path such as /.//host would lead there once it is read, and given out, as //host.
  if (!url || url.origin !== nowhere || url.pathname.startsWith("//")) {
    throw new InvalidInputError(
      "`next` must be a path of your own site, beginning with one slash.",
    );
  }
  // As it was read: without line breaks, which a header would not take.
  return url.pathname + url.search + url.hash;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new InvalidInputError("The state is malformed.");
  }
}

/** Whether two secrets are the same, in a time that does not tell where they differ. */
export function isSame(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < one.length; index++) {
    difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  }
  return difference === 0;
}
