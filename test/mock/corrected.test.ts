/** The corrected document, served by Prism as a consistent hub of the newest version. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { isObject, objectAt, operationsOf } from "../../src/testing/mock/document.js";
import type { Json } from "../../src/testing/mock/document.js";
import { corrected } from "./openapi-files.js";
import { examples } from "../../src/testing/mock/examples.js";
import { mockCopy } from "./mock-copy.js";
import type { Examples } from "../../src/testing/mock/mock-copy.js";
import {
  ada,
  admin,
  gpu,
  grace,
  HUB_VERSION,
  routes,
  share,
} from "../../src/testing/mock/models.js";
import { startPrism } from "../../src/testing/mock/prism.js";
import type { Prism } from "../../src/testing/mock/prism.js";
import { PAGE_TYPE } from "../../src/testing/mock/responses.js";
import { sampleRequests } from "./sample-requests.js";
import { createContractRecorder } from "./contract-recorder.js";

const document = corrected();
const mock = mockCopy(document, { examples });
const BEARER = { authorization: "Bearer a-token" };

describe("the mock of the corrected document", () => {
  let prism: Prism;
  let origin: string;

  beforeAll(async () => {
    prism = await startPrism(mock);
    origin = new URL(prism.url).origin;
  });
  afterAll(() => prism.close());

  const ask = async (path: string, accept = "application/json", prefer?: string) => {
    const recorder = createContractRecorder(mock, prefer === undefined ? {} : { prefer });
    return recorder(prism.url + path, { headers: { ...BEARER, accept } });
  };

  it("answers the smallest request for every operation with a success", async () => {
    const fetch = createContractRecorder(mock);
    for (const { path, init } of sampleRequests(mock)) {
      const response = await fetch(origin + path, init);
      expect(response.status).toBeLessThan(300);
      expect(response.headers.get("x-jupyterhub-version")).toBe(HUB_VERSION);
    }
    expect(fetch.problems).toEqual([]);
    expect(new Set(fetch.calls)).toEqual(new Set(operationsOf(document).map(({ key }) => key)));
  });

  it("serves every declared error of every operation, and the common errors", async () => {
    for (const { key, path, init } of sampleRequests(mock)) {
      const declared = Object.keys(objectAt(operationOf(key), "responses"));
      for (const code of declared.filter((status) => Number(status) >= 400)) {
        const fetch = createContractRecorder(mock, { prefer: `code=${code}` });
        expect((await fetch(origin + path, init)).status).toBe(Number(code));
      }
    }
  });

  it("lists users as an array, or as one complete page if requested", async () => {
    expect(await (await ask("/users")).json()).toEqual([ada, grace, admin]);
    expect(await (await ask("/users?limit=2", PAGE_TYPE)).json()).toEqual({
      items: [ada, grace, admin],
      _pagination: { offset: 0, limit: 200, total: 3, next: null },
    });
    expect(await (await ask("/proxy", PAGE_TYPE)).json()).toEqual({
      items: routes,
      _pagination: { offset: 0, limit: 200, total: 3, next: null },
    });
  });

  it("serves a share at a path that ends in the server's name, or in a slash for the default server", async () => {
    expect(await (await ask("/users/grace/shared/ada/")).json()).toEqual(share("", "user"));
    expect(await (await ask("/users/grace/shared/ada/gpu")).json()).toEqual(share("gpu", "user"));
  });

  it("streams the progress of a start, up to the ready event", async () => {
    const response = await ask("/users/ada/servers/gpu/progress", "text/event-stream");
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const events = (await response.text()).split("\n\n").filter((block) => block !== "");
    const last: unknown = JSON.parse(String(events.at(-1)).replace(/^data: /, ""));
    expect(last).toMatchObject({ progress: 100, ready: true, url: gpu["url"] });
    expect(events).toHaveLength(3);
  });

  it("sends a 404 without a message, as hubs since 6.0 do", async () => {
    const response = await ask("/users/nobody", "application/json", "code=404");
    expect(await response.json()).toEqual({ status: 404, message: null });
  });

  it("lets a request without credentials create a token only if its body has a login", async () => {
    const post = (body: object) => ({
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const recorder = createContractRecorder(mock);
    const url = `${prism.url}/users/ada/tokens`;
    expect((await recorder(url, post({ auth: { username: "ada" } }))).status).toBe(201);
    await expect(recorder(url, post({ note: "x" }))).rejects.toThrow("no credentials");
  });
});

describe("the examples", () => {
  it("belong to operations of the document", () => {
    const paths = objectAt(mock, "paths");
    for (const key of Object.keys(examples)) {
      const [method = "", path = ""] = key.split(" ");
      expect(objectAt(paths, `/hub/api${path}`), key).toHaveProperty(method.toLowerCase());
    }
  });

  it("cover every response with a body", () => {
    const missing = operationsOf(mock).flatMap(({ key, operation }) => {
      const answers = Object.entries(objectAt(operation, "responses"));
      const bare = answers.filter(([status, answer]) => status.startsWith("2") && isBare(answer));
      return bare.map(([status]) => `${key} ${status}`);
    });
    expect(missing).toEqual([]);
  });

  it("are validated at any depth", async () => {
    const servers = { gpu: { ...gpu, ready: "yes" } };
    const wrong = mockCopy(document, {
      examples: { "GET /users/{name}": { 200: { ...ada, servers } } },
    });
    const prism = await startPrism(wrong);
    try {
      const call = createContractRecorder(wrong)(`${prism.url}/users/ada`, { headers: BEARER });
      await expect(call).rejects.toThrow("response.body.servers.gpu.ready: ");
    } finally {
      await prism.close();
    }
  });

  it("are validated for every operation", async () => {
    const wrong = Object.entries(examples).flatMap(([key, answers]) => {
      const successes = Object.keys(answers).filter((status) => status.startsWith("2"));
      // Any text is a valid stream, page or metrics.
      if (/progress|metrics|health/.test(key) || successes.length === 0) return [];
      return [[key, Object.fromEntries(successes.map((status) => [status, 42]))] as const];
    });
    const broken = mockCopy(document, { examples: Object.fromEntries(wrong) as Examples });
    const prism = await startPrism(broken);
    try {
      const recorder = createContractRecorder(broken);
      const served: string[] = [];
      const requests = sampleRequests(broken);
      for (const [key] of wrong) {
        const request = requests.find((one) => one.key === key.replace(" ", " /hub/api"));
        const url = new URL(prism.url).origin + request?.path;
        await recorder(url, request?.init).then(
          () => served.push(key),
          () => undefined,
        );
      }
      expect(served).toEqual([]);
      expect(recorder.problems).toHaveLength(wrong.length);
      expect(wrong.length).toBeGreaterThan(40);
    } finally {
      await prism.close();
    }
  });
});

const operationOf = (key: string) =>
  operationsOf(mock).find((entry) => entry.key === key)?.operation ?? {};

const isBare = (answer: Json) =>
  Object.values(objectAt(answer, "content")).some(
    (media) => isObject(media) && !("example" in media),
  );
