/**
 * Applies openapi/overlay.yaml to JupyterHub's newest document.
 *
 * The overlay follows the OpenAPI Overlay standard with stricter rules: every action has a reason (`x-why`), every
 * value that it replaces or removes is given (`x-was`) and must still be there, every target must match, and unknown
 * keys are refused. So an action that upstream made unnecessary fails with an error that names it.
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

/** Lists every conflict between an overlay and its document, one line each. */
export class OverlayError extends Error {
  override name = "OverlayError";
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(`The overlay does not apply:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`);
    this.problems = problems;
  }
}

/** The keys and indexes to a value of a document. */
export type Path = readonly (string | number)[];

/** The result of one action. */
export interface Application {
  /** One line for each conflict. It names the action's target, or the one match that conflicts. */
  problems: readonly string[];
  /** The matches of the target to which the action was applied. */
  applied: readonly Path[];
}

/** Returns a corrected copy of `document`. Throws an {@link OverlayError} that lists every conflict. */
export function applyOverlay(document: JsonObject, overlay: JsonObject): JsonObject {
  const corrected = copy(document);
  const problems = actionsOf(overlay).flatMap(
    (action) => applyAction(corrected, action, new Map()).problems,
  );
  if (problems.length > 0) throw new OverlayError(problems);
  return corrected;
}

/** Applies one action to a copy of `document`, at the matches of its target that do not conflict. */
export function applyWhereItFits(
  document: JsonObject,
  action: OverlayAction,
): Application & { document: JsonObject } {
  const skipped = new Map<string, readonly string[]>();
  for (;;) {
    const corrected = copy(document);
    const known = skipped.size;
    const { problems, applied } = applyAction(corrected, action, skipped);
    if (applied.length === 0 && problems.length > 0) return { document, problems, applied };
    if (skipped.size === known) return { document: corrected, problems, applied };
  }
}

const actionKeys = new Set(["target", "update", "remove", "x-was", "x-why", "x-seen", "x-unshown"]);

export function actionsOf({ actions }: JsonObject): OverlayAction[] {
  // A YAML list whose items are all commented out is null.
  if (actions === null) return [];
  if (Array.isArray(actions)) return actions as unknown as OverlayAction[];
  throw new Error("The overlay has no list of `actions`.");
}

/** Neighbouring actions that belong to one correction. */
export interface Entry {
  actions: OverlayAction[];
  /** The first target and the reason, as a name for people. */
  name: string;
}

/** Groups neighbouring actions that have the same reason and change the same place. */
export function entriesOf(overlay: JsonObject): Entry[] {
  const entries: Entry[] = [];
  for (const action of actionsOf(overlay)) {
    const last = entries.at(-1)?.actions[0];
    const stem = (target: string): string => target.replace(/\.(type|schema|allOf|enum)$/, "");
    const belongs =
      last?.["x-why"] === action["x-why"] &&
      last?.["x-seen"] === action["x-seen"] &&
      (stem(last?.target ?? "") === stem(action.target) ||
        stem(last?.target ?? "").startsWith(`${action.target}.`));
    if (belongs) entries.at(-1)?.actions.push(action);
    else entries.push({ actions: [action], name: `${action.target}: ${action["x-why"] ?? ""}` });
  }
  return entries;
}

/** Returns a path in the notation of overlays, such as `$.paths['/users'].get`. */
export const pathText = (path: Path): string => `$${path.map(stepText).join("")}`;

const stepText = (step: string | number): string => {
  if (typeof step === "number") return `[${step}]`;
  return /^[A-Za-z_]\w*$/.test(step) ? `.${step}` : `['${step.replaceAll("'", "\\'")}']`;
};

/**
 * Applies an action by changing `document`. Skips the matches in `conflicts`, and any other match that conflicts, which
 * it adds to `conflicts`.
 */
function applyAction(
  document: JsonObject,
  action: OverlayAction,
  conflicts: Map<string, readonly string[]>,
): Application {
  const { target } = action;
  const whole = (problem: string): Application => ({
    problems: [`${target}: ${problem}`],
    applied: [],
  });
  if (!action["x-why"]) return whole("has no x-why");
  const unknown = Object.keys(action).filter((key) => !actionKeys.has(key));
  if (unknown.length > 0) return whole(`has the unknown key ${unknown.join(", ")}`);
  const matches: { value: Json; path: Path }[] = [];
  try {
    exec(document, target, (value, path) => matches.push({ value, path: [...path] }));
  } catch {
    return whole("is not a JSONPath");
  }
  if (matches.length === 0) return whole("matches nothing");

  const applied: Path[] = [];
  // From the last to the first, so that removing an array element keeps the earlier positions valid.
  for (const { value, path } of matches.toReversed()) {
    const place = pathText(path);
    if (conflicts.has(place)) continue;
    const problems = applyTo(document, action, path, value);
    if (problems.length > 0) conflicts.set(place, problems);
    else applied.push(path);
  }
  const where = (place: string): string =>
    matches.length === 1
      ? target
      : `${place} (one of ${matches.length} matches of ${brief(target)})`;
  const problems = matches.flatMap(({ path }) => {
    const place = pathText(path);
    return (conflicts.get(place) ?? []).map((problem) => `${where(place)}: ${problem}`);
  });
  return { problems, applied: applied.toReversed() };
}

function applyTo(document: JsonObject, action: OverlayAction, path: Path, value: Json): string[] {
  if (action.remove) return remove(document, path, value, action["x-was"]);
  if (action.update === undefined) return ["neither updates nor removes"];
  return merge(value, action.update, action["x-was"], "");
}

function remove(document: JsonObject, path: Path, value: Json, was?: Json): string[] {
  if (was === undefined) return ["removes a value without x-was"];
  if (!contains(value, was)) return [`x-was differs: upstream has ${show(value)}`];
  const key = path.at(-1);
  const parent = path
    .slice(0, -1)
    .reduce<Json>((node, step) => (node as JsonObject)[step]!, document);
  if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete (parent as JsonObject)[String(key)];
  return [];
}

/** Merges as the standard defines it: objects by key, arrays by appending, other values by replacing. */
function merge(node: Json, update: Json, was: Json | undefined, where: string): string[] {
  const here = where || "the target";
  const problems: string[] = [];
  if (isContainer(update) && Object.keys(update as object).length === 0) {
    problems.push(`${here} has an empty update`);
  }
  if (Array.isArray(node) && Array.isArray(update)) {
    if (was !== undefined && !isDeepStrictEqual(node, was)) {
      problems.push(`x-was differs: upstream has ${show(node)}`);
    }
    const doubled = update.filter((item) => node.some((other) => isDeepStrictEqual(item, other)));
    node.push(...copy(update));
    return [...problems, ...doubled.map((item) => `${here} already contains ${show(item)}`)];
  }
  if (!isObject(node) || !isObject(update)) {
    return [`${here} has another type than its update: remove it first`];
  }
  if (was !== undefined && !isObject(was)) {
    problems.push(`x-was of ${here} has another type than its update`);
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
      problems.push(`${path(key)} would replace ${show(current)} without an x-was`);
    } else {
      node[key] = value;
    }
  }
  return problems;
}

const isContainer = (value: Json): boolean => typeof value === "object" && value !== null;

/** Whether `whole` contains `part`; objects in `whole` may have more keys. */
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

const brief = (text: string): string => (text.length > 80 ? `${text.slice(0, 77)}...` : text);
const show = (value: Json): string => brief(JSON.stringify(value));

// Copies through JSON, so that each YAML alias becomes a separate object.
export const copy = <Value extends Json>(value: Value): Value =>
  JSON.parse(JSON.stringify(value)) as Value;
