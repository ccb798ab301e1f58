/** Iterating over a start yields its events as they occur, and ends when the start ends. */
import { describe, expect, it } from "vitest";
import { SpawnFailedError } from "../../src/index.js";
import { FakeHub, redirectTo, type Answer, type Fate } from "./fake-hub.js";
import { failure, pass, settled, useClock } from "./time.js";
import {
  failed,
  model,
  post,
  ready,
  requested,
  soon,
  starting,
  story,
  stream,
} from "./watching.js";

useClock();

describe("the iteration of a start", () => {
  it.each([
    {
      by: "with the ready event if the server answers at its address",
      location: "/user/ada/lab",
      end: 2000,
      reads: 1,
    },
    {
      by: "1,200 ms after the ready event if the hub answers at the server's address",
      location: "/hub/user/ada/",
      end: 3200,
      reads: 2,
    },
  ])("yields events as they arrive, and ends $by", async (row) => {
    const hub = new FakeHub();
    hub.atAddress = async () => redirectTo(row.location);
    hub.next(post, { status: 202, fate: soon("ready") });
    const { reported, times, error, ended } = await settled(
      story(hub.client().servers.start("ada")),
    );
    expect(reported).toEqual([requested, starting, ready]);
    expect(times).toEqual([0, 500, 2000]);
    expect(ended).toBe(row.end);
    expect(error).toBeUndefined();
    expect(hub.writes).toEqual([post]);
    expect([hub.count(stream), hub.count(model), hub.open]).toEqual([1, row.reads, 0]);
  });

  it("yields only one ready event, even if the server's model shows it as ready before the stream does", async () => {
    const hub = new FakeHub();
    hub.atAddress = () => new Promise(() => undefined);
    hub.next(post, { status: 500, takes: 700, fate: [[0, "ready"]] });
    hub.next(stream, { status: 200, stream: [requested, 500, ready] });
    const { reported } = await settled(story(hub.client().servers.start("ada")));
    expect(reported).toEqual([requested, ready]);
  });

  it("yields events unchanged, including html_message and the Spawner's own keys", async () => {
    const hub = new FakeHub();
    const html = { progress: 20, html_message: "<b>Pulling</b>", image: { tag: 1 } };
    hub.tale = [
      [100, html],
      [5000, { progress: 90, message: "too late" }],
    ];
    hub.next(post, { status: 202, fate: soon("ready") });
    const { reported } = await settled(story(hub.client().servers.start("ada")));
    expect(reported).toEqual([requested, html, ready]);
    expect(reported[1]?.message).toBeUndefined();
  });

  it.each<[what: string, script: (hub: FakeHub) => void]>([
    ["is ready at once", (hub) => hub.next(post, { status: 201, fate: [[0, "ready"]] })],
    ["already runs", (hub) => hub.become("", [[0, "ready"]])],
  ])(
    "ends with a ready event that is made from the server's model if the server %s",
    async (_, script) => {
      const hub = new FakeHub();
      script(hub);
      const { reported, ended } = await settled(story(hub.client().servers.start("ada")));
      expect(reported).toEqual([ready]);
      expect(ended).toBeLessThan(100);
      expect(hub.count(stream)).toBe(0);
    },
  );

  it("sends one start request, however often the start is awaited and iterated", async () => {
    const hub = new FakeHub();
    hub.next(post, { status: 202, fate: soon("ready") });
    const start = hub.client().servers.start("ada");
    const first = story(start);
    await pass(1000);
    const second = story(start);
    expect(await settled(start)).toMatchObject({ name: "", ready: true });
    const third = await story(start);
    expect((await first).reported).toEqual([requested, starting, ready]);
    expect((await second).reported).toEqual((await first).reported);
    expect(third.reported).toEqual((await first).reported);
    expect(hub.writes).toEqual([post]);
  });

  it("can end early without cancelling the start", async () => {
    const hub = new FakeHub();
    const start = hub.client().servers.start("ada");
    const watched = (async () => {
      for await (const event of start) return event;
      return undefined;
    })();
    expect(await settled(watched)).toEqual(requested);
    expect(await settled(start)).toMatchObject({ ready: true });
    expect(hub.writes).toEqual([post]);
  });
});

