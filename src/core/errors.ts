/**
 * The errors of this package, one class a meaning.
 *
 * All extend {@link JupyterHubError} and carry what a caller needs to act: status, the hub's own words,
 * method, URL without its query, and the hub's version. None holds a secret. Which answer becomes which
 * class is decided in meaning.ts.
 */
import type { ProgressEvent } from "../../generated/types.gen.js";
import { shorten } from "./redact.js";
import { printable } from "./text.js";

/** What is known when something goes wrong. */
export interface ErrorDetails {
  /** The HTTP status, where there was an answer. */
  status?: number | undefined;
  /** The hub's own words; absent when it sent none (6.x often sends null). */
  hubMessage?: string | undefined;
  /** The HTTP method of the call. */
  method?: string | undefined;
  /** The URL of the call, without its query and with secrets in its path left out. */
  url?: string | undefined;
  /** The hub's version, where it is known. */
  hubVersion?: string | undefined;
  /** Whether the hub may have done it, though its answer was lost. */
  outcome?: "unknown" | undefined;
  cause?: unknown;
}

const brand = Symbol.for("jupyterhub-client.error");

/** The base of every error that this package makes. Use {@link isJupyterHubError} to recognise one. */
export class JupyterHubError extends Error {
  override name = "JupyterHubError";
  /** The HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** The hub's own words; undefined when it sent none. */
  readonly hubMessage: string | undefined;
  /** The HTTP method of the call. */
  readonly method: string | undefined;
  /** The URL of the call, without its query. */
  readonly url: string | undefined;
  /** The hub's version, where it is known. */
  readonly hubVersion: string | undefined;
  /**
   * `"unknown"` when the answer to a call that changes something was lost: the hub may have done it or
   * not. Look before you send it again.
   */
  readonly outcome: "unknown" | undefined;

