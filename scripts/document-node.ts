/** Nodes of a document, and functions that lead from a node to others. */
import { isDeepStrictEqual } from "node:util";
import { resolveReference } from "./document.js";
import { isObject, type Json, type JsonObject } from "./json.js";
import type { Path } from "./overlay.js";

/** A value in a document, together with its path. */
export interface DocumentNode {
  document: JsonObject;
  path: Path;
  value: Json | undefined;
}

export const childNode = (
  { document, path, value }: DocumentNode,
  ...steps: (string | number)[]
): DocumentNode => ({
  document,
  path: [...path, ...steps],
  value: steps.reduce<Json | undefined>(
    (node, step) =>
      Array.isArray(node) ? node[Number(step)] : isObject(node) ? node[String(step)] : undefined,
    value,
  ),
});

export const listOf = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);
export const referenceOf = ({ value }: DocumentNode): string | undefined => {
  const reference = isObject(value) ? value["$ref"] : undefined;
  return typeof reference === "string" ? reference : undefined;
};

/** The node that a `$ref` points to, or the node itself. */
export function resolveNode(place: DocumentNode): DocumentNode {
  const reference = referenceOf(place);
  if (reference === undefined) return place;
  const path = reference
    .slice(2)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  const { document } = place;
  return resolveNode({ document, path, value: resolveReference(document, reference) });
}

/** Whether two nodes refer to the same shared part, which is compared on its own. */
export const sharesReference = (a: DocumentNode, b: DocumentNode): boolean =>
  referenceOf(a) !== undefined && isDeepStrictEqual(a.value, b.value);
