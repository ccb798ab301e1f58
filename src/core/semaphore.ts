/** A semaphore: limits the calls in flight. Further calls wait in a queue. */
import { onAbort } from "./deadline.js";

interface Waiter {
  /** Lets the call run; undefined after its signal has aborted. */
  start: (() => void) | undefined;
}

/** Work to do before the actual work. It holds no permit, since it may run other work of the same semaphore. */
interface Preparation {
  prepare(): Promise<void>;
  /** Limits how many preparations run at once. */
  limit: Semaphore;
}

export class Semaphore {
  #free: number;
  /**
   * The end of the queue, with the newest call last. All its calls move to `#next` together, so that adding and
   * removing a call stay fast in a long queue.
   */
  #waiting: Waiter[] = [];
  /** The beginning of the queue, with the oldest call last. */
  #next: Waiter[] = [];

  /** @param count the number of permits; a fraction is rounded up */
  constructor(count: number) {
    this.#free = Math.ceil(count);
  }

  /**
   * Waits for a permit, then runs `work`. A preparation runs first, once a permit is free, but does not hold the
   * permit. Rejects with the signal's reason if the signal aborts before `work` begins.
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
