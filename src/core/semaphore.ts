/** A semaphore: limits the calls in flight. The others wait in a queue. */
import { onAbort } from "./deadline.js";

export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Runs `work` as soon as a permit is free. Rejects with the signal's reason if it aborts before. */
  async run<Value>(signal: AbortSignal | undefined, work: () => Promise<Value>): Promise<Value> {
    if (signal?.aborted) throw signal.reason;
    if (this.#free > 0) this.#free -= 1;
    else await this.#acquire(signal);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }

  #acquire(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = (): void => {
        unsubscribe();
        resolve();
      };
      const unsubscribe = onAbort(signal, (reason) => {
        this.#waiting.splice(this.#waiting.indexOf(start), 1);
        reject(reason);
      });
      this.#waiting.push(start);
    });
  }
}
