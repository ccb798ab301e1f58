/** Starts, stops and registrations that end differently from what the hub reports at first. */
import { describe, expect, it } from "vitest";
import { JupyterHub } from "../../src/index.js";
import { FakeHub } from "./fake-hub.js";
import { elapse } from "./fake-stream.js";
import { failure, pass, settled, useClock } from "./time.js";

useClock();

const post = "POST /users/ada/server";
const stop = "DELETE /users/ada/server";
const stillRuns = { message: expect.stringContaining("still runs") as string };

/**
 * A hub that cannot remove the route of a server, as when its proxy refuses the hub's token: it answers 204 to the stop,
 * and the server keeps running.
 */
const unableToStop = (): FakeHub => {
  const hub = new FakeHub();
  hub.become("", [[0, "ready"]]);
  hub.next(stop, { status: 204 });
  return hub;
};

describe("a stop that the hub answers with 204, though the server keeps running", () => {
  it("makes `stop` reject", async () => {
    const hub = unableToStop();
    expect(await failure(hub.client().servers.stop("ada"))).toMatchObject(stillRuns);
  });

  it("is an error among the results of `stopMany`", async () => {
    const hub = unableToStop();
    const errors: unknown[] = [];
    const collect = async (): Promise<void> => {
      for await (const { error } of hub.client().servers.stopMany(["ada"])) errors.push(error);
    };
    await settled(collect());
    expect(errors).toEqual([expect.objectContaining(stillRuns)]);
  });

  it("makes `restart` reject, instead of resolving with the server that was to be restarted", async () => {
    const hub = unableToStop();
    expect(await failure(hub.client().servers.restart("ada"))).toMatchObject(stillRuns);
  });
});

/** Hub 6.1 answers 500 to a stop if an action is pending that it could not cancel. Older hubs answer 400. */
describe("a stop that the hub answers with 500, since another action is pending", () => {
  const refusal = { status: 500, message: "Internal Server Error" };

  it("waits for the stop that another client sent while both cancelled a start", async () => {
    const hub = new FakeHub();
    hub.become("", [[0, "spawn"]]);
    hub.next(stop, {
      ...refusal,
      fate: [
        [0, "stop"],
        [4000, "stopped"],
      ],
    });
    const begun = Date.now();
    await settled(hub.client().servers.stop("ada"));
    expect(Date.now() - begun).toBeGreaterThanOrEqual(4000);
  });

  it("is sent again after a restarted hub has checked the server", async () => {
    const hub = new FakeHub();
    hub.become("", [
      [0, "check"],
      [5000, "ready"],
    ]);
    hub.next(stop, { ...refusal, takes: 1000 });
    await settled(hub.client().servers.stop("ada"));
    expect(hub.writes).toEqual([stop, stop]);
  });

  it("does not prevent `users.delete` with `stopServers` after a restart of the hub", async () => {
    const hub = new FakeHub();
    hub.become("", [
      [0, "check"],
      [5000, "ready"],
    ]);
    hub.next(stop, { ...refusal, takes: 1000 });
    await settled(hub.client().users.delete("ada", { stopServers: true }));
    expect(hub.writes).toEqual([stop, stop, "DELETE /users/ada"]);
  });
});

describe("a removed server that another client creates and starts again at once", () => {
  it("does not make `delete` reject as if the hub could not stop it", async () => {
    const hub = new FakeHub();
    hub.become("gpu", [[0, "ready"]]);
    hub.next("DELETE /users/ada/servers/gpu", {
      status: 202,
      fate: [
        [0, "stop"],
        [1000, "gone"],
        [1010, "spawn"],
        [1400, "ready"],
      ],
    });
    const deleted = hub.client().servers.delete("ada", { server: "gpu" });
    const result = await settled(deleted.catch((error: unknown) => error));
    expect(String(result)).not.toContain("could not stop it");
  });
});

describe("a start whose server another client stops and starts again with other `user_options`", () => {
  const large = { profile: "large" };
  const otherOptions = { name: "BadRequestError", reason: "already-running" };

  it("rejects after the 500 with which hubs answer a cancelled start", async () => {
    const hub = new FakeHub();
    hub.next(post, { status: 500, message: "Internal Server Error", takes: 1000 });
    const error = failure(hub.client().servers.start("ada", { user_options: large }));
    await pass(500);
    hub.become("", [[0, "ready"]], { profile: "small" });
    expect(await error).toMatchObject(otherOptions);
  });
});

describe("services.create with a url at which nothing listens yet", () => {
  it("resolves if the hub registers the service, but answers after the timeout", async () => {
    const model = { name: "charts", kind: "service", admin: false, url: "http://127.0.0.1:9000" };
    const hub = new JupyterHub({
      url: "http://hub.test.local/hub/api",
      token: "a-token",
      fetch: async (input, init) => {
        const request = new Request(input, init);
        // Hubs wait up to 30 s for the service before they answer.
        if (request.method === "POST") await elapse(30_100, init?.signal);
        return Response.json(model, { headers: { "X-JupyterHub-Version": "6.1.1" } });
      },
    });
    const created = hub.services.create("charts", {
      url: model.url,
      oauth_client_id: "service-charts",
      oauth_redirect_uri: "http://127.0.0.1:9000/callback",
    });
    expect(await settled(created)).toMatchObject(model);
  });
});
