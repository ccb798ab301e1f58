/**
 * A listing as its callers see it: a question not yet asked.
 *
 * Promises that nothing is sent before it is awaited or iterated, that each of these asks anew, and that
 * whoever stops early (a `break`, an error, an abort, a deadline) leaves no request behind. How pages
 * become everything is pages.ts's.
 */
import { InvalidInputError } from "../core/errors.js";
import { captureCallSite } from "../core/network-errors.js";
import { checkKeys, type KeysOf } from "../core/known-keys.js";
import { readShape } from "../core/json.js";
import { walkPages, type Page, type PageQuery, type PageWalk } from "./pagination.js";

/**
 * A question not yet asked. `await` it for all items, or iterate it for items as their pages arrive:
 * `for await (const user of hub.users.list())`. Each asks anew, and nothing is sent before.
 *
 * It is complete while others add and remove: what is there throughout comes exactly once, in the order
 * in which it was made, whatever pages the hub makes. What is deleted and made again meanwhile is told
 * apart where the hub shows when it was made (users need `read:users` for that; groups never show it), and
 * may then come twice. As far as it can be had, and no further, this holds
 * - with a `state`, for those who are in it throughout; hubs cut their pages before they look who is
 *   `"ready"`, so that with this one, as with shares that have expired, somebody can be passed over when
 *   others are deleted meanwhile;
 * - with a `sort` by `name` while users are renamed, and by `last_activity` while they are active;
 * - with a `limit` of 1, and when more than a thousand in a row are deleted between two pages.
 *
 * Not a promise: do not return it from an `async` function, which would await it.
 */
export interface Listing<Item> extends PromiseLike<Item[]>, AsyncIterable<Item> {
  /** Asks for all items; what `await` calls. */
  then<Value = Item[], Failure = never>(
    onfulfilled?: ((items: Item[]) => Value | PromiseLike<Value>) | null,
    onrejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Value | Failure>;
  /** Asks for all items, and says what becomes of a failure. */
  catch<Failure = never>(
    onrejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Item[] | Failure>;
  /** Asks for all items, and says what happens then in either case. */
  finally(onfinally?: (() => void) | null): Promise<Item[]>;
  /** The pages as they arrive, each without what was in those before; from `offset` on, where it is given. */
  pages(query?: PageQuery): AsyncIterable<Page<Item>>;
  /** One page, such as a table shows: `listing.page({ offset: 100, limit: 50 })`. */
  page(query?: PageQuery): Promise<Page<Item>>;
}

/** What a listing is made of. */
export interface ListingParts<Row, Item> extends Omit<PageWalk<Row>, "concurrency"> {
  /** The items that are in a row. */
  itemsOf(row: Row): readonly Item[];
  limit: number;
  concurrency: number | undefined;
}

/** How many pages a listing asks for at once, unless the call says otherwise. */
export const pagesInFlight = 2;

/** Makes a listing of its parts, which are made, and may be refused, each time that it is asked for. */
export const createListing = <Row, Item>(parts: () => ListingParts<Row, Item>): Listing<Item> =>
  new PagedListing(parts);

const pageKeys: KeysOf<PageQuery> = { offset: true, limit: true };

class PagedListing<Row, Item> implements Listing<Item> {
  readonly #parts: () => ListingParts<Row, Item>;
  readonly #at = captureCallSite(PagedListing);

  constructor(parts: () => ListingParts<Row, Item>) {
    this.#parts = parts;
  }

  // oxlint-disable-next-line unicorn/no-thenable -- to be awaited is what it is for
  then<Value = Item[], Failure = never>(
    onfulfilled?: ((items: Item[]) => Value | PromiseLike<Value>) | null,
    onrejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Value | Failure> {
    return this.#all().then(onfulfilled, onrejected);
  }

  catch<Failure = never>(
    onrejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Item[] | Failure> {
    return this.#all().catch(onrejected);
  }

  finally(onfinally?: (() => void) | null): Promise<Item[]> {
    return this.#all().finally(onfinally);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    const { signal } = this.#parts();
    for await (const { items } of this.pages()) {
      for (const item of items) {
        signal?.throwIfAborted();
        yield item;
      }
    }
  }

  async *pages(query: PageQuery = {}): AsyncGenerator<Page<Item>, void, undefined> {
    const { concurrency = pagesInFlight, limit, itemsOf, ...rest } = this.#parts();
    checkKeys("query of a page", query, pageKeys);
    if (!(concurrency >= 1)) throw new InvalidInputError("The concurrency must be at least 1.");
    const start = { offset: query.offset ?? 0, limit: query.limit ?? limit };
    try {
      for await (const page of walkPages({ ...rest, concurrency }, start)) {
        yield { ...page, items: readShape(() => page.items.flatMap(itemsOf)) };
      }
    } catch (error) {
      throw this.#at(error);
    }
  }

  async page(query?: PageQuery): Promise<Page<Item>> {
    for await (const page of this.pages(query)) return page;
    throw new Error("unreachable");
  }

  async #all(): Promise<Item[]> {
    const all: Item[] = [];
    for await (const { items } of this.pages()) for (const item of items) all.push(item);
    return all;
  }
}
