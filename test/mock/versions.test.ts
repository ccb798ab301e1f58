/** Prism serves the mock copy of each of JupyterHub's own documents. */
import { STATUS_CODES } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { releases } from "../../scripts/known-releases.js";
import { operationsOf } from "../../src/testing/mock/document.js";
import { upstream } from "./openapi-files.js";
import { mockCopy } from "./mock-copy.js";
import { startPrism } from "../../src/testing/mock/prism.js";
import type { Prism } from "../../src/testing/mock/prism.js";
import { PAGE_TYPE } from "../../src/testing/mock/responses.js";
import { sampleRequests } from "./sample-requests.js";
import { createContractRecorder } from "./contract-recorder.js";

const ERRORS = [400, 403, 404, 409, 429, 500, 503];
/** Operations whose body may have any key before 6.0: the keys are options of the hub's Spawner. */
const SPAWN_OPTIONS = ["POST /users/{name}/server", "POST /users/{name}/servers/{server_name}"];
const BEARER = { authorization: "Bearer a-token" };

describe.each(releases)("the mock of hub %s's own document", (version) => {
  const document = upstream(version);
  const mock = mockCopy(document, { version });
  const major = Number.parseInt(version);
  let prism: Prism;
  let origin: string;

  beforeAll(async () => {
    prism = await startPrism(mock);
    origin = new URL(prism.url).origin;
  });
  afterAll(() => prism.close());

  it("answers the smallest request for every operation with a success", async () => {
    const fetch = createContractRecorder(mock);
    for (const { path, init } of sampleRequests(mock)) {
      const response = await fetch(origin + path, init);
      expect(response.status).toBeLessThan(300);
      expect(response.headers.get("x-jupyterhub-version")).toBe(version);
    }
    expect(fetch.problems).toEqual([]);
    expect(new Set(fetch.calls)).toEqual(new Set(operationsOf(document).map(({ key }) => key)));
  });

  it("sends a 404 on every operation if requested, with the same body as a hub", async () => {
    const fetch = createContractRecorder(mock, { prefer: "code=404" });
    for (const { path, init } of sampleRequests(mock)) {
      const response = await fetch(origin + path, init);
      expect(response.status).toBe(404);
      expect(await response.json()).toEqual({ status: 404, message: "Not Found" });
    }
  });

  it.each(ERRORS)("sends a %i if requested, with Retry-After only for 429", async (code) => {
    const fetch = createContractRecorder(mock, { prefer: `code=${code}` });
    const init = { method: "POST", headers: BEARER };
    const response = await fetch(`${prism.url}/users/ada/server`, init);
    expect(response.status).toBe(code);
    expect(await response.json()).toEqual({ status: code, message: STATUS_CODES[code] });
    expect(response.headers.get("retry-after")).toBe(code === 429 ? "30" : null);
  });

  it("refuses requests without a token, except those for the version", async () => {
    const hello = await fetch(`${prism.url}/`);
    expect(await hello.json()).toEqual({ version });
    const refused = await fetch(`${prism.url}/users`);
    expect(refused.status).toBe(401);
  });

  it("refuses an undeclared property in every body that declares properties", async () => {
    const closed = sampleRequests(mock).filter(({ init }) => isJson(init));
    const names: string[] = [];
    for (const { key, path, init } of closed) {
      const body = JSON.stringify({ ...JSON.parse(String(init.body)), nonsense: 1 });
      const response = await fetch(origin + path, { ...init, body });
      if (response.headers.get("sl-violations")?.includes("'nonsense'")) names.push(key);
    }
    const free = closed.map(({ key }) => key).filter((key) => !names.includes(key));
    expect(free.map((key) => key.replace("/hub/api", ""))).toEqual([
      ...(major < 6 ? SPAWN_OPTIONS : []),
      ...(major >= 4 ? ["PUT /groups/{name}/properties"] : []),
    ]);
  });

  it("refuses an undeclared query parameter", async () => {
    const recorder = createContractRecorder(mock);
    const call = recorder(`${prism.url}/users?nonsense=1`, { headers: BEARER });
    await expect(call).rejects.toThrow("request query /nonsense: is not declared");
    expect(recorder.problems).toHaveLength(1);
  });

  it("accepts reports of activity for any server", async () => {
    const last_activity = "2026-10-21T11:45:10.654321Z";
    const body = JSON.stringify({ servers: { "": { last_activity }, gpu: { last_activity } } });
    const headers = { ...BEARER, "content-type": "application/json" };
    const recorder = createContractRecorder(mock);
    await recorder(`${prism.url}/users/ada/activity`, { method: "POST", headers, body });
    expect(recorder.problems).toEqual([]);
  });

  it("answers 204 to a stop, unless the request prefers 202", async () => {
    const init = { method: "DELETE", headers: BEARER };
    const stopped = await createContractRecorder(mock)(`${prism.url}/users/ada/server`, init);
    expect(stopped.status).toBe(204);
    const slow = createContractRecorder(mock, { prefer: "code=202" });
    expect((await slow(`${prism.url}/users/ada/server`, init)).status).toBe(202);
  });

  it("returns the token's owner as one object", async () => {
    const response = await createContractRecorder(mock)(`${prism.url}/user`, { headers: BEARER });
    expect(await response.json()).toMatchObject({ name: expect.any(String) });
  });

  if (major < 2) {
    it("has no pagination, since hubs before 2.0 have none", () => {
      expect(JSON.stringify(mock)).not.toContain(PAGE_TYPE);
    });
  } else {
    it.each(["users", "groups", "proxy"])(
      "serves /%s as a single page if requested, otherwise without pagination",
      async (route) => {
        const url = `${prism.url}/${route}?offset=0&limit=50`;
        const recorder = createContractRecorder(mock);
        const page = await recorder(url, { headers: { ...BEARER, accept: PAGE_TYPE } });
        expect(await page.json()).toEqual({
          items: route === "proxy" ? {} : [expect.anything()],
          _pagination: { offset: 0, limit: 200, total: 1, next: null },
        });
        const plain = await recorder(url, { headers: { ...BEARER, accept: "application/json" } });
        expect(await plain.json()).not.toHaveProperty("_pagination");
      },
    );
  }

  if (major >= 5) {
    it.each(["shares", "share-codes"])(
      "distinguishes, below /%s, the path for all servers of an owner from the path for the default server",
      async (route) => {
        const recorder = createContractRecorder(mock);
        for (const path of [`${route}/ada`, `${route}/ada/`, `${route}/ada/gpu`]) {
          const response = await recorder(`${prism.url}/${path}`, { headers: BEARER });
          expect(await response.json()).toMatchObject({ _pagination: { next: null } });
        }
        expect(recorder.calls).toEqual([
          `GET /${route}/{owner}`,
          `GET /${route}/{owner}/{server_name}`,
          `GET /${route}/{owner}/{server_name}`,
        ]);
      },
    );
  }
});

const isJson = ({ headers, body }: RequestInit): boolean =>
  body !== undefined && new Headers(headers).get("content-type") === "application/json";
