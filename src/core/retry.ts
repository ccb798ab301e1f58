/**
 * Whether a call that failed is sent again, and when.
 *
 * A pure function, and the whole policy: what only reads is tried again after what may pass; what writes
 * only where the hub has said that it did nothing (429 with `Retry-After`). A start that failed is an
 * answer like any other: it is never sent again, since hubs give up on themselves after a number of
 * failed spawns in a row.
 */
import {
  ConnectionError,
  HubError,
  UnexpectedResponseError,
  RateLimitError,
  TimeoutError,
  type JupyterHubError,
} from "./errors.js";

/** Milliseconds. */
export const minDelay = 250;
export const maxDelay = 10_000;
/** The longest `Retry-After` that is waited for, in milliseconds. */
export const maxRetryAfter = 60_000;

/** What the policy must know of a call. */
export interface FailedAttempt {
  method: string;
  /** How often the call has been tried so far. */
  attempt: number;
  /** How often it may be tried again. */
  retries: number;
}

/** Faults that trying again does not mend. */
const permanentCodes = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ENOTFOUND|EPROTO|^HPE_|^ERR_(?!STREAM)/;

/** What gateways answer while the hub behind them is unavailable; from 520 on, those of CDNs. */
const unavailableStatuses = new Set([502, 503, 504, 520, 521, 522, 523, 524, 527, 530]);

const isTransient = (failure: unknown): boolean =>
  (failure instanceof ConnectionError && !permanentCodes.test(failure.code ?? "")) ||
  (failure instanceof HubError && unavailableStatuses.has(failure.status ?? 0));

/**
 * Whether a failure is that of a hub which is down, starting or busy: no response, one of the proxy in its
 * place, or a 429. Waiting for a hub goes on after these.
 */
export const isUnavailable = (failure: unknown): boolean =>
  isTransient(failure) ||
  failure instanceof TimeoutError ||
  failure instanceof RateLimitError ||
  (failure instanceof UnexpectedResponseError && failure.status === 404 && !failure.hubVersion);

/** Whether a method changes nothing. */
export const isSafe = (method: string): boolean => method === "GET";

/** The milliseconds to wait before the call is sent again; undefined when it is not. */
export function retryDelay(
  failure: JupyterHubError,
  { method, attempt, retries }: FailedAttempt,
  random: () => number = Math.random,
): number | undefined {
  const retryAfter =
    failure instanceof RateLimitError || failure instanceof HubError
      ? failure.retryAfter
      : undefined;
  if (retryAfter !== undefined && retryAfter > maxRetryAfter) return undefined;

  const mayPass =
    failure instanceof RateLimitError
      ? isSafe(method) || retryAfter !== undefined
      : isSafe(method) && isTransient(failure);
  if (!mayPass || attempt > retries) return undefined;
  // Full jitter: many clients that failed together do not come back together.
  const backOff = random() * Math.min(maxDelay, minDelay * 2 ** (attempt - 1));
  return Math.max(backOff, retryAfter ?? 0);
}
