/**
 * The results and errors of handlers, which `responses.ts` turns into HTTP responses.
 */

export interface Reply {
  status: number;
  /** The body, sent as JSON; if undefined, the response has no body. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** Events to stream, in place of a body. */
  stream?: AsyncIterable<string>;
}

export const json = (body: unknown, status = 200): Reply => ({ status, body });

/** A response without a body. Hubs send most of these with the media type of JSON. */
export const empty = (status: number, contentType?: string): Reply => ({
  status,
  ...(contentType !== undefined && { headers: { "Content-Type": contentType } }),
});

/** Returns a response with an HTML page, such as hubs send outside of the API. */
export const page = (status: number, text: string): Reply => ({
  status,
  headers: { "Content-Type": "text/html" },
  stream: once(text),
});

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

/**
 * An error response. If it has no message, hubs before 6.0 send the reason phrase as the message, and later hubs send
 * null.
 */
export class HttpError extends Error {
  readonly status: number;
  readonly said: string | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, said?: string, headers: Readonly<Record<string, string>> = {}) {
    super(said ?? `HTTP ${status}`);
    this.status = status;
    this.said = said;
    this.headers = headers;
  }
}

/** The response of a real hub to an exception in its code. */
export const crash = (): HttpError => new HttpError(500, "Internal Server Error");

export const noAccess = (): HttpError =>
  new HttpError(404, "No access to resources or resources not found");
