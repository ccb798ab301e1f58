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
  NotAHubError,
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
export interface Attempted {
  method: string;
  /** How often the call has been tried so far. */
  attempt: number;
  /** How often it may be tried again. */
  retries: number;
}

/** Faults that trying again does not mend. */
const lasting = /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ENOTFOUND|EPROTO|^HPE_|^ERR_(?!STREAM)/;

/** What gateways answer while the hub behind them is unavailable; from 520 on, those of CDNs. */
const unavailable = new Set([502, 503, 504, 520, 521, 522, 523, 524, 527, 530]);

const isPassing = (failure: unknown): boolean =>
  (failure instanceof ConnectionError && !lasting.test(failure.code ?? "")) ||
  (failure instanceof HubError && unavailable.has(failure.status ?? 0));

/**
 * Whether a failure is that of a hub which is down, starting or busy: no response, one of the proxy in its
 * place, or a 429. Waiting for a hub goes on after these.
 */
export const isAway = (failure: unknown): boolean =>
  isPassing(failure) ||
  failure instanceof TimeoutError ||
  failure instanceof RateLimitError ||
  (failure instanceof NotAHubError && failure.status === 404 && !failure.hubVersion);

/** Whether a method changes nothing. */
export const isSafe = (method: string): boolean => method === "GET";

/** The milliseconds to wait before the call is sent again; undefined when it is not. */
export function delayBefore(
  failure: JupyterHubError,
  { method, attempt, retries }: Attempted,
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
      : isSafe(method) && isPassing(failure);
  if (!mayPass || attempt > retries) return undefined;
  // Full jitter: many clients that failed together do not come back together.
  const backOff = random() * Math.min(maxDelay, minDelay * 2 ** (attempt - 1));
  return Math.max(backOff, retryAfter ?? 0);
}
