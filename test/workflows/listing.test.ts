/** The results and the requests of a listing that is awaited, or iterated item by item or page by page. */
import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { ForbiddenError, type JupyterHub, type ListOptions } from "../../src/index.js";
import { answer, answering, hubOf, refusal, rejectionOf, signalled } from "../unit/helpers.js";
import { ChangingHub } from "./changing-hub.js";
import { fakeListing, names, type Recorded } from "./fake-listing.js";

const offsets = (recorded: readonly Recorded[]): number[] =>
  recorded.map(({ path }) => Number(/offset=(\d+)/.exec(path)?.[1]));
const nameOf = ({ name }: { name: string }): string => name;

/** A hub with pages of ten users. It responds to a request only when the test calls `answer` or `fail`. */
function waiting(total: number) {
  const open: { offset: number; signal: AbortSignal; answer: () => void; fail: () => void }[] = [];
  const fetch = answering((request, signal) => {
    const offset = Number(new URL(request.url).searchParams.get("offset"));
    const { when, tell } = signalled<Response>();
    const next = offset + 10 < total ? { offset: offset + 10, limit: 10, url: "" } : null;
    const items = names(total)
      .slice(offset, offset + 10)
      .map((name) => ({ name }));
    open.push({
      offset,
      signal,
      answer: () => tell(answer({ items, _pagination: { offset, limit: 10, total, next } })),
      fail: () => tell(refusal(403, "Action is not authorized")),
    });
    return when;
  });
  const asks = (count: number): Promise<void> =>
    expect.poll(() => open.length, { interval: 1 }).toBe(count) as unknown as Promise<void>;
  return { hub: hubOf(fetch), open, asks };
}

describe("a listing", () => {
  it("sends nothing before it is awaited or iterated, even if it is printed", async () => {
    const { hub, recorded } = fakeListing(names(3));
    const listing = hub.users.list();
    expect(inspect(listing, { showHidden: true, depth: 9 })).not.toContain("token");
    expect(JSON.stringify(listing)).toBe("{}");
    listing.pages();
    listing[Symbol.asyncIterator]();
    await new Promise(setImmediate);
    expect(recorded).toEqual([]);
  });

  it("sends new requests each time it is awaited or iterated", async () => {
    const { hub, recorded } = fakeListing(names(3));
    const listing = hub.users.list();
    expect(await listing).toEqual(await listing);
    for await (const _ of listing);
    for await (const _ of listing.pages());
    await listing.page();
    expect(recorded).toHaveLength(5);
  });

  it("supports then, catch and finally like a promise", async () => {
    const { hub } = fakeListing(names(3));
    const received: string[] = [];
    const listing = hub.users.list();
    expect(await listing.then((users) => users.length)).toBe(3);
    expect(await listing.catch(() => [])).toHaveLength(3);
    expect(await listing.finally(() => received.push("finally"))).toHaveLength(3);
    expect(await Promise.all([listing, hub.groups.list()])).toHaveLength(2);
    const broken = hubOf(answering(() => refusal(403, "Forbidden"))).users.list();
    expect(await broken.catch((error: unknown) => error)).toBeInstanceOf(Error);
    expect(await broken.then(undefined, () => "no")).toBe("no");
    await expect(broken.finally(() => received.push("again"))).rejects.toThrow();
    expect(received).toEqual(["finally", "again"]);
  });

  it("yields items as their pages arrive", async () => {
    const { hub, open, asks } = waiting(25);
    const received: string[] = [];
    const done = (async () => {
      for await (const { name } of hub.users.list()) received.push(name);
    })();
    await asks(1);
    open[0]?.answer();
    await expect.poll(() => received.length).toBe(10);
    await asks(3);
    open[2]?.answer();
    open[1]?.answer();
    await done;
    expect(received).toEqual(names(25));
  });

  it("yields pages that repeat no item of an earlier page", async () => {
    const { hub } = fakeListing(names(5), { max: 3 });
    const pages = [];
    for await (const { items, ...page } of hub.users.list().pages()) {
      pages.push({ ...page, items: items.map(nameOf) });
    }
    const whole = { limit: 3, total: 5 };
    expect(pages).toEqual([
      { ...whole, items: ["n0", "n1", "n2"], offset: 0, next: { offset: 3, limit: 3 } },
      { ...whole, items: ["n3", "n4"], offset: 3, next: null },
    ]);
  });

  it.each<[what: string, version: string]>([
    ["that sends pages", "6.1.1"],
    ["that sends everything at once", "1.2.2"],
  ])("returns a single page of items from a hub %s", async (_, version) => {
    const { hub, recorded } = fakeListing(names(50), { version });
    const listing = hub.groups.list({ limit: 15 });
    const { items, ...page } = await listing.page({ offset: 10, limit: 20 });
    expect(items.map(nameOf)).toEqual(names(50).slice(10, 30));
    expect(page).toEqual({ offset: 10, limit: 20, total: 50, next: { offset: 30, limit: 20 } });
    expect(await listing.page()).toMatchObject({ offset: 0, limit: 15 });
    expect(await listing.page({ offset: 40 })).toMatchObject({ offset: 40, next: null });
    expect(await listing.page({ offset: 60 })).toMatchObject({ items: [], total: 50, next: null });
    expect(offsets(recorded)).toEqual([10, 0, 40, 60]);
  });

  it("yields pages from the given offset on", async () => {
    const { hub, recorded } = fakeListing(names(50));
    const found: string[] = [];
    for await (const { items } of hub.users.list().pages({ offset: 30, limit: 10 })) {
      found.push(...items.map(nameOf));
    }
    expect(found).toEqual(names(50).slice(30));
    expect(offsets(recorded)).toEqual([30, 39, 48]);
  });

  it.each([
    ["offset", { offset: -1 }],
    ["offset", { offset: 1.5 }],
    ["limit", { limit: -1 }],
  ])("refuses an invalid %s: %j", async (_, query) => {
    const { hub, recorded } = fakeListing(names(3));
    const error = await rejectionOf(hub.users.list().page(query));
    expect(error).toMatchObject({ name: "InvalidInputError" });
    expect(recorded).toEqual([]);
  });
});

