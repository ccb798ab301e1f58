/** `servers.startMany` and `stopMany` yield each server's result once it is known, and limit their concurrency. */
import { getEventListeners } from "node:events";
import { describe, expect, it, vi } from "vitest";
import { JupyterHub, type StartResult, type StartTarget } from "../../src/index.js";
import { pass, settled, useClock } from "./time.js";
import { rejectionOf } from "../unit/helpers.js";
import { FakeHub } from "./fake-hub.js";
import { elapse } from "./fake-stream.js";

useClock();

interface Sent {
  at: number;
  user: string;
  method: string;
  body: string;
}

/** A hub with many users, whose servers start or fail after `takes` ms. At most `limit` servers start at a time. */
function manyHub({ limit = 100, failing = new Set<string>(), takes = 1000 } = {}) {
  const sent: Sent[] = [];
  const running = new Set<string>();
  const begun = Date.now();
  let starting = 0;
  let most = 0;
  const answer = (status: number, body?: unknown, headers: Record<string, string> = {}) =>
    new Response(body === undefined ? null : JSON.stringify(body), {
      status,
      headers: {
        "X-JupyterHub-Version": "6.1.1",
        ...(body !== undefined && { "Content-Type": "application/json" }),
        ...headers,
      },
    });
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { method, url } = new Request(input, init);
    const body = String(init?.body ?? "");
    const user = /users\/(\w+)\//.exec(url)?.[1] ?? "";
    sent.push({ at: Date.now() - begun, user, method, body });
    if (url.endsWith("/api/")) return answer(200, { version: "6.1.1" });
    if (url.endsWith("/progress")) return answer(400, { status: 400, message: "idle" });
    if (method === "GET") {
      const ready = running.has(user);
      return answer(200, { name: "", ready, pending: null, url: `/user/${user}/` });
    }
    if (method === "DELETE") {
      await elapse(takes, init?.signal);
      if (failing.has(user)) return answer(500, { status: 500, message: "stuck" });
      running.delete(user);
      return answer(204);
    }
    if (starting >= limit) {
      return answer(429, { status: 429, message: "Too many" }, { "Retry-After": "2" });
    }
    starting += 1;
    most = Math.max(most, starting);
    await elapse(takes, init?.signal);
    starting -= 1;
    if (failing.has(user)) return answer(500, { status: 500, message: "error" });
    running.add(user);
    return answer(201);
  };
  const hub = new JupyterHub({ url: "http://hub.test.local", token: "a-token", fetch });
  const writes = () => sent.filter(({ method }) => method !== "GET");
  return { hub, sent, writes, running, most: () => most };
}

const users = Array.from({ length: 20 }, (_, index) => `user${index}`);

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

