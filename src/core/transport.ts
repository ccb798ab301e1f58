/**
 * Sends one attempt of a call to the hub and brings back its whole answer, or its stream.
 *
 * Promises that the token goes to the hub's API and nowhere else, that no redirect is followed, that
 * headers and body arrive within the attempt's time, and that what comes back is from a JupyterHub.
 * What an answer means is for others to say (meaning.ts), and whether to try again, too (retry.ts).
 */
import { omitCookies, type Credentials } from "./auth.js";
import type { CallContext } from "./call-context.js";
import {
  AuthenticationError,
  InvalidInputError,
  JupyterHubError,
  isJupyterHubError,
} from "./errors.js";
import { sanitizeCause, connectionError } from "./network-errors.js";
import { runMiddleware, type HubRequest, type Middleware } from "./middleware.js";
import { pageOrigin } from "./browser.js";
import { assertHubResponse, readText, typeOf, versionOf } from "./response.js";
import { isSafe } from "./retry.js";
import type { Semaphore } from "./semaphore.js";
import { withDeadline } from "./deadline.js";

export interface TransportOptions {
  baseUrl: string;
  fetch: typeof fetch | undefined;
  headers: Readonly<Record<string, string>>;
  userAgent: string;
  timeout: number;
  maxResponseBytes: number;
  semaphore: Semaphore;
  credentials: Credentials;
  middleware: readonly Middleware[];
}

/** What an attempt sends; the transport adds the headers that every request has. */
export interface AttemptRequest {
  url: string;
  headers: Headers;
  body: string | null;
  /** The token to send in place of the client's own. */
  token: string | undefined;
  /** 1 for the first attempt. */
  attempt: number;
}

export interface AttemptResponse {
  response: Response;
  /** The whole body as text; undefined where it is a stream that has been asked for. */
  body: string | undefined;
}

