/**
 * What the generator is told beside the document: tags of the doc comments (since which release, until which
 * and for which scopes a field or parameter is there), and which schemas are of requests.
 */
import { operationsOf, resolveReference } from "./document.js";
import { isObject, type Json, type JsonObject } from "./json.js";

const tags = { "x-since": "@since", "x-until": "@until", "x-scope": "@scope" } as const;

/** Adds the tags to the descriptions of a document that the generator is about to read. */
export function annotate(node: Json): void {
  if (Array.isArray(node)) node.forEach(annotate);
  if (!isObject(node)) return;
  const told = Object.entries(tags).flatMap(([mark, tag]) =>
    typeof node[mark] === "string" ? [`${tag} ${node[mark]}`] : [],
  );
  if (told.length > 0) {
    const words = typeof node["description"] === "string" ? [node["description"].trimEnd()] : [];
    node["description"] = [...words, told.join("\n")].join("\n\n");
  }
  Object.values(node).forEach(annotate);
}

/**
 * Marks every schema that a request is made of with `x-input`: openapi-ts.config.ts lets optional properties
 * of these be undefined, and their lists be readonly. What responses have as well stays as it is: callers
 * would get readonly lists.
 */
export function markInputs(document: JsonObject): void {
  const operations = operationsOf(document).map(({ operation }) => operation);
  const received = new Set<Json>();
  for (const { responses } of operations) collect(document, responses ?? null, received);
  for (const { parameters, requestBody } of operations) {
    const sent = new Set<Json>();
    collect(document, parameters ?? null, sent);
    collect(document, requestBody ?? null, sent);
    for (const part of sent) {
      if (!isObject(part) || received.has(part)) continue;
      if ("type" in part || "properties" in part) part["x-input"] = true;
    }
  }
}

/** Adds a part of the document and whatever it consists of or refers to. */
function collect(document: JsonObject, part: Json, found: Set<Json>): void {
  if (typeof part !== "object" || part === null || found.has(part)) return;
  found.add(part);
  const reference = isObject(part) ? part["$ref"] : undefined;
  const parts = Array.isArray(part) ? part : Object.values(part);
  for (const one of parts) collect(document, one, found);
  if (typeof reference === "string") {
    collect(document, resolveReference(document, reference) ?? null, found);
  }
}