describe("a listing that ends early", () => {
  const ways: Record<string, (hub: JupyterHub, call?: ListOptions) => Promise<unknown>> = {
    "a break": async (hub) => {
      for await (const { name } of hub.users.list()) if (name === "n15") break;
    },
    "a break between pages": async (hub) => {
      let pages = 0;
      for await (const _ of hub.users.list().pages()) if ((pages += 1) === 2) break;
    },
    "an error in the loop": async (hub) => {
      for await (const { name } of hub.users.list()) if (name === "n15") throw new Error("mine");
    },
  };

  it.each(Object.entries(ways))("aborts the requests in flight after %s", async (_, leave) => {
    const { hub, open, asks } = waiting(100);
    const left = leave(hub).catch(() => undefined);
    await asks(1);
    open[0]?.answer();
    await asks(3);
    open[1]?.answer();
    await left;
    expect(open.map(({ signal }) => signal.aborted)).toEqual([false, false, true]);
  });

  it("aborts the requests in flight if its signal is aborted, and rejects with the reason", async () => {
    const { hub, open, asks } = waiting(100);
    const controller = new AbortController();
    const { signal } = controller;
    const listed = rejectionOf(hub.users.list({}, { signal }));
    await asks(1);
    open[0]?.answer();
    await asks(3);
    controller.abort("enough");
    expect(await listed).toBe("enough");
    expect(open.map(({ signal }) => signal.aborted)).toEqual([false, true, true]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("yields no further item of a page after an abort", async () => {
    const { hub, recorded } = fakeListing(names(10));
    const controller = new AbortController();
    const received: string[] = [];
    const iterate = async (): Promise<void> => {
      for await (const { name } of hub.users.list({}, { signal: controller.signal })) {
        received.push(name);
        if (name === "n3") controller.abort("enough");
      }
    };
    expect(await rejectionOf(iterate())).toBe("enough");
    expect(received).toEqual(names(4));
    expect(recorded).toHaveLength(1);
  });

  it("sends nothing if its signal is already aborted", async () => {
    const { hub, recorded } = fakeListing(names(10));
    const listed = hub.users.list({}, { signal: AbortSignal.abort("enough") });
    expect(await rejectionOf(listed)).toBe("enough");
    expect(recorded).toEqual([]);
  });

  it("does not keep the program running until its timeout", async () => {
    const timers = () => process.getActiveResourcesInfo().filter((one) => one === "Timeout").length;
    const before = timers();
    const { hub } = fakeListing(names(3));
    const items = hub.users.list({}, { timeout: 1_000_000 })[Symbol.asyncIterator]();
    await items.next();
    expect(timers()).toBe(before);
  });

  it("leaves no listener on the caller's signal", async () => {
    const { hub } = fakeListing(names(500));
    const { signal } = new AbortController();
    await hub.users.list({}, { signal });
    for await (const _ of hub.users.list({}, { signal })) break;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("a page that fails", () => {
  it("makes the listing reject only when the listing reaches it, and aborts the requests for later pages", async () => {
    const { hub, open, asks } = waiting(100);
    const received: string[] = [];
    const iterate = async (): Promise<void> => {
      for await (const { name } of hub.users.list({}, { concurrency: 3 })) received.push(name);
    };
    const failed = rejectionOf(iterate());
    await asks(1);
    open[0]?.answer();
    await asks(4);
    open[2]?.fail();
    await new Promise(setImmediate);
    expect(received).toEqual(names(10));
    open[1]?.answer();
    expect(await failed).toBeInstanceOf(ForbiddenError);
    expect(received).toEqual(names(19));
    expect(open.at(-1)?.signal.aborted).toBe(true);
  });

  it("causes no unhandled rejection before the listing reaches it", async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown): unknown => unhandled.push(reason);
    process.on("unhandledRejection", listener);
    const { hub, open, asks } = waiting(100);
    const pages = hub.users.list().pages()[Symbol.asyncIterator]();
    const first = pages.next();
    await asks(1);
    open[0]?.answer();
    await first;
    const second = pages.next();
    await asks(3);
    open[1]?.answer();
    await second;
    open[2]?.fail();
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", listener);
    expect(unhandled).toEqual([]);
    expect(await rejectionOf(pages.next())).toBeInstanceOf(ForbiddenError);
  });
});

describe("the number of concurrent requests", () => {
  it.each<[concurrency: number | undefined, atMost: number]>([
    [undefined, 2],
    [1, 1],
    [5, 5],
    [50, 10],
  ])(
    "with concurrency %s is one until the first page arrives, and then up to %i",
    async (concurrency, atMost) => {
      const { hub, open, asks } = waiting(100);
      const listed = hub.users.list({}, { concurrency }).then((users) => users.map(nameOf));
      await asks(1);
      open[0]?.answer();
      // Pages overlap by a user, so each page after the first has nine of the remaining 90 users.
      const flying = Math.min(atMost, 10);
      await asks(1 + flying);
      await new Promise(setImmediate);
      expect(open).toHaveLength(1 + flying);
      for (let answered = 1; answered < 11; answered += 1) {
        await expect.poll(() => open.length, { interval: 1 }).toBeGreaterThan(answered);
        open[answered]?.answer();
      }
      expect(await listed).toEqual(names(100));
      expect(open.map(({ offset }) => offset)).toEqual([0, 9, 18, 27, 36, 45, 54, 63, 72, 81, 90]);
    },
  );

  it("is one with concurrency 1: a page is requested only when the iteration reaches it", async () => {
    const { hub, recorded } = fakeListing(names(450));
    for await (const _ of hub.users.list({}, { concurrency: 1 }).pages()) break;
    for await (const { name } of hub.users.list({}, { concurrency: 1 })) if (name === "n250") break;
    expect(offsets(recorded)).toEqual([0, 0, 199]);
  });

  it.each([0, -1, Number.NaN])("cannot be limited to %s", async (concurrency) => {
    const { hub, recorded } = fakeListing(names(3));
    const error = await rejectionOf(hub.users.list({}, { concurrency }));
    expect(error).toMatchObject({ name: "InvalidInputError" });
    expect(recorded).toEqual([]);
  });

  it("is one while the listing goes back to earlier pages", async () => {
    const hub = new ChangingHub(60, {
      max: 10,
      before: (hub, answers) => {
        if (answers === 2) for (const name of names(12)) hub.delete(name);
      },
    });
    const listed = await hub.client().users.list({}, { concurrency: 3 });
    expect(listed.map(nameOf)).toEqual(names(60));
    expect(hub.recorded.map(([offset]) => offset)).toEqual([
      0, 9, 18, 27,
      // 36 is requested in advance. The page at 18 begins with an unexpected row, so the listing goes back.
      36,
      9, 0, 9, 18, 27, 36, 45,
    ]);
  });
});

describe("going back to earlier pages", () => {
  it("finds the users who were not deleted, even if pages are small and many users were deleted", async () => {
    const hub = new ChangingHub(300, {
      max: 3,
      before: (hub, answers) => {
        if (answers === 100) for (const name of names(201).slice(20)) hub.delete(name);
      },
    });
    const listed = await hub.client().users.list({}, { concurrency: 1 });
    expect(listed.slice(-99).map(nameOf)).toEqual(names(300).slice(201));
    expect(new Set(listed.map(nameOf)).size).toBe(listed.length);
  });

  it("stops at the offset at which the caller began", async () => {
    const hub = new ChangingHub(60, {
      max: 10,
      before: (hub, answers) => {
        if (answers === 1) for (const name of names(25)) hub.delete(name);
      },
    });
    const found: string[] = [];
    for await (const { items } of hub.client().users.list().pages({ offset: 20 })) {
      found.push(...items.map(nameOf));
    }
    expect(found).toEqual([...names(60).slice(20, 30), ...names(60).slice(45)]);
    expect(hub.recorded.map(([offset]) => offset)).toEqual([20, 29, 38, 20, 29]);
  });
});

describe("a listing whose iteration deletes users", () => {
  it.each([undefined, 1, 8])(
    "yields every user exactly once, with concurrency %s",
    async (concurrency) => {
      const hub = new ChangingHub(6000, { max: 200 });
      const { rows } = hub;
      // The first 50 users are not deleted, and stay before all others.
      const isKept = (name: string): boolean => Number(name.slice(1)) < 50;
      const received: string[] = [];
      for await (const { name } of hub.client().users.list({}, { concurrency })) {
        received.push(name);
        if (!isKept(name)) hub.delete(name);
      }
      expect(received).toEqual(rows.map(nameOf));
      expect(hub.rows.map(nameOf)).toEqual(names(50));
    },
  );
});

describe("pages from which hubs omit rows", () => {
  it("neither end a listing nor make it go back to earlier pages", async () => {
    const hub = new ChangingHub(60, {
      max: 10,
      shows: ({ name }) => Number(name.slice(1)) % 7 === 3,
    });
    const listed = await hub.client().users.list({ state: "ready" });
    expect(listed.map(nameOf)).toEqual([
      "n3",
      "n10",
      "n17",
      "n24",
      "n31",
      "n38",
      "n45",
      "n52",
      "n59",
    ]);
    expect(hub.recorded.map(([offset]) => offset)).toEqual([0, 9, 18, 27, 36, 45, 54]);
  });

  it("may be empty", async () => {
    const hub = new ChangingHub(40, { max: 10, shows: ({ name }) => name === "n39" });
    expect((await hub.client().users.list()).map(nameOf)).toEqual(["n39"]);
  });
});

describe("users without a name, which some hubs have", () => {
  it("are listed like other users", async () => {
    const row = (name: string): object => ({
      name: name === "n3" || name === "n5" ? null : name,
      created: name,
    });
    const { hub, recorded } = fakeListing(names(8), { max: 4, shape: (items) => items.map(row) });
    expect(await hub.users.list()).toEqual(names(8).map(row));
    expect(offsets(recorded)).toEqual([0, 3, 6]);
  });
});
