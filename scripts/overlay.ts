/**
 * Applies openapi/overlay.yaml to JupyterHub's newest spec.
 *
 * A standard OpenAPI Overlay, held to more than the standard asks: every action says why (`x-why`),
 * every value that it replaces or removes is written down (`x-was`) and must still stand there, and
 * a target must match. So an upstream fix makes its patch fail by name instead of hiding under it.
 */
import { isDeepStrictEqual } from "node:util";
import { exec } from "jsonpath-rfc9535";
import { isObject, type Json, type JsonObject } from "./json.js";

export interface OverlayAction {
  target: string;
  update?: Json;
  remove?: boolean;
  "x-was"?: Json;
  "x-why"?: string;
  "x-seen"?: string;
  "x-unshown"?: string;
}

/** Everything in an overlay that does not fit its document, each line naming the action's target. */
export class OverlayError extends Error {
  override name = "OverlayError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The overlay does not fit:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/** A corrected copy of `document`; throws an {@link OverlayError} that lists every misfit. */
export function applyOverlay(document: JsonObject, overlay: JsonObject): JsonObject {
  const corrected = copy(document);
  const problems: string[] = [];
  const actions = overlay["actions"];
  for (const action of (Array.isArray(actions) ? actions : []) as unknown as OverlayAction[]) {
    for (const problem of applyAction(corrected, action)) {
      problems.push(`${action.target}: ${problem}`);
    }
  }
  if (problems.length > 0) throw new OverlayError(problems);
  return corrected;
}

function applyAction(document: JsonObject, action: OverlayAction): string[] {
  if (!action["x-why"]) return ["says no x-why"];
  const matches: { value: Json; path: (string | number)[] }[] = [];
  try {
    exec(document, action.target, (value, path) => matches.push({ value, path: [...path] }));
  } catch {
    return ["is not a JSONPath"];
  }
  if (matches.length === 0) return ["matches nothing"];
  // From the last to the first, so that removing an array's element leaves the earlier ones in place.
  return matches.toReversed().flatMap(({ value, path }) => {
    if (action.remove) return remove(document, path, value, action["x-was"]);
    if (action.update === undefined) return ["neither updates nor removes"];
    return merge(value, action.update, action["x-was"], "");
  });
}

function remove(
  document: JsonObject,
  path: (string | number)[],
  value: Json,
  was?: Json,
): string[] {
  if (was === undefined) return ["removes a value without x-was"];
  if (!contains(value, was)) return [`x-was no longer holds: upstream has ${show(value)}`];
  const key = path.at(-1);
  const parent = path
    .slice(0, -1)
    .reduce<Json>((node, step) => (node as JsonObject)[step]!, document);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete (parent as JsonObject)[String(key)];
  return [];
}

/** Merges as the standard says: objects by key, arrays by appending, other values by replacing. */
function merge(node: Json, update: Json, was: Json | undefined, where: string): string[] {
  const here = where || "the target";
  const problems: string[] = [];
  if (isContainer(update) && Object.keys(update as object).length === 0) {
    problems.push(`${here} is updated with nothing`);
  }
  if (Array.isArray(node) && Array.isArray(update)) {
    if (was !== undefined && !isDeepStrictEqual(node, was)) {
      problems.push(`x-was no longer holds: upstream has ${show(node)}`);
    }
    const doubled = update.filter((item) => node.some((other) => isDeepStrictEqual(item, other)));
    node.push(...copy(update));
    return [...problems, ...doubled.map((item) => `${here} already holds ${show(item)}`)];
  }
  if (!isObject(node) || !isObject(update)) {
    return [`${here} is of another kind than its update: remove it first`];
  }
  if (was !== undefined && !isObject(was)) {
    problems.push(`x-was of ${here} is of another kind than its update`);
  }
  const expected = isObject(was) ? was : {};
  const path = (key: string): string => (where ? `${where}.${key}` : key);
  for (const key of Object.keys(expected)) {
    if (!(key in update)) problems.push(`x-was names ${path(key)}, which is not replaced`);
  }
  for (const [key, value] of Object.entries(update)) {
    const current = node[key];
    if (current === undefined) {
      if (key in expected) problems.push(`x-was names ${path(key)}, which upstream does not have`);
      node[key] = copy(value);
    } else if (isContainer(current) || isContainer(value)) {
      problems.push(...merge(current, value, expected[key], path(key)));
    } else if (isDeepStrictEqual(current, value)) {
      problems.push(`${path(key)} is ${show(value)} upstream already`);
    } else if (!isDeepStrictEqual(current, expected[key])) {
      problems.push(`${path(key)} would replace ${show(current)} without an x-was that says so`);
    } else {
      node[key] = value;
    }
  }
  return problems;
}

const isContainer = (value: Json): boolean => typeof value === "object" && value !== null;

/** Whether everything that `part` says is so in `whole`; of an object it may say a part alone. */
function contains(whole: Json | undefined, part: Json): boolean {
  if (Array.isArray(part) && Array.isArray(whole)) {
    return (
      part.length === whole.length && part.every((item, index) => contains(whole[index], item))
    );
  }
  if (!isObject(part) || !isObject(whole) || Object.keys(part).length === 0) {
    return isDeepStrictEqual(whole, part);
  }
  return Object.entries(part).every(([key, value]) => contains(whole[key], value));
}

const show = (value: Json): string => {
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
};

// By way of JSON, so that what a YAML alias shares does not stay shared.
const copy = <Value extends Json>(value: Value): Value =>
  JSON.parse(JSON.stringify(value)) as Value;
