/**
 * What a client can be told, and what it does where it is not told.
 *
 * Reads the environment in one place and refuses what does not fit before anything is sent.
 */
import type { Operation } from "../../generated/operations.gen.js";
import { createApiClient, type ApiClient, type ApiClientParts } from "./api-client.js";
import { createCredentials, type Credentials, type TokenSource } from "./auth.js";
import { createCookieCredentials } from "./cookie-auth.js";
import { environmentVariable } from "./environment.js";
import { InvalidInputError } from "./errors.js";
import type { Logger, Middleware } from "./middleware.js";
import { checkKeys, type KeysOf } from "./known-keys.js";
import { hubUrlOfPage } from "./browser.js";
import { Semaphore } from "./semaphore.js";
import { Transport } from "./transport.js";
import { apiUrl, pageUrl } from "./url.js";

/** The version of this package, as the User-Agent tells it. */
export const packageVersion = "0.1.0";

/** What a client can be told. All of it is optional where a hub started the program. */
export interface JupyterHubOptions {
  /**
   * Where the hub is: its origin, origin and prefix, `…/hub` or `…/hub/api`, with or without a slash at the end.
   * @default the environment's `JUPYTERHUB_API_URL`
   */
  url?: string | undefined;
  /**
   * Where people reach the hub, in the same forms, when `url` is an address inside a cluster.
   * @default the environment's `JUPYTERHUB_PUBLIC_HUB_URL` or `JUPYTERHUB_HOST`, else derived from `url`
   */
  publicUrl?: string | undefined;
  /**
   * An API token, or a function that is asked for one before each attempt. Without one, only public
   * operations work.
   * @default the environment's `JUPYTERHUB_API_TOKEN`, unless its `JUPYTERHUB_API_URL` is of another hub than `url`
   */
  token?: TokenSource | undefined;
  /**
   * `"cookie"` for pages of the hub's own origin: acts as whoever is logged in there, with the cookie and the
   * XSRF token of JupyterHub's pages, and without a token. The `url` is then that of the hub that served the page.
   */
  auth?: "cookie" | undefined;
  /** The fetch to send with: one with a proxy, a certificate authority or a test behind it. @default globalThis.fetch */
  fetch?: typeof fetch | undefined;
  /**
   * Headers for every request to the hub's API, such as those that a gateway asks for. Requests to servers
   * do not have them. A call's own headers come before them. An `Authorization` here counts only where the client has no token.
   */
  headers?: Readonly<Record<string, string>> | undefined;
  /** The name of your program, put before this package's in the User-Agent. Not sent by browsers. */
  appName?: string | undefined;
  /** Milliseconds that one attempt may take, until its body has arrived. A start may block for 10,000. @default 30_000 */
  timeout?: number | undefined;
  /**
   * How often a call may be tried again: one that only reads, after a fault that may pass (connection lost,
   * 429, 502, 503, 504), and any call that the hub has put off (429 with `Retry-After`, at most 60,000 ms).
   * The pauses grow from 250 to 10,000 ms, at random below that. 0 for never.
   * @default 3
   */
  retry?: number | undefined;
  /**
   * The bytes that the body of one response may have, after decompression. A larger one is an error, so that
   * nothing that answers at `url` can fill the memory. Streams are not bounded.
   * @default 134_217_728
   */
  maxResponseBytes?: number | undefined;
  /** How many calls may be under way at once; the others wait. A hub works on one at a time. @default 16 */
  maxConcurrency?: number | undefined;
  /** Runs around each attempt: one, or several with the outermost first. */
  middleware?: Middleware | readonly Middleware[] | undefined;
  /** Told of each attempt, without secrets; `console` is one. */
  logger?: Logger | undefined;
  /**
   * Whether tokens may travel over plain http to a public host.
   * @default false, but that the environment's own `JUPYTERHUB_API_URL` is trusted with the client's token
   */
  allowInsecure?: boolean | undefined;
  /**
   * Your application's registration with the hub, for `hub.oauth`.
   * @default in a service that a hub started, the environment's `JUPYTERHUB_CLIENT_ID`,
   * `JUPYTERHUB_API_TOKEN` and `JUPYTERHUB_OAUTH_CALLBACK_URL`
   */
  oauth?: OAuthOptions | undefined;
}

/** An application's registration with the hub, as a service of its configuration has it. */
export interface OAuthOptions {
  /** The service's `oauth_client_id`, such as `service-portal`. */
  clientId: string;
  /** The service's `api_token`. */
  clientSecret: string;
  /** The service's `oauth_redirect_uri`, letter by letter: hubs compare it as a string. */
  redirectUri: string;
}

/** The options by their names. */
export const optionKeys: KeysOf<JupyterHubOptions> = {
  url: true,
  publicUrl: true,
  token: true,
  auth: true,
  fetch: true,
  headers: true,
  appName: true,
  timeout: true,
  retry: true,
  maxConcurrency: true,
  maxResponseBytes: true,
  middleware: true,
  logger: true,
  allowInsecure: true,
  oauth: true,
};
const oauthKeys: KeysOf<OAuthOptions> = { clientId: true, clientSecret: true, redirectUri: true };

/** A client's parts, and the addresses that it goes by. */
export interface ClientContext extends ApiClientParts {
  client: ApiClient;
  /** What bounds the calls that are under way. */
  semaphore: Semaphore;
  credentials: Credentials;
  /** `https://host/prefix/hub/api` */
  apiUrl: string;
  /** `https://host/prefix/hub/`, as people reach it */
  publicUrl: string;
  /** What it was told, and what it took from the environment. */
  options: JupyterHubOptions;
  /** Whether the environment speaks of this hub. */
  own: boolean;
  /** Whether the environment names this very address of its API, which may be plain http by design. */
  trusted: boolean;
}

