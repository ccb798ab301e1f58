/** The mock hub: its responses, the calls that it records, and the violations that it reports. */
import { describe, expect, it } from "vitest";
import { InvalidInputError, JupyterHub, NotFoundError } from "../../src/index.js";
import { startMockHub } from "../../src/testing/index.js";
import { releases } from "../../src/testing/contract/releases.js";

const headers = { Authorization: "Bearer any", "Content-Type": "application/json" };

describe("startMockHub", () => {
  it.each([
    ["6", "6.1.1"],
    ["5", "5.5.4"],
    ["1.2.2", "1.2.2"],
  ])("answers as hub %s", async (version, release) => {
    await using mock = await startMockHub({ version });
    const hub = new JupyterHub({ url: mock.url, token: "any" });
    expect(await hub.version()).toBe(release);
    expect(await hub.users.get("ada")).toMatchObject({ name: "ada" });
    expect(mock).toMatchObject({ version: release, violations: [] });
  });

  it("answers as the newest release by default", async () => {
    await using mock = await startMockHub();
    expect(mock.version).toBe(releases.at(-1));
  });

  it("records each call", async () => {
    await using mock = await startMockHub();
    const hub = new JupyterHub({ url: mock.url, token: "any" });
    await hub.groups.addUsers("staff", { users: ["ada"] });
    await hub.users.list({ state: "active" });
    expect(mock.calls).toEqual([
      {
        operation: "POST /groups/{name}/users",
        method: "POST",
        path: "/groups/staff/users",
        query: {},
        body: { users: ["ada"] },
      },
      expect.objectContaining({
        operation: "GET /users",
        path: "/users",
        query: expect.objectContaining({ state: "active" }) as object,
        body: undefined,
      }),
    ]);
  });

  it.each(["token any", "Token any", "bearer any"])(
    "accepts the Authorization header `%s`",
    async (value) => {
      await using mock = await startMockHub();
      const response = await fetch(`${mock.url}/users`, { headers: { Authorization: value } });
      expect(response.status).toBe(200);
      expect(mock.violations).toEqual([]);
    },
  );

  it("lets a slow start resolve, since the address of the started server answers", async () => {
    await using mock = await startMockHub();
    const hub = new JupyterHub({ url: mock.url, token: "any" });
    mock.respond("POST /users/{name}/server", 202);
    for await (const _ of hub.servers.start("ada")) {
      // Reads the example of the progress stream.
    }
    expect(mock.calls.map(({ operation }) => operation)).toEqual([
      "POST /users/{name}/server",
      "GET /users/{name}/server/progress",
      "GET /users/{name}/server",
    ]);
    expect(mock.violations).toEqual([]);
  });

  it("sends the documented response that the test chose last", async () => {
    await using mock = await startMockHub();
    const hub = new JupyterHub({ url: mock.url, token: "any" });
    mock.respond("GET /users/{name}", 404);
    await expect(hub.users.get("ada")).rejects.toBeInstanceOf(NotFoundError);
    await expect(hub.users.get("ada")).rejects.toBeInstanceOf(NotFoundError);
    mock.respond("GET /users/{name}");
    expect(await hub.users.get("ada")).toMatchObject({ name: "ada" });
    expect(mock.violations).toEqual([]);
  });

  it("sends the chosen response as many times as the test sets, then the usual response", async () => {
    await using mock = await startMockHub();
    const hub = new JupyterHub({ url: mock.url, token: "any" });
    mock.respond("GET /users/{name}", 404, { times: 2 });
    await hub.groups.get("staff");
    await expect(hub.users.get("ada")).rejects.toBeInstanceOf(NotFoundError);
    await expect(hub.users.get("ada")).rejects.toBeInstanceOf(NotFoundError);
    expect(await hub.users.get("ada")).toMatchObject({ name: "ada" });
  });

  it.each([0, -1, 1.5, NaN])("refuses to repeat a response %s times", async (times) => {
    await using mock = await startMockHub();
    expect(() => mock.respond("GET /users/{name}", 404, { times })).toThrow(
      "times must be a positive integer",
    );
  });

  it("refuses unknown options of respond()", async () => {
    await using mock = await startMockHub();
    const options = { time: 2 } as object;
    expect(() => mock.respond("GET /users/{name}", 404, options)).toThrow("times");
  });

  it.each<[string, number | undefined, string]>([
    ["GET /userz", 404, "has no GET /userz"],
    ["GET /users/{name}", 418, "no documented response with status 418"],
    ["DELETE /users/{name}/server", 299, "It has 202, 204, 400, 403, 404, 409, 429, 500, 503."],
  ])("refuses to answer %s with %s", async (operation, status, message) => {
    await using mock = await startMockHub();
    const respond = (): void => mock.respond(operation, status);
    expect(respond).toThrow(InvalidInputError);
    expect(respond).toThrow(message);
  });

  it.each<
    [what: string, path: string, init: RequestInit, status: number, operation: string, line: string]
  >([
    [
      "a body of a wrong type",
      "/users",
      { method: "POST", headers, body: '{"usernames":"ada"}' },
      400,
      "POST /users",
      "request body /usernames: must be array",
    ],
    [
      "an undeclared key",
      "/users",
      { method: "POST", headers, body: '{"usernames":["ada"],"x":1}' },
      400,
      "POST /users",
      "request body /x: is not declared",
    ],
    [
      "a body that is not JSON",
      "/users",
      { method: "POST", headers, body: "{" },
      400,
      "POST /users",
      "request body the body is not JSON",
    ],
    [
      "an undeclared query parameter",
      "/users?x=1",
      { headers },
      200,
      "GET /users",
      "request query /x: is not declared",
    ],
    [
      "an unknown operation",
      "/userz/ada",
      { headers },
      404,
      "GET /userz/*",
      "request of an operation that is not declared",
    ],
    ["a missing token", "/users", {}, 401, "GET /users", "Invalid security scheme used"],
  ])("reports %s as a violation", async (_, path, init, status, operation, line) => {
    await using mock = await startMockHub();
    const response = await fetch(mock.url + path, init);
    expect(response.status).toBe(status);
    expect(mock.violations).toMatchObject([{ operation }]);
    expect(mock.violations[0]?.violations.join("\n")).toContain(line);
  });

  it("answers a stop with 202 if the test chooses this status", async () => {
    await using mock = await startMockHub();
    mock.respond("DELETE /users/{name}/server", 202);
    const response = await fetch(`${mock.url}/users/ada/server`, { method: "DELETE", headers });
    expect(response.status).toBe(202);
    expect(mock.violations).toEqual([]);
  });

  it("listens on the given port, and frees the port when the mock hub stops", async () => {
    const first = await startMockHub();
    const port = Number(new URL(first.url).port);
    await expect(startMockHub({ port })).rejects.toThrow("EADDRINUSE");
    await first.stop();
    await using again = await startMockHub({ port });
    expect(again.url).toBe(first.url);
  });

  it("returns a mock hub that can be stopped twice, for example by `await using` and by `afterAll`", async () => {
    await using mock = await startMockHub();
    await Promise.all([mock.stop(), mock.stop()]);
    await expect(mock.stop()).resolves.toBeUndefined();
  });
});
