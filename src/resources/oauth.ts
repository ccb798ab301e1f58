/**
 * Logins through the hub, for services and portals: the link to the hub, and the exchange of the code for a token.
 *
 * Stores nothing: the application keeps an {@link OAuthAttempt} in the browser's session. Guarantees that each `state`
 * is random and contains the page to return to, that this page is a path of the application's own site, and that no
 * error contains the client's secret.
 */
import * as api from "../../generated/sdk.gen.js";
import { ForbiddenError, InvalidInputError } from "../core/errors.js";
import { readShape } from "../core/json.js";
import { checkKeys, type KeysOf } from "../core/known-keys.js";
import type { OAuthOptions } from "../core/options.js";
import { assertString } from "../core/path-names.js";
import { environmentVariable } from "../core/runtime.js";
import type { FilteredScope } from "../core/scopes.js";
import { decoded } from "../core/url.js";
import { send, type CallOptions, type ClientContext } from "./call.js";

/** The page to return to after a login, and the scopes to request. */
export interface AuthorizeInput {
  /** A path of your application, such as `/services/portal/charts?year=1843`. */
  next?: string | undefined;
  /** The scopes of the token; by default all that the hub allows the client. On hubs 2.x, names of roles. */
  scopes?: readonly FilteredScope[] | undefined;
}

/** The data of one login. Store it in the session of the browser that logs in, where no other browser can read it. */
export interface OAuthAttempt {
  /** Identifies this browser's login. */
  state: string;
  /** The PKCE secret, which hubs check since 6.0. */
  verifier: string;
}

/** The result of a login: a token, and a client that acts as its user. */
export interface OAuthLogin<Client = unknown> {
  /** Acts as the user. */
  client: Client;
  /** The user's token. */
  token: string;
  /** Seconds until the token expires. */
  expires_in: number;
  /** The scopes of the token. */
  scopes: string[];
  /** The page to return to, if `authorizeUrl` received one. */
  next: string | undefined;
}

const authorizeKeys: KeysOf<AuthorizeInput> = { next: true, scopes: true };

/** `hub.oauth` */
export class OAuth<Client = unknown> {
  readonly #hub: ClientContext;
  readonly #clientOf: (token: string) => Client;
  readonly #registered: OAuthClient | undefined;

  constructor(hub: ClientContext, clientOf: (token: string) => Client) {
    this.#hub = hub;
    this.#clientOf = clientOf;
    this.#registered = oauthClient(hub);
  }

  /**
   * Creates a link to the hub's login, and the data to store in the browser's session before you redirect the browser
   * to that link. In a service at the hub's own origin, the link may be a path. Sends nothing.
   *
   * `GET /oauth2/authorize`, which the browser requests · public
   * @throws InvalidInputError if the client has no `oauth`, or `next` leads to another site
   */
  async authorizeUrl(input: AuthorizeInput = {}): Promise<OAuthAttempt & { url: string }> {
    checkKeys("input", input, authorizeKeys);
    const { next, scopes } = input;
    const { clientId, redirectUri, authorizeUrl } = this.#client();
    if (scopes !== undefined && !isList(scopes)) {
      throw new InvalidInputError("`scopes` must be an array of strings.");
    }
    const state = stateFor(next);
    const verifier = randomSecret();
    const query = new URLSearchParams({
      client_id: clientId,
      response_type: "code",
      redirect_uri: redirectUri,
      state,
      code_challenge: await challengeOf(verifier),
      code_challenge_method: "S256",
      ...(scopes && { scope: scopes.join(" ") }),
    });
    return { url: `${authorizeUrl}?${query}`, state, verifier };
  }

