/**
 * The OpenAPI documents as the package ships them, for other generators and tools.
 *
 * They keep our extensions with the releases that have an operation or a field, and with its scopes, under names that
 * collide with no other tool's: `x-jupyterhub-since`, `-until` and `-scopes`. Our other extensions are removed, since they are for our own
 * generator and tests.
 */
import { isObject, type Json, type JsonObject } from "./json.js";

const publicNames: Readonly<Record<string, string>> = {
  "x-since": "x-jupyterhub-since",
  "x-until": "x-jupyterhub-until",
  "x-scope": "x-jupyterhub-scopes",
};

/** A copy of the document with the extensions renamed or removed. */
export const publishedDocument = (document: JsonObject): JsonObject =>
  withPublicNames(document) as JsonObject;

function withPublicNames(node: Json): Json {
  if (Array.isArray(node)) return node.map(withPublicNames);
  if (!isObject(node)) return node;
  const entries = Object.entries(node).flatMap(([key, value]): [string, Json][] => {
    const name = key.startsWith("x-") ? publicNames[key] : key;
    return name === undefined ? [] : [[name, withPublicNames(value)]];
  });
  return Object.fromEntries(entries);
}
