/** `servers.stop` and `servers.restart` resolve when the server has stopped or restarted. */
import { describe, expect, it } from "vitest";
import { FakeHub, type Fate } from "./fake-hub.js";
import { failure, pass, settled, useClock, watch } from "./time.js";

useClock();

const stop = "DELETE /users/ada/server";
const named = "DELETE /users/ada/servers/gpu";

describe("servers.stop", () => {
  it.each([
    [undefined, "/users/ada/server"],
    ["", "/users/ada/server"],
    ["gpu", "/users/ada/servers/gpu"],
    ["a b/ä", "/users/ada/servers/a%20b%2F%C3%A4"],
  ])("of the server %j deletes %s without a body, and reads its model", async (server, route) => {
    const hub = new FakeHub();
    hub.become(server ?? "", [[0, "stopped"]]);
    await settled(hub.client().servers.stop("ada", server === undefined ? {} : { server }));
    expect(hub.sent).toEqual([
      { route: `DELETE ${route}`, body: undefined },
      { route: `GET ${route}`, body: undefined },
    ]);
  });

  it("resolves at once after a 204", async () => {
    const hub = new FakeHub();
    hub.become("", [[0, "ready"]]);
    hub.next(stop, { status: 204, fate: [[0, "stopped"]] });
    const begun = Date.now();
    await expect(settled(hub.client().servers.stop("ada"))).resolves.toBeUndefined();
    expect(Date.now() - begun).toBeLessThan(100);
    expect(hub.writes).toEqual([stop]);
  });

  it.each(["6.1.1", "5.5.4", "2.3.1"])(
    "waits after a 202 on hub %s until the server is no longer stopping",
    async (version) => {
      const hub = new FakeHub(version);
      hub.become("", [[0, "ready"]]);
      hub.next(stop, {
        status: 202,
        fate: [
          [0, "stop"],
          [5000, "stopped"],
        ],
      });
      const begun = Date.now();
      await settled(hub.client().servers.stop("ada"));
      expect(Date.now() - begun).toBeGreaterThanOrEqual(5000);
      expect(Date.now() - begun).toBeLessThan(7100);
      expect(hub.writes).toEqual([stop]);
    },
  );

  it("joins a pending stop", async () => {
    const hub = new FakeHub();
    hub.become("", [
      [0, "stop"],
      [2000, "stopped"],
    ]);
    const begun = Date.now();
    await settled(hub.client().servers.stop("ada"));
    expect(Date.now() - begun).toBeGreaterThanOrEqual(2000);
    expect(hub.writes).toEqual([stop]);
  });

  it("sends the request again if the hub refuses it because a different action is pending", async () => {
    const hub = new FakeHub();
    hub.become("", [
      [0, "check"],
      [1000, "ready"],
    ]);
    hub.next(stop, { status: 400, message: "ada is pending check" });
    await settled(hub.client().servers.stop("ada"));
    expect(hub.writes).toEqual([stop, stop]);
  });

  it("sends the request again with growing delays while the hub refuses it, though no action is pending", async () => {
    const hub = new FakeHub();
    const refusal = { status: 400, message: "ada is pending check" };
    hub.next(stop, ...Array.from({ length: 100 }, () => refusal));
    const stopped = hub.client().servers.stop("ada", {}, { timeout: 20_000 });
    expect(await failure(stopped)).toMatchObject({ name: "TimeoutError" });
    expect(hub.writes.length).toBeLessThan(20);
  });

  it("resolves if another client has started the server again", async () => {
    const hub = new FakeHub();
    hub.next(stop, {
      status: 202,
      fate: [
        [0, "stop"],
        [1000, "spawn"],
        [1010, "ready"],
      ],
    });
    await settled(hub.client().servers.stop("ada"));
    expect(hub.writes).toEqual([stop]);
  });

  it("rejects if the server did not stop", async () => {
    const hub = new FakeHub();
    hub.next(stop, {
      status: 202,
      fate: [
        [0, "stop"],
        [3000, "ready"],
      ],
    });
    expect(await failure(hub.client().servers.stop("ada"))).toMatchObject({
      name: "JupyterHubError",
      message: expect.stringContaining("The server of ada still runs"),
    });
  });

  it("rejects with NotFoundError if the server does not exist", async () => {
    const hub = new FakeHub();
    const error = await failure(hub.client().servers.stop("ada", { server: "gpu" }));
    expect(error).toMatchObject({ name: "NotFoundError", status: 404 });
    expect(hub.sent).toHaveLength(1);
  });

  it.each<[what: string, fate: Fate]>([
    ["has stopped", [[0, "stopped"]]],
    [
      "is stopping",
      [
        [0, "stop"],
        [5000, "stopped"],
      ],
    ],
    // A cancelled start is ready until the hub removes the server.
    [
      "was starting",
      [
        [0, "ready"],
        [1000, "stop"],
        [5000, "stopped"],
      ],
    ],
  ])(
    "resolves after a lost response if the server %s, without sending the stop again",
    async (_, fate) => {
      const hub = new FakeHub();
      hub.next(stop, { status: 0, lost: true, fate });
      await settled(hub.client().servers.stop("ada"));
      expect(await hub.client().servers.get("ada")).toMatchObject({ stopped: true });
      expect(hub.writes).toEqual([stop]);
    },
  );

  it("rejects with NotFoundError after a 202 if the filters of the token's scopes hide the server", async () => {
    const hub = new FakeHub();
    hub.become("", [[0, "ready"]]);
    const hidden = { status: 404, message: "No access to resources or resources not found" };
    hub.next("GET /users/ada/server", hidden);
    expect(await failure(hub.client().servers.stop("ada"))).toMatchObject({
      name: "NotFoundError",
      hubMessage: hidden.message,
    });
  });

  it("reports in its error that the outcome is unknown if the response is lost and the server still runs", async () => {
    const hub = new FakeHub();
    hub.next(stop, { status: 0, lost: true, fate: [[0, "ready"]] });
    expect(await failure(hub.client().servers.stop("ada"))).toMatchObject({
      name: "ConnectionError",
      outcome: "unknown",
    });
    expect(hub.writes).toEqual([stop]);
  });

  it("reports in its error that the outcome is unknown if the response is lost and the server cannot be read", async () => {
    const hub = new FakeHub();
    hub.next(stop, { status: 0, lost: true, fate: [[0, "stop"]] });
    hub.next("GET /users/ada/server", { status: 403, message: "requires any of [read:servers]" });
    expect(await failure(hub.client().servers.stop("ada"))).toMatchObject({
      name: "ConnectionError",
      outcome: "unknown",
    });
    expect(hub.writes).toEqual([stop]);
  });

  it("rejects after five minutes with an error that names the server", async () => {
    const hub = new FakeHub();
    hub.next(named, { status: 202, fate: [[0, "stop"]] });
    const stopped = watch(hub.client().servers.stop("ada", { server: "gpu" }));
    await pass(299_999);
    expect(stopped.settled).toBe(false);
    await pass(1);
    expect(stopped.error).toMatchObject({
      name: "TimeoutError",
      timeout: 300_000,
      message: "The server gpu of ada was not stopped within 300000 ms.",
    });
    const recorded = hub.sent.length;
    await pass(10_000);
    expect(hub.sent).toHaveLength(recorded);
  });

  it("rejects at once with the reason of an abort", async () => {
    const hub = new FakeHub();
    hub.next(stop, { status: 202, fate: [[0, "stop"]] });
    const controller = new AbortController();
    const stopped = watch(hub.client().servers.stop("ada", {}, { signal: controller.signal }));
    await pass(1000);
    expect(stopped.settled).toBe(false);
    const recorded = hub.sent.length;
    controller.abort("enough");
    await pass(0);
    expect(stopped.error).toBe("enough");
    await pass(5000);
    expect(hub.sent).toHaveLength(recorded);
  });
});

