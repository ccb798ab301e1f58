/**
 * npm run spec:update -- 6.2.0                 makes that release's document the one that is corrected
 * npm run spec:update -- latest                does the same with the newest release
 * npm run spec:update -- 6.2.0 --drop-stale    also comments out the overlay's actions that do not apply
 * npm run spec:update -- --from <file or URL>  generates a client of any document in a separate folder
 *
 * The first three report the changes, their impact on users of this package and what to do. They list each overlay
 * action that no longer applies; fix these actions and run the command again. If there are none, or with --drop-stale,
 * they also generate the client. The last command changes nothing in the repository.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { readArguments } from "./arguments.js";
import { readSources, readYaml, sha256, type Source } from "./document.js";
import { comparisonLines, generateClientOf, readDocument, releaseOf } from "./import-document.js";
import type { JsonObject } from "./json.js";
import { commentOut, overlayConflicts, type Conflict } from "./overlay-conflicts.js";
import { downloadRelease, newestRelease } from "./download-release.js";
import {
  fileOf,
  isNewer,
  linesThatRead,
  obtainDocument,
  vendorDocument,
} from "./vendor-release.js";
import {
  actionsText,
  decisions,
  restoringActions,
  sinceActions,
  type Step,
} from "./spec-advice.js";
import { diffLines, documentDiff, type SpecDiff } from "./spec-diff.js";
import { writeGenerated } from "./generate-client.js";

const root = join(import.meta.dirname, "..");
const correctedFile = join(root, "openapi/jupyterhub.yaml");
const overlayFile = join(root, "openapi/overlay.yaml");
const usage =
  "npm run spec:update -- <version | latest> [--drop-stale] | --from <file or URL> [version]";

const print = (...lines: string[]): void => console.log(lines.join("\n"));
const versionsOf = (sources: readonly Source[]): string =>
  sources.map(({ version }) => version).join(", ");

async function update(version: string, dropStale: boolean): Promise<void> {
  const before = readFileSync(correctedFile, "utf8");
  const [, from = "", hash = ""] = /^# upstream (\S+) sha256 (\S+)/m.exec(before) ?? [];
  const base = earlierDocument(from, hash);
  vendorRelease(version);
  const upstream = readYaml(fileOf(root, version));
  const overlay = readFileSync(overlayFile, "utf8");
  const { conflicts, document } = overlayConflicts(upstream, load(overlay) as JsonObject);

  const users = documentDiff(load(before) as JsonObject, document);
  const step = `from ${from} to ${version}`;
  if (from !== version) {
    const own = documentDiff(base, upstream);
    print(`JupyterHub's own document, ${step}${comparisonNote(own)}:`, ...diffLines(own), "");
    print(`For users of this package, ${step}: ${users.verdict}${comparisonNote(users)}`);
    print(...diffLines(users), "");
    if (isNewer(version, from)) printAdvice(own, users, { from: from, to: version }, upstream);
  }
  fitOverlay(version, overlay, conflicts, dropStale);
  await writeGenerated(root, root);
  print("", "openapi/jupyterhub.yaml and generated/ are written. Review the diff; then npm test.");
}

/**
 * Returns JupyterHub's document of `version`, from which the corrected document was made. Downloads it if it is not
 * vendored.
 */
function earlierDocument(version: string, hash: string): JsonObject {
  const file = fileOf(root, version);
  const bytes = existsSync(file) ? readFileSync(file) : downloadRelease(version).bytes;
  if (sha256(bytes) === hash) return load(bytes.toString()) as JsonObject;
  throw new Error(
    `The document of JupyterHub ${version} is not the one that openapi/jupyterhub.yaml was made from: ` +
      `its sha256 is ${sha256(bytes)} instead of ${hash}. Restore openapi/ from the repository.`,
  );
}

