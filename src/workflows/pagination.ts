/**
 * Walks through the pages of a listing that may change during the walk.
 *
 * Guarantees that each row that exists during the whole walk appears exactly once, in the hub's order. New rows come
 * last. If a row is deleted, later rows move up, and offsets alone would skip one. So each page overlaps the previous
 * one by a row: if the first row of a page is unknown, the walk goes back until it finds a known one. The hub's `next`
 * decides where the listing ends. Hubs before 2.0 send all rows at once; this module divides them into pages. If more
 * than {@link memory} rows are deleted during the walk, some of the remaining rows may appear twice.
 */
import type { Pagination } from "../../generated/types.gen.js";
import { UnexpectedResponseError, TimeoutError } from "../core/errors.js";
import { readShape } from "../core/json.js";
import { DeadlinePassed, onTimeoutOrAbort } from "../core/deadline.js";

/** The default number of rows per page: the most that a hub sends unless it is configured otherwise. */
export const pageSize = 200;

/** How many of the last rows to remember, besides those of the prefetched pages. */
const memory = 1000;

/** The range of a page of a listing. */
export interface PageQuery {
  /** The number of items before the page. @default 0 */
  offset?: number | undefined;
  /** The most items to request. A hub's `api_page_max_limit` may reduce it. @default the listing's `limit` */
  limit?: number | undefined;
}

/** One page of a listing. */
export interface Page<Item> {
  /** The items of the page. */
  items: Item[];
  /** The number of rows of the listing before the page. */
  offset: number;
  /** The most rows that the page may have, as granted by the hub. */
  limit: number;
  /** The number of rows of the whole listing. Hubs may count rows that they do not show. */
  total: number;
  /** The query for the next page; null for the last page. */
  next: { offset: number; limit: number } | null;
}

/** The range of a page. */
export interface PageRange {
  offset: number;
  limit: number;
}

/** One page of a listing, as hubs send it. */
export interface HubPage<Row> {
  items: readonly Row[];
  _pagination: Pagination;
}

/** The parameters of a walk through a listing. */
export interface PageWalk<Row> {
  /** Requests one page. */
  fetchPage(query: PageRange, signal: AbortSignal): Promise<readonly Row[] | HubPage<Row>>;
  /** Returns a key that identifies a row. */
  keyOf(row: Row): string;
  /** Whether rows keep their order, so that an unexpected first row of a page means that earlier rows were deleted. */
  isOrdered: boolean;
  /** The maximum number of requests in flight. */
  concurrency: number;
  /** The timeout of the whole walk in milliseconds, including the time that the consumer takes between pages. */
  timeout: number | undefined;
  signal: AbortSignal | undefined;
}

/** Yields the pages of a listing, each without rows of earlier pages. */
export async function* walkPages<Row>(
  { fetchPage, keyOf, isOrdered, concurrency, timeout, signal }: PageWalk<Row>,
  start: PageRange,
): AsyncGenerator<Page<Row>, void, undefined> {
  const seen = new Set<string>();
  let allRows: readonly Row[] | undefined;
  const prefetcher = new PagePrefetcher(concurrency, async (query, signal) => {
    const answer = allRows ?? (await fetchPage(query, signal));
    if (Array.isArray(answer)) allRows = answer;
    return pageOf<Row>(answer, query);
  });
  const end = (reason: unknown): void =>
    prefetcher.end(reason instanceof DeadlinePassed ? timeoutError(reason) : reason);
  // An abandoned iteration must not keep the program running.
  const unsubscribe = onTimeoutOrAbort(timeout, signal, end, { unref: true });
  let wanted = start;
  let total = 0;
  let overlaps = false;
  try {
    for (;;) {
      const page = await prefetcher.take(wanted, total);
      const keys = readShape(() => page.items.map(keyOf));
      const isKnown = keys.map((key) => seen.has(key));
      if (overlaps && !isKnown[0] && wanted.offset > start.offset) {
        total = 0;
        wanted = rangeAfter(wanted, -1);
        wanted.offset = Math.max(wanted.offset, start.offset);
        continue;
      }
      remember(seen, keys, memory + (concurrency + 1) * page.limit);
      yield {
        ...page,
        items: page.items.filter((_, index) => !isKnown[index]),
        offset: page.offset + Math.max(isKnown.indexOf(false), 0),
      };
      const { next } = page;
      if (!next) return;
      total = page.total;
      // A page with fewer rows than its limit may lack the last row of its range, which also begins the next page.
      overlaps = isOrdered && next.limit > 1 && keys.length >= page.limit;
      wanted = { ...next, offset: Math.max(next.offset - overlapOf(next), page.offset + 1) };
    }
  } finally {
    unsubscribe();
    prefetcher.drop();
  }
}

