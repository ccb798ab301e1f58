/** How resources list: the options of a listing, and the users' pages, which two resources list. */
import { getUsers } from "../../generated/sdk.gen.js";
import type { GetUsersData, User } from "../../generated/types.gen.js";
import { createListing, type Listing } from "../workflows/listing.js";
import { pageSize, type AskPage } from "../workflows/pages.js";
import { through, valueOf, type CallOptions, type Hub } from "./call.js";

/** How a listing is asked for. */
export interface PageInput {
  /**
   * How many items the hub is asked for at once, not how many come: a listing is complete. A hub gives as
   * many as its `api_page_max_limit` allows.
   * @default 200
   */
  limit?: number;
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

/** What tells one row of a listing from another, and what else there is to know of it. */
interface Rows<Row> extends PageInput {
  keyOf(row: Row): string;
  ordered?: boolean;
}

type Ask<Row> = (call: CallOptions, page: Parameters<AskPage<Row>>[0]) => ReturnType<AskPage<Row>>;

/** The items that are in the rows of a listing. */
export function listOf<Row, Item>(
  call: ListOptions = {},
  ask: Ask<Row>,
  { limit = pageSize, ordered = true, keyOf }: Rows<Row>,
  itemsOf: (row: Row) => readonly Item[],
): Listing<Item> {
  const { signal, timeout, concurrency, ...rest } = call;
  return createListing({
    ask: (page, signal) => ask({ ...rest, signal }, page),
    keyOf,
    itemsOf,
    ordered,
    limit,
    concurrency,
    timeout,
    signal,
  });
}

/** A listing of a hub's rows as they are. */
export const list = <Row>(
  call: ListOptions | undefined,
  ask: Ask<Row>,
  rows: Rows<Row>,
): Listing<Row> => listOf(call, ask, rows, (row) => [row]);

/** Which users to list, and in which order. */
export type ListUsersInput = Omit<NonNullable<GetUsersData["query"]>, "offset" | "limit"> &
  PageInput;

/** Asks for a page of the users that a query selects. */
export function askUsers(hub: Hub, input: ListUsersInput): Ask<User> {
  const { limit: _, ...query } = input;
  return (call, page) =>
    valueOf(getUsers({ ...through(hub, call, inPages), query: { ...query, ...page } }));
}

/** What there is to know of users in pages. */
export const usersBy = ({ limit, sort = "id" }: ListUsersInput): Rows<User> => ({
  ...(limit !== undefined && { limit }),
  ordered: !sort.includes("last_activity"),
  // Whoever was deleted and made again is somebody else; and some hubs have users without a name.
  keyOf: ({ name, created }) => `${name} ${created}`,
});

/** Makes hubs since 2.0 answer in pages. They match this media type exactly. */
export const inPages = { Accept: "application/jupyterhub-pagination+json" };
