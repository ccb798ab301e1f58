/** A start whose response is lost is not sent again. A start that the hub refuses for a while is sent again. */
import { describe, expect, it } from "vitest";
import { FakeHub, type Answer, type Fate } from "./fake-hub.js";
import { failure, settled, useClock } from "./time.js";

useClock();

const post = "POST /users/ada/server";
const model = "GET /users/ada/server";
const wait = (seconds: string): Answer => ({
  status: 429,
  message: "Too many users trying to log in right now. Try again in 10 seconds.",
  headers: { "Retry-After": seconds },
});

describe("a start whose response is lost", () => {
  const lost: [how: string, answer: Answer][] = [
    ["the connection breaks", { status: 0, lost: true }],
    ["a proxy answers 504", { status: 504, body: "<p>Gateway Timeout", headers: page() }],
    ["the response takes too long", { status: 202, takes: 31_000 }],
  ];

  it.each(lost)("joins the spawn that it began: %s", async (_, answer) => {
    const hub = new FakeHub();
    const fate: Fate = [
      [0, "spawn"],
      [40_000, "ready"],
    ];
    hub.next(post, { ...answer, fate });
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
    expect(hub.writes).toEqual([post]);
  });

  it.each(lost)("resolves with the server that it started: %s", async (_, answer) => {
    const hub = new FakeHub();
    hub.next(post, { ...answer, fate: [[0, "ready"]] });
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
    expect(hub.writes).toEqual([post]);
  });

  it.each(lost)(
    "reports in its error that the outcome is unknown if nothing spawns, and is not sent again: %s",
    async (_, answer) => {
      const hub = new FakeHub();
      hub.next(post, { ...answer, fate: [[0, "stopped"]] });
      const error = await failure(hub.client().servers.start("ada"));
      expect(error).toMatchObject({ outcome: "unknown" });
      expect(hub.writes).toEqual([post]);
    },
  );

  it.each(lost)(
    "reports in its error that the outcome is unknown if the server's state cannot be read: %s",
    async (_, answer) => {
      const hub = new FakeHub();
      hub.next(post, { ...answer, fate: [[0, "spawn"]] });
      const unseen: Answer = { status: 403, message: "requires any of [read:servers]" };
      hub.next(model, ...Array.from({ length: 30 }, () => unseen));
      // After a 504 of the proxy, the hub's version is unknown, so the client reads the user instead.
      hub.next("GET /users/ada", ...Array.from({ length: 30 }, () => unseen));
      const error = await failure(hub.client().servers.start("ada"));
      expect(error).toMatchObject({ method: "POST", outcome: "unknown" });
      expect(hub.writes).toEqual([post]);
    },
  );

  it.each(lost)(
    "rejects if the server runs with other options, unless ifRunning is join: %s",
    async (_, answer) => {
      for (const ifRunning of [undefined, "join"] as const) {
        const hub = new FakeHub();
        hub.become("", [[0, "ready"]], { profile: "small" });
        hub.next(post, { ...answer, fate: [[0, "ready"]] });
        const input = { user_options: { profile: "large" } };
        const started = hub.client().servers.start("ada", input, { ifRunning });
        if (ifRunning) expect(await settled(started)).toMatchObject({ ready: true });
        else {
          expect(await failure(started)).toMatchObject({
            name: "BadRequestError",
            reason: "already-running",
            cause: { outcome: "unknown" },
          });
        }
        expect(hub.writes).toEqual([post]);
      }
    },
  );

  it("joins its spawn after the hub has restarted", async () => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 0,
      lost: true,
      fate: [
        [0, "spawn"],
        [30_000, "ready"],
      ],
    });
    hub.next(model, ...Array.from({ length: 9 }, () => ({ status: 0, lost: true }) as const));
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
    expect(hub.writes).toEqual([post]);
  });
});

