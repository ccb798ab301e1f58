/** Timeouts and aborts, which end a call and close its connection, and the limit of concurrent calls. */
import { getEventListeners } from "node:events";
import type { ServerResponse } from "node:http";
import { afterEach, describe, expect, it, vi } from "vitest";
import { getUser } from "../../src/api.js";
import { JupyterHub, TimeoutError, type JupyterHubOptions } from "../../src/index.js";
import {
  answer,
  answering,
  expectNoSecret,
  hubOf,
  rejectionOf,
  secrets,
  serve,
  signalled,
} from "./helpers.js";

afterEach(() => {
  vi.useRealTimers();
});

/** The points at which a server stalls, each with a function that sends the response up to that point. */
const stalls = {
  "before its headers": () => {},
  "before its body": (response: ServerResponse) => response.flushHeaders(),
  "within its body": (response: ServerResponse) => response.write('{"name": "a'),
};
const everyStall = Object.keys(stalls) as (keyof typeof stalls)[];

/**
 * Starts a real server that stalls, with a client of the server. `underWay` resolves when the server stalls, `closed`
 * when the connection closes.
 */
async function stalling(stall: keyof typeof stalls, options: JupyterHubOptions = {}) {
  const underWay = signalled();
  const closed = signalled();
  const server = await serve((request, response) => {
    request.socket.once("close", () => closed.tell());
    response.setHeader("Content-Type", "application/json");
    response.setHeader("X-JupyterHub-Version", "6.1.1");
    stalls[stall](response);
    if (stall === "before its headers") underWay.tell();
  });
  const send = globalThis.fetch;
  const hub = new JupyterHub({
    url: server.url,
    token: secrets.token,
    fetch: async (input, init) => {
      const response = await send(input, init);
      underWay.tell();
      return response;
    },
    ...options,
  });
  return { hub, underWay: underWay.when, closed: closed.when, server };
}

describe("a timeout", () => {
  it.each(everyStall)(
    "rejects with a TimeoutError and closes the connection if the server stalls %s",
    async (stall) => {
      const { hub, underWay, closed, server } = await stalling(stall, { timeout: 5000 });
      await using _ = server;
      vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
      const rejected = rejectionOf(hub.users.get("ada"));
      await underWay;
      vi.advanceTimersByTime(5000);
      const error = await rejected;
      expect(error).toBeInstanceOf(TimeoutError);
      expect(error).toMatchObject({ timeout: 5000, method: "GET", status: undefined });
      expect((error as Error).message).toBe(
        `GET ${server.url}/hub/api/users/ada: no response within 5000 ms.`,
      );
      expectNoSecret(error);
      await closed;
    },
  );

  it("closes a response body that stalls, even if fetch ignores the signal", async () => {
    const closed = signalled();
    const stalled = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode("{")),
      cancel: () => closed.tell(),
    });
    const hub = hubOf(async () => new Response(stalled), { timeout: 5 });
    expect(await rejectionOf(hub.users.get("ada"))).toBeInstanceOf(TimeoutError);
    await closed.when;
  });

  it("of an attempt is 30 seconds by default", async () => {
    vi.useFakeTimers();
    const hub = hubOf(answering(() => new Promise(() => {})));
    const rejected = rejectionOf(hub.users.get("ada"));
    await vi.advanceTimersByTimeAsync(29_999);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(await rejected).toMatchObject({ name: "TimeoutError", timeout: 30_000 });
  });

  it.each([
    ["a method", (hub: JupyterHub) => hub.users.get("ada", {}, { timeout: 70 })],
    [
      "a raw function",
      ({ client }: JupyterHub) =>
        getUser({ client, path: { name: "ada" }, timeout: 70, throwOnError: true }),
    ],
  ])("can be set for a call of %s", async (_, call) => {
    vi.useFakeTimers();
    const rejected = rejectionOf(call(hubOf(answering(() => new Promise(() => {})))));
    await vi.advanceTimersByTimeAsync(70);
    expect(await rejected).toMatchObject({ name: "TimeoutError", timeout: 70 });
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([0, -1, Number.NaN])("cannot be %s", async (timeout) => {
    const fetch = answering();
    const hub = hubOf(fetch);
    const { client } = hub;
    for (const error of [
      await rejectionOf(hub.users.get("ada", {}, { timeout })),
      (await getUser({ client, path: { name: "ada" }, timeout })).error,
    ]) {
      expect(error).toMatchObject({ name: "InvalidInputError" });
    }
    expect(fetch.sent()).toEqual([]);
  });

  it("of a call includes the call's time in the queue, while the timeout of an attempt does not", async () => {
    vi.useFakeTimers();
    const hub = hubOf(
      answering(() => new Promise(() => {})),
      { maxConcurrency: 1, timeout: 1000 },
    );
    const rejected = [
      rejectionOf(hub.users.get("first")),
      rejectionOf(hub.users.get("second")),
      rejectionOf(hub.users.get("third", {}, { timeout: 1500 })),
    ];
    await vi.advanceTimersByTimeAsync(1000);
    expect(await rejected[0]).toMatchObject({ timeout: 1000 });
    await vi.advanceTimersByTimeAsync(500);
    expect(await rejected[2]).toMatchObject({ timeout: 1500 });
    await vi.advanceTimersByTimeAsync(500);
    expect(await rejected[1]).toMatchObject({ timeout: 1000 });
  });
});

