/**
 * Finds the actions of an overlay that no longer apply to a document, and comments them out.
 *
 * Each action is applied to the result of the actions before it, so an action that depends on a conflicting one
 * conflicts as well, and so does one whose `$ref` no longer resolves. An action that conflicts at some of its matches
 * is replaced by copies for its other matches.
 */
import { isDeepStrictEqual } from "node:util";
import { load } from "js-yaml";
import { brokenReferences } from "./document.js";
import type { JsonObject } from "./json.js";
import { actionsOf, applyWhereItFits, type OverlayAction } from "./overlay.js";
import { targetsOf } from "./overlay-targets.js";

export interface Conflict {
  /** The position of the action in the overlay, counted from 0. */
  index: number;
  /** One line for each place that conflicts. */
  problems: readonly string[];
  /** Targets for the matches that do not conflict; empty if every match conflicts. */
  remaining: readonly string[];
}

export interface OverlayConflicts {
  conflicts: readonly Conflict[];
  /** The document after all actions that apply. */
  document: JsonObject;
}

export function overlayConflicts(document: JsonObject, overlay: JsonObject): OverlayConflicts {
  const actions = actionsOf(overlay);
  if ("swagger" in document) {
    // Some actions would apply, and produce an invalid mixture of both dialects.
    const conflicts = actions.map(({ target }, index) => ({
      index,
      problems: [`${target}: applies to OpenAPI 3, and the document is Swagger 2.0`],
      remaining: [],
    }));
    return { conflicts, document };
  }
  /** The actions that have a broken reference: each action's position in the overlay, with the reference. */
  const unresolved = new Map<number, string>();
  for (;;) {
    const conflicts: Conflict[] = [];
    let corrected = document;
    for (const [index, action] of actions.entries()) {
      const reference = unresolved.get(index);
      if (reference !== undefined) {
        const problem = `${action.target}: refers to ${reference}, which does not exist`;
        conflicts.push({ index, problems: [problem], remaining: [] });
        continue;
      }
      const { problems, applied, document: next } = applyWhereItFits(corrected, action);
      if (problems.length > 0) {
        conflicts.push({ index, problems, remaining: targetsOf(applied, corrected) });
      }
      corrected = next;
    }
    const known = unresolved.size;
    for (const reference of brokenReferences(corrected)) {
      for (const [index, action] of actions.entries()) {
        if (refersTo(action, reference) && !unresolved.has(index)) unresolved.set(index, reference);
      }
    }
    if (unresolved.size === known) return { conflicts, document: corrected };
  }
}

const refersTo = (action: OverlayAction, reference: string): boolean =>
  JSON.stringify(action).includes(`"$ref":${JSON.stringify(reference)}`);

/**
 * Returns the overlay's text with the conflicting actions commented out, each below the reasons for its conflict. An
 * action that still applies in some places is followed by copies for these places.
 */
export function commentOut(text: string, conflicts: readonly Conflict[], release: string): string {
  const lines = text.split("\n");
  const list = lines.findIndex((line) => line.startsWith("actions:"));
  const indent =
    /^ */.exec(lines.slice(list + 1).find((line) => /^ *- /.test(line)) ?? "")?.[0] ?? "";
  const starts = [...lines.keys()].filter(
    (at) => at > list && lines[at]?.startsWith(`${indent}- `),
  );
  const result = [...lines];
  // From the last to the first, so that earlier positions stay valid.
  for (const { index, problems, remaining } of conflicts.toReversed()) {
    const start = starts[index] ?? lines.length;
    const rest = lines.slice(start + 1);
    // A line that is indented no deeper, such as the heading of the next section, ends the action.
    const end = rest.findIndex((line) => line !== "" && !line.startsWith(`${indent} `));
    const block = lines.slice(start, end < 0 ? undefined : start + 1 + end);
    const body = block.slice(0, block.findLastIndex((line) => line !== "") + 1);
    result.splice(
      start,
      body.length,
      ...problems.map((problem) => `${indent}# Does not apply to ${release}: ${problem}`),
      ...body.map((line) => (line === "" ? line : `${indent}# ${line.slice(indent.length)}`)),
      ...remaining.flatMap((target) => withTarget(body, indent, target)),
    );
  }
  assertLeft(result.join("\n"), text, conflicts);
  return result.join("\n");
}

/** Returns an action's lines with another target, which is written in the first line. */
function withTarget(lines: readonly string[], indent: string, target: string): string[] {
  const next = lines.findIndex((line) => new RegExp(`^${indent}  [\\w-]+:`).test(line));
  return [`${indent}- target: ${target}`, ...lines.slice(next)];
}

/** Throws unless exactly the actions that apply are left in `text`. */
function assertLeft(text: string, before: string, conflicts: readonly Conflict[]): void {
  const byIndex = new Map(conflicts.map((conflict) => [conflict.index, conflict]));
  const expected = actionsOf(load(before) as JsonObject).flatMap((action, index) => {
    const conflict = byIndex.get(index);
    return conflict ? conflict.remaining.map((target) => ({ ...action, target })) : [action];
  });
  try {
    if (isDeepStrictEqual(actionsOf(load(text) as JsonObject), expected)) return;
  } catch {
    // The text does not parse: an alias has lost its anchor.
  }
  throw new Error(
    "These actions cannot be commented out by themselves: others use what they anchor (&name).",
  );
}
