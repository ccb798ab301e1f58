/** Faults that a test declares: error responses, broken connections, cut streams, and a hub that stops. */
import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/index.js";
import { assertContract, type Fault } from "../../src/testing/index.js";
import { ask, openFake, rejection } from "./hubs.js";

describe("a declared fault", () => {
  it("sends its status as many times as declared, and only for its operation", async () => {
    const { fake } = openFake();
    fake.fail({
      operation: "GET /users",
      times: 2,
      status: 503,
      message: "Busy",
      headers: { "Retry-After": "1" },
    });
    const first = await ask(fake, "GET /users");
    expect([first.status, first.headers.get("Retry-After")]).toEqual([503, "1"]);
    expect(await first.json()).toEqual({ status: 503, message: "Busy" });
    expect((await ask(fake, "GET /groups")).status).toBe(200);
    expect((await ask(fake, "GET /users")).status).toBe(503);
    expect((await ask(fake, "GET /users")).status).toBe(200);
  });

  it.each([204, 205, 304])("with status %i leads to a response without a body", async (status) => {
    const { fake } = openFake();
    fake.fail({ status });
    const response = await ask(fake, "DELETE /users/ada");
    expect([response.status, await response.text()]).toEqual([status, ""]);
  });

  it("with status 502 makes the client retry", async () => {
    const { fake, hub } = openFake();
    fake.fail({ operation: "GET /users/{name}", status: 502 });
    expect((await hub.users.get("ada")).name).toBe("ada");
    expect(fake.requests.map(({ status }) => status)).toEqual([502, 200]);
  });

  it.each([429, 502, 503, 504])(
    "with status %i looks like the response of a proxy, which assertContract does not check",
    async (status) => {
      const { fake } = openFake();
      const fetch = assertContract(fake.fetch, { version: "6" });
      fake.fail({ operation: "GET /users", status, headers: { "Retry-After": "1" } });
      const headers = { Authorization: `token ${fake.token}` };
      const response = await fetch(`${fake.url}/users`, { headers });
      expect([response.status, response.headers.get("X-JupyterHub-Version")]).toEqual([
        status,
        null,
      ]);
      expect(fetch.violations).toEqual([]);
    },
  );

  it("leads to a response with the hub's version header if the fault declares this header", async () => {
    const { fake } = openFake();
    fake.fail({ status: 503, headers: { "X-JupyterHub-Version": fake.version } });
    const { headers } = await ask(fake, "GET /users");
    expect(headers.get("X-JupyterHub-Version")).toBe("6.1.1");
  });

  it("can break the connection before or after the hub handles the request", async () => {
    const { fake } = openFake();
    fake.fail({ network: true });
    await expect(ask(fake, "POST /users/grace")).rejects.toThrow("fetch failed");
    expect((await ask(fake, "GET /users/grace")).status).toBe(404);
    fake.fail({ network: "lost" });
    await expect(ask(fake, "POST /users/grace")).rejects.toThrow("fetch failed");
    expect((await ask(fake, "GET /users/grace")).status).toBe(200);
  });

  it("can withhold the response until the caller aborts", async () => {
    const { fake } = openFake();
    fake.fail({ stall: true });
    const signal = AbortSignal.timeout(20);
    expect(await rejection(ask(fake, "GET /users", { signal }))).toMatchObject({
      name: "TimeoutError",
    });
  });

  it("can cut a body in the middle", async () => {
    const { fake } = openFake();
    fake.fail({ cut: true });
    const response = await ask(fake, "GET /users");
    expect(response.status).toBe(200);
    await expect(response.text()).rejects.toThrow("fetch failed");
  });

  it("can cut a stream after its first event", async () => {
    const { fake } = openFake({ slowSpawnTimeout: 0, spawner: { seconds: 60 } });
    const posted = ask(fake, "POST /users/ada/server");
    await fake.advance(0);
    await posted;
    fake.fail({ operation: "GET /users/{name}/server/progress", cut: true });
    const response = await ask(fake, "GET /users/ada/server/progress");
    const read: string[] = [];
    const drained = (async () => {
      for await (const part of response.body as unknown as AsyncIterable<Uint8Array>) {
        read.push(new TextDecoder().decode(part));
      }
    })();
    const cut = rejection(drained);
    await fake.advance(60_000);
    expect(await cut).toMatchObject({ message: "fetch failed" });
    expect(read.join("")).toContain("Server requested");
    expect(read.join("")).not.toContain("ready");
  });

  it("can cut a stream that has a single event", async () => {
    const { fake } = openFake({ users: [{ name: "ada", servers: [""] }] });
    fake.fail({ operation: "GET /users/{name}/server/progress", cut: true });
    const response = await ask(fake, "GET /users/ada/server/progress");
    await expect(response.text()).rejects.toThrow("fetch failed");
  });

  it("must have exactly one kind of failure and a known operation", () => {
    const { fake } = openFake();
    expect(() => fake.fail({} as Fault)).toThrow("exactly one of status, network, stall, cut");
    expect(() => fake.fail({ status: 500, stall: true } as object as Fault)).toThrow(
      InvalidInputError,
    );
    expect(() => fake.fail({ operation: "GET /nothing", status: 500 })).toThrow("no operation");
  });
});

describe("a wrong fault is refused when it is declared", () => {
  it.each<[object, string]>([
    [{ status: 503, time: 2 }, "Did you mean `times`?"],
    [{ status: 503, times: 0 }, "`times` in the fault must be a whole number, 1 or more"],
    [{ status: 503, times: Number.NaN }, "`times`"],
    [{ status: 0 }, "`status` in the fault must be a status from 200 to 599"],
    [{ status: 600 }, "`status`"],
    [{ network: "gone" }, '`network` in the fault must be true or "lost"'],
    [{ stall: true, message: "Busy" }, "Only a fault with a `status`"],
  ])("%j", (fault, message) => {
    const { fake } = openFake();
    expect(() => fake.fail(fault as Fault)).toThrow(message);
  });
});

describe("a fake hub that stops", () => {
  it("breaks off requests in flight at a restart, while running servers continue", async () => {
    const { fake } = openFake({
      users: [{ name: "ada", servers: ["old"] }],
      spawner: { seconds: 60 },
    });
    const started = rejection(ask(fake, "POST /users/ada/server"));
    await fake.advance(1000);
    await fake.restart();
    expect(await started).toMatchObject({ message: "fetch failed" });
    const user = (await (await ask(fake, "GET /users/ada")).json()) as { servers: object };
    expect(Object.keys(user.servers)).toEqual(["old"]);
    expect((await ask(fake, "GET /users/ada/server/progress")).status).toBe(404);
    expect((await ask(fake, "DELETE /users/ada/servers/old")).status).toBe(204);
  });

  it("answers 503 during a restart, as a proxy does", async () => {
    const { fake } = openFake();
    const restarted = fake.restart({ seconds: 5 });
    const response = await ask(fake, "GET /users");
    expect([response.status, response.headers.get("X-JupyterHub-Version")]).toEqual([503, null]);
    await fake.advance(5000);
    await restarted;
    expect((await ask(fake, "GET /users")).status).toBe(200);
  });

  it("answers no request after a shutdown", async () => {
    const { fake, hub } = openFake();
    await hub.shutdown();
    await expect(ask(fake, "GET /")).rejects.toThrow("fetch failed");
  });
});
