/** What a call can fail with before a hub has answered, as errors that say which call it was and what to do. */
import {
  ConnectionError,
  HubError,
  InvalidInputError,
  NotAHubError,
  TimeoutError,
  isJupyterHubError,
  type JupyterHubError,
} from "./errors.js";
import { isSafe } from "./retry.js";
import { DeadlinePassed } from "./time.js";
import { pageOrigin } from "./page.js";
import { withoutSecrets } from "./redact.js";
import type { CallContext } from "./call-context.js";

const advice: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, "Nothing listens there: check the url and whether the hub is up."],
  [/ENOTFOUND|EAI_AGAIN/, "No such host: check the url."],
  [/CERT_ALTNAME/, "Its certificate is for another host: check the url."],
  [/CERT_HAS_EXPIRED/, "Its certificate has expired."],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/,
    "Its certificate is not trusted: name the authority's file in NODE_EXTRA_CA_CERTS.",
  ],
];

/** Node's codes for what Deno says in words. */
const worded: readonly (readonly [RegExp, string])[] = [
  [/Connection refused/, "ECONNREFUSED"],
  [/dns error/, "ENOTFOUND"],
];

const match = <Value>(table: readonly (readonly [RegExp, Value])[], words: string) =>
  table.find(([pattern]) => pattern.test(words))?.[1];

/** No answer, or half of one. */
export function unreachable(cause: unknown, call: CallContext): ConnectionError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const words = inner instanceof Error ? inner.message : "";
  // Those of DOM exceptions are numbers and say nothing.
  const own = (inner as { code?: unknown } | null | undefined)?.code;
  const code = typeof own === "string" ? own : match(worded, words);
  const hint = crossOrigin(call) ?? match(advice, code ?? "");
  const said = clean(words, call);
  return new ConnectionError(
    `${call.method} ${call.url}: the connection failed (${code || said || "no answer"}).${hint ? ` ${hint}` : ""}`,
    { ...call, code: code || undefined, cause: copyOf(cause, call) },
  );
}

/** Where a request went, as errors tell it, and what they are not to tell. */
type Sent = { url: string; secrets: Iterable<string> };

/** A text less the secrets of a call. Deno quotes its URL, whose query may hold more. */
const clean = (text: string, { url, secrets }: Sent): string =>
  withoutSecrets(text.replace(/https?:\/\/[^\s")]+/g, url), secrets);

/**
 * What `fetch` threw, as far as it tells no secret: its words and its code. Node's parser keeps what it cannot
 * read, Bun the whole URL, libraries the request.
 */
export function copyOf(thrown: unknown, call: Sent, depth = 0): unknown {
  if (typeof thrown === "string") return clean(thrown, call);
  if (!(thrown instanceof Error)) return undefined;
  const { name, message, code, cause } = thrown as Error & { code?: unknown };
  const said = clean(message, call);
  const copy = new Error(said);
  if (cause !== undefined && depth < 4) copy.cause = copyOf(cause, call, depth + 1);
  if (typeof code === "string") Object.assign(copy, { code });
  copy.stack = withoutSecrets(
    (thrown.stack ?? "").replace(message, () => said),
    call.secrets,
  );
  return Object.defineProperty(copy, "name", { value: name, writable: true, configurable: true });
}

/** Browsers do not tell pages why a request failed; to those of another origin, mostly for want of leave. */
function crossOrigin({ url, operation: { since } }: CallContext): string | undefined {
  const origin = pageOrigin();
  if (origin === undefined || new URL(url).origin === origin) return undefined;
  return (
    `Unless the hub is down${since ? ` or older than ${since}` : ""}, it does not allow pages of ${origin}. ` +
    `In its configuration: c.JupyterHub.tornado_settings = {"headers": ` +
    `{"Access-Control-Allow-Origin": "${origin}", "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE"}}`
  );
}

/**
 * Whatever a call can fail with, as an error of this package. `sent` says whether anything was sent, `last`
 * how an earlier attempt failed.
 */
export function failureOf(
  error: unknown,
  call: CallContext,
  sent: boolean,
  last?: JupyterHubError,
): JupyterHubError {
  const where = `${call.method} ${call.url}`;
  if (isJupyterHubError(error)) return error;
  if (error instanceof DeadlinePassed) {
    const { timeout } = error;
    return new TimeoutError(`${where}: no answer within ${timeout} ms.`, {
      ...call,
      timeout,
      cause: last,
    });
  }
  if (!sent) {
    // Not kept as the cause: it quotes headers and keys, which may hold a secret.
    return new InvalidInputError(
      `${where}: a header or the body cannot be sent; one of them is malformed.`,
      call,
    );
  }
  return new ConnectionError(`${where}: the answer could not be read.`, { ...call, cause: error });
}

/** Faults in which nothing has reached the hub. */
const unsent =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CONNECT_TIMEOUT|CERT|SELF_SIGNED|UNABLE_TO_VERIFY|EPROTO|ERR_SSL/;

/** Whether a call that changes something, and that was sent, may have done so though its answer was lost. */
export function isLost(failure: JupyterHubError, { method }: CallContext): boolean {
  if (isSafe(method)) return false;
  const { status, hubVersion } = failure;
  if (failure instanceof ConnectionError) return !unsent.test(failure.code ?? "");
  // A proxy's own words: the hub behind it may have heard the call before it went away.
  if (failure instanceof HubError) return !hubVersion;
  // No answer that anybody has seen, or one that says it was done, but not what.
  return status === undefined || (failure instanceof NotAHubError && status >= 200 && status < 300);
}

const { captureStackTrace } = Error as {
  captureStackTrace?: (target: object, below: unknown) => void;
};

/** Where the call was made, and not how deep in here it failed: engines keep ten lines, which that would fill. */
export function withCallSite(failure: JupyterHubError): JupyterHubError {
  captureStackTrace?.(failure, withCallSite);
  return failure;
}

/**
 * Notes where `below` was called, for what engines do not follow to there. What it returns gives an error of
 * ours that place, and hands back any.
 */
export function fromHere(below: unknown): (error: unknown) => unknown {
  const here: { stack?: string } = {};
  captureStackTrace?.(here, below);
  return (error) => {
    if (isJupyterHubError(error) && here.stack) {
      error.stack = String(error) + here.stack.slice(here.stack.indexOf("\n"));
    }
    return error;
  };
}
