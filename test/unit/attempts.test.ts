/** The attempts of a call: delays, deadlines, and cleanup. */
import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { deleteUser, getUser, postGroup, postUserServer } from "../../src/api.js";
import {
  ConnectionError,
  HubError,
  InvalidInputError,
  RateLimitError,
  TimeoutError,
} from "../../src/index.js";
import { failure, pass, settled, watch } from "../workflows/time.js";
import {
  ada,
  breaking,
  broken,
  busy,
  hubThat,
  never,
  path,
  useLongestPauses,
  writes,
} from "./attempts.js";
import { answering, hubOf, page, refusal, type Respond } from "./helpers.js";

useLongestPauses();

describe("a call that only reads", () => {
  it.each<[string, Respond]>([
    ["the connection breaks", breaking],
    ["the proxy cannot reach the hub", () => page(503)],
    ["the hub responds with 429", () => refusal(429, null)],
  ])("is retried while %s, with growing delays", async (_, fault) => {
    const { hub, at } = hubThat([fault, fault, fault, ada]);
    expect(await settled(hub.users.get("ada"))).toEqual({ name: "ada" });
    expect(at).toEqual([0, 250, 750, 1750]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("rejects with the last attempt's error after three retries", async () => {
    const { hub, at } = hubThat([breaking, breaking, breaking, () => page(502)]);
    expect(await failure(hub.users.get("ada"))).toMatchObject({ name: "HubError", status: 502 });
    expect(at).toHaveLength(4);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("is not retried after a permanent error", async () => {
    const { hub, at } = hubThat([breaking, () => refusal(404, null), ada]);
    expect(await failure(hub.users.get("ada"))).toMatchObject({ name: "NotFoundError" });
    expect(at).toEqual([0, 250]);
  });

  it("is retried after the number of seconds in Retry-After", async () => {
    const { hub, at } = hubThat([() => busy("40"), ada]);
    await settled(hub.users.get("ada"));
    expect(at).toEqual([0, 40_000]);
  });

  it("is retried at the date in Retry-After", async () => {
    vi.setSystemTime("2026-11-24T12:00:00Z");
    const { hub, at } = hubThat([() => busy("Tue, 24 Nov 2026 12:00:07 GMT"), ada]);
    await settled(hub.users.get("ada"));
    expect(at).toEqual([0, 7000]);
  });

  it.each(["61", "86400", "99999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])(
    "rejects at once if Retry-After is more than 60 seconds away: %s",
    async (seconds) => {
      const { hub, at } = hubThat([() => busy(seconds), ada]);
      const error = await failure(hub.users.get("ada"));
      expect(error).toBeInstanceOf(RateLimitError);
      expect((error as RateLimitError).retryAfter).toBeGreaterThan(60_000);
      expect(at).toEqual([0]);
    },
  );

  it("sends the same request at each retry", async () => {
    const { hub, fetch } = hubThat([breaking, ada]);
    await settled(hub.users.get("ada", {}, { headers: { "X-Call": "1" } }));
    const [first, second] = fetch.requests.map(({ url, headers }) => [url, ...headers]);
    expect(second).toEqual(first);
    expect(second).toContainEqual(["x-call", "1"]);
  });

  it("returns the last attempt's response, or none if that attempt got no response", async () => {
    const { hub } = hubThat([() => page(503), ada]);
    const { response } = await settled(getUser({ client: hub.client, path }));
    expect(response?.status).toBe(200);
    const lost = hubThat([() => page(503), breaking]);
    const answered = await settled(getUser({ client: lost.hub.client, path }));
    expect(answered.error).toBeInstanceOf(ConnectionError);
    expect(answered.response).toBeUndefined();
  });

  it("does not count towards maxConcurrency during a retry delay", async () => {
    const { hub, fetch } = hubThat([() => busy("40"), ada], { maxConcurrency: 1 });
    const first = hub.users.get("first");
    const second = hub.users.get("second");
    await pass(0);
    expect(fetch.sent()).toEqual(["GET /users/first", "GET /users/second"]);
    expect(await second).toEqual({ name: "ada" });
    await settled(first);
  });
});

describe("the retry option", () => {
  it("allows one attempt if it is 0", async () => {
    const { hub, at } = hubThat([breaking, ada], { retry: 0 });
    expect(await failure(hub.users.get("ada"))).toBeInstanceOf(ConnectionError);
    const put = hubThat([() => busy("1"), ada], { retry: 0 });
    expect(await failure(put.hub.users.get("ada"))).toBeInstanceOf(RateLimitError);
    expect([at, put.at]).toEqual([[0], [0]]);
  });

  it("allows two attempts if it is 1", async () => {
    const { hub, at } = hubThat([breaking], { retry: 1 });
    expect(await failure(hub.users.get("ada"))).toBeInstanceOf(ConnectionError);
    expect(at).toEqual([0, 250]);
  });

  it.each([-1, 0.5, Number.NaN, Infinity, "3", {}])("cannot be %s", (retry) => {
    const make = () => hubOf(answering(), { retry: retry as number });
    expect(make).toThrow(InvalidInputError);
    expect(make).toThrow("The retry must be a whole number of at least 0.");
  });
});

describe("a call that changes something", () => {
  it.each<[string, Respond, string]>([
    ["the connection breaks", breaking, "ConnectionError"],
    ["the connection is refused", () => Promise.reject(broken("ECONNREFUSED")), "ConnectionError"],
    [
      "the proxy cannot reach the hub",
      () => page(503, { headers: { "Retry-After": "1" } }),
      "HubError",
    ],
    ["the hub runs its maximum number of servers", () => refusal(429, null), "RateLimitError"],
    ["Retry-After is too long", () => busy("61"), "RateLimitError"],
  ])("is sent only once if %s", async (_, fault, name) => {
    for (const write of Object.values(writes)) {
      const { hub, fetch } = hubThat([fault, ada]);
      const { error } = await settled(write(hub.client));
      expect(error).toMatchObject({ name });
      expect(fetch.requests).toHaveLength(1);
    }
  });

  it("is retried with the same body after a 429 with Retry-After", async () => {
    const { hub, fetch, at } = hubThat([() => busy("30"), () => busy("30"), ada]);
    const body = { users: ["ada"] };
    const call = postGroup({ client: hub.client, path: { name: "lab" }, body, throwOnError: true });
    await settled(call);
    expect(at).toEqual([0, 30_000, 60_000]);
    const bodies = await Promise.all(fetch.requests.map((request) => request.json()));
    expect(bodies).toEqual([body, body, body]);
  });

  it("is retried after each of three 429s, and rejects at the fourth", async () => {
    const { hub, at } = hubThat([() => busy("10")]);
    const { error } = await settled(deleteUser({ client: hub.client, path }));
    expect(error).toMatchObject({ name: "RateLimitError", retryAfter: 10_000, outcome: undefined });
    expect(at).toEqual([0, 10_000, 20_000, 30_000]);
  });
});

describe("a call whose workflow handles Retry-After", () => {
  it("is sent only once, whatever Retry-After says", async () => {
    const { hub, at } = hubThat([() => busy("30")]);
    const { error } = await postUserServer({ client: hub.client, path, meta: { once: true } });
    expect(error).toMatchObject({ name: "RateLimitError", retryAfter: 30_000 });
    expect(at).toEqual([0]);
  });
});

describe("the timeout of a call", () => {
  it("covers all attempts, and the cause of the TimeoutError is the error of the last attempt that failed", async () => {
    const { hub, at } = hubThat([() => page(503), breaking, never]);
    const error = await failure(hub.users.get("ada", {}, { timeout: 5000 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ timeout: 5000, method: "GET" });
    expect((error as Error).cause).toBeInstanceOf(ConnectionError);
    expect(at).toEqual([0, 250, 750]);
    expect(Date.now()).toBeGreaterThanOrEqual(5000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("ends the call during a retry delay", async () => {
    const { hub, at } = hubThat([() => busy("40"), ada]);
    const state = watch(hub.users.get("ada", {}, { timeout: 1000 }));
    await pass(999);
    expect(state.settled).toBe(false);
    await pass(1);
    expect(state.error).toBeInstanceOf(TimeoutError);
    expect((state.error as Error).cause).toBeInstanceOf(RateLimitError);
    expect(at).toEqual([0]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("does not extend the client's timeout for a single attempt", async () => {
    const { hub, at } = hubThat([breaking, never], { timeout: 2000 });
    const error = await failure(hub.users.get("ada", {}, { timeout: 60_000 }));
    expect(error).toMatchObject({ name: "TimeoutError", timeout: 2000 });
    expect((error as Error).cause).toBeInstanceOf(ConnectionError);
    expect(at).toEqual([0, 250]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe("an abort", () => {
  it.each([[new Error("enough")], ["a word"], [0]])(
    "during a retry delay rejects the call at once with %s, and leaves no timer",
    async (reason) => {
      const { hub, at } = hubThat([() => busy("40"), ada]);
      const controller = new AbortController();
      const { signal } = controller;
      const state = watch(hub.users.get("ada", {}, { signal }));
      await pass(100);
      expect(vi.getTimerCount()).toBe(1);
      controller.abort(reason);
      await pass(0);
      expect(state).toEqual({ settled: true, error: reason });
      expect(vi.getTimerCount()).toBe(0);
      expect(getEventListeners(signal, "abort")).toEqual([]);
      await pass(100_000);
      expect(at).toEqual([0]);
    },
  );

  it("during the second attempt ends the call", async () => {
    const { hub, at } = hubThat([breaking, never]);
    const controller = new AbortController();
    const { signal } = controller;
    const state = watch(hub.users.get("ada", {}, { signal }));
    await pass(1000);
    expect(at).toEqual([0, 250]);
    controller.abort("enough");
    await pass(0);
    expect(state).toEqual({ settled: true, error: "enough" });
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("leaves no listener on the signal if it never happens", async () => {
    const { hub } = hubThat([breaking, () => page(503), ada]);
    const { signal } = new AbortController();
    await settled(hub.users.get("ada", {}, { signal }));
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("the error of a call that fails at each attempt", () => {
  it("describes the hub's last response", async () => {
    const { hub } = hubThat([
      () => page(502),
      () => refusal(503, "Starting"),
      () => refusal(503, "Still starting"),
      () => refusal(503, "Not yet"),
    ]);
    const error = await failure(hub.users.get("ada"));
    expect(error).toBeInstanceOf(HubError);
    expect(error).toMatchObject({ status: 503, hubMessage: "Not yet", hubVersion: "6.1.1" });
  });
});
