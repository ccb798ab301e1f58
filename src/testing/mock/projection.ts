/**
 * Projects the corrected document onto one release: removes what this release does not have.
 *
 * The marks `x-since` and `x-until` give the first release that has an operation, a parameter, a body key or a field,
 * and the first one that no longer has it. A part without marks exists in every supported release. `x-enum-since` and
 * `x-enum-until` do the same for single values of an enumeration. `x-scopes` of the OAuth flow marks scopes: a scope
 * that the release does not have is replaced by the one that older hubs use.
 */
import { isAtLeast } from "../../core/version.js";
import { follow, isObject, objectAt, type Json, type JsonObject } from "./document.js";

export function projectionOf(document: JsonObject, version: string): JsonObject {
  const keeps = (part: Json): boolean =>
    has(version, part) && (!isObject(part) || has(version, follow(document, part)));
  const projected = withKnownScopes(prune(document, keeps) as JsonObject, document, version);
  const info = isObject(projected["info"]) ? projected["info"] : {};
  const paths = isObject(projected["paths"]) ? projected["paths"] : {};
  const known = Object.entries(paths).filter(([, item]) => Object.keys(item ?? {}).length > 0);
  return { ...projected, info: { ...info, version }, paths: Object.fromEntries(known) };
}

/** Whether a part of the document exists in this release. */
export const has = (version: string, part: Json): boolean => {
  if (!isObject(part)) return true;
  const { "x-since": since, "x-until": until } = part;
  return (
    (typeof since !== "string" || isAtLeast(version, since)) &&
    (typeof until !== "string" || !isAtLeast(version, until))
  );
};

/** Replaces each scope that hubs of this release do not know by the one that older hubs use. */
function withKnownScopes(pruned: JsonObject, document: JsonObject, version: string): JsonObject {
  const flowOf = (one: JsonObject): JsonObject =>
    ["components", "securitySchemes", "oauth2", "flows", "authorizationCode"].reduce(objectAt, one);
  const unknown = Object.entries(objectAt(flowOf(document), "x-scopes")).filter(
    ([, scope]) => !has(version, scope),
  );
  const known = new Map(
    unknown.map(([name, scope]) => [name, isObject(scope) ? scope["before"] : undefined]),
  );
  const visit = (node: Json): Json => {
    if (Array.isArray(node)) return node.map(visit);
    if (!isObject(node)) return node;
    const entries = Object.entries(node).map(([key, part]): [string, Json] => {
      if (key !== "oauth2" || !Array.isArray(part)) return [key, visit(part)];
      return [key, part.map((scope) => known.get(String(scope)) ?? scope)];
    });
    return Object.fromEntries(entries);
  };
  const projected = visit(pruned) as JsonObject;
  for (const [name] of unknown) delete objectAt(flowOf(projected), "scopes")[name];
  return projected;
}

function prune(node: Json, keeps: (part: Json) => boolean): Json {
  if (Array.isArray(node)) return node.filter(keeps).map((item) => prune(item, keeps));
  if (!isObject(node)) return node;
  const kept = Object.entries(node).filter(([, part]) => keeps(part));
  const pruned = Object.fromEntries(kept.map(([key, part]) => [key, prune(part, keeps)]));
  const { properties, required } = pruned;
  if (isObject(properties) && Array.isArray(required)) {
    pruned["required"] = required.filter((name) => String(name) in properties);
  }
  // The body of a start has no declared keys before 6.0: it is the user options themselves, which may have any keys.
  if (pruned["x-plain-options"] === true && isObject(properties) && isEmpty(properties)) {
    delete pruned["properties"];
    pruned["additionalProperties"] = true;
  }
  const values = pruned["enum"];
  if (Array.isArray(values)) pruned["enum"] = values.filter((value) => keeps(marksOf(node, value)));
  return pruned;
}

const isEmpty = (object: JsonObject): boolean => Object.keys(object).length === 0;

/** Returns the `x-enum-since` and `x-enum-until` of one value of an enumeration, renamed to `x-since` and `x-until`. */
const marksOf = (schema: JsonObject, value: Json): JsonObject => ({
  "x-since": objectAt(schema, "x-enum-since")[String(value)] ?? null,
  "x-until": objectAt(schema, "x-enum-until")[String(value)] ?? null,
});
