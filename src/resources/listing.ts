/**
 * Listings, as `hub.users.list()` returns them: lazy, awaitable and iterable.
 *
 * Guarantees that nothing is sent before a listing is awaited or iterated, that each `await` and each iteration sends
 * requests of its own, and that an early end (`break`, error, abort, timeout) aborts the requests in flight.
 * `workflows/pagination.ts` walks through the pages.
 */
import * as api from "../../generated/sdk.gen.js";
import type { GetUsersData, User } from "../../generated/types.gen.js";
import { readShape } from "../core/json.js";
import { callKeys, checkKeys, type Keys, type KeysOf } from "../core/known-keys.js";
import { captureCallSite } from "../core/network-errors.js";
import {
  pageSize,
  walkPages,
  type HubPage,
  type Page,
  type PageQuery,
  type PageRange,
} from "../workflows/pagination.js";
import {
  checkCall,
  checkInput,
  keysOf,
  send,
  type CallOptions,
  type ClientContext,
} from "./call.js";

/** The page size of a listing. */
export interface PageInput {
  /**
   * Items per request; the listing has all items, whatever the `limit`. A hub's `api_page_max_limit` may reduce the
   * number per request.
   * @default 200
   */
  limit?: number | undefined;
}

/** Options of a listing. */
export interface ListOptions extends CallOptions {
  /**
   * Milliseconds for the whole listing, including the time that your code takes between two items of an iteration. By
   * default unlimited.
   */
  timeout?: number | undefined;
  /** The most concurrent requests. A hub handles one at a time. @default 2 */
  concurrency?: number | undefined;
}

/**
 * A lazy list. Await it for all items, or iterate it for items as their pages arrive:
 * `for await (const user of hub.users.list())`. Each `await` and each iteration sends requests of its own; nothing is
 * sent before.
 *
 * The list is complete even if it changes meanwhile: each item that exists throughout appears exactly once, in the
 * order of creation. An item that is deleted and created again may appear twice if the hub shows when it was created
 * (for users with the scope `read:users`, for groups never). Exceptions:
 * - with `state`, only users who have that state throughout are certain to appear. When other items are deleted
 *   meanwhile, users with the state `"ready"` may be missing, and shares may be missing if some shares have expired:
 *   hubs filter both only after they have chosen the items of a page;
 * - with `sort`, users may be missing or appear twice if they are renamed (`name`) or become active (`last_activity`)
 *   meanwhile;
 * - items may be missing with a `limit` of 1, or if more than a thousand in a row are deleted between two pages.
 *
 * A listing is not a promise: an `async` function that returns a listing awaits it, and so resolves with the items.
 */
