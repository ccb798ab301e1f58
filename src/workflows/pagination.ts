/**
 * From pages to everything: walks through a listing whose rows come and go meanwhile.
 *
 * Promises that whoever is there throughout comes once, in the hub's order. Rows that are made come last;
 * when one is deleted, those behind it move up, and a walk by offsets alone would pass over one. So
 * each page begins with the last row of the one before. When another row is there, the walk goes back
 * until it finds one that it has seen. The hub's `next` ends it, not a short or an empty page. Hubs
 * before 2.0 send everything at once, and it is cut into pages here.
 */
import type { Pagination } from "../../generated/types.gen.js";
import { UnexpectedResponseError, TimeoutError } from "../core/errors.js";
import { readShape } from "../core/json.js";
import { DeadlinePassed, onTimeoutOrAbort } from "../core/deadline.js";
import { PagePrefetcher, rangeAfter, overlapOf, type PageRange } from "./prefetch.js";

/** How many rows to ask for at once: the most that a hub gives unless it is told otherwise. */
export const pageSize = 200;

/** How many of the last rows to remember, beside those of the pages that are asked for ahead. */
const memory = 1000;

/** Where a page begins and how many rows it may hold. */
export interface PageQuery {
  /** How many items come before it. @default 0 */
  offset?: number | undefined;
  /** How many items to ask for; a hub gives as many as its `api_page_max_limit` allows. @default that of the listing */
  limit?: number | undefined;
}

/** One page of a listing. */
export interface Page<Item> {
  /** Its items. */
  items: Item[];
  /** How many rows of the listing come before it. */
  offset: number;
  /** The most rows that it may hold, as the hub granted them. */
  limit: number;
  /** How many rows the whole listing has, as the hub counts them: it may count some that it does not show. */
  total: number;
  /** What to ask for to get the next page; null when this is the last. */
  next: { offset: number; limit: number } | null;
}

/** One page of a listing, as hubs send it. */
export interface HubPage<Row> {
  items: readonly Row[];
  _pagination: Pagination;
}

/** Asks for one page. */
export type FetchPage<Row> = (
  query: PageRange,
  signal: AbortSignal,
) => Promise<readonly Row[] | HubPage<Row>>;

/** What a walk needs to know. */
export interface PageWalk<Row> {
  ask: FetchPage<Row>;
  /** What tells one row from another. */
  keyOf(row: Row): string;
  /** Whether rows keep their order, so that one that is out of place means that others were deleted. */
  ordered: boolean;
  /** How many pages may be asked for at once. */
  concurrency: number;
  /** Milliseconds for all of it, the pauses between two pages included. */
  timeout: number | undefined;
  signal: AbortSignal | undefined;
}

/** The pages of a listing, each without what was in those before. */
export async function* walkPages<Row>(
  { ask, keyOf, ordered, concurrency, timeout, signal }: PageWalk<Row>,
  start: PageRange,
): AsyncGenerator<Page<Row>, void, undefined> {
  const seen = new Set<string>();
  let everything: readonly Row[] | undefined;
  const ahead = new PagePrefetcher(concurrency, async (query, signal) => {
    const answer = everything ?? (await ask(query, signal));
    if (Array.isArray(answer)) everything = answer as readonly Row[];
    return pageOf<Row>(answer, query);
  });
  const end = (reason: unknown): void =>
    ahead.end(reason instanceof DeadlinePassed ? late(reason) : reason);
  // An iteration that was dropped does not keep the program running.
  const unsubscribe = onTimeoutOrAbort(timeout, signal, end, { unref: true });
  let wanted = start;
  let total = 0;
  let anchored = false;
  try {
    for (;;) {
      const page = await ahead.take(wanted, total);
      const keys = readShape(() => page.items.map(keyOf));
      const lost = anchored && !(keys.length > 0 && seen.has(keys[0] as string));
      if (lost && wanted.offset > start.offset) {
        total = 0;
        wanted = rangeAfter(wanted, -1);
        wanted.offset = Math.max(wanted.offset, start.offset);
        continue;
      }
      const isNew = keys.map((key) => !seen.has(key));
      remember(seen, keys, memory + (concurrency + 1) * page.limit);
      yield {
        ...page,
        items: page.items.filter((_, index) => isNew[index]),
        offset: page.offset + Math.max(isNew.indexOf(true), 0),
      };
      const { next } = page;
      if (!next) return;
      total = page.total;
      // A page that lacks some of its rows does not tell which: its last row need not be its last item.
      anchored = ordered && next.limit > 1 && keys.length >= page.limit;
      wanted = { ...next, offset: Math.max(next.offset - overlapOf(next), page.offset + 1) };
    }
  } finally {
    unsubscribe();
    ahead.drop();
  }
}

const late = ({ timeout }: DeadlinePassed): TimeoutError =>
  new TimeoutError(`The listing was not complete within ${timeout} ms.`, { timeout });

/** Adds to what was seen, as the latest, and lets go of what was seen longest ago. */
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

/** What a hub answered, as the page that it was asked for. */
function pageOf<Row>(answer: unknown, { offset, limit }: PageRange): Page<Row> {
  const { items, _pagination } = (
    Array.isArray(answer) ? cut(answer as Row[], offset, limit) : (answer ?? {})
  ) as Partial<HubPage<Row>>;
  if (!Array.isArray(items) || !_pagination) {
    throw new UnexpectedResponseError(
      "A listing was answered with neither a list nor a page: some other API. Check the url.",
    );
  }
  const { next } = _pagination;
  if (next && !(next.offset > offset)) {
    throw new UnexpectedResponseError(
      `A listing does not advance: after offset ${offset} the hub says ${next.offset}.`,
    );
  }
  return {
    items,
    offset,
    limit: _pagination.limit,
    total: _pagination.total,
    // Not the hub's address of the next page: it is often wrong about its own.
    next: next ? { offset: next.offset, limit: next.limit } : null,
  };
}

/** A page of everything, as a newer hub would cut it. */
function cut<Row>(rows: readonly Row[], offset: number, atMost: number): HubPage<Row> {
  const limit = Math.max(atMost, 1);
  const [end, total] = [offset + limit, rows.length];
  const next = end < total ? { offset: end, limit, url: "" } : null;
  return { items: rows.slice(offset, end), _pagination: { offset, limit, total, next } };
}
