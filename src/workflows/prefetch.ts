/**
 * Asks for the pages of a listing before their turn has come.
 *
 * Promises that no more are under way than may be, that they are handed out in their order, that a
 * failure waits for its page's turn, and that what is no longer wanted is cancelled.
 */

/** Where a page begins and how many rows it may hold. */
export interface PageRange {
  offset: number;
  limit: number;
}

/** Pages repeat one row of the page before, unless they have no other. */
export const overlapOf = ({ limit }: PageRange): number => (limit > 1 ? 1 : 0);

/** The page behind another one. */
export const rangeAfter = (query: PageRange, by = 1): PageRange => ({
  offset: query.offset + by * Math.max(query.limit - 1, 1),
  limit: query.limit,
});

/** A page that was asked for. A failure is kept, since it may come before anybody waits for it. */
interface PendingPage<Answer> {
  query: PageRange;
  flight: AbortController;
  outcome: Promise<{ answer: Answer } | { error: unknown }>;
}

export class PagePrefetcher<Answer> {
  readonly #atOnce: number;
  readonly #ask: (query: PageRange, signal: AbortSignal) => Promise<Answer>;
  readonly #recorded: PendingPage<Answer>[] = [];
  #ended: { reason: unknown } | undefined;

  constructor(atOnce: number, ask: (query: PageRange, signal: AbortSignal) => Promise<Answer>) {
    this.#atOnce = atOnce;
    this.#ask = ask;
  }

  /** The answer to `wanted`. Those behind it are asked for meanwhile, as far as there are rows. */
  async take(wanted: PageRange, total: number): Promise<Answer> {
    const pending = this.#recorded;
    const { offset, limit } = pending[0]?.query ?? wanted;
    if (offset !== wanted.offset || limit !== wanted.limit) this.drop();
    while (!this.#ended && pending.length < this.#atOnce) {
      const last = pending.at(-1);
      const query = last ? rangeAfter(last.query) : wanted;
      if (last && query.offset + overlapOf(query) >= total) break;
      pending.push(this.#send(query));
    }
    if (this.#ended) throw this.#ended.reason;
    const outcome = await pending[0]!.outcome;
    if ("error" in outcome) throw outcome.error;
    pending.shift();
    return outcome.answer;
  }

  #send(query: PageRange): PendingPage<Answer> {
    const flight = new AbortController();
    const outcome = this.#ask(query, flight.signal).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    return { query, flight, outcome };
  }

  /** Cancels what was asked for. */
  drop(reason?: unknown): void {
    for (const { flight } of this.#recorded.splice(0)) flight.abort(reason);
  }

  /** Cancels what was asked for, and asks for no more. */
  end(reason: unknown): void {
    this.#ended = { reason };
    this.drop(reason);
  }
}
