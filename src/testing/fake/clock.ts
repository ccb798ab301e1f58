/**
 * The clocks of a fake hub: the real one, and one that stands still until the test advances it.
 *
 * On both, a sleep ends when its time has passed or a signal aborts. Advancing the manual clock wakes sleepers one by
 * one, in order, and lets everything that a sleeper causes happen before the next one wakes.
 */

import { onAbort } from "../../core/deadline.js";
import { InvalidInputError } from "../../core/errors.js";

export interface SleepOptions {
  /** Aborting this signal ends the sleep. */
  signal?: AbortSignal;
  /** Whether the program may end before the sleep does, because nothing waits for the sleep. @default false */
  background?: boolean;
}

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after this many milliseconds, or as soon as the signal aborts. */
  sleep(milliseconds: number, options?: SleepOptions): Promise<void>;
}

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, { signal, background = false } = {}) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      // In every runtime, a timer with a longer delay would fire at once.
      const timer = setTimeout(done, Math.min(milliseconds, 2 ** 31 - 1));
      if (background) unref(timer);
      const unsubscribe = onAbort(signal, done);
      function done(): void {
        clearTimeout(timer);
        unsubscribe();
        resolve();
      }
    }),
};

/** Lets the program end before the timer fires, in the runtimes that support this. */
export function unref(timer: unknown): void {
  (timer as { unref?(): void }).unref?.();
}

interface Sleeper {
  at: number;
  wake: () => void;
}

// The real timer, saved at import: a test may replace the global one, and advancing must not wait for a fake timer.
const { setTimeout: nextTurn } = globalThis;

/** Lets pending callbacks run. */
const turn = async (): Promise<void> =>
  new Promise((resolve) => {
    nextTurn(resolve, 0);
  });

export class ManualClock implements Clock {
  #now: number;
  readonly #sleepers = new Set<Sleeper>();
  #advanced = Promise.resolve();

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  async sleep(milliseconds: number, { signal }: SleepOptions = {}): Promise<void> {
    // A sleep of zero milliseconds ends at once, without `advance`.
    if (signal?.aborted || milliseconds <= 0) return;
    await new Promise<void>((resolve) => {
      const sleeper: Sleeper = { at: this.#now + milliseconds, wake };
      const sleepers = this.#sleepers;
      sleepers.add(sleeper);
      const unsubscribe = onAbort(signal, wake);
      function wake(): void {
        sleepers.delete(sleeper);
        unsubscribe();
        resolve();
      }
    });
  }

  /**
   * Lets this many milliseconds pass. Resolves when everything that is due in this time has happened. A call that is
   * made during another one waits until that one has ended.
   */
  async advance(milliseconds: number): Promise<void> {
    if (!Number.isFinite(milliseconds) || milliseconds < 0) {
      throw new InvalidInputError(
        `A hub's time advances by milliseconds, 0 or more, not by ${milliseconds}.`,
      );
    }
    this.#advanced = this.#advanced.then(async () => this.#pass(milliseconds));
    await this.#advanced;
  }

  async #pass(milliseconds: number): Promise<void> {
    const end = this.#now + milliseconds;
    await turn();
    for (let next = this.#nextBefore(end); next; next = this.#nextBefore(end)) {
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      await turn();
    }
    this.#now = end;
    await turn();
  }

  #nextBefore(end: number): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of this.#sleepers) {
      if (sleeper.at <= end && sleeper.at < (first?.at ?? Infinity)) first = sleeper;
    }
    return first;
  }
}

/** Waits until a promise settles or the signal aborts, but at most this many milliseconds. */
export async function atMost(
  clock: Clock,
  milliseconds: number,
  wanted: Promise<unknown>,
  signal: AbortSignal,
): Promise<void> {
  const enough = new AbortController();
  const unsubscribe = onAbort(signal, () => enough.abort());
  try {
    await Promise.race([wanted, clock.sleep(milliseconds, { signal: enough.signal })]);
  } finally {
    unsubscribe();
    enough.abort();
  }
}