describe("an abort by the caller", () => {
  const reasons: unknown[] = [new Error("changed my mind"), "a word", { why: 1 }, 0];

  it.each(reasons)(
    "before the call prevents every request, and rejects the call with the reason %s",
    async (reason) => {
      const fetch = answering();
      const signal = AbortSignal.abort(reason);
      expect(await rejectionOf(hubOf(fetch).users.get("ada", {}, { signal }))).toBe(reason);
      expect(fetch.sent()).toEqual([]);
    },
  );

  it.each(everyStall.flatMap((stall) => reasons.map((reason) => [stall, reason] as const)))(
    "while the server stalls %s rejects the call with the reason %s, and closes the connection",
    async (stall, reason) => {
      const { hub, underWay, closed, server } = await stalling(stall);
      await using _ = server;
      const controller = new AbortController();
      const rejected = rejectionOf(hub.users.get("ada", {}, { signal: controller.signal }));
      await underWay;
      controller.abort(reason);
      expect(await rejected).toBe(reason);
      await closed;
    },
  );

  it("without a reason rejects the call with the signal's default AbortError", async () => {
    const controller = new AbortController();
    const { signal } = controller;
    const fetch = answering(() => {
      controller.abort();
      return new Promise(() => {});
    });
    const error = await rejectionOf(hubOf(fetch).users.get("ada", {}, { signal }));
    expect(error).toBe(signal.reason);
    expect(error).toMatchObject({ name: "AbortError" });
  });

  it("does not replace the TimeoutError if it comes after the call's timeout", async () => {
    vi.useFakeTimers();
    const controller = new AbortController();
    const rejected = rejectionOf(
      hubOf(answering(() => new Promise(() => {}))).users.get(
        "ada",
        {},
        {
          signal: controller.signal,
          timeout: 1000,
        },
      ),
    );
    await vi.advanceTimersByTimeAsync(1000);
    controller.abort(new Error("too late"));
    expect(await rejected).toBeInstanceOf(TimeoutError);
  });

  it("removes a queued call, and does not affect the other calls", async () => {
    const first = signalled<Response>();
    const fetch = answering(() => first.when);
    const hub = hubOf(fetch, { maxConcurrency: 1 });
    const one = hub.users.get("first");
    const controller = new AbortController();
    const two = rejectionOf(hub.users.get("second", {}, { signal: controller.signal }));
    const reason = new Error("enough");
    controller.abort(reason);
    expect(await two).toBe(reason);
    first.tell(answer({ name: "first" }));
    expect(await one).toEqual({ name: "first" });
    expect(fetch.sent()).toEqual(["GET /users/first"]);
  });

  it("during the request for the hub's version ends the call", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const fetch = answering(() => {
      controller.abort(reason);
      return new Promise(() => {});
    });
    const { signal } = controller;
    const call = hubOf(fetch).users.list({ state: "active" }, { signal });
    expect(await rejectionOf(call)).toBe(reason);
    expect(fetch.sent()).toEqual(["GET /"]);
  });
});

describe("a signal that many calls share", () => {
  it("has no listener left after the calls, whether they succeed or fail", async () => {
    let count = 0;
    const fetch = answering(() => {
      count += 1;
      if (count % 3 === 0) throw new TypeError("fetch failed");
      return count % 3 === 1 ? answer() : answer({ status: 404, message: null }, { status: 404 });
    });
    const hub = hubOf(fetch, { maxConcurrency: 2 });
    const { signal } = new AbortController();
    const calls = Array.from({ length: 60 }, () => hub.users.get("ada", {}, { signal }));
    expect(getEventListeners(signal, "abort").length).toBeGreaterThan(0);
    const outcomes = await Promise.allSettled(calls);
    expect(new Set(outcomes.map(({ status }) => status))).toEqual(
      new Set(["fulfilled", "rejected"]),
    );
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("has no listener left after real requests", async () => {
    await using server = await serve((_, response) => {
      response.setHeader("X-JupyterHub-Version", "6.1.1");
      response.setHeader("Content-Type", "application/json").end("{}");
    });
    const hub = new JupyterHub({ url: server.url, token: secrets.token });
    const { signal } = new AbortController();
    for (let count = 0; count < 20; count += 1) await hub.users.get("ada", {}, { signal });
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("concurrent calls", () => {
  it.each([
    [1, { maxConcurrency: 1 }],
    [3, { maxConcurrency: 3 }],
    [16, {}],
    [40, { maxConcurrency: Infinity }],
  ])("are at most %i at a time", async (most, options) => {
    let underWay = 0;
    let peak = 0;
    const fetch = answering(async () => {
      underWay += 1;
      peak = Math.max(peak, underWay);
      // By the next turn of the event loop, every request that the limit allows has been sent.
      await new Promise(setImmediate);
      underWay -= 1;
      return answer();
    });
    const hub = hubOf(fetch, options);
    await Promise.all(Array.from({ length: 40 }, (_, index) => hub.users.get(`user-${index}`)));
    expect(peak).toBe(most);
    expect(fetch.sent()).toEqual(Array.from({ length: 40 }, (_, i) => `GET /users/user-${i}`));
  });
});
