/** A start that fails rejects with an error that names the failure, and is not sent again. */
import { describe, expect, it } from "vitest";
import { RateLimitError, SpawnFailedError } from "../../src/index.js";
import { FakeHub, type Answer, type Fate } from "./fake-hub.js";
import { failure, useClock } from "./time.js";
import { failed, requested, soon, starting } from "./watching.js";

useClock();

const post = "POST /users/ada/server";
const named = "POST /users/ada/servers/gpu";

describe("a start that fails", () => {
  it("rejects with SpawnFailedError if the spawn ends without a ready server", async () => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 202,
      fate: [
        [0, "spawn"],
        [5000, "stopped"],
      ],
    });
    const error = await failure(hub.client().servers.start("ada"));
    expect(error).toBeInstanceOf(SpawnFailedError);
    expect(error).toMatchObject({
      message: expect.stringContaining("The server of ada failed to start"),
    });
    expect(error).not.toHaveProperty("cause");
    expect(hub.writes).toEqual([post]);
  });

  it("has the name of a named server in its error", async () => {
    const hub = new FakeHub();
    hub.next(named, {
      status: 202,
      fate: [
        [0, "spawn"],
        [5000, "gone"],
      ],
    });
    const error = await failure(hub.client().servers.start("ada", { server: "gpu" }));
    expect(error).toMatchObject({
      name: "SpawnFailedError",
      message: expect.stringContaining("The server gpu of ada failed to start"),
    });
    expect(hub.writes).toEqual([named]);
  });

  it("rejects with an error whose cause is the hub's 500 if the server does not exist afterwards", async () => {
    const hub = new FakeHub();
    const message = "Error in Authenticator.pre_spawn_start: no quota";
    hub.next(post, { status: 500, message, fate: [[0, "gone"]] });
    const error = await failure(hub.client().servers.start("ada"));
    expect(error).toBeInstanceOf(SpawnFailedError);
    expect(error).toMatchObject({
      name: "SpawnFailedError",
      status: 500,
      hubMessage: message,
      method: "POST",
      url: "http://hub.test.local/hub/api/users/ada/server",
      hubVersion: "6.1.1",
      cause: { name: "HubError", status: 500, hubMessage: message },
    });
    expect(hub.writes).toEqual([post]);
  });

  it("rejects with an error whose cause is the hub's 500 even if the spawn continued for a while", async () => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 500,
      message: "boom",
      fate: [
        [0, "spawn"],
        [3000, "gone"],
      ],
    });
    const error = await failure(hub.client().servers.start("ada"));
    expect(error).toMatchObject({ name: "SpawnFailedError", cause: { status: 500 } });
    expect(hub.writes).toEqual([post]);
  });

  it("rejects if it was cancelled, even if its server looks ready for a second", async () => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 202,
      fate: [
        [0, "spawn"],
        [1000, "ready"],
        [2000, "stopped"],
      ],
    });
    expect(await failure(hub.client().servers.start("ada"))).toBeInstanceOf(SpawnFailedError);
    expect(hub.writes).toEqual([post]);
  });

  it("reports in its error that another client stopped the server", async () => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 202,
      fate: [
        [0, "spawn"],
        [1000, "stop"],
        [9000, "stopped"],
      ],
    });
    expect(await failure(hub.client().servers.start("ada"))).toMatchObject({
      name: "SpawnFailedError",
      message: "The server of ada was stopped while it started.",
    });
    expect(hub.writes).toEqual([post]);
  });

  it.each<[what: string, answer: Answer, error: object]>([
    [
      "named servers are disabled",
      { status: 400, message: "Named servers are not enabled." },
      { name: "BadRequestError", reason: "named-servers-disabled" },
    ],
    [
      "the user has reached the limit of servers",
      {
        status: 400,
        message: "User ada already has the maximum of 3 named servers. One must be deleted first.",
      },
      { name: "BadRequestError", reason: "server-limit" },
    ],
    [
      "the user does not exist",
      { status: 404, message: "No such user" },
      { name: "NotFoundError", status: 404 },
    ],
    [
      "the token lacks the scope",
      {
        status: 403,
        message: "Action is not authorized with current scopes; requires any of [start:servers]",
      },
      { name: "ForbiddenError", requiredScopes: ["start:servers"] },
    ],
  ])("rejects with the hub's error if %s", async (_, answer, error) => {
    const hub = new FakeHub();
    hub.next(named, answer);
    expect(await failure(hub.client().servers.start("ada", { server: "gpu" }))).toMatchObject(
      error,
    );
    expect(hub.writes).toEqual([named]);
  });

  it.each<[status: number, why: string]>([
    [400, "Your account is pending approval"],
    [400, "The volume is being renamed"],
    [401, "The cluster does not know the hub"],
    [403, "No quota is left"],
    [404, "There is no such image"],
    [409, "No GPU is left"],
    [429, "Too many pods"],
  ])(
    "rejects with SpawnFailedError if the Spawner raises an error with status %i: %s",
    async (status, why) => {
      const hub = new FakeHub();
      hub.why = why;
      const fate: Fate = [
        [0, "spawn"],
        [0, "stopped"],
      ];
      hub.next(post, { status, message: why, fate });
      expect(await failure(hub.client().servers.start("ada"))).toMatchObject({
        name: "SpawnFailedError",
        status,
        reason: why,
        events: [{ failed: true }],
        cause: { status },
      });
      expect(hub.writes).toEqual([post]);
    },
  );

  it.each<[status: number, why: string, headers: Record<string, string>]>([
    [401, "The cloud refuses the project's account", {}],
    [403, "The cloud reports missing or invalid credentials of the project", {}],
    [429, "The cloud's quota is used up", { "Retry-After": "1" }],
  ])(
    "is not sent again by a client with a token function if the Spawner raises an error with status %i: %s",
    async (status, why, headers) => {
      const hub = new FakeHub();
      hub.why = why;
      const fate: Fate = [
        [0, "spawn"],
        [0, "stopped"],
      ];
      hub.next(post, { status, message: why, headers, fate });
      let count = 0;
      const client = hub.client({ token: () => `token-${(count += 1)}` });
      expect(await failure(client.servers.start("ada"))).toMatchObject({
        name: "SpawnFailedError",
        status,
      });
      expect(hub.writes).toEqual([post]);
    },
  );

  it.each<[status: number, name: string]>([
    [401, "AuthenticationError"],
    [404, "NotFoundError"],
    [429, "RateLimitError"],
  ])(
    "rejects with the status %i of its own response, not with the failure of an earlier spawn",
    async (status, name) => {
      const hub = new FakeHub();
      hub.become("", [
        [0, "spawn"],
        [0, "stopped"],
      ]);
      hub.next(post, { status, message: "Not now" });
      expect(await failure(hub.client().servers.start("ada"))).toMatchObject({ name, status });
    },
  );

  it("rejects with SpawnFailedError after a lost response if the progress stream reports the failure", async () => {
    const hub = new FakeHub();
    hub.next(post, { status: 0, lost: true, fate: soon("stopped") });
    expect(await failure(hub.client().servers.start("ada"))).toMatchObject({
      name: "SpawnFailedError",
      reason: "No GPU is left",
      events: [requested, starting, failed],
      cause: { name: "ConnectionError", outcome: "unknown" },
    });
    expect(hub.writes).toEqual([post]);
  });

  it.each([
    ["too many servers are starting", { "Retry-After": "61" }, 61_000],
    ["too many servers are running", {}, undefined],
  ])("rejects with RateLimitError if %s", async (_, headers, retryAfter) => {
    const hub = new FakeHub();
    hub.next(post, { status: 429, message: "Too many servers", headers });
    const error = await failure(hub.client().servers.start("ada"));
    expect(error).toBeInstanceOf(RateLimitError);
    expect(error).toMatchObject({ status: 429, retryAfter });
    expect(hub.writes).toEqual([post]);
  });

  it("rejects with NotFoundError if the filters of the token's scopes hide the server", async () => {
    const hub = new FakeHub();
    const hidden = { status: 404, message: "No access to resources or resources not found" };
    const many = Array.from({ length: 9 }, () => hidden);
    hub.next("GET /users/ada/server", ...many);
    hub.next("GET /users/ada/server/progress", ...many);
    expect(await failure(hub.client().servers.start("ada"))).toMatchObject({
      name: "NotFoundError",
      hubMessage: hidden.message,
    });
  });

  it("rejects with the hub's error, and is not sent again, if the state of a stopping server cannot be read", async () => {
    const hub = new FakeHub();
    hub.become("", [
      [0, "stop"],
      [9000, "stopped"],
    ]);
    const away: Answer = { status: 503, message: "Service Unavailable" };
    hub.next("GET /users/ada/server", ...Array.from({ length: 200 }, () => away));
    expect(await failure(hub.client({ retry: 0 }).servers.start("ada"))).toMatchObject({
      name: "HubError",
      status: 503,
    });
    expect(hub.writes).toEqual([post]);
  });
});
