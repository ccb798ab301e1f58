/** The requests that the contract recorder accepts, rejects and records. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JsonObject } from "../../src/testing/mock/document.js";
import { mockCopy } from "./mock-copy.js";
import { startPrism } from "../../src/testing/mock/prism.js";
import type { Prism } from "../../src/testing/mock/prism.js";
import { createContractRecorder } from "./contract-recorder.js";

const ok = { 200: { description: "OK" } };
const body = (type: string, schema: JsonObject) => ({
  required: true,
  content: { [type]: { schema } },
});
const word: JsonObject = { type: "string" };

const document: JsonObject = {
  openapi: "3.1.0",
  info: { title: "A hub", version: "9.0" },
  security: [{ token: [] }],
  components: { securitySchemes: { token: { type: "http", scheme: "bearer" } } },
  paths: {
    "/users": {
      parameters: [{ name: "limit", in: "query", schema: { type: "integer" } }],
      get: { responses: ok },
    },
    "/users/{name}": {
      parameters: [{ name: "name", in: "path", required: true, schema: word }],
      get: { responses: ok },
      patch: {
        requestBody: body("application/json", {
          anyOf: [
            { type: "object", properties: { name: word } },
            { type: "object", properties: { admin: { type: "boolean" } } },
          ],
        }),
        responses: ok,
      },
    },
    "/users/me": { get: { responses: ok } },
    "/oauth2/token": {
      post: {
        requestBody: body("application/x-www-form-urlencoded", {
          type: "object",
          properties: { code: word },
        }),
        responses: ok,
      },
    },
  },
};
const mock = mockCopy(document);

const authorization = "Bearer a-token";
const get: RequestInit = { headers: { authorization } };
const sent = (method: string, type: string, text: string): RequestInit => ({
  method,
  headers: { authorization, "content-type": type },
  body: text,
});

describe("the contract recorder", () => {
  let prism: Prism;
  beforeAll(async () => {
    prism = await startPrism(mock);
  });
  afterAll(() => prism.close());

  it("forwards a request and records the operation", async () => {
    const fetch = createContractRecorder(mock) satisfies typeof globalThis.fetch;
    expect((await fetch(`${prism.url}/users/ada`, get)).status).toBe(200);
    expect((await fetch(new URL(`${prism.url}/users/me`), get)).status).toBe(200);
    expect((await fetch(`${prism.url}/users?limit=2`, get)).status).toBe(200);
    expect(fetch.calls).toEqual(["GET /users/{name}", "GET /users/me", "GET /users"]);
    expect(fetch.problems).toEqual([]);
  });

  it("accepts a Request with a body", async () => {
    const fetch = createContractRecorder(mock);
    const init = sent("PATCH", "application/json", '{"admin":true}');
    const response = await fetch(new Request(`${prism.url}/users/ada`, init));
    expect(response.status).toBe(200);
    expect(fetch.calls).toEqual(["PATCH /users/{name}"]);
  });

  it("finds the operation of a path that contains an encoded slash", async () => {
    const fetch = createContractRecorder(mock);
    await fetch(`${prism.url}/users/a%2Fb`, get);
    expect(fetch.calls).toEqual(["GET /users/{name}"]);
  });

  const refusals: [string, string, RequestInit, string][] = [
    ["a violation that Prism reports", "/users?limit=many", get, "query /limit: must be integer"],
    ["an undeclared query parameter", "/users?state=ready", get, "query /state: is not declared"],
    ["an unknown path", "/nowhere", get, "no such operation"],
    ["an unknown method", "/users", { ...get, method: "DELETE" }, "no such operation"],
    ["an empty path value", "/users/", get, "no such operation"],
    ["a request without a token", "/users", {}, "Prism itself answered 401"],
    [
      "an undeclared property of a composed schema",
      "/users/ada",
      sent("PATCH", "application/json", '{"admin":true,"nonsense":1}'),
      "body /nonsense: is not declared",
    ],
    [
      "an undeclared form field",
      "/oauth2/token",
      sent("POST", "application/x-www-form-urlencoded", "code=1&nonsense=2"),
      "body /nonsense: is not declared",
    ],
    [
      "an invalid JSON body, on which Prism would hang",
      "/users/ada",
      sent("PATCH", "application/json", "{"),
      "the body is not JSON",
    ],
    [
      "a JSON body for an operation that accepts only a form",
      "/oauth2/token",
      sent("POST", "application/json", "{}"),
      "Supported content types",
    ],
  ];

  it.each(refusals)("rejects %s", async (_, path, init, reason) => {
    const fetch = createContractRecorder(mock);
    await expect(fetch(prism.url + path, init)).rejects.toThrow(reason);
    expect(fetch.problems).toHaveLength(1);
    expect(fetch.problems[0]).toContain(`${init.method ?? "GET"} /hub/api${path}`);
  });

  it("requests a status from Prism, for all operations or for one", async () => {
    const all = createContractRecorder(mock, { prefer: "code=404" });
    expect((await all(`${prism.url}/users`, get)).status).toBe(404);
    const prefer = (operation: string) => (operation === "GET /users" ? "code=503" : undefined);
    const one = createContractRecorder(mock, { prefer });
    expect((await one(`${prism.url}/users`, get)).status).toBe(503);
    expect((await one(`${prism.url}/users/ada`, get)).status).toBe(200);
  });

  it("rejects if Prism answers 404 because the requested status is not declared", async () => {
    const fetch = createContractRecorder(mock, { prefer: "code=418" });
    await expect(fetch(`${prism.url}/users`, get)).rejects.toThrow("code 418 is not defined");
  });

  it("returns errors as JSON for every Accept header, as hubs do", async () => {
    const headers = { authorization, accept: "text/event-stream" };
    const fetch = createContractRecorder(mock, { prefer: "code=403" });
    const response = await fetch(`${prism.url}/users`, { headers });
    expect(await response.json()).toEqual({ status: 403, message: "Forbidden" });
  });

  it("forwards an abort without recording a problem", async () => {
    const fetch = createContractRecorder(mock);
    const reason = new Error("enough");
    const call = fetch(`${prism.url}/users`, { ...get, signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toBe(reason);
    expect(fetch.problems).toEqual([]);
  });
});
