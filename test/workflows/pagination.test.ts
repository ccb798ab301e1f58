/** Listings are complete and in order, however the hub splits them into pages. */
import { describe, expect, it, vi } from "vitest";
import { UnexpectedResponseError } from "../../src/index.js";
import { list, pagesInFlight, type Listing } from "../../src/resources/listing.js";
import { pageSize, type PageWalk } from "../../src/workflows/pagination.js";
import { rejectionOf } from "../unit/helpers.js";
import { fakeListing, names, type ListingOptions } from "./fake-listing.js";
import { failure, useClock } from "./time.js";

type Ask = PageWalk<string>["fetchPage"];

/** Responds to the requests of a listing with these pages; further requests fail. */
function answers(...pages: unknown[]) {
  const recorded: object[] = [];
  const ask: Ask = async (query) => {
    recorded.push(query);
    if (pages.length === 0) throw new Error("An unexpected request");
    return pages.shift() as string[];
  };
  return { ask, recorded };
}

const page = (items: unknown, next: object | null, offset = 0, limit = 2): object => ({
  items,
  _pagination: { offset, limit, total: 0, next },
});

/** A listing of names that requests one page at a time. */
const listingOf = (fetchPage: Ask, isOrdered = true): Listing<string> =>
  list<string>({
    input: { limit: 2 },
    call: { concurrency: 1 },
    fetchPage: (query, { signal }) => fetchPage(query, signal!),
    keyOf: (name) => name,
    isOrdered: () => isOrdered,
  });

const at = (offset: number, limit = 2): object => ({ offset, limit });

describe("a listing in pages", () => {
  it.each<[what: string, pages: unknown[], items: string[], recorded: object[]]>([
    ["from a single page", [page(["a", "b"], null)], ["a", "b"], [at(0)]],
    ["from a single empty page", [page([], null)], [], [at(0)]],
    [
      "from several pages that overlap by an item",
      [page(["b", "a"], at(2)), page(["a", "d"], at(3), 1), page(["d", "c"], null, 2)],
      ["b", "a", "d", "c"],
      [at(0), at(1), at(2)],
    ],
    [
      "if a page has fewer items than its limit",
      [page(["a"], at(2)), page(["b", "c"], null, 1)],
      ["a", "b", "c"],
      [at(0), at(1)],
    ],
    [
      "after empty pages",
      [page([], at(2)), page([], at(3), 1), page(["a"], null, 2)],
      ["a"],
      [at(0), at(1), at(2)],
    ],
    [
      "if the hub changes offset and limit",
      [page(["a"], at(50, 50)), page(["b"], at(53, 7), 49, 50), page(["c"], null, 52, 7)],
      ["a", "b", "c"],
      [at(0), at(49, 50), at(52, 7)],
    ],
    [
      "if the next page begins only one row further",
      [page(["a"], at(1)), page(["b"], null, 1)],
      ["a", "b"],
      [at(0), at(1)],
    ],
    [
      "with a limit of 1",
      [page(["a"], at(1, 1), 0, 1), page(["b"], at(2, 1), 1, 1), page(["c"], null, 2, 1)],
      ["a", "b", "c"],
      [at(0), at(1, 1), at(2, 1)],
    ],
    [
      "from an array, which old hubs send instead of pages",
      [["a", "b", "c"]],
      ["a", "b", "c"],
      [at(0)],
    ],
    ["from an empty array", [[]], [], [at(0)]],
    [
      "without using the URL of the next page",
      [
        page(["a", "b"], { offset: 2, limit: 2, url: "http://wrong.test.invalid/?offset=9" }),
        page(["b"], null, 1),
      ],
      ["a", "b"],
      [at(0), at(1)],
    ],
    [
      "if the last item of a page was deleted: the listing goes back",
      [
        page(["a", "b"], at(2)),
        page(["d", "e"], at(3), 1),
        page(["a", "c"], at(2)),
        page(["c", "d"], at(3), 1),
        page(["d", "e"], null, 2),
      ],
      ["a", "b", "c", "d", "e"],
      [at(0), at(1), at(0), at(1), at(2)],
    ],
    [
      "if so many items were deleted that a page begins after the end",
      [
        page(["a", "b"], at(2)),
        page(["b", "c"], at(3), 1),
        page([], null, 2),
        page(["c", "d"], null, 1),
      ],
      ["a", "b", "c", "d"],
      [at(0), at(1), at(2), at(1)],
    ],
    [
      "if all items listed so far were deleted",
      [page(["a", "b"], at(2)), page(["d"], null, 1), page(["c", "d"], null)],
      ["a", "b", "c", "d"],
      [at(0), at(1), at(0)],
    ],
    [
      "if other items were inserted before the listed ones",
      [page(["a", "b"], at(2)), page(["a", "b"], at(3), 1), page(["b", "c"], null, 2)],
      ["a", "b", "c"],
      [at(0), at(1), at(2)],
    ],
  ])("returns all items in order %s", async (_, pages, items, expected) => {
    const { ask, recorded } = answers(...pages);
    expect(await listingOf(ask)).toEqual(items);
    expect(recorded).toEqual(expected);
  });

  it("returns all items, and never goes back to earlier pages, if the order of the items may change", async () => {
    const { ask, recorded } = answers(page(["a", "b"], at(2)), page(["c", "d"], null, 1));
    expect(await listingOf(ask, false)).toEqual(["a", "b", "c", "d"]);
    expect(recorded).toEqual([at(0), at(1)]);
  });

  it.each<[what: string, next: object]>([
    ["has the same offset", at(1)],
    ["has an earlier offset", at(0)],
    ["has no offset", { limit: 2 }],
    ["has an offset that is not a number", { offset: "later", limit: 2 }],
  ])("rejects if the next page %s", async (_, next) => {
    const { ask, recorded } = answers(page(["a", "b"], at(2)), page(["b", "c"], next, 1));
    const error = await rejectionOf(listingOf(ask));
    expect(error).toBeInstanceOf(UnexpectedResponseError);
    expect(error).toMatchObject({ message: expect.stringContaining("does not advance") });
    expect(recorded).toHaveLength(2);
  });

  it.each<[what: string, answer: unknown]>([
    ["null", null],
    ["a string", "hello"],
    ["a number", 7],
    ["an object without items", { users: [] }],
    ["a page without items", { _pagination: { next: null } }],
    ["items that are not an array", { items: { a: 1 }, _pagination: { next: null } }],
    ["items without a pagination", { items: [] }],
  ])("rejects if the response is %s", async (_, answer) => {
    const { ask } = answers(answer);
    const error = await rejectionOf(listingOf(ask));
    expect(error).toBeInstanceOf(UnexpectedResponseError);
    expect(error).toMatchObject({ message: expect.stringContaining("neither a list nor a page") });
  });

  it("rejects with the error of the request if the request for a page fails", async () => {
    const { ask } = answers(page(["a", "b"], at(2)));
    await expect(listingOf(ask)).rejects.toThrow("An unexpected request");
  });

  it("requests 200 items per page, the most that hubs allow, and two pages at once", () => {
    expect({ pageSize, pagesInFlight }).toEqual({ pageSize: 200, pagesInFlight: 2 });
  });
});

