/** The time of a fake hub: what happens as it passes, and what a test declares of servers. */
import { describe, expect, it } from "vitest";
import { FakeHub } from "../../src/testing/index.js";
import { ask, clientOf, openFake, rejection } from "./hubs.js";

const serverOf = async (fake: FakeHub): Promise<{ ready: boolean; pending: string | null }> => {
  const response = await ask(fake, "GET /users/ada");
  const { servers } = (await response.json()) as { servers: Record<string, never> };
  return servers[""] ?? { ready: false, pending: null };
};

describe("the time of a fake hub", () => {
  it("stops until the test advances it", async () => {
    const { fake } = openFake({ spawner: { seconds: 20 } });
    const before = fake.now();
    const started = ask(fake, "POST /users/ada/server");
    await fake.advance(10_000);
    expect((await started).status).toBe(202);
    expect(await serverOf(fake)).toMatchObject({ ready: false, pending: "spawn" });
    await fake.advance(9999);
    expect(await serverOf(fake)).toMatchObject({ pending: "spawn" });
    await fake.advance(1);
    expect(await serverOf(fake)).toMatchObject({ ready: true, pending: null });
    expect(fake.now() - before).toBe(20_000);
  });

  it("is the real time by default, which cannot be advanced", async () => {
    const fake = new FakeHub();
    expect(Math.abs(fake.now() - Date.now())).toBeLessThan(1000);
    await expect(fake.advance(1)).rejects.toThrow(TypeError);
  });

  it("expires tokens", async () => {
    const { fake } = openFake();
    const token = fake.tokenFor("ada", { expiresIn: 60 });
    const status = async (): Promise<number> =>
      (await ask(fake, "GET /user", { headers: { Authorization: `Bearer ${token}` } })).status;
    await fake.advance(59_000);
    expect(await status()).toBe(200);
    await fake.advance(2000);
    expect(await status()).toBe(403);
  });

  it("expires share codes", async () => {
    const { fake } = openFake();
    await ask(fake, "POST /share-codes/ada/", { body: '{"expires_in":60}' });
    const items = async (): Promise<unknown[]> => {
      const response = await ask(fake, "GET /share-codes/ada");
      return ((await response.json()) as { items: unknown[] }).items;
    };
    expect(await items()).toHaveLength(1);
    await fake.advance(61_000);
    expect(await items()).toEqual([]);
  });
});

describe("a start", () => {
  it("sends its events in time, and keep-alive data between them", async () => {
    const { fake } = openFake({
      slowSpawnTimeout: 0,
      spawner: {
        seconds: 20,
        progress: ["Pulling", { message: "Starting", html_message: "<b>S</b>" }],
      },
    });
    const posted = ask(fake, "POST /users/ada/server");
    await fake.advance(0);
    await posted;
    const stream = await ask(fake, "GET /users/ada/server/progress");
    const text = stream.text();
    await fake.advance(20_000);
    expect((await text).split("\n\n").map((one) => one.replace(/^data: /, ""))).toEqual([
      "",
      '{"progress":0,"message":"Server requested"}',
      '{"progress":0,"message":"Pulling"}',
      "",
      '{"message":"Starting","html_message":"<b>S</b>"}',
      "",
      expect.stringContaining('"ready":true'),
      "",
    ]);
  });

  it("fails with the declared reason, which the client reports", async () => {
    const { fake, hub } = openFake({ time: "real" });
    fake.spawner({ fails: "No GPU is left" });
    expect(await rejection(hub.servers.start("ada"))).toMatchObject({
      name: "SpawnFailedError",
      reason: "No GPU is left",
    });
  });

  it("follows the Spawner rule, by user and options", async () => {
    const { fake, hub } = openFake({ time: "real", users: ["ada", "grace"] });
    fake.spawner(({ user, options }) =>
      user === "grace" || options["size"] === "large" ? { fails: "Too large" } : {},
    );
    expect((await hub.servers.start("ada")).ready).toBe(true);
    await hub.servers.stop("ada");
    const large = hub.servers.start("ada", { user_options: { size: "large" } });
    expect(await rejection(large)).toMatchObject({ reason: "Too large" });
    expect(await rejection(hub.servers.start("grace"))).toMatchObject({ reason: "Too large" });
  });

  it("is refused with 429 while too many are pending, and the client waits for Retry-After", async () => {
    const fake = new FakeHub({ users: ["ada", "grace"], spawnRetryAfter: 1, slowSpawnTimeout: 0 });
    fake.concurrentSpawnLimit = 1;
    fake.spawner({ seconds: 0.5 });
    const hub = clientOf(fake);
    await Promise.all([hub.servers.start("ada"), hub.servers.start("grace")]);
    const statuses = fake.requests
      .filter(({ method }) => method === "POST")
      .map(({ status }) => status);
    expect(statuses.toSorted()).toEqual([202, 202, 429]);
  });

  it("that is cancelled is answered with 500, and its server looks ready for a second", async () => {
    const { fake } = openFake({ spawner: { seconds: 20 } });
    const started = ask(fake, "POST /users/ada/server");
    await fake.advance(1000);
    const stopped = ask(fake, "DELETE /users/ada/server");
    expect((await started).status).toBe(500);
    expect(await serverOf(fake)).toMatchObject({ ready: true });
    await fake.advance(1000);
    expect((await stopped).status).toBe(204);
    expect(await serverOf(fake)).toMatchObject({ ready: false });
  });
});