export interface Listing<Item> extends PromiseLike<Item[]>, AsyncIterable<Item> {
  /** Requests all items. `await` calls this method. */
  then<Value = Item[], Failure = never>(
    onfulfilled?: ((items: Item[]) => Value | PromiseLike<Value>) | null,
    onrejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Value | Failure>;
  /** Requests all items, and handles a failure. */
  catch<Failure = never>(
    onrejected?: ((reason: unknown) => Failure | PromiseLike<Failure>) | null,
  ): Promise<Item[] | Failure>;
  /** Requests all items, and runs a function when the listing has succeeded or failed. */
  finally(onfinally?: (() => void) | null): Promise<Item[]>;
  /** Iterates over the pages as they arrive, each without items of earlier pages. `offset` is 0 by default. */
  pages(query?: PageQuery): AsyncIterable<Page<Item>>;
  /** Requests one page, for example to show in a table: `listing.page({ offset: 100, limit: 50 })`. */
  page(query?: PageQuery): Promise<Page<Item>>;
}

/** Requests one page of rows. */
type FetchPage<Row> = (
  query: PageRange,
  call: CallOptions,
) => Promise<readonly Row[] | HubPage<Row>>;

/** The source of a listing: how to request its rows, and which items each row contains. */
interface Source<Row, Item> {
  input: PageInput;
  call: ListOptions | undefined;
  /** The keys that the input may have. */
  known?: Keys;
  fetchPage: FetchPage<Row>;
  /** Returns a text that identifies a row. */
  keyOf(row: Row): string;
  /** Returns whether the rows keep their order from one request to the next. By default they do. */
  isOrdered?: () => boolean;
  itemsOf(row: Row): readonly Item[];
}

/** The default number of concurrent requests of a listing. */
export const pagesInFlight = 2;

const inputKeys: KeysOf<PageInput> = { limit: true };
const optionKeys: KeysOf<ListOptions> = { ...callKeys, concurrency: true };
const pageKeys: KeysOf<PageQuery> = { offset: true, limit: true };

/** Creates a listing whose items are the rows themselves. */
export const list = <Row>(source: Omit<Source<Row, Row>, "itemsOf">): Listing<Row> =>
  listItems({ ...source, itemsOf: (row) => [row] });

/** Creates a listing of the items that the rows contain. */
export function listItems<Row, Item>(source: Source<Row, Item>): Listing<Item> {
  const atCallSite = captureCallSite(listItems);
  const { input, call = {}, known = inputKeys, fetchPage, keyOf, isOrdered, itemsOf } = source;

  async function* pages(query: PageQuery = {}): AsyncGenerator<Page<Item>, void> {
    try {
      checkInput(input, known);
      checkCall(call, optionKeys);
      checkKeys("query of a page", query, pageKeys);
      const { signal, timeout, concurrency = pagesInFlight, headers } = call;
      const { limit = pageSize } = input;
      const start = { offset: query.offset ?? 0, limit: query.limit ?? limit };
      const walk = {
        fetchPage: (query: PageRange, signal: AbortSignal) => fetchPage(query, { headers, signal }),
        keyOf,
        isOrdered: isOrdered?.() ?? true,
        concurrency,
        timeout,
        signal,
      };
      for await (const page of walkPages(walk, start)) {
        yield { ...page, items: readShape(() => page.items.flatMap(itemsOf)) };
      }
    } catch (error) {
      throw atCallSite(error);
    }
  }

  async function all(): Promise<Item[]> {
    const all: Item[] = [];
    for await (const { items } of pages()) for (const item of items) all.push(item);
    return all;
  }

  return {
    // oxlint-disable-next-line unicorn/no-thenable -- a listing is awaitable by design
    then: (onfulfilled, onrejected) => all().then(onfulfilled, onrejected),
    catch: (onrejected) => all().catch(onrejected),
    finally: (onfinally) => all().finally(onfinally),
    pages,
    async page(query) {
      for await (const page of pages(query)) return page;
      throw new Error("unreachable");
    },
    async *[Symbol.asyncIterator]() {
      for await (const { items } of pages()) {
        for (const item of items) {
          call.signal?.throwIfAborted();
          yield item;
        }
      }
    },
  };
}

/** Filters and order of a listing of users. */
export interface ListUsersInput
  extends Omit<NonNullable<GetUsersData["query"]>, "offset" | "limit">, PageInput {}

/** Returns the source of a listing of users, for `users.list` and `servers.listActive`. */
export const usersSource = (
  hub: ClientContext,
  input: ListUsersInput,
  call: ListOptions | undefined,
) => ({
  input,
  call,
  known: keysOf("GET /users", "offset"),
  fetchPage: (page: PageRange, call: CallOptions) => {
    const { limit: _, ...filters } = input;
    return send(hub, api.getUsers, { query: { ...filters, ...page } }, call, paginationHeaders);
  },
  // A user who is deleted and created again is a new row. Some hubs have users without a name.
  keyOf: ({ name, created }: User): string => `${name} ${created}`,
  isOrdered: () => !String(input.sort).includes("last_activity"),
});

/** Makes hubs since 2.0 answer with a page instead of a list. They ignore this media type if it has parameters. */
export const paginationHeaders = { Accept: "application/jupyterhub-pagination+json" };
