/**
 * Asks for the pages of a listing before their turn has come.
 *
 * Promises that no more are under way than may be, that they are handed out in their order, that a
 * failure waits for its page's turn, and that what is no longer wanted is cancelled.
 */

/** Where a page begins and how many rows it may hold. */
export interface Query {
  offset: number;
  limit: number;
}

/** Pages repeat one row of the page before, unless they have no other. */
export const overlapOf = ({ limit }: Query): number => (limit > 1 ? 1 : 0);

/** The page behind another one. */
export const behind = (query: Query, by = 1): Query => ({
  offset: query.offset + by * Math.max(query.limit - 1, 1),
  limit: query.limit,
});

/** A page that was asked for. A failure is kept, since it may come before anybody waits for it. */
interface Asked<Answer> {
  query: Query;
  flight: AbortController;
  outcome: Promise<{ answer: Answer } | { error: unknown }>;
}

export class Ahead<Answer> {
  readonly #atOnce: number;
  readonly #ask: (query: Query, signal: AbortSignal) => Promise<Answer>;
  readonly #asked: Asked<Answer>[] = [];
  #ended: { reason: unknown } | undefined;

  constructor(atOnce: number, ask: (query: Query, signal: AbortSignal) => Promise<Answer>) {
    this.#atOnce = atOnce;
    this.#ask = ask;
  }

  /** The answer to `wanted`. Those behind it are asked for meanwhile, as far as there are rows. */
  async take(wanted: Query, total: number): Promise<Answer> {
    const asked = this.#asked;
    const { offset, limit } = asked[0]?.query ?? wanted;
    if (offset !== wanted.offset || limit !== wanted.limit) this.drop();
    while (!this.#ended && asked.length < this.#atOnce) {
      const last = asked.at(-1);
      const query = last ? behind(last.query) : wanted;
      if (last && query.offset + overlapOf(query) >= total) break;
      asked.push(this.#send(query));
    }
    if (this.#ended) throw this.#ended.reason;
    const outcome = await asked[0]!.outcome;
    if ("error" in outcome) throw outcome.error;
    asked.shift();
    return outcome.answer;
  }

  #send(query: Query): Asked<Answer> {
    const flight = new AbortController();
    const outcome = this.#ask(query, flight.signal).then(
      (answer) => ({ answer }),
      (error: unknown) => ({ error }),
    );
    return { query, flight, outcome };
  }

  /** Cancels what was asked for. */
  drop(reason?: unknown): void {
    for (const { flight } of this.#asked.splice(0)) flight.abort(reason);
  }

  /** Cancels what was asked for, and asks for no more. */
  end(reason: unknown): void {
    this.#ended = { reason };
    this.drop(reason);
  }
}
