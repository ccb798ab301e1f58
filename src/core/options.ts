/**
 * The options of a client: their types and defaults, their validation, and the parts of the client that they configure.
 *
 * Reads `JUPYTERHUB_*` variables for missing options. Guarantees that invalid options are refused before anything is
 * sent, and that the environment's token goes only to the hub that the environment describes.
 */
import type { Operation } from "../../generated/operations.gen.js";
import { createApiClient, type VersionSource } from "./api-client.js";
import { createCredentials, type Credentials, type TokenSource } from "./auth.js";
import { createCookieCredentials } from "./cookie-auth.js";
import { InvalidInputError } from "./errors.js";
import { checkKeys, type KeysOf } from "./known-keys.js";
import type { Logger } from "./logger.js";
import type { Middleware } from "./middleware.js";
import { environmentVariable, hubUrlOfPage, type Fetch } from "./runtime.js";
import { Semaphore } from "./semaphore.js";
import { Transport } from "./transport.js";
import { apiUrl, pageUrl } from "./url.js";

/** The version of this package, for the `User-Agent` header. */
export const packageVersion = "0.1.0";

/** Options of a client. All are optional in a program that a hub started. */
export interface JupyterHubOptions {
  /**
   * The hub's address: its origin, its origin and prefix, or an address that ends in `/hub` or `/hub/api`, each with or
   * without a trailing slash.
   * @default the environment variable `JUPYTERHUB_API_URL`; with `auth: "cookie"`, the address of the hub that served
   * the page
   */
  url?: string | undefined;
  /**
   * The address at which people reach the hub, in the same forms as `url`. Needed if `url` is an address inside a
   * cluster.
   * @default the environment's `JUPYTERHUB_PUBLIC_HUB_URL`, or `JUPYTERHUB_HOST` followed by `JUPYTERHUB_BASE_URL`,
   * else derived from `url`
   */
  publicUrl?: string | undefined;
  /**
   * An API token, or a function that returns one and is called before each attempt. Without a token, only public
   * operations work.
   * @default the environment variable `JUPYTERHUB_API_TOKEN`, unless `JUPYTERHUB_API_URL` names a hub other than `url`
   */
  token?: TokenSource | undefined;
  /**
   * For pages of the hub: with `"cookie"`, the client acts as the logged-in user and sends their cookie and XSRF token
   * instead of an API token.
   */
  auth?: "cookie" | undefined;
  /**
   * The scheme of the `Authorization` header in requests to the API and to servers, and in WebSockets. Use `"token"`
   * behind a gateway that uses `Bearer` itself: hubs and Jupyter servers accept both.
   * @default "Bearer"
   */
  authScheme?: "Bearer" | "token" | undefined;
  /** A function to call in place of `fetch`: for a proxy, your own certificates or tests. @default globalThis.fetch */
  fetch?: Fetch | undefined;
  /**
   * Headers for every request to the hub's API, such as a gateway's key. Requests to users' servers do not have them.
   * Headers of a call take precedence. An `Authorization` header given here is sent only in requests that do not
   * contain the client's token.
   */
  headers?: Readonly<Record<string, string>> | undefined;
  /** The name of your program, for the beginning of the `User-Agent` header. Not sent in browsers. */
  appName?: string | undefined;
  /** Milliseconds for one attempt, including the body. Hubs may take 10,000 ms to answer a start. @default 30_000 */
  timeout?: number | undefined;
  /**
   * The most retries of a call; 0 for none. Reads (GET) are retried after a lost connection, 429, 502, 503, 504 and a
   * CDN's 520 to 524, 527 and 530; writes only after a 429 with `Retry-After`. There is no retry after a timeout, or
   * after a response with a `Retry-After` above 60,000 ms. The back-off is random, below a limit that grows from 250 to
   * 10,000 ms: three retries take less than two seconds, eight survive most restarts of a hub.
   * @default 3
   */
  retry?: number | undefined;
  /**
   * The most bytes of a response's body, after decompression. For a larger body, the call rejects, so that no response
   * fills the memory. Streams are unlimited.
   * @default 134_217_728
   */
  maxResponseBytes?: number | undefined;
  /** The most calls in flight; further calls wait. A hub handles one request at a time. @default 16 */
  maxConcurrency?: number | undefined;
  /**
   * Runs around each attempt: one function, or several with the outermost first. While a middleware runs, its attempt
   * counts towards `maxConcurrency`. So a middleware that calls the hub needs a client with a separate
   * `maxConcurrency`: `hub.withOptions({ middleware: [], maxConcurrency: 4 })`.
   */
  middleware?: Middleware | readonly Middleware[] | undefined;
  /** Logs each attempt, without secrets. `console` is a valid logger. */
  logger?: Logger | undefined;
  /**
   * Whether tokens may be sent to a public host over plain http.
   * @default false, but the client's token may always be sent to the address in `JUPYTERHUB_API_URL`
   */
  allowInsecure?: boolean | undefined;
  /**
   * Your application's registration as an OAuth client, for `hub.oauth`.
   * @default in a service that a hub started: the environment variables `JUPYTERHUB_CLIENT_ID`,
   * `JUPYTERHUB_API_TOKEN` and `JUPYTERHUB_OAUTH_CALLBACK_URL`
   */
  oauth?: OAuthOptions | undefined;
}

