/**
 * Rewrites the response schemas from which Prism generates unusable samples. Its samples of the model of the token's
 * owner ("a user or a service, and more") are rejected by its own validator, and its samples of a page refer to a next
 * page that does not exist.
 */
import { isObject, listAt, objectAt } from "./document.js";
import type { Json, JsonObject } from "./document.js";

const PAGINATION: JsonObject = {
  type: "object",
  required: ["offset", "limit", "total", "next"],
  properties: {
    offset: { type: "number", default: 0 },
    limit: { type: "number", default: 200 },
    total: { type: "number", default: 1 },
    // This has no type, because the documents declare "or null" in different ways.
    next: { default: null },
  },
};

/** Makes the schema of a page from the schema of an array, for documents that declare only the array. */
export const pageSchema = (plain: JsonObject): JsonObject => ({
  type: "object",
  required: ["items", "_pagination"],
  properties: { items: structuredClone(plain), _pagination: structuredClone(PAGINATION) },
});

/** Makes every sampled page the last page. Otherwise a client would follow an invented `next`. */
export function withLastPage(schema: JsonObject): JsonObject {
  const visit = (node: Json): Json => {
    if (Array.isArray(node)) return node.map(visit);
    if (!isObject(node)) return node;
    const copy = Object.fromEntries(
      Object.entries(node).map(([key, value]) => [key, visit(value)]),
    );
    const properties = objectAt(copy, "properties");
    if (["offset", "limit", "total", "next"].every((name) => isObject(properties[name]))) {
      for (const [name, shape] of Object.entries(objectAt(PAGINATION, "properties"))) {
        const declared = properties[name];
        if (isObject(declared) && isObject(shape)) declared["default"] = shape["default"] ?? null;
      }
    }
    return copy;
  };
  return visit(schema) as JsonObject;
}

/**
 * Replaces `allOf: [oneOf: [User, Service], more]` by one object with all properties. Properties that both `User` and
 * `Service` require stay required, as do those that `more` requires. Returns any other schema unchanged.
 */
export function flattenedIdentity(schema: JsonObject): JsonObject {
  const parts = listAt(schema, "allOf");
  const mixed = parts.some((part) => alternatives(part).length > 0);
  return mixed ? flattened(schema) : schema;
}

const alternatives = (schema: JsonObject): JsonObject[] => [
  ...listAt(schema, "oneOf"),
  ...listAt(schema, "anyOf"),
];

function flattened(schema: JsonObject): JsonObject {
  const parts = listAt(schema, "allOf").map(flattened);
  const choices = alternatives(schema).map(flattened);
  const properties: JsonObject = {};
  // The parts come after the alternatives and so replace them: if both declare a property (`kind`), the part allows
  // more.
  for (const source of [...choices, ...parts, schema]) {
    Object.assign(properties, objectAt(source, "properties"));
  }
  const common = choices
    .map((choice) => required(choice))
    .reduce<string[] | undefined>(
      (names, next) => (names ? names.filter((name) => next.includes(name)) : next),
      undefined,
    );
  const names = [...required(schema), ...parts.flatMap(required), ...(common ?? [])];
  return {
    type: "object",
    properties,
    ...(names.length > 0 ? { required: [...new Set(names)] } : {}),
  };
}

const required = (schema: JsonObject): string[] =>
  Array.isArray(schema["required"])
    ? schema["required"].filter((name) => typeof name === "string")
    : [];
