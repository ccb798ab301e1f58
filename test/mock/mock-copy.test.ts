/** The parts of a document that the mock copy changes, and the parts that it keeps. */
import { describe, expect, it } from "vitest";
import { correctedRelease as newest, releases } from "../../scripts/known-releases.js";
import { isObject, objectAt, operationsOf } from "../../src/testing/mock/document.js";
import type { JsonObject } from "../../src/testing/mock/document.js";
import { upstream } from "./openapi-files.js";
import { mockCopy } from "./mock-copy.js";
import type { Examples } from "../../src/testing/mock/mock-copy.js";

const json = (schema: JsonObject): JsonObject => ({ content: { "application/json": { schema } } });

const documentOf = (paths: JsonObject, components: JsonObject = {}): JsonObject => ({
  openapi: "3.1.0",
  info: { title: "A hub", version: "9.0" },
  servers: [{ url: "/hub/api" }],
  paths,
  components,
});

const bodySchema = (document: JsonObject, key: string): JsonObject => {
  const operation = operationsOf(document).find((entry) => entry.key === key)?.operation;
  const content = objectAt(objectAt(operation, "requestBody"), "content");
  return objectAt(objectAt(content, "application/json"), "schema");
};

const responsesOf = (document: JsonObject, key: string): JsonObject =>
  objectAt(operationsOf(document).find((entry) => entry.key === key)?.operation, "responses");

