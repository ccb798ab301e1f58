/**
 * Finds properties of a body that its schema does not declare. Prism only supports `additionalProperties`,
 * which does not work in composed schemas, and ignores undeclared form fields. This checks all parts and
 * alternatives together. A schema without declared properties is free-form, and so is everything below it.
 */
import { isObject, listAt, objectAt } from "./document.js";
import type { Json, JsonObject } from "./document.js";

export function undeclaredProperties(schema: JsonObject, value: Json, at = "body"): string[] {
  return undeclaredIn([schema], value, at);
}

function undeclaredIn(schemas: readonly JsonObject[], value: Json, at: string): string[] {
  const parts = schemas.flatMap(partsOf);
  if (Array.isArray(value)) {
    const items = parts.map((part) => part["items"]).filter(isObject);
    return value.flatMap((entry, index) => undeclaredIn(items, entry, `${at}[${index}]`));
  }
  if (!isObject(value) || schemas.some(isFree)) return [];
  return Object.entries(value).flatMap(([name, entry]) => {
    const declared = parts.map((part) => objectAt(part, "properties")[name]).filter(isObject);
    const extra = parts.map((part) => part["additionalProperties"]).filter(isObject);
    const next = declared.length > 0 ? declared : extra;
    return next.length > 0 ? undeclaredIn(next, entry, `${at}.${name}`) : [`${at}.${name}`];
  });
}

const alternativesOf = (schema: JsonObject): JsonObject[] => [
  ...listAt(schema, "anyOf"),
  ...listAt(schema, "oneOf"),
];

/** A schema and all schemas that it is composed of. */
const partsOf = (schema: JsonObject): JsonObject[] => [
  schema,
  ...listAt(schema, "allOf").flatMap(partsOf),
  ...alternativesOf(schema).flatMap(partsOf),
];

/**
 * An alternative with conditions only (`{ required: ["user"] }`, `{ type: "null" }`) declares nothing about
 * properties. An object without properties allows any.
 */
function isFree(schema: JsonObject): boolean {
  const parts = partsOf(schema);
  if (parts.some((part) => part["additionalProperties"] === true)) return true;
  if (alternativesOf(schema).some((choice) => choice["type"] === "object" && isFree(choice))) {
    return true;
  }
  return !parts.some(
    (part) =>
      Object.keys(objectAt(part, "properties")).length > 0 ||
      isObject(part["additionalProperties"]),
  );
}
