/**
 * Caches results by key for a limited time, and shares work in flight.
 *
 * Promises that concurrent requests for a key share one piece of work, that failures are not cached, and that the
 * number of entries is limited: the oldest are removed first.
 */

/** The most entries of a cache. */
export const maxEntries = 10_000;

export class PromiseCache<Value> {
  readonly #milliseconds: number;
  readonly #kept = new Map<string, { value: Promise<Value>; until: number }>();

  /** @param milliseconds the lifetime of an entry, from the start of its work */
  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** The result for a key; makes it if there is none. */
  get(key: string, make: () => Promise<Value>): Promise<Value> {
    const now = performance.now();
    for (const [key, { until }] of this.#kept) {
      if (until > now && this.#kept.size < maxEntries) break;
      this.#kept.delete(key);
    }
    const cached = this.#kept.get(key);
    if (cached) return cached.value;
    const value = make();
    this.#kept.set(key, { value, until: now + this.#milliseconds });
    value.catch(() => {
      if (this.#kept.get(key)?.value === value) this.#kept.delete(key);
    });
    return value;
  }

  delete(key: string): void {
    this.#kept.delete(key);
  }
}
