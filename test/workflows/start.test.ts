/** `servers.start` resolves when the server is ready, even if the server is already starting, stopping or running. */
import { describe, expect, it } from "vitest";
import type { StartServerInput, StartServerOptions } from "../../src/index.js";
import { BadRequestError } from "../../src/index.js";
import { FakeHub, type Fate } from "./fake-hub.js";
import { failure, settled, useClock } from "./time.js";

useClock();

const ready: Fate = [[0, "ready"]];
const post = "POST /users/ada/server";

/** The routes of a default server and of a named one, by hub version. */
const routes = [
  { version: "6.1.1", server: undefined, path: "/users/ada/server" },
  { version: "6.1.1", server: "", path: "/users/ada/server" },
  { version: "6.1.1", server: "gpu", path: "/users/ada/servers/gpu" },
  { version: "5.5.4", server: undefined, path: "/users/ada/server" },
  { version: "5.5.4", server: "gpu", path: "/users/ada/servers/gpu" },
  { version: "1.2.2", server: "a b/ä", path: "/users/ada/servers/a%20b%2F%C3%A4" },
];

describe("a start", () => {
  it.each(routes)(
    "of the server $server on hub $version sends POST $path",
    async ({ version, server, path }) => {
      const hub = new FakeHub(version);
      const started = hub.client().servers.start("ada", server === undefined ? {} : { server });
      expect(await settled(started)).toMatchObject({ name: server ?? "", ready: true });
      expect(hub.writes).toEqual([`POST ${path}`]);
    },
  );

  it("reads the server after a 201, and resolves with its current model", async () => {
    const hub = new FakeHub();
    hub.next(post, { status: 201, fate: ready });
    const server = await settled(hub.client().servers.start("ada"));
    expect(server).toMatchObject({ name: "", ready: true, pending: null });
    expect(hub.sent.map(({ route }) => route)).toEqual([post, "GET /users/ada/server"]);
  });

  it("waits after a 201 while the server is pending", async () => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 201,
      fate: [
        [0, "spawn"],
        [3000, "ready"],
      ],
    });
    const begun = Date.now();
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
    expect(Date.now() - begun).toBeGreaterThanOrEqual(3000);
    expect(hub.writes).toEqual([post]);
  });

  it("follows the progress stream after a 202, and polls every two seconds while the stream is silent", async () => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 202,
      fate: [
        [0, "spawn"],
        [100_000, "ready"],
      ],
    });
    const begun = Date.now();
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
    expect(Date.now() - begun).toBeGreaterThanOrEqual(100_000);
    expect(Date.now() - begun).toBeLessThanOrEqual(101_300);
    expect(hub.writes).toEqual([post]);
    expect(hub.count("GET /users/ada/server/progress")).toBe(1);
    expect(hub.count("GET /users/ada/server")).toBeLessThanOrEqual(52);
    expect(hub.open).toBe(0);
  });

  it("polls after a 202 if there is no progress stream, at first often, then every two seconds", async () => {
    const hub = new FakeHub();
    hub.next("GET /users/ada/server/progress", { status: 404, message: null });
    hub.next(post, {
      status: 202,
      fate: [
        [0, "spawn"],
        [60_000, "ready"],
      ],
    });
    const begun = Date.now();
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
    expect(Date.now() - begun).toBeGreaterThanOrEqual(60_000);
    expect(Date.now() - begun).toBeLessThanOrEqual(63_300);
    expect(hub.writes).toEqual([post]);
    expect(hub.count("GET /users/ada/server")).toBeGreaterThan(30);
    expect(hub.count("GET /users/ada/server")).toBeLessThan(45);
  });

  it("waits while the hub checks the server", async () => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 202,
      fate: [
        [0, "spawn"],
        [500, "check"],
        [1500, "ready"],
      ],
    });
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
  });

  it("does not resolve while an action is pending, even if the server is ready", async () => {
    const hub = new FakeHub();
    hub.next(post, { status: 201, fate: ready });
    const model = { name: "", ready: true, pending: "check" };
    hub.next("GET /users/ada/server", { status: 200, body: model });
    const server = await settled(hub.client().servers.start("ada"));
    expect(server).toMatchObject({ ready: true, pending: null });
  });

  it("joins a start that is already pending: the hub responds with 202", async () => {
    const hub = new FakeHub();
    hub.become("", [
      [0, "spawn"],
      [1000, "ready"],
    ]);
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
    expect(hub.writes).toEqual([post]);
  });

  it("starts a stopped server", async () => {
    const hub = new FakeHub();
    hub.become("gpu", [[0, "stopped"]]);
    const started = hub.client().servers.start("ada", { server: "gpu" });
    expect(await settled(started)).toMatchObject({ name: "gpu", ready: true, stopped: false });
  });

  it("continues to wait after a 500 if the spawn is still pending", async () => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 500,
      message: "Internal Server Error",
      fate: [
        [0, "spawn"],
        [2000, "ready"],
      ],
    });
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
    expect(hub.writes).toEqual([post]);
  });
});

