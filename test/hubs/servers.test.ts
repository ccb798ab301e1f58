/** Servers on a real hub: fast, slow, failing and crashing starts, and stops. */
import { describe, expect, it } from "vitest";
import {
  ConflictError,
  InvalidInputError,
  NotFoundError,
  SpawnFailedError,
  UnsupportedByHubError,
  type ProgressEvent,
} from "jupyterhub-client";
import { failure, itBefore, itSince, useHubFixture, since } from "./hub-fixture.js";

const fixture = useHubFixture("servers");

const events = async (path: string): Promise<Record<string, unknown>[]> => {
  const response = await fixture.plain(path);
  expect(response.headers.get("Content-Type")).toBe("text/event-stream");
  const lines = (await response.text()).split("\n").filter((line) => line.startsWith("data: "));
  return lines.map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);
};
/** Iterates over events. Returns all of them, and the error that ended the iteration if there was one. */
async function collectEvents(events: AsyncIterable<ProgressEvent>) {
  const all: ProgressEvent[] = [];
  const error = await failure(
    (async () => {
      for await (const event of events) all.push(event);
    })(),
  );
  return { all, error };
}
const posts = (): string[] => fixture.sent().filter((one) => one.startsWith("POST"));

describe("servers", () => {
  it("are listed per user: a new user has none", async () => {
    await fixture.hub.users.createMany({ usernames: ["ada", "grace"] });
    expect(await fixture.hub.servers.list("ada")).toEqual([]);
  });

  itSince("6.0")("are created without being started, and only once", async () => {
    const { servers } = fixture.hub;
    const input = { server: "gpu", display_name: "The big one", user_options: { size: "large" } };
    expect(await servers.create("ada", input)).toMatchObject({ name: "gpu", stopped: true });
    expect(await failure(servers.create("ada", input))).toBeInstanceOf(ConflictError);
    expect(await failure(servers.create("ada", { server: "" }))).toBeInstanceOf(ConflictError);
    const badName = servers.create("ada", { server: "Not A Name" });
    expect(await failure(badName)).toMatchObject({ status: 400, reason: "invalid-name" });
  });

  itBefore("6.0")("cannot have display names, or be created without being started", async () => {
    const { servers } = fixture.hub;
    const created = servers.create("ada", { server: "gpu" });
    expect(await failure(created)).toBeInstanceOf(UnsupportedByHubError);
    fixture.sent();
    const named = servers.start("ada", { server: "gpu", display_name: "The big one" });
    expect(await failure(named)).toBeInstanceOf(UnsupportedByHubError);
    const changed = servers.update("ada", { server: "gpu", name: "cpu" });
    expect(await failure(changed)).toBeInstanceOf(UnsupportedByHubError);
    expect(posts()).toEqual([]);
  });

  it("are ready when `start` resolves, both default and named ones", async () => {
    const { servers } = fixture.hub;
    expect(await servers.start("ada")).toMatchObject({ name: "", ready: true });
    const gpu = await servers.start("ada", { server: "gpu", user_options: { size: "small" } });
    expect(gpu).toMatchObject({ name: "gpu", ready: true, user_options: { size: "small" } });
    expect(await servers.get("ada")).toMatchObject({ name: "", ready: true });
    const { display_name } = await servers.get("ada", { server: "gpu" });
    if (since("6.0")) expect(display_name).toBe("The big one");
    const names = (await servers.list("ada")).map(({ name }) => name);
    expect(names.toSorted()).toEqual(["", "gpu"]);
  });

  it("make `start` resolve at once if they already run, or reject if they run with other options than the given ones", async () => {
    const { servers } = fixture.hub;
    expect((await servers.start("ada", { server: "gpu" })).ready).toBe(true);
    const same = { server: "gpu", user_options: { size: "small" } };
    expect((await servers.start("ada", same)).ready).toBe(true);
    const other = servers.start("ada", { server: "gpu", user_options: { size: "huge" } });
    expect(await failure(other)).toMatchObject({ reason: "already-running" });
  });

  it("start with the options of their previous start, unless new options are given", async () => {
    const { servers } = fixture.hub;
    const server = "again";
    await servers.start("grace", { server, user_options: { size: "small" } });
    await servers.stop("grace", { server });
    const { user_options } = await servers.start("grace", { server });
    expect(user_options).toEqual({ size: "small" });
    await servers.stop("grace", { server });
    const cleared = await servers.start("grace", { server, user_options: {} });
    expect(cleared.user_options).toEqual({});
    await servers.delete("grace", { server });
  });

  it("refuse a second `start` with other options while the first is in progress", async () => {
    const { servers } = fixture.hub;
    const server = "overlap";
    const slow = { behave: "slow", seconds: 3 };
    const first = servers.start("grace", { server, user_options: slow });
    await expect
      .poll(async () => (await servers.list("grace")).map(({ name }) => name), { timeout: 10_000 })
      .toContain(server);
    const other = servers.start("grace", { server, user_options: { ...slow, size: "huge" } });
    const same = servers.start("grace", { server, user_options: slow });
    expect(await failure(other)).toMatchObject({ reason: "already-running" });
    expect((await same).ready).toBe(true);
    expect((await first).ready).toBe(true);
    await servers.delete("grace", { server });
  });

  it("are ready when `start` resolves, even if they start slowly", async () => {
    fixture.sent();
    const input = { server: "slow", user_options: { behave: "slow", seconds: 4 } };
    const started = fixture.hub.servers.start("grace", input);
    expect(await started).toMatchObject({ name: "slow", ready: true });
    expect(posts()).toEqual(["POST /users/{name}/servers/{server_name} 202"]);
    await fixture.hub.servers.delete("grace", { server: "slow" });
  });

  it("stream the progress of a slow start, up to the ready event", async () => {
    const { servers } = fixture.hub;
    const input = { server: "telling", user_options: { behave: "slow", seconds: 5 } };
    const start = servers.start("grace", input);
    await start;
    const { all, error } = await collectEvents(start);
    expect(error).toBeUndefined();
    expect(all.slice(0, 3)).toEqual([
      { progress: 0, message: "Server requested" },
      { html_message: "<i>Soon</i>", node: { name: "n1" } },
      { progress: 20, message: "Slowly: 20 %", html_message: "Slowly: <b>20 %</b>" },
    ]);
    const { url } = await servers.get("grace", { server: "telling" });
    expect(all.at(-1)).toMatchObject({ progress: 100, ready: true, url });
    const watched = await collectEvents(servers.progress("grace", { server: "telling" }));
    expect(watched).toMatchObject({ all: [{ ready: true, url }], error: undefined });
    const again = await collectEvents(servers.start("grace", { server: "telling" }));
    const message = `Server ready at ${url}`;
    expect(again).toEqual({
      all: [{ progress: 100, ready: true, url, message }],
      error: undefined,
    });
    await servers.delete("grace", { server: "telling" });
    const idle = await collectEvents(servers.progress("grace", { server: "telling" }));
    expect(idle).toMatchObject({ all: [], error: { name: "NotFoundError" } });
  });

  // A start that fails within three seconds fails the POST. A start that fails later fails the progress stream.
  it.each<[behave: string, seconds: number, reason: RegExp | undefined]>([
    ["fail", 0, /^This server fails on request$/],
    ["fail", 4, /^This server fails on request$/],
    ["die", 0, /^Server at .* didn't respond in 10 seconds$/],
    // Hubs since 5.0 send no message.
    ["hang", 2, since("5.0") ? undefined : /^Timeout$/],
    ["hang", 4, since("5.0") ? undefined : /^Timeout$/],
    ["deaf", 4, /^Server at .* didn't respond in 4 seconds$/],
  ])(
    'make `start` reject with the hub\'s reason, without a retry, if the Spawner behaves as "%s" (%d s)',
    async (behave, seconds, reason) => {
      fixture.sent();
      const user_options = { behave, seconds };
      const start = fixture.hub.servers.start("grace", { server: behave, user_options });
      const { all, error } = await collectEvents(start);
      expect(error).toBeInstanceOf(SpawnFailedError);
      const failed = error as SpawnFailedError;
      if (reason) expect(failed.reason).toMatch(reason);
      else expect(failed.reason).toBeUndefined();
      expect(all.at(-1)).toMatchObject({ failed: true });
      expect(failed.events).toEqual(all);
      expect(await failure(start)).toBe(error);
      expect(posts()).toHaveLength(1);
    },
  );

  it("make `start` reject with the Spawner's message, without a retry, if the Spawner refuses the start", async () => {
    for (const [status, name] of [
      [409, "ConflictError"],
      [503, "HubError"],
      [507, "HubError"],
    ] as const) {
      fixture.sent();
      const user_options = { behave: "refuse", status };
      const started = fixture.hub.servers.start("grace", { server: "refuse", user_options });
      expect(await failure(started)).toMatchObject({
        name: "SpawnFailedError",
        status,
        hubMessage: "No GPU is left",
        reason: expect.stringContaining("No GPU is left") as string,
        cause: { name },
      });
      expect(posts()).toHaveLength(1);
    }
    // A refused start is reported as refused, though the hub also remembers the earlier failure.
    if (since("6.0")) {
      const bad = fixture.hub.servers.start("grace", { server: "a/b" });
      expect(await failure(bad)).toMatchObject({ name: "BadRequestError", status: 400 });
    }
  });

  it("make `start` wait until they really run, though the hub answers 201 if an earlier start failed", async () => {
    const user_options = { behave: "slow", seconds: 2 };
    const started = await fixture.hub.servers.start("grace", { server: "fail", user_options });
    expect(started).toMatchObject({ ready: true, pending: null });
    await fixture.hub.servers.delete("grace", { server: "fail" });
  });

  itSince("5.0")(
    "are not reported as ready if another client stops them during the start",
    async () => {
      const { servers } = fixture.hub;
      const server = "cancelled";
      const user_options = { behave: "slow", seconds: 8 };
      for (const late of [false, true]) {
        const started = collectEvents(servers.start("grace", { server, user_options }));
        await expect
          .poll(async () => (await servers.list("grace")).map(({ name }) => name), {
            timeout: 10_000,
          })
          .toContain(server);
        // After three seconds this hub answers the start with 202, and the client polls the server's model.
        if (late) {
          await expect
            .poll(() => fixture.sent().some((one) => one.endsWith(" 202")), { timeout: 10_000 })
            .toBe(true);
        }
        fixture.sent();
        await servers.stop("grace", { server });
        const { all, error } = await started;
        expect(error).toBeInstanceOf(SpawnFailedError);
        expect((error as SpawnFailedError).events).toEqual(all);
        if (late) expect(all[0]).toEqual({ progress: 0, message: "Server requested" });
        expect(posts().filter((one) => !one.endsWith(" 500"))).toEqual([]);
      }
    },
  );

  it("keep starting after the caller's timeout, unless `onAbort` cancels them", async () => {
    const { servers } = fixture.hub;
    const input = { server: "hurried", user_options: { behave: "slow", seconds: 5 } };
    const left = servers.start("grace", input, { timeout: 1000 });
    expect(await failure(left)).toMatchObject({ name: "TimeoutError", timeout: 1000 });
    const joined = servers.start("grace", input, { timeout: 1000, onAbort: "cancel" });
    expect(await failure(joined)).toMatchObject({ name: "TimeoutError", timeout: 1000 });
    expect((await servers.start("grace", input)).ready).toBe(true);
    await servers.delete("grace", { server: "hurried" });
    fixture.sent();
    const cancelled = servers.start("grace", input, { timeout: 1000, onAbort: "cancel" });
    expect(await failure(cancelled)).toMatchObject({ name: "TimeoutError", timeout: 1000 });
    await expect
      .poll(async () => (await servers.list("grace")).map(({ name }) => name), { timeout: 10_000 })
      .not.toContain("hurried");
    expect(posts().length).toBeLessThanOrEqual(1);
    await servers.delete("grace", { server: "hurried" });
  });

  itBefore("5.0")("stop as soon as a pending start is over", async () => {
    const { servers } = fixture.hub;
    const server = "patient";
    const user_options = { behave: "slow", seconds: 4 };
    const started = failure(servers.start("grace", { server, user_options }));
    await expect
      .poll(async () => (await servers.list("grace")).map(({ name }) => name), { timeout: 10_000 })
      .toContain(server);
    await servers.stop("grace", { server });
    expect((await servers.list("grace")).map(({ name }) => name)).not.toContain(server);
    await started;
  });

  it("start as soon as a pending stop is over", async () => {
    const { servers } = fixture.hub;
    const server = "late";
    await servers.start("grace", { server, user_options: { behave: "slow-stop", seconds: 3 } });
    const stopped = servers.stop("grace", { server });
    expect((await servers.restart("grace", { server })).ready).toBe(true);
    await stopped;
    await servers.delete("grace", { server });
  });

  it("stream the progress of their last start", async () => {
    expect((await events("/users/ada/server/progress")).at(-1)).toMatchObject({ ready: true });
    expect((await events("/users/ada/servers/gpu/progress")).at(-1)).toMatchObject({ ready: true });
    expect((await fixture.plain("/users/grace/server/progress")).status).toBeGreaterThanOrEqual(
      400,
    );
  });

  it("show the last activity that was reported for them", async () => {
    const now = new Date().toISOString();
    await fixture.hub.users.reportActivity("ada", { servers: { gpu: { last_activity: now } } });
    const { last_activity } = await fixture.hub.servers.get("ada", { server: "gpu" });
    expect(Date.parse(String(last_activity))).toBeGreaterThanOrEqual(Date.parse(now) - 1000);
  });

  it("can be restarted and stopped", async () => {
    const { servers } = fixture.hub;
    expect((await servers.restart("ada")).ready).toBe(true);
    await servers.stop("ada");
    await servers.stop("ada");
    expect((await servers.list("ada")).map(({ name }) => name)).toEqual(["gpu"]);
    if (since("3.0")) expect((await servers.get("ada")).stopped).toBe(true);
    const unknown = servers.stop("ada", { server: "no-such-server" });
    expect(await failure(unknown)).toBeInstanceOf(NotFoundError);
  });

  itSince("6.0")("can be changed and renamed only while they are stopped", async () => {
    const { servers } = fixture.hub;
    await servers.update("ada", { user_options: { size: "tiny" } });
    const running = servers.update("ada", { server: "gpu", name: "cpu" });
    expect(await failure(running)).toMatchObject({ status: 400, reason: "pending" });
    await servers.stop("ada", { server: "gpu" });
    const changed = await servers.update("ada", {
      server: "gpu",
      name: "cpu",
      display_name: "CPU",
    });
    expect(changed).toMatchObject({ name: "cpu", display_name: "CPU" });
    await servers.update("ada", { server: "cpu", name: "gpu" });
  });

  it("are not stopped if the input is invalid: old hubs would stop the default server instead", async () => {
    const { servers } = fixture.hub;
    fixture.sent();
    for (const input of ["gpu", { server_name: "gpu" }, { server: null }, ["gpu"], null]) {
      expect(await failure(servers.stop("ada", input as never))).toBeInstanceOf(InvalidInputError);
    }
    expect(fixture.sent()).toEqual([]);
  });

  it("can be deleted, except for the default server", async () => {
    const { servers } = fixture.hub;
    await servers.delete("ada", { server: "gpu" });
    expect(await failure(servers.get("ada", { server: "gpu" }))).toBeInstanceOf(NotFoundError);
    expect(await failure(servers.delete("ada", { server: "" }))).toBeInstanceOf(InvalidInputError);
  });

  it("prevent the deletion of their user, unless `stopServers` is set", async () => {
    const { servers, users } = fixture.hub;
    await users.create("margaret");
    await servers.start("margaret", { server: "one" });
    await servers.start("margaret");
    // Hubs since 1.5 stop the default server, and answer 500 for the named one.
    if (since("1.5")) {
      expect(await failure(users.delete("margaret"))).toMatchObject({ status: 500 });
      expect((await users.get("margaret")).name).toBe("margaret");
    }
    await users.delete("margaret", { stopServers: true });
    expect(await failure(users.get("margaret"))).toBeInstanceOf(NotFoundError);
  });
});
