/** Describes places and values of an OpenAPI document in words, for docs/upstream-corrections.md. */
import { dump } from "js-yaml";
import { follow } from "./document.js";
import { at, isObject, type Json, type JsonObject } from "./json.js";
import type { Path } from "./overlay.js";

/** Returns a path in words, such as "response 200, `items[].name`, type". */
export function placeText(path: Path): string {
  const words: string[] = [];
  let field = "";
  const steps = path.map(String);
  for (let index = 0; index < steps.length; index += 1) {
    const step = steps[index] ?? "";
    const next = steps[index + 1];
    if (["parameters", "responses", "content", "properties"].includes(step) && next !== undefined) {
      index += 1;
      if (step === "parameters") words.push(`parameter \`${next}\``);
      else if (step === "responses") words.push(`response ${next}`);
      else if (step === "content" && next !== "application/json") words.push(next);
      else if (step === "properties") field += field === "" ? next : `.${next}`;
    } else if (step === "items") field += "[]";
    else if (step === "additionalProperties" && next !== undefined) field += ".*";
    else if (step === "requestBody") words.push("request body");
    else if (step === "security") {
      words.push(next === "token" ? "credentials" : "scopes");
      index += 1;
    } else if (step !== "schema") {
      if (field !== "") words.push(fieldText(field));
      field = "";
      words.push(keywords[step] ?? step);
    }
  }
  if (field !== "") words.push(fieldText(field));
  return words.join(", ");
}

/**
 * Summarises a difference for a heading: "Missing: response 404". `whole` names the place of a difference whose path is
 * empty.
 */
export function differenceText(
  { path, was, now }: { path: Path; was: Json | undefined; now: Json | undefined },
  whole: string,
): string {
  const place = placeText(path) || whole;
  if (path.at(-1) === "required" && Array.isArray(now)) {
    const fields = now.map((name) => `\`${String(name)}\``).join(", ");
    const where = placeText(path.slice(0, -1));
    return `Required${where ? ` in ${where}` : ""}: ${fields}`;
  }
  if (was === undefined) return `Missing: ${place}`;
  return now === undefined ? `Not in hubs: ${place}` : `Wrong: ${place}`;
}

const fieldText = (field: string): string => `\`${field}\``;

const keywords: Readonly<Record<string, string>> = {
  required: "required",
  enum: "values",
  allOf: "type",
  oneOf: "type",
  additionalProperties: "further keys",
};

/** Describes a value of a document in one line. Returns undefined if the value needs several lines. */
export function valueText(
  path: Path,
  value: Json | undefined,
  document: JsonObject,
): string | undefined {
  if (value === undefined) return "—";
  // A whole operation needs several lines.
  if (path.length === 0 && "operationId" in at(value)) return undefined;
  const keyword = String(path.at(-1) ?? "");
  if (path.includes("security") && Array.isArray(value)) return securityText(value);
  if (keyword === "required" && typeof value === "boolean") return value ? "yes" : "no";
  if (keyword === "additionalProperties" && value === true) return "any";
  if (["required", "enum", "type"].includes(keyword)) {
    return [value]
      .flat()
      .map(code)
      .join(keyword === "type" ? " or " : ", ");
  }
  if (["oneOf", "allOf", "anyOf"].includes(keyword)) return schemaText({ [keyword]: value });
  if (typeof value === "string") return isLong(value) ? undefined : value.trim();
  if (keyword === "parameters" && Array.isArray(value)) {
    return value.map((one) => `\`${String(follow(document, one)["name"])}\``).join(", ");
  }
  if (!isObject(value)) return Array.isArray(value) ? undefined : code(value);
  if (Object.keys(value).length === 0) return "nothing more";
  if (path.at(-2) === "responses") return responseText(follow(document, value));
  if ("content" in value) return undefined;
  if (keyword === "responses") return undefined;
  const text = schemaText("schema" in value ? (value["schema"] ?? {}) : value);
  return text !== undefined && !isLong(text) ? text : undefined;
}

const isLong = (text: string): boolean => text.trim().includes("\n") || text.length > 160;
const code = (value: Json): string =>
  `\`${typeof value === "string" ? value : JSON.stringify(value)}\``;

function securityText(alternatives: readonly Json[]): string {
  if (alternatives.length === 0) return "none are needed";
  return alternatives
    .map((one) => {
      const scopes = at(one)["oauth2"];
      return Array.isArray(scopes) ? scopes.map(code).join(" and ") : "any API token";
    })
    .join(", or ");
}

function responseText(response: Json): string | undefined {
  const types = Object.entries(at(response, "content"));
  const { description } = at(response);
  const bodies = types.map(([type, media]) => {
    const schema = schemaText(at(media)["schema"] ?? {});
    return type === "application/json" ? (schema ?? type) : type;
  });
  return (
    [description, ...bodies]
      .filter((one) => typeof one === "string")
      .join("; ")
      .trim() || "declared"
  );
}

const referenceText = (node: Json | undefined): string | undefined => {
  const reference = at(node)["$ref"];
  return typeof reference === "string" ? `\`${reference.split("/").at(-1)}\`` : undefined;
};

/** Describes a schema in one line. Returns undefined if the schema declares fields of its own. */
function schemaText(schema: Json): string | undefined {
  const reference = referenceText(schema);
  if (reference !== undefined) return reference;
  const node = at(schema);
  for (const [keyword, word] of [
    ["oneOf", " or "],
    ["anyOf", " or "],
    ["allOf", " and "],
  ] as const) {
    const parts = node[keyword];
    if (!Array.isArray(parts)) continue;
    const texts = parts.map(schemaText);
    return texts.includes(undefined) ? undefined : texts.join(word);
  }
  if ("properties" in node) return undefined;
  if (Array.isArray(node["enum"])) return node["enum"].map(code).join(", ");
  const types = [node["type"]].flat().filter((type) => typeof type === "string");
  const items = node["items"];
  if (types.includes("array") && items !== undefined) {
    const item = schemaText(items);
    return item === undefined ? undefined : `array of ${item}`;
  }
  const further = node["additionalProperties"];
  if (isObject(further)) {
    const value = schemaText(further);
    return value === undefined ? undefined : `object of ${value} by key`;
  }
  if (further === false) return "empty object";
  const words = [types.map(code).join(" or "), node["description"]];
  return (
    words
      .filter((one) => typeof one === "string" && one !== "")
      .join(": ")
      .trim() || "anything"
  );
}

/** Returns a value as a YAML block. */
export const yamlBlock = (path: Path, value: Json): string[] => {
  const keyword = path.at(-1);
  const named = keyword === undefined ? value : { [String(keyword)]: value };
  return ["```yaml", dump(named, { noRefs: true, lineWidth: 100 }).trimEnd(), "```"];
};
