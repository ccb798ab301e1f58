/**
 * Middleware: a program's own code around each attempt, between this package and `fetch`.
 *
 * A middleware can read the token. Printing a request shows none of its parts, so that a log or an error that includes
 * the request contains no secret.
 */

/** A request as it is passed to `fetch`. */
export interface HubRequest {
  /** The method in upper case. */
  readonly method: string;
  /** The URL with its query, which may contain a share code. */
  readonly url: string;
  /** The headers, which contain the token. A middleware may change them. */
  readonly headers: Headers;
  /** The body, as JSON or a form; null if there is none. */
  readonly body: string | null;
}

/** Describes the call and the attempt that a request belongs to. */
export interface AttemptContext {
  /** The operation, as the API's document names it: `GET /users/{name}`. */
  readonly operation: string;
  /** The URL, without its query and with secrets redacted. */
  readonly url: string;
  /** 1 for the first attempt. Repeating a request with a new token counts as an attempt. */
  readonly attempt: number;
  /** Aborts when the attempt times out or the caller aborts. */
  readonly signal: AbortSignal;
}

/**
 * Runs around each attempt. It may change the request's headers, pass changes to `next` (the rest of the request stays
 * the same), return a response without calling `next`, and read a clone of the response. `next` never follows a
 * redirect, and refuses a URL outside the hub's API. If a middleware throws an error of its own, the call rejects with
 * an error that has it as `cause`, and is not retried.
 */
export type Middleware = (
  request: HubRequest,
  next: (changes?: Partial<HubRequest>) => Promise<Response>,
  context: AttemptContext,
) => Promise<Response>;

/** A request without own properties: printing it shows nothing. */
class PrivateRequest implements HubRequest {
  readonly #parts: HubRequest;
  constructor(parts: HubRequest) {
    this.#parts = parts;
  }
  get method(): string {
    return this.#parts.method;
  }
  get url(): string {
    return this.#parts.url;
  }
  get headers(): Headers {
    return this.#parts.headers;
  }
  get body(): string | null {
    return this.#parts.body;
  }
}

type Send = (request: HubRequest) => Promise<Response>;

/** Sends a request through all middleware. The first middleware is the outermost. */
export const runMiddleware = (
  middleware: readonly Middleware[],
  request: HubRequest,
  context: AttemptContext,
  send: Send,
): Promise<Response> =>
  middleware.reduceRight<Send>(
    (next, run) => async (request) =>
      run(new PrivateRequest(request), (changes) => next(withChanges(request, changes)), context),
    send,
  )(request);

/**
 * Returns a copy of a request with changes. Reads each part by name: spreading a {@link PrivateRequest} copies nothing.
 */
const withChanges = (
  request: HubRequest,
  {
    method = request.method,
    url = request.url,
    headers = request.headers,
    body = request.body,
  }: Partial<HubRequest> = {},
): HubRequest => ({ method, url, headers, body });