export class Transport {
  readonly #options: TransportOptions;
  #hubVersion: string | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  get baseUrl(): string {
    return this.#options.baseUrl;
  }

  /** Milliseconds that an attempt may take, and a stream may stand still. */
  get timeout(): number {
    return this.#options.timeout;
  }

  /** The hub's version as its last answer told it. */
  get hubVersion(): string | undefined {
    return this.#hubVersion;
  }

  /** Remembers what `GET /` says: a proxy may remove the header that says it elsewhere. */
  set hubVersion(version: string) {
    this.#hubVersion = version;
  }

  /** Whether a middleware may change what an attempt sends. */
  get hasMiddleware(): boolean {
    return this.#options.middleware.length > 0;
  }

  /** How the client makes itself known. */
  get credentials(): Credentials["kind"] {
    return this.#options.credentials.kind;
  }

  /** The token for a call that needs one and has none of its own; a promise where a function is asked. */
  token(
    call: CallContext,
    signal: AbortSignal | undefined,
  ): string | undefined | Promise<string | undefined> {
    if (call.operation.public || call.ownCredentials) return;
    const token = this.#options.credentials.secret();
    return token instanceof Promise ? this.#told(token, call, signal) : token;
  }

  /** Another token in place of one that the hub has refused; undefined where there is none. */
  async renewed(
    refused: string | undefined,
    call: CallContext,
    signal: AbortSignal | undefined,
  ): Promise<string | undefined> {
    const token = await this.#told(this.#options.credentials.renewed(refused), call, signal);
    return token === refused ? undefined : token;
  }

  /** What a token function tells, in the time of an attempt; where it fails, so does the authentication. */
  #told<Token>(
    token: Promise<Token>,
    call: CallContext,
    signal: AbortSignal | undefined,
  ): Promise<Token> {
    return withDeadline(this.#options.timeout, signal, () =>
      token.catch((cause: unknown) => {
        if (isJupyterHubError(cause)) throw cause;
        throw new AuthenticationError(`${call.method} ${call.url}: the token function failed.`, {
          ...call,
          cause: sanitizeCause(cause, { secrets: call.secrets }),
        });
      }),
    );
  }

  /** The answer to one attempt, read to its end. Rejects where none came or it is not from a hub. */
  send(
    out: AttemptRequest,
    call: CallContext,
    signal: AbortSignal | undefined,
  ): Promise<AttemptResponse> {
    const { timeout, semaphore } = this.#options;
    this.#prepare(out, call);
    return semaphore.run(signal, () =>
      withDeadline(timeout, signal, (attempt) => this.#attempt(out, call, attempt)),
    );
  }

  async #attempt(
    out: AttemptRequest,
    call: CallContext,
    signal: AbortSignal,
  ): Promise<AttemptResponse> {
    const response = await this.#answer(out, call, signal);
    let body: string | undefined;
    try {
      if (!isStream(response, call)) {
        body = await readText(response, this.#options.maxResponseBytes, call, signal);
      }
    } catch (cause) {
      if (signal.aborted || isJupyterHubError(cause)) throw cause;
      throw connectionError(cause, call);
    }
    this.#hubVersion = versionOf(response) ?? this.#hubVersion;
    try {
      assertHubResponse(response, body, call);
    } catch (error) {
      // A stream that nobody reads would keep its connection.
      if (body === undefined) await response.body?.cancel();
      throw error;
    }
    return { response, body };
  }

  /** The response, by way of the middleware if there is any. */
  #answer(out: AttemptRequest, call: CallContext, signal: AbortSignal): Promise<Response> {
    const request = { method: call.method, url: out.url, headers: out.headers, body: out.body };
    return this.hasMiddleware
      ? this.#throughMiddleware(request, out.attempt, call, signal)
      : this.#fetch(request, call, signal);
  }

  async #throughMiddleware(
    request: HubRequest,
    attempt: number,
    call: CallContext,
    signal: AbortSignal,
  ): Promise<Response> {
    const { middleware } = this.#options;
    const context = { operation: `${call.method} ${call.route}`, url: call.url, attempt, signal };
    const send = (request: HubRequest): Promise<Response> => this.#fetch(request, call, signal);
    try {
      const response = await runMiddleware(middleware, request, context, send);
      if (typeof response?.text === "function" && !response.bodyUsed) return response;
      throw new TypeError("It gave no Response that can still be read");
    } catch (cause) {
      if (signal.aborted || isJupyterHubError(cause)) throw cause;
      throw new JupyterHubError(`${call.method} ${call.url}: a middleware failed.`, {
        ...call,
        cause,
      });
    }
  }

  async #fetch(request: HubRequest, call: CallContext, signal: AbortSignal): Promise<Response> {
    const { url, method, headers, body } = request;
    const { baseUrl, credentials, fetch: send = fetch } = this.#options;
    // The routes of the table stay below the API, since their names have been checked; a middleware's may not.
    if (this.hasMiddleware && !isBelow(baseUrl, url)) {
      throw new InvalidInputError(`${method} ${call.url} would leave the hub's API.`, call);
    }
    if (this.hasMiddleware) call.secrets.addHeaders(headers);
    // Here, since a middleware may have set a token. A password is no less secret than one.
    if (call.ownCredentials || headers.has("Authorization")) credentials.assertSafe();
    call.sent = true;
    try {
      const init: RequestInit = { method, headers, body, redirect: "manual", signal };
      // Who the page's cookie is, is not asked where a call has credentials of its own.
      const own = call.ownCredentials || showsToken(headers);
      return await send(url, { ...init, ...(own ? omitCookies() : credentials.init) });
    } catch (cause) {
      if (signal.aborted || isJupyterHubError(cause)) throw cause;
      throw connectionError(cause, call);
    }
  }

  #prepare({ headers, token }: AttemptRequest, call: CallContext): void {
    const { credentials } = this.#options;
    if (token !== undefined) credentials.put(headers, token);
    // With a cookie, hubs take no other type for a change, not even for one without a body.
    if (credentials.kind === "cookie" && !isSafe(call.method) && !headers.has("Content-Type")) {
      headers.set("Content-Type", "application/json");
    }
    for (const [name, value] of Object.entries(this.#options.headers)) {
      if (!headers.has(name)) headers.set(name, value);
    }
    // Else the hub would take these, and not look at the password or secret in the body.
    if (call.ownCredentials && showsToken(headers)) headers.delete("Authorization");
    if (!headers.has("Accept")) {
      headers.set("Accept", [...(call.operation.media ?? []), "application/json"].join(", "));
    }
    // Pages may send no User-Agent of their own: the hub's CORS does not allow it.
    if (pageOrigin() === undefined && !headers.has("User-Agent")) {
      headers.set("User-Agent", this.#options.userAgent);
    }
    call.secrets.addHeaders(headers);
  }
}

/** Whether there is a token that a hub would look at; what else a gateway wants, it does not. */
const showsToken = (headers: Headers): boolean =>
  /^(bearer|token)\s/i.test(headers.get("Authorization") ?? "");

/** Whether a URL is of the API at `baseUrl`. */
export const isBelow = (baseUrl: string, url: string): boolean =>
  new URL(url).href.startsWith(`${baseUrl}/`);

/** Whether an answer is the stream that was asked for and that its operation promises. */
const isStream = (response: Response, { operation, streams }: CallContext): boolean =>
  streams && response.ok && (operation.media?.includes(typeOf(response)) ?? true);
