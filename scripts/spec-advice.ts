/**
 * Advises a maintainer about the changes of a newer release: overlay actions to paste for additions and
 * removals, and one line for each breaking change that needs a decision.
 */
import { dump } from "js-yaml";
import { brokenReferences } from "./document.js";
import { at, isObject, type Json, type JsonObject } from "./json.js";
import { childNode, resolveNode, type DocumentNode } from "./document-node.js";
import { applyWhereItFits, copy, type OverlayAction, type Path } from "./overlay.js";
import { targetsOf } from "./overlay-targets.js";
import { changeText, type Change, type SpecDiff } from "./spec-diff.js";
import type { Rule } from "./semver-rules.js";

export interface Step {
  /** The releases before and after, "6.1.1" and "6.2.0". */
  from: string;
  to: string;
}

/** "6.2.0b1" → "6.2", the form of `x-since` and `x-until`. */
const minor = (version: string): string => /^\d+\.\d+/.exec(version)?.[0] ?? version;

const isScope = ({ label }: Change): boolean => label === "scopes";
const isValue = ({ rule }: Change): boolean => rule.startsWith("value ");
const keyOf = ({ place, label, detail }: Change): string => `${place} ${label} ${detail}`;

/** Returns actions that add `x-since` to the new parts of the corrected document that have none. */
export function sinceActions({ changes }: SpecDiff, { from, to }: Step): OverlayAction[] {
  const release = minor(to);
  const why = `Added after ${from}, in ${release} or before.`;
  const additions = changes.filter((change) => /added/.test(change.rule) && !isScope(change));
  const parts = additions
    .filter(({ rule }) => ["operation added", "added", "added as required"].includes(rule))
    .flatMap(({ at: place, label }) => (label === "body" ? keysOf(place) : [resolveNode(place)]))
    .filter(({ path, value }) => path.at(-1) !== "additionalProperties" && isObject(value))
    .filter(({ value }) => at(value)["x-since"] === undefined)
    .map(({ document, path }) => actionAt(document, path, why, { "x-since": release }));
  return [...parts, ...valueActions(additions.filter(isValue), "x-enum-since", release, why)];
}

/** The keys of a body that was added as a whole. */
const keysOf = (body: DocumentNode): DocumentNode[] => {
  const content = childNode(resolveNode(body), "content");
  return Object.keys(at(content.value)).flatMap((type) => {
    const properties = childNode(resolveNode(childNode(content, type, "schema")), "properties");
    return Object.keys(at(properties.value)).map((key) => childNode(properties, key));
  });
};

const actionAt = (document: JsonObject, path: Path, why: string, update: Json): OverlayAction => ({
  target: targetsOf([path], document)[0] ?? "$",
  "x-why": why,
  update,
});

/** Returns one action for each enumeration. It marks the added or removed values with the release. */
function valueActions(
  changes: readonly Change[],
  mark: "x-enum-since" | "x-enum-until",
  release: string,
  why: string,
): OverlayAction[] {
  const byEnum = new Map<string, { place: DocumentNode; values: string[] }>();
  for (const { at: place, detail } of changes) {
    const schema = place.path.slice(0, -1);
    const known = at(located(place.document, schema).value, mark)[detail];
    if (known !== undefined) continue;
    const entry = byEnum.get(schema.join("\n")) ?? { place, values: [] };
    byEnum.set(schema.join("\n"), { ...entry, values: [...entry.values, detail] });
  }
  return [...byEnum.values()].map(({ place: { document, path }, values }) => {
    const releases = Object.fromEntries(values.map((value) => [value, release]));
    return actionAt(document, path.slice(0, -1), why, { [mark]: releases });
  });
}

const located = (document: JsonObject, path: Path): DocumentNode =>
  childNode({ document, path: [], value: document }, ...path);

/**
 * Returns actions that restore, with `x-until`, the parts that upstream removed and that the corrected document lacks.
 * They must come before all other actions, so that the other actions also apply to the restored parts.
 */
