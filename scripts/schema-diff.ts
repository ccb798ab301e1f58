/**
 * Compares two schemas field by field, and names each change by a rule of semver-rules.ts.
 *
 * A schema that both documents refer to by the same name is compared once, where it is defined. Other references are
 * resolved. Fields of an `allOf` count as fields of the schema itself.
 */
import { isDeepStrictEqual } from "node:util";
import { at, isObject, type Json } from "./json.js";
import {
  childNode,
  resolveNode,
  listOf,
  referenceOf,
  sharesReference,
  type DocumentNode,
} from "./document-node.js";
import { diffLimits, diffMarks, diffOpenness, type Report } from "./schema-limits.js";

export function diffSchemas(
  base: DocumentNode,
  revision: DocumentNode,
  label: string,
  report: Report,
  seen: readonly string[] = [],
): void {
  if (sharesReference(base, revision)) return;
  const pair = `${referenceOf(base)} ${referenceOf(revision)}`;
  if (referenceOf(base) !== undefined && seen.includes(pair)) return;
  const inside = [...seen, pair];
  const [before, after] = [resolveNode(base), resolveNode(revision)];

  diffTypes(before, after, label, report);
  diffEnums(before, after, label, report);
  diffAlternatives(before, after, label, report, inside);
  diffFields(base, revision, label, report, inside);
  diffLimits(before, after, label, report);
  diffMarks(before, after, label, report);
  for (const [keyword, name] of [
    ["items", `${label}[]`],
    ["additionalProperties", `${label}.*`],
  ] as const) {
    const [one, other] = [childNode(before, keyword), childNode(after, keyword)];
    if (isObject(one.value) && isObject(other.value)) {
      diffSchemas(one, other, name, report, inside);
    } else if (!isDeepStrictEqual(one.value, other.value)) {
      diffOpenness(keyword, after, one.value, other.value, name, report);
    }
  }
}

const typesOf = ({ value }: DocumentNode): string[] => {
  const type = isObject(value) ? value["type"] : undefined;
  return [type].flat().filter((one) => typeof one === "string");
};

/** Whether a schema does not restrict the type of its values. */
const isAnything = (place: DocumentNode): boolean =>
  typesOf(place).length === 0 &&
  !["enum", "oneOf", "anyOf", "allOf", "properties"].some((key) => key in at(place.value));

function diffTypes(before: DocumentNode, after: DocumentNode, label: string, report: Report): void {
  const [old, now] = [typesOf(before), typesOf(after)];
  const detail = `${old.join(" | ") || "unspecified"} → ${now.join(" | ") || "unspecified"}`;
  if (isAnything(before) !== isAnything(after)) {
    report(isAnything(before) ? "narrowed" : "widened", after, label, detail);
    return;
  }
  if (old.length === 0 || now.length === 0) return;
  // In TypeScript, "integer" and "number" are both `number`; the client checks that integers are whole.
  const isNumber = (type: string): boolean => type === "integer" || type === "number";
  const lacks = (some: readonly string[], type: string): boolean =>
    !some.some((other) => other === type || (isNumber(other) && isNumber(type)));
  const [gone, come] = [
    old.filter((type) => lacks(now, type)),
    now.filter((type) => lacks(old, type)),
  ];
  if (come.length > 0) report("widened", after, label, detail);
  if (gone.some((type) => type !== "null")) report("alternative removed", after, label, detail);
  else if (gone.length > 0) report("narrowed", after, label, detail);
  const [wasWhole, isWhole] = [old.includes("integer"), now.includes("integer")];
  if (old.some(isNumber) && now.some(isNumber) && wasWhole !== isWhole) {
    report(isWhole ? "limit tightened" : "limit loosened", after, label, detail);
  }
}

