/**
 * Finds where the document says less than hubs always do: a field that is in every answer and is not
 * required, a null that no answer has. Validation alone cannot see that a document is too loose.
 */
import { follow, operationsOf } from "../../scripts/document.js";
import { at, isObject, type Json, type JsonObject } from "../../scripts/json.js";
import { keyOf } from "../../scripts/operation-table.js";
import type { Answer } from "./validator.js";

interface Field {
  /** How often the object that has the field was seen. */
  objects: number;
  present: number;
  nulls: number;
  /** How often it was a number with a fraction. */
  fractions: number;
  required: boolean;
  nullable: boolean;
  /** Whether the document calls it a number, with or without a fraction. */
  numeric: boolean;
  /** Whether the document says that no test shows all of it (`x-unseen`). */
  excused: boolean;
}

/** "Server.started" → how it was seen. */
export type Observations = Map<string, Field>;

/** Adds to `observed` what answers show of the fields of the document's named schemas. */
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

/** The parts of a schema that a value belongs to. */
function branches(document: JsonObject, schema: JsonObject, value: Json): Json[] {
  const all = Array.isArray(schema["allOf"]) ? schema["allOf"] : [];
  const choices = [schema["oneOf"], schema["anyOf"]].flatMap((list) =>
    Array.isArray(list) ? list : [],
  );
  return [...all, ...choices.filter((choice) => mayBe(document, choice, value))];
}

/** Whether a value can be meant by a part of a union: by its kind, or by being a page, a list or a map. */
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

/** What the document says of fields and no answer showed: that they are sent at all, and that they may be null. */
export const unseenFields = (observed: Observations): string[] =>
  [...observed].flatMap(([id, { present, nulls, nullable, excused }]) => {
    const unseen = [
      ...(present === 0 ? [`${id} is never present`] : []),
      ...(present > 0 && nullable && nulls === 0 ? [`${id} is never null`] : []),
    ];
    if (excused) return unseen.length > 0 ? [] : [`${id} occurs, though x-unseen excuses it`];
    return unseen;
  });

/** Fields that may have a fraction by the document, and never had one. */
export const overlyNumericFields = (observed: Observations): string[] =>
  [...observed].filter(([, one]) => one.numeric && one.fractions === 0).map(([id]) => id);
