/** A fake hub that listens on a port, and its answers to HTTP requests. */
import { request } from "node:http";
import { describe, expect, it } from "vitest";
import { JupyterHub } from "../../src/index.js";
import { FakeHub, type FakeHubOptions } from "../../src/testing/index.js";
import { rejection } from "./hubs.js";

async function listening(options: FakeHubOptions = {}) {
  const fake = new FakeHub({ users: ["ada"], ...options });
  const url = await fake.listen();
  return {
    fake,
    url,
    hub: new JupyterHub({ url, token: fake.token, retry: 0 }),
    [Symbol.asyncDispose]: async () => fake.close(),
  };
}

describe("a fake hub that listens", () => {
  it("gives the same answers over HTTP as through its fetch function", async () => {
    await using opened = await listening();
    expect(opened.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/hub\/api$/);
    expect(await opened.fake.listen()).toBe(opened.url);
    expect((await opened.hub.users.create("grace")).name).toBe("grace");
    await opened.hub.users.delete("grace");
    expect(await rejection(opened.hub.users.get("grace"))).toMatchObject({ name: "NotFoundError" });
    const page = await fetch(`${opened.url}/users?limit=1`, {
      headers: {
        Authorization: `token ${opened.fake.token}`,
        Accept: "application/jupyterhub-pagination+json",
      },
    });
    expect(await page.json()).toMatchObject({ _pagination: { total: 1 } });
  });

  it("answers many requests at once without a warning of a listener leak", async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): void => void warnings.push(warning);
    process.on("warning", note);
    try {
      const users = Array.from({ length: 20 }, (_, index) => `user-${index}`);
      await using opened = await listening({
        users,
        slowSpawnTimeout: 0,
        spawner: { seconds: 0.2 },
      });
      const { servers } = opened.hub.withOptions({ maxConcurrency: users.length });
      await Promise.all(users.map((user) => servers.start(user)));
    } finally {
      process.off("warning", note);
    }
    expect(warnings).toEqual([]);
  });

  it("sends the events of a start as they occur", async () => {
    await using opened = await listening({
      slowSpawnTimeout: 0,
      spawner: { seconds: 0.3, progress: ["Pulling image", "Starting"] },
    });
    const start = opened.hub.servers.start("ada");
    const messages: (string | undefined)[] = [];
    for await (const { message } of start) messages.push(message);
    expect(messages).toEqual(
      expect.arrayContaining(["Server requested", "Pulling image", "Starting"]),
    );
    expect((await start).ready).toBe(true);
  });

  it("answers a GET request that has a body, as hubs do", async () => {
    await using opened = await listening();
    const headers = { Authorization: `token ${opened.fake.token}`, "Content-Length": "2" };
    const status = await new Promise((resolve, reject) => {
      const sent = request(`${opened.url}/user`, { headers }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.once("error", reject).end("{}");
    });
    expect(status).toBe(200);
  });

  it("can listen on another port, and close itself, after it fails to listen on a port that is in use", async () => {
    const first = await listening();
    await using _ = first;
    const fake = new FakeHub();
    const taken = Number(new URL(first.url).port);
    expect(await rejection(fake.listen(taken))).toMatchObject({ code: "EADDRINUSE" });
    expect((await fetch(`${await fake.listen()}/`)).status).toBe(200);
    await fake.close();
  });

  it("breaks the connection if the test declares such a fault", async () => {
    await using opened = await listening();
    opened.fake.fail({ network: true });
    await expect(fetch(`${opened.url}/`)).rejects.toThrow("fetch failed");
    expect((await fetch(`${opened.url}/`)).status).toBe(200);
  });

  it("breaks off a body if a declared fault cuts it", async () => {
    await using opened = await listening();
    opened.fake.fail({ cut: true });
    const response = await fetch(`${opened.url}/`);
    await expect(response.text()).rejects.toThrow();
  });

  it("can close itself after a client has closed a stream", async () => {
    await using opened = await listening({ slowSpawnTimeout: 0, spawner: { seconds: 30 } });
    const abort = new AbortController();
    const headers = { Authorization: `token ${opened.fake.token}` };
    await fetch(`${opened.url}/users/ada/server`, { method: "POST", headers });
    const { signal } = abort;
    const stream = await fetch(`${opened.url}/users/ada/server/progress`, { headers, signal });
    await stream.body?.getReader().read();
    abort.abort();
    await opened.fake.close();
  });

  it("keeps its state when it is closed and listens again", async () => {
    const fake = new FakeHub({ users: ["ada"] });
    const first = await fake.listen();
    await fake.close();
    await expect(fetch(`${first}/`)).rejects.toThrow("fetch failed");
    await using _ = fake;
    const hub = new JupyterHub({ url: await fake.listen(), token: fake.token });
    expect((await hub.users.get("ada")).name).toBe("ada");
  });
});
