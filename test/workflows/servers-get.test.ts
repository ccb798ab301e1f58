/** `servers.get` and `servers.list`, on hubs that have a route for a single server (since 6.0) and on older hubs. */
import { describe, expect, it } from "vitest";
import { NotFoundError } from "../../src/index.js";
import { FakeHub } from "./fake-hub.js";
import { failure, settled, useClock } from "./time.js";

useClock();

const stoppedToo = "GET /users/ada?include_stopped_servers=true";

describe("servers.get", () => {
  it.each([
    ["6.1.1", undefined, "GET /users/ada/server"],
    ["6.0.0b2", "", "GET /users/ada/server"],
    ["6.1.1", "gpu", "GET /users/ada/servers/gpu"],
    ["5.5.4", undefined, stoppedToo],
    ["5.5.4", "gpu", stoppedToo],
    ["3.0.0", "gpu", stoppedToo],
    ["2.3.1", "gpu", "GET /users/ada"],
    ["1.2.2", "", "GET /users/ada"],
  ])(
    "on hub %s requests the version once, then reads the server %j with %s",
    async (version, server, route) => {
      const hub = new FakeHub(version);
      hub.become("", [[0, "ready"]]);
      hub.become("gpu", [[0, "ready"]]);
      const client = hub.client();
      const input = server === undefined ? {} : { server };
      const found = await settled(client.servers.get("ada", input));
      expect(found).toMatchObject({ name: server ?? "", ready: true });
      await settled(client.servers.get("ada", input));
      expect(hub.sent.map((one) => one.route)).toEqual(["GET /", route, route]);
    },
  );

  it.each(["6.1.1", "5.5.4", "3.0.0"])("finds a stopped server on hub %s", async (version) => {
    const hub = new FakeHub(version);
    hub.become("gpu", [[0, "stopped"]]);
    const found = await settled(hub.client().servers.get("ada", { server: "gpu" }));
    expect(found).toMatchObject({ name: "gpu", ready: false, stopped: true });
  });

  it("does not find a stopped server on hubs before 3.0, which do not list stopped servers", async () => {
    const hub = new FakeHub("2.3.1");
    hub.become("gpu", [[0, "stopped"]]);
    expect(await failure(hub.client().servers.get("ada", { server: "gpu" }))).toBeInstanceOf(
      NotFoundError,
    );
  });

  it.each([
    ["6.1.1", "gpu"],
    ["6.1.1", ""],
    ["5.5.4", "gpu"],
    ["5.5.4", ""],
    ["1.2.2", "gpu"],
    // Names of properties that every object inherits.
    ["5.5.4", "constructor"],
    ["5.5.4", "__proto__"],
  ])("on hub %s rejects with NotFoundError if there is no server %j", async (version, server) => {
    const hub = new FakeHub(version);
    hub.become("other", [[0, "ready"]]);
    const error = await failure(hub.client().servers.get("ada", { server }));
    expect(error).toBeInstanceOf(NotFoundError);
    expect(error).toMatchObject({ status: 404, hubVersion: version });
  });

  it("names the server in the error on older hubs", async () => {
    const hub = new FakeHub("5.5.4");
    const error = await failure(hub.client().servers.get("ada", { server: "gpu" }));
    expect(error).toMatchObject({ message: expect.stringContaining("The server gpu of ada") });
  });

  it.each(["6.1.1", "5.5.4"])("on hub %s rejects if the user does not exist", async (version) => {
    const hub = new FakeHub(version);
    hub.userExists = false;
    expect(await failure(hub.client().servers.get("ada"))).toBeInstanceOf(NotFoundError);
  });

  it("applies one timeout to the requests for the version and the server together", async () => {
    const hub = new FakeHub();
    hub.next("GET /", { status: 200, body: { version: "6.1.1" }, takes: 700 });
    hub.next("GET /users/ada/server", { status: 200, body: {}, takes: 700 });
    const begun = Date.now();
    const error = await failure(hub.client().servers.get("ada", {}, { timeout: 1000 }));
    expect(error).toMatchObject({ name: "TimeoutError", timeout: 1000 });
    expect(Date.now() - begun).toBe(1000);
  });
});

describe("servers.list", () => {
  it("returns running and pending servers as a list", async () => {
    const hub = new FakeHub();
    hub.become("", [[0, "ready"]]);
    hub.become("gpu", [[0, "spawn"]]);
    hub.become("old", [[0, "stopped"]]);
    const servers = await settled(hub.client().servers.list("ada"));
    expect(servers.map(({ name }) => name)).toEqual(["", "gpu"]);
    expect(hub.sent.map(({ route }) => route)).toEqual(["GET /users/ada"]);
  });

  it("includes stopped servers if requested", async () => {
    const hub = new FakeHub();
    hub.become("old", [[0, "stopped"]]);
    const input = { include_stopped_servers: true };
    expect(await settled(hub.client().servers.list("ada", input))).toMatchObject([{ name: "old" }]);
  });

  it("rejects with UnsupportedByHubError if the hub cannot include stopped servers", async () => {
    const hub = new FakeHub("2.3.1");
    const input = { include_stopped_servers: true };
    expect(await failure(hub.client().servers.list("ada", input))).toMatchObject({
      name: "UnsupportedByHubError",
      since: "3.0",
    });
    expect(hub.sent.map(({ route }) => route)).toEqual(["GET /"]);
  });

  it("rejects with ForbiddenError if the token's scopes do not include the servers", async () => {
    const hub = new FakeHub();
    hub.next("GET /users/ada", { status: 200, body: { name: "ada", kind: "user" } });
    const error = await settled(hub.client().servers.list("ada")).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ name: "ForbiddenError", requiredScopes: ["read:servers"] });
  });
});
