/** `users.ensure` and `users.delete`, which send several requests. */
import { describe, expect, it } from "vitest";
import { FakeHub } from "./fake-hub.js";
import { failure, pass, settled, useClock } from "./time.js";

useClock();

const get = "GET /users/ada";
const post = "POST /users/ada";
const remove = "DELETE /users/ada";

describe("users.ensure", () => {
  it("returns an existing user unchanged", async () => {
    const hub = new FakeHub();
    const user = await settled(hub.client().users.ensure("ada", { admin: true }));
    expect(user).toMatchObject({ name: "ada" });
    expect(hub.sent.map(({ route }) => route)).toEqual([get]);
  });

  it("creates a user who does not exist", async () => {
    const hub = new FakeHub();
    hub.userExists = false;
    const user = await settled(hub.client().users.ensure("ada", { admin: true }));
    expect(user).toMatchObject({ name: "ada" });
    expect(hub.sent).toEqual([
      { route: get, body: undefined },
      { route: post, body: { admin: true } },
    ]);
  });

  it("returns the user if another client created them meanwhile", async () => {
    const hub = new FakeHub();
    hub.next(get, { status: 404, message: "No such user" });
    const user = await settled(hub.client().users.ensure("ada"));
    expect(user).toMatchObject({ name: "ada", servers: {} });
    expect(hub.sent.map(({ route }) => route)).toEqual([get, post, get]);
  });

  it.each([
    [
      "reading the user",
      get,
      { status: 403, message: "Action is not authorized" },
      "ForbiddenError",
      [get],
    ],
    [
      "creating the user",
      post,
      { status: 400, message: "Invalid username: ada" },
      "BadRequestError",
      [get, post],
    ],
  ])("rejects with the hub's error if %s fails", async (_, route, answer, name, sent) => {
    const hub = new FakeHub();
    hub.userExists = false;
    hub.next(route, answer);
    expect(await failure(hub.client().users.ensure("ada"))).toMatchObject({ name });
    expect(hub.sent.map((one) => one.route)).toEqual(sent);
  });

  it("applies one timeout to all its requests together", async () => {
    const hub = new FakeHub();
    hub.next(get, { status: 404, message: "No such user", takes: 700 });
    hub.next(post, { status: 201, body: {}, takes: 700 });
    const begun = Date.now();
    const error = await failure(hub.client().users.ensure("ada", {}, { timeout: 1000 }));
    expect(error).toMatchObject({ name: "TimeoutError", timeout: 1000 });
    expect(Date.now() - begun).toBe(1000);
  });
});

describe("users.delete", () => {
  it("deletes the user without stopping servers", async () => {
    const hub = new FakeHub();
    await settled(hub.client().users.delete("ada"));
    expect(hub.sent.map(({ route }) => route)).toEqual([remove]);
    expect(hub.userExists).toBe(false);
  });

  it("rejects with the hub's 500 if a named server runs", async () => {
    const hub = new FakeHub();
    hub.become("gpu", [[0, "ready"]]);
    expect(await failure(hub.client().users.delete("ada"))).toMatchObject({
      name: "HubError",
      status: 500,
    });
    expect(hub.userExists).toBe(true);
  });

  it("with stopServers stops all active servers, waits until they have stopped, then deletes the user", async () => {
    const hub = new FakeHub();
    hub.become("", [[0, "ready"]]);
    hub.become("gpu", [[0, "spawn"]]);
    hub.become("old", [[0, "stopped"]]);
    await settled(hub.client().users.delete("ada", { stopServers: true }));
    expect(hub.userExists).toBe(false);
    expect(hub.writes).toEqual([
      "DELETE /users/ada/server",
      "DELETE /users/ada/servers/gpu",
      remove,
    ]);
    expect(hub.sent.flatMap(({ body }) => body ?? [])).toEqual([]);
  });

  it("with stopServers deletes a user without servers right away", async () => {
    const hub = new FakeHub();
    await settled(hub.client().users.delete("ada", { stopServers: true }));
    expect(hub.sent.map(({ route }) => route)).toEqual([get, remove]);
  });

  it("with stopServers does not delete the user if a server cannot be stopped", async () => {
    const hub = new FakeHub();
    hub.become("gpu", [[0, "ready"]]);
    hub.next("DELETE /users/ada/servers/gpu", { status: 500, message: "stuck" });
    const deleted = hub.client().users.delete("ada", { stopServers: true });
    expect(await failure(deleted)).toMatchObject({ name: "HubError", hubMessage: "stuck" });
    expect(hub.writes).not.toContain(remove);
    expect(hub.userExists).toBe(true);
  });

  it("with stopServers ignores a server that another client has removed meanwhile", async () => {
    const hub = new FakeHub();
    hub.become("gpu", [[0, "ready"]]);
    hub.next("DELETE /users/ada/servers/gpu", {
      status: 404,
      message: "ada has no server named 'gpu'",
      fate: [[0, "gone"]],
    });
    await settled(hub.client().users.delete("ada", { stopServers: true }));
    expect(hub.userExists).toBe(false);
  });

  it("with stopServers no longer polls the other servers once one server cannot be stopped", async () => {
    const hub = new FakeHub();
    hub.become("", [[0, "ready"]]);
    hub.become("gpu", [[0, "ready"]]);
    hub.next("DELETE /users/ada/server", { status: 202, fate: [[0, "stop"]] });
    hub.next("DELETE /users/ada/servers/gpu", { status: 500, message: "stuck", takes: 1000 });
    await failure(hub.client().users.delete("ada", { stopServers: true }));
    const sent = hub.sent.length;
    await pass(60_000);
    expect(hub.sent).toHaveLength(sent);
  });

  it("with stopServers applies one timeout to the stops and the deletion together", async () => {
    const hub = new FakeHub();
    hub.next("DELETE /users/ada/server", { status: 202, fate: [[0, "stop"]] });
    hub.become("", [[0, "ready"]]);
    const call = { stopServers: true, timeout: 3000 };
    const begun = Date.now();
    expect(await failure(hub.client().users.delete("ada", call))).toMatchObject({
      name: "TimeoutError",
      message: "The user ada was not deleted within 3000 ms.",
    });
    expect(Date.now() - begun).toBe(3000);
    expect(hub.writes).toEqual(["DELETE /users/ada/server"]);
  });
});
