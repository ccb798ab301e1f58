/**
 * Finds places where the document is less strict than hubs are: a field that every response has and the document does
 * not require, or a declared null that no response has. Validation alone cannot find these.
 */
import { follow, operationsOf } from "../../scripts/document.js";
import { at, isObject, type Json, type JsonObject } from "../../scripts/json.js";
import { keyOf } from "../../scripts/operation-table.js";
import type { Answer } from "./validator.js";

interface Field {
  /** The number of objects that may have the field. */
  objects: number;
  present: number;
  nulls: number;
  /** The number of values with a fraction. */
  fractions: number;
  required: boolean;
  nullable: boolean;
  /** True if the document declares the field as a number rather than an integer. */
  numeric: boolean;
  /** True if the document declares that no test shows all values of the field (`x-unseen`). */
  excused: boolean;
}

/** The observed values of each field, by a name such as "Server.started". */
export type Observations = Map<string, Field>;

/** Adds to `observed` how the responses fill the fields that the document declares. */
export function observe(
  document: JsonObject,
  answers: readonly Answer[],
  observed: Observations = new Map(),
): Observations {
  const operations = new Map(operationsOf(document).map((one) => [keyOf(one), one.operation]));
  const names = new Map(
    Object.entries(at(document, "components", "schemas")).map(([name, schema]) => [schema, name]),
  );

  const visit = (node: Json | undefined, value: Json, outer: string): void => {
    const schema = follow(document, node);
    const name = names.get(schema) ?? outer;
    for (const part of branches(document, schema, value)) visit(part, value, name);
    if (Array.isArray(value)) for (const item of value) visit(schema["items"], item, name);
    if (!isObject(value)) return;
    const properties = at(schema, "properties");
    const required = Array.isArray(schema["required"]) ? schema["required"] : [];
    for (const [key, property] of Object.entries(properties)) {
      const id = `${name}.${key}`;
      const types = new Set([follow(document, property)["type"]].flat());
      const field = observed.get(id) ?? {
        objects: 0,
        present: 0,
        nulls: 0,
        fractions: 0,
        required: required.includes(key),
        nullable: types.has("null"),
        numeric: types.has("number"),
        excused: [property, follow(document, property)].some(
          (one) => isObject(one) && "x-unseen" in one,
        ),
      };
      field.objects += 1;
      if (key in value) field.present += 1;
      if (value[key] === null) field.nulls += 1;
      if (typeof value[key] === "number" && !Number.isInteger(value[key])) field.fractions += 1;
      observed.set(id, field);
      if (value[key] !== undefined && value[key] !== null) visit(property, value[key], id);
    }
    const rest = schema["additionalProperties"];
    if (!isObject(rest)) return;
    for (const [key, item] of Object.entries(value)) {
      if (!(key in properties)) visit(rest, item, name);
    }
  };

  for (const { operation, status, mediaType, body } of answers) {
    if (mediaType !== "application/json" || body === "") continue;
    const response = at(operations.get(operation), "responses")[String(status)];
    const media = at(follow(document, response), "content")["application/json"];
    if (isObject(media)) visit(media["schema"], JSON.parse(body) as Json, `${operation} ${status}`);
  }
  return observed;
}

/** Returns the parts of a schema that apply to a value. */
function branches(document: JsonObject, schema: JsonObject, value: Json): Json[] {
  const all = Array.isArray(schema["allOf"]) ? schema["allOf"] : [];
  const choices = [schema["oneOf"], schema["anyOf"]].flatMap((list) =>
    Array.isArray(list) ? list : [],
  );
  return [...all, ...choices.filter((choice) => mayBe(document, choice, value))];
}

/**
 * Returns true if a part of a union may apply to a value. Compares their type, their `kind`, and whether they are
 * pages.
 */
function mayBe(document: JsonObject, choice: Json, value: Json): boolean {
  const schema = follow(document, choice);
  if (Array.isArray(value) || schema["type"] === "array") {
    return Array.isArray(value) && schema["type"] === "array";
  }
  if (!isObject(value)) return false;
  const parts = [schema, ...(Array.isArray(schema["allOf"]) ? schema["allOf"] : [])];
  const properties = parts.map((part) => at(follow(document, part), "properties"));
  const kinds = properties.flatMap((part) => at(part, "kind")["enum"] ?? []);
  if (kinds.length > 0) return kinds.includes(value["kind"] ?? null);
  return "_pagination" in value === properties.some((part) => "_pagination" in part);
}

/** Fields that hubs always send and the document does not require. */
export const overlyOptionalFields = (observed: Observations): string[] =>
  [...observed].filter(([, one]) => !one.required && one.present === one.objects).map(([id]) => id);

/** Declared fields that no response had, and declared nulls that never occurred. */
export const unseenFields = (observed: Observations): string[] =>
  [...observed].flatMap(([id, { present, nulls, nullable, excused }]) => {
    const unseen = [
      ...(present === 0 ? [`${id} is never present`] : []),
      ...(present > 0 && nullable && nulls === 0 ? [`${id} is never null`] : []),
    ];
    if (excused) return unseen.length > 0 ? [] : [`${id} occurs, though x-unseen excuses it`];
    return unseen;
  });

/** Fields that are declared as numbers and were always integers. */
export const overlyNumericFields = (observed: Observations): string[] =>
  [...observed].filter(([, one]) => one.numeric && one.fractions === 0).map(([id]) => id);
