/** A fake hub that restarts or shuts down: what breaks, what is lost and what continues. */
import { describe, expect, it } from "vitest";
import type { FakeHub } from "../../src/testing/index.js";
import { ask, openFake, rejection, serverOf } from "./hubs.js";

const connectionLost = { name: "TypeError", message: "fetch failed" };

/** Requests a start that takes a minute. Resolves with the response that streams its progress. */
async function streamOf(fake: FakeHub): Promise<Response> {
  fake.spawner({ seconds: 60 });
  await ask(fake, "POST /users/ada/server");
  return ask(fake, "GET /users/ada/server/progress");
}

/** Sends a request whose connection may break. Resolves with the error, if there is one. */
const send = (fake: FakeHub, operation: string): Promise<unknown> =>
  rejection(ask(fake, operation));

describe("a restart", () => {
  it("discards the deletion of a user if the deletion still waits for a server to stop", async () => {
    const { fake } = openFake({ users: [{ name: "ada", servers: [""] }] });
    fake.spawner({ stopSeconds: 5 });
    const deleted = send(fake, "DELETE /users/ada");
    await fake.advance(1000);
    await fake.restart();
    expect(await deleted).toMatchObject(connectionLost);
    await fake.advance(10_000);
    expect((await ask(fake, "GET /users/ada")).status).toBe(200);
  });

  it("discards the removal of a server that is still stopping, so that the server can start again", async () => {
    const { fake } = openFake({ users: [{ name: "ada", servers: ["gpu"] }], slowStopTimeout: 0 });
    fake.spawner({ stopSeconds: 60 });
    const body = '{"remove":true}';
    expect((await ask(fake, "DELETE /users/ada/servers/gpu", { body })).status).toBe(202);
    await fake.restart();
    fake.spawner({});
    expect((await ask(fake, "POST /users/ada/servers/gpu")).status).toBe(201);
    await fake.advance(60_000);
    expect(await serverOf(fake, "gpu")).toMatchObject({ ready: true });
  });

  it("stops a server whose start was cancelled, and the cancellation does not stop the next start", async () => {
    const { fake } = openFake({ slowSpawnTimeout: 0, spawner: { seconds: 60 } });
    await ask(fake, "POST /users/ada/server");
    const cancelled = send(fake, "DELETE /users/ada/server");
    await fake.advance(100);
    await fake.restart();
    expect(await cancelled).toMatchObject(connectionLost);
    expect(await serverOf(fake)).toMatchObject({ ready: false });
    fake.spawner({});
    expect((await ask(fake, "POST /users/ada/server")).status).toBe(201);
    await fake.advance(2000);
    expect(await serverOf(fake)).toMatchObject({ ready: true });
  });

  it("breaks a stream like a lost connection, not like an abort by the reader", async () => {
    const { fake } = openFake({ slowSpawnTimeout: 0 });
    const stream = await streamOf(fake);
    const text = rejection(stream.text());
    await fake.restart();
    expect(await text).toMatchObject(connectionLost);
  });

  it("that overlaps with another restart lasts until both end", async () => {
    const { fake } = openFake();
    const restarts = [fake.restart({ seconds: 10 }), fake.restart({ seconds: 5 })];
    await fake.advance(5000);
    expect((await ask(fake, "GET /users")).status).toBe(503);
    await fake.advance(5000);
    await Promise.all(restarts);
    expect((await ask(fake, "GET /users")).status).toBe(200);
  });
});

describe("a shutdown", () => {
  it("is answered with 202, and breaks open streams", async () => {
    const { fake } = openFake({ slowSpawnTimeout: 0 });
    const stream = await streamOf(fake);
    const text = rejection(stream.text());
    expect((await ask(fake, "POST /shutdown")).status).toBe(202);
    expect(await text).toMatchObject(connectionLost);
  });
});

describe("a reader that aborts a stream", () => {
  it("gets the reason of its abort, not the normal end of the stream", async () => {
    const { fake } = openFake({ slowSpawnTimeout: 0, spawner: { seconds: 60 } });
    await ask(fake, "POST /users/ada/server");
    const abort = new AbortController();
    const { signal } = abort;
    const stream = await ask(fake, "GET /users/ada/server/progress", { signal });
    const text = rejection(stream.text());
    abort.abort();
    expect(await text).toMatchObject({ name: "AbortError" });
  });
});
