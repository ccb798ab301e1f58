/** A semaphore: limits the calls in flight. The others wait in a queue. */
import { onAbort } from "./deadline.js";

interface Waiter {
  /** Undefined once its signal has aborted. */
  start: (() => void) | undefined;
}

export class Semaphore {
  readonly #count: number;
  #free: number;
  /** The newest last. They move to `#next` together, so that neither end of a long queue is slow. */
  #waiting: Waiter[] = [];
  /** The oldest last. */
  #next: Waiter[] = [];
  /** Limits the preparations. They hold no permit, since a token function may send calls itself. */
  #preparing: Semaphore | undefined;

  constructor(count: number) {
    this.#count = count;
    this.#free = count;
  }

  /**
   * Runs `work` as soon as a permit is free, and `prepare` before, when the first one is free. Rejects with the
   * signal's reason if it aborts before.
   */
  async run<Value>(
    signal: AbortSignal | undefined,
    work: () => Promise<Value>,
    prepare?: () => Promise<void>,
  ): Promise<Value> {
    if (signal?.aborted) throw signal.reason;
    if (prepare) await this.#prepare(signal, prepare);
    else if (!this.#takeFree()) await this.#wait(signal);
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  #prepare(signal: AbortSignal | undefined, prepare: () => Promise<void>): Promise<void> {
    this.#preparing ??= new Semaphore(this.#count);
    return this.#preparing.run(signal, async () => {
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
