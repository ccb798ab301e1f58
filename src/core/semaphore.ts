/** A semaphore: limits the calls in flight. The others wait in a queue. */
import { onAbort } from "./deadline.js";

export class Semaphore {
  readonly #count: number;
  #free: number;
  readonly #waiting: (() => void)[] = [];
  /** Limits the preparations. They hold no permit, since a token function may send calls itself. */
  #preparing: Semaphore | undefined;

  constructor(count: number) {
    this.#count = count;
    this.#free = count;
  }

  /**
   * Runs `work` as soon as a permit is free, and `prepare` before, when the first one is free. Rejects with the signal's
   * reason if it aborts before.
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
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free += 1;
  }

  #wait(signal: AbortSignal | undefined): Promise<void> {
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
