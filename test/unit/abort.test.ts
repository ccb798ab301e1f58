/** Abort listeners: the package adds at most one to a signal, however many calls share the signal. */
import { getEventListeners } from "node:events";
import { describe, expect, it } from "vitest";
import { onAbort } from "../../src/core/deadline.js";
import { answering, hubOf } from "./helpers.js";

const listeners = (signal: AbortSignal): number => getEventListeners(signal, "abort").length;

describe("an abort signal", () => {
  it("calls every listener once, with the abort reason", () => {
    const controller = new AbortController();
    const received: unknown[] = [];
    for (const name of ["a", "b"]) {
      onAbort(controller.signal, (reason) => received.push([name, reason]));
    }
    controller.abort("enough");
    controller.abort("again");
    expect(received).toEqual([
      ["a", "enough"],
      ["b", "enough"],
    ]);
    expect(listeners(controller.signal)).toBe(0);
  });

  it("calls a new listener at once if the signal has already aborted", () => {
    const received: unknown[] = [];
    const signal = AbortSignal.abort("before");
    onAbort(signal, (reason) => received.push(reason))();
    expect(received).toEqual(["before"]);
    expect(listeners(signal)).toBe(0);
  });

  it("does not call a listener that an earlier listener unsubscribed during the abort", () => {
    const controller = new AbortController();
    const received: string[] = [];
    const unsubscribe: (() => void)[] = [];
    onAbort(controller.signal, () => {
      received.push("first");
      for (const one of unsubscribe) one();
    });
    unsubscribe.push(onAbort(controller.signal, () => received.push("second")));
    onAbort(controller.signal, () => received.push("third"));
    controller.abort();
    expect(received).toEqual(["first", "third"]);
  });

  it("has no event listener after the last unsubscription, and gets a new one at the next subscription", () => {
    const { signal } = new AbortController();
    const [one, two] = [onAbort(signal, () => {}), onAbort(signal, () => {})];
    expect(listeners(signal)).toBe(1);
    one();
    one();
    expect(listeners(signal)).toBe(1);
    two();
    expect(listeners(signal)).toBe(0);
    onAbort(signal, () => {});
    expect(listeners(signal)).toBe(1);
  });

  it("never calls the listener if the signal is undefined", () => {
    onAbort(undefined, () => {
      throw new Error("heard");
    })();
  });

  it("has one event listener for a hundred calls, so that Node does not warn of a leak", async () => {
    const { signal } = new AbortController();
    let most = 0;
    const fetch = answering(() => {
      most = Math.max(most, listeners(signal));
      return new Response("{}", {
        headers: { "X-JupyterHub-Version": "6.1.1", "Content-Type": "application/json" },
      });
    });
    const hub = hubOf(fetch);
    const calls = Array.from({ length: 100 }, () => hub.users.get("ada", {}, { signal }));
    await Promise.all(calls);
    expect(most).toBe(1);
    expect(listeners(signal)).toBe(0);
  });
});