function diffEnums(before: DocumentNode, after: DocumentNode, label: string, report: Report): void {
  const [old, now] = [childNode(before, "enum"), childNode(after, "enum")];
  if (Array.isArray(old.value) !== Array.isArray(now.value)) {
    if (isAnything(before) || isAnything(after)) return;
    report(Array.isArray(now.value) ? "narrowed" : "widened", after, label, "enum");
    return;
  }
  const [wasOpen, isOpen] = [before, after].map((place) => Boolean(at(place.value)["x-open"]));
  if (wasOpen !== isOpen) report(isOpen ? "widened" : "narrowed", after, label, "x-open");
  // A null in an enumeration counts as a type, not as a value.
  const values = (place: DocumentNode): Json[] =>
    listOf(place.value).filter((value) => value !== null);
  for (const value of values(now).filter((one) => !values(old).includes(one))) {
    const rule = isOpen ? "value added to an open enumeration" : "value added";
    report(rule, now, label, String(value));
  }
  for (const value of values(old).filter((one) => !values(now).includes(one))) {
    report("value removed", old, label, String(value));
  }
}

function diffAlternatives(
  before: DocumentNode,
  after: DocumentNode,
  label: string,
  report: Report,
  seen: readonly string[],
): void {
  const alternatives = (place: DocumentNode): DocumentNode[] =>
    ["oneOf", "anyOf"].flatMap((keyword) =>
      listOf(at(place.value)[keyword]).map((_, index) => childNode(place, keyword, index)),
    );
  const [old, now] = [alternatives(before), alternatives(after)];
  const without = (
    some: readonly DocumentNode[],
    others: readonly DocumentNode[],
  ): DocumentNode[] =>
    some.filter((one) => !others.some((other) => isDeepStrictEqual(other.value, one.value)));
  const [gone, come] = [without(old, now), without(now, old)];
  if (old.length === 0 || now.length === 0) {
    // A schema without alternatives counts as a union of one type.
    const union = old.length > 0 ? old : now;
    const single = old.length > 0 ? after : before;
    if (union.length === 0 || isAnything(single)) return;
    report(old.length > 0 ? "alternative removed" : "widened", after, label, "union");
    return;
  }
  for (const [index, one] of gone.entries()) {
    const other = come[index];
    if (other) diffSchemas(one, other, label, report, seen);
    else report("alternative removed", one, label, nameOf(one));
  }
  for (const one of come.slice(gone.length)) report("widened", one, label, nameOf(one));
}

const nameOf = (place: DocumentNode): string =>
  referenceOf(place)?.split("/").at(-1) ?? (typesOf(place).join(" | ") || "an alternative");

interface Field {
  place: DocumentNode;
  required: boolean;
}

/** Returns the fields of a schema, including those of its `allOf` and those beside its `$ref`. */
function fieldsOf(
  place: DocumentNode,
  seen: readonly (Json | undefined)[] = [],
): Map<string, Field> {
  const target = resolveNode(place);
  if (seen.includes(target.value)) return new Map();
  const layers = target === place ? [place] : [target, place];
  const parts = listOf(at(target.value)["allOf"]).map((_, index) =>
    childNode(target, "allOf", index),
  );
  const inherited = parts.flatMap((part) => [...fieldsOf(part, [...seen, target.value])]);
  const own = layers.flatMap((layer) =>
    Object.keys(at(layer.value, "properties")).map((name): [string, Field] => [
      name,
      { place: childNode(layer, "properties", name), required: false },
    ]),
  );
  const fields = new Map([...inherited, ...own]);
  for (const name of layers.flatMap((layer) => listOf(at(layer.value)["required"]))) {
    const field = fields.get(String(name));
    if (field) fields.set(String(name), { ...field, required: true });
  }
  return fields;
}

function diffFields(
  base: DocumentNode,
  revision: DocumentNode,
  label: string,
  report: Report,
  seen: readonly string[],
): void {
  const [before, after] = [fieldsOf(base), fieldsOf(revision)];
  const named = (name: string): string => (label ? `${label}.${name}` : name);
  for (const [name, field] of after) {
    const known = before.get(name);
    if (!known) {
      report(field.required ? "added as required" : "added", field.place, named(name));
      continue;
    }
    if (field.required !== known.required) {
      report(field.required ? "now required" : "no longer required", field.place, named(name));
    }
    diffSchemas(known.place, field.place, named(name), report, seen);
  }
  for (const [name, field] of before) {
    if (!after.has(name)) report("removed", field.place, named(name));
  }
}
