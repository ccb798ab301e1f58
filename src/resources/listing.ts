/** How resources list: the options of a listing, and the users' pages, which two resources list. */
import { getUsers } from "../../generated/sdk.gen.js";
import type { GetUsersData, User } from "../../generated/types.gen.js";
import { callKeys, type Keys, type KeysOf } from "../core/known-keys.js";
import { createListing, type Listing } from "../workflows/listing.js";
import { pageSize, type FetchPage } from "../workflows/pagination.js";
import {
  checkCall,
  checkInput,
  keysOf,
  requestOptions,
  dataOf,
  type CallOptions,
  type ResourceContext,
} from "./call.js";

/** How a listing is asked for. */
export interface PageInput {
  /**
   * How many items the hub is asked for at once, not how many come: a listing is complete. A hub gives as
   * many as its `api_page_max_limit` allows.
   * @default 200
   */
  limit?: number | undefined;
}

/** Options of a listing. */
export interface ListOptions extends CallOptions {
  /**
   * Milliseconds for the whole listing. When it is iterated, your own pauses between the items count;
   * without a `timeout` they may be as long as you like.
   */
  timeout?: number | undefined;
  /** How many pages the hub is asked for at once. A hub works on one at a time. @default 2 */
  concurrency?: number | undefined;
}

/** What a method that lists was given, and which keys its input may have. */
interface Given<Input extends PageInput> {
  input: Input;
  call: ListOptions | undefined;
  known?: Keys;
}

/** What tells one row of a listing from another, and what else there is to know of it. */
interface Rows<Row> {
  keyOf(row: Row): string;
  ordered?: boolean;
}

type Ask<Row> = (
  call: CallOptions,
  page: Parameters<FetchPage<Row>>[0],
) => ReturnType<FetchPage<Row>>;

const inputKeys: KeysOf<PageInput> = { limit: true };
const optionKeys: KeysOf<ListOptions> = { ...callKeys, concurrency: true };

/** The items that are in the rows of a listing. */
export const listOf = <Input extends PageInput, Row, Item>(
  { input, call = {}, known = inputKeys }: Given<Input>,
  ask: Ask<Row>,
  rowsOf: (input: Input) => Rows<Row>,
  itemsOf: (row: Row) => readonly Item[],
): Listing<Item> =>
  createListing(() => {
    checkInput(input, known);
    checkCall(call, optionKeys);
    const { signal, timeout, concurrency, ...rest } = call;
    const { limit = pageSize } = input;
    const { ordered = true, keyOf } = rowsOf(input);
    return {
      ask: (page, signal) => ask({ ...rest, signal }, page),
      keyOf,
      itemsOf,
      ordered,
      limit,
      concurrency,
      timeout,
      signal,
    };
  });

/** A listing of a hub's rows as they are. */
export const list = <Input extends PageInput, Row>(
  given: Given<Input>,
  ask: Ask<Row>,
  rowsOf: (input: Input) => Rows<Row>,
): Listing<Row> => listOf(given, ask, rowsOf, (row) => [row]);

/** Which users to list, and in which order. */
export type ListUsersInput = Omit<NonNullable<GetUsersData["query"]>, "offset" | "limit"> &
  PageInput;

/** The keys of `ListUsersInput`. */
export const userKeys = keysOf("GET /users", "offset");

/** Asks for a page of the users that a query selects. */
export const fetchUsers =
  (hub: ResourceContext, input: ListUsersInput): Ask<User> =>
  (call, page) => {
    const { limit: _, ...query } = input;
    return dataOf(
      getUsers({ ...requestOptions(hub, call, paginationHeaders), query: { ...query, ...page } }),
    );
  };

/** What there is to know of users in pages. */
export const userRows = ({ sort }: ListUsersInput): Rows<User> => ({
  ordered: !String(sort).includes("last_activity"),
  // Whoever was deleted and made again is somebody else; and some hubs have users without a name.
  keyOf: ({ name, created }) => `${name} ${created}`,
});

/** Makes hubs since 2.0 answer in pages. They match this media type exactly. */
export const paginationHeaders = { Accept: "application/jupyterhub-pagination+json" };