describe("the mock copy", () => {
  it.each(releases)("leaves the document of %s unchanged and contains no reference", (version) => {
    const document = upstream(version);
    const before = structuredClone(document);
    const mock = mockCopy(document, { version });
    expect(document).toEqual(before);
    expect(JSON.stringify(mock)).not.toContain('"$ref"');
    expect(mock["x-mock-of"]).toBe(version);
  });

  it("takes the version from the document unless another is given", () => {
    expect(mockCopy(upstream("1.2.2"))["x-mock-of"]).toBe("1.2.0dev");
    expect(mockCopy(upstream("1.2.2"), { version: "1.2.2" })["x-mock-of"]).toBe("1.2.2");
  });

  it("adds the API's base path to each path, since Prism ignores the document's `servers`", () => {
    const mock = mockCopy(documentOf({ "/users": { get: { responses: {} } } }));
    expect(Object.keys(objectAt(mock, "paths"))).toEqual(["/hub/api/users"]);
    expect(mock).not.toHaveProperty("servers");
  });

  it("forbids undeclared properties in a body's objects if they declare any, even in nested or referenced objects", () => {
    const address = { type: "object", properties: { street: { type: "string" } } };
    const mock = mockCopy(
      documentOf(
        { "/users": { post: { requestBody: json({ $ref: "#/components/schemas/New" }) } } },
        {
          schemas: {
            Address: address,
            New: {
              type: "object",
              properties: {
                home: { $ref: "#/components/schemas/Address" },
                extra: { type: "object" },
              },
            },
          },
        },
      ),
    );
    const { home, extra } = objectAt(bodySchema(mock, "POST /hub/api/users"), "properties");
    expect(bodySchema(mock, "POST /hub/api/users")["additionalProperties"]).toBe(false);
    expect(home).toEqual({ ...address, additionalProperties: false });
    expect(extra).toEqual({ type: "object" });
  });

  it("allows undeclared properties in a body if a keyword such as `allOf` may declare more properties", () => {
    const parts = { allOf: [{ type: "object", properties: { a: {} } }], properties: { b: {} } };
    const mock = mockCopy(documentOf({ "/users": { post: { requestBody: json(parts) } } }));
    expect(bodySchema(mock, "POST /hub/api/users")).toEqual(parts);
  });

  it("replaces a reference by its target, merged with the keywords beside the reference", () => {
    const mock = mockCopy(upstream(newest));
    const schema = bodySchema(mock, "PATCH /hub/api/users/{name}/servers/{server_name}");
    expect(Object.keys(objectAt(schema, "properties"))).toContain("name");
  });

  it('accepts any server name in place of the property "<server name>" in activity bodies of old documents', () => {
    const body = bodySchema(mockCopy(upstream("4.1.6")), "POST /hub/api/users/{name}/activity");
    const servers = objectAt(objectAt(body, "properties"), "servers");
    expect(servers).not.toHaveProperty("properties");
    expect(servers["additionalProperties"]).toMatchObject({ additionalProperties: false });
  });

  it("adds the common errors to every operation, and a success to each operation that declares no success", () => {
    const mock = mockCopy(documentOf({ "/users": { get: {} } }));
    expect(Object.keys(responsesOf(mock, "GET /hub/api/users"))).toEqual([
      "200",
      "400",
      "403",
      "404",
      "409",
      "429",
      "500",
      "503",
    ]);
  });

  it("keeps the body that the document declares for an error", () => {
    const schema = { type: "object", properties: { error: { type: "string" } } };
    const mock = mockCopy(
      documentOf({
        "/oauth2/token": { post: { responses: { 400: { description: "", ...json(schema) } } } },
      }),
    );
    const answer = responsesOf(mock, "POST /hub/api/oauth2/token")["400"];
    expect(objectAt(answer, "content")).toEqual(json(schema)["content"]);
  });

  it("puts the response of a pending stop after that of a finished stop, since Prism serves the lowest 2xx", () => {
    const mock = mockCopy(upstream(newest));
    const stop = Object.keys(responsesOf(mock, "DELETE /hub/api/users/{name}/server"));
    expect(stop.filter((status) => status.startsWith("2"))).toEqual(["204", "2XX"]);
    const start = Object.keys(responsesOf(mock, "POST /hub/api/users/{name}/server"));
    expect(start.filter((status) => status.startsWith("2"))).toEqual(["201", "202"]);
  });

  it("uses the examples of the named server's path if the default server's path has no examples", () => {
    const item = { get: { responses: { 200: { description: "", ...json({}) } } } };
    const document = documentOf({ "/shares/{owner}/{server_name}": item });
    const named = { "GET /shares/{owner}/{server_name}": { 200: "named" } };
    const example = (examples: Examples) => {
      const answer = responsesOf(mockCopy(document, { examples }), "GET /hub/api/shares/{owner}/");
      const media = objectAt(objectAt(answer["200"], "content"), "application/json");
      return isObject(media) ? media["example"] : undefined;
    };
    expect(example(named)).toBe("named");
    expect(example({ ...named, "GET /shares/{owner}/": { 200: "default" } })).toBe("default");
  });

  it("serves a stream as text, with the example's events, or with a ready event if there is no example", () => {
    const stream = { content: { "text/event-stream": { schema: { type: "object" } } } };
    const document = documentOf({ "/progress": { get: { responses: { 200: stream } } } });
    const media = (examples: Examples) => {
      const responses = responsesOf(mockCopy(document, { examples }), "GET /hub/api/progress");
      return objectAt(objectAt(responses["200"], "content"), "text/event-stream");
    };
    expect(media({})).toEqual({
      schema: { type: "string" },
      example: expect.stringMatching(/^\n\ndata: \{.*"ready":true.*\}\n\n$/),
    });
    expect(media({ "GET /progress": { 200: [{ progress: 0 }, { progress: 9 }] } })["example"]).toBe(
      '\n\ndata: {"progress":0}\n\ndata: {"progress":9}\n\n',
    );
  });

  it("rejects an example without a matching response", () => {
    const document = documentOf({ "/users": { get: { responses: { 204: { description: "" } } } } });
    const copy = (status: number) =>
      mockCopy(document, { examples: { "GET /users": { [status]: "x" } } });
    expect(() => copy(201)).toThrow("GET /users declares no 201");
    expect(() => copy(204)).toThrow("GET /users declares no content for 204");
  });

  it("rejects a recursive schema and a broken reference", () => {
    const post = { requestBody: json({ $ref: "#/components/schemas/Tree" }) };
    const tree = { type: "object", properties: { child: { $ref: "#/components/schemas/Tree" } } };
    const paths = { "/users": { post } };
    expect(() => mockCopy(documentOf(paths, { schemas: { Tree: tree } }))).toThrow(
      "contains itself",
    );
    expect(() => mockCopy(documentOf(paths))).toThrow("names nothing");
  });
});
