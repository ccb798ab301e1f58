/** Keeps back what is to be sent while the hub asks for patience. */
import { pause } from "../core/time.js";

/** A hub that asks for no time at all is given this, in milliseconds. */
const shortest = 250;

export class Gate {
  #until = 0;

  /** Keeps everybody back for this many milliseconds. */
  close(milliseconds: number): void {
    this.#until = Math.max(this.#until, Date.now() + Math.max(milliseconds, shortest));
  }

  /** Resolves when nobody need wait. */
  async open(signal: AbortSignal): Promise<void> {
    for (;;) {
      const left = this.#until - Date.now();
      if (left <= 0) return;
      await pause(left, signal);
    }
  }
}
