/** Deadlines and delays. */
import { getEventListeners } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { DeadlinePassed, delay, onTimeoutOrAbort, withDeadline } from "../../src/core/deadline.js";
import { rejectionOf, signalled } from "./helpers.js";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const never = () => new Promise<never>(() => {});

describe("withDeadline()", () => {
  it("resolves with the value of the work, and leaves no timer", async () => {
    expect(await withDeadline(1000, undefined, () => Promise.resolve("done"))).toBe("done");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects with the error of the work, and leaves no timer", async () => {
    const failure = new Error("no");
    await expect(withDeadline(1000, undefined, () => Promise.reject(failure))).rejects.toBe(
      failure,
    );
    expect(vi.getTimerCount()).toBe(0);
  });

  it("aborts the rest of the work when a part of it fails", async () => {
    const failure = new Error("no");
    let rest: Promise<unknown> | undefined;
    const done = withDeadline(1000, undefined, (signal) => {
      rest = rejectionOf(delay(1000, signal));
      return Promise.all([rest, Promise.reject(failure)]);
    });
    await expect(done).rejects.toBe(failure);
    expect(await rest).toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects when the work throws synchronously", async () => {
    const failure = new Error("no");
    const work = () => {
      throw failure;
    };
    await expect(withDeadline(1000, undefined, work)).rejects.toBe(failure);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects after the timeout, even if the work ignores its signal", async () => {
    let received: AbortSignal | undefined;
    const rejected = rejectionOf(
      withDeadline(1000, undefined, (signal) => {
        received = signal;
        return never();
      }),
    );
    await vi.advanceTimersByTimeAsync(999);
    expect(received?.aborted).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    const error = await rejected;
    expect(error).toBeInstanceOf(DeadlinePassed);
    expect(error).toMatchObject({ timeout: 1000 });
    expect(received?.reason).toBe(error);
  });

  it.each([undefined, Infinity, 2 ** 31])("sets no timer for the timeout %s", async (timeout) => {
    const { when, tell } = signalled<string>();
    const done = withDeadline(timeout, undefined, () => when);
    expect(vi.getTimerCount()).toBe(0);
    tell("done");
    expect(await done).toBe("done");
  });

  it("sets a timer for the longest delay that timers support", async () => {
    const rejected = rejectionOf(withDeadline(2 ** 31 - 1, undefined, never));
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(2 ** 31 - 1);
    expect(await rejected).toBeInstanceOf(DeadlinePassed);
  });

  it.each([[new Error("stop")], ["a word"], [0], [null]])(
    "rejects with the abort reason unchanged, whatever its type: %s",
    async (reason) => {
      const controller = new AbortController();
      const rejected = rejectionOf(withDeadline(1000, controller.signal, never));
      controller.abort(reason);
      expect(await rejected).toBe(reason);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it("does not start the work if the caller's signal has already aborted", async () => {
    const work = vi.fn(never);
    const reason = new Error("stop");
    await expect(withDeadline(1000, AbortSignal.abort(reason), work)).rejects.toBe(reason);
    expect(work).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects with the abort reason, not with the error that the work throws when it is aborted", async () => {
    const controller = new AbortController();
    const rejected = rejectionOf(
      withDeadline(undefined, controller.signal, async (signal) => {
        await rejectionOf(delay(1000, signal));
        throw new Error("aborted, in other words");
      }),
    );
    const reason = new Error("stop");
    controller.abort(reason);
    expect(await rejected).toBe(reason);
  });

  it.each([
    ["succeeds", () => Promise.resolve()],
    ["fails", () => Promise.reject(new Error("no"))],
    ["takes too long", never],
  ])("leaves no listener on the caller's signal when the work %s", async (_, work) => {
    const { signal } = new AbortController();
    const done = Promise.allSettled([withDeadline(1000, signal, work)]);
    await vi.advanceTimersByTimeAsync(1000);
    await done;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("a delay", () => {
  it("resolves after the given time, and leaves no listener", async () => {
    const { signal } = new AbortController();
    let over = false;
    const paused = (async () => {
      await delay(1000, signal);
      over = true;
    })();
    await vi.advanceTimersByTimeAsync(999);
    expect(over).toBe(false);
    await vi.advanceTimersByTimeAsync(1);
    await paused;
    expect(over).toBe(true);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("rejects with the abort reason when the signal aborts, and leaves no timer", async () => {
    const controller = new AbortController();
    const rejected = rejectionOf(delay(1000, controller.signal));
    const reason = new Error("stop");
    controller.abort(reason);
    expect(await rejected).toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects at once if the signal has already aborted, and sets no timer", async () => {
    const reason = new Error("stop");
    await expect(delay(1000, AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("onTimeoutOrAbort()", () => {
  it("calls the listener at the timeout, unless it has been unsubscribed", async () => {
    const received: unknown[] = [];
    onTimeoutOrAbort(1000, undefined, (reason) => received.push(reason));
    onTimeoutOrAbort(1000, undefined, (reason) => received.push(reason))();
    await vi.advanceTimersByTimeAsync(2000);
    expect(received).toEqual([new DeadlinePassed(1000)]);
  });

  it("calls the listener at once if the signal has already aborted, and sets no timer", () => {
    const received: unknown[] = [];
    onTimeoutOrAbort(1000, AbortSignal.abort("enough"), (reason) => received.push(reason));
    expect(received).toEqual(["enough"]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([0, -1, Number.NaN])("refuses a timeout of %s milliseconds", (timeout) => {
    expect(() => onTimeoutOrAbort(timeout, undefined, () => {})).toThrow(
      "must be a number above 0",
    );
  });
});
