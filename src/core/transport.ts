/**
 * Sends one attempt of a call, and returns the response with its whole body or its stream.
 *
 * Guarantees that the token goes to the hub's API and nowhere else, that no redirect is followed, that headers and body
 * arrive within the attempt's timeout, and that the response comes from a JupyterHub. `error-mapping.ts` chooses the
 * error for a response; `retry.ts` decides about retries.
 */
import { omitCookies, type Credentials } from "./auth.js";
import type { CallContext } from "./call-context.js";
import {
  AuthenticationError,
  InvalidInputError,
  JupyterHubError,
  isJupyterHubError,
} from "./errors.js";
import type { Logger } from "./logger.js";
import { sanitizeCause, connectionError } from "./network-errors.js";
import { runMiddleware, type HubRequest, type Middleware } from "./middleware.js";
import { pageOrigin, type Fetch } from "./runtime.js";
import {
  assertHubResponse,
  discardBody,
  readText,
  typeOf,
  versionOf,
  withBody,
} from "./response.js";
import { isSafe } from "./retry.js";
import { Semaphore } from "./semaphore.js";
import { withDeadline } from "./deadline.js";

export interface TransportOptions {
  baseUrl: string;
  fetch: Fetch;
  headers: Readonly<Record<string, string>>;
  userAgent: string;
  /** Milliseconds: the timeout of an attempt, and the idle timeout of a stream. */
  timeout: number;
  maxResponseBytes: number;
  semaphore: Semaphore;
  /** The most calls in flight. */
  maxConcurrency: number;
  credentials: Credentials;
  middleware: readonly Middleware[];
  /** The most retries of a call. */
  retries: number;
  logger: Logger | undefined;
}

/** The request as the generated client built it. */
export interface BuiltRequest {
  url: string;
  headers: Headers;
  /** The body as text; null if there is none. Each attempt sends the same body. */
  body: string | null;
}

/** The request of an attempt. The transport adds the headers that every request has. */
export interface AttemptRequest extends BuiltRequest {
  /** The token to send. */
  token: string | undefined;
  /** Whether the headers of the call already contain a token. */
  hasOwnToken: boolean;
  /** 1 for the first attempt. */
  attempt: number;
}

export interface AttemptResponse {
  response: Response;
  /** The whole body as text; undefined for a stream. */
  body: string | undefined;
}

export class Transport {
  readonly options: TransportOptions;
  /** The hub's version, from its last response, or from the body of `GET /`: a proxy may remove the header. */
  hubVersion: string | undefined;
  /**
   * Limits how many calls of the token function run at once. Each client has a limit of its own, since the function may
   * use another client.
   */
  readonly #tokenCalls: Semaphore;

  constructor(options: TransportOptions) {
    this.options = options;
    this.#tokenCalls = new Semaphore(options.maxConcurrency);
  }

  /** Whether a middleware may change a request. */
  get hasMiddleware(): boolean {
    return this.options.middleware.length > 0;
  }

  /** Returns a token to use instead of one that the hub rejected; undefined if there is no other. */
  async renewed(refused: string | undefined, call?: CallContext): Promise<string | undefined> {
    const { credentials } = this.options;
    const token = await this.awaitToken(() => credentials.renewed(refused), call);
    return token === refused ? undefined : token;
  }

  /**
   * Calls a token function, for one call or several, and returns its result. Waits no longer than the timeout of an
   * attempt.
   */
  awaitToken<Token>(ask: () => Promise<Token>, call?: CallContext): Promise<Token> {
    const { deadline, secrets = [] } = call ?? {};
    if (deadline?.aborted) return Promise.reject(deadline.reason as Error);
    const token = ask();
    // If the token function aborts the call, nothing else handles the rejection of its promise.
    token.catch(() => undefined);
    return withDeadline(this.options.timeout, deadline, () =>
      token.catch((cause: unknown) => {
        if (isJupyterHubError(cause)) throw cause;
        const subject = call ? `${call.method} ${call.url}: the` : "The";
        throw new AuthenticationError(`${subject} token function failed.`, {
          ...call?.details,
          cause: sanitizeCause(cause, { secrets }),
        });
      }),
    );
  }

  /** Sends one attempt and reads its response. Rejects if no response arrives, or one that is not from a hub. */
  send(out: AttemptRequest, call: CallContext): Promise<AttemptResponse> {
    const { deadline } = call;
    const { timeout, semaphore } = this.options;
    const attempt = (): Promise<AttemptResponse> => {
      call.isQueued = false;
      this.#prepare(out, call);
      return withDeadline(timeout, deadline, (signal) => this.#attempt(out, call, signal));
    };
    const getToken = this.#setToken(out, call);
    // Streams do not wait in the queue: one whose headers a proxy holds back would block other calls.
    if (call.streams) return getToken ? getToken().then(attempt) : attempt();
    call.isQueued = true;
    const preparation = getToken && { prepare: getToken, limit: this.#tokenCalls };
    return semaphore.run(deadline, attempt, preparation);
  }

  /**
   * Sets the token of a call that needs one and has no credentials of its own. If the token comes from a token
   * function, returns a function that calls it and then sets the token.
   */
  #setToken(out: AttemptRequest, call: CallContext): (() => Promise<void>) | undefined {
    const { credentials } = this.options;
    if (call.operation.public || call.ownCredentials || out.hasOwnToken || out.token !== undefined)
      return;
    const { ask } = credentials;
    if (!ask) {
      out.token = credentials.secret();
      return;
    }
    return async () => {
      call.isQueued = false;
      out.token = await this.awaitToken(ask, call);
      call.isQueued = !call.streams;
    };
  }

  async #attempt(
    out: AttemptRequest,
    call: CallContext,
    signal: AbortSignal,
  ): Promise<AttemptResponse> {
    const response = await this.#request(out, call, signal);
    if (signal.aborted) {
      // A custom fetch may ignore the signal.
      await discardBody(response);
      throw signal.reason;
    }
    let body: string | undefined;
    try {
      if (!isStream(response, call)) {
        body = await readText(response, this.options.maxResponseBytes, call);
      }
    } catch (cause) {
      if (signal.aborted || isJupyterHubError(cause)) throw cause;
      throw connectionError(cause, call);
    }
    const version = versionOf(response);
    this.hubVersion = version ?? this.hubVersion;
    // An error response gets its text as well, since the caller of a raw function can read it.
    call.response = body === undefined ? response : withBody(response, body);
    try {
      assertHubResponse(response, body, version, call);
    } catch (error) {
      // An unread stream would keep its connection open.
      if (body === undefined) await discardBody(response);
      throw error;
    }
    return { response, body };
  }

