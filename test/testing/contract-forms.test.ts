/** Unusual forms of requests, which `assertContract` and the mock hub accept because hubs accept them. */
import { describe, expect, it } from "vitest";
import { JupyterHub } from "../../src/index.js";
import { assertContract, FakeHub, startMockHub } from "../../src/testing/index.js";
import { releases } from "../../src/testing/contract/releases.js";
import { clientOf, rejection } from "./hubs.js";

type Request = [operation: string, body?: unknown];

const init = (method: string, body: unknown): RequestInit => ({
  method,
  headers: { Authorization: "token any", "Content-Type": "application/json" },
  ...(body !== undefined && { body: JSON.stringify(body) }),
});

/** Returns the violations that `assertContract` finds in a request. The response is a 503, which is not checked. */
async function violationsOf([operation, body]: Request, version = "6"): Promise<string[]> {
  const [method = "", path = ""] = operation.split(" ");
  const fetch = assertContract(async () => new Response(null, { status: 503 }), { version });
  await rejection(fetch(`https://hub.example.test/hub/api${path}`, init(method, body)));
  return fetch.violations.flatMap(({ violations }) => violations);
}

const accepted: Request[] = [
  ["POST /users/ada/server", null],
  ["POST /users/ada/server", { size: "large" }],
  ["PUT /users/ada/servers/gpu", { size: "large" }],
  ["DELETE /users/ada/servers/gpu", null],
  ["POST /users/ada", null],
  ["POST /groups/staff", null],
  ["POST /users/ada/tokens", null],
  ["POST /users/ada/tokens", { note: null, scopes: null }],
  ["GET /users?state="],
  ["GET /users?include_stopped_servers"],
  ["GET /users?include_stopped_servers=1"],
  ["GET /users/ada?include_stopped_servers=False"],
];

const refused: [...Required<Request>, line: string][] = [
  ["POST /users", null, "request body is missing"],
  ["POST /users/ada/server", ["large"], "request body /: must be object"],
  [
    "POST /users/ada/server",
    { user_options: {}, size: "large" },
    "request body /size: is not declared",
  ],
  [
    "PATCH /shares/ada/gpu",
    { user: "bob", scopes: [] },
    "request body /scopes: must NOT have fewer than 1 items",
  ],
  ["GET /users?limit=", undefined, "request query /limit: must be integer"],
  [
    "GET /users?include_stopped_servers=no",
    undefined,
    "request query /include_stopped_servers: must be boolean",
  ],
];

describe("assertContract", () => {
  it.each(accepted)("accepts %s with the body %j", async (operation, body) => {
    expect(await violationsOf([operation, body])).toEqual([]);
  });

  it.each(refused)("refuses %s with the body %j", async (operation, body, line) => {
    expect(await violationsOf([operation, body])).toEqual([line]);
  });

  it.each(releases)(
    "accepts a start request whose body is the user options themselves, on hub %s",
    async (version) => {
      for (const operation of ["POST /users/ada/server", "POST /users/ada/servers/gpu"]) {
        expect(await violationsOf([operation, { size: "large", cpus: 4 }], version)).toEqual([]);
      }
    },
  );

  it.each(["4.1", "5", "6"])(
    "accepts the start request with user options that the client sends to hub %s",
    async (version) => {
      const fake = new FakeHub({ version, users: ["ada"] });
      const fetch = assertContract(fake.fetch, { version });
      await clientOf(fake, { fetch }).servers.start("ada", { user_options: { size: "large" } });
      expect(fetch.violations).toEqual([]);
    },
  );
});

describe("the mock hub", () => {
  it("accepts the forms that assertContract accepts", async () => {
    await using mock = await startMockHub({ version: "6" });
    for (const [operation, body] of accepted) {
      const [method = "", path = ""] = operation.split(" ");
      const { status } = await fetch(mock.url + path, init(method, body));
      expect([operation, status < 300, mock.violations]).toEqual([operation, true, []]);
    }
  });

  it.each(["1.2.2", "5"])(
    "of version %s accepts the start request with user options that the client sends",
    async (version) => {
      await using mock = await startMockHub({ version });
      const hub = new JupyterHub({ url: mock.url, token: "any" });
      await hub.servers.start("ada", { user_options: { size: "large" } });
      expect(mock.violations).toEqual([]);
      expect(mock.calls).toContainEqual(expect.objectContaining({ body: { size: "large" } }));
    },
  );

  it("reports an undeclared key beside `user_options` in the body of a start request", async () => {
    await using mock = await startMockHub({ version: "6" });
    const body = { user_options: {}, size: "large" };
    await fetch(`${mock.url}/users/ada/server`, init("POST", body));
    expect(mock.violations).toEqual([
      {
        operation: "POST /users/{name}/server",
        violations: ["request body /size: is not declared"],
      },
    ]);
  });
});
