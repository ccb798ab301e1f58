/**
 * Converts errors from outside this package, such as those of `fetch`, to errors that name the call, say what to do and
 * contain no secret.
 */
import {
  ConnectionError,
  InvalidInputError,
  TimeoutError,
  isJupyterHubError,
  type JupyterHubError,
} from "./errors.js";
import { lookUp } from "./error-mapping.js";
import { versionOf } from "./response.js";
import { isSafe, isTransient } from "./retry.js";
import { DeadlinePassed } from "./deadline.js";
import { pageOrigin } from "./runtime.js";
import { maxText, redactor, shorten, type Redact } from "./redact.js";
import type { CallContext } from "./call-context.js";

const advice: readonly (readonly [RegExp, string])[] = [
  [
    /ECONNREFUSED|ConnectionRefused/,
    "Nothing listens there: check the url and whether the hub is up.",
  ],
  [/ENOTFOUND|EAI_AGAIN/, "No such host: check the url."],
  [
    /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|before secure TLS/,
    "This port does not speak TLS: begin the url with http://.",
  ],
  [
    /HANDSHAKE_FAILURE|CERTIFICATE_REQUIRED/,
    "It asks for a client certificate. If the hub runs with internal_ssl, use its public address.",
  ],
  [/CERT_ALTNAME/, "Its certificate is for another host: check the url."],
  [/CERT_HAS_EXPIRED/, "Its certificate has expired."],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/,
    "Its certificate is not trusted: name the authority's file in NODE_EXTRA_CA_CERTS.",
  ],
];

/** Patterns for the messages of Deno, whose errors have no codes, each with Node's code for the same error. */
const denoCodes: readonly (readonly [RegExp, string])[] = [
  [/Connection refused/, "ECONNREFUSED"],
  [/dns error/, "ENOTFOUND"],
];

/** Whether a value is an error, also of another realm: tests in Jest run in a realm of their own. */
const isError = (value: unknown): value is Error =>
  value instanceof Error || Object.prototype.toString.call(value) === "[object Error]";

/** Returns the error for a request that got no response, or only a part of one. */
export function connectionError(cause: unknown, call: CallContext): ConnectionError {
  const inner = isError(cause) && isError(cause.cause) ? cause.cause : cause;
  const clean = createSanitizer(call);
  const words = isError(inner) ? clean(inner.message) : "";
  const code = codeOf(inner, clean) ?? lookUp(denoCodes, words);
  const hint = crossOrigin(call) ?? lookUp(advice, `${code} ${words}`) ?? tlsAdvice(call, code);
  return new ConnectionError(
    `${call.method} ${call.url}: the connection failed (${shorten(code || words || "no response", 1000)}).${hint ? ` ${hint}` : ""}`,
    { ...call.details, code, cause: sanitizeCause(cause, call) },
  );
}

/**
 * Returns advice about a connection that the server closed: if it expects TLS or a client certificate, it closes the
 * connection without giving a reason.
 */
function tlsAdvice({ url }: CallContext, code: string | undefined): string | undefined {
  if (code !== "ECONNRESET" && code !== "UND_ERR_SOCKET") return undefined;
  return url.startsWith("http:")
    ? "If this port expects TLS, begin the url with https://."
    : "If the hub runs with internal_ssl, use its public address.";
}

/** The secrets to redact in an error from outside this package, and the text that replaces its URLs. */
interface RedactionScope {
  /** Replaces each whole URL, since a URL's query may contain secrets. @default the URL's origin */
  url?: string;
  secrets: Iterable<string>;
}

/** Matches credentials that may not be in `secrets`, such as those that an error of a token function quotes. */
const credentialPattern =
  /((?:bearer|basic) +|(?:token|secret|password|api_?key)["']?[=:] ?["']?(?:bearer +|basic +)?)[^\s"'&,;)]+/gi;

type Clean = (text: unknown) => string;

/**
 * Returns a function that redacts the secrets in a text from outside this package, and replaces the URLs in it: errors
 * of Deno quote whole URLs.
 */