  /**
   * Exchanges the code in a callback's URL for a token. A code is valid once, for some minutes.
   *
   * `POST /oauth2/token` · public: the body contains the client's secret
   * @param callback the URL that the hub redirected the browser to, or its path and query, such as `request.url`
   * @param attempt the result of `authorizeUrl` for this browser; undefined if its session has none
   * @throws InvalidInputError, before anything is sent, if the state in `callback` is not that of this browser;
   * ForbiddenError if the hub sent an error instead of a code; AuthenticationError if the hub refuses the client's
   * secret or the code (already used, expired, or issued for another verifier)
   */
  async exchangeCode(
    callback: string,
    attempt: OAuthAttempt | undefined,
    call?: CallOptions,
  ): Promise<OAuthLogin<Client>> {
    const { clientId, clientSecret, redirectUri } = this.#client();
    const { code, verifier, next } = readCallback(callback, attempt);
    const body = {
      client_id: clientId,
      client_secret: clientSecret,
      grant_type: "authorization_code",
      code,
      redirect_uri: redirectUri,
      code_verifier: verifier,
    } as const;
    const { access_token, expires_in, scope } = await send(
      this.#hub,
      api.postOauthToken,
      { body },
      call,
    );
    return readShape(() => ({
      client: this.#clientOf(access_token),
      token: access_token,
      expires_in,
      scopes: scope.split(" ").filter(Boolean),
      next,
    }));
  }

  #client(): OAuthClient {
    if (this.#registered) return this.#registered;
    throw new InvalidInputError(
      "No OAuth registration. Give the client `oauth`, or run as a service that a hub starts.",
    );
  }
}

const isList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

/**
 * Reads the code and the page to return to from a callback. Throws unless its state is that of this browser's attempt.
 */
function readCallback(
  callback: string,
  attempt: Partial<OAuthAttempt> | undefined,
): { code: string; verifier: string; next: string | undefined } {
  const { state = "", verifier = "" } = attempt ?? {};
  assertString("callback", callback, true);
  assertString("attempt's state", state, true);
  assertString("attempt's verifier", verifier, true);
  const query = new URLSearchParams(/\?([^#]*)/.exec(callback)?.[1]);
  if (!state || !verifier || !isSame(query.get("state") ?? "", state)) {
    throw new InvalidInputError(
      "The state is not that of this browser's login. Begin again with authorizeUrl.",
    );
  }
  const refusal = query.get("error");
  if (refusal !== null) {
    const hubMessage = query.get("error_description") ?? refusal;
    throw new ForbiddenError(`The hub refused the login: ${hubMessage}`, { hubMessage });
  }
  const code = query.get("code");
  if (!code) throw new InvalidInputError("The callback has no code.");
  return { code, verifier, next: nextOf(state) };
}

/** An OAuth client, and the page at which browsers log in. */
interface OAuthClient extends OAuthOptions {
  /** The address of the login page; only its path if the hub and the service share an origin. */
  authorizeUrl: string;
}

/** Returns the OAuth client from the options, or else from the environment of a service that the hub started. */
function oauthClient({ options, publicUrl, own }: ClientContext): OAuthClient | undefined {
  const { oauth: given } = options;
  const env = (name: string): string | undefined => (own ? environmentVariable(name) : undefined);
  // If no public address is known, the services are at the hub's own origin, where a path is enough.
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
const randomSecret = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));

/** The PKCE challenge of a verifier. */
async function challengeOf(verifier: string): Promise<string> {
  const { subtle } = crypto as Partial<Crypto>;
  if (!subtle) {
    throw new InvalidInputError(
      "Pages over plain http have no crypto.subtle, which PKCE needs. Use https.",
    );
  }
  return base64url(
    new Uint8Array(await subtle.digest("SHA-256", new TextEncoder().encode(verifier))),
  );
}

/** Creates a random state, which contains the page to return to if there is one. */
const stateFor = (next: string | undefined): string =>
  next === undefined ? randomSecret() : `${randomSecret()}.${encodeURIComponent(ownPath(next))}`;

/** Returns the page that a state contains. Checks the page, since the application may have changed the stored state. */
function nextOf(state: string): string | undefined {
  const dot = state.indexOf(".");
  return dot < 0 ? undefined : ownPath(decoded(state.slice(dot + 1)));
}

/** Returns the path as browsers parse it. Throws if it leads to a site other than the application's own. */
function ownPath(next: string): string {
  assertString("`next`", next, true);
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

/** Compares two secrets in constant time. */
function isSame(one: string, other: string): boolean {
  let difference = one.length ^ other.length;
  for (let index = 0; index < one.length; index++) {
    difference |= one.charCodeAt(index) ^ other.charCodeAt(index);
  }
  return difference === 0;
}
