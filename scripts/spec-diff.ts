/**
 * Compares two documents and rates the difference for users of this package: each change by a rule of
 * semver-rules.ts, and the most severe one as the verdict. A change of a shared part is reported once, with
 * the operations that use it. If one of the documents is Swagger 2.0, only names are compared.
 */
import { isDeepStrictEqual } from "node:util";
import { load } from "js-yaml";
import { compareDocuments } from "./compare-documents.js";
import { operationsOf, routeOf } from "./document.js";
import { at, isObject, type Json, type JsonObject } from "./json.js";
import { childNode, resolveNode, type DocumentNode } from "./document-node.js";
import { diffOperations, diffParameters, diffResponses } from "./operation-diff.js";
import { keyOf } from "./operation-table.js";
import { diffSchemas } from "./schema-diff.js";
import type { Report } from "./schema-limits.js";
import {
  gravest,
  impactOf,
  impacts,
  type Direction,
  type Impact,
  type Rule,
} from "./semver-rules.js";

export interface Change {
  /** The operation (`GET /users`) or the shared part (`schemas/User`) that changed. */
  place: string;
  /** The changed part of it: `parameter sort`, `body.scopes`, `200.items[].name`; empty if all of it changed. */
  label: string;
  rule: Rule;
  impact: Impact;
  /** The values before and after, or the added or removed value of an enumeration. */
  detail: string;
  /** The changed node: in the earlier document if the node was removed, otherwise in the later one. */
  at: DocumentNode;
}

export interface SpecDiff {
  verdict: Impact | "none";
  by: "types" | "names alone";
  changes: readonly Change[];
  /** The operations that use each changed shared part, in either document. */
  reach: ReadonlyMap<string, readonly string[]>;
}

/** Compares two documents, given as texts. */
export const specDiff = (base: string, revision: string): SpecDiff =>
  documentDiff(load(base) as JsonObject, load(revision) as JsonObject);

export function documentDiff(base: JsonObject, revision: JsonObject): SpecDiff {
  const changes: Change[] = [];
  const reporter =
    (place: string, directions: readonly Direction[]): Report =>
    (rule, located, label, detail = "") => {
      const impact = impactOf(rule, directions);
      changes.push({ place, label, rule, impact, detail, at: located });
    };
  const isSwagger = "swagger" in base || "swagger" in revision;
  const reach = new Map<string, string[]>();
  if (isSwagger) diffByNames(base, revision, reporter);
  else {
    const [before, after] = [operations(base), operations(revision)];
    for (const [route, one] of after) {
      const old = before.get(route);
      const report = reporter(one.key, ["request", "response"]);
      if (old) diffOperations(old.place, one.place, (direction) => reporter(one.key, [direction]));
      else report("operation added", one.place, "");
    }
    for (const [route, { key, place }] of before) {
      if (!after.has(route)) reporter(key, ["request", "response"])("operation removed", place, "");
    }
    diffShared(base, revision, (place) => {
      const used = [base, revision].flatMap((document) => usesOf(document, place));
      reach.set(place, [...new Set(used.map(({ operation }) => operation))]);
      const directions = [...new Set(used.map(({ direction }) => direction))];
      return reporter(place, directions.length > 0 ? directions : ["request", "response"]);
    });
  }
  return {
    verdict: gravest(changes.map(({ impact }) => impact)) ?? "none",
    by: isSwagger ? "names alone" : "types",
    changes,
    reach,
  };
}

const operations = (document: JsonObject): Map<string, { key: string; place: DocumentNode }> =>
  new Map(
    operationsOf(document).map((one) => [
      routeOf(one),
      {
        key: keyOf(one),
        place: { document, path: ["paths", one.path, one.method], value: one.operation },
      },
    ]),
  );

