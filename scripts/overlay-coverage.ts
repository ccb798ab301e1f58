/**
 * npm run overlay:coverage   removes each entry of the overlay in turn, and checks that the recordings of the last
 *                            `npm run test:hub` detect the removal
 *
 * An entry is a group of neighbouring actions with the same reason. The removal of an entry about responses must be
 * detected: the document without the entry is violated by a response, or allows more for a field than hubs send, or no
 * longer describes a field. Contract tests cover the entries about requests.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import {
  overlyNumericFields,
  overlyOptionalFields,
  observe,
  unseenFields,
  type Observations,
} from "../test/hubs/loose-schemas.js";
import { recordings } from "../test/hubs/recorder.js";
import { validatorOf, type Answer } from "../test/hubs/validator.js";
import { isAtLeast } from "../src/core/version.js";
import { readArguments } from "./arguments.js";
import { operationsOf, readSources, readUpstream, sourceToCorrect } from "./document.js";
import { at, type JsonObject } from "./json.js";
import { keyOf } from "./operation-table.js";
import { actionsOf, applyOverlay, entriesOf, type Entry, type OverlayAction } from "./overlay.js";
import { projectionOf } from "../src/testing/mock/projection.js";
import { releases } from "./known-releases.js";

const root = join(import.meta.dirname, "..");

/** Whether an entry is about responses. */
const concernsAnswers = ({ actions }: Entry): boolean =>
  actions.some(({ target, update }) => {
    if (
      /responses|components\.schemas(?!\.(ServerRequest|ServerChanges|ServiceRequest))/.test(target)
    ) {
      return !isMark(update);
    }
    return false;
  });

/** Whether an update contains only marks and descriptions, which no response can show. */
const isMark = (update: unknown): boolean =>
  typeof update === "object" &&
  update !== null &&
  !Array.isArray(update) &&
  Object.keys(update).every((key) => key.startsWith("x-") || key === "description");

interface Evaluation {
  violations: number;
  /** The places where the document allows more than hubs send. */
  loose: ReadonlySet<string>;
  /** The fields that the document describes. */
  fields: ReadonlySet<string>;
}

function evaluate(
  document: JsonObject,
  answers: ReadonlyMap<string, readonly Answer[]>,
): Evaluation {
  let violations = 0;
  const observed: Observations = new Map();
  const seen = new Set<string>();
  for (const [version, all] of answers) {
    const projection = projectionOf(document, version);
    const validate = validatorOf(projection);
    violations += all.filter((answer) => validate(answer).length > 0).length;
    for (const { operation, status } of all) seen.add(`${operation} ${status}`);
    if (Number.parseInt(version) >= 5) observe(projection, all, observed);
  }
  const statuses = operationsOf(document).flatMap((one) =>
    Object.keys(at(one.operation, "responses")).map((status) => `${keyOf(one)} ${status}`),
  );
  const loose = [
    ...overlyOptionalFields(observed).map((field) => `${field} is always present`),
    ...unseenFields(observed),
    ...overlyNumericFields(observed).map((field) => `${field} is always an integer`),
    ...statuses.filter((status) => !seen.has(status)).map((status) => `${status} never occurs`),
  ];
  return { violations, loose: new Set(loose), fields: new Set(observed.keys()) };
}

/** Returns how the removal of an entry is detected; undefined if it is not detected. */
function reasonDetected(
  entry: Entry,
  actions: readonly OverlayAction[],
  upstream: JsonObject,
  answers: ReadonlyMap<string, readonly Answer[]>,
  whole: Evaluation,
): string | undefined {
  const rest = actions.filter((action) => !entry.actions.includes(action));
  let document: JsonObject;
  try {
    document = applyOverlay(upstream, { actions: rest } as unknown as JsonObject);
  } catch {
    return "entries that depend on it no longer apply";
  }
  const without = evaluate(document, answers);
  const more = without.violations - whole.violations;
  if (more > 0) return `${more} responses violate the document`;
  const looser = [...without.loose].filter((line) => !whole.loose.has(line));
  if (looser.length > 0) return `it is too loose: ${looser.slice(0, 2).join(", ")}`;
  const silent = [...whole.fields].filter((field) => !without.fields.has(field));
  return silent.length > 0 ? `it no longer describes ${silent.slice(0, 2).join(", ")}` : undefined;
}

const { values } = readArguments("npm run overlay:coverage [-- --verbose]", {
  verbose: { type: "boolean" },
});
const source = sourceToCorrect(readSources(root));
// Newer hubs are left out, since they send responses that the document does not describe.
const available = releases.filter(
  (version) =>
    isAtLeast(source.version, version) && existsSync(join(root, ".cache/recordings", version)),
);
if (!available.some((version) => Number.parseInt(version) >= 5)) {
  console.error(
    `There are no recordings of a hub from 5.0 to ${source.version}, which the document is made from: ` +
      "run `npm run test:hub` first.",
  );
  process.exit(1);
}
const upstream = readUpstream(root, source);
const overlay = load(readFileSync(join(root, "openapi/overlay.yaml"), "utf8")) as JsonObject;
const actions = actionsOf(overlay);
const answers = new Map(available.map((version) => [version, recordings(version)]));
const whole = evaluate(applyOverlay(upstream, overlay), answers);

const entries = entriesOf(overlay);
const concerned = entries.filter(concernsAnswers);
const excused = concerned.filter(({ actions: own }) => own.some((action) => action["x-unshown"]));
const undetected = concerned.filter((entry) => {
  const reason = reasonDetected(entry, actions, upstream, answers, whole);
  if (values.verbose) console.log(`${reason ?? "NOT DETECTED"}  ${entry.name}`);
  return reason === undefined;
});
const unexplained = undetected.filter((entry) => !excused.includes(entry));
const wronglyExcused = excused.filter((entry) => !undetected.includes(entry));
console.log(
  `${concerned.length - undetected.length} of ${concerned.length} entries about responses are detected when they are removed ` +
    `from the document of ${source.version}, by recordings of ${available.join(", ")}; ${entries.length - concerned.length} more are about requests, names, scopes or descriptions.`,
);
for (const { name, actions: own } of undetected) {
  const reason = own.find((action) => action["x-unshown"])?.["x-unshown"];
  console.log(`  not detected: ${name}${reason ? ` (${reason})` : ""}`);
}
for (const { name } of wronglyExcused) console.log(`  detected, though it has x-unshown: ${name}`);
if (unexplained.length > 0 || wronglyExcused.length > 0) process.exitCode = 1;
