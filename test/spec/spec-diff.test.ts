/** What is told of the difference between two documents, and how grave it is. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { compare } from "../../scripts/compare.js";
import type { JsonObject } from "../../scripts/json.js";
import { diffLines, specDiff } from "../../scripts/spec-diff.js";
import { root } from "./root.js";

const upstream = (version: string): string =>
  readFileSync(join(root, `openapi/upstream/${version}.yml`), "utf8");

/** The newest kind of document, with one thing changed. */
const changed = (find: string, replace: string): string => {
  const text = upstream("5.5.4");
  expect(text).toContain(find);
  return text.replace(find, replace);
};

describe("between documents of one dialect", () => {
  it("tells nothing where nothing differs", () => {
    const text = upstream("5.5.4");
    expect(specDiff(text, text, root)).toEqual({
      verdict: "none",
      by: "redocly diff",
      added: [],
      removed: [],
      changed: [],
    });
  });

  it("tells a renamed operation by its place, as a breaking change", () => {
    const diff = specDiff(
      upstream("5.5.4"),
      changed("operationId: get-info\n", "operationId: info\n"),
      root,
    );
    expect(diff.verdict).toBe("major");
    expect(diffLines(diff)).toEqual([
      "  changed  GET /info",
      "             major  `operationId` of operation `GET /info` changed from 'get-info' to 'info'.",
    ]);
  });

  it("tells a change in a shared part once, with the operations that it reaches", () => {
    const more = "Group:\n      type: object\n      properties:\n";
    const diff = specDiff(
      upstream("5.5.4"),
      changed(more, `${more}        motto:\n          type: string\n`),
      root,
    );
    expect(diff.verdict).toBe("minor");
    expect(diff.changed).toEqual([
      {
        what: "schemas/Group",
        lines: [
          "minor  added properties/motto",
          expect.stringMatching(/^reaches GET \/groups, .*PUT \/groups\/\{name\}\/properties$/),
        ],
      },
    ]);
  });

  it("calls a parameter by its name", () => {
    const { changed } = specDiff(upstream("4.1.6"), upstream("5.5.4"), root);
    const users = changed.find(({ what }) => what === "GET /users");
    expect(users?.lines).toContain("minor  added parameters/sort");
  });
});

describe("between Swagger 2.0 and OpenAPI 3", () => {
  const diff = specDiff(upstream("1.5.1"), upstream("2.3.1"), root);

  it("compares by names alone, and says so", () => {
    expect(diff).toMatchObject({ by: "names alone", verdict: "major", added: [], removed: [] });
  });

  it("knows a body and its keys in either dialect", () => {
    expect(diff.changed).toContainEqual({
      what: "POST /users/{name}/tokens",
      lines: ["minor  body keys: roles", "minor  errors: 403"],
    });
    expect(diff.changed).toContainEqual({
      what: "DELETE /groups/{name}/users",
      lines: ["major  no more body keys: users"],
    });
  });
});

describe("by names", () => {
  const operation = (responses: JsonObject, more: JsonObject = {}): JsonObject => ({
    openapi: "3.1.0",
    paths: { "/a/{b}": { get: { responses, ...more } } },
  });
  const answer = (schema: JsonObject): JsonObject => ({
    "200": { description: "", content: { "application/json": { schema } } },
  });
  const differences = (base: JsonObject, other: JsonObject): [string[], string[]] => {
    const [difference] = compare(base, other).changed;
    return [difference?.lacks ?? [], difference?.adds ?? []];
  };
  const list = operation(answer({ type: "array" }));
  const either = operation(answer({ oneOf: [{ type: "array" }, { type: "object" }] }));

  it("an operation is the same whatever its parameters are called", () => {
    const other: JsonObject = { paths: { "/a/{c}": { get: {} } } };
    expect(compare({ paths: { "/a/{b}": { get: {} } } }, other)).toEqual({
      added: [],
      removed: [],
      changed: [],
    });
  });

  it("a missing answer is not also a missing schema, nor a missing schema a missing kind", () => {
    expect(differences(list, operation({}))).toEqual([["answers: 200"], []]);
    expect(differences(list, operation({ "200": { description: "" } }))).toEqual([
      ["schemas: 200"],
      [],
    ]);
  });

  it("one of several kinds of answer is not a wrong one, another kind is", () => {
    expect(differences(either, list)).toEqual([[], []]);
    expect(differences(list, operation(answer({ type: "object" })))).toEqual([
      ["kinds: 200 array"],
      ["kinds: 200 object"],
    ]);
  });

  it("a schema that contains itself is no trouble", () => {
    const schema: JsonObject = { allOf: [{ $ref: "#/components/schemas/A" }], type: "object" };
    const document = { ...operation(answer(schema)), components: { schemas: { A: schema } } };
    expect(compare(document, document).changed).toEqual([]);
  });

  it("parameters of a path belong to each of its operations", () => {
    const parameters = [{ name: "limit", in: "query" }];
    const shared = { paths: { "/a": { parameters, get: {} } } };
    const own = { paths: { "/a": { get: { parameters } } } };
    expect(compare(shared, own).changed).toEqual([]);
    expect(differences(load("paths: { /a: { get: {} } }") as JsonObject, own)).toEqual([
      [],
      ["parameters: limit"],
    ]);
  });
});
