/**
 * Lists the facts of a document, one line each, so that the documents of all releases can be compared: "GET
 * /users", "GET /users?state", "POST /users {usernames}", "User.roles", "scope read:users".
 */
import { follow, operationsOf } from "../../scripts/document.js";
import { at, isObject, type Json, type JsonObject } from "../../scripts/json.js";
import { keyOf } from "../../scripts/operation-table.js";

export type FactKind = "operation" | "query parameter" | "body key" | "model field" | "scope";

export interface DocumentedFact {
  kind: FactKind;
  name: string;
  /** The operation that it belongs to. */
  operation?: string;
  since: string | undefined;
  until: string | undefined;
}

/** The path to a document's scopes. */
export const oauth2Flow = [
  "components",
  "securitySchemes",
  "oauth2",
  "flows",
  "authorizationCode",
] as const;

const models = ["User", "Server", "Group", "Service", "Token"];

export function factsOf(document: JsonObject): DocumentedFact[] {
  const facts = operationsOf(document).flatMap((one): DocumentedFact[] => {
    const operation = keyOf(one);
    const parameters = list(one.operation["parameters"]).map((entry) => follow(document, entry));
    const own: DocumentedFact = { kind: "operation", name: operation, ...when(one.operation) };
    const queries = parameters
      .filter((parameter) => parameter["in"] === "query")
      .map((parameter): DocumentedFact => {
        const name = `${operation}?${String(parameter["name"])}`;
        return { kind: "query parameter", name, operation, ...newest(parameter, own) };
      });
    const keys = Object.entries(bodyOf(document, one.operation, parameters)).map(
      ([key, schema]): DocumentedFact => {
        const name = `${operation} {${key}}`;
        return { kind: "body key", name, operation, ...newest(schema, own) };
      },
    );
    return [own, ...queries, ...keys];
  });
  const fields = models.flatMap((model) =>
    Object.entries(propertiesOf(document, schemaOf(document, model))).map(
      ([field, schema]): DocumentedFact => ({
        kind: "model field",
        name: `${model}.${field}`,
        ...when(schema),
      }),
    ),
  );
  const flow = at(document, ...oauth2Flow);
  const scopes = Object.keys(at(flow, "scopes")).map((scope): DocumentedFact => {
    // Scopes were added in 2.0, unless they say otherwise.
    const { since = "2.0", until } = when(at(flow, "x-scopes")[scope] ?? null);
    return { kind: "scope", name: `scope ${scope}`, since, until };
  });
  return [...facts, ...fields, ...scopes];
}

const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

const text = (value: Json | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;

const when = (node: Json): Pick<DocumentedFact, "since" | "until"> => {
  const { "x-since": since, "x-until": until } = isObject(node) ? node : {};
  return { since: text(since), until: text(until) };
};

const byNumbers = (a: string, b: string): number => a.localeCompare(b, "en", { numeric: true });

/** A part is not older than its operation, even if older operations share it. */
function newest(node: Json, operation: DocumentedFact): Pick<DocumentedFact, "since" | "until"> {
  const { since, until } = when(node);
  const both = [since, operation.since].filter((release) => release !== undefined);
  return { since: both.toSorted(byNumbers).at(-1), until };
}

/** The schema of a model; Swagger 2.0 has schemas elsewhere. */
const schemaOf = (document: JsonObject, model: string): Json | undefined =>
  at(document, "components", "schemas")[model] ?? at(document, "definitions")[model];

/** The keys of a body; in Swagger 2.0 a body is one parameter, and a form is one per key. */
function bodyOf(
  document: JsonObject,
  operation: JsonObject,
  parameters: readonly JsonObject[],
): JsonObject {
  const body = Object.values(at(operation, "requestBody", "content"))[0];
  const form = parameters.filter((parameter) => parameter["in"] === "formData");
  return Object.assign(
    propertiesOf(document, isObject(body) ? body["schema"] : undefined),
    ...parameters
      .filter((parameter) => parameter["in"] === "body")
      .map((parameter) => propertiesOf(document, parameter["schema"])),
    Object.fromEntries(form.map((parameter) => [String(parameter["name"]), parameter])),
  ) as JsonObject;
}

/** The properties of a schema, also those beside its `$ref` and in its `allOf`. */
function propertiesOf(document: JsonObject, schema: Json | undefined): JsonObject {
  const followed = follow(document, schema);
  return Object.assign(
    {},
    ...list(followed["allOf"]).map((part) => propertiesOf(document, part)),
    at(followed, "properties"),
    at(schema, "properties"),
  ) as JsonObject;
}
