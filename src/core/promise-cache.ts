/**
 * Caches results by key for a limited time, and shares work in flight.
 *
 * Promises that work in flight for a key is not started twice, that failures are not cached, and that the number of
 * entries is limited: the oldest are removed first.
 */

/** The most entries of a cache. */
export const maxEntries = 10_000;

export class PromiseCache<Value> {
  readonly #milliseconds: number;
  readonly #entries = new Map<string, { value: Promise<Value>; until: number }>();

  /** @param milliseconds the lifetime of an entry, from the start of its work */
  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** Returns the cached result, or starts `work`. */
  get(key: string, work: () => Promise<Value>): Promise<Value> {
    const now = Date.now();
    for (const [key, { until }] of this.#entries) {
      if (until > now && this.#entries.size < maxEntries) break;
      this.#entries.delete(key);
    }
    const cached = this.#entries.get(key);
    if (cached) return cached.value;
    const value = work();
    this.#entries.set(key, { value, until: now + this.#milliseconds });
    value.catch(() => {
      if (this.#entries.get(key)?.value === value) this.#entries.delete(key);
    });
    return value;
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }
}
