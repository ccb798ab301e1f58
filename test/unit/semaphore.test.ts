/** The semaphore: how it limits the running work, and the order of its queue. */
import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { Semaphore } from "../../src/core/semaphore.js";
import { signalled } from "./helpers.js";

const open = new AbortController().signal;
/** Returns work that logs its name, and runs until the test calls `end`. */
function work(log: string[], name: string) {
  const { when, tell } = signalled();
  return {
    end: tell,
    run: async () => {
      log.push(name);
      await when;
      return name;
    },
  };
}
/** Resolves when all pending microtasks have run. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("permits", () => {
  it("limit the running work; the rest waits in order", async () => {
    const semaphore = new Semaphore(2);
    const log: string[] = [];
    const works = ["a", "b", "c", "d"].map((name) => work(log, name));
    const done = works.map(({ run }) => semaphore.run(open, run));
    await settled();
    expect(log).toEqual(["a", "b"]);
    works[1]!.end();
    expect(await done[1]).toBe("b");
    await settled();
    expect(log).toEqual(["a", "b", "c"]);
    for (const { end } of works) end();
    expect(await Promise.all(done)).toEqual(["a", "b", "c", "d"]);
  });

  it("are released by work that fails", async () => {
    const semaphore = new Semaphore(1);
    const failure = new Error("no");
    const first = semaphore.run(open, () => Promise.reject(failure));
    const second = semaphore.run(open, () => Promise.resolve("next"));
    await expect(first).rejects.toBe(failure);
    expect(await second).toBe("next");
  });

  it("are released by work that throws synchronously", async () => {
    const semaphore = new Semaphore(1);
    const failure = new Error("no");
    await expect(
      semaphore.run(open, () => {
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(await semaphore.run(open, () => Promise.resolve("next"))).toBe("next");
  });

  it("are not kept for queued work that is aborted: the next work gets them", async () => {
    const semaphore = new Semaphore(1);
    const log: string[] = [];
    const [first, second, third] = ["a", "b", "c"].map((name) => work(log, name)) as [
      ReturnType<typeof work>,
      ReturnType<typeof work>,
      ReturnType<typeof work>,
    ];
    const one = semaphore.run(open, first.run);
    const controller = new AbortController();
    const two = semaphore.run(controller.signal, second.run);
    const three = semaphore.run(open, third.run);
    const reason = { why: "changed my mind" };
    controller.abort(reason);
    await expect(two).rejects.toBe(reason);
    first.end();
    third.end();
    await Promise.all([one, three]);
    expect(log).toEqual(["a", "c"]);
  });

  it.each([
    ["one is free", 1],
    ["none is free", 0],
  ])("are not given to work whose signal has already aborted: %s", async (_, count) => {
    const semaphore = new Semaphore(count);
    const reason = new Error("too late");
    let ran = false;
    const run = semaphore.run(AbortSignal.abort(reason), () => Promise.resolve((ran = true)));
    await expect(run).rejects.toBe(reason);
    expect(ran).toBe(false);
  });

  it("are given in order to the rest of a queue in which every second call is aborted", async () => {
    const semaphore = new Semaphore(1);
    const log: string[] = [];
    const first = work(log, "first");
    const one = semaphore.run(open, first.run);
    const controller = new AbortController();
    const queued = Array.from({ length: 1000 }, (_, index) =>
      semaphore.run(index % 2 ? controller.signal : open, () =>
        Promise.resolve(log.push(String(index))),
      ),
    );
    controller.abort();
    first.end();
    const ends = await Promise.allSettled([one, ...queued]);
    const even = Array.from({ length: 500 }, (_, index) => String(index * 2));
    expect(log).toEqual(["first", ...even]);
    expect(ends.filter(({ status }) => status === "rejected")).toHaveLength(500);
  });

  it("leave no listener on a signal after the wait", async () => {
    const semaphore = new Semaphore(1);
    const log: string[] = [];
    const [first, second, third] = [work(log, "a"), work(log, "b"), work(log, "c")];
    const controller = new AbortController();
    const one = semaphore.run(open, first.run);
    const two = semaphore.run(controller.signal, second.run);
    const three = semaphore.run(open, third.run);
    first.end();
    await one;
    await settled();
    expect(log).toEqual(["a", "b"]);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    // Work that runs is not aborted, and the queue behind it keeps its order.
    controller.abort();
    second.end();
    third.end();
    expect(await Promise.all([two, three])).toEqual(["b", "c"]);
  });
});
