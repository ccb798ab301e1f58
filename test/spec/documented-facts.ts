/**
 * Extracts the facts that a document states, each with a short name, so that the documents of all releases can be
 * compared. Names: "GET /users", "GET /users?state", "POST /users {usernames}", "User.roles", "scope read:users".
 */
import { follow, operationsOf } from "../../scripts/document.js";
import { at, isObject, type Json, type JsonObject } from "../../scripts/json.js";
import { keyOf } from "../../scripts/operation-table.js";

export type FactKind = "operation" | "query parameter" | "body key" | "model field" | "scope";

export interface DocumentedFact {
  kind: FactKind;
  name: string;
  /** The operation that a query parameter or a body key belongs to. */
  operation?: string;
  since: string | undefined;
  until: string | undefined;
}

/** The keys that lead to the OAuth2 flow of a document, which lists its scopes. */
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
    // A scope without its own `x-since` was added in 2.0, the first release with scopes.
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

/**
 * Returns `since` and `until` of a part of an operation, such as a query parameter. A part is never older than its
 * operation, even if it shares its definition with an older operation.
 */
function newest(node: Json, operation: DocumentedFact): Pick<DocumentedFact, "since" | "until"> {
  const { since, until } = when(node);
  const both = [since, operation.since].filter((release) => release !== undefined);
  return { since: both.toSorted(byNumbers).at(-1), until };
}

/** Returns the schema of a model. OpenAPI 3 and Swagger 2.0 keep schemas in different places. */
const schemaOf = (document: JsonObject, model: string): Json | undefined =>
  at(document, "components", "schemas")[model] ?? at(document, "definitions")[model];

/**
 * Returns the keys of a request body, each with its schema. In Swagger 2.0, a JSON body is one parameter, and a form
 * has one parameter for each key.
 */
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

/** Returns the properties of a schema, including those beside its `$ref` and in its `allOf`. */
function propertiesOf(document: JsonObject, schema: Json | undefined): JsonObject {
  const followed = follow(document, schema);
  return Object.assign(
    {},
    ...list(followed["allOf"]).map((part) => propertiesOf(document, part)),
    at(followed, "properties"),
    at(schema, "properties"),
  ) as JsonObject;
}
