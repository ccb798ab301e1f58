/**
 * Which entries of an overlay no longer apply to a document, and taking them out of its text.
 *
 * Each entry is tried on what the fitting ones before it have made of the document, so that what stands
 * on a misfit is a misfit itself; so is one whose `$ref` leads nowhere without another. Taken out means
 * commented out: the reader of the diff decides what becomes of them.
 */
import { isDeepStrictEqual } from "node:util";
import { load } from "js-yaml";
import { lostReferences } from "./document.js";
import type { Json, JsonObject } from "./json.js";
import { applyOverlay, OverlayError } from "./overlay.js";

export interface Misfit {
  /** Which of the overlay's actions, counted from 0. */
  index: number;
  /** Each names the action's target. */
  problems: readonly string[];
}

const actionsOf = (overlay: JsonObject): Json[] =>
  Array.isArray(overlay["actions"]) ? overlay["actions"] : [];

export function misfitsOf(document: JsonObject, overlay: JsonObject): Misfit[] {
  const actions = actionsOf(overlay);
  const misfits = new Map<number, readonly string[]>();
  if ("swagger" in document) {
    // Some would apply to the letter, and make a mixture that is neither.
    const problem = "is about OpenAPI 3, and this is Swagger 2.0";
    return actions.map((one, index) => ({ index, problems: [`${targetOf(one)}: ${problem}`] }));
  }
  let known: number;
  do {
    known = misfits.size;
    let corrected = document;
    for (const [index, action] of actions.entries()) {
      if (misfits.has(index)) continue;
      try {
        corrected = applyOverlay(corrected, { actions: [action] });
      } catch (error) {
        if (!(error instanceof OverlayError)) throw error;
        misfits.set(index, error.problems);
      }
    }
    for (const reference of lostReferences(corrected)) {
      for (const [index, action] of actions.entries()) {
        if (misfits.has(index) || !refersTo(action, reference)) continue;
        misfits.set(index, [`${targetOf(action)}: refers to ${reference}, which is nowhere`]);
      }
    }
  } while (misfits.size > known);
  return [...misfits]
    .map(([index, problems]) => ({ index, problems }))
    .toSorted((a, b) => a.index - b.index);
}

const targetOf = (action: Json): string => String((action as JsonObject)["target"]);

const refersTo = (action: Json, reference: string): boolean =>
  JSON.stringify(action).includes(`"$ref":${JSON.stringify(reference)}`);

/** The overlay's text with these entries commented out, each under a line that says why. */
export function commentOut(text: string, misfits: readonly Misfit[], what: string): string {
  const lines = text.split("\n");
  const list = lines.findIndex((line) => line.startsWith("actions:"));
  const indent =
    /^ */.exec(lines.slice(list + 1).find((line) => /^ *- /.test(line)) ?? "")?.[0] ?? "";
  const starts = [...lines.keys()].filter(
    (at) => at > list && lines[at]?.startsWith(`${indent}- `),
  );
  const starting = new Map(misfits.map((misfit) => [starts[misfit.index], misfit]));

  let inside = false;
  const result = lines.flatMap((line, at) => {
    const misfit = starting.get(at);
    // What is indented no deeper, as the heading of the next section is, belongs to no entry.
    inside = misfit !== undefined || (inside && (line === "" || line.startsWith(`${indent} `)));
    if (!inside || line === "") return [line];
    const why = misfit?.problems.map((problem) => `${indent}# Does not fit ${what}: ${problem}`);
    return [...(why ?? []), `${indent}# ${line.slice(indent.length)}`];
  });
  assertLeft(result.join("\n"), text, misfits);
  return result.join("\n");
}

/** Throws unless exactly the entries that fit are left. */
function assertLeft(text: string, before: string, misfits: readonly Misfit[]): void {
  const out = new Set(misfits.map(({ index }) => index));
  const expected = actionsOf(load(before) as JsonObject).filter((_, index) => !out.has(index));
  try {
    if (isDeepStrictEqual(actionsOf(load(text) as JsonObject), expected)) return;
  } catch {
    // An alias whose anchor is gone.
  }
  throw new Error(
    "These entries cannot be commented out by themselves: others use what they anchor (&name).",
  );
}
