/**
 * What a newer document changes for those who call the API, and how grave that is: `redocly diff`, told
 * operation by operation. A change in a shared part is told once, with the operations that it reaches.
 * redocly cannot compare Swagger 2.0 with OpenAPI 3; there compare.ts does, by names alone.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { load } from "js-yaml";
import { compare, type Comparison } from "./compare.js";
import { follow, methods, operationsOf, resolveReference } from "./document.js";
import { at, isObject, type Json, type JsonObject } from "./json.js";
import { keyOf } from "./operation-table.js";
import { redocly } from "./redocly.js";

const impacts = ["major", "minor", "patch"] as const;
type Impact = (typeof impacts)[number];

export interface SpecDiff {
  verdict: Impact | "none";
  by: "redocly diff" | "names alone";
  added: string[];
  removed: string[];
  /** Operations first, then shared parts such as `schemas/User`, then the rest of the document. */
  changed: { what: string; lines: string[] }[];
}

/** What is read of redocly's report. */
interface Report {
  bump?: Impact;
  changes: Change[];
}
interface Change {
  path: string;
  kind: "added" | "removed" | "modified";
  impact: Impact;
  property?: string;
  verdicts: { message: string }[];
  base?: { pointer: string };
  revision?: { pointer: string };
}

/** Compares two documents, given as texts; `root` is where redocly is installed. */
export function specDiff(baseText: string, revisionText: string, root: string): SpecDiff {
  const [base, revision] = [load(baseText) as JsonObject, load(revisionText) as JsonObject];
  const byNames = compare(base, revision);
  if ("swagger" in base !== "swagger" in revision) return diffByNames(byNames);

  const { added, removed } = byNames;
  const report = redoclyReport(baseText, revisionText, root);
  const places = new Map<string, Change[]>();
  for (const change of report.changes) {
    const place = placeOf(change);
    places.set(place, [...(places.get(place) ?? []), change]);
  }
  // Told already: operations that are new or gone, the paths of nothing else, and the version.
  for (const key of [...added, ...removed]) {
    places.delete(key);
    places.delete(key.slice(key.indexOf(" ") + 1));
  }
  places.delete("info");

  const changed = [...places].map(([what, changes]) => {
    const lines = changes
      .toSorted((a, b) => impacts.indexOf(a.impact) - impacts.indexOf(b.impact))
      .map((change) => lineOf(change, what, change.revision ? revision : base));
    const reached = new Set([base, revision].flatMap((one) => operationsWith(one, what)));
    if (changes.some(({ impact }) => impact !== "patch") && reached.size > 0) {
      lines.push(`reaches ${[...reached].join(", ")}`);
    }
    return { what, lines: [...new Set(lines)] };
  });
  const rank = ({ what }: { what: string }): number =>
    what.includes(" ") ? 0 : what.includes("/") ? 1 : 2;
  return {
    verdict: report.bump ?? "none",
    by: "redocly diff",
    added,
    removed,
    changed: changed.toSorted((a, b) => rank(a) - rank(b)),
  };
}

/** The diff in words, a line each. */
export const diffLines = ({ added, removed, changed }: SpecDiff): string[] => [
  ...added.map((operation) => `  added    ${operation}`),
  ...removed.map((operation) => `  removed  ${operation}`),
  ...changed.flatMap(({ what, lines }) => [
    `  changed  ${what}`,
    ...lines.map((line) => `             ${line}`),
  ]),
];

function diffByNames({ added, removed, changed }: Comparison): SpecDiff {
  const breaks = removed.length > 0 || changed.some(({ lacks }) => lacks.length > 0);
  return {
    verdict: breaks ? "major" : added.length + changed.length > 0 ? "minor" : "none",
    by: "names alone",
    added,
    removed,
    changed: changed.map(({ operation, lacks, adds }) => ({
      what: operation,
      lines: [
        ...lacks.map((one) => `major  no more ${one}`),
        ...adds.map((one) => `minor  ${one}`),
      ],
    })),
  };
}

function redoclyReport(base: string, revision: string, root: string): Report {
  const folder = mkdtempSync(join(tmpdir(), "spec-diff-"));
  try {
    const files = Object.entries({ base, revision }).map(([name, text]) => {
      const file = join(folder, `${name}.yaml`);
      writeFileSync(file, text);
      return file;
    });
    const report = redocly(root, ["diff", ...files, "--format=json", "--fail-on=none"]);
    return JSON.parse(report) as Report;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const stepsOf = (pointer: string): string[] =>
  pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));

const pointersOf = ({ base, revision }: Change): string[] =>
  [base?.pointer, revision?.pointer].filter((pointer) => pointer !== undefined);

/** `schemas/User` of a pointer into what operations share. */
function sharedPart([part, kind, name]: string[]): string | undefined {
  if (part === "definitions") return `definitions/${kind}`;
  return part === "components" && name !== undefined ? `${kind}/${name}` : undefined;
}

/** Where a change is told: `GET /users`, `schemas/User`, or `security` for all of the document. */
function placeOf(change: Change): string {
  const shared = pointersOf(change).map((pointer) => sharedPart(stepsOf(pointer)));
  if (shared[0] && shared.every((name) => name === shared[0])) return shared[0];
  const [part, path = "", method] = stepsOf(change.path);
  if (part !== "paths") return part || "document";
  return methods.some((one) => one === method) ? `${method?.toUpperCase()} ${path}` : path;
}

function lineOf(change: Change, place: string, document: JsonObject): string {
  const message = change.verdicts.map((verdict) => verdict.message).join(" ");
  if (message) return `${change.impact}  ${message}`;
  const [pointer = ""] = pointersOf(change);
  const shared = sharedPart(stepsOf(pointer)) === place;
  const steps = stepsOf(shared ? pointer : change.path);
  const [part = "", first = "", second = ""] = steps;
  const inside = steps.slice(
    part === "paths" || part === "components" ? 3 : part === "info" ? 1 : 2,
  );
  if (!shared && change.property !== undefined) inside.push(change.property);
  if (part === "paths" && inside[0] === "parameters") {
    const parameters = at(document, "paths", first, second)["parameters"];
    const parameter = Array.isArray(parameters) ? parameters[Number(inside[1])] : undefined;
    const { name } = follow(document, parameter);
    if (typeof name === "string") inside[1] = name;
  }
  return `${change.impact}  ${change.kind} ${inside.join("/")}`.trimEnd();
}

/** The operations that refer to a shared part, directly or by way of other parts. */
function operationsWith(document: JsonObject, place: string): string[] {
  const reaches = (node: Json | undefined, seen: Set<string>): boolean => {
    if (Array.isArray(node)) return node.some((one) => reaches(one, seen));
    if (!isObject(node)) return false;
    const { $ref } = node;
    if (typeof $ref === "string" && !seen.has($ref)) {
      seen.add($ref);
      if (sharedPart(stepsOf($ref)) === place) return true;
      if (reaches(resolveReference(document, $ref), seen)) return true;
    }
    return Object.values(node).some((one) => reaches(one, seen));
  };
  return operationsOf(document)
    .filter(({ path, operation }) =>
      reaches([operation, at(document, "paths", path)["parameters"] ?? []], new Set()),
    )
    .map(keyOf);
}
