/**
 * Two rules of Python that hubs follow: they quote a refused value in Python's notation, and treat a value that is
 * false in Python as absent.
 */

/** Returns a value in the notation of Python's `repr`. */
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

/** Returns the name of a value's class in Python. */
export function typeName(value: unknown): string {
  if (value === null || value === undefined) return "NoneType";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "string") return "str";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return Array.isArray(value) ? "list" : "dict";
}

/** Returns what a loop over a value gets in Python: characters, items or keys; undefined if it cannot be looped over. */
export function iterated(value: unknown): unknown[] | undefined {
  if (typeof value === "string") return [...value];
  if (Array.isArray(value)) return value;
  return isObject(value) ? Object.keys(value) : undefined;
}

/** Whether a value is true in Python: empty lists, objects and texts are false. */
export function truthy(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (isObject(value)) return Object.keys(value).length > 0;
  return Boolean(value);
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** Quotes a name as hubs do in messages, and shortens an overlong one. */
export function safe(text: string): string {
  const written = repr(text);
  return written.length > 1024 ? `${written.slice(0, 1022)} …` : written;
}
