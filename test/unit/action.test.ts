/** Actions, which are promises with events that can be iterated, and the logs that store these events. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Action, EventLog } from "../../src/workflows/progress.js";

import { JupyterHubError } from "../../src/index.js";

/** An action whose events and outcome a test controls. */
function begin() {
  let resolve!: (value: string) => void;
  let reject!: (error: unknown) => void;
  let feed!: EventLog<number>;
  let runs = 0;
  const action = new Action<string, number>((given) => {
    runs += 1;
    feed = given;
    return new Promise((yes, no) => {
      resolve = yes;
      reject = no;
    });
  });
  return { action, feed, resolve, reject, runs: () => runs };
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** Waits until promises have settled, and Node has reported unhandled rejections. */
const rest = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 5));

let unhandled: unknown[] = [];
const report = (reason: unknown): void => void unhandled.push(reason);
let others: NodeJS.UnhandledRejectionListener[] = [];
beforeEach(() => {
  unhandled = [];
  // Vitest's own handler would fail the run for the expected rejections.
  others = process.listeners("unhandledRejection");
  process.removeAllListeners("unhandledRejection").on("unhandledRejection", report);
});
afterEach(() => {
  process.removeAllListeners("unhandledRejection");
  for (const listener of others) process.on("unhandledRejection", listener);
});

describe("an action", () => {
  it("is a promise whose then() returns an ordinary promise", async () => {
    const { action, resolve } = begin();
    expect(action).toBeInstanceOf(Promise);
    expect(action.then(String).constructor).toBe(Promise);
    resolve("done");
    await expect(action).resolves.toBe("done");
    await expect(Promise.all([action, action.finally(() => undefined)])).resolves.toHaveLength(2);
  });

  it("runs once, however often it is awaited and iterated", async () => {
    const { action, feed, resolve, runs } = begin();
    feed.add(1);
    const readers = [all(action), all(action)];
    feed.add(2);
    resolve("done");
    expect(await action).toBe("done");
    expect(await Promise.all([...readers, all(action)])).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    expect(runs()).toBe(1);
  });

  it("rejects with its error, and every iteration throws the same error after the events", async () => {
    const { action, feed, reject } = begin();
    const error = new Error("failed");
    const events: number[] = [];
    const read = (async () => {
      for await (const event of action) events.push(event);
    })();
    feed.add(1);
    reject(error);
    await expect(read).rejects.toBe(error);
    await expect(action).rejects.toBe(error);
    await expect(all(action)).rejects.toBe(error);
    expect(events).toEqual([1]);
  });

  it("causes no unhandled rejection if it is only iterated, even if the iteration stops early", async () => {
    const iterated = begin();
    const read = all(iterated.action).catch(() => "thrown");
    const left = begin();
    left.feed.add(1);
    for await (const _ of left.action) break;
    iterated.reject(new Error("failed"));
    left.reject(new Error("failed"));
    expect(await read).toBe("thrown");
    await rest();
    expect(unhandled).toEqual([]);
  });

  it("causes an unhandled rejection if it is neither awaited nor iterated", async () => {
    const error = new Error("failed");
    begin().reject(error);
    await rest();
    expect(unhandled).toEqual([error]);
  });

  it("adds the caller's line to the stack of this package's errors, and does not change other errors", async () => {
    const theProgramOfTheUser = () => begin();
    const { action, reject } = theProgramOfTheUser();
    reject(new JupyterHubError("What failed"));
    const error = (await action.catch((thrown: unknown) => thrown)) as Error;
    expect(error.stack).toMatch(/^JupyterHubError: What failed\n\s+at /);
    expect(error.stack).toContain("theProgramOfTheUser");
    const other = begin();
    const foreign = new Error("theirs");
    const { stack } = foreign;
    other.reject(foreign);
    await expect(other.action).rejects.toBe(foreign);
    expect(foreign.stack).toBe(stack);
  });
});

describe("an event log", () => {
  it("ends an iteration at once when the reader stops it, even while next() waits", async () => {
    const feed = new EventLog<number>();
    let left = 0;
    const items = feed[Symbol.asyncIterator](() => (left += 1));
    const next = items.next();
    expect(await items.return?.()).toEqual({ done: true, value: undefined });
    expect(await next).toEqual({ done: true, value: undefined });
    feed.add(1);
    expect(await items.next()).toEqual({ done: true, value: undefined });
    expect(left).toBe(1);
    feed.end();
    expect(await all(feed)).toEqual([1]);
  });

  it("yields each item once if next() is called several times before the items arrive", async () => {
    const feed = new EventLog<number>();
    const items = feed[Symbol.asyncIterator]();
    const recorded = [items.next(), items.next(), items.next()];
    feed.add(1);
    feed.add(2);
    feed.end();
    expect((await Promise.all(recorded)).map(({ value }) => value)).toEqual([1, 2, undefined]);
  });

  it("throws its error once in each iteration, which then ends", async () => {
    const feed = new EventLog<number>();
    feed.fail("lost");
    const items = feed[Symbol.asyncIterator]();
    await expect(items.next()).rejects.toBe("lost");
    expect(await items.next()).toEqual({ done: true, value: undefined });
  });
});
