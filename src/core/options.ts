/**
 * The options of a client: their types and defaults, their validation, and the parts that they configure.
 *
 * Reads `JUPYTERHUB_*` variables for the options that are left out. Guarantees that invalid options are refused before
 * anything is sent, and that the environment's token goes to no hub but its own.
 */
import type { Operation } from "../../generated/operations.gen.js";
import { createApiClient, type VersionSource } from "./api-client.js";
import { createCredentials, type Credentials, type TokenSource } from "./auth.js";
import { createCookieCredentials } from "./cookie-auth.js";
import { InvalidInputError } from "./errors.js";
import { checkKeys, type KeysOf } from "./known-keys.js";
import type { Logger } from "./logger.js";
import type { Middleware } from "./middleware.js";
import { environmentVariable, hubUrlOfPage } from "./runtime.js";
import { Semaphore } from "./semaphore.js";
import { Transport } from "./transport.js";
import { apiUrl, pageUrl } from "./url.js";

/** The version of this package, for the User-Agent. */
export const packageVersion = "0.1.0";

/** Options of a client. All are optional in a program that a hub started. */
export interface JupyterHubOptions {
  /**
   * The hub's address: its origin, origin and prefix, `…/hub` or `…/hub/api`, with or without a trailing slash.
   * @default the environment variable `JUPYTERHUB_API_URL`
   */
  url?: string | undefined;
  /**
   * The address at which people reach the hub, in the same forms. Needed if `url` is an address inside a cluster.
   * @default the environment variable `JUPYTERHUB_PUBLIC_HUB_URL` or `JUPYTERHUB_HOST`, else derived from `url`
   */
  publicUrl?: string | undefined;
  /**
   * An API token, or a function that returns one and is called before each attempt. Without a token, only public
   * operations work.
   * @default the environment variable `JUPYTERHUB_API_TOKEN`, unless `JUPYTERHUB_API_URL` names another hub than `url`
   */
  token?: TokenSource | undefined;
  /**
   * `"cookie"`, for pages that the hub serves: acts as the user who is logged in, with the cookie and the XSRF token
   * of the page in place of a token. `url` defaults to the hub that served the page.
   */
  auth?: "cookie" | undefined;
  /**
   * The scheme of the `Authorization` header, for the API, requests to servers and their WebSockets. Use `"token"`
   * behind a gateway that takes `Bearer` for itself: hubs and Jupyter servers accept both.
   * @default "Bearer"
   */
  authScheme?: "Bearer" | "token" | undefined;
  /** The fetch function: one with a proxy, a certificate authority or a test double. @default globalThis.fetch */
  fetch?: typeof fetch | undefined;
  /**
   * Headers for every request to the hub's API, such as a gateway's key. Requests to servers do not have them. Headers
   * of a call take precedence. `Authorization` applies only to requests without the client's token.
   */
  headers?: Readonly<Record<string, string>> | undefined;
  /** The name of your program, for the start of the User-Agent. Browsers do not send it. */
  appName?: string | undefined;
  /** Milliseconds for one attempt, until its body has arrived. A start may block for 10,000. @default 30_000 */
  timeout?: number | undefined;
  /**
   * The most retries of a call; 0 for none. Safe methods are retried after transient failures (connection lost, 429,
   * 502, 503, 504), any method after a 429 with `Retry-After` of at most 60,000 ms. The back-off is random, below a
   * limit that grows from 250 to 10,000 ms.
   * @default 3
   */
  retry?: number | undefined;
  /**
   * The most bytes of a response's body, after decompression. A larger body is an error, so that no response fills the
   * memory. Streams are unlimited.
   * @default 134_217_728
   */
  maxResponseBytes?: number | undefined;
  /** The most calls in flight; others wait. A hub handles one at a time. @default 16 */
  maxConcurrency?: number | undefined;
  /**
   * Runs around each attempt: one function, or several with the outermost first. An attempt counts towards
   * `maxConcurrency` while they run. So if one calls the hub, its client needs a `maxConcurrency` of its own, as in
   * `hub.withOptions({ middleware: [], maxConcurrency: 4 })`.
   */
  middleware?: Middleware | readonly Middleware[] | undefined;
  /** Logs each attempt, without secrets. `console` is a valid logger. */
  logger?: Logger | undefined;
  /**
   * Whether tokens may be sent to a public host over plain http.
   * @default false; the client's token may always be sent to the environment's own `JUPYTERHUB_API_URL`
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
  /** The service's `oauth_redirect_uri`, character by character: hubs compare strings. */
  redirectUri: string;
}

