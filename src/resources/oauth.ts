/**
 * Logging people in with the hub, for services and portals: the link to its page, and the token for the
 * code that comes back.
 *
 * Keeps nothing: what belongs to one browser's login is handed out, and wanted back.
 */
import { postOauthToken } from "../../generated/sdk.gen.js";
import { ForbiddenError, InvalidInputError } from "../core/errors.js";
import { readShape } from "../core/json.js";
import { checkKeys, type KeysOf } from "../core/known-keys.js";
import { describeType } from "../core/path-names.js";
import {
  challengeOf,
  isSame,
  nextOf,
  randomSecret,
  stateFor,
  type OAuthClient,
} from "../core/oauth.js";
import type { FilteredScope } from "../core/scopes.js";
import { requestOptions, dataOf, type CallOptions, type ResourceContext } from "./call.js";

/** Where a login leads, and what it asks for. */
export interface AuthorizeInput {
  /** The page of your own to come back to: a path such as `/services/portal/charts?year=1843`. */
  next?: string | undefined;
  /** What the token is to be allowed; without it, all that the hub allows the client. Names of roles on 2.x. */
  scopes?: readonly FilteredScope[] | undefined;
}

/** What to keep for the browser that logs in, where no other browser gets it: in its session. */
export interface OAuthAttempt {
  /** Tells this browser's login from one that somebody else began. */
  state: string;
  /** The secret behind the link (PKCE), which the hub checks since 6.0. */
  verifier: string;
}

/** Who has logged in, as a token and a client that acts as that user. */
export interface OAuthLogin<Client> {
  /** Acts as that user. */
  client: Client;
  /** The user's token. */
  token: string;
  /** Seconds until the token expires. */
  expires_in: number;
  /** What the token may do. */
  scopes: string[];
  /** The page that the login was to lead back to. */
  next: string | undefined;
}

const authorizeKeys: KeysOf<AuthorizeInput> = { next: true, scopes: true };

/** `hub.oauth` */
export class OAuth<Client = unknown> {
  readonly #hub: ResourceContext;
  readonly #as: (token: string) => Client;
  readonly #client: OAuthClient | undefined;

  constructor(
    hub: ResourceContext,
    as: (token: string) => Client,
    client: OAuthClient | undefined,
  ) {
    this.#hub = hub;
    this.#as = as;
    this.#client = client;
  }

  /**
   * A link to the hub's login, to redirect a browser to, and what to keep for that browser until it comes
   * back. In a service of the hub's own origin the link may be a path. Sends nothing.
   *
   * `GET /oauth2/authorize`, which the browser asks for · public
   * @throws InvalidInputError when the client has no `oauth`, or `next` leads to another site
   */
  async authorizeUrl(input: AuthorizeInput = {}): Promise<OAuthAttempt & { url: string }> {
    checkKeys("input", input, authorizeKeys);
    const { next, scopes } = input;
    const { clientId, redirectUri, authorizeUrl } = this.#known();
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
   * The token for the code with which a browser came back. A code is good for one token, within minutes.
   *
   * `POST /oauth2/token` · public: the client's secret goes into the body
   * @param callback the URL that the browser came to, or its path and query: `request.url`
   * @param attempt what `authorizeUrl` gave for this browser; undefined where its session has nothing
   * @throws InvalidInputError, before anything is sent, when the state is not this browser's; ForbiddenError
   * when the hub sent no code but a refusal; AuthenticationError when it does not take the code (used before,
   * expired, another verifier) or the client's secret
   */
  async exchangeCode(
    callback: string,
    attempt: OAuthAttempt | undefined,
    call?: CallOptions,
  ): Promise<OAuthLogin<Client>> {
    const options = requestOptions(this.#hub, call);
    const { clientId, clientSecret, redirectUri } = this.#known();
    const { code, verifier, next } = returned(callback, attempt);
    const { access_token, expires_in, scope } = await dataOf(
      postOauthToken({
        ...options,
        body: {
          client_id: clientId,
          client_secret: clientSecret,
          grant_type: "authorization_code",
          code,
          redirect_uri: redirectUri,
          code_verifier: verifier,
        },
      }),
    );
    return readShape(() => ({
      client: this.#as(access_token),
      token: access_token,
      expires_in,
      scopes: scope.split(" ").filter(Boolean),
      next,
    }));
  }

  #known(): OAuthClient {
    if (this.#client) return this.#client;
    throw new InvalidInputError(
      "No OAuth client. Give the client `oauth`, or run as a service that a hub starts.",
    );
  }
}

const isList = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item) => typeof item === "string");

/** What is needed for the token, if the browser that comes back is the one that was sent to the hub. */
function returned(
  callback: string,
  attempt: OAuthAttempt | undefined,
): { code: string; verifier: string; next: string | undefined } {
  if (typeof callback !== "string") {
    throw new InvalidInputError(`The callback must be a string, not ${describeType(callback)}.`);
  }
  const query = new URLSearchParams(/\?([^#]*)/.exec(callback)?.[1]);
  const returned = query.get("state");
  const { state, verifier } = attempt ?? {};
  for (const [name, value] of Object.entries({ state, verifier })) {
    if (value !== undefined && typeof value !== "string") {
      throw new InvalidInputError(
        `The attempt's ${name} must be a string, not ${describeType(value)}.`,
      );
    }
  }
  if (!state || !verifier || !returned || !isSame(returned, state)) {
    throw new InvalidInputError(
      "The state is not that of this browser's login. Begin again with authorizeUrl.",
    );
  }
  const refusal = query.get("error");
  if (refusal !== null) {
    const words = query.get("error_description") ?? refusal;
    throw new ForbiddenError(`The hub refused the login: ${words}`, { hubMessage: words });
  }
  const code = query.get("code");
  if (!code) throw new InvalidInputError("The callback has no code.");
  return { code, verifier, next: nextOf(state) };
}
