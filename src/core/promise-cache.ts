/**
 * Results that several callers share for a while.
 *
 * Guarantees that work under way for a key is not begun a second time, that a failure is not kept, and that a
 * limited number of results is: the oldest go first.
 */

/** The most results that are kept. */
export const maxEntries = 10_000;

export class PromiseCache<Value> {
  readonly #milliseconds: number;
  readonly #kept = new Map<string, { value: Promise<Value>; until: number }>();

  /** @param milliseconds how long a result is kept, from when its work began */
  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** The result for a key; makes it if there is none. */
  get(key: string, make: () => Promise<Value>): Promise<Value> {
    const now = Date.now();
    for (const [key, { until }] of this.#kept) {
      if (until > now && this.#kept.size < maxEntries) break;
      this.#kept.delete(key);
    }
    const kept = this.#kept.get(key);
    if (kept) return kept.value;
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
