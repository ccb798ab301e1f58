/**
 * The error classes, one per kind of failure, and the guard {@link isJupyterHubError}.
 *
 * Every error carries what a caller needs to act: status, the hub's message, method, URL without query, hub version.
 * None holds a secret. Messages and `hubMessage` are limited in length. `error-mapping.ts` chooses the class for a
 * response.
 */
import type { ProgressEvent } from "../../generated/types.gen.js";
import { shorten } from "./redact.js";

/** The properties of an error besides its message. */
export interface ErrorDetails {
  /** The HTTP status; undefined without a response. */
  status?: number | undefined;
  /** The hub's own message, of at most 4,096 characters; undefined if it sent none (6.x often sends null). */
  hubMessage?: string | undefined;
  /** The HTTP method of the call. */
  method?: string | undefined;
  /** The URL of the call, without its query and with secrets in its path redacted. */
  url?: string | undefined;
  /** The hub's version, if known. */
  hubVersion?: string | undefined;
  /**
   * `"unknown"` if the response to a write was lost: the hub may or may not have carried out the write. Read the state
   * before you repeat the call.
   */
  outcome?: "unknown" | undefined;
  /** The error that led to this one, such as that of `fetch`; undefined if there is none. */
  cause?: unknown;
}

/** The details for the constructor of a subclass: those of every error, and the subclass's own. */
type DetailsOf<Class, Key extends keyof Class> = ErrorDetails & Partial<Pick<Class, Key>>;

/** Sets properties of an error. Undefined ones are not enumerable, so that a printed error does not list them. */
export function setDetails(error: Error, details: object): void {
  for (const [key, value] of Object.entries(details)) {
    const enumerable = value !== undefined;
    Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
  }
}

const brand = Symbol.for("jupyterhub-client.error");

/** The base class of every error of this package. Use {@link isJupyterHubError} to recognise one. */
export class JupyterHubError extends Error implements ErrorDetails {
  /** The name of the error's class, such as "NotFoundError". */
  override name = "JupyterHubError";
  declare readonly status: number | undefined;
  declare readonly hubMessage: string | undefined;
  declare readonly method: string | undefined;
  declare readonly url: string | undefined;
  declare readonly hubVersion: string | undefined;
  declare readonly outcome: "unknown" | undefined;

  constructor(message: string, details: ErrorDetails = {}) {
    super(printable(message), details.cause === undefined ? undefined : { cause: details.cause });
    const { status, hubMessage, method, url, hubVersion, outcome } = details;
    setDetails(this, {
      status,
      hubMessage: hubMessage && shorten(hubMessage),
      method,
      url,
      hubVersion,
      outcome,
    });
    Object.defineProperty(this, brand, { value: true });
  }
}

/**
 * Returns whether a value is an error of this package. Also recognises errors of another copy of the package in the
 * same program, for which `instanceof` fails.
 * @param name the name of a class, such as "NotFoundError"; without it, any error of this package matches
 */
export const isJupyterHubError = <Name extends keyof Errors = "JupyterHubError">(
  value: unknown,
  name?: Name,
): value is Errors[Name] =>
  typeof value === "object" &&
  value !== null &&
  brand in value &&
  (!name || name === "JupyterHubError" || (value as Partial<Error>).name === name);

/** An argument or option is invalid; nothing was sent. Fix the call: the message says how. */
export class InvalidInputError extends JupyterHubError {
  override readonly name = "InvalidInputError";
}

/** The hub rejects the credentials: they are missing, mistyped, expired or revoked. Give the client a valid token. */
export class AuthenticationError extends JupyterHubError {
  override readonly name = "AuthenticationError";
}

/** The XSRF token is missing or expired. Reload a page of the hub, or use an API token in place of cookies. */
export class XsrfError extends JupyterHubError {
  override readonly name = "XsrfError";
}

/** The credentials are valid, but lack the scope. Use a token that has one of the `requiredScopes`. */
export class ForbiddenError extends JupyterHubError {
  override readonly name = "ForbiddenError";
  /** The scopes that the hub's message names, of which it requires one; empty if the message names none. */
  readonly requiredScopes: readonly string[];

  constructor(message: string, details: DetailsOf<ForbiddenError, "requiredScopes"> = {}) {
    super(message, details);
    this.requiredScopes = details.requiredScopes ?? [];
  }
}

/**
 * The named object does not exist or is outside the token's scopes: the hub answers 404 in both cases. Check the name
 * and the scopes.
 */
export class NotFoundError extends JupyterHubError {
  override readonly name = "NotFoundError";
}

/** The reason for a {@link BadRequestError}; `other` if none of the other values applies. */
export type BadRequestReason =
  | "already-running"
  | "pending"
  | "named-servers-disabled"
  | "server-limit"
  | "invalid-name"
  | "other";

/** The hub refuses the request. Act on `reason`, or change the call as `hubMessage` says. */
export class BadRequestError extends JupyterHubError {
  override readonly name = "BadRequestError";
  /** Why the hub refuses the request; `other` if its reason has no name here. */
  readonly reason: BadRequestReason;

  constructor(message: string, details: DetailsOf<BadRequestError, "reason"> = {}) {
    super(message, details);
    this.reason = details.reason ?? "other";
  }
}

/** The object to create already exists. Use it, or choose another name. */
export class ConflictError extends JupyterHubError {
  override readonly name = "ConflictError";
}

