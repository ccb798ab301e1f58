/**
 * Writes the command that shows a correction on a hub. What the overlay says of the call that showed it
 * (`6.1.1 POST /users with {}`) decides; what it does not say comes from the operation.
 */
import { follow, methods, type DocumentedOperation } from "./document.js";
import { at, isObject, type Json, type JsonObject } from "./json.js";
import type { Correction } from "./corrections-collect.js";

interface Call {
  method: string;
  /** With its query. */
  path: string;
  /** What is said of this call: "with {} and without a token". */
  condition: string;
}

const verbs = methods.map((method) => method.toUpperCase()).join("|");

/** The calls that a text names: "GET, PUT and PATCH /users/{name}/server of a user". */
function callsIn(seen: string): Call[] {
  const lists = new RegExp(`((?:${verbs})(?:(?:, | and )(?:${verbs}))*) (/[^\\s,]*)`, "g");
  const matches = [...seen.matchAll(lists)];
  return matches.flatMap(({ index, 0: text, 1: list = "", 2: path = "" }, position) => {
    const end = matches[position + 1]?.index;
    const condition = seen.slice(index + text.length, end);
    return list.split(/, | and /).map((method) => ({ method, path, condition }));
  });
}

/** Names and values that read well in a command, by parameter or key. */
const examples: Readonly<Record<string, Json>> = {
  name: "ada",
  owner: "grace",
  server_name: "lab",
  token_id: "$TOKEN_ID",
  token: "$TOKEN",
  cookie_name: "$COOKIE_NAME",
  cookie_value: "$COOKIE_VALUE",
  usernames: ["ada"],
  users: ["ada"],
  groups: ["class"],
  user: "ada",
  group: "class",
  auth: { username: "ada", password: "$PASSWORD" },
};

const nameIn: Readonly<Record<string, string>> = { groups: "class", services: "announcer" };

const filled = (path: string): string =>
  path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    String((name === "name" && nameIn[path.split("/")[1] ?? ""]) || (examples[name] ?? name)),
  );

/** The command that shows a correction at one of these places; undefined where there is nothing to see. */
export function curlOf(
  { seen, differences }: Correction,
  places: readonly string[],
  document: JsonObject,
  operations: ReadonlyMap<string, DocumentedOperation>,
): string | undefined {
  if (seen === undefined) return undefined;
  const calls = callsIn(seen);
  const keyOf = ({ method, path }: Call): string => `${method} ${path.split("?")[0]}`;
  const [place = ""] = places;
  const call =
    calls.find((one) => places.includes(keyOf(one))) ??
    (operations.has(place) ? callOf(place, seen) : calls[0]) ??
    callOf("GET /users", seen);
  const operation = operations.get(keyOf(call))?.operation ?? {};
  const isPublic = Array.isArray(operation["security"]) && operation["security"].length === 0;
  const withoutToken = isPublic || /without a token/.test(call.condition);
  const stream = "text/event-stream" in at(operation, "responses", "200", "content");
  const media = differences.some(({ now }) => /Page\b/.test(JSON.stringify(now ?? "")))
    ? "application/jupyterhub-pagination+json"
    : undefined;
  const query = /with (\w+=\w+)/.exec(call.condition)?.[1];
  const path = filled(call.path) + (query && !call.path.includes("?") ? `?${query}` : "");
  return [
    stream ? "curl -i -N" : "curl -i",
    ...(call.method === "GET" ? [] : [`-X ${call.method}`]),
    ...(withoutToken ? [] : ['-H "Authorization: token $TOKEN"']),
    ...(media && call.method === "GET" ? [`-H "Accept: ${media}"`] : []),
    ...bodyOptions(call, operation, differences, document),
    `"$HUB${path}"`,
  ].join(" ");
}

const callOf = (key: string, condition: string): Call => {
  const [method = "", path = ""] = key.split(" ");
  return { method, path, condition };
};

function bodyOptions(
  { method, condition }: Call,
  operation: JsonObject,
  differences: Correction["differences"],
  document: JsonObject,
): string[] {
  if (method === "GET" || /without a body/.test(condition)) return [];
  if (/half a body/.test(condition)) return [`--json '{'`];
  const content = at(operation, "requestBody", "content");
  const form = at(content["application/x-www-form-urlencoded"], "schema", "properties");
  const fields = Object.keys(form).map((key) => `-d "${key}=$${key.toUpperCase()}"`);
  if (fields.length > 0) return fields;
  const said = / with (\{.*\})/.exec(condition)?.[1];
  if (said !== undefined && isJson(said)) return [`--json '${said.replaceAll("'", "'\\''")}'`];

  const schema = follow(document, at(content["application/json"])["schema"]);
  const properties = at(schema, "properties");
  const required = Array.isArray(schema["required"]) ? schema["required"].map(String) : [];
  const changed = differences.flatMap(({ path }) => {
    const index = path.indexOf("properties");
    return path[0] === "requestBody" && index > 0 ? [String(path[index + 1])] : [];
  });
  const keys = [...new Set([...required, ...changed])].filter((key) => key in properties);
  if (keys.length === 0) return [];
  const body = Object.fromEntries(
    keys.map((key) => [key, exampleOf(properties[key], key, document)]),
  );
  return [`--json ${quoted(JSON.stringify(body))}`];
}

/** In quotes of the shell: double ones where variables stand inside. */
const quoted = (text: string): string =>
  text.includes("$") ? `"${text.replaceAll('"', '\\"')}"` : `'${text.replaceAll("'", "'\\''")}'`;

const isJson = (text: string): boolean => {
  try {
    return isObject(JSON.parse(text) as Json);
  } catch {
    return false;
  }
};

function exampleOf(node: Json | undefined, key: string, document: JsonObject): Json {
  const known = examples[key];
  if (known !== undefined) return known;
  const schema = follow(document, node);
  const { enum: values, minimum, items } = schema;
  if (Array.isArray(values)) return values[0] ?? null;
  const types = new Set([schema["type"]].flat());
  if (types.has("array")) return [exampleOf(items, key, document)];
  if (types.has("object")) return {};
  if (types.has("boolean")) return true;
  if (types.has("integer") || types.has("number")) return minimum ?? 1;
  return key;
}
