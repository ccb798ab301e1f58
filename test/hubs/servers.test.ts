/** Starting and stopping servers on a real hub: fast, slow, failing and dying ones. */
import { describe, expect, it } from "vitest";
import {
  ConflictError,
  InvalidInputError,
  NotFoundError,
  SpawnFailedError,
  UnsupportedByHubError,
  type ProgressEvent,
} from "jupyterhub-client";
import { failure, itBefore, itSince, openStory, since } from "./story.js";

const story = openStory("servers");

const events = async (path: string): Promise<Record<string, unknown>[]> => {
  const response = await story.plain(path);
  expect(response.headers.get("Content-Type")).toBe("text/event-stream");
  const lines = (await response.text()).split("\n").filter((line) => line.startsWith("data: "));
  return lines.map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);
};
/** What an iteration gives, and what it throws in the end. */
async function told(events: AsyncIterable<ProgressEvent>) {
  const all: ProgressEvent[] = [];
  const error = await failure(
    (async () => {
      for await (const event of events) all.push(event);
    })(),
  );
  return { all, error };
}
const posts = (): string[] => story.sent().filter((one) => one.startsWith("POST"));

describe("servers", () => {
  it("belong to users", async () => {
    await story.hub.users.createMany({ usernames: ["ada", "grace"] });
    expect(await story.hub.servers.list("ada")).toEqual([]);
  });

  itSince("6.0")("are created without being started, once", async () => {
    const { servers } = story.hub;
    const input = { server: "gpu", display_name: "The big one", user_options: { size: "large" } };
    expect(await servers.create("ada", input)).toMatchObject({ name: "gpu", stopped: true });
    expect(await failure(servers.create("ada", input))).toBeInstanceOf(ConflictError);
    expect(await failure(servers.create("ada", {}))).toBeInstanceOf(ConflictError);
    const badName = servers.create("ada", { server: "Not A Name" });
    expect(await failure(badName)).toMatchObject({ status: 400, reason: "invalid-name" });
  });

  itBefore("6.0")("are not created without being started, nor given display names", async () => {
    const { servers } = story.hub;
    const created = servers.create("ada", { server: "gpu" });
    expect(await failure(created)).toBeInstanceOf(UnsupportedByHubError);
    story.sent();
    const named = servers.start("ada", { server: "gpu", display_name: "The big one" });
    expect(await failure(named)).toBeInstanceOf(UnsupportedByHubError);
    const changed = servers.update("ada", { server: "gpu", name: "cpu" });
    expect(await failure(changed)).toBeInstanceOf(UnsupportedByHubError);
    expect(posts()).toEqual([]);
  });

  it("start and resolve when they are ready, default and named", async () => {
    const { servers } = story.hub;
    expect(await servers.start("ada")).toMatchObject({ name: "", ready: true });
    const gpu = await servers.start("ada", { server: "gpu", user_options: { size: "small" } });
    expect(gpu).toMatchObject({ name: "gpu", ready: true, user_options: { size: "small" } });
    expect(await servers.get("ada")).toMatchObject({ name: "", ready: true });
    const { display_name } = await servers.get("ada", { server: "gpu" });
    if (since("6.0")) expect(display_name).toBe("The big one");
    const names = (await servers.list("ada")).map(({ name }) => name);
    expect(names.toSorted()).toEqual(["", "gpu"]);
  });

  it("are joined when they run, unless other options are asked for", async () => {
    const { servers } = story.hub;
    expect((await servers.start("ada", { server: "gpu" })).ready).toBe(true);
    const same = { server: "gpu", user_options: { size: "small" } };
    expect((await servers.start("ada", same)).ready).toBe(true);
    const other = servers.start("ada", { server: "gpu", user_options: { size: "huge" } });
    expect(await failure(other)).toMatchObject({ reason: "already-running" });
  });

  it("start with the options that they had, unless others are given", async () => {
    const { servers } = story.hub;
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

  it("are not handed over while they start with other options than those asked for", async () => {
    const { servers } = story.hub;
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

  it("are waited for when they start slowly", async () => {
    story.sent();
    const input = { server: "slow", user_options: { behave: "slow", seconds: 4 } };
    const started = story.hub.servers.start("grace", input);
    expect(await started).toMatchObject({ name: "slow", ready: true });
    expect(posts()).toEqual(["POST /users/{name}/servers/{server_name} 202"]);
    await story.hub.servers.delete("grace", { server: "slow" });
  });

  it("tell what happens while they start slowly, and end with a ready event", async () => {
    const { servers } = story.hub;
    const input = { server: "telling", user_options: { behave: "slow", seconds: 5 } };
    const start = servers.start("grace", input);
    await start;
    const { all, error } = await told(start);
    expect(error).toBeUndefined();
    expect(all.slice(0, 3)).toEqual([
      { progress: 0, message: "Server requested" },
      { html_message: "<i>Soon</i>", node: { name: "n1" } },
      { progress: 20, message: "Slowly: 20 %", html_message: "Slowly: <b>20 %</b>" },
    ]);
    const { url } = await servers.get("grace", { server: "telling" });
    expect(all.at(-1)).toMatchObject({ progress: 100, ready: true, url });
    const watched = await told(servers.progress("grace", { server: "telling" }));
    expect(watched).toMatchObject({ all: [{ ready: true, url }], error: undefined });
    const again = await told(servers.start("grace", { server: "telling" }));
    expect(again).toEqual({ all: [{ progress: 100, ready: true, url }], error: undefined });
    await servers.delete("grace", { server: "telling" });
    const idle = await told(servers.progress("grace", { server: "telling" }));
    expect(idle).toMatchObject({ all: [], error: { name: "NotFoundError" } });
  });

  // A start that takes less than three seconds fails the POST, a longer one the stream that follows it.
  it.each<[behave: string, seconds: number, reason: RegExp | undefined]>([
    ["fail", 0, /^This server was told to fail$/],
    ["fail", 4, /^This server was told to fail$/],
    ["die", 0, /^Server at .* didn't respond in 10 seconds$/],
    // Newer hubs have no words for it.
    ["hang", 2, since("5.0") ? undefined : /^Timeout$/],
    ["hang", 4, since("5.0") ? undefined : /^Timeout$/],
    ["deaf", 4, /^Server at .* didn't respond in 4 seconds$/],
  ])(
    "that %s after %d s are a SpawnFailedError with the hub's reason, and are asked for once",
    async (behave, seconds, reason) => {
      story.sent();
      const user_options = { behave, seconds };
      const start = story.hub.servers.start("grace", { server: behave, user_options });
      const { all, error } = await told(start);
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

  it("that the Spawner refuses are told in its words, and are asked for once", async () => {
    for (const [status, name] of [
      [409, "ConflictError"],
      [503, "HubError"],
      [507, "HubError"],
    ] as const) {
      story.sent();
      const user_options = { behave: "refuse", status };
      const started = story.hub.servers.start("grace", { server: "refuse", user_options });
      expect(await failure(started)).toMatchObject({
        name: "SpawnFailedError",
        status,
        hubMessage: "No GPU is left",
        reason: expect.stringContaining("No GPU is left") as string,
        cause: { name },
      });
      expect(posts()).toHaveLength(1);
    }
    // What the hub does not take for a start is still its refusal, though it remembers the failure.
    if (since("6.0")) {
      const bad = story.hub.servers.start("grace", { server: "a/b" });
      expect(await failure(bad)).toMatchObject({ name: "BadRequestError", status: 400 });
    }
  });

  it("that start after one that failed are waited for, though the hub says that they are there", async () => {
    const user_options = { behave: "slow", seconds: 2 };
    const started = await story.hub.servers.start("grace", { server: "fail", user_options });
    expect(started).toMatchObject({ ready: true, pending: null });
    await story.hub.servers.delete("grace", { server: "fail" });
  });

  itSince("5.0")("that somebody else stops while they start are not taken for ready", async () => {
    const { servers } = story.hub;
    const server = "cancelled";
    const user_options = { behave: "slow", seconds: 8 };
    for (const late of [false, true]) {
      const started = told(servers.start("grace", { server, user_options }));
      await expect
        .poll(async () => (await servers.list("grace")).map(({ name }) => name), {
          timeout: 10_000,
        })
        .toContain(server);
      // After three seconds this hub answers the start with 202, and we watch its model.
      if (late) {
        await expect
          .poll(() => story.sent().some((one) => one.endsWith(" 202")), { timeout: 10_000 })
          .toBe(true);
      }
      story.sent();
      await servers.stop("grace", { server });
      const { all, error } = await started;
      expect(error).toBeInstanceOf(SpawnFailedError);
      expect((error as SpawnFailedError).events).toEqual(all);
      if (late) expect(all[0]).toEqual({ progress: 0, message: "Server requested" });
      expect(posts().filter((one) => !one.endsWith(" 500"))).toEqual([]);
    }
  });

  it("are left to themselves when their caller has no more time, or cancelled if it asks for that", async () => {
    const { servers } = story.hub;
    const input = { server: "hurried", user_options: { behave: "slow", seconds: 5 } };
    const left = servers.start("grace", input, { timeout: 1000 });
    expect(await failure(left)).toMatchObject({ name: "TimeoutError", timeout: 1000 });
    const joined = servers.start("grace", input, { timeout: 1000, onAbort: "cancel" });
    expect(await failure(joined)).toMatchObject({ name: "TimeoutError", timeout: 1000 });
    expect((await servers.start("grace", input)).ready).toBe(true);
    await servers.delete("grace", { server: "hurried" });
    story.sent();
    const cancelled = servers.start("grace", input, { timeout: 1000, onAbort: "cancel" });
    expect(await failure(cancelled)).toMatchObject({ name: "TimeoutError", timeout: 1000 });
    await expect
      .poll(async () => (await servers.list("grace")).map(({ name }) => name), { timeout: 10_000 })
      .not.toContain("hurried");
    expect(posts().length).toBeLessThanOrEqual(1);
    await servers.delete("grace", { server: "hurried" });
  });

  itBefore("5.0")("that are starting are stopped when they have started", async () => {
    const { servers } = story.hub;
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

  it("that are stopping are waited for before they start again", async () => {
    const { servers } = story.hub;
    const server = "late";
    await servers.start("grace", { server, user_options: { behave: "slow-stop", seconds: 3 } });
    const stopped = servers.stop("grace", { server });
    expect((await servers.restart("grace", { server })).ready).toBe(true);
    await stopped;
    await servers.delete("grace", { server });
  });

  it("tell how their start went", async () => {
    expect((await events("/users/ada/server/progress")).at(-1)).toMatchObject({ ready: true });
    expect((await events("/users/ada/servers/gpu/progress")).at(-1)).toMatchObject({ ready: true });
    expect((await story.plain("/users/grace/server/progress")).status).toBeGreaterThanOrEqual(400);
  });

  it("report activity", async () => {
    const now = new Date().toISOString();
    await story.hub.users.reportActivity("ada", { servers: { gpu: { last_activity: now } } });
    const { last_activity } = await story.hub.servers.get("ada", { server: "gpu" });
    expect(Date.parse(String(last_activity))).toBeGreaterThanOrEqual(Date.parse(now) - 1000);
  });

  it("restart, and stop", async () => {
    const { servers } = story.hub;
    expect((await servers.restart("ada")).ready).toBe(true);
    await servers.stop("ada");
    await servers.stop("ada");
    expect((await servers.list("ada")).map(({ name }) => name)).toEqual(["gpu"]);
    if (since("3.0")) expect((await servers.get("ada")).stopped).toBe(true);
    const unknown = servers.stop("ada", { server: "no-such-server" });
    expect(await failure(unknown)).toBeInstanceOf(NotFoundError);
  });

  itSince("6.0")("are changed and renamed while they do not run", async () => {
    const { servers } = story.hub;
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

  it("are not taken for the default one when their name is not understood", async () => {
    const { servers } = story.hub;
    story.sent();
    for (const input of ["gpu", { server_name: "gpu" }, { server: null }, ["gpu"], null]) {
      expect(await failure(servers.stop("ada", input as never))).toBeInstanceOf(InvalidInputError);
    }
    expect(story.sent()).toEqual([]);
  });

  it("are deleted for good, but for the default one", async () => {
    const { servers } = story.hub;
    await servers.delete("ada", { server: "gpu" });
    expect(await failure(servers.get("ada", { server: "gpu" }))).toBeInstanceOf(NotFoundError);
    expect(await failure(servers.delete("ada", { server: "" }))).toBeInstanceOf(InvalidInputError);
  });

  it("are stopped with their user when that is asked for; without, the user stays", async () => {
    const { servers, users } = story.hub;
    await users.create("margaret");
    await servers.start("margaret", { server: "one" });
    await servers.start("margaret");
    // Hubs since 1.5 stop the default server, and fail at the named one.
    if (since("1.5")) {
      expect(await failure(users.delete("margaret"))).toMatchObject({ status: 500 });
      expect((await users.get("margaret")).name).toBe("margaret");
    }
    await users.delete("margaret", { stopServers: true });
    expect(await failure(users.get("margaret"))).toBeInstanceOf(NotFoundError);
  });
});