describe("users.list on a hub", () => {
  it.each<
    [
      what: string,
      count: number,
      options: ListingOptions,
      limit: number | undefined,
      requests: number,
    ]
  >([
    ["without users", 0, {}, undefined, 1],
    ["with exactly one page of users", 200, {}, undefined, 1],
    ["with one user more than a page", 201, {}, undefined, 2],
    ["with three pages of users", 450, {}, undefined, 3],
    ["whose pages are smaller than requested", 230, { max: 100 }, 500, 3],
    ["that gets a limit of 4", 10, {}, 4, 3],
    ["that gets a limit of 1", 3, {}, 1, 3],
    ["before 2.0, which sends all users at once", 450, { version: "1.2.2" }, undefined, 1],
  ])("%s lists all users once, in order", async (_, count, options, limit, requests) => {
    const { hub, recorded } = fakeListing(names(count), options);
    const users = await hub.users.list(limit === undefined ? {} : { limit });
    expect(users.map(({ name }) => name)).toEqual(names(count));
    expect(recorded).toHaveLength(requests);
  });

  it("sends its filters with the request for every page", async () => {
    const { hub, recorded } = fakeListing(names(3), { max: 2 });
    await hub.users.list({ state: "active", sort: "-name" });
    expect(recorded.map(({ path }) => path)).toEqual([
      "/users?state=active&sort=-name&offset=0&limit=200",
      "/users?state=active&sort=-name&offset=1&limit=2",
    ]);
  });

  it("rejects if a page is invalid", async () => {
    const { hub, recorded } = fakeListing(names(5), { max: 2, first: [null] });
    expect(await rejectionOf(hub.users.list())).toBeInstanceOf(UnexpectedResponseError);
    expect(recorded).toHaveLength(1);
  });
});

describe("a listing with a timeout", () => {
  useClock();

  it("rejects when the time for all its pages together is over, and requests no further page", async () => {
    const { hub, recorded } = fakeListing(names(10), { max: 2, takes: 400 });
    const begun = Date.now();
    const error = await failure(hub.users.list({}, { timeout: 1000 }));
    expect(error).toMatchObject({
      name: "TimeoutError",
      timeout: 1000,
      message: "The listing was not complete within 1000 ms.",
    });
    expect(Date.now() - begun).toBe(1000);
    const { length } = recorded;
    expect(length).toBeLessThan(10);
    await vi.advanceTimersByTimeAsync(5000);
    expect(recorded).toHaveLength(length);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("counts the time between two items of an iteration towards the timeout", async () => {
    const { hub } = fakeListing(names(10), { max: 5 });
    const received: string[] = [];
    const iterate = async (): Promise<void> => {
      for await (const { name } of hub.users.list({}, { timeout: 1000 })) {
        received.push(name);
        await new Promise((resolve) => setTimeout(resolve, 300));
      }
    };
    expect(await failure(iterate())).toMatchObject({ name: "TimeoutError", timeout: 1000 });
    expect(received).toEqual(names(5));
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([0, -1, Number.NaN])("refuses a timeout of %s milliseconds", async (timeout) => {
    const { hub, recorded } = fakeListing(names(10));
    const error = await rejectionOf(hub.users.list({}, { timeout }));
    expect(error).toMatchObject({
      name: "InvalidInputError",
      message: "The timeout must be a number above 0.",
    });
    expect(recorded).toEqual([]);
  });

  it("requests no further page after an abort", async () => {
    const { hub, recorded } = fakeListing(names(30), { max: 2, takes: 400 });
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 1000);
    const listed = hub.users.list({}, { signal: controller.signal });
    expect(await failure(listed)).toBe("enough");
    const { length } = recorded;
    await vi.advanceTimersByTimeAsync(5000);
    expect(recorded).toHaveLength(length);
    expect(length).toBeLessThan(15);
  });
});
