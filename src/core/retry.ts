/**
 * The retry policy, as a pure function.
 *
 * Safe methods are retried after transient failures. Other methods are retried only after a 429 with `Retry-After`: a
 * hub that answers so has not carried out the request. A failed start is never retried: hubs shut down after a number
 * of failed spawns in a row.
 */
import { isJupyterHubError, type JupyterHubError } from "./errors.js";

/** The back-off's upper limit in milliseconds: before the first retry, and the maximum to which it grows. */
export const minDelay = 250;
export const maxDelay = 10_000;
/** The longest `Retry-After` that a retry waits for, in milliseconds. */
export const maxRetryAfter = 60_000;

/** The facts about a failed attempt that the policy needs. */
export interface FailedAttempt {
  method: string;
  /** The number of attempts so far. */
  attempt: number;
  /** The most retries. */
  retries: number;
}

/** Matches the error codes of failures that a retry would repeat. */
const permanentCodes =
  /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ENOTFOUND|EPROTO|^HPE_|^ERR_(?!STREAM|HTTP2)/;

/** Statuses that gateways send if the hub is unavailable. The statuses from 520 on come from CDNs. */
const unavailableStatuses = new Set([502, 503, 504, 520, 521, 522, 523, 524, 527, 530]);

// Errors are compared by name, since a middleware may throw errors of another copy of this package.
export const isTransient = (failure: unknown): boolean =>
  (isJupyterHubError(failure, "ConnectionError") && !permanentCodes.test(failure.code ?? "")) ||
  (isJupyterHubError(failure, "HubError") && unavailableStatuses.has(failure.status ?? 0));

/**
 * Returns whether a failure shows that the hub is down, starting or busy: no response, a gateway's error, or a 429.
 * After such a failure, workflows wait.
 */
export const isUnavailable = (failure: unknown): boolean =>
  isTransient(failure) ||
  isJupyterHubError(failure, "TimeoutError") ||
  isJupyterHubError(failure, "RateLimitError") ||
  (isJupyterHubError(failure, "UnexpectedResponseError") &&
    failure.status === 404 &&
    !failure.hubVersion);

/** Returns whether a method is safe: it changes nothing. */
export const isSafe = (method: string): boolean => method === "GET";

/** Returns the milliseconds until the next attempt; undefined if there is none. */
export function retryDelay(
  failure: JupyterHubError,
  { method, attempt, retries }: FailedAttempt,
  random: () => number = Math.random,
): number | undefined {
  const retryAfter =
    isJupyterHubError(failure, "RateLimitError") || isJupyterHubError(failure, "HubError")
      ? failure.retryAfter
      : undefined;
  if (retryAfter !== undefined && retryAfter > maxRetryAfter) return undefined;

  const isRetryable = isJupyterHubError(failure, "RateLimitError")
    ? isSafe(method) || retryAfter !== undefined
    : isSafe(method) && isTransient(failure);
  if (!isRetryable || attempt > retries) return undefined;
  // Full jitter: clients that failed together do not retry together.
  const backOff = random() * Math.min(maxDelay, minDelay * 2 ** (attempt - 1));
  return Math.max(backOff, retryAfter ?? 0);
}
