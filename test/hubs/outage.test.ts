/** A real hub that crashes during an operation. While the hub is down, the real proxy in front of it answers. */
import { describe, expect, it } from "vitest";
import { SpawnFailedError } from "jupyterhub-client";
import { failure, itSince, useHubFixture } from "./hub-fixture.js";

const fixture = useHubFixture("outage", {
  proxy: "configurable-http-proxy",
  database: "file",
  extraConfig: "c.JupyterHub.api_page_max_limit = 50",
});
const posts = (): string[] =>
  fixture.sent().filter((one) => one.startsWith("POST /users/{name}/se"));

describe("a hub that crashes and restarts", () => {
  it("receives the start request only once; `start` rejects if the crash interrupts the server's start", async () => {
    const { servers, users } = fixture.hub;
    await users.create("ada");
    fixture.sent();
    const start = servers.start("ada", { user_options: { behave: "slow", seconds: 30 } });
    const outcome = failure(start);
    const events = start[Symbol.asyncIterator]();
    expect((await events.next()).value).toEqual({ progress: 0, message: "Server requested" });
    await expect.poll(posts, { timeout: 10_000 }).toEqual(["POST /users/{name}/server 202"]);
    await fixture.real.kill();
    const waited = fixture.hub.waitUntilReady();
    await fixture.real.restart();
    await waited;
    expect(await outcome).toBeInstanceOf(SpawnFailedError);
    expect(posts()).toEqual([]);
    expect((await servers.start("ada", { user_options: {} })).ready).toBe(true);
  });

  it("receives no second start request if the response to the first one is lost in the crash", async () => {
    const { servers } = fixture.hub;
    await servers.stop("ada");
    fixture.sent();
    const outcome = failure(
      servers.start("ada", { user_options: { behave: "slow", seconds: 30 } }),
    );
    await expect.poll(async () => (await servers.list("ada")).length, { timeout: 10_000 }).toBe(1);
    await fixture.real.kill();
    await fixture.real.restart();
    expect(await outcome).toMatchObject({ outcome: "unknown" });
    expect(posts()).toEqual([]);
  });

  itSince("2.0")("lists every user exactly once if it crashes during the listing", async () => {
    const usernames = Array.from({ length: 150 }, (_, index) => `student-${index}`);
    for (let index = 0; index < usernames.length; index += 50) {
      await fixture.hub.users.createMany({ usernames: usernames.slice(index, index + 50) });
    }
    // A hub takes some seconds to start, which is longer than three retries wait.
    const patient = fixture.hub.withOptions({ retry: 12 });
    const listed: string[] = [];
    let comeback: Promise<void> | undefined;
    for await (const { name } of patient.users.list()) {
      listed.push(String(name));
      if (comeback) continue;
      await fixture.real.kill();
      comeback = fixture.real.restart();
    }
    await comeback;
    expect(listed.filter((name) => name.startsWith("student-"))).toEqual(usernames);
  });
});
