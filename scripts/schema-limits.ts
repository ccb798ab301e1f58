/** Compares limits, openness, marks and descriptions of schemas, parameters and operations. */
import { isDeepStrictEqual } from "node:util";
import { at, isObject, type Json } from "./json.js";
import type { DocumentNode } from "./document-node.js";
import type { Rule } from "./semver-rules.js";

/** Reports a change: its rule, the changed node (in a document that has this node), and the values before and after. */
export type Report = (rule: Rule, place: DocumentNode, label: string, detail?: string) => void;

/** The keywords for limits: `true` means that a larger number is stricter, `false` that a smaller one is. */
const limits = {
  minimum: true,
  exclusiveMinimum: true,
  minLength: true,
  minItems: true,
  minProperties: true,
  maximum: false,
  exclusiveMaximum: false,
  maxLength: false,
  maxItems: false,
  maxProperties: false,
} as const;

export function diffLimits(
  before: DocumentNode,
  after: DocumentNode,
  label: string,
  report: Report,
): void {
  for (const [keyword, isLower] of Object.entries(limits)) {
    const [old, now] = [at(before.value)[keyword], at(after.value)[keyword]];
    if (old === now) continue;
    const tighter =
      old === undefined || (now !== undefined && (isLower ? now! > old! : now! < old!));
    const detail = `${keyword} ${show(old)} → ${show(now)}`;
    report(tighter ? "limit tightened" : "limit loosened", after, label, detail);
  }
  const [old, now] = [at(before.value)["pattern"], at(after.value)["pattern"]];
  if (old !== now) {
    report(now === undefined ? "limit loosened" : "limit tightened", after, label, "pattern");
  }
}

/**
 * Compares `items` or `additionalProperties` if one of the two values is `true`, `false` or undefined, not a schema.
 */
export function diffOpenness(
  keyword: "items" | "additionalProperties",
  after: DocumentNode,
  old: Json | undefined,
  now: Json | undefined,
  label: string,
  report: Report,
): void {
  const isOpen = (value: Json | undefined): boolean => value !== undefined && value !== false;
  if (keyword === "items") {
    report(now === undefined ? "widened" : "narrowed", after, label);
  } else if (isOpen(old) !== isOpen(now)) {
    report(isOpen(now) ? "added" : "removed", after, label);
  } else if (isOpen(old)) {
    report(isObject(now) ? "narrowed" : "widened", after, label);
  }
}

/** Compares the marks of two nodes: their releases, their deprecation and their descriptions. */
export function diffMarks(
  before: DocumentNode,
  after: DocumentNode,
  label: string,
  report: Report,
): void {
  const [old, now] = [at(before.value), at(after.value)];
  const release = (value: Json | undefined, missing: number): number[] =>
    typeof value === "string" ? value.split(".").map(Number) : [missing];
  const isLater = (a: readonly number[], b: readonly number[]): boolean => {
    const index = a.findIndex((part, position) => part !== (b[position] ?? 0));
    return index >= 0 && (a[index] ?? 0) > (b[index] ?? 0);
  };
  if (old["x-since"] !== now["x-since"]) {
    const later = isLater(release(now["x-since"], 0), release(old["x-since"], 0));
    report(
      later ? "supported by fewer hubs" : "supported by more hubs",
      after,
      label,
      `since ${show(old["x-since"])} → ${show(now["x-since"])}`,
    );
  }
  if (old["x-until"] !== now["x-until"]) {
    const detail = `until ${show(old["x-until"])} → ${show(now["x-until"])}`;
    const later = isLater(release(now["x-until"], Infinity), release(old["x-until"], Infinity));
    const rule = later
      ? "supported by more hubs"
      : old["x-until"] === undefined
        ? "ended with a release"
        : "supported by fewer hubs";
    report(rule, after, label, detail);
  }
  if (!old["deprecated"] && now["deprecated"]) report("deprecated", after, label);
  const words = ["summary", "description", "title", "example", "examples", "format", "default"];
  const changed = words.filter((key) => !isDeepStrictEqual(old[key], now[key]));
  if (changed.length > 0) report("words", after, label, changed.join(", "));
}

const show = (value: Json | undefined): string =>
  value === undefined ? "none" : typeof value === "string" ? value : JSON.stringify(value);
