/** The timeout and the abort of `servers.start`. */
import { describe, expect, it, vi } from "vitest";
import { TimeoutError } from "../../src/index.js";
import { FakeHub, type Answer } from "./fake-hub.js";
import { failure, pass, settled, useClock, watch } from "./time.js";

useClock();

const post = "POST /users/ada/server";
const named = "POST /users/ada/servers/gpu";

describe("the timeout of a start", () => {
  const never: Answer = { status: 202, fate: [[0, "spawn"]] };

  it("is fifteen minutes by default", async () => {
    const hub = new FakeHub();
    hub.next(post, never);
    const started = watch(hub.client().servers.start("ada"));
    await pass(899_999);
    expect(started.settled).toBe(false);
    await pass(1);
    expect(started.error).toMatchObject({
      name: "TimeoutError",
      timeout: 900_000,
      message: "The server of ada was not ready within 900000 ms.",
    });
    const recorded = hub.sent.length;
    await pass(10_000);
    expect(hub.sent).toHaveLength(recorded);
  });

  it("leads to an error with the hub's last failure as its cause if the hub is down", async () => {
    const hub = new FakeHub();
    const down = Array.from({ length: 50 }, (): Answer => ({ status: 503, message: null }));
    hub.next(post, never);
    hub.next("GET /users/ada/server", ...down);
    hub.next("GET /users/ada/server/progress", ...down);
    const error = await failure(hub.client().servers.start("ada", {}, { timeout: 20_000 }));
    expect(error).toMatchObject({ name: "TimeoutError", cause: { name: "HubError", status: 503 } });
  });

  it.each<[where: string, script: (hub: FakeHub) => void]>([
    ["while the server is pending", (hub) => hub.next(named, never)],
    [
      "while the response to the start is pending",
      (hub) => hub.next(named, { ...never, takes: 20_000 }),
    ],
    ["while the server stops", (hub) => hub.become("gpu", [[0, "stop"]])],
    [
      "while the hub's version is pending",
      (hub) => hub.next("GET /", { status: 200, body: { version: "6.1.1" }, takes: 20_000 }),
    ],
  ])("leads to a TimeoutError that names the server: %s", async (_, script) => {
    const hub = new FakeHub();
    const begun = Date.now();
    script(hub);
    const input = { server: "gpu", user_options: { a: 1 } };
    const error = await failure(hub.client().servers.start("ada", input, { timeout: 5000 }));
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({
      timeout: 5000,
      message: "The server gpu of ada was not ready within 5000 ms.",
    });
    expect(Date.now() - begun).toBe(5000);
  });
});

describe("an aborted start", () => {
  it("rejects at once with the reason, and sends nothing more", async () => {
    const hub = new FakeHub();
    const controller = new AbortController();
    const started = watch(hub.client().servers.start("ada", {}, { signal: controller.signal }));
    await pass(1000);
    expect(started.settled).toBe(false);
    const recorded = hub.sent.length;
    const reason = new Error("the page was left");
    controller.abort(reason);
    await pass(0);
    expect(started.error).toBe(reason);
    await pass(10_000);
    expect(hub.sent).toHaveLength(recorded);
    expect(hub.writes).toEqual([post]);
  });

  it.each<[waits: string, route: string]>([
    ["the start itself", post],
    ["the hub's version", "GET /"],
    ["the server's state", "GET /users/ada/server"],
  ])("aborts the request for %s", async (_, route) => {
    const hub = new FakeHub();
    hub.next(route, { status: 200, body: {}, takes: 10_000 });
    const controller = new AbortController();
    const { signal } = controller;
    const input = { user_options: { a: 1 } };
    const started = watch(hub.client().servers.start("ada", input, { signal }));
    await pass(1000);
    expect(started.settled).toBe(false);
    expect(hub.sent.map((one) => one.route)).toContain(route);
    const sent = hub.sent.length;
    controller.abort("enough");
    await pass(0);
    expect(started.error).toBe("enough");
    await pass(20_000);
    expect(hub.sent).toHaveLength(sent);
  });

  it("sends nothing if the signal was already aborted", async () => {
    for (const input of [{}, { user_options: { a: 1 } }]) {
      const hub = new FakeHub();
      const signal = AbortSignal.abort("too late");
      await expect(hub.client().servers.start("ada", input, { signal })).rejects.toBe("too late");
      expect(hub.sent).toEqual([]);
    }
  });

  it("leaves no timer behind, nor does a start that succeeds or fails", async () => {
    const hub = new FakeHub();
    await settled(hub.client().servers.start("ada"));
    expect(vi.getTimerCount()).toBe(0);
    hub.next(post, { status: 500, message: "boom", fate: [[0, "gone"]] });
    await failure(hub.client().servers.start("ada"));
    expect(vi.getTimerCount()).toBe(0);
    const controller = new AbortController();
    const started = watch(hub.client().servers.start("ada", {}, { signal: controller.signal }));
    await pass(150);
    expect(vi.getTimerCount()).toBeGreaterThan(0);
    controller.abort("enough");
    await pass(0);
    expect(started.error).toBe("enough");
    expect(vi.getTimerCount()).toBe(0);
  });
});
