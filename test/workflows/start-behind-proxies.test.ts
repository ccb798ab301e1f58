/** How a start works behind proxies, with a hub that restarts and with a system clock that is set back. */
import { describe, expect, it, vi } from "vitest";
import { RateLimitGate } from "../../src/workflows/server-state.js";
import { FakeHub, type Answer } from "./fake-hub.js";
import { failure, settled, useClock } from "./time.js";
import { model, post, ready, requested, starting, story, stream } from "./watching.js";

useClock();

const unavailable: Answer = {
  status: 503,
  body: "<p>Starting",
  headers: { "Content-Type": "text/html" },
};

describe("a start", () => {
  it("yields progress events while the hub delays its response", async () => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 201,
      takes: 5000,
      fate: [
        [0, "spawn"],
        [5000, "ready"],
      ],
    });
    const { reported, times } = await settled(story(hub.client().servers.start("ada")));
    expect(reported).toEqual([requested, starting, ready]);
    expect(times[0]).toBeLessThan(1000);
    expect([hub.count(stream), hub.open, vi.getTimerCount()]).toEqual([1, 0, 0]);
  });

  it("opens no progress stream if the hub responds at once", async () => {
    const hub = new FakeHub();
    hub.next(post, { status: 201, fate: [[0, "ready"]] });
    await settled(hub.client().servers.start("ada"));
    expect(hub.count(stream)).toBe(0);
  });
});

describe("a start behind a proxy", () => {
  it.each<[string, Answer]>([
    ["buffers the headers of the progress stream", { status: 200, stream: [], takes: 1_000_000 }],
    ["buffers the events of the progress stream", { status: 200, stream: [requested, Infinity] }],
  ])("notices within two seconds that its server is ready if the proxy %s", async (_, answer) => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 202,
      fate: [
        [0, "spawn"],
        [9000, "ready"],
      ],
    });
    hub.next(stream, answer, answer, answer);
    const { ended } = await settled(story(hub.client().servers.start("ada")));
    // The last 1,200 ms are the time in which the hub would remove the server of a cancelled start.
    expect(ended).toBeLessThanOrEqual(9000 + 2000 + 1200);
    expect([hub.open, vi.getTimerCount()]).toEqual([0, 0]);
  });
});

describe("a start with options", () => {
  const input = { user_options: { profile: "large" } };

  it("rejects at once if the hub is unavailable and the client has never reached it", async () => {
    const hub = new FakeHub();
    hub.next("GET /", unavailable);
    const start = hub.client({ retry: 0 }).servers.start("ada", input);
    expect(await failure(start)).toMatchObject({ name: "HubError", status: 503 });
    expect([hub.writes, vi.getTimerCount()]).toEqual([[], 0]);
  });

  it("is not sent before a restarting hub is available", async () => {
    const hub = new FakeHub();
    const client = hub.client({ retry: 0 });
    await client.version();
    hub.next(model, unavailable, unavailable, unavailable, unavailable, unavailable);
    const server = await settled(client.servers.start("ada", input));
    expect(server).toMatchObject({ ready: true, user_options: { profile: "large" } });
    expect(hub.writes).toEqual([post]);
  });

  it("rejects with advice if the server already runs with other options", async () => {
    const hub = new FakeHub();
    hub.become("", [[0, "ready"]], { profile: "small" });
    const start = hub.client().servers.start("ada", { user_options: { profile: "large" } });
    expect(await failure(start)).toMatchObject({
      name: "BadRequestError",
      reason: "already-running",
      message:
        'The server of ada already runs, with other user_options. Use servers.restart, or pass ifRunning: "join".',
    });
  });
});

describe("a deletion behind a proxy that drops the body of a DELETE", () => {
  it("rejects with advice if the server has stopped but is not removed", async () => {
    const hub = new FakeHub();
    hub.next("DELETE /users/ada/servers/gpu", { status: 204, fate: [[0, "stopped"]] });
    const begun = Date.now();
    const error = await failure(hub.client().servers.delete("ada", { server: "gpu" }));
    expect(Date.now() - begun).toBeLessThan(15_000);
    expect(error).toMatchObject({
      name: "JupyterHubError",
      message: expect.stringContaining("may drop the body of a DELETE") as string,
    });
  });
});

describe("a clock that is set back", () => {
  it("does not delay starts", async () => {
    const gate = new RateLimitGate();
    const { signal } = new AbortController();
    await settled(gate.backOff(1000, signal));
    vi.setSystemTime(Date.now() - 86_400_000);
    await gate.waitUntilOpen(signal);
    expect(vi.getTimerCount()).toBe(0);
  });
});
