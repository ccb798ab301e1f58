/** The state of one call: its operation, its progress and its secrets. */
import type { Operation } from "../../generated/operations.gen.js";
import type { JupyterHubError } from "./errors.js";
import { redactedUrl, Secrets } from "./redact.js";

/** The operation of a route that is not in the table. */
export const unknownOperation: Operation = {};

export interface CallContext {
  readonly method: string;
  /** The path of the operation: `/users/{name}`. */
  readonly route: string;
  readonly operation: Operation;
  /** Whether the body has credentials of its own, so that no token is sent. */
  readonly ownCredentials: boolean;
  /** Whether the caller wants the response's body as a stream. */
  readonly streams: boolean;
  /** Whether the call is never retried. */
  readonly once: boolean;
  /** Called when a request is sent, not while it is queued. */
  readonly onSent: (() => void) | undefined;
  /** The URL for errors and logs: without query and secrets. */
  readonly url: string;
  /** The secrets of the input and of the headers of every attempt, for redaction. */
  readonly secrets: Secrets;
  /** Whether the attempt waits for other calls to end. */
  isQueued: boolean;
  /** Whether an attempt was sent and its outcome is unknown. */
  sent: boolean;
  /** The response to the last attempt. */
  response: Response | undefined;
  /** The error of the previous attempt. */
  lastFailure: JupyterHubError | undefined;
}

type Given = Pick<CallContext, "method" | "operation" | "streams" | "once" | "onSent"> & {
  baseUrl: string;
  /** The route as the caller wrote it, possibly with a query. */
  url: string;
  path: Readonly<Record<string, unknown>> | undefined;
  query: Readonly<Record<string, unknown>> | undefined;
  body: unknown;
  /** Collects the secrets of several calls. */
  secrets: Secrets | undefined;
};

/** Computes the URL and the secrets only when an error or a log needs them: most calls succeed. */
export function createContext(given: Given): CallContext {
  const { method, operation, streams, once, onSent, baseUrl, url, path, query, body } = given;
  const { secrets = new Secrets() } = given;
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
    ownCredentials: hasCredentials(operation, body),
    streams,
    once,
    onSent,
    secrets,
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
