/** Logs each attempt. Guarantees that a logger gets only the fields listed here, and no secret. */

/** The fields of a log entry, one per attempt. They hold no secret. */
export interface LogFields {
  /** The operation, as the API's document names it: `GET /users/{name}`. */
  operation: string;
  /** The URL, without its query and with secrets redacted. */
  url: string;
  /** 1 for the first attempt. Repeating a request with a new token counts as an attempt. */
  attempt: number;
  /** The response's status, if one arrived. */
  status?: number | undefined;
  /** Milliseconds until the whole response arrived, or until the attempt failed. */
  duration: number;
  /** The name of the error's class; `AbortError` if the caller aborted. */
  error?: string | undefined;
  /** Milliseconds until the next attempt; undefined if there is none. */
  retryIn?: number | undefined;
}

/** Receives log entries; `console` is a valid logger. Errors that a logger throws are ignored. */
export interface Logger {
  /** Logs the last attempt of a call, whether it succeeded or failed. */
  debug?(message: string, fields: LogFields): void;
  /** Logs a failed attempt that is retried. */
  warn?(message: string, fields: LogFields): void;
}

/** Logs an attempt: as a warning if another attempt follows, else as a debug message. */
export function logAttempt(logger: Logger, method: string, fields: LogFields): void {
  const { url, status, error, retryIn } = fields;
  const outcome = [status, error].filter((part) => part !== undefined).join(" ");
  const retry = retryIn === undefined ? "" : `, retrying in ${Math.round(retryIn)} ms`;
  const log = async (): Promise<void> =>
    logger[retry ? "warn" : "debug"]?.(`${method} ${url}: ${outcome}${retry}`, fields);
  // A logger that fails does not fail the call.
  log().catch(() => undefined);
}
