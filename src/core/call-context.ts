/** The state of one call: its operation, its progress and its secrets. */
import type { Operation } from "../../generated/operations.gen.js";
import type { JupyterHubError } from "./errors.js";
import type { ApiRequestOptions } from "./raw-call.js";
import { redactedUrl, Secrets, withoutSecrets } from "./redact.js";

/** The operation of a route that is not in the table. */
export const unknownOperation: Operation = {};

/** Settings that methods and workflows add to a call. */
export type CallMeta = {
  /** The body was built for this hub's version: it is sent unchecked. */
  asIs?: true;
  /** The call is never retried: its caller handles `Retry-After`. */
  once?: true;
  /** Collects the secrets of several calls. */
  secrets?: Secrets;
  /** Called when a request is sent, not while it is queued. */
  onSent?: () => void;
};

export type CallOptions = Omit<ApiRequestOptions, "meta"> & { meta?: CallMeta };

/** The state of a call. Its URL and secrets are computed only when an error or a log needs them: most calls succeed. */
export class CallContext {
  readonly #baseUrl: string;
  readonly #path: CallOptions["path"];
  readonly method: string;
  /** The path of the operation: `/users/{name}`. */
  readonly route: string;
  readonly operation: Operation;
  readonly meta: CallMeta;
  /** Whether the body has credentials of its own, so that no token is sent. */
  readonly ownCredentials: boolean;
  /** Whether the caller wants the response's body as a stream. */
  readonly streams: boolean;
  /** The secrets of the input and of the headers of every attempt, for redaction. */
  readonly secrets: Secrets;
  /** The caller's signal. */
  readonly caller: AbortSignal | undefined;
  /** Aborts at the deadline of the call, and with the caller's signal. */
  deadline: AbortSignal | undefined;
  /** Whether the attempt waits for other calls to end. */
  isQueued = false;
  /** Whether an attempt was sent and its outcome is unknown. */
  sent = false;
  /** The client's token, once an attempt has sent it. */
  token: string | undefined;
  /** Whether the last attempt had an `Authorization` header. */
  isAuthorized = false;
  /** The reader of the last response's body. A failed attempt cancels it. */
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  /** The response to the last attempt. */
  response: Response | undefined;
  /** The error of the previous attempt. */
  lastFailure: JupyterHubError | undefined;

  constructor(
    baseUrl: string,
    operations: Readonly<Record<string, Operation>>,
    method: string,
    options: CallOptions,
  ) {
    const { path, query, body, signal, parseAs, meta = {} } = options;
    const url = options.url.startsWith("/") ? options.url : `/${options.url}`;
    this.#baseUrl = baseUrl;
    this.#path = path;
    this.method = method;
    // The query of a route may hold a secret.
    this.route = url.replace(/[?#].*/s, "");
    // A newer hub may have a route that the table lacks.
    this.operation = operations[`${method} ${url}`] ?? unknownOperation;
    this.meta = meta;
    this.ownCredentials = hasCredentials(this.operation, body);
    this.streams = parseAs === "stream";
    this.caller = signal ?? undefined;
    this.secrets = meta.secrets ?? new Secrets();
    if (this.route !== url) {
      const search = new URLSearchParams(url.slice(this.route.length));
      this.secrets.addInput([...search].map(([key, value]) => ({ [key]: value })));
    }
    this.secrets.addInput([{ ...path }, { ...query }]);
  }

  /** The URL for errors and logs: without query and secrets. */
  get url(): string {
    return this.#withoutToken(redactedUrl(this.#baseUrl, this.route, this.#path));
  }

  /** The operation for logs: `GET /users/{name}`. */
  get name(): string {
    return this.#withoutToken(`${this.method} ${this.route}`);
  }

  /** A program may pass the token as a name, by mistake. */
  #withoutToken(text: string): string {
    return this.token === undefined ? text : withoutSecrets(text, [this.token]);
  }

  /** The details that every error of the call has. */
  get details(): { method: string; url: string } {
    return { method: this.method, url: this.url };
  }
}

const hasCredentials = ({ body: rules }: Operation, body: unknown): boolean =>
  typeof body === "object" &&
  body !== null &&
  Object.entries(rules ?? {}).some(
    ([key, rule]) => rule.credentials && ((body as Record<string, unknown>)[key] ?? null) !== null,
  );