/** What a client has of the one that it is made of, beside options: by its own. */
const inherited = new WeakMap<
  JupyterHubOptions,
  { trusted: boolean; semaphore: Semaphore | undefined }
>();

/** Options for a client made of another one; unless it is `apart`, its calls count as those of that one. */
export function inheritFrom(
  options: JupyterHubOptions,
  { trusted, semaphore }: ClientContext,
  apart: boolean,
): JupyterHubOptions {
  inherited.set(options, { trusted, semaphore: apart ? undefined : semaphore });
  return options;
}

export const defaults = {
  timeout: 30_000,
  retry: 3,
  maxConcurrency: 16,
  maxResponseBytes: 2 ** 27,
} as const;

/** Makes a client of its options; throws an {@link InvalidInputError} when they do not fit. */
export function createClientContext(
  options: JupyterHubOptions,
  operations: Readonly<Record<string, Operation>>,
): ClientContext {
  checkKeys("options of the client", options, optionKeys);
  if (options.oauth !== undefined) checkKeys("oauth option", options.oauth, oauthKeys);
  const ownUrl = environmentVariable("JUPYTERHUB_API_URL");
  const { auth } = options;
  if (auth !== undefined && (auth !== "cookie" || options.token !== undefined)) {
    throw new InvalidInputError('The auth can be "cookie", without a token, or be left out.');
  }
  const url = options.url ?? (auth ? hubUrlOfPage() : ownUrl);
  if (url === undefined) {
    throw new InvalidInputError(
      'No url. Give one, such as new JupyterHub({ url: "https://hub.example.org" }), or set JUPYTERHUB_API_URL.',
    );
  }
  if (options.fetch !== undefined && typeof options.fetch !== "function") {
    throw new InvalidInputError("The fetch must be a function.");
  }
  if (options.appName !== undefined && !/^[\x20-\x7E]*$/.test(options.appName)) {
    throw new InvalidInputError("The appName must be plain ASCII: it is part of a header.");
  }
  const baseUrl = apiUrl(url, options.url === undefined ? "JUPYTERHUB_API_URL" : "url");
  const publicHubUrl = environmentVariable("JUPYTERHUB_PUBLIC_HUB_URL") ?? hubOfHost();
  const parent = inherited.get(options);
  // A hub that starts a program tells it an address inside the cluster, often plain http by design.
  const trusted = parent?.trusted ?? isSame(baseUrl, ownUrl);
  // The environment speaks of one hub: its token is for no other.
  const own = trusted || ownUrl === undefined || isSame(baseUrl, publicHubUrl);
  const token =
    options.token ?? (own && !auth ? environmentVariable("JUPYTERHUB_API_TOKEN") : undefined);
  const published = options.publicUrl ?? (own ? publicHubUrl : undefined);
  const timeout = positive("timeout", options.timeout ?? defaults.timeout);
  const concurrency = positive("maxConcurrency", options.maxConcurrency ?? defaults.maxConcurrency);
  const semaphore = parent?.semaphore ?? new Semaphore(concurrency);
  const credentials = auth
    ? createCookieCredentials(baseUrl, options.fetch ?? fetch, timeout)
    : createCredentials(token, baseUrl, options.allowInsecure ?? trusted);
  const transport = new Transport({
    baseUrl,
    fetch: options.fetch,
    headers: options.headers ? sendable(options.headers) : {},
    userAgent: `${options.appName ? `${options.appName} ` : ""}jupyterhub-client/${packageVersion}`,
    timeout,
    maxResponseBytes: positive(
      "maxResponseBytes",
      options.maxResponseBytes ?? defaults.maxResponseBytes,
    ),
    semaphore,
    credentials,
    middleware: [options.middleware ?? []].flat(),
  });
  const retries = options.retry ?? defaults.retry;
  if (!(Number.isInteger(retries) && retries >= 0)) {
    throw new InvalidInputError("The retry must be a whole number of at least 0.");
  }
  const parts = { operations, transport, retries, logger: options.logger };
  return {
    ...parts,
    semaphore,
    credentials,
    client: createApiClient(parts),
    apiUrl: baseUrl,
    publicUrl: pageUrl(published ?? baseUrl),
    // Less what follows from `trusted`: that is of the API's address, and of no other.
    options: { ...options, url: baseUrl, token, publicUrl: published },
    own,
    trusted,
  };
}

/** The hub's address for people in a hub with subdomains, which tells it in two halves. */
function hubOfHost(): string | undefined {
  const host = environmentVariable("JUPYTERHUB_HOST");
  return host && host + (environmentVariable("JUPYTERHUB_BASE_URL") ?? "");
}

/** Whether an address of the API is what some other address leads to. */
function isSame(baseUrl: string, other: string | undefined): boolean {
  try {
    return other !== undefined && apiUrl(other) === baseUrl;
  } catch {
    return false;
  }
}

function sendable(headers: Readonly<Record<string, string>>): Record<string, string> {
  try {
    return Object.fromEntries(new Headers(headers));
  } catch {
    // Not kept as the cause: it quotes the header, which may hold a secret.
    throw new InvalidInputError(
      "One of the headers cannot be sent: its name or value is malformed.",
    );
  }
}

function positive(name: string, value: number): number {
  if (typeof value !== "number" || !(value > 0)) {
    throw new InvalidInputError(`The ${name} must be a number above 0.`);
  }
  return value;
}
