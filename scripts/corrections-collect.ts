/**
 * Collects the overlay's corrections: the differences between JupyterHub's document and the corrected one,
 * by operation and shared schema, each with reason and evidence. Leaves out this package's own additions.
 */
import { isDeepStrictEqual } from "node:util";
import { follow, methods } from "./document.js";
import { at, isObject, type Json, type JsonObject } from "./json.js";
import { applyWhereItFits, entriesOf, type Path } from "./overlay.js";

/** A value of JupyterHub's document, and the corrected value. */
export interface Difference {
  /** The path below the operation or schema. */
  path: Path;
  /** The value in JupyterHub's document; undefined if it has none at this path. */
  was: Json | undefined;
  /** The corrected value; undefined if the correction removes the value. */
  now: Json | undefined;
}

export interface Correction {
  /** The corrected operation or shared part: `GET /users` or `schemas/User`. */
  place: string;
  why: string;
  /** The overlay's `x-seen`; undefined if no hub can show the correction. */
  seen: string | undefined;
  differences: readonly Difference[];
}

/** Returns all corrections. Each one holds the changes that one overlay entry makes in one place. */
export function corrections(document: JsonObject, overlay: JsonObject): Correction[] {
  let current = document;
  const entries = entriesOf(overlay).flatMap(({ actions }) => {
    const before = current;
    for (const action of actions) current = applyWhereItFits(current, action).document;
    const [{ "x-why": why = "", "x-seen": seen } = {}] = actions;
    const isOurs = seen === undefined && actions.every((action) => action["x-was"] === undefined);
    return isOurs ? [] : [{ why, seen, changes: differencesOf(before, current) }];
  });
  const found = new Map<string, Correction & { differences: Difference[] }>();
  for (const difference of differencesOf(document, current)) {
    // An added value has the reason of the entry that adds it; a changed value has the reason of the last entry that
    // changes it.
    const adds = ({ changes }: (typeof entries)[number]): boolean =>
      changes.some(
        ({ path, now }) =>
          now !== undefined &&
          path.length <= difference.path.length &&
          overlaps(path, difference.path),
      );
    const changesIt = ({ changes }: (typeof entries)[number]): boolean =>
      changes.some(({ path }) => overlaps(path, difference.path));
    const entry =
      (difference.was === undefined ? entries.find(adds) : undefined) ??
      entries.findLast(changesIt);
    if (entry === undefined) continue;
    const { place, depth } = placeOf(difference.path);
    const key = `${entries.indexOf(entry)} ${place}`;
    const known = found.get(key) ?? { place, why: entry.why, seen: entry.seen, differences: [] };
    known.differences.push({ ...difference, path: difference.path.slice(depth) });
    found.set(key, known);
  }
  return [...found.values()];
}

/** Whether one of two paths is a prefix of the other. */
const overlaps = (one: Path, other: Path): boolean =>
  one.every((step, index) => index >= other.length || step === other[index]);

/** The operation or shared part that a path leads into, and the number of steps to it. */
function placeOf(path: Path): { place: string; depth: number } {
  const [part, one = "", two = ""] = path.map(String);
  if (part === "paths" && methods.some((method) => method === two)) {
    return { place: `${two.toUpperCase()} ${one}`, depth: 3 };
  }
  if (part === "components" && two) return { place: `${one}/${two}`, depth: 3 };
  return { place: "document", depth: 0 };
}

/** Whether a path within `paths` or `components` is too short to lead to an operation or shared part. */
const isPlace = (path: Path): boolean =>
  (path[0] === "paths" || path[0] === "components") && path.length < 3;

const differencesOf = (was: JsonObject, now: JsonObject): Difference[] =>
  differences(plain(was), plain(now), [], now).filter(
    // An added description is not a correction.
    ({ path, was: old }) => path.at(-1) !== "description" || old !== undefined,
  );

