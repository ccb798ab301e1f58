/** Listings are complete and in order, whatever pages a hub makes of them. */
import { describe, expect, it, vi } from "vitest";
import { NotAHubError } from "../../src/index.js";
import { allItems, pageSize, type AskPage } from "../../src/workflows/pages.js";
import { fakeListing, names, type ListingOptions } from "./fake-listing.js";
import { failure, useClock } from "./time.js";

/** Answers a listing's questions one after the other; asked once more, it fails. */
function answers(...pages: unknown[]): { ask: AskPage<string>; asked: object[] } {
  const asked: object[] = [];
  return {
    asked,
    ask: async (query) => {
      asked.push(query);
      if (pages.length === 0) throw new Error("Nobody expected another question");
      return pages.shift() as string[];
    },
  };
}

const page = (items: unknown, next: object | null, offset = 0): object => ({
  items,
  _pagination: { offset, limit: 2, total: 9, next },
});

describe("all items", () => {
  it.each<[what: string, pages: unknown[], items: string[], asked: object[]]>([
    ["of a single page", [page(["a", "b"], null)], ["a", "b"], [{ offset: 0, limit: 200 }]],
    ["of an empty listing", [page([], null)], [], [{ offset: 0, limit: 200 }]],
    [
      "of several pages, in the hub's order",
      [page(["b", "a"], { offset: 2, limit: 2 }), page(["d", "c"], null)],
      ["b", "a", "d", "c"],
      [
        { offset: 0, limit: 200 },
        { offset: 2, limit: 2 },
      ],
    ],
    [
      "beyond a short page",
      [page(["a"], { offset: 2, limit: 2 }), page(["b"], null)],
      ["a", "b"],
      [
        { offset: 0, limit: 200 },
        { offset: 2, limit: 2 },
      ],
    ],
    [
      "beyond empty pages",
      [page([], { offset: 2, limit: 2 }), page([], { offset: 4, limit: 2 }), page(["a"], null)],
      ["a"],
      [
        { offset: 0, limit: 200 },
        { offset: 2, limit: 2 },
        { offset: 4, limit: 2 },
      ],
    ],
    [
      "where the hub changes its mind about offset and limit",
      [
        page(["a"], { offset: 50, limit: 50 }),
        page(["b"], { offset: 53, limit: 7 }),
        page([], null),
      ],
      ["a", "b"],
      [
        { offset: 0, limit: 200 },
        { offset: 50, limit: 50 },
        { offset: 53, limit: 7 },
      ],
    ],
    ["of a plain list, as old hubs send it", [["a", "b"]], ["a", "b"], [{ offset: 0, limit: 200 }]],
    ["of an empty plain list", [[]], [], [{ offset: 0, limit: 200 }]],
    [
      "without following an address",
      [
        page(["a"], { offset: 1, limit: 1, url: "http://wrong.test.invalid/?offset=9" }),
        page([], null),
      ],
      ["a"],
      [
        { offset: 0, limit: 200 },
        { offset: 1, limit: 1 },
      ],
    ],
  ])("%s", async (_, pages, items, expected) => {
    const { ask, asked } = answers(...pages);
    expect(await allItems(ask)).toEqual(items);
    expect(asked).toEqual(expected);
  });

  it.each([1, 50, 1000])("are asked for %i at once, where that is wished", async (limit) => {
    const { ask, asked } = answers(page([], null));
    await allItems(ask, limit);
    expect(asked).toEqual([{ offset: 0, limit }]);
  });

  it.each<[what: string, next: object]>([
    ["stands still", { offset: 2, limit: 2 }],
    ["goes back", { offset: 0, limit: 2 }],
    ["has no offset", { limit: 2 }],
    ["has no number for an offset", { offset: "later", limit: 2 }],
  ])("are refused when next %s", async (_, next) => {
    const { ask, asked } = answers(page(["a"], { offset: 2, limit: 2 }), page(["b"], next, 2));
    const error = await allItems(ask).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NotAHubError);
    expect(error).toMatchObject({ message: expect.stringContaining("does not advance") });
    expect(asked).toHaveLength(2);
  });

  it.each<[what: string, answer: unknown]>([
    ["null", null],
    ["a text", "hello"],
    ["a number", 7],
    ["some object", { users: [] }],
    ["a page without items", { _pagination: { next: null } }],
    ["items that are no list", { items: { a: 1 }, _pagination: { next: null } }],
    ["items without a pagination", { items: [] }],
  ])("are refused when the answer is %s", async (_, answer) => {
    const { ask } = answers(answer);
    const error = await allItems(ask).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NotAHubError);
    expect(error).toMatchObject({ message: expect.stringContaining("neither a list nor a page") });
  });

  it("reject with what a page fails with", async () => {
    const { ask } = answers(page(["a"], { offset: 2, limit: 2 }));
    await expect(allItems(ask)).rejects.toThrow("Nobody expected another question");
  });

  it("are asked for 200 at once, the most that a hub gives", () => {
    expect(pageSize).toBe(200);
  });
});

