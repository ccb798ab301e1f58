/**
 * Adapts the requests in Prism's copy of the document: makes Prism reject requests that the document does not describe,
 * and accept requests without a token where hubs need none. Needs a dereferenced document.
 */
import { isObject, objectAt, parametersOf, propertiesOf } from "./document.js";
import type { Json, JsonObject, Operation } from "./document.js";

/** Operations that need no token on any hub, although JupyterHub's documents require one for most of them. */
const PUBLIC = new Set([
  "GET /",
  "GET /health",
  "POST /authorizations/token",
  "GET /oauth2/authorize",
  "POST /oauth2/token",
]);

/**
 * Keywords that may allow more properties than `properties` lists, so that `additionalProperties: false` would be
 * wrong.
 */
const COMPOSING = ["allOf", "anyOf", "oneOf", "if", "patternProperties", "additionalProperties"];

export function tightenRequest({ key, operation }: Operation): void {
  for (const parameter of parametersOf(operation, "query")) openIfLenient(parameter);
  const schemas = bodySchemas(operation);
  // An operation whose body may have `auth` accepts a login in place of a token: `POST /users/{name}/tokens`.
  const login = schemas.some((schema) => "auth" in propertiesOf(schema));
  if (PUBLIC.has(key) || login) operation["security"] = [];
  for (const schema of schemas) close(schema);
}

export const bodySchemas = (operation: JsonObject): JsonObject[] =>
  Object.values(objectAt(objectAt(operation, "requestBody"), "content"))
    .map((media) => (isObject(media) ? media["schema"] : undefined))
    .filter(isObject);

/**
 * Lets Prism accept any value of a parameter that is a boolean or may be empty. Otherwise Prism would reject `1` as a
 * boolean, and any empty value. The strict checks still report wrong values.
 */
function openIfLenient(parameter: JsonObject): void {
  const isBoolean = objectAt(parameter, "schema")["type"] === "boolean";
  if (isBoolean || parameter["allowEmptyValue"] === true) parameter["schema"] = { type: "string" };
}

/**
 * Makes objects that declare properties reject undeclared properties. Maps and free-form objects still accept any
 * property.
 */
function close(schema: Json | undefined): void {
  // The strict checks report undeclared keys beside declared ones.
  if (!isObject(schema) || schema["x-plain-options"] === true) return;
  placeholderToMap(schema);
  const properties = Object.values(objectAt(schema, "properties"));
  if (properties.length > 0 && !COMPOSING.some((keyword) => keyword in schema)) {
    schema["additionalProperties"] = false;
  }
  for (const child of [...properties, schema["items"], schema["additionalProperties"]])
    close(child);
}

/**
 * Turns an object schema whose only property is a placeholder into a map. The documents of releases before 5.4.4
 * declare the map of servers in this way, with the property "<server name>".
 */
function placeholderToMap(schema: JsonObject): void {
  const entries = Object.entries(objectAt(schema, "properties"));
  const placeholder = entries.find(([name]) => /^<.+>$/.test(name));
  if (!placeholder || entries.length > 1) return;
  delete schema["properties"];
  schema["additionalProperties"] = placeholder[1];
}