describe("a start during a pending stop", () => {
  it("is sent again when the stop has ended", async () => {
    const hub = new FakeHub();
    hub.become("", [
      [0, "stop"],
      [4000, "stopped"],
    ]);
    const begun = Date.now();
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
    expect(Date.now() - begun).toBeGreaterThanOrEqual(6000);
    expect(hub.writes).toEqual([post, post]);
  });

  it("is sent again even if the server no longer exists after the stop", async () => {
    const hub = new FakeHub("2.3.1");
    hub.become("", [
      [0, "stop"],
      [1000, "gone"],
    ]);
    expect(await settled(hub.client().servers.start("ada"))).toMatchObject({ ready: true });
    expect(hub.writes).toEqual([post, post]);
  });

  it("is sent again with the same body", async () => {
    const hub = new FakeHub();
    hub.become("", [
      [0, "stop"],
      [1000, "stopped"],
    ]);
    const input = { user_options: { profile: "large" } };
    await settled(hub.client().servers.start("ada", input));
    const bodies = hub.sent.filter(({ route }) => route === post).map(({ body }) => body);
    expect(bodies).toEqual([input, input]);
  });
});

describe("a start of a running server", () => {
  const running = { profile: "small", limits: { cpu: 2, tags: ["a", null] } };

  const start = (input: StartServerInput, call: StartServerOptions = {}, version = "6.1.1") => {
    const hub = new FakeHub(version);
    hub.become("", ready, running);
    return { hub, started: hub.client().servers.start("ada", input, call) };
  };

  it("resolves if an option is a bigint and the server runs with the same number as a string", async () => {
    const hub = new FakeHub();
    hub.become("", ready, { bytes: "10" });
    const started = hub.client().servers.start("ada", { user_options: { bytes: 10n } });
    expect(await settled(started)).toMatchObject({ ready: true });
  });

  it.each<[when: string, input: StartServerInput, call?: StartServerOptions]>([
    ["without options", {}],
    ["with options null", { user_options: null }],
    ["with the options that it runs with", { user_options: structuredClone(running) }],
    [
      "with the options that it runs with, their keys in another order",
      { user_options: { limits: { tags: ["a", null], cpu: 2 }, profile: "small" } },
    ],
    [
      "with the options that it runs with, and an undefined one, which JSON omits",
      { user_options: { ...running, more: undefined } },
    ],
    [
      "with ifRunning join, whatever the options",
      { user_options: { x: 1 } },
      { ifRunning: "join" },
    ],
  ])("resolves with the running server if start is called %s", async (_, input, call) => {
    for (const version of ["6.1.1", "5.5.4"]) {
      const { hub, started } = start(input, call, version);
      expect(await settled(started)).toMatchObject({ ready: true, user_options: running });
      expect(hub.writes).toEqual([post]);
    }
  });

  it.each<[when: string, input: StartServerInput, call?: StartServerOptions]>([
    ["with other options", { user_options: { profile: "large" } }],
    ["with undefined options only", { user_options: { a: undefined, b: undefined } }],
    ["with empty options ({})", { user_options: {} }],
    ["with some of the server's options", { user_options: { profile: "small" } }],
    ["with one option more than the server has", { user_options: { ...running, more: 1 } }],
    [
      "with options whose list is in another order",
      { user_options: { profile: "small", limits: { cpu: 2, tags: [null, "a"] } } },
    ],
    [
      "with options that have an object instead of a list",
      { user_options: { ...running, limits: { cpu: 2, tags: { 0: "a", 1: null } } } },
    ],
    ["with ifRunning fail, even without options", {}, { ifRunning: "fail" }],
    ["with ifRunning fail and equal options", { user_options: running }, { ifRunning: "fail" }],
  ])("rejects with the hub's 400 if start is called %s", async (_, input, call) => {
    const { hub, started } = start(input, call);
    const error = await failure(started);
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({
      status: 400,
      reason: "already-running",
      hubMessage: "ada is already running",
    });
    expect(hub.writes).toEqual([post]);
  });

  it("rejects with the hub's 400 if the server begins to stop meanwhile", async () => {
    const hub = new FakeHub();
    hub.become("", ready);
    hub.next(post, { status: 400, message: "ada is already running", fate: [[0, "stop"]] });
    const error = await failure(hub.client().servers.start("ada", {}, { ifRunning: "join" }));
    expect(error).toMatchObject({ name: "BadRequestError", reason: "already-running" });
    expect(hub.writes).toEqual([post]);
  });
});