describe("a start that did not reach the hub", () => {
  it("rejects at once, since the hub cannot have begun a spawn", async () => {
    const hub = new FakeHub();
    const cause = Object.assign(new Error("refused"), { code: "ECONNREFUSED" });
    const refused = new TypeError("fetch failed", { cause });
    const client = hub.client({ fetch: () => Promise.reject(refused) });
    const begun = Date.now();
    const error = await failure(client.servers.start("ada"));
    expect(Date.now() - begun).toBeLessThan(100);
    expect(error).toMatchObject({ name: "ConnectionError", outcome: undefined });
  });
});

describe("a start that is rejected with 429", () => {
  it("is sent again after Retry-After, until it is accepted", async () => {
    const hub = new FakeHub();
    const times = Array.from({ length: 6 }, () => wait("45"));
    hub.next(post, ...times, { status: 201, fate: [[0, "ready"]] });
    const begun = Date.now();
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
    expect(Date.now() - begun).toBeGreaterThanOrEqual(6 * 45_000);
    expect(Date.now() - begun).toBeLessThan(6 * 45_000 + 1000);
    expect(hub.writes).toEqual(Array.from({ length: 7 }, () => post));
  });

  it("waits before it is sent again, even after Retry-After: 0", async () => {
    const hub = new FakeHub();
    hub.next(post, wait("0"), wait("0"), { status: 201, fate: [[0, "ready"]] });
    const begun = Date.now();
    await settled(hub.client().servers.start("ada"));
    expect(Date.now() - begun).toBeGreaterThanOrEqual(500);
  });

  it("ends at its timeout, however often it is rejected", async () => {
    const hub = new FakeHub();
    hub.next(post, ...Array.from({ length: 60 }, () => wait("10")));
    const begun = Date.now();
    const started = hub.client().servers.start("ada", {}, { timeout: 25_000 });
    expect(await failure(started)).toMatchObject({
      name: "TimeoutError",
      timeout: 25_000,
      cause: { name: "RateLimitError" },
    });
    expect(Date.now() - begun).toBe(25_000);
    expect(hub.writes).toHaveLength(3);
  });

  it("rejects if another client begins a start with different options in the meantime", async () => {
    const hub = new FakeHub();
    const fate: Fate = [
      [0, "stopped"],
      [500, "spawn"],
      [4000, "ready"],
    ];
    hub.next(post, { ...wait("1"), fate });
    const input = { user_options: { profile: "large" } };
    const error = await failure(hub.client().servers.start("ada", input));
    expect(error).toMatchObject({ name: "BadRequestError", reason: "already-running" });
  });
});

describe("a start that is refused because of a pending action", () => {
  const stopping: Answer = { status: 400, message: "ada is pending stop, please wait" };
  const many = (answer: Answer) => Array.from({ length: 100 }, () => answer);

  it("is sent again if the action has ended by the time the client reads the server", async () => {
    const hub = new FakeHub();
    hub.become("", [[0, "stopped"]]);
    hub.next(post, stopping);
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
    expect(hub.writes).toEqual([post, post]);
  });

  it("is not sent again if the server's state cannot be read", async () => {
    const hub = new FakeHub();
    hub.become("", [[0, "stop"]]);
    const unseen: Answer = { status: 404, message: null };
    hub.next(model, ...many(unseen));
    hub.next(`${model}/progress`, ...many(unseen));
    const error = await failure(hub.client().servers.start("ada"));
    expect(error).toMatchObject({ name: "BadRequestError", reason: "pending" });
    expect(hub.writes).toEqual([post]);
  });

  it("is sent again with growing delays while the hub refuses it", async () => {
    const hub = new FakeHub();
    hub.become("", [[0, "stopped"]]);
    hub.next(post, ...many(stopping));
    const started = hub.client().servers.start("ada", {}, { timeout: 20_000 });
    expect(await failure(started)).toMatchObject({ name: "TimeoutError" });
    expect(hub.writes.length).toBeLessThan(20);
  });
});

function page(): Record<string, string> {
  return { "Content-Type": "text/html", "X-JupyterHub-Version": "" };
}
