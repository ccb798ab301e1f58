/**
 * npm run spec:update -- 6.2.0                 makes that release's document the one that is corrected
 * npm run spec:update -- latest                the same with the newest release
 * npm run spec:update -- 6.2.0 --drop-stale    and comments out the overlay's actions that do not apply to it
 * npm run spec:update -- --from <file or URL>  a client of any document, as it is, in a scratch folder
 *
 * The first three say what changed, what that means for users of this package and what to do about it. They
 * name each action of the overlay that no longer applies, and regenerate once there is none: fix these, and
 * run the command again. The last changes nothing here.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { load } from "js-yaml";
import { readSources, readYaml, sha256, type Source } from "./document.js";
import { comparisonLines, generateClientOf, readDocument, releaseOf } from "./import-document.js";
import type { JsonObject } from "./json.js";
import { commentOut, overlayConflicts, type Conflict } from "./overlay-conflicts.js";
import { downloadRelease, newestRelease } from "./release.js";
import { fileOf, isNewer, linesReading, obtain, vendor } from "./sources.js";
import {
  actionsText,
  decisions,
  restoringActions,
  sinceActions,
  type Step,
} from "./spec-advice.js";
import { diffLines, documentDiff, type SpecDiff } from "./spec-diff.js";
import { writeGenerated } from "./write-generated.js";

const root = join(import.meta.dirname, "..");
const correctedFile = join(root, "openapi/jupyterhub.yaml");
const overlayFile = join(root, "openapi/overlay.yaml");
const usage =
  "Usage: npm run spec:update -- <version | latest> [--drop-stale] | --from <file or URL> [version]";

const say = (...lines: string[]): void => console.log(lines.join("\n"));
const versionsOf = (sources: readonly Source[]): string =>
  sources.map(({ version }) => version).join(", ");

async function update(version: string, dropStale: boolean): Promise<void> {
  const before = readFileSync(correctedFile, "utf8");
  const [, from = "", hash = ""] = /^# upstream (\S+) sha256 (\S+)/m.exec(before) ?? [];
  const base = earlierDocument(from, hash);
  keep(version);
  const upstream = readYaml(fileOf(root, version));
  const overlay = readFileSync(overlayFile, "utf8");
  const { conflicts, document } = overlayConflicts(upstream, load(overlay) as JsonObject);

  const users = documentDiff(load(before) as JsonObject, document);
  const step = `from ${from} to ${version}`;
  if (from !== version) {
    const own = documentDiff(base, upstream);
    say(`JupyterHub's own document, ${step}${namesAlone(own)}:`, ...diffLines(own), "");
    say(`For users of this package, ${step}: ${users.verdict}${namesAlone(users)}`);
    say(...diffLines(users), "");
    if (isNewer(version, from)) advise(own, users, { from, to: version }, upstream);
  }
  fitOverlay(version, overlay, conflicts, dropStale);
  await writeGenerated(root, root);
  say("", "openapi/jupyterhub.yaml and generated/ are written. Review the diff; then npm test.");
}

/** The document that the corrected one was made from, which may no longer be vendored. */
function earlierDocument(version: string, hash: string): JsonObject {
  const file = fileOf(root, version);
  const bytes = existsSync(file) ? readFileSync(file) : downloadRelease(version).bytes;
  if (sha256(bytes) === hash) return load(bytes.toString()) as JsonObject;
  throw new Error(
    `The document of JupyterHub ${version} is not the one that openapi/jupyterhub.yaml was made from: ` +
      `its sha256 is ${sha256(bytes)} instead of ${hash}. Restore openapi/ from the repository.`,
  );
}

/** Keeps the document of a release as the one that is corrected, and says so. */
function keep(version: string): void {
  const obtained = obtain(root, version, downloadRelease);
  const replaced = vendor(root, obtained);
  const how = obtained.downloaded ? "downloaded" : "vendored already";
  say(`JupyterHub ${version}: ${obtained.source.file}, ${how}`);
  if (replaced) {
    say(`It replaces ${replaced.version}, the newest of its major release until now.`);
    const lines = linesReading(root, replaced.version);
    if (lines.length > 0) {
      say(
        "These lines open the replaced document. Edit them:",
        ...lines.map((line) => `  ${line}`),
      );
    }
  }
  say(`Vendored: ${versionsOf(readSources(root))}; ${version} is the one that is corrected.`, "");
}

const namesAlone = ({ by }: SpecDiff): string => (by === "types" ? "" : " (by names alone)");

/** Says what to do about the changes of a newer release. */
function advise(own: SpecDiff, users: SpecDiff, step: Step, upstream: JsonObject): void {
  const restoring = restoringActions(own, users, step, upstream);
  if (restoring.length > 0) {
    say(
      `Removed, though hubs before ${step.to} have it. To keep it for them, add these actions to`,
      "openapi/overlay.yaml, before all others:",
      ...actionsText(restoring),
      "",
    );
  }
  const since = sinceActions(users, step);
  if (since.length > 0) {
    say(
      "New. Check which release brought it, and add to the end of openapi/overlay.yaml:",
      ...actionsText(since),
      "",
    );
  }
  const lines = decisions(users);
  if (lines.length > 0) say("To decide, each on a real hub:", ...lines, "");
}

/** Names the actions of the overlay that do not apply, and throws unless they may be commented out. */
function fitOverlay(
  version: string,
  overlay: string,
  conflicts: readonly Conflict[],
  dropStale: boolean,
): void {
  if (conflicts.length === 0) return;
  say(
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
  say("They are commented out now.", "");
}

async function from(place: string, asked: string | undefined): Promise<void> {
  const document = await readDocument(root, place);
  const { folder, operations, streams, complaints } = await generateClientOf(root, document);
  say("", `A client of ${place} is in ${folder}: ${operations} operations.`);
  if (streams.length > 0) say(`Event streams have no function: ${streams.join(", ")}.`);
  if (complaints) throw new Error(`It does not compile:\n${complaints}`);

  say("It compiles.", "", ...comparisonLines(root, document, asked ?? releaseOf(document)));
}

try {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2).filter((argument) => argument !== "--"),
    allowPositionals: true,
    options: { from: { type: "string" }, "drop-stale": { type: "boolean", default: false } },
  });
  const [version, ...more] = positionals;
  const { from: place, "drop-stale": dropStale } = values;
  if (more.length > 0 || (place ?? version) === undefined) {
    throw new Error(`${usage}\nVendored: ${versionsOf(readSources(root))}`);
  }
  const release = place === undefined ? /^(\d+\.\d+\.\d+((a|b|rc)\d+)?|latest)$/ : /^\d+(\.\d+)*/;
  if (version !== undefined && !release.test(version)) {
    throw new Error(`"${version}" is no release of JupyterHub, such as 6.1.1.\n${usage}`);
  }
  if (place !== undefined) await from(place, version);
  else if (version !== undefined) {
    await update(version === "latest" ? newestRelease() : version, dropStale);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
