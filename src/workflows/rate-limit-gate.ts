/**
 * Keeps starts back while the hub asks for patience.
 *
 * Who was put off waits for as long as the hub said; nobody else begins before the first of these may try
 * again. Hubs spread the times that they name, so that not all come back at once.
 */
import { delay } from "../core/deadline.js";

/** What is waited for at least, in milliseconds. */
const shortest = 250;

export class RateLimitGate {
  #until = 0;

  /** Waits as the hub asks, and keeps the others back meanwhile. */
  async backOff(milliseconds: number, signal: AbortSignal): Promise<void> {
    const wait = Math.max(milliseconds, shortest);
    const again = Date.now() + wait;
    this.#until = this.#until > Date.now() ? Math.min(this.#until, again) : again;
    await delay(wait, signal);
  }

  /** Resolves when nobody need wait. */
  async waitUntilOpen(signal: AbortSignal): Promise<void> {
    for (;;) {
      const left = this.#until - Date.now();
      if (left <= 0) return;
      await delay(left, signal);
    }
  }
}
