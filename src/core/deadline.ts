/**
 * Timeouts, aborts and delays.
 *
 * Guarantees that no timer and no listener on the caller's signal outlives the work.
 */
import { InvalidInputError } from "./errors.js";

/** Thrown inside this package when a deadline passes. It becomes a TimeoutError that names the call. */
export class DeadlinePassed extends Error {
  override name = "DeadlinePassed";
  readonly timeout: number;
  /** Set if the deadline passes while a write is in flight. */
  outcome?: "unknown";
  constructor(timeout: number) {
    super(`${timeout} ms passed`);
    this.timeout = timeout;
  }
}

type Listener = (reason: unknown) => void;
const subscriptions = new WeakMap<
  AbortSignal,
  { listeners: Set<Listener>; dispatch: () => void }
>();

/**
 * Calls `listener` when the signal aborts, or at once if it has already aborted. Returns a function that unsubscribes.
 *
 * Many calls may share a signal, and Node warns of a leak at its eleventh listener. So a signal has at most one
 * listener of this package, which is removed with the last subscription.
 */
export function onAbort(signal: AbortSignal | null | undefined, listener: Listener): () => void {
  if (!signal || signal.aborted) {
    if (signal) listener(signal.reason);
    return () => undefined;
  }
  if (typeof signal.addEventListener !== "function") {
    throw new InvalidInputError("The signal must be an AbortSignal, such as `controller.signal`.");
  }
  let shared = subscriptions.get(signal);
  if (!shared) {
    const listeners = new Set<Listener>();
    const dispatch = (): void => listeners.forEach((one) => one(signal.reason));
    shared = { listeners, dispatch };
    subscriptions.set(signal, shared);
    signal.addEventListener("abort", dispatch, { once: true });
  }
  const { listeners, dispatch } = shared;
  listeners.add(listener);
  return () => {
    if (!listeners.delete(listener) || listeners.size > 0) return;
    signal.removeEventListener("abort", dispatch);
    subscriptions.delete(signal);
  };
}

/** Throws an {@link InvalidInputError} unless a timeout is above 0 or undefined. */
export function checkTimeout(timeout: number | undefined): void {
  if (timeout === undefined || timeout > 0) return;
  throw new InvalidInputError("The timeout must be a number above 0.");
}

/** The longest delay of a timer, in milliseconds. A timer with a longer delay would fire at once. */
const maxTimer = 2 ** 31 - 1;

/**
 * Calls `listener` once: when the caller's signal aborts (at once if it has already), or with a {@link DeadlinePassed}
 * after `timeout` milliseconds. Returns a function that unsubscribes from both. With `unref`, the timer does not keep
 * the program running, in runtimes that support this.
 */
export function onTimeoutOrAbort(
  timeout: number | undefined,
  caller: AbortSignal | null | undefined,
  listener: Listener,
  { unref = false } = {},
): () => void {
  checkTimeout(timeout);
  const unsubscribe = onAbort(caller, listener);
  const timer =
    timeout === undefined || timeout > maxTimer || caller?.aborted
      ? undefined
      : setTimeout(() => listener(new DeadlinePassed(timeout)), timeout);
  if (unref) (timer as { unref?(): void } | undefined)?.unref?.();
  return () => {
    clearTimeout(timer);
    unsubscribe();
  };
}

/**
 * Runs `work` with a signal that aborts with the caller's signal, after `timeout` milliseconds (with a
 * {@link DeadlinePassed}), or when the work fails. Rejects as soon as the signal aborts, even if the work ignores it.
 */
export function withDeadline<Value>(
  timeout: number | undefined,
  caller: AbortSignal | null | undefined,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  if (caller?.aborted) return Promise.reject(caller.reason as Error);
  // Every attempt of every call runs through here, so this function creates as few promises as possible.
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
 * Runs `work` with a controller that aborts with the caller's signal, and at the latest when the work ends. So
 * everything that the work left open is closed.
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

/** Yields the delays between polls, in milliseconds: `first`, then ever longer ones, up to two seconds. */
export function* pollDelays(first = 100): Generator<number, never> {
  for (let milliseconds = first; ; milliseconds = Math.min(milliseconds * 1.5, 2000))
    yield milliseconds;
}

/** Resolves after the given milliseconds. Rejects with the signal's reason as soon as it aborts. */
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
