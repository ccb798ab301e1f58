/**
 * The time of a fake hub: the real one, or one that stands still until the test advances it.
 *
 * Both sleep until a moment passes or a signal aborts. Advancing wakes sleepers one by one, in order, and
 * lets what each of them causes happen before the next wakes.
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
      // Longer waits than this end at once in every runtime.
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

// Taken now: a test may replace the timers later, and advancing must not wait for those.
const { setTimeout: nextTurn } = globalThis;

/** Runs pending callbacks. */
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
    // A wait of no time ends at once, without `advance`.
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

  /** Lets this much time pass, with everything that happens in it. */
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

/** Waits for a promise, with a maximum time. */
export async function atMost(
  clock: Clock,
  milliseconds: number,
  wanted: Promise<unknown>,
): Promise<void> {
  const enough = new AbortController();
  await Promise.race([wanted, clock.sleep(milliseconds, enough.signal)]);
  enough.abort();
}