const timeoutError = ({ timeout }: DeadlinePassed): TimeoutError =>
  new TimeoutError(`The listing was not complete within ${timeout} ms.`, { timeout });

/** Adds keys to `seen` as the latest, and removes the oldest keys if there are more than `most`. */
function remember(seen: Set<string>, keys: readonly string[], most: number): void {
  for (const key of keys) {
    seen.delete(key);
    seen.add(key);
  }
  for (const key of seen) {
    if (seen.size <= most) return;
    seen.delete(key);
  }
}

/** Returns the page that a response contains. */
function pageOf<Row>(answer: unknown, { offset, limit: most }: PageRange): Page<Row> {
  if (Array.isArray(answer)) {
    const total = answer.length;
    const limit = Math.max(most, 1);
    const end = offset + limit;
    const next = end < total ? { offset: end, limit } : null;
    return { items: answer.slice(offset, end), offset, limit, total, next };
  }
  const { items, _pagination } = (answer ?? {}) as Partial<HubPage<Row>>;
  if (!Array.isArray(items) || !_pagination) {
    throw new UnexpectedResponseError(
      "The response to a listing is neither a list nor a page. Check the url.",
    );
  }
  const { limit, total, next } = _pagination;
  if (next && !(next.offset > offset)) {
    throw new UnexpectedResponseError(
      `The listing does not advance: after offset ${offset}, the hub's next is ${next.offset}.`,
    );
  }
  // The hub's URL of the next page is ignored: it often has a wrong host.
  const following = next ? { offset: next.offset, limit: next.limit } : null;
  return { items, offset, limit, total, next: following };
}

/**
 * Returns the number of rows that a page shares with the previous one: 0 if pages have at most one row, otherwise 1.
 */
const overlapOf = ({ limit }: PageRange): number => (limit > 1 ? 1 : 0);

/** Returns the range of the page after (`by` 1) or before (`by` -1) the page with the given range. */
const rangeAfter = ({ offset, limit }: PageRange, by = 1): PageRange => ({
  offset: offset + by * Math.max(limit - 1, 1),
  limit,
});

/**
 * Requests pages before they are needed.
 *
 * Guarantees a limit for the number of requests in flight, that pages come in order, that a failed request is reported
 * only when its page is needed, and that unneeded requests are aborted.
 */
class PagePrefetcher<Result> {
  readonly #concurrency: number;
  readonly #fetchPage: (query: PageRange, signal: AbortSignal) => Promise<Result>;
  readonly #pending: { query: PageRange; page: Promise<Result> }[] = [];
  #controller = new AbortController();
  #ended: { reason: unknown } | undefined;

  constructor(
    concurrency: number,
    fetchPage: (query: PageRange, signal: AbortSignal) => Promise<Result>,
  ) {
    this.#concurrency = concurrency;
    this.#fetchPage = fetchPage;
  }

  /** Returns the page at `wanted`. Meanwhile requests the pages after it, up to row `total`. */
  async take(wanted: PageRange, total: number): Promise<Result> {
    const pending = this.#pending;
    const { offset, limit } = pending[0]?.query ?? wanted;
    if (offset !== wanted.offset || limit !== wanted.limit) this.drop();
    while (!this.#ended && pending.length < this.#concurrency) {
      const last = pending.at(-1);
      const query = last ? rangeAfter(last.query) : wanted;
      if (last && query.offset + overlapOf(query) >= total) break;
      const page = this.#fetchPage(query, this.#controller.signal);
      // A failure is thrown when the page is needed.
      page.catch(() => undefined);
      pending.push({ query, page });
    }
    if (this.#ended) throw this.#ended.reason;
    const page = await pending[0]!.page;
    pending.shift();
    return page;
  }

  /** Aborts the requests in flight. */
  drop(reason?: unknown): void {
    this.#pending.length = 0;
    this.#controller.abort(reason);
    this.#controller = new AbortController();
  }

  /** Aborts the requests in flight, and sends no more. */
  end(reason: unknown): void {
    this.#ended = { reason };
    this.drop(reason);
  }
}