  constructor(message: string, details: ErrorDetails = {}) {
    super(printable(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.status = details.status;
    this.hubMessage = details.hubMessage && shorten(details.hubMessage);
    this.method = details.method;
    this.url = details.url;
    this.hubVersion = details.hubVersion;
    this.outcome = details.outcome;
    Object.defineProperty(this, brand, { value: true });
  }
}

/**
 * Whether a value is an error of this package, also of another copy of it in the same program, where
 * `instanceof` fails.
 * @param name the name of its class, such as "NotFoundError"; without one, any will do
 */
export const isJupyterHubError = <Name extends keyof Errors = "JupyterHubError">(
  value: unknown,
  name?: Name,
): value is Errors[Name] =>
  typeof value === "object" &&
  value !== null &&
  brand in value &&
  (!name || name === "JupyterHubError" || (value as Partial<Error>).name === name);

/** An argument or option does not fit; nothing was sent. Mend the call: the message says how. */
export class InvalidInputError extends JupyterHubError {
  override name = "InvalidInputError";
}

/** The hub knows no such credentials: missing, mistyped, expired or revoked. Give the client a valid token. */
export class AuthenticationError extends JupyterHubError {
  override name = "AuthenticationError";
}

/** The hub wants the XSRF token of a page that it served. Reload a page of the hub, or use a token instead of cookies. */
export class XsrfError extends JupyterHubError {
  override name = "XsrfError";
}

/** The credentials are valid, but their scopes do not suffice. See `requiredScopes`, and use a token that has one. */
export class ForbiddenError extends JupyterHubError {
  override name = "ForbiddenError";
  /** The scopes of which the hub wants one, in its own words; empty when it does not say. */
  readonly requiredScopes: readonly string[];

  constructor(
    message: string,
    details: ErrorDetails & { requiredScopes?: readonly string[] } = {},
  ) {
    super(message, details);
    this.requiredScopes = details.requiredScopes ?? [];
  }
}

/** There is no such thing, or the token's scopes are limited to others: hubs say 404 to both. Check the name, then the scopes. */
export class NotFoundError extends JupyterHubError {
  override name = "NotFoundError";
}

/** Why a hub answered 400. `other` stands for everything that has no meaning of its own. */
export type BadRequestReason =
  | "already-running"
  | "pending"
  | "named-servers-disabled"
  | "server-limit"
  | "invalid-name"
  | "other";

/**
 * The hub refuses the request as it is; `reason` says which of the usual cases this is. Act on that, or change
 * the call as `hubMessage` says.
 */
export class BadRequestError extends JupyterHubError {
  override name = "BadRequestError";
  readonly reason: BadRequestReason;

  constructor(message: string, details: ErrorDetails & { reason?: BadRequestReason } = {}) {
    super(message, details);
    this.reason = details.reason ?? "other";
  }
}

/** It exists already. Take the one that exists, or another name. */
export class ConflictError extends JupyterHubError {
  override name = "ConflictError";
}

/**
 * Too many servers are starting or running. Try again after `retryAfter` milliseconds, or, where it does not
 * say, when others have stopped.
 */
export class RateLimitError extends JupyterHubError {
  override name = "RateLimitError";
  /** Milliseconds that the hub asks to wait; undefined when its limit of running servers is reached. */
  readonly retryAfter: number | undefined;

  constructor(message: string, details: ErrorDetails & { retryAfter?: number | undefined } = {}) {
    super(message, details);
    this.retryAfter = details.retryAfter;
  }
}

/**
 * The hub, or the proxy in front of it, failed: any status from 500 on. Read the hub's log, and try again later,
 * unless `outcome` says to look first.
 */
export class HubError extends JupyterHubError {
  override name = "HubError";
  /** Milliseconds that the answer asks to wait, if it does. */
  readonly retryAfter: number | undefined;

  constructor(message: string, details: ErrorDetails & { retryAfter?: number | undefined } = {}) {
    super(message, details);
    this.retryAfter = details.retryAfter;
  }
}

/**
 * A server did not come up. See `reason` and `events`, then the hub's log; start it again when that is mended.
 * The cause, where there is one, is what the hub answered to the start.
 */
export class SpawnFailedError extends JupyterHubError {
  override name = "SpawnFailedError";
  /**
   * Why, in the words of the hub or its Spawner, such as "No GPU is left"; undefined when it does not say. Here and
   * in `events`, the texts in the start's `user_options` and its token are replaced by "[redacted]".
   */
  readonly reason: string | undefined;
  /** What the hub told of this start; the last event is the one that it failed with, where it told that. */
  readonly events: readonly ProgressEvent[];

  constructor(
    message: string,
    details: ErrorDetails & {
      reason?: string | undefined;
      events?: readonly ProgressEvent[];
    } = {},
  ) {
    super(message, details);
    this.reason = details.reason;
    this.events = details.events ?? [];
  }
}

/** A server was to be reached that does not run, or does not answer. Start it, then try again. */
export class ServerNotRunningError extends JupyterHubError {
  override name = "ServerNotRunningError";
}

/** Something answered that is not a JupyterHub, or not its API. Check the `url`. */
export class UnexpectedResponseError extends JupyterHubError {
  override name = "UnexpectedResponseError";
}

/** This hub is too old, or too new, for what was asked. See `since` and `until`, and do without it there. */
export class UnsupportedByHubError extends JupyterHubError {
  override name = "UnsupportedByHubError";
  /** The first release that can do it. */
  readonly since: string | undefined;
  /** The first release that no longer can. */
  readonly until: string | undefined;

  constructor(
    message: string,
    details: ErrorDetails & { since?: string | undefined; until?: string | undefined } = {},
  ) {
    super(message, details);
    this.since = details.since;
    this.until = details.until;
  }
}

/**
 * No answer came: no such host, connection refused or lost, a certificate that is not trusted. Check the `url`,
 * the network and the certificate.
 */
export class ConnectionError extends JupyterHubError {
  override name = "ConnectionError";
  /** The platform's own code for it, such as `ECONNREFUSED`, if it has one. */
  readonly code: string | undefined;

  constructor(message: string, details: ErrorDetails & { code?: string | undefined } = {}) {
    super(message, details);
    this.code = details.code;
  }
}

/** No answer came in time. Raise `timeout`, or see what keeps the hub. */
export class TimeoutError extends JupyterHubError {
  override name = "TimeoutError";
  /** The milliseconds that were waited. */
  readonly timeout: number;

  constructor(message: string, details: ErrorDetails & { timeout: number }) {
    super(message, details);
    this.timeout = details.timeout;
  }
}

/** The classes by their names. */
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