/** An application's registration as an OAuth client, as in the hub's `c.JupyterHub.services`. */
export interface OAuthOptions {
  /** The service's `oauth_client_id`, such as `service-portal`. */
  clientId: string;
  /** The service's `api_token`. */
  clientSecret: string;
  /** The service's `oauth_redirect_uri`, with exactly the same characters: hubs compare the strings. */
  redirectUri: string;
}

/** A predicate for an option's value, and the text that completes the error `The … must be …`. */
type Rule = readonly [isValid: (value: unknown) => boolean, requirement: string];

const positive: Rule = [(value) => typeof value === "number" && value > 0, "a number above 0"];

/** The options by name, each with the rule for its value; true if this file checks no rule for it. */
export const optionKeys: { readonly [Key in keyof JupyterHubOptions]-?: true | Rule } = {
  url: true,
  publicUrl: true,
  token: true,
  auth: true,
  authScheme: [(value) => value === "Bearer" || value === "token", '"Bearer" or "token"'],
  fetch: [(value) => typeof value === "function", "a function"],
  headers: true,
  appName: [
    (value) => typeof value === "string" && /^[\x20-\x7E]*$/.test(value),
    "a string of plain ASCII, since it is part of a header",
  ],
  timeout: positive,
  retry: [
    (value) => Number.isInteger(value) && (value as number) >= 0,
    "a whole number of at least 0",
  ],
  maxConcurrency: positive,
  maxResponseBytes: positive,
  middleware: [
    (value) => [value].flat().every((one) => typeof one === "function"),
    "a function or an array of functions",
  ],
  logger: true,
  allowInsecure: [(value) => typeof value === "boolean", "true or false"],
  oauth: true,
};
const oauthKeys: KeysOf<OAuthOptions> = { clientId: true, clientSecret: true, redirectUri: true };

/** The parts of a client, and its addresses. */
export interface ClientContext extends VersionSource {
  credentials: Credentials;
  /** Returns the `Authorization` header for a token. */
  authorization(token: string): string;
  /** The address at which people reach the hub: `https://host/prefix/hub/`. */
  publicUrl: string;
  /** The caller's options, with missing ones from the environment. */
  options: JupyterHubOptions;
  /** Whether the `JUPYTERHUB_*` variables describe this hub. */
  own: boolean;
  /** Whether this hub is at the address in `JUPYTERHUB_API_URL`, which is often plain http by design. */
  trusted: boolean;
}

/** The state that each derived client inherits, keyed by the options object of that client. */
const inherited = new WeakMap<
  JupyterHubOptions,
  { trusted: boolean; semaphore: Semaphore | undefined }
>();

/** Marks options as those of a client derived from another client. Both share a semaphore unless `apart` is true. */
export function inheritFrom(
  options: JupyterHubOptions,
  { trusted, transport }: ClientContext,
  apart: boolean,
): JupyterHubOptions {
  const { semaphore } = transport.options;
  inherited.set(options, { trusted, semaphore: apart ? undefined : semaphore });
  return options;
}

export const defaults = {
  timeout: 30_000,
  retry: 3,
  maxConcurrency: 16,
  maxResponseBytes: 2 ** 27,
} as const;

