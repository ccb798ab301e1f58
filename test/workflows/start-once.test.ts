/** A start whose answer is lost, or that the hub puts off: what is sent again, and what never is. */
import { describe, expect, it } from "vitest";
import { FakeHub, type Answer, type Fate } from "./fake-hub.js";
import { failure, settled, useClock } from "./time.js";

useClock();

const post = "POST /users/ada/server";
const model = "GET /users/ada/server";
const wait = (seconds: string): Answer => ({
  status: 429,
  message: "Too many users trying to log in right now.",
  headers: { "Retry-After": seconds },
});

describe("a start whose answer is lost", () => {
  const lost: [how: string, answer: Answer][] = [
    ["with the connection", { status: 0, lost: true }],
    ["in the proxy", { status: 504, body: "<p>Gateway Timeout", headers: page() }],
    ["in time", { status: 202, takes: 31_000 }],
  ];

  it.each(lost)("%s joins the spawn that it began", async (_, answer) => {
    const hub = new FakeHub();
    const fate: Fate = [
      [0, "spawn"],
      [40_000, "ready"],
    ];
    hub.next(post, { ...answer, fate });
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
    expect(hub.writes).toEqual([post]);
  });

  it.each(lost)("%s takes the server that it started", async (_, answer) => {
    const hub = new FakeHub();
    hub.next(post, { ...answer, fate: [[0, "ready"]] });
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
    expect(hub.writes).toEqual([post]);
  });

  it.each(lost)(
    "%s stays unknown when there is no spawn, and is not sent again",
    async (_, answer) => {
      const hub = new FakeHub();
      hub.next(post, { ...answer, fate: [[0, "stopped"]] });
      const error = await failure(hub.client().servers.start("ada"));
      expect(error).toMatchObject({ outcome: "unknown" });
      expect(hub.writes).toEqual([post]);
    },
  );

  it("is looked for as long as the hub restarts", async () => {
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

describe("a start that never reached the hub", () => {
  it("rejects at once: there is nothing to settle", async () => {
    const hub = new FakeHub();
    const refused = new TypeError("fetch failed", { cause: { code: "ECONNREFUSED" } });
    const client = hub.client({ fetch: () => Promise.reject(refused) });
    const error = await failure(client.servers.start("ada"));
    expect(error).toMatchObject({ name: "ConnectionError", outcome: undefined });
  });
});

describe("a start that the hub puts off", () => {
  it("is sent again when the hub says, as often as it takes", async () => {
    const hub = new FakeHub();
    const times = Array.from({ length: 6 }, () => wait("45"));
    hub.next(post, ...times, { status: 201, fate: [[0, "ready"]] });
    const begun = Date.now();
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
    expect(Date.now() - begun).toBeGreaterThanOrEqual(6 * 45_000);
    expect(Date.now() - begun).toBeLessThan(6 * 45_000 + 1000);
    expect(hub.writes).toEqual(Array.from({ length: 7 }, () => post));
  });

  it("is not sent again at once, though the hub says so", async () => {
    const hub = new FakeHub();
    hub.next(post, wait("0"), wait("0"), { status: 201, fate: [[0, "ready"]] });
    const begun = Date.now();
    await settled(hub.client().servers.start("ada"));
    expect(Date.now() - begun).toBeGreaterThanOrEqual(500);
  });

  it("ends with its deadline, however long the hub puts it off", async () => {
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

  it("finds whose start is under way by then", async () => {
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

function page(): Record<string, string> {
  return { "Content-Type": "text/html", "X-JupyterHub-Version": "" };
}
