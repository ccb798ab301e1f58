/**
 * From pages to everything.
 *
 * Promises every item of a listing, however small the hub cuts its pages: a short or an empty page
 * does not end it, the hub's `next` does. Hubs before 2.0 answer with everything at once.
 */
import type { Pagination } from "../../generated/types.gen.js";
import { NotAHubError } from "../core/errors.js";

/** How many items to ask for at once: the most that a hub gives unless it is told otherwise. */
export const pageSize = 200;

/** One page of a listing, as hubs send it. */
export interface HubPage<Item> {
  items: readonly Item[];
  _pagination: Pagination;
}

/** Asks for one page. */
export type AskPage<Item> = (query: {
  offset: number;
  limit: number;
}) => Promise<readonly Item[] | HubPage<Item>>;

/** Every item of a listing, in the hub's order. */
export async function allItems<Item>(
  ask: AskPage<Item>,
  limit: number = pageSize,
): Promise<Item[]> {
  const all: Item[] = [];
  let query = { offset: 0, limit };
  for (;;) {
    const answer = await ask(query);
    if (Array.isArray(answer)) return answer as Item[];
    const { items, _pagination: pagination } = (answer ?? {}) as Partial<HubPage<Item>>;
    if (!Array.isArray(items) || !pagination) {
      throw new NotAHubError(
        "A listing was answered with neither a list nor a page: some other API. Check the url.",
      );
    }
    for (const item of items) all.push(item);
    const { next } = pagination;
    if (!next) return all;
    if (!(next.offset > query.offset)) {
      throw new NotAHubError(
        `A listing does not advance: after offset ${query.offset} the hub says ${next.offset}.`,
      );
    }
    query = { offset: next.offset, limit: next.limit };
  }
}
