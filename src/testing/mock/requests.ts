/**
 * The request side of the mock copy: makes Prism reject requests that the document does not describe, and
 * accept those that a hub serves without a token. Needs dereferenced documents.
 */
import { isObject, objectAt, propertiesOf } from "./document.js";
import type { Json, JsonObject, Operation } from "./document.js";

/** Public on every hub, though the documents ask for a token on most of them. */
const PUBLIC = new Set([
  "GET /",
  "GET /health",
  "POST /authorizations/token",
  "GET /oauth2/authorize",
  "POST /oauth2/token",
]);

/** Beside one of these, `properties` is incomplete, so `additionalProperties: false` would be wrong. */
const COMPOSING = ["allOf", "anyOf", "oneOf", "if", "patternProperties", "additionalProperties"];

export function tightenRequest({ key, operation }: Operation): void {
  const schemas = bodySchemas(operation);
  // A body with credentials is a login: `POST /users/{name}/tokens` with `auth`.
  const login = schemas.some((schema) => "auth" in propertiesOf(schema));
  if (PUBLIC.has(key) || login) operation["security"] = [];
  for (const schema of schemas) close(schema);
}

export const bodySchemas = (operation: JsonObject): JsonObject[] =>
  Object.values(objectAt(objectAt(operation, "requestBody"), "content"))
    .map((media) => (isObject(media) ? media["schema"] : undefined))
    .filter(isObject);

/** Closes objects that declare properties; maps and free-form objects stay open. */
function close(schema: Json | undefined): void {
  if (!isObject(schema)) return;
  placeholderToMap(schema);
  const properties = Object.values(objectAt(schema, "properties"));
  if (properties.length > 0 && !COMPOSING.some((keyword) => keyword in schema)) {
    schema["additionalProperties"] = false;
  }
  for (const child of [...properties, schema["items"], schema["additionalProperties"]])
    close(child);
}

/** Before 5.4.4 the map of servers is written as an object with one property, "<server name>". */
function placeholderToMap(schema: JsonObject): void {
  const entries = Object.entries(objectAt(schema, "properties"));
  const placeholder = entries.find(([name]) => /^<.+>$/.test(name));
  if (!placeholder || entries.length > 1) return;
  delete schema["properties"];
  schema["additionalProperties"] = placeholder[1];
}
