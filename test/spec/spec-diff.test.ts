/** Tests the report of the differences between two documents, and the semver rating of each difference. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { compareDocuments } from "../../scripts/compare-documents.js";
import { readSources } from "../../scripts/document.js";
import type { JsonObject } from "../../scripts/json.js";
import { diffLines, specDiff } from "../../scripts/spec-diff.js";
import { root } from "./root.js";

/** Returns the text of the newest vendored document of a major version. */
const upstream = (major: number): string => {
  const versions = readSources(root).map(({ version }) => version);
  const version = versions.findLast((one) => Number.parseInt(one) === major);
  return readFileSync(join(root, `openapi/upstream/${version}.yml`), "utf8");
};

/** Returns the text of JupyterHub 5's document with one part replaced. */
const changed = (find: string, replace: string): string => {
  const text = upstream(5);
  expect(text).toContain(find);
  return text.replace(find, replace);
};

describe("a comparison of OpenAPI 3 documents", () => {
  it("finds no difference between equal documents", () => {
    const diff = specDiff(upstream(5), upstream(5));
    expect(diff).toMatchObject({ verdict: "none", by: "types", changes: [] });
    expect(diffLines(diff)).toEqual(["  no difference"]);
  });

  it("reports a renamed operation under its path, as a breaking change", () => {
    const diff = specDiff(upstream(5), changed("operationId: get-info\n", "operationId: info\n"));
    expect(diff.verdict).toBe("major");
    expect(diffLines(diff)).toEqual([
      "  changed  GET /info",
      "             major  operation renamed (get-info → info)",
    ]);
  });

  it("reports a change of a shared schema once, with the operations that it affects", () => {
    const more = "Group:\n      type: object\n      properties:\n";
    const diff = specDiff(
      upstream(5),
      changed(more, `${more}        motto:\n          type: string\n`),
    );
    expect(diff.verdict).toBe("minor");
    expect(diffLines(diff)).toEqual([
      "  changed  schemas/Group",
      "             minor  motto: added",
      expect.stringMatching(/^ {13}reaches GET \/groups, .*PUT \/groups\/\{name\}\/properties$/),
    ]);
  });

  it("names changed parameters, and terminates for recursive schemas", () => {
    const diff = specDiff(upstream(4), upstream(5));
    expect(diff.changes).toContainEqual(
      expect.objectContaining({ place: "GET /users", label: "parameter sort", rule: "added" }),
    );
    const tree = (type: string): string =>
      JSON.stringify({
        openapi: "3.1.0",
        paths: {},
        components: {
          schemas: {
            Tree: { type, properties: { child: { $ref: "#/components/schemas/Tree" } } },
            Other: {
              allOf: [{ $ref: `#/components/schemas/${type === "object" ? "Tree" : "Other"}` }],
            },
          },
        },
      });
    expect(specDiff(tree("object"), tree("array")).verdict).toBe("major");
  });

  it("treats fields in an `allOf` and beside a `$ref` as fields of the schema itself", () => {
    const answer = (schema: object): string =>
      JSON.stringify({
        openapi: "3.1.0",
        paths: { "/a": { get: { responses: { 200: { content: { json: { schema } } } } } } },
        components: { schemas: { A: { type: "object", properties: { a: { type: "string" } } } } },
      });
    const b = { properties: { b: { type: "string" } } };
    const A = { $ref: "#/components/schemas/A" };
    const plain = { type: "object", properties: { a: { type: "string" }, ...b.properties } };
    expect(specDiff(answer(plain), answer({ ...A, ...b })).verdict).toBe("none");
    expect(specDiff(answer(plain), answer({ type: "object", allOf: [A, b] })).verdict).toBe("none");
    expect(specDiff(answer({ ...A, ...b }), answer(A)).changes).toMatchObject([
      { label: "200.b", rule: "removed" },
    ]);
  });
});

describe("a comparison of Swagger 2.0 with OpenAPI 3", () => {
  const diff = specDiff(upstream(1), upstream(2));

  it("is by names alone, and the report says so", () => {
    expect(diff).toMatchObject({ by: "names alone", verdict: "major" });
    expect(diff.changes.filter(({ rule }) => rule.startsWith("operation"))).toEqual([]);
  });

  it("recognises a body and its keys in both formats", () => {
    const changesAt = (place: string): string[] =>
      diff.changes
        .filter((one) => one.place === place)
        .map(({ rule, label }) => `${rule} ${label}`);
    expect(changesAt("POST /users/{name}/tokens")).toEqual([
      "added body keys: roles",
      "added fields: 201 roles, 201 session_id",
      "added errors: 403",
    ]);
    expect(changesAt("DELETE /groups/{name}/users")).toEqual(["removed body keys: users"]);
  });
});

describe("a comparison by names", () => {
  const operation = (responses: JsonObject, more: JsonObject = {}): JsonObject => ({
    openapi: "3.1.0",
    paths: { "/a/{b}": { get: { responses, ...more } } },
  });
  const answer = (schema: JsonObject): JsonObject => ({
    "200": { description: "", content: { "application/json": { schema } } },
  });
  const differences = (base: JsonObject, other: JsonObject): [string[], string[]] => {
    const [difference] = compareDocuments(base, other).changed;
    return [difference?.lacks ?? [], difference?.adds ?? []];
  };
  const list = operation(answer({ type: "array" }));
  const either = operation(answer({ oneOf: [{ type: "array" }, { type: "object" }] }));

  it("matches operations even if their path parameters are named differently", () => {
    const other: JsonObject = { paths: { "/a/{c}": { get: {} } } };
    expect(compareDocuments({ paths: { "/a/{b}": { get: {} } } }, other)).toEqual({
      added: [],
      removed: [],
      changed: [],
    });
  });

  it("reports a missing response but not also its schema, and a missing schema but not also its type", () => {
    expect(differences(list, operation({}))).toEqual([["responses: 200"], []]);
    expect(differences(list, operation({ "200": { description: "" } }))).toEqual([
      ["schemas: 200"],
      [],
    ]);
  });

  it("accepts a response type that is one of the base document's types, and reports any other type", () => {
    expect(differences(either, list)).toEqual([[], []]);
    expect(differences(list, operation(answer({ type: "object" })))).toEqual([
      ["types: 200 array"],
      ["types: 200 object"],
    ]);
  });

  it("handles a recursive schema", () => {
    const schema: JsonObject = { allOf: [{ $ref: "#/components/schemas/A" }], type: "object" };
    const document = { ...operation(answer(schema)), components: { schemas: { A: schema } } };
    expect(compareDocuments(document, document).changed).toEqual([]);
  });

  it("assigns the parameters of a path to each of its operations", () => {
    const parameters = [{ name: "limit", in: "query" }];
    const shared = { paths: { "/a": { parameters, get: {} } } };
    const own = { paths: { "/a": { get: { parameters } } } };
    expect(compareDocuments(shared, own).changed).toEqual([]);
    expect(differences(load("paths: { /a: { get: {} } }") as JsonObject, own)).toEqual([
      [],
      ["parameters: limit"],
    ]);
  });
});
