/**
 * Tests `npm run spec:update -- --from` with documents other than the corrected one. A client is generated from
 * each document, compiled, and called on a mock of the same document.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { brokenReferences, readYaml } from "../../scripts/document.js";
import { readDocument, releaseOf, comparisonLines } from "../../scripts/import-document.js";
import type { JsonObject } from "../../src/testing/mock/document.js";
import type { MockDocument } from "../../src/testing/mock/mock-copy.js";
import { mockCopy } from "../mock/mock-copy.js";
import { startPrism, type Prism } from "../../src/testing/mock/prism.js";
import { createContractRecorder } from "../mock/contract-recorder.js";
import { repositoryCopy, type Outcome, type RepositoryCopy } from "./repository-copy.js";
import { root, scratchFolder } from "./root.js";

/** A long timeout: each run generates and compiles, which is slow on a busy machine. */
const timeout = 180_000;

const swagger = join(root, "openapi/upstream/1.2.2.yml");
const thirdParty = join(root, "test/spec/fixtures/third-party.yml");

type Group = "users" | "servers" | "tokens" | "groups" | "services" | "proxy" | "hub";

interface ImportedDocument {
  title: string;
  file: string;
  from: "a file" | "a URL";
  /** The name of the path parameter that holds a user's name. */
  user: string;
  /** One operation of each group, and the name of the function that is generated for it. */
  calls: Readonly<Record<Group, readonly [operation: string, name: string]>>;
  /** Some of the lines that the command must print. */
  findings: readonly string[];
}

const documents: readonly ImportedDocument[] = [
  {
    title: "JupyterHub's Swagger 2.0 document of 1.2.2, without operation names",
    file: swagger,
    from: "a file",
    user: "name",
    calls: {
      users: ["GET /users", "getUsers"],
      servers: ["POST /users/{name}/server", "postUserServer"],
      tokens: ["GET /users/{name}/tokens", "getUserTokens"],
      groups: ["GET /groups", "getGroups"],
      services: ["GET /services", "getServices"],
      proxy: ["GET /proxy", "getProxy"],
      hub: ["GET /info", "getInfo"],
    },
    findings: [
      "Errors, compared with the corrected document of JupyterHub 1.2.0: 0 operations that no hub has",
      "Missing, compared with the corrected document of JupyterHub 1.2.0: 3 operations",
      "  missing     POST /groups\n",
    ],
  },
  {
    title: "a third-party document with its own operation names",
    file: thirdParty,
    from: "a URL",
    user: "user",
    calls: {
      users: ["GET /users", "listUsers"],
      servers: ["POST /users/{user}/server", "startServer"],
      tokens: ["GET /users/{user}/tokens", "listTokens"],
      groups: ["GET /groups", "listGroups"],
      services: ["GET /services", "listServices"],
      proxy: ["GET /proxy", "getRoutes"],
      hub: ["GET /info", "getApiInfo"],
    },
    findings: [
      "Event streams have no function: GET /users/{user}/server/progress.",
      "Errors, compared with the corrected document of JupyterHub 5.2.0: 1 operations that no hub has",
      "  no hub has  GET /users/{user}/quota\n",
    ],
  },
];

interface Answer {
  error?: unknown;
  response?: Response;
}
interface Sdk {
  [name: string]: (options: { client: unknown; path: object; body?: object }) => Promise<Answer>;
}
interface ClientModule {
  createClient: (config: object) => unknown;
}