  /** Sends the request, through the middleware if there is any. */
  #request(out: AttemptRequest, call: CallContext, signal: AbortSignal): Promise<Response> {
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
    const { middleware } = this.options;
    const context = { operation: call.name, url: call.url, attempt, signal };
    const own = new Set<unknown>();
    const send = (request: HubRequest): Promise<Response> =>
      this.#fetch(request, call, signal).catch((error: unknown) => {
        own.add(error);
        throw error;
      });
    try {
      const response = await runMiddleware(middleware, request, context, send);
      const isUsed = response?.bodyUsed || response?.body?.locked;
      if (typeof response?.text === "function" && !isUsed) return response;
      throw new TypeError(
        "It returned no Response with an unread body. Return what next() resolves with",
      );
    } catch (cause) {
      if (signal.aborted) throw cause;
      // After `next`, an error of another call says nothing about this one, which must not be repeated for it.
      if (isJupyterHubError(cause) && (!call.sent || own.has(cause))) throw cause;
      throw new JupyterHubError(`${call.method} ${call.url}: a middleware failed.`, {
        ...call.details,
        cause,
      });
    }
  }

  async #fetch(request: HubRequest, call: CallContext, signal: AbortSignal): Promise<Response> {
    // A middleware may have run longer than the call may take.
    signal.throwIfAborted();
    const { url, method, headers, body } = request;
    const { baseUrl, credentials, fetch: send } = this.options;
    // A middleware may have changed the URL. Without a middleware, the names in it were checked.
    if (this.hasMiddleware) {
      assertBelow(baseUrl, url, call);
      call.secrets.addHeaders(new Headers(headers));
    }
    // Checked here, since a middleware may have set a token. Passwords count as well.
    const authorization = headers.get("Authorization");
    call.isAuthorized = authorization !== null;
    if (call.ownCredentials || call.isAuthorized) credentials.assertSafe();
    call.sent = true;
    call.meta.onSent?.();
    try {
      const init: RequestInit = { method, headers, body, redirect: "manual", signal };
      // A call with credentials of its own sends no cookie of the page.
      const own = call.ownCredentials || isHubToken(authorization);
      return await send(url, { ...init, ...(own ? omitCookies() : credentials.init) });
    } catch (cause) {
      if (signal.aborted || isJupyterHubError(cause)) throw cause;
      throw connectionError(cause, call);
    }
  }

  #prepare({ headers, token }: AttemptRequest, call: CallContext): void {
    const { credentials } = this.options;
    if (token !== undefined) credentials.put(headers, (call.token = token));
    // With a cookie, hubs demand this content type for writes, even without a body.
    if (credentials.kind === "cookie" && !isSafe(call.method) && !headers.has("Content-Type")) {
      headers.set("Content-Type", "application/json");
    }
    for (const [name, value] of Object.entries(this.options.headers)) {
      if (!headers.has(name)) headers.set(name, value);
    }
    // The hub would prefer this header to the password or secret in the body.
    if (call.ownCredentials && isHubToken(headers.get("Authorization"))) {
      headers.delete("Authorization");
    }
    if (!headers.has("Accept")) {
      headers.set("Accept", [...(call.operation.media ?? []), "application/json"].join(", "));
    }
    // The hub's CORS settings do not allow pages to send this header.
    if (pageOrigin() === undefined && !headers.has("User-Agent")) {
      headers.set("User-Agent", this.options.userAgent);
    }
    call.secrets.addHeaders(headers);
    call.isAuthorized = headers.has("Authorization");
  }
}

/** Whether an `Authorization` header has a token for the hub. Other schemes are for gateways. */
const isHubToken = (authorization: string | null): boolean =>
  /^(bearer|token)\s/i.test(authorization ?? "");

/** Throws an {@link InvalidInputError} unless a URL is below the API at `baseUrl`. */
export function assertBelow(baseUrl: string, url: string, call: CallContext): void {
  if (new URL(url).href.startsWith(`${baseUrl}/`)) return;
  throw new InvalidInputError(
    `${call.method} ${call.url} would leave the hub's API.`,
    call.details,
  );
}

/** Whether to pass on a response unread: it succeeded, the call wants a stream, and the operation sends this type. */
const isStream = (response: Response, { operation, streams }: CallContext): boolean =>
  streams && response.ok && (operation.media?.includes(typeOf(response)) ?? true);
