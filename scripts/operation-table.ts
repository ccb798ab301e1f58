/**
 * Creates generated/operations.gen.ts: the properties of each operation that the client needs at run time to build
 * requests and to handle responses. Scopes are a separate export, so that a bundle without them is smaller.
 */
import { follow, operationsOf, type DocumentedOperation } from "./document.js";
import { at, isObject, type Json, type JsonObject } from "./json.js";
import { isNewer } from "./vendor-release.js";

type Rule = { [key: string]: string | number | string[] | true };
interface Row {
  since?: string;
  until?: string;
  public?: true;
  anyCredentials?: true;
  media?: string[];
  empty?: true;
  mayBeEmpty?: string[];
  redirects?: true;
  query?: { [name: string]: Rule };
  body?: { [key: string]: Rule };
  open?: true;
  minKeys?: number;
  exactlyOneOf?: string[];
}

const text = (value: Json | undefined): string | undefined =>
  typeof value === "string" ? value : undefined;
const list = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);

/** "get-users" → "getUsers", as the generator names functions. */
export const functionName = (operationId: string): string =>
  operationId.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());

/** "GET /users/{name}", the key of an operation in every version of the document. */
export const keyOf = ({ method, path }: DocumentedOperation): string =>
  `${method.toUpperCase()} ${path}`;

/** The sufficient scopes of an operation. Scopes that are needed together are joined by a plus. */
export function scopesOf(operation: JsonObject): string[] {
  return list(operation["security"])
    .map((alternative) => (isObject(alternative) ? list(alternative["oauth2"]) : []))
    .filter((scopes) => scopes.length > 0)
    .map((scopes) => scopes.join(" + "));
}

/** The restrictions of a value that the client checks before it sends a request. */
function ruleOf(field: JsonObject, schema: JsonObject): Rule {
  const rule: Rule = {};
  const kinds = new Set([schema["type"]].flat());
  if (kinds.has("integer")) rule["type"] = "integer";
  if (kinds.has("array")) rule["type"] = "array";
  if (kinds.has("object")) rule["type"] = "object";
  if (rule["type"] && kinds.has("null")) rule["nullable"] = true;
  if (at(schema, "items")["type"] === "string") rule["items"] = "string";
  if (typeof schema["minItems"] === "number") rule["minItems"] = schema["minItems"];
  if (typeof schema["pattern"] === "string") rule["pattern"] = schema["pattern"];
  const options = list(schema["enum"]).filter((option) => typeof option === "string");
  if (options.length > 0) rule["enum"] = options;
  if (typeof schema["minimum"] === "number") rule["min"] = schema["minimum"];
  const { maximum } = schema;
  // The client rejects integers above MAX_SAFE_INTEGER in any case, since they are not exact.
  if (typeof maximum === "number" && maximum < Number.MAX_SAFE_INTEGER) rule["max"] = maximum;
  const since = text(field["x-since"]);
  const until = text(field["x-until"]);
  const differsFrom = text(field["x-differs-from"]);
  const ifEmpty = text(field["x-if-empty"]);
  if (since && !field["x-ignored-harmlessly"]) rule["since"] = since;
  if (until && !field["x-ignored-harmlessly"]) rule["until"] = until;
  if (differsFrom) rule["differsFrom"] = differsFrom;
  if (ifEmpty) rule["ifEmpty"] = ifEmpty;
  if (field["x-credentials"]) rule["credentials"] = true;
  return rule;
}

function rowOf(document: JsonObject, { operation }: DocumentedOperation): Row {
  const row: Row = {};
  const since = text(operation["x-since"]);
  const until = text(operation["x-until"]);
  if (since) row.since = since;
  if (until) row.until = until;
  if (Array.isArray(operation["security"]) && operation["security"].length === 0) row.public = true;
  else if (scopesOf(operation).every((scope) => scope === "(no_scope)")) row.anyCredentials = true;

  const media = new Set<string>();
  for (const response of Object.values(at(operation, "responses"))) {
    for (const type of Object.keys(at(follow(document, response), "content"))) media.add(type);
  }
  media.delete("application/json");
  const successes = Object.entries(at(operation, "responses")).filter(([status]) => status < "300");
  const promises = successes.flatMap(([, response]) =>
    Object.values(at(follow(document, response), "content")),
  );
  const promised = promises.some((content) => isObject(at(content)["schema"]));
  if (successes.length > 0 && !promised) row.empty = true;
  if (media.size > 0) row.media = [...media];
  if (Object.keys(at(operation, "responses")).some((status) => status.startsWith("3"))) {
    row.redirects = true;
  }

  for (const parameter of list(operation["parameters"])) {
    const resolved = follow(document, parameter);
    const name = text(resolved["name"]) ?? "";
    if (resolved["x-may-be-empty"]) (row.mayBeEmpty ??= []).push(name);
    const rule = ruleOf(resolved, follow(document, resolved["schema"]));
    if (resolved["in"] === "query") (row.query ??= {})[name] = withoutImplied(rule, row);
  }

  const body = Object.values(at(operation, "requestBody", "content"))[0];
  const schema = isObject(body) ? follow(document, body["schema"]) : {};
  for (const [key, property] of Object.entries(at(schema, "properties"))) {
    if (!isObject(property)) continue;
    const rule = ruleOf(property, follow(document, property));
    (row.body ??= {})[key] = withoutImplied(rule, row);
  }
  if (isObject(body)) {
    row.body ??= {};
    if (isOpen(schema)) row.open = true;
  }
  if (typeof schema["minProperties"] === "number") row.minKeys = schema["minProperties"];
  const choices = list(schema["oneOf"]).flatMap((choice) => list(at(choice)["required"]));
  if (choices.length > 0) row.exactlyOneOf = choices.map(String);
  return row;
}