/** Compares shared parts and the names of scopes. */
function diffShared(
  base: JsonObject,
  revision: JsonObject,
  reporterOf: (place: string) => Report,
): void {
  const part = (document: JsonObject, kind: string): DocumentNode =>
    childNode({ document, path: [], value: document }, "components", kind);
  const each = (
    kind: string,
    both: (before: DocumentNode, after: DocumentNode, report: Report) => void,
    rules?: readonly [added: Rule, removed: Rule],
  ): void => {
    const [before, after] = [part(base, kind), part(revision, kind)];
    const names = Object.keys({ ...at(before.value), ...at(after.value) });
    for (const name of names) {
      const [one, other] = [childNode(before, name), childNode(after, name)];
      if (isDeepStrictEqual(one.value, other.value)) continue;
      const report = reporterOf(`${kind}/${name}`);
      if (one.value !== undefined && other.value !== undefined) both(one, other, report);
      else if (rules && other.value !== undefined) report(rules[0], other, "");
      else if (rules) report(rules[1], one, "");
    }
  };
  each("schemas", (one, other, report) => diffSchemas(one, other, "", report), [
    "type added",
    "type removed",
  ]);
  each("parameters", (one, other, report) => diffParameters(one, other, "", report));
  each("responses", (one, other, report) => diffResponses(one, other, "", report));
  each("requestBodies", (one, other, report) => diffResponses(one, other, "", report));
  each("securitySchemes", (one, other, report) => {
    const scopes = (place: DocumentNode): DocumentNode =>
      childNode(place, "flows", "authorizationCode", "scopes");
    const [before, after] = [at(scopes(one).value), at(scopes(other).value)];
    for (const scope of Object.keys(after).filter((name) => !(name in before))) {
      report(
        "value added to an open enumeration",
        childNode(scopes(other), scope),
        "scopes",
        scope,
      );
    }
    for (const scope of Object.keys(before).filter((name) => !(name in after))) {
      report("value removed", childNode(scopes(one), scope), "scopes", scope);
    }
  });
}

/**
 * Returns the operations that refer to a shared part, directly or through other parts, each with whether its request or
 * its response refers to the part.
 */
function usesOf(
  document: JsonObject,
  place: string,
): { operation: string; direction: Direction }[] {
  const target = `#/components/${place}`;
  const reaches = (node: Json | undefined, seen: Set<string>): boolean => {
    if (Array.isArray(node)) return node.some((one) => reaches(one, seen));
    if (!isObject(node)) return false;
    const { $ref } = node;
    if ($ref === target) return true;
    if (typeof $ref === "string" && !seen.has($ref)) {
      seen.add($ref);
      if (reaches(resolveNode({ document, path: [], value: node }).value, seen)) return true;
    }
    return Object.values(node).some((one) => reaches(one, seen));
  };
  return operationsOf(document).flatMap((one) => {
    const { parameters = [], requestBody = {}, responses = {} } = one.operation;
    const shared = at(document, "paths", one.path)["parameters"] ?? [];
    const sides: [Direction, Json][] = [
      ["request", [parameters, shared, requestBody]],
      ["response", responses],
    ];
    return sides
      .filter(([, node]) => reaches(node, new Set()))
      .map(([direction]) => ({ operation: keyOf(one), direction }));
  });
}

function diffByNames(
  base: JsonObject,
  revision: JsonObject,
  reporter: (place: string, directions: readonly Direction[]) => Report,
): void {
  const nowhere: DocumentNode = { document: revision, path: [], value: undefined };
  const { added, removed, changed } = compareDocuments(base, revision);
  const report = (rule: Rule, place: string, label = ""): void =>
    reporter(place, ["request", "response"])(rule, nowhere, label);
  for (const operation of added) report("operation added", operation);
  for (const operation of removed) report("operation removed", operation);
  for (const { operation, lacks, adds } of changed) {
    for (const what of lacks) report("removed", operation, what);
    for (const what of adds) report("added", operation, what);
  }
}

/** The differences as text, one line each. */
export function diffLines({ changes, reach }: SpecDiff): string[] {
  if (changes.length === 0) return ["  no difference"];
  const whole = (rule: Rule, word: string): string[] =>
    changes.filter((one) => one.rule === rule).map(({ place }) => `  ${word}  ${place}`);
  const inside = changes.filter(
    ({ rule }) => !rule.startsWith("operation ") || rule.endsWith("renamed"),
  );
  const places = [...new Set(inside.map(({ place }) => place))];
  // Operations before shared parts.
  const sorted = [...places.filter(isOperation), ...places.filter((place) => !isOperation(place))];
  return [
    ...whole("operation added", "added  "),
    ...whole("operation removed", "removed"),
    ...sorted.flatMap((place) => {
      const own = inside.filter((change) => change.place === place);
      const lines = own
        .toSorted((a, b) => impacts.indexOf(a.impact) - impacts.indexOf(b.impact))
        .map((change) => `${change.impact}  ${changeText(change)}`);
      const reached = reach.get(place) ?? [];
      const matters = own.some(({ impact }) => impact !== "patch") && reached.length > 0;
      if (matters) lines.push(`reaches ${reached.join(", ")}`);
      return [`  changed  ${place}`, ...[...new Set(lines)].map((line) => `             ${line}`)];
    }),
  ];
}

const isOperation = (place: string): boolean => place.includes(" ");

/** Returns a change as text: `body.scopes: removed` or `200.state: value added (held)`. */
export const changeText = ({ label, rule, detail }: Change): string =>
  `${label ? `${label}: ` : ""}${rule}${detail ? ` (${detail})` : ""}`;