/**
 * Too many servers are starting or running, or a gateway limits requests. Try again after `retryAfter` milliseconds. If
 * that is undefined, try again when other servers have stopped, or after a while.
 */
export class RateLimitError extends JupyterHubError {
  override readonly name = "RateLimitError";
  /**
   * Milliseconds to wait, from `Retry-After`; undefined without it, for example if the hub has reached its limit of
   * running servers.
   */
  declare readonly retryAfter: number | undefined;

  constructor(message: string, details: DetailsOf<RateLimitError, "retryAfter"> = {}) {
    super(message, details);
    setDetails(this, { retryAfter: details.retryAfter });
  }
}

/**
 * The hub, or the proxy in front of it, failed with a status of 500 or above. Read the hub's log, and try again later;
 * if `outcome` is `"unknown"`, read the state first.
 */
export class HubError extends JupyterHubError {
  override readonly name = "HubError";
  /** Milliseconds to wait, from `Retry-After`; undefined without it. */
  declare readonly retryAfter: number | undefined;

  constructor(message: string, details: DetailsOf<HubError, "retryAfter"> = {}) {
    super(message, details);
    setDetails(this, { retryAfter: details.retryAfter });
  }
}

/**
 * A server failed to start. See `reason` and `events`, then the hub's log; start it again when the cause is fixed. If
 * the hub answered the start request with an error, this error is the `cause`.
 */
export class SpawnFailedError extends JupyterHubError {
  override readonly name = "SpawnFailedError";
  /**
   * The reason that the hub or its Spawner gives, such as "No GPU is left"; undefined if it gives none. Here and in
   * `events`, the client's token, and texts of 8 or more characters from the `user_options` of the start, become
   * "[redacted]".
   */
  declare readonly reason: string | undefined;
  /** The progress events of this start. The last one is the failure, if the hub sent it. */
  readonly events: readonly ProgressEvent[];

  constructor(message: string, details: DetailsOf<SpawnFailedError, "reason" | "events"> = {}) {
    super(message, details);
    setDetails(this, { reason: details.reason });
    this.events = details.events ?? [];
  }
}

/** The server of a request is not running or does not respond. Start it, then try again. */
export class ServerNotRunningError extends JupyterHubError {
  override readonly name = "ServerNotRunningError";
}

/** The response is not from a JupyterHub, or not from its API. Check the `url`. */
export class UnexpectedResponseError extends JupyterHubError {
  override readonly name = "UnexpectedResponseError";
}

/** This hub is too old or too new for the call. See `since` and `until`, and avoid the call on this hub. */
export class UnsupportedByHubError extends JupyterHubError {
  override readonly name = "UnsupportedByHubError";
  /** The first hub release that supports the call. */
  declare readonly since: string | undefined;
  /** The hub release that removed support for the call. */
  declare readonly until: string | undefined;

  constructor(message: string, details: DetailsOf<UnsupportedByHubError, "since" | "until"> = {}) {
    super(message, details);
    setDetails(this, { since: details.since, until: details.until });
  }
}

/**
 * No response arrived: unknown host, connection refused or lost, or an untrusted certificate. Check the `url`, the
 * network and the certificate.
 */
export class ConnectionError extends JupyterHubError {
  override readonly name = "ConnectionError";
  /** The platform's error code, such as `ECONNREFUSED`, if there is one. */
  declare readonly code: string | undefined;

  constructor(message: string, details: DetailsOf<ConnectionError, "code"> = {}) {
    super(message, details);
    setDetails(this, { code: details.code });
  }
}

/** The timeout passed without a response. Raise `timeout`, or check why the hub is slow. */
export class TimeoutError extends JupyterHubError {
  override readonly name = "TimeoutError";
  /** The timeout in milliseconds. */
  readonly timeout: number;

  constructor(message: string, details: ErrorDetails & { timeout: number }) {
    super(message, details);
    this.timeout = details.timeout;
  }
}

/** The classes by name. */
interface Errors {
  JupyterHubError: JupyterHubError;
  InvalidInputError: InvalidInputError;
  AuthenticationError: AuthenticationError;
  XsrfError: XsrfError;
  ForbiddenError: ForbiddenError;
  NotFoundError: NotFoundError;
  BadRequestError: BadRequestError;
  ConflictError: ConflictError;
  RateLimitError: RateLimitError;
  HubError: HubError;
  SpawnFailedError: SpawnFailedError;
  ServerNotRunningError: ServerNotRunningError;
  UnexpectedResponseError: UnexpectedResponseError;
  UnsupportedByHubError: UnsupportedByHubError;
  ConnectionError: ConnectionError;
  TimeoutError: TimeoutError;
}

/** The longest message, in characters before escaping. A longer one loses its middle, since its end says what to do. */
const maxLength = 4000;
const keptAtEnd = 1000;

/** Control characters, lone surrogates, line separators and marks that change the direction of text. */
const unprintable = /[\p{Cc}\p{Cs}\u2028\u2029\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

/**
 * Escapes a message and limits its length. It may contain names and text from a hub, which must not start a new line in
 * a log or move a terminal's cursor.
 */
export const printable = (text: string): string =>
  (text.length > maxLength
    ? `${text.slice(0, maxLength - keptAtEnd)} … ${text.slice(-keptAtEnd)}`
    : text
  ).replace(unprintable, escaped);

/** Escapes a character as JSON does, or by its number if JSON leaves it unchanged. */
function escaped(character: string): string {
  const json = JSON.stringify(character).slice(1, -1);
  return json === character ? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}` : json;
}
