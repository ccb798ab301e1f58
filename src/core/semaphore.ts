/** Lets a bounded number of calls be under way at once; the others wait in their order. */

import { onAbort } from "./abort.js";

export class Semaphore {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  constructor(count: number) {
    this.#free = count;
  }

  /** Runs `work` as soon as a slot is free; rejects with the signal's reason when it aborts before. */
  async run<Value>(signal: AbortSignal | undefined, work: () => Promise<Value>): Promise<Value> {
    if (signal?.aborted) throw signal.reason;
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      const next = this.#waiting.shift();
      if (next) next();
      else this.#free += 1;
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
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
