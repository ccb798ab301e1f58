/** A semaphore: limits the calls in flight. The others wait in a queue. */
import { onAbort } from "./deadline.js";

interface Waiter {
  /** Undefined once its signal has aborted. */
  start: (() => void) | undefined;
}

/** Work without a permit before the actual work, since it may run other work of the same semaphore. */
interface Preparation {
  prepare(): Promise<void>;
  /** Limits the preparations. */
  limit: Semaphore;
}

export class Semaphore {
  #free: number;
  /** The newest last. They move to `#next` together, so that neither end of a long queue is slow. */
  #waiting: Waiter[] = [];
  /** The oldest last. */
  #next: Waiter[] = [];

  /** @param count the permits; a fraction counts as a whole one */
  constructor(count: number) {
    this.#free = Math.ceil(count);
  }

  /**
   * Runs `work` as soon as a permit is free, and the preparation before, when the first one is free. Rejects with the
   * signal's reason if it aborts before.
   */
  async run<Value>(
    signal: AbortSignal | undefined,
    work: () => Promise<Value>,
    preparation?: Preparation,
  ): Promise<Value> {
    if (signal?.aborted) throw signal.reason;
    if (preparation) await this.#prepare(signal, preparation);
    else if (!this.#takeFree()) await this.#wait(signal);
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  #prepare(signal: AbortSignal | undefined, { prepare, limit }: Preparation): Promise<void> {
    return limit.run(signal, async () => {
      if (!this.#takeFree()) await this.#wait(signal);
      this.#release();
      await prepare();
      if (!this.#takeFree()) await this.#wait(signal);
    });
  }

  #takeFree(): boolean {
    if (this.#free === 0) return false;
    this.#free -= 1;
    return true;
  }

  #release(): void {
    let next: Waiter | undefined;
    do {
      if (this.#next.length === 0) {
        this.#next = this.#waiting.toReversed();
        this.#waiting = [];
      }
      next = this.#next.pop();
    } while (next && !next.start);
    if (next?.start) next.start();
    else this.#free += 1;
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        start() {
          unsubscribe();
          resolve();
        },
      };
      const unsubscribe = onAbort(signal, (reason) => {
        waiter.start = undefined;
        reject(reason);
      });
      this.#waiting.push(waiter);
    });
  }
}
