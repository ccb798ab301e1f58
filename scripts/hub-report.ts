/**
 * Validates the responses of real hubs after a test run: strictly against the part of the corrected document that
 * applies to the hub's release and, for comparison, against JupyterHub's own document of that release. Each operation
 * must have succeeded at least once, and each declared status must have occurred.
 *
 * Hubs 5 and 6 must not deviate. test/hubs/deviations.yaml lists the deviations of older hubs exactly: a deviation that
 * is missing there is an error, and so is one that no longer occurs.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump, load } from "js-yaml";
import { isAtLeast } from "../src/core/version.js";
import { upstreamForValidation } from "../test/hubs/upstream.js";
import { recordings } from "../test/hubs/recorder.js";
import { observe, unseenFields } from "../test/hubs/loose-schemas.js";
import { validatorOf, type Answer, type Validator } from "../test/hubs/validator.js";
import { correctedDocument, operationsOf } from "./document.js";
import { at, type JsonObject } from "./json.js";
import { withPart } from "./marked-part.js";
import { keyOf } from "./operation-table.js";
import { projectionOf } from "../src/testing/mock/projection.js";
import { correctedRelease } from "./known-releases.js";

/** The violations of the document, by operation and status: "GET /users 200". */
type Deviations = Record<string, string[]>;

export interface HubReport {
  version: string;
  answers: number;
  operations: number;
  sent: number;
  /** Operations that declare a success status but never succeeded. */
  failed: string[];
  /** The number of responses with a status of 2xx. */
  successes: number;
  violations: number;
  upstreamViolations: number;
  /** The number of responses with a status of 2xx that violate JupyterHub's own document. */
  upstreamSuccessViolations: number;
  /** The number of different violations of the document. */
  ways: number;
  deviations: Deviations;
  /** Declared fields that no response of the newest hub contained, and nullable fields that were never null. */
  unseen: string[];
}

const root = join(import.meta.dirname, "..");
const listed = join(root, "test/hubs/deviations.yaml");

/** Returns the distinct violations of each operation and status. */
function deviationsOf(answers: readonly Answer[], validate: Validator): Deviations {
  const found = new Map<string, Set<string>>();
  for (const answer of answers) {
    const violations = validate(answer);
    if (violations.length === 0) continue;
    const key = `${answer.operation} ${answer.status}`;
    found.set(key, new Set([...(found.get(key) ?? []), ...violations]));
  }
  const entries = [...found].map(([key, lines]): [string, string[]] => [
    key,
    [...lines].toSorted(),
  ]);
  return Object.fromEntries(entries);
}

const isSuccess = (status: number | string): boolean => /^[23]/.test(String(status));

/** Returns the statuses that a document declares and that no response had. */
export function unseenIn(document: JsonObject, answers: readonly Answer[]): Deviations {
  const seen = new Set(answers.map(({ operation, status }) => `${operation} ${status}`));
  const isSeen = (operation: string, status: string, declared: readonly string[]): boolean =>
    status.endsWith("XX")
      ? answers.some(
          (one) =>
            one.operation === operation &&
            String(one.status).startsWith(status.charAt(0)) &&
            !declared.includes(String(one.status)),
        )
      : seen.has(`${operation} ${status}`);
  const unseen = operationsOf(document).flatMap((one) => {
    const declared = Object.keys(at(one.operation, "responses"));
    return declared
      .filter((status) => !isSeen(keyOf(one), status, declared))
      .map((status) => `${keyOf(one)} ${status}`);
  });
  return Object.fromEntries(unseen.map((key) => [key, ["is declared, but did not occur"]]));
}

