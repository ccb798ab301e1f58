/**
 * The parts that starts and stops share: the requests that they need, reading the server's model, and waiting.
 *
 * While the hub is unavailable, these functions wait, because the start or stop may go on meanwhile.
 */
import type { Server } from "../../generated/types.gen.js";
import { isJupyterHubError, type JupyterHubError, type RateLimitError } from "../core/errors.js";
import { isUnavailable, maxRetryAfter } from "../core/retry.js";
import { DeadlinePassed, delay, onAbort, pollDelays } from "../core/deadline.js";
import type { OpenProgress } from "./progress.js";

/** The requests that starts and stops send; src/resources implements them. */
export interface ServerOperations {
  /** The server's name in error messages. */
  what: string;
  /**
   * Sends a start request, and calls `onSent` when the request leaves the queue. Resolves with the HTTP status: 201 if
   * the server is running.
   */
  start(signal: AbortSignal, onSent?: () => void): Promise<number>;
  /** Sends a stop request. Resolves with the HTTP status: 202 if the server is still stopping. */
  stop(signal: AbortSignal): Promise<number>;
  /** Reads the server's model; undefined if there is no such server. */
  model(signal: AbortSignal): Promise<Server | undefined>;
  /** Whether the server responds at its address. After a cancelled start, the hub responds instead. Never rejects. */
  isServed(server: Server, signal: AbortSignal): Promise<boolean>;
  /** Opens the progress stream of a start. */
  progress: OpenProgress;
}

/** The default timeouts of a start and a stop, in milliseconds. */
export const startTimeout = 900_000;
export const stopTimeout = 300_000;

/** How long the server of a cancelled start may look `ready`, in milliseconds. Hubs remove it after a second. */
export const cancelGracePeriod = 1200;

/** How long a workflow waits for an unavailable hub, in milliseconds. */
const maxUnavailable = 60_000;

/** Repeats a request while the hub is unavailable, for up to a minute. */
async function retryWhileUnavailable<Value>(
  request: () => Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
  const begun = performance.now();
  const waits = pollDelays();
  let last: unknown;
  // A timeout during a delay has the last failure as its cause.
  const unsubscribe = onAbort(signal, (reason) => {
    if (reason instanceof DeadlinePassed) reason.cause ??= last;
  });
  try {
    for (;;) {
      try {
        return await request();
      } catch (error) {
        const isOver = performance.now() - begun > maxUnavailable;
        if (signal.aborted || !isUnavailable(error) || isOver) throw error;
        last = error;
        const { retryAfter = 0 } = error as Partial<RateLimitError>;
        await delay(Math.max(waits.next().value, Math.min(retryAfter, maxRetryAfter)), signal);
      }
    }
  } finally {
    unsubscribe();
  }
}

/** Reads the server's model. Waits while the hub is unavailable. */
export const readServer = (
  { model }: ServerOperations,
  signal: AbortSignal,
): Promise<Server | undefined> => retryWhileUnavailable(() => model(signal), signal);

/**
 * Reads the server's model after a start or stop. If this fails and the response to the start or stop was lost, rejects
 * with the error of the lost response.
 */
export const readServerAfter = (
  answer: unknown,
  operations: ServerOperations,
  signal: AbortSignal,
): Promise<Server | undefined> =>
  readServer(operations, signal).catch((error: unknown) => {
    throw !signal.aborted && hasUnknownOutcome(answer) ? answer : error;
  });

/**
 * Waits until the server has no pending action, and returns whether it had one. Uses the caller's `waits`, so that the
 * delays keep growing from one refusal to the next.
 */
export async function waitUntilIdle(
  operations: ServerOperations,
  waits: ReturnType<typeof pollDelays>,
  signal: AbortSignal,
): Promise<boolean> {
  for (let seen = false; ; seen = true) {
    await delay(waits.next().value, signal);
    if (!(await readServer(operations, signal))?.pending) return seen;
  }
}

/** Whether an error means that a write may have been carried out, though its response was lost. */
export const hasUnknownOutcome = (
  error: unknown,
): error is JupyterHubError & { outcome: "unknown" } =>
  isJupyterHubError(error) && error.outcome === "unknown";

/** The shortest delay after a 429, in milliseconds. */
const minRateLimitDelay = 250;

/**
 * Delays starts after a 429.
 *
 * A start that was rejected with a 429 waits for its own `Retry-After`, which hubs choose at random. Other starts wait
 * until the first rejected one may retry.
 */
export class RateLimitGate {
  #opensAt = 0;

  /** Waits after a 429, and closes the gate for other starts meanwhile. */
  async backOff(retryAfter: number, signal: AbortSignal): Promise<void> {
    const wait = Math.max(retryAfter, minRateLimitDelay);
    const now = performance.now();
    this.#opensAt = Math.min(this.#opensAt > now ? this.#opensAt : Infinity, now + wait);
    await delay(wait, signal);
  }

  async waitUntilOpen(signal: AbortSignal): Promise<void> {
    for (;;) {
      const left = this.#opensAt - performance.now();
      if (left <= 0) return;
      await delay(left, signal);
    }
  }
}
