/**
 * The OpenAPI documents as the package ships them, for other generators and tools.
 *
 * They keep our extensions for the releases and the scopes of an operation or a field, under names that no other tool
 * uses: `x-jupyterhub-since`, `-until` and `-scopes`. Our other extensions are removed, since only our own generator
 * and tests need them.
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
