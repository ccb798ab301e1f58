/** `mapConcurrent` keeps no reference to results that were read, and ends cleanly after a break or a failure. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { mapConcurrent } from "../../src/workflows/map-concurrent.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;
const limits = { concurrency: 4, signal: undefined };

/** Lets the event loop turn once. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it("mapConcurrent keeps no reference to a result that was read", async () => {
  const read: WeakRef<object>[] = [];
  const items = Array.from({ length: 500 }, (_, index) => index);
  for await (const result of mapConcurrent(items, limits, async (index) => ({ index }))) {
    read.push(new WeakRef(result));
    if (read.length < 400) continue;
    await turn();
    collect();
    break;
  }
  expect(read.filter((one) => one.deref()).length).toBeLessThan(20);
});

it("mapConcurrent causes no unhandled rejection if its source fails after a break", async () => {
  const rejections: unknown[] = [];
  const keep = (reason: unknown): void => void rejections.push(reason);
  process.on("unhandledRejection", keep);
  let release = (): void => undefined;
  const wait = new Promise<void>((resolve) => (release = resolve));
  async function* source() {
    try {
      yield 1;
      await wait;
      yield 2;
    } finally {
      // oxlint-disable-next-line no-unsafe-finally
      throw new Error("The source cannot be closed");
    }
  }
  for await (const _ of mapConcurrent(source(), limits, async (item) => item)) break;
  release();
  await turn();
  await turn();
  process.off("unhandledRejection", keep);
  expect(rejections).toEqual([]);
});

it("mapConcurrent rejects with the error of an item in flight, even after its source has failed", async () => {
  const failure = new Error("The item failed");
  async function* source() {
    yield 1;
    throw new Error("The source failed");
  }
  const run = async () => {
    await turn();
    throw failure;
  };
  await expect(mapConcurrent(source(), limits, run).next()).rejects.toBe(failure);
});