describe("users.list on a hub", () => {
  it.each<
    [what: string, count: number, options: ListingOptions, limit: number | undefined, asked: number]
  >([
    ["with nobody", 0, {}, undefined, 1],
    ["with as many users as a page holds", 200, {}, undefined, 1],
    ["with one more than that", 201, {}, undefined, 2],
    ["with three pages of users", 450, {}, undefined, 3],
    ["that gives fewer at once than it is asked for", 230, { max: 100 }, 500, 3],
    ["that is asked for a few at once", 10, {}, 3, 4],
    ["that is asked for one at once", 3, {}, 1, 3],
    ["before 2.0, which sends everybody", 450, { version: "1.2.2" }, undefined, 1],
  ])("%s gives everybody, in order, once", async (_, count, options, limit, requests) => {
    const { hub, asked } = fakeListing(names(count), options);
    const users = await hub.users.list(limit === undefined ? {} : { limit });
    expect(users.map(({ name }) => name)).toEqual(names(count));
    expect(asked).toHaveLength(requests);
  });

  it("asks for the selected users on every page", async () => {
    const { hub, asked } = fakeListing(names(3), { max: 2 });
    await hub.users.list({ state: "active", sort: "-name" });
    expect(asked.map(({ path }) => path)).toEqual([
      "/users?state=active&sort=-name&offset=0&limit=200",
      "/users?state=active&sort=-name&offset=2&limit=2",
    ]);
  });

  it("stops at a page that cannot be had", async () => {
    const { hub, asked } = fakeListing(names(5), { max: 2, first: [null] });
    const error = await hub.users.list().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NotAHubError);
    expect(asked).toHaveLength(1);
  });
});

describe("a listing with a timeout", () => {
  useClock();

  it("has that time for all of its pages together", async () => {
    const { hub, asked } = fakeListing(names(10), { max: 1, takes: 400 });
    const begun = Date.now();
    const error = await failure(hub.users.list({}, { timeout: 1000 }));
    expect(error).toMatchObject({
      name: "TimeoutError",
      timeout: 1000,
      message: "The listing was not complete within 1000 ms.",
    });
    expect(Date.now() - begun).toBe(1000);
    expect(asked).toHaveLength(2);
    expect(vi.getTimerCount()).toBeLessThanOrEqual(1);
  });

  it("asks for no further page once it is aborted", async () => {
    const { hub, asked } = fakeListing(names(10), { max: 1, takes: 400 });
    const controller = new AbortController();
    setTimeout(() => controller.abort("enough"), 1000);
    const listed = hub.users.list({}, { signal: controller.signal });
    expect(await failure(listed)).toBe("enough");
    await vi.advanceTimersByTimeAsync(5000);
    expect(asked.length).toBeLessThanOrEqual(3);
  });
});
