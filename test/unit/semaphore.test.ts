/** How many calls are under way at once, and who is next. */
import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { Semaphore } from "../../src/core/semaphore.js";
import { signalled } from "./helpers.js";

const open = new AbortController().signal;
/** Work that runs until the test ends it. */
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
/** Lets everything run that waits for nothing but its turn. */
const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

describe("permits", () => {
  it("limit the running work; the rest waits in order", async () => {
    const slots = new Semaphore(2);
    const log: string[] = [];
    const works = ["a", "b", "c", "d"].map((name) => work(log, name));
    const done = works.map(({ run }) => slots.run(open, run));
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
    const slots = new Semaphore(1);
    const failure = new Error("no");
    const first = slots.run(open, () => Promise.reject(failure));
    const second = slots.run(open, () => Promise.resolve("next"));
    await expect(first).rejects.toBe(failure);
    expect(await second).toBe("next");
  });

  it("are released by work that throws synchronously", async () => {
    const slots = new Semaphore(1);
    const failure = new Error("no");
    await expect(
      slots.run(open, () => {
        throw failure;
      }),
    ).rejects.toBe(failure);
    expect(await slots.run(open, () => Promise.resolve("next"))).toBe("next");
  });

  it("are not waited for after an abort, and the queue moves up", async () => {
    const slots = new Semaphore(1);
    const log: string[] = [];
    const [first, second, third] = ["a", "b", "c"].map((name) => work(log, name)) as [
      ReturnType<typeof work>,
      ReturnType<typeof work>,
      ReturnType<typeof work>,
    ];
    const one = slots.run(open, first.run);
    const controller = new AbortController();
    const two = slots.run(controller.signal, second.run);
    const three = slots.run(open, third.run);
    const reason = { why: "changed my mind" };
    controller.abort(reason);
    await expect(two).rejects.toBe(reason);
    first.end();
    third.end();
    await Promise.all([one, three]);
    expect(log).toEqual(["a", "c"]);
  });

  it.each([
    ["a slot is free", 1],
    ["none is free", 0],
  ])("are not taken with an aborted signal, if %s", async (_, count) => {
    const slots = new Semaphore(count);
    const reason = new Error("too late");
    let ran = false;
    const run = slots.run(AbortSignal.abort(reason), () => Promise.resolve((ran = true)));
    await expect(run).rejects.toBe(reason);
    expect(ran).toBe(false);
  });

  it("leave no listener on a signal after the wait", async () => {
    const slots = new Semaphore(1);
    const log: string[] = [];
    const [first, second, third] = [work(log, "a"), work(log, "b"), work(log, "c")];
    const controller = new AbortController();
    const one = slots.run(open, first.run);
    const two = slots.run(controller.signal, second.run);
    const three = slots.run(open, third.run);
    first.end();
    await one;
    await settled();
    expect(log).toEqual(["a", "b"]);
    expect(getEventListeners(controller.signal, "abort")).toEqual([]);
    // What runs is not for the slots to end, and who waits behind it keeps its place.
    controller.abort();
    second.end();
    third.end();
    expect(await Promise.all([two, three])).toEqual(["b", "c"]);
  });
});