function differences(
  was: Json | undefined,
  now: Json | undefined,
  path: Path,
  document: JsonObject,
): Difference[] {
  if (isDeepStrictEqual(was, now)) return [];
  const [oldPart, freshPart] = [was, now].map((value) =>
    // A new path or group of schemas is compared entry by entry.
    value === undefined && isPlace(path) ? {} : value,
  );
  if (isObject(oldPart) && isObject(freshPart)) {
    if (isTyped(oldPart) && "$ref" in freshPart) {
      // The description of a shared schema is not specific to this use.
      return differences(oldPart, plain(follow(document, freshPart)), path, document).filter(
        (difference) => difference.path.at(-1) !== "description",
      );
    }
    if (isComposedOtherwise(oldPart, freshPart)) return [{ path, was, now }];
    return Object.keys({ ...oldPart, ...freshPart }).flatMap((key) =>
      differences(oldPart[key], freshPart[key], [...path, key], document),
    );
  }
  if (Array.isArray(was) && Array.isArray(now)) {
    return elementDifferences(was, now, path, document);
  }
  return [{ path, was, now }];
}

const compositions = ["$ref", "allOf", "anyOf", "oneOf"];
const isTyped = (schema: JsonObject): boolean =>
  "type" in schema && !compositions.some((keyword) => keyword in schema);

/** Whether two schemas are composed differently, so that only the whole schemas can be compared. */
const isComposedOtherwise = (one: JsonObject, other: JsonObject): boolean =>
  compositions.some((keyword) => !isDeepStrictEqual(one[keyword], other[keyword])) ||
  (one["type"] !== other["type"] && "items" in one !== "items" in other);

/** Compares elements that have the same name in both lists. Other elements count as removed or added. */
function elementDifferences(
  old: readonly Json[],
  fresh: readonly Json[],
  path: Path,
  document: JsonObject,
): Difference[] {
  const without = (some: readonly Json[], others: readonly Json[]): Json[] =>
    some.filter((one) => !others.some((other) => isDeepStrictEqual(one, other)));
  const nameOf = (element: Json): string | undefined =>
    isObject(element) && typeof element["name"] === "string" ? element["name"] : undefined;
  const [gone, come] = [without(old, fresh), without(fresh, old)];
  const named = gone.filter((one) => nameOf(one) !== undefined);
  const pairs = named.flatMap((one) => {
    const other = come.find((element) => nameOf(element) === nameOf(one));
    return other === undefined ? [] : [[one, other] as const];
  });
  const paired = new Set(pairs.flat());
  const single = (some: readonly Json[]): Json[] => some.filter((one) => !paired.has(one));
  const step = (element: Json): Path => {
    const name = nameOf(element);
    return name === undefined ? path : [...path, name];
  };
  return [
    ...pairs.flatMap(([one, other]) => differences(one, other, step(one), document)),
    ...single(gone)
      .filter(nameOf)
      .map((one) => ({ path: step(one), was: one, now: undefined })),
    ...single(come)
      .filter(nameOf)
      .map((one) => ({ path: step(one), was: undefined, now: one })),
    ...unnamedDifferences(
      single(gone).filter((one) => !nameOf(one)),
      single(come).filter((one) => !nameOf(one)),
      path,
    ),
  ];
}

/**
 * Combines all values that have no name, such as scopes, into one difference. In `security`, each kind of credentials
 * has a separate difference.
 */
function unnamedDifferences(
  gone: readonly Json[],
  come: readonly Json[],
  path: Path,
): Difference[] {
  const kindOf = (value: Json): string =>
    path.at(-1) === "security" ? (Object.keys(value as JsonObject)[0] ?? "") : "";
  return [...new Set([...gone, ...come].map(kindOf))].map((kind) => {
    const [was, now] = [gone, come].map((some) => some.filter((one) => kindOf(one) === kind));
    return {
      path: kind === "" ? path : [...path, kind],
      was: was?.length ? was : undefined,
      now: now?.length ? now : undefined,
    };
  });
}

/** Returns a value without this package's own marks (`x-…`) and without parts that the newest hubs no longer have. */
function plain(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((one) => plain(one) ?? null);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, one]) => !key.startsWith("x-") && at(one)["x-until"] === undefined)
      .map(([key, one]) => [key, plain(one) ?? null]),
  );
}
