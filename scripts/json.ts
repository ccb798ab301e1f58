/** The values of a YAML or JSON document, and two helpers for them. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export type JsonObject = { [key: string]: Json };

export const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Returns the object that the chain of `keys` leads to, or an empty object if there is none. */
export const at = (value: Json | undefined, ...keys: string[]): JsonObject => {
  let node = value;
  for (const key of keys) node = isObject(node) ? node[key] : undefined;
  return isObject(node) ? node : {};
};
