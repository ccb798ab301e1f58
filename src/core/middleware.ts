/**
 * What a program may see of each attempt, and do about it: middleware and a logger.
 *
 * A middleware stands between this package and `fetch`, so it sees the token; what it is given prints as
 * nothing, so that a request in a log or an error tells no secret. A logger is told from an allow-list.
 */

/** A request, as it goes to `fetch`. */
export interface HubRequest {
  /** In capitals. */
  readonly method: string;
  /** With its query, which may hold a share code. */
  readonly url: string;
  /** To be changed in place; they hold the token. */
  readonly headers: Headers;
  /** JSON or a form; null when there is none. */
  readonly body: string | null;
}

/** Which attempt of which call a request is. */
export interface AttemptContext {
  /** The operation, as the API's document has it: `GET /users/{name}`. */
  readonly operation: string;
  /** The URL without its query and secrets. */
  readonly url: string;
  /** 1 for the first attempt. A replay with a renewed token counts as another. */
  readonly attempt: number;
  /** Aborts when the attempt's time is over, or the caller aborts. */
  readonly signal: AbortSignal;
}

/**
 * Runs around each attempt. It may change the request's headers, tell `next` what else to send in place of
 * the request's own (what it leaves out stays), answer without `next`, and read a clone of the answer. `next`
 * never follows a redirect and refuses a URL outside the hub's API. What a middleware throws becomes the
 * cause of the call's error, which is not tried again.
 */
export type Middleware = (
  request: HubRequest,
  next: (changes?: Partial<HubRequest>) => Promise<Response>,
  context: AttemptContext,
) => Promise<Response>;

/** What a logger is told of an attempt: nothing else, and no secret. */
export interface LogFields {
  /** The operation, as the API's document has it: `GET /users/{name}`. */
  operation: string;
  /** The URL without its query and secrets. */
  url: string;
  /** 1 for the first attempt. A replay with a renewed token counts as another. */
  attempt: number;
  /** The status of the answer, if one came. */
  status?: number | undefined;
  /** Milliseconds until the answer had arrived, or until the attempt failed. */
  duration: number;
  /** The name of the error's class; `AbortError` when the caller aborted. */
  error?: string | undefined;
  /** Milliseconds until the next attempt. */
  retryIn?: number | undefined;
}

/** Where to write what happens; `console` is one. What it throws changes nothing. */
export interface Logger {
  /** Each attempt that was the last of its call: its answer, or how it failed. */
  debug?(message: string, fields: LogFields): void;
  /** An attempt that failed and will be made again. */
  warn?(message: string, fields: LogFields): void;
}

/** Tells the logger of an attempt. */
export function logAttempt(logger: Logger, method: string, fields: LogFields): void {
  const { url, status, error, retryIn } = fields;
  const outcome = [status, error].filter((one) => one !== undefined).join(" ");
  const again = retryIn === undefined ? "" : `, again in ${Math.round(retryIn)} ms`;
  try {
    logger[retryIn === undefined ? "debug" : "warn"]?.(
      `${method} ${url}: ${outcome}${again}`,
      fields,
    );
  } catch {
    // A log that cannot be written is no reason to fail.
  }
}

/** A request whose parts are not among its own properties: printing it tells nothing. */
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

/** Sends a request through all middleware, the first one outermost. */
export const runMiddleware = (
  middleware: readonly Middleware[],
  request: HubRequest,
  context: AttemptContext,
  send: (request: HubRequest) => Promise<Response>,
): Promise<Response> =>
  middleware.reduceRight<(request: HubRequest) => Promise<Response>>(
    (next, one) => async (request) =>
      one(new PrivateRequest(request), (changes) => next(withChanges(request, changes)), context),
    send,
  )(request);

/** Not spread, since what a middleware has been given has no properties of its own. */
const withChanges = (
  request: HubRequest,
  {
    method = request.method,
    url = request.url,
    headers = request.headers,
    body = request.body,
  }: Partial<HubRequest> = {},
): HubRequest => ({ method, url, headers, body });
