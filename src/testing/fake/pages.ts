/** Pagination: limit, offset, total and the next page. */
import type { Call } from "./call.js";
import { crash, HttpError, json, type Reply } from "./replies.js";

export interface Page {
  offset: number;
  limit: number;
}

/**
 * Returns the offset and the limit of a request. The default limit is `pageLimit.default`, or `pageLimit.max` if the
 * request does not accept the media type of pages and so gets a plain array.
 */
export function pageOf(call: Call): Page {
  const limits = call.world.settings.pageLimit;
  const usual = call.wantsPages ? limits.default : limits.max;
  const offset = integer(call.query("offset"), 0);
  const limit = integer(call.query("limit"), usual);
  return { offset, limit: Math.max(1, Math.min(limit, limits.max)) };
}

function integer(text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (!/^\s*[+-]?\d+\s*$/.test(text)) {
    throw new HttpError(400, "Invalid argument type, offset and limit must be integers");
  }
  return Math.abs(Number(text));
}

/** Responds with a page and its pagination, or with the plain items if the request does not ask for pages. */
export const paged = (call: Call, items: unknown, page: Page, total: number): Reply =>
  json(call.wantsPages ? withPlace(call, items, page, total) : items);

export function withPlace(
  call: Call,
  items: unknown,
  { offset, limit }: Page,
  total: number,
): Record<string, unknown> {
  const next = offset + limit;
  const pagination = { offset, limit, total, next: null };
  if (next >= total) return { items, _pagination: pagination };
  const url = new URL(call.request.url);
  // As in Python, existing keys keep their position.
  url.searchParams.set("offset", String(next));
  url.searchParams.set("limit", String(limit));
  return { items, _pagination: { ...pagination, next: { offset: next, limit, url: url.href } } };
}

/** Integers in the hub's database are smaller than this number. */
const tooLarge = 2 ** 63;

/** Returns the items of one page. Fails for an offset that is too large for the hub's database. */
export function slice<Item>(items: readonly Item[], { offset, limit }: Page): Item[] {
  if (offset >= tooLarge) throw crash();
  return items.slice(offset, offset + limit);
}
