/**
 * Compares two documents operation by operation, matched by method and path, in whatever dialect each
 * of them is written: what one asks for and answers that the other does not. It reads names, statuses
 * and kinds alone, no constraints; between documents of one dialect, spec-diff.ts sees more.
 */
import { follow, operationsOf, routeOf } from "./document.js";
import { at, isObject, type Json, type JsonObject } from "./json.js";
import { keyOf } from "./operation-table.js";

const aspects = ["parameters", "body", "body keys", "answers", "errors", "schemas", "kinds"] as const;
type Aspect = (typeof aspects)[number];
type Description = Record<Aspect, Set<string>>;

export interface Difference {
  operation: string;
  /** What the base has and the other lacks, "body keys: scopes, roles", and the reverse. */
  lacks: string[];
  adds: string[];
}

export interface Comparison {
  /** Operations that only the base has, and those that only the other has. */
  removed: string[];
  added: string[];
  changed: Difference[];
}

export function compare(base: JsonObject, other: JsonObject): Comparison {
  const [before, after] = [byRoute(base), byRoute(other)];
  const changed = [...before].flatMap(([route, one]): Difference[] => {
    const two = after.get(route);
    if (!two) return [];
    const lacks = missing(one.description, two.description);
    const adds = missing(two.description, one.description);
    return lacks.length + adds.length > 0 ? [{ operation: one.key, lacks, adds }] : [];
  });
  return { removed: only(before, after), added: only(after, before), changed };
}

interface Operation {
  key: string;
  description: Description;
}

const byRoute = (document: JsonObject): Map<string, Operation> =>
  new Map(
    operationsOf(document).map((one) => {
      const item = at(document, "paths", one.path);
      return [
        routeOf(one),
        { key: keyOf(one), description: described(document, item, one.operation) },
      ];
    }),
  );

const only = (some: Map<string, Operation>, others: Map<string, Operation>): string[] =>
  [...some].filter(([route]) => !others.has(route)).map(([, { key }]) => key);

function missing(from: Description, to: Description): string[] {
  return aspects.flatMap((aspect) => {
    const names = [...from[aspect]].filter((name) => {
      if (to[aspect].has(name)) return false;
      const [status = ""] = name.split(" ");
      // An answer that is missing whole is not missing its schema, too.
      if (aspect === "schemas") return to.answers.has(status);
      return aspect !== "kinds" || to.schemas.has(status);
    });
    return names.length > 0 ? [`${aspect}: ${names.join(", ")}`] : [];
  });
}

function described(document: JsonObject, item: JsonObject, operation: JsonObject): Description {
  const parameters = [...list(item["parameters"]), ...list(operation["parameters"])].map((one) =>
    follow(document, one),
  );
  const inPlace = (place: string): JsonObject[] => parameters.filter((one) => one["in"] === place);
  const names = (some: JsonObject[]): string[] => some.map((one) => String(one["name"]));
  const content = at(follow(document, operation["requestBody"]), "content");
  // In Swagger 2.0 a body is a parameter, and a form is one for each key.
  const bodies = [...Object.values(content), ...inPlace("body")].map(schemaOf);
  const form = names(inPlace("formData"));

  const answers = Object.entries(at(operation, "responses")).map(([status, response]) => {
    const { schema, content } = follow(document, response);
    const schemas = schema === undefined ? Object.values(content ?? {}).map(schemaOf) : [schema];
    const told = schemas.filter((one) => Object.keys(follow(document, one)).length > 0);
    return { status, kinds: told.flatMap((one) => kindsOf(document, one)), told: told.length > 0 };
  });
  return {
    parameters: new Set(names([...inPlace("query"), ...inPlace("header")])),
    body: new Set(bodies.length + form.length > 0 ? ["any"] : []),
    "body keys": new Set([...bodies.flatMap((schema) => keysOf(document, schema)), ...form]),
    answers: new Set(answers.map(({ status }) => status)),
    schemas: new Set(answers.filter(({ told }) => told).map(({ status }) => status)),
    kinds: new Set(
      answers.flatMap(({ status, kinds }) => kinds.map((kind) => `${status} ${kind}`)),
    ),
  };
}

const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);
const schemaOf = (media: Json): Json => (isObject(media) ? (media["schema"] ?? {}) : {});

/** A schema and all that it is composed of. */
function partsOf(document: JsonObject, schema: Json, seen: readonly Json[] = []): JsonObject[] {
  const own = follow(document, schema);
  if (seen.includes(own)) return [];
  const inner = ["allOf", "anyOf", "oneOf"].flatMap((keyword) => list(own[keyword]));
  return [own, ...inner.flatMap((part) => partsOf(document, part, [...seen, own]))];
}

const keysOf = (document: JsonObject, schema: Json): string[] =>
  partsOf(document, schema).flatMap((part) => Object.keys(at(part, "properties")));

/** Whether an answer is an array, an object or another thing; nothing where it is not said. */
const kindsOf = (document: JsonObject, schema: Json): string[] =>
  partsOf(document, schema)
    .flatMap((part) => [part["type"]].flat())
    .filter((kind) => typeof kind === "string");
