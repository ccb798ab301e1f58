/**
 * What a handler of the fake hub gives back, and the errors it throws; `responses.ts` makes HTTP of both.
 */

export interface Reply {
  status: number;
  /** Sent as JSON; nothing is sent when it is undefined. */
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
  /** Events that are sent as they come, in place of a body. */
  stream?: AsyncIterable<string>;
}

export const json = (body: unknown, status = 200): Reply => ({ status, body });

/** An answer without a body. Hubs label most of them JSON. */
export const empty = (status: number, contentType?: string): Reply => ({
  status,
  ...(contentType !== undefined && { headers: { "Content-Type": contentType } }),
});

/** An answer in plain HTML, as hubs give it outside of the API proper. */
export const page = (status: number, text: string): Reply => ({
  status,
  headers: { "Content-Type": "text/html" },
  stream: once(text),
});

async function* once(text: string): AsyncGenerator<string> {
  yield text;
}

/** A refusal. Without a message, hubs say the reason phrase before 6.0, and null since. */
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

/** What a real hub answers where its code breaks. */
export const crash = (): HttpError => new HttpError(500, "Internal Server Error");

export const noAccess = (): HttpError =>
  new HttpError(404, "No access to resources or resources not found");
