/** The time of a fake hub: how it passes, and how servers start and stop. */
import { describe, expect, it, vi } from "vitest";
import { InvalidInputError } from "../../src/index.js";
import { assertContract, FakeHub } from "../../src/testing/index.js";
import { ask, clientOf, openFake, rejection, serverOf } from "./hubs.js";

describe("the time of a fake hub", () => {
  it('stands still until the test advances it if the option `time` is "manual"', async () => {
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
    await expect(fake.advance(1)).rejects.toThrow(InvalidInputError);
  });

  it("advances by the sum of all advance() calls, even if they run at the same time", async () => {
    const { fake } = openFake();
    const before = fake.now();
    await Promise.all([fake.advance(10_000), fake.advance(1000)]);
    expect(fake.now() - before).toBe(11_000);
  });

  it.each([-1000, Number.NaN, Infinity])("cannot be advanced by %d milliseconds", async (by) => {
    const { fake } = openFake();
    const before = fake.now();
    await expect(fake.advance(by)).rejects.toThrow(`0 or more, not by ${by}`);
    expect(fake.now()).toBe(before);
  });

  it("can stand still while received() waits for a request to arrive", async () => {
    await using fake = new FakeHub({
      time: "manual",
      users: ["ada", "grace"],
      spawner: { seconds: 9 },
    });
    const url = await fake.listen();
    const token = async (): Promise<string> => fake.token;
    const checked = clientOf(fake, { fetch: assertContract(fake.fetch, { version: "6" }) });
    const listening = clientOf(fake, { url, fetch, token });
    const started = Promise.all([checked.servers.start("ada"), listening.servers.start("grace")]);
    const second = await fake.received("POST /users/{name}/server", { count: 2 });
    expect(second.operation).toBe("POST /users/{name}/server");
    await fake.advance(9000);
    expect((await started).map(({ ready }) => ready)).toEqual([true, true]);
    await expect(fake.received("POST /nothing")).rejects.toThrow("no operation POST /nothing");
  });

  it("leads to a warning if a request waits and the test does not advance the time", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    try {
      const { fake } = openFake({ spawner: { seconds: 9 } });
      const started = ask(fake, "POST /users/ada/server");
      await fake.received("POST /users/{name}/server");
      await vi.advanceTimersByTimeAsync(3000);
      expect(warn).toHaveBeenCalledWith(
        expect.stringMatching(/POST \/users\/\{name\}\/server has waited .* `advance`/),
      );
      await fake.advance(9000);
      await started;
      await vi.advanceTimersByTimeAsync(3000);
      expect(warn).toHaveBeenCalledTimes(1);
    } finally {
      vi.useRealTimers();
      warn.mockRestore();
    }
  });

  it("leads to no warning about a request that its caller has aborted, or that the hub has broken off", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    try {
      const { fake } = openFake({ spawner: { seconds: 9 } });
      const caller = new AbortController();
      const operation = "POST /users/ada/server";
      const aborted = rejection(ask(fake, operation, { signal: caller.signal }));
      await fake.received("POST /users/{name}/server");
      caller.abort();
      await aborted;
      const broken = rejection(ask(fake, "DELETE /users/ada/server"));
      await fake.received("DELETE /users/{name}/server");
      await fake.close();
      await broken;
      await vi.advanceTimersByTimeAsync(3000);
      expect(warn).not.toHaveBeenCalled();
    } finally {
      vi.useRealTimers();
      warn.mockRestore();
    }
  });

  it("makes tokens expire", async () => {
    const { fake } = openFake();
    const token = fake.tokenFor("ada", { expiresIn: 60 });
    const status = async (): Promise<number> =>
      (await ask(fake, "GET /user", { headers: { Authorization: `Bearer ${token}` } })).status;
    await fake.advance(59_000);
    expect(await status()).toBe(200);
    await fake.advance(2000);
    expect(await status()).toBe(403);
  });

  it("makes share codes expire", async () => {
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

describe("the real time of a fake hub", () => {
  /** Returns the number of timers that keep this program running. */
  const timers = (): number =>
    process.getActiveResourcesInfo().filter((one) => one === "Timeout").length;

  it("does not keep the program running for starts and stops that nobody waits for", async () => {
    const fake = new FakeHub({ users: ["ada"], slowSpawnTimeout: 0, spawner: { seconds: 50 } });
    const before = timers();
    expect((await ask(fake, "POST /users/ada/server")).status).toBe(202);
    expect(timers()).toBeLessThanOrEqual(before);
  });
});

describe("a start", () => {
  it("sends each event when it is due, and keep-alive data between the events", async () => {
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

  it("succeeds or fails as the Spawner function decides from the user and the options", async () => {
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

  it("is refused with 429 while too many starts are pending, and the client waits as long as Retry-After says", async () => {
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

  it("is answered with 500 after a cancellation, and its server looks ready for one second", async () => {
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

describe("the address of a server", () => {
  /** Requests an address without a token. Returns the status and, for a redirect, the target. */
  async function answerAt(fake: FakeHub, path: string, init?: RequestInit): Promise<string> {
    const { status, headers } = await fake.fetch(new URL(path, fake.url), init);
    return `${status} ${headers.get("Location") ?? ""}`.trim();
  }
  const login = (id: string, path: string): string =>
    `302 /hub/api/oauth2/authorize?client_id=jupyterhub-user-${id}` +
    `&redirect_uri=${encodeURIComponent(`${path}oauth_callback`)}&response_type=code`;

  it("redirects to the login of the server while the server runs, even during a restart of the hub", async () => {
    const { fake } = openFake({ users: [{ name: "ada", servers: ["", "gpu"] }, "grace"] });
    const addresses = [
      "/user/ada/",
      "/user/ada/gpu/lab",
      "/user/ada/cpu/",
      "/user/grace/",
      "/user/%",
    ];
    const expected = [
      login("ada", "/user/ada/"),
      login("ada-gpu", "/user/ada/gpu/"),
      login("ada", "/user/ada/"),
      "404",
      "404",
    ];
    const answers = async () => Promise.all(addresses.map((path) => answerAt(fake, path)));
    expect(await answers()).toEqual(expected);
    const restarted = fake.restart({ seconds: 5 });
    expect((await answers()).slice(0, 3)).toEqual(expected.slice(0, 3));
    await fake.advance(5000);
    await restarted;
    expect(await answers()).toEqual(expected);
  });

  it("does not redirect a request with a token, and is unreachable after a shutdown", async () => {
    const { fake, hub } = openFake({ users: [{ name: "ada", servers: [""] }] });
    const headers = { Authorization: `token ${fake.token}` };
    expect(await answerAt(fake, "/user/ada/", { headers })).toBe("404");
    await hub.shutdown();
    expect(await rejection(answerAt(fake, "/user/ada/"))).toBeInstanceOf(TypeError);
  });

  it("does not redirect, and has no proxy route, while a cancelled start makes the server look ready", async () => {
    const { fake, hub } = openFake({ spawner: { seconds: 20 } });
    const started = ask(fake, "POST /users/ada/server");
    await fake.advance(1000);
    const stopped = ask(fake, "DELETE /users/ada/server");
    await started;
    expect(await serverOf(fake)).toMatchObject({ ready: true });
    expect(await answerAt(fake, "/user/ada/")).toBe("404");
    expect(await hub.proxy.listRoutes()).toHaveLength(1);
    await fake.advance(1000);
    await stopped;
  });

  it("is requested by the client to confirm a slow start; the fake hub does not list this request", async () => {
    const fake = new FakeHub({ time: "manual", users: ["ada"], slowSpawnTimeout: 0 });
    fake.spawner({ seconds: 30 });
    const started = clientOf(fake).servers.start("ada");
    await expect.poll(() => fake.requests.length).toBeGreaterThan(1);
    await fake.advance(30_000);
    await started;
    const { requests } = fake;
    expect(requests.every(({ path }) => path.startsWith("/users/ada/server"))).toBe(true);
    expect(
      requests.filter(({ operation }) => operation === "GET /users/{name}/server").length,
    ).toBe(1);
  });
});
