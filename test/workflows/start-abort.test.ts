/** `onAbort` decides whether the spawn continues when its start is aborted or times out. */
import { describe, expect, it, vi } from "vitest";
import type { StartServerInput, StartServerOptions } from "../../src/index.js";
import { FakeHub, type Answer } from "./fake-hub.js";
import { pass, useClock, watch } from "./time.js";

useClock();

const post = "POST /users/ada/server";
const stop = "DELETE /users/ada/server";
const cancel = { onAbort: "cancel" } as const;

/** Begins a start, aborts it after the given milliseconds, and returns the state of its promise. */
async function aborted(
  hub: FakeHub,
  after: number,
  call: StartServerOptions,
  input: StartServerInput = {},
) {
  const controller = new AbortController();
  const { signal } = controller;
  const started = watch(hub.client().servers.start("ada", input, { ...call, signal }));
  await pass(after);
  expect(started.settled).toBe(false);
  controller.abort("enough");
  await pass(0);
  return started;
}

describe("the spawn of an aborted start", () => {
  it.each<[what: string, call: StartServerOptions]>([
    ["by default", {}],
    ["if onAbort is leave", { onAbort: "leave" }],
  ])("continues %s", async (_, call) => {
    const hub = new FakeHub();
    const started = await aborted(hub, 1000, call);
    expect(started.error).toBe("enough");
    await pass(60_000);
    expect(hub.writes).toEqual([post]);
  });

  it.each<[when: string, answer: Answer]>([
    ["before the response", { status: 202, fate: [[0, "spawn"]], takes: 10_000 }],
    ["while the spawn is pending", { status: 202, fate: [[0, "spawn"]] }],
    [
      "while the server is ready, though the start may have been cancelled",
      {
        status: 202,
        fate: [
          [0, "spawn"],
          [500, "ready"],
        ],
      },
    ],
    ["after a lost response", { status: 0, lost: true, fate: [[0, "spawn"]] }],
  ])("is cancelled if onAbort is cancel and the abort comes %s", async (_, answer) => {
    const hub = new FakeHub();
    hub.next(post, answer);
    const started = await aborted(hub, 1000, cancel);
    expect(hub.writes).toEqual([post, stop]);
    expect(started.error).toBe("enough");
    expect([hub.open, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it.each(["6.1.1", "5.5.4"])("is cancelled by a DELETE without a body on hub %s", async (v) => {
    const hub = new FakeHub(v);
    hub.next("POST /users/ada/servers/gpu", { status: 202, fate: [[0, "spawn"]] });
    hub.become("gpu", [[0, "stopped"]]);
    await aborted(hub, 1000, cancel, { server: "gpu", user_options: { remove: true } });
    expect(hub.sent.at(-1)).toEqual({ route: "DELETE /users/ada/servers/gpu", body: undefined });
  });

  it("is also cancelled if the start times out", async () => {
    const hub = new FakeHub();
    hub.next(post, { status: 202, fate: [[0, "spawn"]] });
    const call = { ...cancel, timeout: 5000 };
    const started = watch(hub.client().servers.start("ada", {}, call));
    await pass(5000);
    expect(started.error).toMatchObject({ name: "TimeoutError", timeout: 5000 });
    expect(hub.writes).toEqual([post, stop]);
  });

  it.each<[what: string, script: (hub: FakeHub) => void]>([
    ["joined a pending start", (hub) => hub.become("", [[0, "spawn"]])],
    [
      "joined a start that another client began after a 429",
      (hub) => {
        hub.next(post, put(1));
        hub.become("", [
          [0, "stopped"],
          [500, "spawn"],
        ]);
      },
    ],
    ["was rejected with 429", (hub) => hub.next(post, put(60))],
    ["waits for a stop", (hub) => hub.become("", [[0, "stop"]])],
    [
      "finds a running server, but has no response yet",
      (hub) => {
        hub.become("", [[0, "ready"]]);
        hub.next(post, { status: 400, message: "ada is already running", takes: 10_000 });
      },
    ],
    [
      "has failed",
      (hub) => {
        hub.next(post, { status: 500, message: "boom", fate: [[0, "stopped"]] });
      },
    ],
  ])("is never cancelled if the start %s", async (_, script) => {
    const hub = new FakeHub();
    script(hub);
    const started = watch(hub.client().servers.start("ada", {}, { ...cancel, timeout: 3000 }));
    await pass(3000);
    expect(started.settled).toBe(true);
    expect(hub.writes.filter((write) => write === stop)).toEqual([]);
  });

  it("is not cancelled after it has failed", async () => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 202,
      fate: [
        [0, "spawn"],
        [2000, "stopped"],
      ],
    });
    const started = watch(hub.client().servers.start("ada", {}, cancel));
    await pass(5000);
    expect(started.error).toMatchObject({ name: "SpawnFailedError" });
    expect(hub.writes).toEqual([post]);
  });

  it("is cancelled before the start rejects: the start waits at most fifteen seconds for the cancellation", async () => {
    const hub = new FakeHub();
    hub.next(post, { status: 202, fate: [[0, "spawn"]] });
    hub.next(stop, { status: 204, takes: 25_000 });
    const started = await aborted(hub, 1000, cancel);
    expect(started.settled).toBe(false);
    await pass(15_000);
    expect(started.error).toBe("enough");
    expect(vi.getTimerCount()).toBe(0);
  });

  it("cannot always be cancelled: the start then still rejects with the reason of the abort", async () => {
    const hub = new FakeHub();
    hub.next(post, { status: 202, fate: [[0, "spawn"]] });
    hub.next(stop, { status: 403, message: "requires any of [delete:servers]" });
    expect((await aborted(hub, 1000, cancel)).error).toBe("enough");
  });

  it("is cancelled if a restart times out, unless the server is still stopping", async () => {
    const hub = new FakeHub();
    hub.become("", [[0, "ready"]]);
    const restarted = watch(hub.client().servers.restart("ada", {}, { ...cancel, timeout: 500 }));
    await pass(500);
    expect(restarted.error).toMatchObject({ name: "TimeoutError" });
    expect(hub.writes).toEqual([stop]);
    const again = watch(hub.client().servers.restart("ada", {}, { ...cancel, timeout: 2500 }));
    await pass(2500);
    expect(again.error).toMatchObject({ name: "TimeoutError" });
    expect(hub.writes).toEqual([stop, stop, post, stop]);
  });

  it("is cancelled if its restart times out; the restart rejects after the cancellation", async () => {
    const hub = new FakeHub();
    hub.become("", [[0, "stopped"]]);
    hub.next(stop, { status: 204 }, { status: 202, takes: 2000 });
    const restarted = watch(hub.client().servers.restart("ada", {}, { ...cancel, timeout: 1000 }));
    await pass(1000);
    expect(hub.writes).toEqual([stop, post, stop]);
    expect(restarted.settled).toBe(false);
    await pass(2000);
    expect(restarted.error).toMatchObject({ name: "TimeoutError", timeout: 1000 });
  });
});

const put = (seconds: number): Answer => ({
  status: 429,
  message: "Too many",
  headers: { "Retry-After": String(seconds) },
});

it("an aborted start that was still queued sends no cancellation", async () => {
  const hub = new FakeHub();
  const client = hub.client({ maxConcurrency: 1 });
  hub.next("GET /user", { status: 200, body: { kind: "user", name: "ada" }, takes: 5000 });
  hub.become("", [[0, "stopped"]]);
  hub.next("GET /users/ada/server", { status: 404, message: "No such server", takes: 500 });
  const controller = new AbortController();
  const started = watch(client.servers.start("ada", {}, { ...cancel, signal: controller.signal }));
  await pass(100);
  // This request holds the only permit of the semaphore, so the start waits in the queue.
  const other = client.whoami();
  await pass(900);
  hub.become("", [[0, "ready"]]);
  controller.abort("enough");
  await pass(5000);
  await other;
  expect(started.error).toBe("enough");
  expect(hub.writes).toEqual([]);
});