/** Vendors the document of a release as the one that is corrected. */
function vendorRelease(version: string): void {
  const obtained = obtainDocument(root, version, downloadRelease);
  const replaced = vendorDocument(root, obtained);
  const how = obtained.downloaded ? "downloaded" : "vendored already";
  print(`JupyterHub ${version}: ${obtained.source.file}, ${how}`);
  if (replaced) {
    print(`It replaces ${replaced.version}, the newest vendored release of that major version.`);
    const lines = linesThatRead(root, replaced.version);
    if (lines.length > 0) {
      print(
        "These lines open the replaced document. Edit them:",
        ...lines.map((line) => `  ${line}`),
      );
    }
  }
  print(`Vendored: ${versionsOf(readSources(root))}; ${version} is the one that is corrected.`, "");
}

const comparisonNote = ({ by }: SpecDiff): string => (by === "types" ? "" : " (names only)");

/** Prints what to do about the changes of a newer release. */
function printAdvice(own: SpecDiff, users: SpecDiff, step: Step, upstream: JsonObject): void {
  const restoring = restoringActions(own, users, step, upstream);
  if (restoring.length > 0) {
    print(
      `Removed, though hubs before ${step.to} have it. To keep it for them, add these actions to`,
      "openapi/overlay.yaml, before all others:",
      ...actionsText(restoring),
      "",
    );
  }
  const since = sinceActions(users, step);
  if (since.length > 0) {
    print(
      "New. Check which release added it, and append to openapi/overlay.yaml:",
      ...actionsText(since),
      "",
    );
  }
  const lines = decisions(users);
  if (lines.length > 0) print("To decide, each on a real hub:", ...lines, "");
}

/** Prints the conflicting overlay actions. Comments them out if `dropStale` is set, and throws otherwise. */
function fitOverlay(
  version: string,
  overlay: string,
  conflicts: readonly Conflict[],
  dropStale: boolean,
): void {
  if (conflicts.length === 0) return;
  print(
    `${conflicts.length} actions of openapi/overlay.yaml conflict with ${version}:`,
    ...conflicts.flatMap(({ problems, remaining }) => [
      ...problems.map((problem) => `  - ${problem}`),
      ...remaining.map((target) => `    still applies to ${target}`),
    ]),
  );
  if (!dropStale) {
    throw new Error(
      "\nFix them and run this again, or run it with --drop-stale to comment them out. " +
        "Until then nothing is generated.",
    );
  }
  writeFileSync(overlayFile, commentOut(overlay, conflicts, `JupyterHub ${version}`));
  print("They are commented out now.", "");
}

async function from(place: string, requested: string | undefined): Promise<void> {
  const document = await readDocument(root, place);
  const { folder, operations, streams, compilerErrors } = await generateClientOf(root, document);
  print("", `A client of ${place} is in ${folder}: ${operations} operations.`);
  if (streams.length > 0) print(`Event streams have no function: ${streams.join(", ")}.`);
  if (compilerErrors) throw new Error(`It does not compile:\n${compilerErrors}`);

  print("It compiles.", "", ...comparisonLines(root, document, requested ?? releaseOf(document)));
}

try {
  const { values, positionals } = readArguments(
    usage,
    { from: { type: "string" }, "drop-stale": { type: "boolean", default: false } },
    1,
  );
  const [version] = positionals;
  const { from: place, "drop-stale": dropStale } = values;
  if ((place ?? version) === undefined) {
    throw new Error(`Usage: ${usage}\nVendored: ${versionsOf(readSources(root))}`);
  }
  const release = place === undefined ? /^(\d+\.\d+\.\d+((a|b|rc)\d+)?|latest)$/ : /^\d+(\.\d+)*/;
  if (version !== undefined && !release.test(version)) {
    throw new Error(`"${version}" is not a release of JupyterHub, such as 6.1.1.\nUsage: ${usage}`);
  }
  if (place !== undefined) await from(place, version);
  else if (version !== undefined) {
    await update(version === "latest" ? newestRelease() : version, dropStale);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
