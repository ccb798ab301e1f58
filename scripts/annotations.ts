/**
 * Carries what the document's marks say into the generated types: since when and for which scopes a
 * field or parameter is there, as tags of its comment, and enumerations that hubs may add to, left open.
 */
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

/** The generated types with each open enumeration taking other strings, too. */
export function openEnums(document: JsonObject, types: string): string {
  const unions = new Set<string>();
  const visit = (node: Json): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (!isObject(node)) return;
    if (node["x-open"] && Array.isArray(node["enum"])) {
      unions.add(
        node["enum"].map((value) => (value === null ? "null" : `'${String(value)}'`)).join(" | "),
      );
    }
    Object.values(node).forEach(visit);
  };
  visit(document);
  return [...unions].reduce((text, union) => {
    if (!text.includes(`: ${union};`)) throw new Error(`The generated types have no ${union}`);
    return text.replaceAll(`: ${union};`, `: ${union} | (string & {});`);
  }, types);
}
