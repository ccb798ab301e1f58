/**
 * Compares two documents, of OpenAPI 3 or Swagger 2.0, operation by operation; method and path identify an operation.
 * Compares names, statuses and types, but not constraints. For documents of OpenAPI 3, spec-diff.ts finds more.
 */
import { follow, operationsOf, routeOf } from "./document.js";
import { at, isObject, type Json, type JsonObject } from "./json.js";
import { keyOf } from "./operation-table.js";

export interface Comparison {
  /** Operations that only the base has (`removed`), and operations that only the other document has (`added`). */
  removed: string[];
  added: string[];
  changed: Difference[];
}

export interface Difference {
  operation: string;
  /**
   * Parts that only the base has (`lacks`), such as "body keys: scopes, roles", and parts that only the other document
   * has (`adds`).
   */
  lacks: string[];
  adds: string[];
}

export function compareDocuments(base: JsonObject, other: JsonObject): Comparison {
  const [before, after] = [byRoute(base), byRoute(other)];
  const changed = [...before].map(([route, { key, description }]): Difference => {
    const described = after.get(route)?.description ?? description;
    const adds = missing(described, description);
    // If the base gives a response several types, the other document may give it only some of them.
    const wrong = adds.some((one) => one.startsWith("types:"));
    const lacks = missing(description, described).filter(
      (one) => wrong || !one.startsWith("types:"),
    );
    return { operation: key, lacks, adds };
  });
  const only = (
    some: Map<string, DescribedOperation>,
    others: Map<string, DescribedOperation>,
  ): string[] => [...some].filter(([route]) => !others.has(route)).map(([, { key }]) => key);
  return {
    removed: only(before, after),
    added: only(after, before),
    changed: changed.filter(({ lacks, adds }) => lacks.length + adds.length > 0),
  };
}

type Description = Record<
  | "parameters"
  | "body"
  | "body keys"
  | "responses"
  | "errors"
  | "schemas"
  | "types"
  | "fields"
  | "field types",
  Set<string>
>;
interface DescribedOperation {
  key: string;
  description: Description;
}

const byRoute = (document: JsonObject): Map<string, DescribedOperation> =>
  new Map(
    operationsOf(document).map((one) => {
      const shared = list(at(document, "paths", one.path)["parameters"]);
      const parameters = [...shared, ...list(one.operation["parameters"])];
      const request = requestOf(document, one.operation, parameters);
      const description = { ...request, ...responsesOf(document, one.operation) };
      return [routeOf(one), { key: keyOf(one), description }];
    }),
  );

function missing(from: Description, to: Description): string[] {
  return Object.entries(from).flatMap(([aspect, facts]) => {
    const names = [...facts].filter((fact) => {
      const [status = ""] = fact.split(" ");
      // A missing response does not also count as a missing schema, nor a missing schema as a missing type.
      if (aspect === "schemas" && !to.responses.has(status) && !to.errors.has(status)) return false;
      if (aspect === "types" && !to.schemas.has(status)) return false;
      // Fields are compared only in schemas of the same type, and field types only for fields that both documents have.
      if (aspect === "fields" && !sharesType(from, to, status)) return false;
      if (aspect === "field types" && !to.fields.has(fact.slice(0, fact.lastIndexOf(" "))))
        return false;
      return !to[aspect as keyof Description].has(fact);
    });
    return names.length > 0 ? [`${aspect}: ${names.join(", ")}`] : [];
  });
}

/** Whether the two descriptions have a type in common for the body of this status. */
const sharesType = (one: Description, other: Description, status: string): boolean =>
  [...one.types].some((type) => type.startsWith(`${status} `) && other.types.has(type));

function requestOf(
  document: JsonObject,
  operation: JsonObject,
  declared: readonly Json[],
): Pick<Description, "parameters" | "body" | "body keys"> {
  const parameters = declared.map((one) => follow(document, one));
  const inPlaces = (...places: string[]): JsonObject[] =>
    parameters.filter((one) => places.includes(String(one["in"])));
  const names = (some: readonly JsonObject[]): string[] => some.map((one) => String(one["name"]));

  // In Swagger 2.0, a body is one parameter, and a form is one parameter per key.
  const content = at(follow(document, operation["requestBody"]), "content");
  const bodies = [...Object.values(content), ...inPlaces("body")].map(schemaOf);
  const properties = bodies.flatMap((schema) => partsOf(document, schema)).map(propertiesOf);
  const keys = [...properties.flat(), ...names(inPlaces("formData"))];
  return {
    parameters: new Set(names(inPlaces("query", "header"))),
    body: new Set(bodies.length > 0 && keys.length === 0 ? ["free-form"] : []),
    "body keys": new Set(keys),
  };
}

function responsesOf(
  document: JsonObject,
  operation: JsonObject,
): Pick<Description, "responses" | "errors" | "schemas" | "types" | "fields" | "field types"> {
  const responses = Object.entries(at(operation, "responses")).map(([status, declared]) => {
    const response = follow(document, declared);
    const schemas = [response, ...Object.values(at(response, "content"))].map(schemaOf);
    const parts = schemas.flatMap((schema) => partsOf(document, schema));
    return { status, parts: parts.filter((part) => Object.keys(part).length > 0) };
  });
  const statuses = responses.map(({ status }) => status);
  const isError = (status: string): boolean => !/^[123]/.test(status);
  const fields = responses
    .filter(({ status }) => !isError(status))
    .flatMap(({ status, parts }) =>
      parts
        .flatMap((part) => [part, ...partsOf(document, part["items"] ?? {})])
        .flatMap((part) => Object.entries(at(part, "properties")))
        .map(([name, schema]) => ({
          field: `${status} ${name}`,
          types: partsOf(document, schema).flatMap(typesOf),
        })),
    );
  return {
    fields: new Set(fields.map(({ field }) => field)),
    "field types": new Set(
      fields.flatMap(({ field, types }) =>
        types.map((type) => `${field} ${type === "integer" ? "number" : type}`),
      ),
    ),
    responses: new Set(statuses.filter((status) => !isError(status))),
    errors: new Set(statuses.filter(isError)),
    schemas: new Set(responses.filter(({ parts }) => parts.length > 0).map(({ status }) => status)),
    types: new Set(
      responses.flatMap(({ status, parts }) =>
        parts.flatMap(typesOf).map((type) => `${status} ${type}`),
      ),
    ),
  };
}

const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);
const schemaOf = (holder: Json): Json => (isObject(holder) ? (holder["schema"] ?? {}) : {});
const propertiesOf = (schema: JsonObject): string[] => Object.keys(at(schema, "properties"));
const typesOf = (schema: JsonObject): string[] =>
  [schema["type"]].flat().filter((type) => typeof type === "string" && type !== "null") as string[];

/** A schema and all schemas that it is composed of. */
function partsOf(document: JsonObject, schema: Json, seen: readonly Json[] = []): JsonObject[] {
  const own = follow(document, schema);
  if (seen.includes(own)) return [];
  const inner = ["allOf", "anyOf", "oneOf"].flatMap((keyword) => list(own[keyword]));
  return [own, ...inner.flatMap((part) => partsOf(document, part, [...seen, own]))];
}
