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

/** What a proxy answers while the hub behind it is away. */
const passing = new Set([502, 503, 504]);

const isPassing = (failure: unknown): boolean =>
  (failure instanceof ConnectionError && !lasting.test(failure.code ?? "")) ||
  (failure instanceof HubError && passing.has(failure.status ?? 0));

/**
 * Whether a failure is that of a hub which is down or starts: no answer, or one of the proxy in its place.
 * Who waits for a hub looks again after these.
 */
export const isAway = (failure: unknown): boolean =>
  isPassing(failure) ||
  failure instanceof TimeoutError ||
  (failure instanceof NotAHubError && failure.status === 404);

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