/** Creates the parts of a client. Throws an {@link InvalidInputError} if an option is invalid. */
export function createClientContext(
  given: JupyterHubOptions,
  operations: Readonly<Record<string, Operation>>,
): ClientContext {
  checkOptions(given);
  // A copy, with inherited options: derived clients have the same options, even if `given` changes meanwhile.
  const options: JupyterHubOptions = Object.fromEntries(
    Object.keys(optionKeys).map((name) => [name, given[name as keyof JupyterHubOptions]]),
  );
  const headers = options.headers && normalized(options.headers);
  const { auth, logger } = options;
  const ownUrl = environmentVariable("JUPYTERHUB_API_URL");
  const url = options.url ?? (auth ? hubUrlOfPage() : ownUrl);
  if (url === undefined) {
    throw new InvalidInputError(
      auth
        ? "No url, and this page does not say where its hub is. Give one: `location.origin`, followed by the hub's prefix."
        : 'No url. Give one, such as new JupyterHub({ url: "https://hub.example.org" }), or set JUPYTERHUB_API_URL.',
    );
  }
  const baseUrl = apiUrl(url, options.url === undefined ? "JUPYTERHUB_API_URL" : "url");
  const publicHubUrl = environmentVariable("JUPYTERHUB_PUBLIC_HUB_URL") ?? hubOfHost();
  const parent = inherited.get(given);
  // A hub gives the programs that it starts an address inside the cluster, often plain http by design.
  const trusted = parent?.trusted ?? isSame(baseUrl, ownUrl);
  // The environment describes one hub, and its token is for that hub only.
  const own = trusted || ownUrl === undefined || isSame(baseUrl, publicHubUrl);
  const token =
    options.token ?? (own && !auth ? environmentVariable("JUPYTERHUB_API_TOKEN") : undefined);
  const publicUrl = options.publicUrl ?? (own ? publicHubUrl : undefined);
  const timeout = options.timeout ?? defaults.timeout;
  const maxConcurrency = options.maxConcurrency ?? defaults.maxConcurrency;
  const { authScheme = "Bearer" } = options;
  const send: Fetch = (input, init) => (options.fetch ?? fetch)(input, init);
  const authorization = (token: string): string => `${authScheme} ${token}`;
  const credentials = auth
    ? createCookieCredentials(baseUrl, send, timeout)
    : createCredentials(token, baseUrl, options.allowInsecure ?? trusted, authorization);
  const transport = new Transport({
    baseUrl,
    fetch: send,
    headers: headers ?? {},
    userAgent: `${options.appName ?? ""} jupyterhub-client/${packageVersion}`.trimStart(),
    timeout,
    maxResponseBytes: options.maxResponseBytes ?? defaults.maxResponseBytes,
    semaphore: parent?.semaphore ?? new Semaphore(maxConcurrency),
    maxConcurrency,
    credentials,
    middleware: [options.middleware ?? []].flat(),
    retries: options.retry ?? defaults.retry,
    logger,
  });
  return {
    client: createApiClient(transport, operations),
    authorization,
    transport,
    credentials,
    publicUrl: pageUrl(publicUrl ?? baseUrl),
    // These options do not include `allowInsecure: trusted`, since it holds for this address alone.
    options: { ...options, headers, url: baseUrl, token, publicUrl },
    own,
    trusted,
  };
}

function checkOptions(options: JupyterHubOptions): void {
  checkKeys("options of the client", options, optionKeys);
  const { auth, oauth, token } = options;
  if (oauth !== undefined) checkKeys("oauth option", oauth, oauthKeys);
  if (auth !== undefined && (auth !== "cookie" || token !== undefined)) {
    throw new InvalidInputError('The auth must be "cookie", without a token, or left out.');
  }
  for (const [name, rule] of Object.entries(optionKeys)) {
    const value = options[name as keyof JupyterHubOptions] ?? undefined;
    if (rule !== true && value !== undefined && !rule[0](value)) {
      throw new InvalidInputError(`The ${name} must be ${rule[1]}.`);
    }
  }
}

/** Returns the public address of a hub with subdomains: `JUPYTERHUB_HOST` followed by `JUPYTERHUB_BASE_URL`. */
function hubOfHost(): string | undefined {
  const host = environmentVariable("JUPYTERHUB_HOST");
  // The prefix may itself end in /hub/.
  return host && `${host}${environmentVariable("JUPYTERHUB_BASE_URL") ?? "/"}hub/`;
}

/** Returns whether `other`, in any form that the option `url` accepts, leads to the API at `baseUrl`. */
function isSame(baseUrl: string, other: string | undefined): boolean {
  try {
    return other !== undefined && apiUrl(other) === baseUrl;
  } catch {
    return false;
  }
}

function normalized(headers: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(new Headers(headers));
  } catch {
    // The error is not kept as the cause: it quotes the header, which may hold a secret.
    throw new InvalidInputError("A header cannot be sent: its name or value is malformed.");
  }
}