export function reportOf(version: string): HubReport {
  const projection = projectionOf(correctedDocument(root).document, version);
  const known = operationsOf(projection).map(keyOf);
  const answers = recordings(version);
  // A hub that is too old for an operation answers 404 or 405, and its document does not have the operation.
  const relevant = answers.filter(
    ({ operation, status }) => known.includes(operation) || ![404, 405].includes(status),
  );
  const validate = validatorOf(projection);
  const validateUpstream = validatorOf(upstreamForValidation(version));
  const successes = relevant.filter(({ status }) => status >= 200 && status < 300);
  const count = (validate: Validator, all: readonly Answer[] = relevant): number =>
    all.filter((answer) => validate(answer).length > 0).length;
  const sent = new Set(relevant.map(({ operation }) => operation));
  const succeeded = new Set(
    relevant.filter(({ status }) => isSuccess(status)).map(({ operation }) => operation),
  );
  const broken = deviationsOf(relevant, validate);
  return {
    version,
    answers: relevant.length,
    operations: known.length,
    sent: known.filter((operation) => sent.has(operation)).length,
    failed: operationsOf(projection)
      .filter(({ operation }) => Object.keys(at(operation, "responses")).some(isSuccess))
      .map(keyOf)
      .filter((operation) => !succeeded.has(operation)),
    successes: successes.length,
    violations: count(validate),
    upstreamViolations: count(validateUpstream),
    upstreamSuccessViolations: count(validateUpstream, successes),
    ways: Object.values(broken).flat().length,
    deviations: { ...broken, ...unseenIn(projection, relevant) },
    unseen: version === correctedRelease ? unseenFields(observe(projection, relevant)) : [],
  };
}

export const readDeviations = (): Record<string, Deviations> =>
  existsSync(listed)
    ? ((load(readFileSync(listed, "utf8")) ?? {}) as Record<string, Deviations>)
    : {};

export function writeDeviations(reports: readonly HubReport[]): void {
  const all = readDeviations();
  for (const { version, deviations } of reports) {
    if (!isAtLeast(version, "5.0")) all[version] = sorted(deviations);
  }
  const header =
    "# Where responses of hubs before 5.0 deviate from the types. Written by\n" +
    "# `npm run test:hub -- --write`; a run fails if there is another deviation, or if one of these no longer occurs.\n";
  writeFileSync(listed, header + dump(sorted(all), { lineWidth: 110 }));
}

const sorted = <Value>(record: Record<string, Value>): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => a.localeCompare(b)));

/** The problems of a report; empty if there are none. */
export function problemsOf(report: HubReport): string[] {
  const { version, operations, sent, failed, deviations, unseen } = report;
  const expected = isAtLeast(version, "5.0") ? {} : (readDeviations()[version] ?? {});
  const lines = (all: Deviations): string[] =>
    Object.entries(all).flatMap(([key, violations]) => violations.map((one) => `${key}: ${one}`));
  const actual = new Set(lines(deviations));
  const known = new Set(lines(expected));
  return [
    ...(sent < operations ? [`${operations - sent} operations were not sent`] : []),
    ...failed.map((operation) => `never succeeds: ${operation}`),
    ...unseen.map((field) => `declared, but not observed: ${field}`),
    ...[...actual].filter((line) => !known.has(line)).map((line) => `deviates: ${line}`),
    ...[...known].filter((line) => !actual.has(line)).map((line) => `no longer deviates: ${line}`),
  ];
}

const percent = (part: number, whole: number): string =>
  `${part} (${Math.round((100 * part) / whole)} %)`;

/** The table in docs/types-and-proof.md. */
export function tableOf(reports: readonly HubReport[]): string {
  const rows = reports.map((one) => {
    return [
      one.version,
      `${one.sent} of ${one.operations}`,
      String(one.answers),
      percent(one.upstreamViolations, one.answers),
      String(one.successes),
      percent(one.upstreamSuccessViolations, one.successes),
      one.ways === 0 ? String(one.violations) : `${one.violations} in ${one.ways} listed ways`,
    ];
  });
  const head = [
    "hub",
    "operations",
    "all responses",
    "all: violate JupyterHub's document",
    "successful (2xx)",
    "2xx: violate JupyterHub's document",
    "2xx: violate the corrected document",
  ];
  return [head, head.map(() => "---"), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |`)
    .join("\n");
}

/** Writes the table of a run over all releases to docs/types-and-proof.md. */
export function writeTable(reports: readonly HubReport[]): void {
  const file = join(root, "docs/types-and-proof.md");
  const begin = "<!-- hubs: written by `npm run test:hub -- --write` -->";
  writeFileSync(file, withPart(readFileSync(file, "utf8"), begin, tableOf(reports), file));
}