/** Whether a body may have keys that its schema does not list by name. */
function isOpen(schema: JsonObject): boolean {
  const listed = schema["properties"];
  if (!isObject(listed) || schema["additionalProperties"]) return true;
  const parts = ["allOf", "anyOf", "oneOf"].flatMap((key) => list(schema[key]));
  return parts.some(
    (part) =>
      "$ref" in at(part) || Object.keys(at(part, "properties")).some((key) => !(key in listed)),
  );
}

/** Returns the rule without its `since` or `until` where the operation's own `since` or `until` already implies it. */
function withoutImplied({ since, until, ...rule }: Rule, operation: Row): Rule {
  const isLater = typeof since === "string" && isNewer(since, operation.since ?? "0");
  const endsEarlier =
    typeof until === "string" && (!operation.until || isNewer(operation.until, until));
  return { ...rule, ...(isLater && { since }), ...(endsEarlier && { until }) };
}

/** The features that `hub.supports()` knows, each with its first release. */
function featuresOf(document: JsonObject): { [feature: string]: string } {
  const found: { [feature: string]: string } = {};
  const visit = (node: Json): void => {
    if (Array.isArray(node)) node.forEach(visit);
    if (!isObject(node)) return;
    const feature = text(node["x-feature"]);
    const since = text(node["x-since"]);
    if (feature) {
      if (!since || (found[feature] ?? since) !== since) {
        throw new Error(`x-feature ${feature} needs one and the same x-since wherever it stands`);
      }
      found[feature] = since;
    }
    Object.values(node).forEach(visit);
  };
  visit(document);
  return Object.fromEntries(Object.entries(found).toSorted(([a], [b]) => a.localeCompare(b)));
}

/** The text of generated/operations.gen.ts. */
export function operationTable(document: JsonObject, header: readonly string[]): string {
  const operations = operationsOf(document);
  const rows = Object.fromEntries(operations.map((one) => [keyOf(one), rowOf(document, one)]));
  const scopes = Object.fromEntries(operations.map((one) => [keyOf(one), scopesOf(one.operation)]));
  const known = Object.entries(
    at(document, "components", "securitySchemes", "oauth2", "flows", "authorizationCode", "scopes"),
  );
  const json = (value: unknown): string =>
    JSON.stringify(value, null, 2).replace(
      /("pattern": )(".*")/g,
      (_, key: string, pattern: string) => `${key}${new RegExp(JSON.parse(pattern) as string)}`,
    );
  return `${header.map((line) => `// ${line}\n`).join("")}
/** The restrictions of a query parameter or a body key. */
export interface Rule {
  /** The first release that knows the parameter or key; undefined if every supported hub knows it. */
  readonly since?: string;
  /** The first release that no longer knows the parameter or key. */
  readonly until?: string;
  readonly type?: "integer" | "array" | "object";
  readonly nullable?: true;
  readonly enum?: readonly string[];
  readonly min?: number;
  readonly max?: number;
  /** The type of an array's items. */
  readonly items?: "string";
  /** The minimum number of items of an array. */
  readonly minItems?: number;
  /** The pattern of a string. */
  readonly pattern?: RegExp;
  /** The end of the error message for an empty list or null. It says what to do instead. */
  readonly ifEmpty?: string;
  /**
   * The name of a path parameter. If the key has the same value as this parameter, the key is omitted from the body.
   */
  readonly differsFrom?: string;
  /** Whether the key holds the credentials of the call, which is then sent without a token. */
  readonly credentials?: true;
}

/** The properties of an operation. */
export interface Operation {
  /** The first release that has the operation; undefined if every supported hub has it. */
  readonly since?: string;
  /** The first release that no longer has the operation. */
  readonly until?: string;
  /** Whether the operation needs no credentials. The client then sends none. */
  readonly public?: true;
  /** Whether any valid credentials are sufficient, so that a 403 means invalid ones. */
  readonly anyCredentials?: true;
  /** The media types of the responses besides JSON. */
  readonly media?: readonly string[];
  /** Whether a successful response is empty, whatever its media type. */
  readonly empty?: true;
  /** The path parameters that may be empty. */
  readonly mayBeEmpty?: readonly string[];
  /** Whether the operation redirects a browser, for example to the login page. */
  readonly redirects?: true;
  /** Every query parameter with its restrictions. */
  readonly query?: Readonly<Record<string, Rule>>;
  /** Every key of the body with its restrictions; undefined if the operation has no body. */
  readonly body?: Readonly<Record<string, Rule>>;
  /** Whether the body may have keys that are not listed. */
  readonly open?: true;
  /** The minimum number of keys of the body. */
  readonly minKeys?: number;
  /** The body keys of which exactly one must be given. */
  readonly exactlyOneOf?: readonly string[];
}

/** Every operation, by method and path. */
export const operations: Readonly<Record<string, Operation>> = ${json(rows)};

/** The sufficient scopes of each operation. Scopes that are needed together are joined by a plus. */
export const scopes: Readonly<Record<string, readonly string[]>> = ${json(scopes)};

/** Features with their first release. */
export const features = ${json(featuresOf(document))} as const;

/** The name of a feature that not every supported hub has. */
export type Feature = keyof typeof features;

/** The scopes that hubs define. */
export type Scope =
${known.map(([scope]) => `  | ${JSON.stringify(scope)}`).join("\n")};
`;
}
