/**
 * Python's notation of values, in which hubs quote the values that they refuse, and its rules of truth: hubs treat
 * values that are false in Python as absent.
 */

/** A value as `repr` writes it. */
export function repr(value: unknown): string {
  if (value === null || value === undefined) return "None";
  if (value === true) return "True";
  if (value === false) return "False";
  if (typeof value === "string") return quote(value);
  if (Array.isArray(value)) return `[${value.map(repr).join(", ")}]`;
  if (isObject(value)) {
    const entries = Object.entries(value).map(([key, entry]) => `${quote(key)}: ${repr(entry)}`);
    return `{${entries.join(", ")}}`;
  }
  return String(value);
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text
    .replaceAll("\\", "\\\\")
    .replaceAll(mark, `\\${mark}`)
    .replaceAll("\n", "\\n")
    .replaceAll("\t", "\\t");
  return mark + escaped + mark;
}

/** The name of a value's class. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "str";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return Array.isArray(value) ? "list" : "dict";
}

/** Whether a value is true in Python: empty lists, objects and texts are false. */
export function truthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The first characters of an overlong name, in quotes, as hubs repeat it. */
export function safe(text: string): string {
  const written = repr(text);
  return written.length > 1024 ? `${written.slice(0, 1022)} …` : written;
}