/** A predicate, and what the error says the value must be. */
type Rule = readonly [isValid: (value: unknown) => boolean, requirement: string];

const positive: Rule = [(value) => typeof value === "number" && value > 0, "a number above 0"];

/** The options by name, with a rule for each that only this file validates. */
export const optionKeys: { readonly [Key in keyof JupyterHubOptions]-?: true | Rule } = {
  url: true,
  publicUrl: true,
  token: true,
  auth: true,
  authScheme: [(value) => value === "Bearer" || value === "token", '"Bearer" or "token"'],
  fetch: [(value) => typeof value === "function", "a function"],
  headers: true,
  appName: [
    (value) => /^[\x20-\x7E]*$/.test(String(value)),
    "plain ASCII, since it is part of a header",
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
  /** The value of an `Authorization` header with a token. */
  authorization(token: string): string;
  /** `https://host/prefix/hub/`, as people reach it. */
  publicUrl: string;
  /** The given options, and those from the environment. */
  options: JupyterHubOptions;
  /** Whether the environment describes this hub. */
  own: boolean;
  /** Whether `JUPYTERHUB_API_URL` is this address, which may be plain http by design. */
  trusted: boolean;
}

/** What a derived client inherits besides options, by its options. */
const inherited = new WeakMap<
  JupyterHubOptions,
  { trusted: boolean; semaphore: Semaphore | undefined }
>();

/** Marks options as those of a client derived from another one. Both share a semaphore unless it is `apart`. */
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
  options: JupyterHubOptions,
  operations: Readonly<Record<string, Operation>>,
): ClientContext {
  checkOptions(options);
  const { auth, headers, logger } = options;
  const ownUrl = environmentVariable("JUPYTERHUB_API_URL");
  const url = options.url ?? (auth ? hubUrlOfPage() : ownUrl);
  if (url === undefined) {
    throw new InvalidInputError(
      'No url. Give one, such as new JupyterHub({ url: "https://hub.example.org" }), or set JUPYTERHUB_API_URL.',
    );
  }
  const baseUrl = apiUrl(url, options.url === undefined ? "JUPYTERHUB_API_URL" : "url");
  const publicHubUrl = environmentVariable("JUPYTERHUB_PUBLIC_HUB_URL") ?? hubOfHost();
  const parent = inherited.get(options);
  // A hub gives the programs that it starts an address inside the cluster, often plain http by design.
  const trusted = parent?.trusted ?? isSame(baseUrl, ownUrl);
  // The environment describes one hub. Its token is for no other.
  const own = trusted || ownUrl === undefined || isSame(baseUrl, publicHubUrl);
  const token =
    options.token ?? (own && !auth ? environmentVariable("JUPYTERHUB_API_TOKEN") : undefined);
  const publicUrl = options.publicUrl ?? (own ? publicHubUrl : undefined);
  const timeout = options.timeout ?? defaults.timeout;
  const maxConcurrency = options.maxConcurrency ?? defaults.maxConcurrency;
  const send: typeof fetch = (input, init) => (options.fetch ?? fetch)(input, init);
  const authorization = (token: string): string => `${options.authScheme ?? "Bearer"} ${token}`;
  const credentials = auth
    ? createCookieCredentials(baseUrl, send, timeout)
    : createCredentials(token, baseUrl, options.allowInsecure ?? trusted, authorization);
  const transport = new Transport({
    baseUrl,
    fetch: send,
    headers: headers ? normalized(headers) : {},
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
    // Without `allowInsecure: trusted`, which holds for this address alone.
    options: { ...options, url: baseUrl, token, publicUrl },
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

/** The public address of a hub with subdomains, which comes in two variables. */
function hubOfHost(): string | undefined {
  const host = environmentVariable("JUPYTERHUB_HOST");
  return host && host + (environmentVariable("JUPYTERHUB_BASE_URL") ?? "");
}

/** Whether an address in any form leads to the API at `baseUrl`. */
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
    // Not kept as the cause: it quotes the header, which may hold a secret.
    throw new InvalidInputError("A header cannot be sent: its name or value is malformed.");
  }
}
