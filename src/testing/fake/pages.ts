/** Lists in pages: limit, offset, and the place of a page among the others. */
import type { Call } from "./call.js";
import { HttpError, json, type Reply } from "./replies.js";

export interface Page {
  offset: number;
  limit: number;
}

/** Which page a request asks for. Without the media type for pages, it is as long as one can be. */
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

/** A page with its place, or the plain items where the request does not ask for pages. */
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
  // As Python does: keys that are there keep their place.
  url.searchParams.set("offset", String(next));
  url.searchParams.set("limit", String(limit));
  return { items, _pagination: { ...pagination, next: { offset: next, limit, url: url.href } } };
}

/** The items of one page. */
export const slice = <Item>(items: readonly Item[], { offset, limit }: Page): Item[] =>
  items.slice(offset, offset + limit);
