/**
 * Runs every method against the corrected document, served by Prism: the requests conform to the document, and every
 * documented response becomes the method's result or its error.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { methodOperations } from "../../scripts/method-operations.js";
import * as api from "../../src/api.js";
import {
  AuthenticationError,
  BadRequestError,
  ConflictError,
  ForbiddenError,
  HubError,
  JupyterHub,
  NotFoundError,
  RateLimitError,
} from "../../src/index.js";
import { objectAt, operationsOf } from "../../src/testing/mock/document.js";
import { corrected } from "../mock/openapi-files.js";
import { examples } from "../../src/testing/mock/examples.js";
import { HUB_VERSION } from "../../src/testing/mock/models.js";
import { mockCopy } from "../mock/mock-copy.js";
import { startPrism, type Prism } from "../../src/testing/mock/prism.js";
import { sampleRequests } from "../mock/sample-requests.js";
import { createContractRecorder } from "../mock/contract-recorder.js";
import { calls, oauth, titleOf } from "./calls.js";
import { stateful } from "./stateful.js";

const document = corrected();
const mock = mockCopy(document, { examples });
/** Read operations that a method may send in addition to its own. */
const reads = [
  "GET /",
  "GET /users/{name}",
  "GET /users/{name}/server",
  "GET /users/{name}/servers/{server_name}",
];

let prism: Prism;
beforeAll(async () => {
  prism = await startPrism(mock);
});
afterAll(() => prism.close());

describe("a method", () => {
  it.each(calls.map((call) => ({ title: titleOf(call), ...call })))(
    "$title sends its operations and resolves with the documented answer",
    async ({ run, sends, answer, prefer }) => {
      const recorder = createContractRecorder(mock, { prefer: (operation) => prefer?.[operation] });
      const hub = new JupyterHub({
        url: prism.url,
        token: "a-token",
        retry: 0,
        oauth,
        fetch: stateful(recorder),
      });
      expect(await run(hub)).toEqual(answer);
      expect(recorder.problems).toEqual([]);
      expect(recorder.calls).toEqual(expect.arrayContaining([...sends]));
      expect([...sends, ...reads]).toEqual(expect.arrayContaining([...recorder.calls]));
    },
  );

  it("is listed in the table of methods with exactly the operations that it sends", () => {
    const sent: Record<string, string[]> = {};
    for (const { method, sends } of calls) {
      sent[method] = [...new Set([...(sent[method] ?? []), ...sends])].toSorted();
    }
    const table = Object.entries(methodOperations).map(([method, operations]) => [
      method,
      operations.toSorted(),
    ]);
    expect(sent).toEqual(Object.fromEntries(table));
  });
});

type Raw = (
  options: Record<string, unknown>,
) => Promise<{ data: unknown; error?: unknown; response: Response }>;

/** The operations whose example is defined by the mock itself, each with this example. */
const ownExamples: Record<string, unknown> = {
  "GET /": { version: HUB_VERSION },
  "GET /oauth2/authorize": "string",
};

/** Returns the generated function of an operation. */
const functionOf = (operationId: string): Raw => {
  const name = operationId.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return (api as unknown as Record<string, Raw>)[name] as Raw;
};

