/**
 * Validates a hub's responses against a document strictly: an undeclared status, media type or field, a
 * missing field, a wrong type or a wrong null is a violation.
 */
import { Ajv2020, type ErrorObject, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { follow, operationsOf } from "../../scripts/document.js";
import { at, isObject, type Json, type JsonObject } from "../../scripts/json.js";
import { keyOf } from "../../scripts/operation-table.js";

/** A hub's response. */
export interface Answer {
  /** "GET /users/{name}" */
  operation: string;
  status: number;
  /** Without parameters, in lower case; empty when there is none. */
  mediaType: string;
  body: string;
}

/** Returns the violations of a response; empty if it is as documented. */
export type Validator = (answer: Answer) => string[];

export function validatorOf(document: JsonObject): Validator {
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: true });
  (formats as unknown as typeof formats.default)(ajv);
  const operations = new Map(operationsOf(document).map((one) => [keyOf(one), one.operation]));
  const fields = fieldNames(document);
  const compiled = new Map<string, ValidateFunction[]>();

  return ({ operation, status, mediaType, body }) => {
    const declared = operations.get(operation);
    if (!declared) return ["the operation is not declared"];
    const responses = at(declared, "responses");
    const response = responses[String(status)] ?? responses[`${String(status).charAt(0)}XX`];
    if (response === undefined) return [`the status ${status} is not declared`];
    const content = at(follow(document, response), "content");
    if (body === "") {
      // A stream that ended before its first event has nothing to validate.
      if (mediaType === "text/event-stream") return [];
      const promised = Object.values(content).some((media) => isObject(at(media)["schema"]));
      return promised ? ["the body is empty, though one is declared"] : [];
    }
    const media = content[mediaType];
    if (!isObject(media)) return [`the media type ${mediaType || "(none)"} is not declared`];
    const schema = media["schema"];
    if (!isObject(schema)) return [];
    const values = valuesOf(mediaType, body);
    if (typeof values === "string") return [values];
    const key = `${operation} ${status}`;
    const branches =
      compiled.get(key) ?? alternatives(document, schema).map((one) => ajv.compile(one));
    compiled.set(key, branches);
    // For a union, the alternative with the fewest violations is reported.
    const nearest = (value: unknown): string[] =>
      branches
        .map((validate) => (validate(value) ? [] : distinct(validate.errors ?? [], fields)))
        .toSorted((one, other) => one.length - other.length)[0] ?? [];
    return [...new Set(values.flatMap(nearest))];
  };
}

/** The values of a body: one for JSON, one per event for an event stream; or the problem with it. */
function valuesOf(mediaType: string, body: string): unknown[] | string {
  const events = body.split("\n").filter((line) => line.startsWith("data:"));
  const texts =
    mediaType === "text/event-stream"
      ? events.map((line) => line.slice("data:".length))
      : mediaType === "application/json"
        ? [body]
        : [];
  try {
    return texts.map((text) => JSON.parse(text) as unknown);
  } catch {
    return "the body is not JSON";
  }
}

/** The schemas, one of which a value must match. */
function alternatives(document: JsonObject, schema: Json): JsonObject[] {
  const { oneOf } = follow(document, schema);
  return Array.isArray(oneOf)
    ? oneOf.flatMap((one) => alternatives(document, one))
    : [closed(document, schema)];
}

/** The names of all declared fields: other keys in a path are names of resources. */
function fieldNames(document: JsonObject): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: Json): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (!isObject(node)) return;
    for (const name of Object.keys(at(node, "properties"))) names.add(name);
    Object.values(node).forEach(visit);
  };
  visit(document);
  return names;
}

/**
 * Returns a dereferenced copy of a schema that allows no undeclared field. The parts of an allOf stay open,
 * since each sees the fields of the others; the whole is closed.
 */
function closed(document: JsonObject, schema: Json, open = false): JsonObject {
  const source = { ...follow(document, schema) };
  const copy: JsonObject = { ...source };
  for (const key of ["oneOf", "anyOf"] as const) {
    const parts = source[key];
    if (Array.isArray(parts)) copy[key] = parts.map((part) => closed(document, part, open));
  }
  if (Array.isArray(source["allOf"])) {
    copy["allOf"] = source["allOf"].map((part) => closed(document, part, true));
  }
  if (isObject(source["items"])) copy["items"] = closed(document, source["items"]);
  if (isObject(source["additionalProperties"])) {
    copy["additionalProperties"] = closed(document, source["additionalProperties"]);
  }
  const properties = source["properties"];
  if (isObject(properties)) {
    copy["properties"] = Object.fromEntries(
      Object.entries(properties).map(([name, property]) => [name, closed(document, property)]),
    );
  }
  const isWhole = isObject(properties) || Array.isArray(source["allOf"]);
  if (isWhole && !open && !("additionalProperties" in source))
    copy["unevaluatedProperties"] = false;
  delete copy["example"];
  return copy;
}

/** Returns one line for each kind of violation, without the names of resources. */
function distinct(errors: readonly ErrorObject[], fields: ReadonlySet<string>): string[] {
  const lines = errors
    .filter(({ keyword }) => keyword !== "oneOf" && keyword !== "anyOf")
    .map(({ instancePath, message, params }) => {
      const steps = instancePath
        .split("/")
        .map((step) => (step === "" || fields.has(step) ? step : "*"));
      const field = params["unevaluatedProperty"] ?? params["additionalProperty"];
      const where = steps.join("/") || "/";
      return `${where}: ${message ?? "does not fit"}${field === undefined ? "" : ` (${String(field)})`}`;
    });
  return [...new Set(lines)];
}