describe("the iteration of a start that fails", () => {
  it.each<[what: string, answer: Answer]>([
    ["after a 202", { status: 202, fate: soon("stopped") }],
    ["after a 500", { status: 500, message: "error", fate: soon("stopped") }],
  ])(
    "yields the failed event, then throws the error that the start rejects with: %s",
    async (_, answer) => {
      const hub = new FakeHub();
      hub.next(post, answer);
      const start = hub.client().servers.start("ada");
      const { reported, error, ended } = await settled(story(start));
      expect(reported).toEqual([requested, starting, failed]);
      expect(ended).toBe(2000);
      expect(error).toBeInstanceOf(SpawnFailedError);
      expect(error).toMatchObject({
        reason: "No GPU is left",
        events: reported,
        message: "The server of ada failed to start: No GPU is left. The hub's log may say more.",
      });
      expect(await failure(start)).toBe(error);
      expect(hub.writes).toEqual([post]);
      expect(hub.open).toBe(0);
    },
  );

  it("yields the failed event even if the response already reports the failure", async () => {
    const hub = new FakeHub();
    const fate: Fate = [
      [-1, "spawn"],
      [0, "stopped"],
    ];
    hub.next(post, { status: 500, message: "Internal Server Error", fate });
    const { reported, error } = await settled(story(hub.client().servers.start("ada")));
    expect(reported).toEqual([failed]);
    expect(error).toMatchObject({
      name: "SpawnFailedError",
      reason: "No GPU is left",
      status: 500,
      hubMessage: "Internal Server Error",
      events: [failed],
      cause: { name: "HubError" },
    });
  });

  it("throws an error without a reason if the hub sends no reason", async () => {
    const hub = new FakeHub();
    hub.why = "";
    hub.next(post, { status: 202, fate: soon("stopped") });
    const { error } = await settled(story(hub.client().servers.start("ada")));
    expect(error).toMatchObject({
      name: "SpawnFailedError",
      reason: undefined,
      message: "The server of ada failed to start. The hub's log may say more.",
    });
  });

  it("throws after a ready event if the start was cancelled", async () => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 202,
      fate: [
        [0, "spawn"],
        [2000, "ready"],
        [3000, "stop"],
        [9000, "stopped"],
      ],
    });
    const { reported, times, error } = await settled(story(hub.client().servers.start("ada")));
    expect(reported.at(-1)).toEqual(ready);
    expect(times.at(-1)).toBe(2000);
    expect(error).toMatchObject({
      name: "SpawnFailedError",
      message: "The server of ada was stopped while it started.",
    });
  });

  it("does not end at a Spawner's failed event while the start continues", async () => {
    const hub = new FakeHub();
    hub.tale = [[500, { progress: 50, failed: true, message: "Try again" }]];
    hub.next(post, { status: 202, fate: soon("ready") });
    const { reported, error } = await settled(story(hub.client().servers.start("ada")));
    expect(error).toBeUndefined();
    expect(reported.map(({ ready, failed }) => ({ ready, failed }))).toEqual([{}, { ready: true }]);
  });
});

describe("a start of a server whose previous start failed", () => {
  const last = { progress: 100, failed: true, message: "Spawn failed: the last reason" };

  /** A hub that takes a second to accept the start. Until then, its progress stream sends the previous failure. */
  function slowHub(fate: Fate): FakeHub {
    const hub = new FakeHub();
    hub.why = "the new reason";
    hub.next(stream, { status: 200, stream: [last] });
    hub.next(post, { status: 202, takes: 1000 });
    const answer = hub.fetch;
    Object.defineProperty(hub, "fetch", {
      value: async (...given: Parameters<typeof fetch>) => {
        const response = await answer(...given);
        if (given[1]?.method === "POST") hub.become("", fate);
        return response;
      },
    });
    return hub;
  }

  it("yields only its own events", async () => {
    const { reported } = await settled(story(slowHub(soon("ready")).client().servers.start("ada")));
    expect(reported).toEqual([requested, starting, ready]);
  });

  it("rejects with the reason of its own failure, not with that of the previous start", async () => {
    const start = slowHub(soon("stopped")).client().servers.start("ada");
    expect(await failure(start)).toMatchObject({ reason: "the new reason" });
  });
});
