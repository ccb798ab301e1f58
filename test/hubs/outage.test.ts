/** A real hub that dies in the middle of something, behind a real proxy that answers in its place. */
import { describe, expect, it } from "vitest";
import { SpawnFailedError } from "jupyterhub-client";
import { failure, itSince, openStory } from "./story.js";

const story = openStory("outage", {
  proxy: "configurable-http-proxy",
  database: "file",
  extraConfig: "c.JupyterHub.api_page_max_limit = 50",
});
const posts = (): string[] => story.sent().filter((one) => one.startsWith("POST /users/{name}/se"));

describe("a hub that dies and comes back", () => {
  it("is waited for, and asked once: what it has forgotten has failed", async () => {
    const { servers, users } = story.hub;
    await users.create("ada");
    story.sent();
    const start = servers.start("ada", { user_options: { behave: "slow", seconds: 30 } });
    const outcome = failure(start);
    const events = start[Symbol.asyncIterator]();
    // The first event says that the hub has taken the start and tells of it.
    expect((await events.next()).value).toEqual({ progress: 0, message: "Server requested" });
    await story.real.kill();
    const waited = story.hub.waitUntilReady();
    await story.real.restart();
    await waited;
    expect(await outcome).toBeInstanceOf(SpawnFailedError);
    expect(posts()).toEqual(["POST /users/{name}/server 202"]);
    expect((await servers.start("ada", { user_options: {} })).ready).toBe(true);
  });

  it("is not asked a second time when the answer to the start was lost with it", async () => {
    const { servers } = story.hub;
    await servers.stop("ada");
    story.sent();
    const outcome = failure(
      servers.start("ada", { user_options: { behave: "slow", seconds: 30 } }),
    );
    await expect.poll(async () => (await servers.list("ada")).length, { timeout: 10_000 }).toBe(1);
    await story.real.kill();
    await story.real.restart();
    expect(await outcome).toMatchObject({ outcome: "unknown" });
    expect(posts()).toEqual([]);
  });

  itSince("2.0")("in the middle of a listing costs it nobody, and shows nobody twice", async () => {
    const usernames = Array.from({ length: 150 }, (_, index) => `student-${index}`);
    for (let index = 0; index < usernames.length; index += 50) {
      await story.hub.users.createMany({ usernames: usernames.slice(index, index + 50) });
    }
    // A hub needs some seconds to start, which is more than three more attempts wait.
    const patient = story.hub.withOptions({ retry: 12 });
    const listed: string[] = [];
    let comeback: Promise<void> | undefined;
    for await (const { name } of patient.users.list()) {
      listed.push(String(name));
      if (comeback) continue;
      await story.real.kill();
      comeback = story.real.restart();
    }
    await comeback;
    expect(listed.filter((name) => name.startsWith("student-"))).toEqual(usernames);
  });
});
