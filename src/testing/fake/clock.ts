/**
 * The clocks of a fake hub: the real one, and one that stands still until the test advances it.
 *
 * On both, a sleep ends when its time has passed or a signal aborts. Advancing the manual clock wakes sleepers one by
 * one, in order, and lets everything that a sleeper causes happen before the next one wakes.
 */

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after these milliseconds, or as soon as `signal` aborts. */
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
}

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      // In every runtime, a timer with a longer delay would fire at once.
      const timer = setTimeout(done, Math.min(milliseconds, 2 ** 31 - 1));
      function done(): void {
        clearTimeout(timer);
        signal?.removeEventListener("abort", done);
        resolve();
      }
      signal?.addEventListener("abort", done);
    }),
};

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

  constructor(start: number) {
    this.#now = start;
  }

  now(): number {
    return this.#now;
  }

  async sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
    // A sleep of zero milliseconds ends at once, without `advance`.
    if (signal?.aborted || milliseconds <= 0) return;
    await new Promise<void>((resolve) => {
      const sleeper: Sleeper = { at: this.#now + milliseconds, wake };
      const sleepers = this.#sleepers;
      function wake(): void {
        sleepers.delete(sleeper);
        signal?.removeEventListener("abort", wake);
        resolve();
      }
      sleepers.add(sleeper);
      signal?.addEventListener("abort", wake);
    });
  }

  /** Lets this many milliseconds pass. Resolves when everything that is due in this time has happened. */
  async advance(milliseconds: number): Promise<void> {
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

/** Waits until a promise settles, but at most this many milliseconds. */
export async function atMost(
  clock: Clock,
  milliseconds: number,
  wanted: Promise<unknown>,
): Promise<void> {
  const enough = new AbortController();
  await Promise.race([wanted, clock.sleep(milliseconds, enough.signal)]);
  enough.abort();
}