export function restoringActions(
  upstream: SpecDiff,
  users: SpecDiff,
  { from, to }: Step,
  revision: JsonObject,
): OverlayAction[] {
  const isRemoved = ({ rule }: Change): boolean =>
    /^(operation )?removed$|^value removed$/.test(rule);
  const missing = new Set(users.changes.filter(isRemoved).map(keyOf));
  const removed = upstream.changes.filter((one) => isRemoved(one) && missing.has(keyOf(one)));
  const until = minor(to);
  const reasons = {
    "x-why": `Hubs before ${until} have it.`,
    "x-seen": `${from}, in JupyterHub's own document`,
  };
  const actions: OverlayAction[] = [];
  let document = revision;
  const add = (place: DocumentNode, value: Json): void => {
    const action = { ...restoringAction(document, place, value), ...reasons };
    actions.push(action);
    document = applyWhereItFits(document, action).document;
  };
  for (const { at: place } of removed.filter((one) => !isValue(one) && !isScope(one))) {
    add(place, withUntil(resolveNode(place).value ?? {}, until));
  }
  for (const change of removed.filter((one) => isValue(one) && !isScope(one))) {
    actions.push({
      ...actionAt(document, change.at.path, "", [change.detail]),
      ...reasons,
    });
  }
  const values = removed.filter((one) => isValue(one) && !isScope(one));
  actions.push(...valueActions(values, "x-enum-until", until, reasons["x-why"]));

  const restoreReferences = (base: JsonObject): void => {
    const places = brokenReferences(document).map((reference) =>
      resolveNode({ document: base, path: [], value: { $ref: reference } }),
    );
    const known = places.filter(({ value }) => value !== undefined);
    for (const place of known) add(place, place.value ?? {});
    // The restored parts may refer to other missing parts.
    if (known.length > 0) restoreReferences(base);
  };
  const [base] = removed.map(({ at: place }) => place.document);
  if (base) restoreReferences(base);
  return actions;
}

const withUntil = (value: Json, until: string): Json =>
  isObject(value) ? { ...copy(value), "x-until": until } : value;

/** Returns an action that restores a value, together with its missing parents. */
function restoringAction(document: JsonObject, place: DocumentNode, value: Json): OverlayAction {
  const has = (length: number): boolean =>
    located(document, place.path.slice(0, length)).value !== undefined;
  let depth = place.path.length - 1;
  while (!has(depth)) depth -= 1;
  const wrap = (length: number): Json => {
    const step = place.path[length];
    const inner = length === place.path.length - 1 ? value : wrap(length + 1);
    if (typeof step === "number") return [inner];
    // The operations of a removed path need the path's own parameters, which were removed with the path.
    const parameters = at(place.document, ...place.path.slice(0, length + 1).map(String))[
      "parameters"
    ];
    const isPath = place.path[0] === "paths" && length === 1 && parameters !== undefined;
    return { [String(step)]: isPath ? { parameters, ...(inner as JsonObject) } : inner };
  };
  return actionAt(document, place.path.slice(0, depth), "", wrap(depth));
}

/** Advice about changes that break users' code or calls, or that need new code here. */
const advice: Readonly<Partial<Record<Rule, string>>> = {
  "operation added": "give it a method in src/ and scripts/method-operations.ts, or a reason there",
  "operation removed": "keep it with x-until, unless no hub before had it",
  "operation renamed": "keep the earlier name: set its operationId in the overlay",
  removed: "keep it with x-until, unless no hub before had it",
  "value removed": "keep it with x-enum-until, unless no hub before had it",
  "added as required": "take it out of `required`: hubs before do not know it",
  "now required": "make it optional again, unless hubs before ask for it as well",
  "no longer required": "look on a real hub whether it can be absent",
  widened: "look on a real hub which values it sends",
  narrowed: "keep the earlier type: hubs before still have its other values",
  "alternative removed": "keep the earlier alternatives: hubs before still have them",
  "value added": "mark the enumeration x-open, so that later values do not break users",
  "limit tightened": "keep the earlier limit if hubs before accept more",
  "status removed": "keep it: hubs before still answer it",
  "media type removed": "keep it: hubs before still answer with it",
  "scopes tightened": "try on real hubs which scopes suffice (test/hubs/scopes.test.ts)",
  "supported by fewer hubs": "check the x-since",
  "type removed": "keep the name if users can import it",
};

/** One line for each change that needs a decision. */
export const decisions = ({ changes }: SpecDiff): string[] =>
  changes
    .filter(({ rule, impact }) => impact === "major" || rule === "operation added")
    .map(
      (change) => `  ${change.place} ${changeText(change)}: ${advice[change.rule] ?? "check it"}`,
    );

/** Actions as they are written in openapi/overlay.yaml. */
export const actionsText = (actions: readonly OverlayAction[]): string[] =>
  dump(actions, { noRefs: true, lineWidth: 110 })
    .trimEnd()
    .split("\n")
    .map((line) => (line === "" ? line : `  ${line}`));
