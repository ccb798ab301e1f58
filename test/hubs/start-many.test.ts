/** Many servers on a real hub that limits the number of concurrent starts. */
import { describe, expect, it } from "vitest";
import { useHubFixture, release } from "./hub-fixture.js";

const fixture = useHubFixture("start-many", {
  extraConfig: [
    "c.JupyterHub.concurrent_spawn_limit = 10",
    // Set here because hubs do not read the documented option of this name from their configuration.
    'c.JupyterHub.tornado_settings["spawn_throttle_retry_range"] = (1, 3)',
  ].join("\n"),
});
const users = Array.from({ length: 50 }, (_, index) => `user${index}`);

describe("fifty servers", () => {
  it(
    "all start, though the hub rejects some of the start requests with 429",
    { timeout: 240_000 },
    async () => {
      await fixture.hub.users.createMany({ usernames: users });
      const started: string[] = [];
      const hub = fixture.hub.withOptions({ maxConcurrency: 64 });
      for await (const { user, server, error } of hub.servers.startMany(
        users,
        { user_options: { behave: "slow", seconds: 1 } },
        { concurrency: 50, timeout: 200_000 },
      )) {
        expect(error).toBeUndefined();
        expect(server).toMatchObject({ ready: true, pending: null });
        started.push(user);
      }
      expect(started.toSorted()).toEqual(users.toSorted());
      const sent = fixture.sent().filter((one) => one.startsWith("POST /users/{name}/server "));
      const taken = sent.filter((one) => !one.endsWith(" 429"));
      console.log(
        `${release}: ${sent.length - taken.length} of ${sent.length} starts were put off`,
      );
      expect(taken).toHaveLength(50);
      expect(sent.length).toBeGreaterThan(50);
    },
  );

  it(
    "are all stopped, even if the list contains one of them twice",
    { timeout: 240_000 },
    async () => {
      const stopped: string[] = [];
      for await (const { user, error } of fixture.hub.servers.stopMany([...users, "user0"])) {
        expect(error).toBeUndefined();
        stopped.push(user);
      }
      expect(stopped).toHaveLength(51);
      expect(await fixture.hub.users.list({})).toSatisfy((all: { server?: string | null }[]) =>
        all.every(({ server }) => !server),
      );
    },
  );

  it("are yielded by `startMany` with an error if they fail to start", async () => {
    const results = fixture.hub.servers.startMany(["user0", "nobody", "user1"], {
      user_options: { behave: "fail" },
    });
    const names: Record<string, string> = {};
    for await (const { user, error } of results) names[user] = (error as Error).name;
    expect(names).toEqual({
      nobody: "NotFoundError",
      user0: "SpawnFailedError",
      user1: "SpawnFailedError",
    });
  });
});