describe("servers.restart", () => {
  it.each([
    ["", stop, "POST /users/ada/server"],
    ["gpu", named, "POST /users/ada/servers/gpu"],
  ])(
    "of the server %j stops the server, waits until it has stopped, and starts it",
    async (server, down, up) => {
      const hub = new FakeHub();
      hub.become(server, [[0, "ready"]], { profile: "small" });
      const restarted = hub.client().servers.restart("ada", { server });
      expect(await settled(restarted)).toMatchObject({
        name: server,
        ready: true,
        user_options: { profile: "small" },
      });
      expect(hub.writes).toEqual([down, up]);
      expect(hub.sent.map(({ body }) => body).filter((body) => body !== undefined)).toEqual([]);
    },
  );

  it("starts the server with the given options", async () => {
    const hub = new FakeHub();
    hub.become("", [[0, "ready"]], { profile: "small" });
    const input = { user_options: { profile: "large" } };
    expect(await settled(hub.client().servers.restart("ada", input))).toMatchObject(input);
  });

  it("applies ifRunning to a server that another client has started meanwhile", async () => {
    for (const ifRunning of ["join", "fail"] as const) {
      const hub = new FakeHub();
      hub.become("", [[0, "ready"]], { profile: "small" });
      const message = "ada is already running";
      hub.next("POST /users/ada/server", { status: 400, message, fate: [[0, "ready"]] });
      const input = { user_options: { profile: "large" } };
      const restarted = hub.client().servers.restart("ada", input, { ifRunning });
      if (ifRunning === "join") expect(await settled(restarted)).toMatchObject({ ready: true });
      else expect(await failure(restarted)).toMatchObject({ reason: "already-running" });
    }
  });

  it("starts nothing if the stop fails", async () => {
    const hub = new FakeHub();
    hub.next(stop, {
      status: 202,
      fate: [
        [0, "stop"],
        [3000, "ready"],
      ],
    });
    const error = await failure(hub.client().servers.restart("ada"));
    expect(error).toMatchObject({ message: expect.stringContaining("still runs") });
    expect(hub.writes).toEqual([stop]);
  });

  it("rejects with the last 429 as the cause if it times out", async () => {
    const hub = new FakeHub();
    hub.become("", [[0, "stopped"]]);
    const headers = { "Retry-After": "10" };
    const busy = { status: 429, message: "Too many", headers };
    hub.next("POST /users/ada/server", busy, busy);
    const restarted = hub.client().servers.restart("ada", {}, { timeout: 5000 });
    expect(await failure(restarted)).toMatchObject({
      name: "TimeoutError",
      timeout: 5000,
      cause: { name: "RateLimitError" },
    });
  });

  it("stops nothing if the hub does not support the input", async () => {
    const hub = new FakeHub("5.5.4");
    hub.become("gpu", [[0, "ready"]]);
    const input = { server: "gpu", display_name: "The big one" };
    expect(await failure(hub.client().servers.restart("ada", input))).toMatchObject({
      name: "UnsupportedByHubError",
    });
    expect(hub.writes).toEqual([]);
  });

  it.each<[what: string, stops: number, starts: number]>([
    ["stop", 400_000, 1000],
    ["start", 1000, 1_000_000],
  ])("waits until the server is ready, even if the %s takes long", async (_, stops, starts) => {
    const hub = new FakeHub();
    hub.next(stop, {
      status: 202,
      fate: [
        [0, "stop"],
        [stops, "stopped"],
      ],
    });
    hub.next("POST /users/ada/server", {
      status: 202,
      fate: [
        [0, "spawn"],
        [starts, "ready"],
      ],
    });
    const restarted = hub.client().servers.restart("ada", {}, { timeout: 3_600_000 });
    expect(await settled(restarted)).toMatchObject({ ready: true });
  });

  it("applies one timeout to the stop and the start together", async () => {
    const hub = new FakeHub();
    hub.next(stop, {
      status: 202,
      fate: [
        [0, "stop"],
        [3000, "stopped"],
      ],
    });
    const begun = Date.now();
    const error = await failure(hub.client().servers.restart("ada", {}, { timeout: 4000 }));
    expect(error).toMatchObject({
      name: "TimeoutError",
      message: "The server of ada was not ready within 4000 ms.",
    });
    expect(Date.now() - begun).toBe(4000);
    expect(hub.writes).toEqual([stop, "POST /users/ada/server"]);
  });
});
