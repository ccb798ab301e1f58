/** A semaphore: limits the calls in flight. Further calls wait in a queue. */
import { onAbort } from "./deadline.js";

interface Waiter {
  /** Lets the call run; undefined after its signal has aborted. */
  start: (() => void) | undefined;
}

/** Runs before the actual work. Holds no permit, since it may itself run work that needs one of this semaphore. */
interface Preparation {
  prepare(): Promise<void>;
  /** Limits how many preparations run at once. */
  limit: Semaphore;
}

export class Semaphore {
  #free: number;
  /**
   * The back part of the queue, with the newest call last. When `#next` is empty, all these calls move there together,
   * so that adding and removing a call stay fast in a long queue.
   */
  #waiting: Waiter[] = [];
  /** The front part of the queue, with the oldest call last: that call is the next to run. */
  #next: Waiter[] = [];

  /** @param count the number of permits; a fraction is rounded up */
  constructor(count: number) {
    this.#free = Math.ceil(count);
  }

  /**
   * Waits for a permit, then runs `work`. If there is a `preparation`, first waits until a permit is free, and runs the
   * preparation without holding the permit. Rejects with the signal's reason if the signal aborts before `work` begins.
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
