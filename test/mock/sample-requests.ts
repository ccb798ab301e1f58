/**
 * The smallest request that a document allows for each operation, so that a test can call every operation
 * of any version.
 */
import { isObject, objectAt, operationsOf, parametersOf } from "../../src/testing/mock/document.js";
import type { Json, JsonObject } from "../../src/testing/mock/document.js";
import type { MockDocument } from "../../src/testing/mock/mock-copy.js";

export interface SampleRequest {
  /** Method and path on the mock: "GET /hub/api/users/{name}". */
  key: string;
  /** The path with values for its parameters. */
  path: string;
  init: RequestInit;
}

const BEARER = { authorization: "Bearer a-token" };

export function sampleRequests(document: MockDocument): SampleRequest[] {
  return operationsOf(document).map(({ key, method, path, operation }) => {
    const query = parametersOf(operation, "query")
      .filter(({ required }) => required === true)
      .map(({ name, schema }) => [String(name), String(sampleOf(schema))]);
    const search = query.length > 0 ? `?${new URLSearchParams(query)}` : "";
    const headers = { ...BEARER, ...bodyType(operation) };
    return {
      key,
      path: path.replaceAll(/\{(\w+)\}/g, "$1") + search,
      init: { method: method.toUpperCase(), headers, ...bodyOf(operation) },
    };
  });
}

const contentOf = (operation: JsonObject): [string, JsonObject][] =>
  Object.entries(objectAt(objectAt(operation, "requestBody"), "content")).map(([type, media]) => [
    type,
    objectAt(media, "schema"),
  ]);

function bodyType(operation: JsonObject): Record<string, string> {
  const type = contentOf(operation)[0]?.[0];
  return type === undefined ? {} : { "content-type": type };
}

function bodyOf(operation: JsonObject): { body?: string } {
  const [type, schema] = contentOf(operation)[0] ?? [];
  if (type === undefined) return {};
  const value = sampleOf(schema);
  if (type.includes("json")) return { body: JSON.stringify(value) };
  return { body: new URLSearchParams(value as Record<string, string>).toString() };
}

/** Returns the smallest value that a schema allows: the fewest properties, and the first of several alternatives. */
function sampleOf(schema: Json | undefined): Json {
  if (!isObject(schema)) return {};
  if (Array.isArray(schema["enum"])) return schema["enum"][0] ?? null;
  const parts = [schema, ...firstAlternatives(schema)];
  const type = parts.map((part) => part["type"]).find((one) => one !== undefined) ?? "object";
  const first = Array.isArray(type) ? type[0] : type;
  if (first === "array")
    return Array(Number(schema["minItems"] ?? 0)).fill(sampleOf(schema["items"]));
  if (first === "object") {
    const required = parts.flatMap((part) =>
      Array.isArray(part["required"]) ? part["required"] : [],
    );
    const declared = Object.assign({}, ...parts.map((part) => objectAt(part, "properties")));
    const free = Object.keys(declared as JsonObject).filter((name) => !required.includes(name));
    const more = free.slice(0, Math.max(0, Number(schema["minProperties"] ?? 0) - required.length));
    return Object.fromEntries(
      [...required, ...more].map((name) => [
        name,
        sampleOf((declared as JsonObject)[String(name)]),
      ]),
    );
  }
  if (first === "string") return schema["format"] === "date-time" ? "2026-10-20T12:00:00Z" : "gpu";
  if (first === "boolean") return true;
  return first === "null" ? null : Number(schema["minimum"] ?? 1);
}

function firstAlternatives(schema: JsonObject): JsonObject[] {
  const all = Array.isArray(schema["allOf"]) ? schema["allOf"].filter(isObject) : [];
  const choices = [schema["oneOf"], schema["anyOf"]].map((list) =>
    Array.isArray(list) ? list[0] : null,
  );
  const parts = [
    ...all,
    ...choices.filter((choice) => isObject(choice ?? undefined)),
  ] as JsonObject[];
  return parts.flatMap((part) => [part, ...firstAlternatives(part)]);
}
