/** Any value a YAML or JSON document holds, and the two questions that every script asks of one. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The object at a key; an empty one where there is none, so that lookups can be chained. */
export const at = (value: Json | undefined, ...keys: string[]): JsonObject => {
  let node = value;
  for (const key of keys) node = isObject(node) ? node[key] : undefined;
  return isObject(node) ? node : {};
};
