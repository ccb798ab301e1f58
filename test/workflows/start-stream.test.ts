/** If the progress stream of a start is lost, silent or refused, the start opens it again or polls the server. */
import { describe, expect, it, vi } from "vitest";
import { FakeHub, type Answer } from "./fake-hub.js";
import type { Piece } from "./fake-stream.js";
import { pass, settled, useClock, watch } from "./time.js";
import { model, post, ready, requested, soon, starting, story, stream } from "./watching.js";

useClock();

describe("a start", () => {
  const cut = new TypeError("terminated");

  it.each<[what: string, pieces: Piece[]]>([
    ["is lost", [requested, 100, starting, 100, cut]],
    ["is lost within an event", [requested, starting, 'data: {"progress": 6', cut]],
    ["ends too early", [requested, 100, starting, 100]],
    ["ends within an event", [requested, starting, 'data: {"progr']],
    [
      "has data that is not a JSON object",
      [requested, "data: NaN\n\n", "data: [1]\n\n", starting, cut],
    ],
  ])(
    "yields the remaining events, and none twice, if its progress stream %s",
    async (_, pieces) => {
      const hub = new FakeHub();
      hub.next(post, { status: 202, fate: soon("ready") });
      hub.next(stream, { status: 200, stream: pieces });
      const { reported } = await settled(story(hub.client().servers.start("ada")));
      expect(reported).toEqual([requested, starting, ready]);
      expect(hub.count(stream)).toBe(2);
      expect([hub.writes, hub.open]).toEqual([[post], 0]);
    },
  );

  it("does not yield events that occur while its progress stream is lost, except the ready event", async () => {
    const hub = new FakeHub();
    hub.next(post, { status: 202, fate: soon("ready") });
    hub.next(stream, { status: 200, stream: [requested, 2000, cut] });
    const { reported } = await settled(story(hub.client().servers.start("ada")));
    expect(reported).toEqual([requested, ready]);
  });

  it("opens its progress stream again after thirty seconds of silence", async () => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 202,
      fate: [
        [0, "spawn"],
        [40_000, "ready"],
      ],
    });
    hub.next(stream, { status: 200, stream: [requested, Infinity] });
    const { reported, times } = await settled(story(hub.client().servers.start("ada")));
    expect(reported).toEqual([requested, starting, ready]);
    expect(times[1]).toBeLessThan(30_500);
    expect(times[2]).toBe(40_000);
    expect([hub.count(stream), hub.open]).toEqual([2, 0]);
  });

  it("closes its progress stream when the server is ready, even if the stream sends only keep-alive data", async () => {
    const hub = new FakeHub();
    hub.next(post, { status: 202, fate: soon("ready") });
    const alive = Array.from({ length: 1000 }, () => [8000, "\n\n"]).flat();
    hub.next(stream, { status: 200, stream: alive });
    const { reported, ended } = await settled(story(hub.client().servers.start("ada")));
    expect(reported).toEqual([ready]);
    expect(ended).toBeLessThan(31_300);
    expect([hub.count(stream), hub.open, vi.getTimerCount()]).toEqual([1, 0, 0]);
  });

  it("closes its progress stream at the timeout, even if the stream sends only keep-alive data", async () => {
    const hub = new FakeHub();
    hub.next(post, { status: 202, fate: [[0, "spawn"]] });
    const start = hub.client().servers.start("ada", {}, { timeout: 100_000 });
    const { error, ended } = await settled(story(start));
    expect(error).toMatchObject({ name: "TimeoutError", timeout: 100_000 });
    expect(ended).toBe(100_000);
    expect([hub.open, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it.each<[what: string, answer: Answer]>([
    ["is refused: no start is pending", { status: 400, message: "ada is not starting..." }],
    ["is refused: the server does not exist", { status: 404, message: null }],
    [
      "is refused: the scope is missing",
      { status: 403, message: "requires any of [read:servers]" },
    ],
    ["is JSON", { status: 200, body: { progress: 0 } }],
    ["is an HTML page", { status: 200, body: "hello", headers: { "Content-Type": "text/html" } }],
  ])("polls the server if its progress stream %s", async (_, answer) => {
    const hub = new FakeHub();
    hub.next(post, { status: 202, fate: soon("ready") });
    hub.next(stream, answer);
    const { reported } = await settled(story(hub.client().servers.start("ada")));
    expect(reported).toEqual([ready]);
    expect(hub.count(stream)).toBe(1);
    expect(hub.count(model)).toBeGreaterThan(3);
  });

  it("polls the server if its progress stream is lost repeatedly", async () => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 202,
      fate: [
        [0, "spawn"],
        [20_000, "ready"],
      ],
    });
    hub.next(
      stream,
      ...Array.from({ length: 9 }, () => ({ status: 200, stream: [requested, cut] })),
    );
    const { reported } = await settled(story(hub.client().servers.start("ada")));
    expect(reported).toEqual([requested, ready]);
    expect([hub.count(stream), hub.open]).toEqual([5, 0]);
  });

  it("closes its progress stream at an abort", async () => {
    const hub = new FakeHub();
    const controller = new AbortController();
    const start = watch(hub.client().servers.start("ada", {}, { signal: controller.signal }));
    await pass(100);
    expect(hub.open).toBe(1);
    controller.abort("enough");
    await pass(0);
    expect(start.error).toBe("enough");
    expect([hub.open, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
