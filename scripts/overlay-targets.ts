/**
 * Creates JSONPaths that match exactly the given places of a document. Places that differ in one step share a JSONPath,
 * with a union of names in this step. Elements of lists are selected by `name` if they have one, so that the order of a
 * list does not matter.
 */
import { exec } from "jsonpath-rfc9535";
import { isDeepStrictEqual } from "node:util";
import { isObject, type Json, type JsonObject } from "./json.js";
import type { Path } from "./overlay.js";

/** Returns as few targets as possible that together match exactly these places. */
export function targetsOf(places: readonly Path[], document: JsonObject): string[] {
  let groups = places.map((path) => selectorsOf(path, document).map((selector) => [selector]));
  const length = Math.max(0, ...groups.map((steps) => steps.length));
  for (let position = length - 1; position >= 0; position -= 1) {
    groups = joinedAt(groups, position);
  }
  return groups.map((steps) => `$${steps.map(segmentOf).join("")}`);
}

/** Joins groups that differ only in the step at `position`. */
function joinedAt(groups: readonly string[][][], position: number): string[][][] {
  const joined = new Map<string, string[][]>();
  for (const steps of groups) {
    const others = JSON.stringify(steps.with(position < steps.length ? position : 0, []));
    const key = position < steps.length ? others : JSON.stringify([steps]);
    const known = joined.get(key);
    if (known) known[position] = [...(known[position] ?? []), ...(steps[position] ?? [])];
    else joined.set(key, [...steps]);
  }
  return [...joined.values()];
}

function selectorsOf(path: Path, document: JsonObject): string[] {
  let node: Json | undefined = document;
  return path.map((step) => {
    const list: Json | undefined = node;
    node = Array.isArray(list)
      ? list[Number(step)]
      : isObject(list)
        ? list[String(step)]
        : undefined;
    if (typeof step === "string") return quoted(step);
    return Array.isArray(list) ? elementSelector(list, step) : String(step);
  });
}

/** Returns a filter that selects only this element, or its index if there is no such filter. */
function elementSelector(list: readonly Json[], index: number): string {
  const element = list[index];
  const filters = isObject(element)
    ? [
        ...(typeof element["name"] === "string" ? [`?@.name==${quoted(element["name"])}`] : []),
        ...Object.keys(element)
          .filter((key) => /^\w+$/.test(key))
          .map((key) => `?@.${key}`),
      ]
    : [];
  const selectsIt = (filter: string): boolean => {
    const matches: Json[] = [];
    exec([...list], `$[${filter}]`, (value) => matches.push(value));
    return matches.length === 1 && isDeepStrictEqual(matches[0], element);
  };
  return filters.find(selectsIt) ?? String(index);
}

const quoted = (name: string): string =>
  `'${name.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;

const segmentOf = (selectors: readonly string[]): string => {
  const name = /^'([A-Za-z_]\w*)'$/.exec(selectors[0] ?? "")?.[1];
  return selectors.length === 1 && name !== undefined ? `.${name}` : `[${selectors.join(",")}]`;
};
