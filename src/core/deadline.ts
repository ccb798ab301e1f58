/**
 * Waiting that ends: deadlines over a piece of work, and pauses that an abort cuts short.
 *
 * Promises that no timer and no listener on the caller's signal outlives the work.
 */
import { onAbort } from "./abort.js";
import { InvalidInputError } from "./errors.js";

/** Raised inside this package when a deadline passes; becomes a TimeoutError that knows the call. */
export class DeadlinePassed extends Error {
  override name = "DeadlinePassed";
  readonly timeout: number;
  /** Whether a call that changes something was under way. */
  outcome?: "unknown";
  constructor(timeout: number) {
    super(`${timeout} ms passed`);
    this.timeout = timeout;
  }
}

/** The longest that a timer can wait; a longer one would fire at once. */
const maxTimer = 2 ** 31 - 1;

/**
 * Calls `abort` once, when the caller's signal aborts or, with a {@link DeadlinePassed}, after `timeout`
 * milliseconds; at once when the signal has aborted already. What it returns lets go of both.
 */
export function onTimeoutOrAbort(
  timeout: number | undefined,
  caller: AbortSignal | null | undefined,
  abort: (reason: unknown) => void,
): () => void {
  if (timeout !== undefined && !(timeout > 0)) {
    throw new InvalidInputError("The timeout must be a number above 0.");
  }
  const unsubscribe = onAbort(caller, abort);
  const timer =
    timeout === undefined || timeout > maxTimer || caller?.aborted
      ? undefined
      : setTimeout(() => abort(new DeadlinePassed(timeout)), timeout);
  return () => {
    clearTimeout(timer);
    unsubscribe();
  };
}

/**
 * Runs `work` with a signal that aborts when the caller's does, with a {@link DeadlinePassed} after
 * `timeout` milliseconds, or when the work fails: nothing of it goes on after that. Rejects at the abort,
 * whether or not the work reacts to it. Every attempt of every call runs through here, so it makes no more
 * promises than it needs.
 */
export function withDeadline<Value>(
  timeout: number | undefined,
  caller: AbortSignal | null | undefined,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  if (caller?.aborted) return Promise.reject(caller.reason as Error);
  return new Promise<Value>((resolve, reject) => {
    const controller = new AbortController();
    const abort = (reason: unknown): void => {
      unsubscribe();
      reject(reason as Error);
      controller.abort(reason);
    };
    const unsubscribe = onTimeoutOrAbort(timeout, caller, abort);
    const succeed = (value: Value): void => {
      unsubscribe();
      resolve(value);
    };
    try {
      work(controller.signal).then(succeed, abort);
    } catch (error) {
      abort(error);
    }
  });
}

/**
 * Runs `work` with a controller that aborts when the caller's signal does, and in any case when the work
 * is over: what it has left open is closed.
 */
export async function withCleanup<Value>(
  caller: AbortSignal | undefined,
  work: (own: AbortController) => Promise<Value>,
): Promise<Value> {
  const own = new AbortController();
  const unsubscribe = onAbort(caller, (reason) => own.abort(reason));
  try {
    return await work(own);
  } finally {
    unsubscribe();
    own.abort();
  }
}

/** Milliseconds between two looks at something: short at first, then two seconds. */
export function* pollDelays(first = 100): Generator<number, never> {
  for (let milliseconds = first; ; milliseconds = Math.min(milliseconds * 1.5, 2000))
    yield milliseconds;
}

/** Waits, or rejects with the signal's reason as soon as it aborts. */
export const delay = (milliseconds: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      unsubscribe();
      resolve();
    }, milliseconds);
    const unsubscribe = onAbort(signal, (reason) => {
      clearTimeout(timer);
      reject(reason);
    });
  });