/** Starts a server that sends the text once and then closes. Resolves with the URL of the text. */
async function addressOf(text: string): Promise<string> {
  const server = createServer((_, response) => {
    response.end(text);
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/document`;
}

describe.each(documents)("$title", { timeout }, ({ file, from, user, calls, findings }) => {
  const text = readFileSync(file, "utf8");
  const mock: MockDocument = mockCopy(load(text) as JsonObject);
  let copy: RepositoryCopy;
  let before: Record<string, string>;
  let outcome: Outcome;
  let dist: string;
  let prism: Prism;

  beforeAll(async () => {
    copy = repositoryCopy();
    before = copy.contents("generated", "openapi");
    const place = from === "a file" ? file : await addressOf(text);
    outcome = await copy.run("spec-update", ["--from", place]);
    dist = join(/ is in (\S+): \d+ operations/.exec(outcome.stdout)?.[1] ?? "", "dist/");
    prism = await startPrism(mock);
  }, timeout);
  afterAll(async () => {
    await prism.close();
    copy.remove();
  });

  it(`can be imported from ${from}: its client compiles, and openapi/ and generated/ stay unchanged`, () => {
    expect(outcome).toMatchObject({ code: 0 });
    expect(outcome.stdout).toContain("It compiles.");
    expect(existsSync(join(dist, "sdk.gen.d.ts"))).toBe(true);
    expect(copy.contents("generated", "openapi")).toEqual(before);
  });

  it("has errors and omissions, which the command lists", () => {
    for (const line of findings) expect(outcome.stdout).toContain(line);
  });

  it.each(Object.entries(calls))(
    "becomes a client that can call an operation of the group %s on a mock of the document",
    async (_, [operation, name]) => {
      const { href } = pathToFileURL(dist);
      const sdk = (await import(/* @vite-ignore */ `${href}sdk.gen.js`)) as Sdk;
      const module = (await import(/* @vite-ignore */ `${href}client/index.js`)) as ClientModule;
      const fetch = createContractRecorder(mock);
      const headers = { authorization: "Bearer a-token" };
      const client = module.createClient({ baseUrl: prism.url, fetch, headers });
      const body = operation.startsWith("POST ") ? { body: {} } : {};
      const { response, error } = await sdk[name]!({ client, path: { [user]: "ada" }, ...body });
      expect(error).toBeUndefined();
      expect(response?.ok).toBe(true);
      expect(fetch.calls).toEqual([operation]);
      expect(fetch.problems).toEqual([]);
    },
  );
});

describe("the comparison with the corrected document", () => {
  /** Returns the report's lines about one operation. */
  const linesFor = (
    report: readonly string[],
    what: "wrong" | "missing",
    operation: string,
  ): string[] => {
    const heading = `${what} in`.padEnd(12);
    const first = report.indexOf(`  ${heading}${operation}`) + 1;
    const rest = report.slice(first);
    const end = rest.findIndex((line) => !line.startsWith("      "));
    return first === 0 ? [] : rest.slice(0, end < 0 ? undefined : end).map((line) => line.trim());
  };
  const document = readYaml(thirdParty);
  const report = comparisonLines(root, document, releaseOf(document));

  it("lists errors before omissions, and counts both", () => {
    const [wrong, missing] = ["Errors", "Missing"].map((word) =>
      report.findIndex((line) => line.startsWith(word)),
    );
    expect(wrong).toBe(0);
    expect(missing).toBeGreaterThan(0);
    const counted = (start: number, what: string): number =>
      report.slice(start, start === 0 ? missing : undefined).filter((line) => line.includes(what))
        .length;
    expect(report[0]).toContain(` ${counted(0, "  no hub has")} operations that no hub has`);
    expect(report[0]).toContain(` parts of ${counted(0, "  wrong in")} others`);
    expect(report[missing ?? 0]).toContain(
      `: ${counted(missing ?? 0, "  missing    ")} operations`,
    );
    expect(report[missing ?? 0]).toContain(
      ` parts of ${counted(missing ?? 0, "  missing in")} others`,
    );
  });

  it("lists wrong parameters, statuses, types and fields, with the correct statuses and types", () => {
    expect(linesFor(report, "wrong", "GET /users")).toEqual(["parameters: colour"]);
    expect(linesFor(report, "wrong", "POST /shutdown")).toEqual(["responses: 200 (hubs: 202)"]);
    expect(linesFor(report, "wrong", "GET /services")).toContain(
      "types: 200 array (hubs: 200 object)",
    );
    expect(linesFor(report, "wrong", "GET /users/{name}")).toContain("fields: 200 friend");
    const typed = JSON.parse(
      JSON.stringify(document).replace('"name":{"type":"string"}', '"name":{"type":"integer"}'),
    );
    expect(
      linesFor(comparisonLines(root, typed as JsonObject, "5.2.0"), "wrong", "GET /users/{name}"),
    ).toContain("field types: 200 name number (hubs: 200 name string)");
  });

  it("lists missing parameters, body keys, statuses and fields", () => {
    expect(linesFor(report, "missing", "GET /users")).toEqual([
      "parameters: state, offset, include_stopped_servers, sort, name_filter",
      "errors: 400, 403",
      "schemas: 200",
    ]);
    expect(linesFor(report, "missing", "POST /shutdown")).toEqual([
      "body keys: proxy, servers",
      "responses: 202",
      "errors: 400, 403, 500",
    ]);
    expect(linesFor(report, "missing", "GET /users/{name}")).toContainEqual(
      expect.stringMatching(/^fields: .*200 admin.*200 servers/),
    );
  });

  it("matches operations even if their path parameters are named differently", () => {
    expect(report).toContain("  missing in  GET /users/{name}");
    expect(report).not.toContain("  missing     GET /users/{name}");
    expect(report).not.toContain("  no hub has  GET /users/{user}");
  });

  it("compares with the API of the given release, or of the newest release if none is given", () => {
    const newer = "  missing     PATCH /users/{name}/server";
    expect(report).not.toContain(newer);
    expect(comparisonLines(root, document, "6.1")).toContain(newer);
    expect(comparisonLines(root, document, undefined)).toContain(newer);
  });

  it("finds no difference between the corrected document and itself", () => {
    const ours = readYaml(join(root, "openapi/jupyterhub.yaml"));
    expect(comparisonLines(root, ours, undefined).filter((line) => /^ |^$/.test(line))).toEqual([
      "",
    ]);
  });
});

describe("reading a document", () => {
  it("resolves references to other files", async () => {
    const folder = scratchFolder();
    const schema = { type: "object", properties: { motto: { type: "string" } } };
    writeFileSync(join(folder, "parts.yml"), JSON.stringify({ Group: schema }));
    const content = { "application/json": { schema: { $ref: "parts.yml#/Group" } } };
    const get = { responses: { 200: { description: "A group", content } } };
    const info = { title: "In two files", version: "1.0" };
    const split = { openapi: "3.1.0", info, paths: { "/group": { get } } };
    writeFileSync(join(folder, "whole.yml"), JSON.stringify(split));
    const document = await readDocument(root, join(folder, "whole.yml"));
    expect(brokenReferences(document)).toEqual([]);
    expect(JSON.stringify(document)).toContain('"motto"');
  });

  it("rejects YAML that has lost its indentation", async () => {
    const file = join(scratchFolder(), "flat.yml");
    writeFileSync(file, readFileSync(swagger, "utf8").replaceAll(/^[ \t]+/gm, ""));
    await expect(readDocument(root, file)).rejects.toThrow(`${file} has lost its indentation`);
    // JSON without indentation is valid.
    writeFileSync(file, '{\n"openapi": "3.1.0",\n"paths": {}\n}');
    await expect(readDocument(root, file)).resolves.toHaveProperty("paths");
  });

  it.each([
    ["a missing file", "nothing.yml", "There is no file nothing.yml"],
    [
      "a file that is not an API document",
      join(root, "package.json"),
      "is not an OpenAPI or Swagger",
    ],
    ["a file that is not YAML", join(root, "scripts/json.ts"), "cannot be parsed"],
    ["a URL at which no server listens", "http://127.0.0.1:1/", "cannot be fetched"],
  ])("fails on %s, and the error says why", async (_, from, message) => {
    await expect(readDocument(root, from)).rejects.toThrow(message);
  });
});
