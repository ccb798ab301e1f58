/**
 * Turns marks of the document, such as `x-since`, into tags in the generated doc comments. The tags name the releases
 * that have a field or parameter, and the scope that it needs.
 */
import { isObject, type Json } from "./json.js";

const tags = { "x-since": "@since", "x-until": "@until", "x-scope": "@scope" } as const;

/** Adds the tags to the descriptions of a document before the generator reads it. */
export function addDocTags(node: Json): void {
  if (Array.isArray(node)) node.forEach(addDocTags);
  if (!isObject(node)) return;
  const docTags = Object.entries(tags).flatMap(([mark, tag]) =>
    typeof node[mark] === "string" ? [`${tag} ${node[mark]}`] : [],
  );
  if (docTags.length > 0) {
    const words = typeof node["description"] === "string" ? [node["description"].trimEnd()] : [];
    node["description"] = [...words, docTags.join("\n")].join("\n\n");
  }
  Object.values(node).forEach(addDocTags);
}