describe("many starts", () => {
  it("yield each started server, and run eight at a time", async () => {
    const { hub, writes, running, most } = manyHub();
    const begun = Date.now();
    const results = await settled(all(hub.servers.startMany(users)));
    expect(results.map(({ user }) => user).toSorted()).toEqual(users.toSorted());
    for (const { user, server } of results) {
      expect(server).toMatchObject({ ready: true, url: `/user/${user}/` });
    }
    expect(Date.now() - begun).toBe(3000);
    expect(most()).toBe(8);
    expect(writes()).toHaveLength(20);
    expect(running.size).toBe(20);
  });

  it("yield the error of a failed start, and continue with the others", async () => {
    const { hub } = manyHub({ failing: new Set(["user3", "user7"]) });
    const results = await settled(all(hub.servers.startMany(users, {}, { concurrency: 20 })));
    const failed = results.filter(({ error }) => error !== undefined);
    expect(failed.map(({ user }) => user).toSorted()).toEqual(["user3", "user7"]);
    for (const { error, server } of failed) {
      expect(error).toMatchObject({ name: "SpawnFailedError" });
      expect(server).toBeUndefined();
    }
  });

  it("begin with the iteration, not before", async () => {
    const { hub, sent } = manyHub();
    hub.servers.startMany(users);
    await pass(5000);
    expect(sent).toEqual([]);
  });

  it("start no more servers if the iteration ends early; starts in flight continue", async () => {
    const { hub, writes, running } = manyHub();
    const first = (async (): Promise<StartResult | undefined> => {
      for await (const result of hub.servers.startMany(users, {}, { concurrency: 3 }))
        return result;
      return undefined;
    })();
    expect(await settled(first)).toMatchObject({ user: "user0" });
    await pass(10_000);
    expect(writes().map(({ user }) => user)).toEqual(["user0", "user1", "user2"]);
    expect(running.size).toBe(3);
  });

  it("wait until the program reads the results of earlier starts", async () => {
    const { hub, writes } = manyHub();
    const results = hub.servers.startMany(users, {}, { concurrency: 3 })[Symbol.asyncIterator]();
    await settled(results.next());
    await pass(10_000);
    expect(writes()).toHaveLength(3);
    await settled(results.next());
    await pass(10_000);
    expect(writes()).toHaveLength(4);
  });

  it("all wait after one of them is rejected with 429", async () => {
    const { hub, writes, running, most } = manyHub({ limit: 3, takes: 1500 });
    await settled(all(hub.servers.startMany(users.slice(0, 9))));
    expect(running.size).toBe(9);
    expect(most()).toBe(3);
    const times = [...new Set(writes().map(({ at }) => at))];
    expect(times).toEqual([0, 2000, 4000]);
  });

  it("reject with the reason of an abort once no start is in flight", async () => {
    const { hub, writes } = manyHub();
    const controller = new AbortController();
    const { signal } = controller;
    const call = { signal, concurrency: 12 };
    const run = all(hub.servers.startMany(users, {}, call)).catch((error: unknown) => error);
    await pass(1500);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    controller.abort("enough");
    expect(await settled(run)).toBe("enough");
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
    const begun = writes().length;
    await pass(10_000);
    expect(writes()).toHaveLength(begun);
  });

  it("reject with the reason of an abort that comes while the program processes a result", async () => {
    const { hub } = manyHub();
    const controller = new AbortController();
    const { signal } = controller;
    // The cancellation of each start takes a second.
    const call = { signal, concurrency: 3, onAbort: "cancel" } as const;
    const results = hub.servers.startMany(users, {}, call)[Symbol.asyncIterator]();
    await settled(results.next());
    await settled(results.next());
    controller.abort("enough");
    const aborted = Date.now();
    await expect(settled(results.next())).rejects.toBe("enough");
    expect(Date.now() - aborted).toBeGreaterThanOrEqual(1000);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("share one abort listener with stops and progress iterations that have the same signal", async () => {
    const { hub } = manyHub();
    const { signal } = new AbortController();
    const done = Promise.all([
      all(hub.servers.startMany(["user0"], {}, { signal })),
      all(hub.servers.stopMany(["user1"], {}, { signal })),
      rejectionOf(all(hub.servers.progress("user2", {}, { signal }))),
    ]);
    expect(getEventListeners(signal, "abort")).toHaveLength(1);
    await settled(done);
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("accept user names, named servers and options from any iterable", async () => {
    const { hub, sent } = manyHub();
    async function* targets(): AsyncGenerator<StartTarget> {
      yield "ada";
      yield { user: "grace", server: "gpu" };
      yield { user: "alan", user_options: { profile: "large" } };
    }
    const results = await settled(
      all(hub.servers.startMany(targets(), { user_options: { profile: "small" } })),
    );
    const outcomes = results.map(({ user, serverName, error }) => [user, serverName, error]);
    expect(outcomes.toSorted()).toEqual([
      ["ada", "", undefined],
      ["alan", "", undefined],
      ["grace", "gpu", undefined],
    ]);
    const bodies = sent.filter(({ method }) => method === "POST").map(({ body }) => body);
    expect(bodies.toSorted()).toEqual([
      '{"user_options":{"profile":"large"}}',
      '{"user_options":{"profile":"small"}}',
      '{"user_options":{"profile":"small"}}',
    ]);
  });

  it("yield results without waiting for the next target of a slow iterable", async () => {
    const { hub } = manyHub();
    async function* targets(): AsyncGenerator<string> {
      yield "ada";
      await elapse(60_000, undefined);
      yield "grace";
    }
    const results = hub.servers.startMany(targets())[Symbol.asyncIterator]();
    const begun = Date.now();
    expect(await settled(results.next())).toMatchObject({ value: { user: "ada" } });
    expect(Date.now() - begun).toBe(1000);
  });

  it("yield the results of the starts in flight, then reject if the iterable of targets throws", async () => {
    const { hub } = manyHub();
    async function* failing() {
      yield "user0";
      throw new Error("the list is lost");
    }
    const read: unknown[] = [];
    const reading = async () => {
      for await (const { user } of hub.servers.startMany(failing())) read.push(user);
    };
    expect(await settled(rejectionOf(reading()))).toEqual(new Error("the list is lost"));
    expect(read).toEqual(["user0"]);
  });

  it("close the iterable of targets if the iteration ends early", async () => {
    const { hub } = manyHub();
    let ended = false;
    function* targets(): Generator<string> {
      try {
        yield* users;
      } finally {
        ended = true;
      }
    }
    const starts = hub.servers.startMany(targets(), {}, { concurrency: 2 });
    const results = starts[Symbol.asyncIterator]();
    await settled(results.next());
    await settled(Promise.resolve(results.return?.()));
    expect(ended).toBe(true);
  });

  it("yield an error for each invalid target", async () => {
    const { hub, sent } = manyHub();
    const targets = [{ user: "ada", sever: "gpu" }, { server: "gpu" }, 5, null, undefined];
    const results = await settled(all(hub.servers.stopMany(targets as never[])));
    expect(results.map(({ error }) => (error as Error).name)).toEqual(
      targets.map(() => "InvalidInputError"),
    );
    expect(sent).toEqual([]);
  });

  it("are aborted by the signal even after the iteration has ended early", async () => {
    const { hub, writes } = manyHub({ takes: 5000 });
    const controller = new AbortController();
    const { signal } = controller;
    const call = { signal, concurrency: 3, onAbort: "cancel" } as const;
    const targets = ["user0", "user1", { user: "" }];
    const left = (async (): Promise<void> => {
      for await (const { error } of hub.servers.startMany(targets, {}, call)) {
        if (error) break;
      }
    })();
    await pass(100);
    await left;
    controller.abort("enough");
    await pass(20_000);
    expect(
      writes()
        .map(({ method, user }) => `${method} ${user}`)
        .toSorted(),
    ).toEqual(["DELETE user0", "DELETE user1", "POST user0", "POST user1"]);
    expect(getEventListeners(signal, "abort")).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("each have a timeout of their own", async () => {
    const { hub } = manyHub({ takes: 5000 });
    const results = await settled(all(hub.servers.startMany(users, {}, { timeout: 2000 })));
    expect(results).toHaveLength(20);
    for (const { error } of results) expect(error).toMatchObject({ name: "TimeoutError" });
  });

  it.each<[what: string, run: (hub: JupyterHub) => AsyncIterable<unknown>]>([
    ["a single name", (hub) => hub.servers.startMany("ada" as never)],
    ["undefined", (hub) => hub.servers.stopMany(undefined as never)],
    ["a concurrency of 0", (hub) => hub.servers.startMany(users, {}, { concurrency: 0 })],
    ["a concurrency of NaN", (hub) => hub.servers.stopMany(users, {}, { concurrency: NaN })],
  ])("refuse %s, and send nothing", async (_, run) => {
    const { hub, sent } = manyHub();
    await expect(all(run(hub))).rejects.toMatchObject({ name: "InvalidInputError" });
    expect(sent).toEqual([]);
  });
});

describe("many stops", () => {
  it("stop the server that the input names if a target's server is undefined", async () => {
    const hub = new FakeHub();
    hub.become("gpu", [[0, "ready"]]);
    const targets = [{ user: "ada", server: undefined }];
    const results = hub.client().servers.stopMany(targets, { server: "gpu" });
    expect(await settled(all(results))).toMatchObject([{ serverName: "gpu" }]);
    expect(hub.writes).toEqual(["DELETE /users/ada/servers/gpu"]);
  });

  it("yield each user's name when the user's server has stopped, or the error if it cannot be stopped", async () => {
    const { hub, writes, running } = manyHub({ failing: new Set(["user3"]) });
    running.add("user3");
    const results = await settled(all(hub.servers.stopMany(users.slice(0, 10))));
    expect(results).toHaveLength(10);
    expect(results.find(({ user }) => user === "user3")).toMatchObject({
      error: { name: "HubError" },
    });
    expect(results.filter((result) => !("error" in result))).toHaveLength(9);
    expect(writes().filter(({ at }) => at === 0)).toHaveLength(8);
  });
});
