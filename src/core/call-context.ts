/** The state of one call: its operation, its progress and its secrets. */
import type { Operation } from "../../generated/operations.gen.js";
import type { JupyterHubError } from "./errors.js";
import type { RequestOptions } from "./raw-call.js";
import { redactedUrl, Secrets } from "./redact.js";

/** The operation of a route that is not in the table. */
export const unknownOperation: Operation = {};

/** What methods and workflows add to a call. */
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

export type CallOptions = Omit<RequestOptions, "meta"> & { meta?: CallMeta };

export interface CallContext {
  readonly method: string;
  /** The path of the operation: `/users/{name}`. */
  readonly route: string;
  readonly operation: Operation;
  readonly meta: CallMeta;
  /** Whether the body has credentials of its own, so that no token is sent. */
  readonly ownCredentials: boolean;
  /** Whether the caller wants the response's body as a stream. */
  readonly streams: boolean;
  /** The URL for errors and logs: without query and secrets. */
  readonly url: string;
  /** The secrets of the input and of the headers of every attempt, for redaction. */
  readonly secrets: Secrets;
  /** The caller's signal. */
  readonly caller: AbortSignal | undefined;
  /** Aborts at the deadline of the call, and with the caller's signal. */
  deadline: AbortSignal | undefined;
  /** Whether the attempt waits for other calls to end. */
  isQueued: boolean;
  /** Whether an attempt was sent and its outcome is unknown. */
  sent: boolean;
  /** The response to the last attempt. */
  response: Response | undefined;
  /** The error of the previous attempt. */
  lastFailure: JupyterHubError | undefined;
}

/** Computes the URL and the secrets only when an error or a log needs them: most calls succeed. */
export function createContext(
  baseUrl: string,
  operations: Readonly<Record<string, Operation>>,
  method: string,
  options: CallOptions,
): CallContext {
  const { path, query, body, signal, parseAs, meta = {} } = options;
  const { secrets = new Secrets() } = meta;
  const url = options.url.startsWith("/") ? options.url : `/${options.url}`;
  // A newer hub may have a route that the table lacks.
  const operation = operations[`${method} ${url}`] ?? unknownOperation;
  // The query of a route may hold a secret.
  const route = url.replace(/[?#].*/s, "");
  if (route !== url) {
    secrets.addInput(Object.fromEntries(new URLSearchParams(url.slice(route.length))));
  }
  secrets.addInput([path, query, { body }]);
  return {
    method,
    route,
    operation,
    meta,
    ownCredentials: hasCredentials(operation, body),
    streams: parseAs === "stream",
    secrets,
    caller: signal ?? undefined,
    deadline: undefined,
    isQueued: false,
    sent: false,
    response: undefined,
    lastFailure: undefined,
    get url() {
      return redactedUrl(baseUrl, route, path);
    },
  };
}

const hasCredentials = ({ body: rules }: Operation, body: unknown): boolean =>
  typeof body === "object" &&
  body !== null &&
  Object.entries(rules ?? {}).some(
    ([key, rule]) => rule.credentials && ((body as Record<string, unknown>)[key] ?? null) !== null,
  );
