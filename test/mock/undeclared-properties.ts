/**
 * Which properties of a body its schema does not declare. Prism knows only `additionalProperties`,
 * which cannot be set where a schema is composed, and of a form it reads only the declared fields;
 * this looks at every part and every alternative together. A schema that declares no property, or
 * an alternative that does not, is free-form: nothing below it is judged.
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

/** A schema and all that it is composed of. */
const partsOf = (schema: JsonObject): JsonObject[] => [
  schema,
  ...listAt(schema, "allOf").flatMap(partsOf),
  ...alternativesOf(schema).flatMap(partsOf),
];

/**
 * An alternative of conditions alone (`{ required: ["user"] }`, `{ type: "null" }`) says nothing
 * about properties; one that is an object without them says that anything goes.
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
