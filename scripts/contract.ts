/**
 * Turns OpenAPI documents into contracts: the strict JSON schemas of every request and response, and a table of the
 * schemas that each operation uses. A value does not match if it has an undeclared field, a wrong type or a forbidden
 * null, or lacks a field.
 *
 * Equal schemas are stored once, so releases that agree on a schema share it, also in the generated code. Examples,
 * descriptions and extensions are left out.
 */
import type { Contract, ContractOperation } from "../generated/contract.gen.js";
import { follow, operationsOf } from "./document.js";
import { at, isObject, type Json, type JsonObject } from "./json.js";
import { keyOf } from "./operation-table.js";

/** The operations of a contract. Their schemas are in a {@link SchemaStore}. */
export type ContractTable = Omit<Contract, "validators">;

/** The schemas of one or more contracts by id. */
export class SchemaStore {
  readonly #ids = new Map<string, string>();

  /** Adds a schema and returns its id, which is the same for equal schemas. */
  add(schema: JsonObject): string {
    const text = JSON.stringify(schema);
    const id = this.#ids.get(text) ?? `s${this.#ids.size}`;
    this.#ids.set(text, id);
    return id;
  }

  get schemas(): JsonObject[] {
    return [...this.#ids].map(([text, id]) => ({ ...(JSON.parse(text) as JsonObject), $id: id }));
  }
}

export function contractTable(document: JsonObject, store: SchemaStore): ContractTable {
  const rows = operationsOf(document).map(
    (one) => [keyOf(one), rowOf(document, one.operation, store)] as const,
  );
  return { operations: Object.fromEntries(rows), fields: fieldNames(document) };
}

function rowOf(document: JsonObject, operation: JsonObject, store: SchemaStore): ContractOperation {
  const body = follow(document, operation["requestBody"]);
  const content = at(body, "content");
  const responses = Object.entries(at(operation, "responses")).map(([status, response]) => [
    status,
    mediaOf(document, at(follow(document, response), "content"), store),
  ]);
  return {
    query: queryOf(document, operation, store),
    ...(Object.keys(content).length > 0 && {
      body: { required: body["required"] === true, media: mediaOf(document, content, store) },
    }),
    responses: Object.fromEntries(responses) as ContractOperation["responses"],
  };
}

/** Returns the types of the query parameters, those that may be empty, and the id of one schema for all of them. */
function queryOf(
  document: JsonObject,
  operation: JsonObject,
  store: SchemaStore,
): ContractOperation["query"] {
  const parameters = Array.isArray(operation["parameters"]) ? operation["parameters"] : [];
  const query = parameters
    .map((parameter) => follow(document, parameter))
    .filter((parameter) => parameter["in"] === "query")
    .map((parameter) => [String(parameter["name"]), parameter] as const);
  const properties = query.map(([name, { schema = {} }]) => [
    name,
    strict(document, schema, store),
  ]);
  const types = query.map(([name, { schema = {} }]) => [name, follow(document, schema)["type"]]);
  const mayBeEmpty = query.filter(([, { allowEmptyValue }]) => allowEmptyValue === true);
  return {
    types: Object.fromEntries(types) as Record<string, string>,
    ...(mayBeEmpty.length > 0 && { mayBeEmpty: mayBeEmpty.map(([name]) => name) }),
    schema: store.add({
      type: "object",
      required: query.filter(([, { required }]) => required === true).map(([name]) => name),
      properties: Object.fromEntries(properties) as JsonObject,
      additionalProperties: false,
    }),
  };
}

/**
 * Returns the schema ids of each media type. A body has to match one of these schemas; without a schema, any body
 * matches.
 */
function mediaOf(
  document: JsonObject,
  content: JsonObject,
  store: SchemaStore,
): Record<string, string[]> {
  const entries = Object.entries(content).map(([type, media]) => {
    const { schema } = at(media);
    return [type, isObject(schema) ? alternatives(document, schema, store) : []];
  });
  return Object.fromEntries(entries) as Record<string, string[]>;
}

function alternatives(document: JsonObject, schema: Json, store: SchemaStore): string[] {
  const { oneOf, ...rest } = follow(document, schema);
  return Array.isArray(oneOf) && !("properties" in rest)
    ? oneOf.flatMap((one) => alternatives(document, one, store))
    : [store.add(strict(document, follow(document, schema), store))];
}

/** Keywords that hold lists of schemas, and keywords that only people read. */
const listsOfSchemas = ["oneOf", "anyOf"] as const;
const forReaders = /^(x-|example|description$|title$|default$|deprecated$)/;

/**
 * Returns a copy of a schema that allows no undeclared field. References become references into the store. Within a
 * composed schema, each part is also applied to the fields of the other parts. So the parts allow undeclared fields,
 * and only the composed schema refuses them.
 */
function strict(document: JsonObject, schema: Json, store: SchemaStore, open = false): JsonObject {
  if (isObject(schema) && typeof schema["$ref"] === "string") {
    return { $ref: `${store.add(strict(document, follow(document, schema), store, open))}#` };
  }
  const source = isObject(schema) ? schema : {};
  const kept = Object.entries(source).filter(([key]) => !forReaders.test(key));
  const copy: JsonObject = Object.fromEntries(kept);
  const properties = source["properties"];
  const isWhole = isObject(properties) || Array.isArray(source["allOf"]);
  for (const key of listsOfSchemas) {
    const parts = source[key];
    if (!Array.isArray(parts)) continue;
    // Alternatives beside `properties` are conditions on some of these properties.
    copy[key] = parts.map((part) => strict(document, part, store, open || isWhole));
  }
  if (Array.isArray(source["allOf"])) {
    copy["allOf"] = source["allOf"].map((part) => strict(document, part, store, true));
  }
  for (const key of ["items", "additionalProperties"] as const) {
    if (isObject(source[key])) copy[key] = strict(document, source[key], store);
  }
  if (isObject(properties)) {
    copy["properties"] = Object.fromEntries(
      Object.entries(properties).map(([name, one]) => [name, strict(document, one, store)]),
    );
  }
  if (source["x-plain-options"] === true && isObject(properties)) {
    copy["dependentSchemas"] = closedIfDeclared(Object.keys(properties));
  } else if (isWhole && !open && !("additionalProperties" in source)) {
    copy["unevaluatedProperties"] = false;
  }
  return copy;
}

/**
 * Returns a schema for each declared key: an object that has this key must not have undeclared keys. An object without
 * declared keys holds plain options, which may have any keys.
 */
function closedIfDeclared(names: readonly string[]): JsonObject {
  const declared = Object.fromEntries(names.map((name) => [name, true]));
  const closed: JsonObject = { properties: declared, additionalProperties: false };
  return Object.fromEntries(names.map((name) => [name, closed]));
}

/**
 * Returns the names of all declared fields and query parameters. Any other key in the path of a violation is the name
 * of a resource, such as a user.
 */
function fieldNames(document: JsonObject): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: Json): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (!isObject(node)) return;
    for (const name of Object.keys(at(node, "properties"))) names.add(name);
    if (node["in"] === "query") names.add(String(node["name"]));
    Object.values(node).forEach(visit);
  };
  visit(document);
  return names;
}
