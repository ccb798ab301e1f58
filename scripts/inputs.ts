/**
 * Marks the schemas of requests for the generator. openapi-ts.config.ts allows undefined for their optional
 * properties and readonly arrays for their lists. Schemas of responses stay as they are: callers may change
 * what they receive.
 */
import { operationsOf, resolveReference } from "./document.js";
import { isObject, type Json, type JsonObject } from "./json.js";

/** Marks the schemas of requests with `x-input`, except those that responses use as well. */
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

/** Adds a part of the document to `found`, with all parts that it contains or refers to. */
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
