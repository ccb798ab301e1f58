/** Types for the parts of an OpenAPI document, and functions that read them. Only this file resolves a `$ref`. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

/** An operation with its method and path. `key` combines both: "GET /users/{name}". */
export interface Operation {
  key: string;
  method: string;
  path: string;
  operation: JsonObject;
}

const METHODS = ["get", "put", "post", "delete", "patch", "head", "options"];

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The object at a key, or a new empty one. */
export const objectAt = (node: Json | undefined, key: string): JsonObject => {
  const value = isObject(node) ? node[key] : undefined;
  return isObject(value) ? value : {};
};

/** The objects in the list at a key. */
export const listAt = (node: Json | undefined, key: string): JsonObject[] => {
  const value = isObject(node) ? node[key] : undefined;
  return Array.isArray(value) ? value.filter(isObject) : [];
};

export function operationsOf(document: JsonObject): Operation[] {
  return Object.entries(objectAt(document, "paths")).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = isObject(item) ? item[method] : undefined;
      return isObject(operation)
        ? [{ key: `${method.toUpperCase()} ${path}`, method, path, operation }]
        : [];
    }),
  );
}

export const parametersOf = (operation: JsonObject, place: string): JsonObject[] =>
  listAt(operation, "parameters").filter((parameter) => parameter["in"] === place);

/** Returns every property that a schema declares itself or in its `allOf` parts. */
export function propertiesOf(schema: Json | undefined): JsonObject {
  const inherited = listAt(schema, "allOf").map(propertiesOf);
  return Object.assign({}, ...inherited, objectAt(schema, "properties")) as JsonObject;
}

/** Returns a deep copy with each local `$ref` replaced by its target. */
export function dereferenced(document: JsonObject): JsonObject {
  const visit = (node: Json, open: readonly string[]): Json => {
    if (Array.isArray(node)) return node.map((entry) => visit(entry, open));
    if (!isObject(node)) return node;
    const { $ref, ...rest } = node;
    const own = Object.fromEntries(
      Object.entries(rest).map(([key, value]) => [key, visit(value, open)]),
    );
    if (typeof $ref !== "string") return own;
    if (open.includes($ref)) throw new Error(`${$ref} contains itself and cannot be written out`);
    return merged(visit(target(document, $ref), [...open, $ref]), own);
  };
  return visit(document, []) as JsonObject;
}

/** Returns the target of an object's `$ref`, or {} if the target does not exist; without `$ref`, the object itself. */
export function follow(document: JsonObject, node: JsonObject): JsonObject {
  const { $ref } = node;
  if (typeof $ref !== "string") return node;
  const found = resolved(document, $ref);
  return isObject(found) ? follow(document, found) : {};
}

function target(document: JsonObject, ref: string): Json {
  const found = resolved(document, ref);
  if (found === undefined) throw new Error(`${ref} names nothing in this document`);
  return found;
}

function resolved(document: JsonObject, ref: string): Json | undefined {
  const keys = ref.replace(/^#\//, "").split("/");
  let node: Json | undefined = document;
  for (const key of keys) {
    const name = decodeURIComponent(key).replaceAll("~1", "/").replaceAll("~0", "~");
    node = isObject(node) ? node[name] : undefined;
  }
  return node;
}

/**
 * Merges the keywords beside a `$ref` into its target: JupyterHub's documents declare a server's `name` in this way.
 */
function merged(base: Json, extra: JsonObject): Json {
  if (!isObject(base)) return base;
  const result = { ...base };
  for (const [key, value] of Object.entries(extra)) {
    const existing = result[key];
    result[key] = isObject(existing) && isObject(value) ? merged(existing, value) : value;
  }
  return result;
}
