/** The operation table that is generated from small documents: rows, rules, features and scopes. */
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { at, type Json, type JsonObject } from "../../scripts/json.js";
import { functionName, operationTable, scopesOf } from "../../scripts/operation-table.js";

interface Table {
  operations: Record<string, JsonObject>;
  scopes: Record<string, string[]>;
  features: Record<string, string>;
}

/** Generates the table of a document, imports it as a module and returns its exports. */
async function tableOf(document: JsonObject): Promise<Table> {
  const { outputText } = ts.transpileModule(operationTable(document, []), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  return (await import(
    /* @vite-ignore */ `data:text/javascript,${encodeURIComponent(outputText)}`
  )) as Table;
}

/** Returns the table row for a document in which `POST /users/{name}` is this operation. */
async function rowOf(operation: JsonObject, components: JsonObject = {}): Promise<Json> {
  const security = [{ oauth2: ["users"] }];
  const { operations } = await tableOf({
    paths: { "/users/{name}": { post: { security, ...operation } } },
    components,
  });
  expect(Object.keys(operations)).toEqual(["POST /users/{name}"]);
  return operations["POST /users/{name}"]!;
}

const query = (...parameters: JsonObject[]): JsonObject => ({
  parameters: parameters.map((one) => ({ in: "query", ...one })),
});

const bodyOf = (schema: JsonObject, type = "application/json"): JsonObject => ({
  content: { [type]: { schema } },
});

const body = (properties: JsonObject, type?: string): JsonObject => ({
  requestBody: bodyOf({ type: "object", properties }, type),
});

describe("a row of the table", () => {
  it.each<[what: string, operation: JsonObject, row: Json]>([
    ["is empty for an ordinary operation", {}, {}],
    ["contains the first release with the operation", { "x-since": "5.0" }, { since: "5.0" }],
    ["contains the first release without the operation", { "x-until": "2.0" }, { until: "2.0" }],
    ["marks a public operation", { security: [] }, { public: true }],
    [
      "marks an operation without required scopes as open to any credentials",
      { security: [{ oauth2: ["(no_scope)"] }, { token: [] }] },
      { anyCredentials: true },
    ],
    [
      "marks an operation whose security schemes have no scopes as open to any credentials",
      { security: [{ token: [] }] },
      { anyCredentials: true },
    ],
    [
      "lists the media types of all responses, except JSON",
      {
        responses: {
          "200": { content: { "application/json": {}, "text/plain": { schema: {} } } },
          "403": { content: { "text/html": {} } },
          "404": { description: "nothing" },
        },
      },
      { media: ["text/plain", "text/html"] },
    ],
    [
      "does not list JSON as a media type",
      { responses: { "200": { content: { "application/json": { schema: {} } } } } },
      {},
    ],
    [
      "marks an operation as empty if no successful response has a body",
      { responses: { "204": {}, "403": { content: { "application/json": { schema: {} } } } } },
      { empty: true },
    ],
    [
      "does not mark an operation as empty if one successful response has a body",
      { responses: { "202": { content: { "application/json": { schema: {} } } }, "204": {} } },
      {},
    ],
    [
      "lists the path parameters that may be empty",
      {
        parameters: [
          { name: "name", in: "path" },
          { name: "server_name", in: "path", "x-may-be-empty": true },
        ],
      },
      { mayBeEmpty: ["server_name"] },
    ],
    [
      "lists every query parameter, including those without a rule",
      query({ name: "name_filter", schema: { type: "string" } }),
      { query: { name_filter: {} } },
    ],
    [
      "lists every body key, including those without a rule",
      body({ note: { type: "string" } }),
      { body: { note: {} } },
    ],
    [
      "marks a body that allows unlisted keys as open",
      { requestBody: bodyOf({ properties: { note: {} }, additionalProperties: true }) },
      { body: { note: {} }, open: true },
    ],
    [
      "does not mark a body as open if it allows no unlisted keys",
      { requestBody: bodyOf({ properties: { note: {} }, additionalProperties: false }) },
      { body: { note: {} } },
    ],
    [
      "marks a body without listed keys as open",
      { requestBody: bodyOf({ type: "object" }) },
      { body: {}, open: true },
    ],
    [
      "does not mark a body as open if its composed schema lists all keys",
      { requestBody: bodyOf({ properties: { a: {} }, oneOf: [{ properties: { a: {} } }] }) },
      { body: { a: {} } },
    ],
    [
      "marks a body as open if its composed schema does not list all keys",
      { requestBody: bodyOf({ properties: { note: {} }, oneOf: [{ properties: { a: {} } }] }) },
      { body: { note: {} }, open: true },
    ],
    [
      "marks an operation that redirects",
      { responses: { "200": { content: { "text/html": { schema: {} } } }, "302": {} } },
      { media: ["text/html"], redirects: true },
    ],
    [
      "contains the minimum number of body keys",
      {
        requestBody: {
          content: { "application/json": { schema: { type: "object", minProperties: 1 } } },
        },
      },
      { body: {}, open: true, minKeys: 1 },
    ],
    [
      "lists the body keys of which exactly one is required",
      {
        requestBody: {
          content: {
            "application/json": {
              schema: { oneOf: [{ required: ["user"] }, { required: ["group"] }] },
            },
          },
        },
      },
      { body: {}, open: true, exactlyOneOf: ["user", "group"] },
    ],
    [
      "reads bodies of any media type",
      body({ code: { type: "array" } }, "application/x-www-form-urlencoded"),
      { body: { code: { type: "array" } } },
    ],
  ])("%s", async (_, operation, row) => {
    expect(await rowOf(operation)).toEqual(row);
  });

  it("is complete if the operation refers to shared parameters, schemas and responses", async () => {
    const operation = {
      parameters: [{ $ref: "#/components/parameters/limit" }],
      requestBody: {
        content: { "application/json": { schema: { $ref: "#/components/schemas/Request" } } },
      },
      responses: { "403": { $ref: "#/components/responses/Page" } },
    };
    const components = {
      parameters: {
        limit: { name: "limit", in: "query", schema: { $ref: "#/components/schemas/Count" } },
      },
      schemas: {
        Count: { type: "integer", minimum: 0 },
        Request: { properties: { count: { $ref: "#/components/schemas/Count" } } },
      },
      responses: { Page: { content: { "text/html": {} } } },
    };
    expect(await rowOf(operation, components)).toEqual({
      query: { limit: { type: "integer", min: 0 } },
      body: { count: { type: "integer", min: 0 } },
      media: ["text/html"],
    });
  });

  it("has the operation's method and path as its key; the rows follow the order of the document's paths", async () => {
    const paths = { "/b": { post: {}, get: {} }, "/a": { delete: {}, parameters: [] } };
    const { operations } = await tableOf({ paths });
    expect(Object.keys(operations)).toEqual(["GET /b", "POST /b", "DELETE /a"]);
  });
});

describe("the rule for a parameter or body key", () => {
  it.each<[fact: string, field: JsonObject, rule: Json]>([
    ["the integer type", { type: "integer" }, { type: "integer" }],
    ["the array type", { type: "array" }, { type: "array" }],
    ["the object type", { type: "object" }, { type: "object" }],
    ["a mark if null is allowed", { type: ["object", "null"] }, { type: "object", nullable: true }],
    ["the values of an enumeration", { type: "string", enum: ["a", "b"] }, { enum: ["a", "b"] }],
    [
      "no maximum that equals the largest safe integer",
      { type: "integer", maximum: Number.MAX_SAFE_INTEGER },
      { type: "integer" },
    ],
    [
      "the minimum and the maximum",
      { type: "integer", minimum: 0, maximum: 9 },
      { type: "integer", min: 0, max: 9 },
    ],
    [
      "the item type and the minimum number of items",
      { type: ["array", "null"], items: { type: "string" }, minItems: 1 },
      { type: "array", nullable: true, items: "string", minItems: 1 },
    ],
    [
      "the advice for an empty array",
      { type: "array", "x-if-empty": "Ask for all." },
      { type: "array", ifEmpty: "Ask for all." },
    ],
    ["the first release with the field", { type: "string", "x-since": "3.0" }, { since: "3.0" }],
    ["the first release without the field", { type: "string", "x-until": "6.2" }, { until: "6.2" }],
    [
      "the path parameter whose value the body does not repeat",
      { "x-differs-from": "name" },
      { differsFrom: "name" },
    ],
    [
      "a mark if the value is a credential",
      { type: "object", "x-credentials": true },
      { type: "object", credentials: true },
    ],
  ])("contains %s", async (_, field, rule) => {
    expect(await rowOf(body({ key: field }))).toEqual({ body: { key: rule } });
  });

  it.each<[fact: string, field: JsonObject]>([
    ["strings", { type: "string" }],
    ["booleans", { type: "boolean" }],
    ["numbers that may have fractions", { type: "number" }],
    ["nullable strings", { type: ["string", "null"] }],
    ["values that older hubs safely ignore", { "x-since": "2.0", "x-ignored-harmlessly": true }],
    ["values that newer hubs safely ignore", { "x-until": "6.2", "x-ignored-harmlessly": true }],
  ])("is empty for %s", async (_, field) => {
    expect(await rowOf(body({ key: field }))).toEqual({ body: { key: {} } });
  });

  it.each<[key: string, operation: string | undefined, rule: Json]>([
    ["5.0", undefined, { since: "5.0" }],
    ["5.0", "5.0", {}],
    ["4.0", "5.0", {}],
    ["6.0", "5.0", { since: "6.0" }],
    ["5.4.4", "5.0", { since: "5.4.4" }],
    ["5.10", "5.9", { since: "5.10" }],
    ["5.9", "5.10", {}],
  ])(
    "contains an x-since of %s only if it is newer than the operation's own, %s",
    async (key, operation, rule) => {
      const parameter = query({ name: "key", schema: { type: "string" }, "x-since": key });
      const row = await rowOf({ ...parameter, ...(operation && { "x-since": operation }) });
      expect(at(row, "query")).toEqual({ key: rule });
    },
  );

  it.each<[key: string, operation: string | undefined, rule: Json]>([
    ["6.2", undefined, { until: "6.2" }],
    ["6.2", "6.2", {}],
    ["6.2", "6.3", { until: "6.2" }],
    ["6.10", "6.9", {}],
  ])(
    "contains the x-until %s only if this release is older than the operation's x-until (%s)",
    async (key, operation, rule) => {
      const parameter = query({ name: "key", schema: { type: "string" }, "x-until": key });
      const row = await rowOf({ ...parameter, ...(operation && { "x-until": operation }) });
      expect(at(row, "query")).toEqual({ key: rule });
    },
  );
});

describe("features", () => {
  it("are collected by name from the whole document", async () => {
    const { features } = await tableOf({
      paths: { "/shares": { get: { "x-feature": "shares", "x-since": "5.0" } } },
      components: {
        parameters: { sort: { "x-feature": "sort", "x-since": "5.0" } },
        schemas: [{ properties: { name: { "x-feature": "names", "x-since": "6.0" } } }],
      },
    });
    expect(Object.entries(features)).toEqual([
      ["names", "6.0"],
      ["shares", "5.0"],
      ["sort", "5.0"],
    ]);
  });

  it("may occur in several places if each place has the same release", async () => {
    const shares = { "x-feature": "shares", "x-since": "5.0" };
    const { features } = await tableOf({ paths: { "/shares": { get: shares, post: shares } } });
    expect(features).toEqual({ shares: "5.0" });
  });

  it.each<[what: string, other: JsonObject]>([
    ["with two releases", { "x-feature": "shares", "x-since": "6.0" }],
    ["without a release", { "x-feature": "shares" }],
  ])("are rejected if they occur %s, and the error names the feature", (_, other) => {
    const shares = { "x-feature": "shares", "x-since": "5.0" };
    expect(() => operationTable({ paths: { "/a": { get: shares, put: other } } }, [])).toThrow(
      "x-feature shares needs one and the same x-since wherever it stands",
    );
  });
});

describe("the list of an operation's scopes", () => {
  it.each<[what: string, security: Json, scopes: string[]]>([
    ["nothing for a public operation", [], []],
    ["alternatives separately", [{ oauth2: ["a"] }, { oauth2: ["b"] }], ["a", "b"]],
    ["scopes that are needed together, joined by a plus", [{ oauth2: ["a", "b"] }], ["a + b"]],
    [
      "alternatives of which one combines two scopes",
      [{ oauth2: ["shares", "read:users:name"] }, { oauth2: ["admin"] }],
      ["shares + read:users:name", "admin"],
    ],
    ["nothing for schemes other than oauth2", [{ token: [] }, { oauth2: ["a"] }], ["a"]],
  ])("contains %s", async (_, security, scopes) => {
    expect(scopesOf({ security })).toEqual(scopes);
    const table = await tableOf({ paths: { "/a": { get: { security } } } });
    expect(table.scopes).toEqual({ "GET /a": scopes });
  });
});

describe("the generated file", () => {
  it("starts with the header and declares the document's scopes as a type", () => {
    const scopes = { "read:users": "Read users", self: "Everything of one's own" };
    const text = operationTable(
      {
        components: {
          securitySchemes: { oauth2: { flows: { authorizationCode: { scopes } } } },
        },
      },
      ["made of 6.1.1", "by us"],
    );
    expect(text).toMatch(/^\/\/ made of 6\.1\.1\n\/\/ by us\n\n/);
    expect(text).toContain('export type Scope =\n  | "read:users"\n  | "self";\n');
  });

  it.each([
    ["get-users", "getUsers"],
    ["get-user-server-name", "getUserServerName"],
    ["get-oauth2-token", "getOauth2Token"],
  ])("gives the operation %s the function name %s", (operationId, name) => {
    expect(functionName(operationId)).toBe(name);
  });
});
