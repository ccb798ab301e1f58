/** What a call can fail with before a hub has answered, as errors that say which call it was and what to do. */
import {
  ConnectionError,
  HubError,
  InvalidInputError,
  UnexpectedResponseError,
  TimeoutError,
  isJupyterHubError,
  type JupyterHubError,
} from "./errors.js";
import { isSafe } from "./retry.js";
import { DeadlinePassed } from "./deadline.js";
import { pageOrigin } from "./browser.js";
import { maxText, redactor, shorten, type Redact } from "./redact.js";
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
const denoCodes: readonly (readonly [RegExp, string])[] = [
  [/Connection refused/, "ECONNREFUSED"],
  [/dns error/, "ENOTFOUND"],
];

const lookUp = <Value>(table: readonly (readonly [RegExp, Value])[], words: string) =>
  table.find(([pattern]) => pattern.test(words))?.[1];

/** No answer, or half of one. */
export function connectionError(cause: unknown, call: CallContext): ConnectionError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const clean = createSanitizer(call);
  const words = inner instanceof Error ? clean(inner.message) : "";
  const code = codeOf(inner, clean) ?? lookUp(denoCodes, words);
  const hint = crossOrigin(call) ?? lookUp(advice, code ?? "");
  return new ConnectionError(
    `${call.method} ${call.url}: the connection failed (${shorten(code || words || "no answer", 1000)}).${hint ? ` ${hint}` : ""}`,
    { ...call, code, cause: sanitizeCause(cause, call) },
  );
}

/** Where a request went, as errors tell it, and the secrets that errors leave out. */
interface RedactionScope {
  /** What takes the place of URLs, whose queries may hold more; without it, their origin does. */
  url?: string;
  secrets: Iterable<string>;
}

/** Credentials that texts name: of others than this package, such as those of a token function. */
const credentialPattern =
  /((?:bearer|basic) +|(?:token|secret|password|api_?key)["']?[=:] ?["']?(?:bearer +|basic +)?)[^\s"'&,;)]+/gi;

type Clean = (text: unknown) => string;

/** Removes from a foreign text the secrets of a call, and what URLs hold beside their origin. Deno quotes them whole. */
function createSanitizer({ url, secrets }: RedactionScope, redact = redactor(secrets)): Clean {
  return (text) =>
    redact(String(text))
      .replace(/https?:\/\/[^\s")]+/g, (quoted) => url ?? originOf(quoted))
      .replace(credentialPattern, "$1[redacted]");
}

const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : "[redacted]");

/** The platform's own code, such as ECONNREFUSED; those of DOM exceptions are numbers and say nothing. */
function codeOf(thrown: unknown, clean: Clean): string | undefined {
  const code = (thrown as { code?: unknown } | null | undefined)?.code;
  if (typeof code !== "string") return undefined;
  const cleaned = clean(code);
  return /^[\w.-]{1,64}$/.test(cleaned) ? cleaned : undefined;
}

/**
 * What foreign code threw, as far as it tells no secret: name, message, code, stack and causes. Node's parser keeps
 * what it cannot parse, Bun the whole URL, libraries the request.
 */
export function sanitizeCause(thrown: unknown, call: RedactionScope): unknown {
  const redact = redactor(call.secrets);
  return sanitize(thrown, createSanitizer(call, redact), redact);
}

function sanitize(thrown: unknown, clean: Clean, redact: Redact, depth = 0): unknown {
  if (typeof thrown === "string") return clean(thrown);
  if (!(thrown instanceof Error)) return undefined;
  const { message, cause, stack } = thrown;
  const copy = new Error(clean(message));
  if (cause !== undefined && depth < 4) copy.cause = sanitize(cause, clean, redact, depth + 1);
  const code = codeOf(thrown, clean);
  if (code !== undefined) Object.assign(copy, { code });
  const name = shorten(clean(thrown.name), 64);
  copy.stack = `${name}: ${copy.message}\n${redact(framesOf(stack))}`;
  return Object.defineProperty(copy, "name", { value: name, writable: true, configurable: true });
}

/** The frames of a stack, without the message that engines put before them. */
const framesOf = (stack: unknown): string =>
  String(stack ?? "")
    .slice(0, 4 * maxText)
    .split("\n")
    .filter((line) => /^ +at |^[^ ]*@/.test(line))
    .join("\n");

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
export function errorFromThrown(
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
  return new ConnectionError(`${where}: the answer could not be read.`, {
    ...call,
    cause: sanitizeCause(error, call),
  });
}

/** Faults in which nothing has reached the hub. */
const unsent =
  /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CONNECT_TIMEOUT|CERT|SELF_SIGNED|UNABLE_TO_VERIFY|EPROTO|ERR_SSL/;

/** Whether a call that changes something, and that was sent, may have done so though its answer was lost. */
export function isResponseLost(failure: JupyterHubError, { method }: CallContext): boolean {
  if (isSafe(method)) return false;
  const { status, hubVersion } = failure;
  if (failure instanceof ConnectionError) return !unsent.test(failure.code ?? "");
  // A proxy's own words: the hub behind it may have heard the call before it went away.
  if (failure instanceof HubError) return !hubVersion;
  // No answer that anybody has seen, or one that says it was done, but not what.
  return (
    status === undefined ||
    (failure instanceof UnexpectedResponseError && status >= 200 && status < 300)
  );
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
export function captureCallSite(below: unknown): (error: unknown) => unknown {
  const here: { stack?: string } = {};
  captureStackTrace?.(here, below);
  return (error) => {
    if (isJupyterHubError(error) && here.stack) {
      error.stack = String(error) + here.stack.slice(here.stack.indexOf("\n"));
    }
    return error;
  };
}