function createSanitizer({ url, secrets }: RedactionScope, redact = redactor(secrets)): Clean {
  return (text) =>
    redact(String(text))
      .replace(/https?:\/\/[^\s")]+/g, (quoted) => url ?? originOf(quoted))
      .replace(credentialPattern, "$1[redacted]");
}

const originOf = (url: string): string => (URL.canParse(url) ? new URL(url).origin : "[redacted]");

/** Returns an error's platform code, such as ECONNREFUSED; undefined for DOM exceptions, whose codes are numbers. */
function codeOf(thrown: unknown, clean: Clean): string | undefined {
  const code = (thrown as { code?: unknown } | null | undefined)?.code;
  if (typeof code !== "string") return undefined;
  const cleaned = clean(code);
  return /^[\w.-]{1,64}$/.test(cleaned) ? cleaned : undefined;
}

/**
 * Returns a copy, without secrets, of an error from outside this package. Copies only the name, message, code, stack
 * and causes: other properties may contain the text that Node's HTTP parser could not read, the whole URL (in Bun), or
 * a library's request.
 */
export function sanitizeCause(thrown: unknown, call: RedactionScope): unknown {
  const redact = redactor(call.secrets);
  return sanitize(thrown, createSanitizer(call, redact), redact);
}

function sanitize(thrown: unknown, clean: Clean, redact: Redact, depth = 0): unknown {
  if (typeof thrown === "string") return clean(thrown);
  if (!isError(thrown)) return undefined;
  const { message, cause, stack } = thrown;
  const copy = new Error(clean(message));
  if (cause !== undefined && depth < 4) copy.cause = sanitize(cause, clean, redact, depth + 1);
  const code = codeOf(thrown, clean);
  if (code !== undefined) Object.assign(copy, { code });
  const name = shorten(clean(thrown.name), 64);
  copy.stack = `${name}: ${copy.message}\n${redact(framesOf(stack))}`;
  return Object.defineProperty(copy, "name", { value: name, writable: true, configurable: true });
}

/** Returns the frames of a stack, without the error message that engines put before them. */
const framesOf = (stack: unknown): string =>
  String(stack ?? "")
    .slice(0, 4 * maxText)
    .split("\n")
    .filter((line) => /^ +at |^[^ ]*@/.test(line))
    .join("\n");

/**
 * Returns advice if the page's origin is not the hub's, else undefined. Browsers hide why a request to another origin
 * failed; the usual reason is the hub's CORS setting.
 */
function crossOrigin({ url, operation: { since } }: CallContext): string | undefined {
  const origin = pageOrigin();
  if (origin === undefined || new URL(url).origin === origin) return undefined;
  return (
    `Unless the hub is down${since ? ` or older than ${since}` : ""}, it does not allow pages of ${origin}. ` +
    `In its configuration: c.JupyterHub.tornado_settings = {"headers": ` +
    `{"Access-Control-Allow-Origin": "${origin}", "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE"}}`
  );
}

/** Converts any thrown value to an error of this package. */
export function errorFromThrown(error: unknown, call: CallContext): JupyterHubError {
  const where = `${call.method} ${call.url}`;
  if (isJupyterHubError(error)) return error;
  if (error instanceof DeadlinePassed) {
    const { timeout } = error;
    const what = call.isQueued
      ? `not sent within ${timeout} ms, since maxConcurrency calls were in flight`
      : `no response within ${timeout} ms`;
    return new TimeoutError(`${where}: ${what}.`, {
      ...call.details,
      timeout,
      cause: call.lastFailure,
    });
  }
  if (!call.sent) {
    // The error is not kept as the cause: it quotes headers and keys, which may hold a secret.
    return new InvalidInputError(
      `${where}: a header or the body cannot be sent; one of them is malformed.`,
      call,
    );
  }
  return new ConnectionError(`${where}: the response could not be read.`, {
    ...call.details,
    cause: sanitizeCause(error, call),
  });
}

/** Codes of failures that happen before anything reaches the hub. */
const notSentCodes =
  /ECONNREFUSED|ConnectionRefused|FailedToOpenSocket|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|CONNECT_TIMEOUT|CERT|SELF_SIGNED|UNABLE_TO_VERIFY|EPROTO|ERR_SSL/;

/** Returns whether a failed call is a write that the hub may have carried out, but whose response was lost. */
export function isResponseLost(
  failure: JupyterHubError,
  { method, response }: CallContext,
): boolean {
  if (isSafe(method)) return false;
  const { status, hubVersion } = failure;
  if (isJupyterHubError(failure, "ConnectionError")) return !notSentCodes.test(failure.code ?? "");
  // Without a version, the error is a proxy's: its hub may have received the request before it became unavailable.
  if (isJupyterHubError(failure, "HubError")) {
    return isTransient(failure) ? !(response && versionOf(response)) : !hubVersion;
  }
  // There is no response, or one with a status of success but unusable content.
  return (
    status === undefined ||
    (isJupyterHubError(failure, "UnexpectedResponseError") && status >= 200 && status < 300)
  );
}

const { captureStackTrace } = Error as {
  captureStackTrace?: (target: object, below: unknown) => void;
};

/**
 * Replaces an error's stack by the stack at the place that calls this function. Engines keep only ten frames: those of
 * an error created deeper in this package could all be the package's own.
 */
export function withCallSite(failure: JupyterHubError): JupyterHubError {
  if (Object.isExtensible(failure)) captureStackTrace?.(failure, withCallSite);
  return failure;
}

/**
 * Captures the place where `below` was called, for errors whose stacks do not reach back to that place. Returns a
 * function that puts this call site into the stack of an error of this package, and returns the error.
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
