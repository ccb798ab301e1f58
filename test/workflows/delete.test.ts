/** `servers.delete` resolves when the server no longer exists, and refuses the default server. */
import { describe, expect, it } from "vitest";
import type { NamedServerInput } from "../../src/index.js";
import { InvalidInputError } from "../../src/index.js";
import { FakeHub, type Fate, type State } from "./fake-hub.js";
import { failure, settled, useClock } from "./time.js";

useClock();

const named = "DELETE /users/ada/servers/gpu";

describe("servers.delete", () => {
  it("requests the removal, and waits until the server no longer exists", async () => {
    const hub = new FakeHub();
    hub.become("gpu", [[0, "ready"]]);
    hub.next(named, {
      status: 202,
      fate: [
        [0, "stop"],
        [1000, "stopped"],
        [4000, "gone"],
      ],
    });
    const begun = Date.now();
    await settled(hub.client().servers.delete("ada", { server: "gpu" }));
    expect(Date.now() - begun).toBeGreaterThanOrEqual(4000);
    expect(hub.sent[0]).toEqual({ route: named, body: { remove: true } });
    expect(hub.writes).toEqual([named]);
  });

  it("waits after a 204 until the server no longer exists", async () => {
    const hub = new FakeHub("5.5.4");
    hub.next(named, {
      status: 204,
      fate: [
        [0, "stopped"],
        [2000, "gone"],
      ],
    });
    const begun = Date.now();
    await settled(hub.client().servers.delete("ada", { server: "gpu" }));
    expect(Date.now() - begun).toBeGreaterThanOrEqual(2000);
    expect(hub.sent.at(-1)?.route).toBe("GET /users/ada?include_stopped_servers=true");
  });

  it("rejects if the server did not stop", async () => {
    const hub = new FakeHub();
    hub.become("gpu", [[0, "ready"]]);
    hub.next(named, {
      status: 202,
      fate: [
        [0, "stop"],
        [1000, "ready"],
      ],
    });
    expect(await failure(hub.client().servers.delete("ada", { server: "gpu" }))).toMatchObject({
      name: "JupyterHubError",
      message: "The server gpu of ada still runs: the hub could not stop it.",
    });
  });

  it("resolves at once if the hub removes a stopped server immediately", async () => {
    const hub = new FakeHub();
    hub.become("gpu", [[0, "stopped"]]);
    await settled(hub.client().servers.delete("ada", { server: "gpu" }));
    expect(hub.sent.map(({ route }) => route)).toEqual([named, "GET /users/ada/servers/gpu"]);
  });

  it.each<[what: string, fate: Fate]>([
    ["no longer exists", [[0, "gone"]]],
    [
      "stops and is removed",
      [
        [0, "stop"],
        [3000, "stopped"],
        [5000, "gone"],
      ],
    ],
  ])("resolves after a lost response if the server %s", async (_, fate) => {
    const hub = new FakeHub();
    hub.next(named, { status: 0, lost: true, fate });
    await settled(hub.client().servers.delete("ada", { server: "gpu" }));
    expect(hub.writes).toEqual([named]);
  });

  it.each<[state: State]>([["stopped"], ["ready"]])(
    "reports in its error that the outcome is unknown if the response is lost and the server is %s",
    async (state) => {
      const hub = new FakeHub();
      hub.next(named, { status: 0, lost: true, fate: [[0, state]] });
      const error = await failure(hub.client().servers.delete("ada", { server: "gpu" }));
      expect(error).toMatchObject({ name: "ConnectionError", outcome: "unknown" });
      expect(hub.writes).toEqual([named]);
    },
  );

  it.each<[what: string, input: unknown]>([
    ["the empty name", { server: "" }],
    ["no name", {}],
    ["no input", undefined],
  ])(
    "refuses to delete the default server, and sends nothing, if called with %s",
    async (_, input) => {
      const hub = new FakeHub();
      hub.become("", [[0, "ready"]]);
      const error = await failure(hub.client().servers.delete("ada", input as NamedServerInput));
      expect(error).toBeInstanceOf(InvalidInputError);
      expect(error).toMatchObject({ message: expect.stringContaining("Only named servers") });
      expect(hub.sent).toEqual([]);
    },
  );

  it("names the server in the error of a timeout", async () => {
    const hub = new FakeHub();
    hub.next(named, { status: 202, fate: [[0, "stopped"]] });
    const deleted = hub.client().servers.delete("ada", { server: "gpu" }, { timeout: 3000 });
    expect(await failure(deleted)).toMatchObject({
      name: "TimeoutError",
      message: "The server gpu of ada was not deleted within 3000 ms.",
    });
  });
});