describe("a raw function", () => {
  const answers = operationsOf(document).flatMap(({ key, operation }) =>
    Object.entries(objectAt(operation, "responses"))
      .filter(
        ([status, response]) =>
          status.startsWith("2") && !JSON.stringify(response).includes("event-stream"),
      )
      .map(([status]) => ({ key, status, operationId: String(operation["operationId"]) })),
  );
  const samples = new Map(
    sampleRequests(mock).map((sample) => [sample.key.replace("/hub/api", ""), sample]),
  );

  it.each(answers)(
    "returns the documented $status for $key",
    async ({ key, status, operationId }) => {
      const recorder = createContractRecorder(mock, { prefer: `code=${status}` });
      const client = api.createClient({
        retry: 0,
        url: prism.url,
        token: "a-token",
        fetch: recorder as typeof fetch,
      });
      const sample = samples.get(key);
      const query = Object.fromEntries(new URL(`http://x${sample?.path}`).searchParams);
      const form = sample?.init.body && !String(sample.init.body).startsWith("{");
      const body = form
        ? Object.fromEntries(new URLSearchParams(String(sample.init.body)))
        : sample?.init.body
          ? (JSON.parse(String(sample.init.body)) as unknown)
          : undefined;
      const path = Object.fromEntries(
        [...key.matchAll(/\{(\w+)\}/g)].map(([, name]) => [
          name,
          name === "token_id" ? "a5" : name,
        ]),
      );
      const { data, error, response } = await functionOf(operationId)({
        client,
        path,
        query,
        ...(body ? { body } : {}),
      });

      // Hub 6 has no POST /authorizations/token, but the mock serves it.
      expect(error).toBeUndefined();
      expect(response.status).toBe(Number(status));
      expect(recorder.problems).toEqual([]);
      const example = examples[key]?.[status] ?? ownExamples[key];
      if (example !== undefined && example !== "") expect(data).toEqual(example);
      else expect(data).toBeUndefined();
    },
  );

  it("returns a listing as a single page if the request accepts pages", async () => {
    const recorder = createContractRecorder(mock);
    const client = api.createClient({
      retry: 0,
      url: prism.url,
      token: "a-token",
      fetch: recorder as typeof fetch,
    });
    const headers = { Accept: "application/jupyterhub-pagination+json" };
    const { data } = await api.getUsers({
      client,
      headers,
      query: { limit: 3 },
      throwOnError: true,
    });
    expect(data).toMatchObject({
      items: examples["GET /users"]?.["200"],
      _pagination: { next: null },
    });
  });
});

const refusals = [
  { status: 400, expected: BadRequestError },
  { status: 403, expected: ForbiddenError },
  { status: 404, expected: NotFoundError },
  { status: 409, expected: ConflictError },
  { status: 429, expected: RateLimitError },
  { status: 500, expected: HubError },
  { status: 503, expected: HubError },
] as const;

/** For each group, a method that sends a single request. */
const groups: Record<string, (hub: JupyterHub) => Promise<unknown>> = {
  hub: (hub) => hub.info(),
  users: (hub) => hub.users.get("ada"),
  tokens: (hub) => hub.tokens.list("ada"),
  servers: (hub) => hub.servers.create("ada", { server: "gpu" }),
  groups: (hub) => hub.groups.get("astronomy"),
  shares: (hub) => hub.shares.getForUser("grace", "ada", { server: "gpu" }),
  shareCodes: (hub) => hub.shareCodes.create("ada"),
  services: (hub) => hub.services.get("ci"),
  proxy: (hub) => hub.proxy.sync(),
  "the transport": (hub) =>
    api.getGroup({ client: hub.client, path: { name: "astronomy" }, throwOnError: true }),
};

describe.each(Object.entries(groups))("an error response to a call through %s", (_, run) => {
  it.each(refusals)(
    "with status $status is mapped to $expected.name",
    async ({ status, expected }) => {
      const recorder = createContractRecorder(mock, { prefer: `code=${status}` });
      const hub = new JupyterHub({
        retry: 0,
        url: prism.url,
        token: "a-token",
        fetch: recorder as typeof fetch,
      });
      const error = await run(hub).catch((thrown: unknown) => thrown);
      expect(recorder.problems).toEqual([]);
      expect(error).toBeInstanceOf(expected);
      expect(error).toMatchObject({ status, hubVersion: HUB_VERSION });
      if (error instanceof RateLimitError) expect(error.retryAfter).toBe(30_000);
    },
  );
});

it("invalid credentials are mapped to AuthenticationError", async () => {
  const recorder = createContractRecorder(mock, { prefer: "code=403" });
  const hub = new JupyterHub({
    url: prism.url,
    token: "a-token",
    retry: 0,
    fetch: recorder as typeof fetch,
  });
  await expect(hub.whoami()).rejects.toBeInstanceOf(AuthenticationError);
});
