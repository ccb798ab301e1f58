/**
 * npm run spec:update -- 6.2.0                 makes that release's document the one that is corrected
 * npm run spec:update -- 6.2.0 --drop-stale    and comments out the overlay's entries that do not apply to it
 * npm run spec:update -- --from <file or URL>  a client of any document, as it is, in a scratch folder
 *
 * The first says what changed and how grave that is, names each entry of the overlay that no longer
 * applies, and regenerates once there is none: mend them, and run it again. The last changes nothing here.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { load } from "js-yaml";
import { correctedDocument, operationsOf, readSources, type Source } from "./document.js";
import { generateForeign, readDocument, releaseOf, shortcomings } from "./foreign.js";
import type { JsonObject } from "./json.js";
import { commentOut, misfitsOf } from "./misfits.js";
import { keyOf } from "./operation-table.js";
import { downloadRelease } from "./release.js";
import { filesNaming, obtain, vendor } from "./sources.js";
import { diffLines, specDiff, type SpecDiff } from "./spec-diff.js";
import { writeGenerated } from "./write-generated.js";

const root = join(import.meta.dirname, "..");
const correctedFile = join(root, "openapi/jupyterhub.yaml");
const overlayFile = join(root, "openapi/overlay.yaml");
const usage =
  "Usage: npm run spec:update -- <version> [--drop-stale] | --from <file or URL> [version]";

const say = (...lines: string[]): void => console.log(lines.join("\n"));
const versionsOf = (sources: readonly Source[]): string =>
  sources.map(({ version }) => version).join(", ");

async function update(version: string, dropStale: boolean): Promise<void> {
  const before = readFileSync(correctedFile, "utf8");
  const generatedFrom = /^# upstream (\S+)/m.exec(before)?.[1] ?? "";
  const step = `from ${generatedFrom} to ${version}`;
  const base = upstreamText(generatedFrom);

  const upstream = keep(version);
  if (base !== undefined && generatedFrom !== version) {
    tell(`Upstream, ${step}`, specDiff(base, upstream, root));
  }
  fitOverlay(version, load(upstream) as JsonObject, dropStale);

  const { document, text } = correctedDocument(root);
  const diff = specDiff(before, text, root);
  tell(`For users of this package, ${step}`, diff);
  const news = operationsOf(document)
    .filter((one) => diff.added.includes(keyOf(one)) && !one.operation["x-since"])
    .map((one) => `  ${keyOf(one)}`);
  if (news.length > 0) {
    say("New, to be given an `x-since` in the overlay and a method in src/:", ...news, "");
  }
  await writeGenerated(root, root);
  say("", "openapi/jupyterhub.yaml and generated/ are written. Review the diff; then npm test.");
}

function upstreamText(version: string): string | undefined {
  const file = join(root, `openapi/upstream/${version}.yml`);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}

/** Keeps the document of a release as the one that is corrected, and says so; returns its text. */
function keep(version: string): string {
  const obtained = obtain(root, version, downloadRelease);
  const replaced = vendor(root, obtained);
  const how = obtained.downloaded ? "downloaded" : "vendored already";
  say(`JupyterHub ${version}: ${obtained.source.file}, ${how}`);
  if (replaced) {
    say(
      `It takes the place of ${replaced.version}, the newest of its major release till now. Still naming that:`,
      ...filesNaming(root, replaced.version).map((file) => `  ${file}`),
    );
  }
  say(`Vendored: ${versionsOf(readSources(root))}; ${version} is the one that is corrected.`, "");
  return obtained.bytes.toString();
}

function tell(what: string, diff: SpecDiff): void {
  say(`${what}: ${diff.verdict} (${diff.by})`, ...diffLines(diff), "");
}

/** Names what of the overlay does not apply, and throws unless it may be commented out. */
function fitOverlay(version: string, upstream: JsonObject, dropStale: boolean): void {
  const overlay = readFileSync(overlayFile, "utf8");
  const misfits = misfitsOf(upstream, load(overlay) as JsonObject);
  if (misfits.length === 0) return;
  say(
    `${misfits.length} entries of openapi/overlay.yaml do not apply to ${version}:`,
    ...misfits.flatMap(({ problems }) => problems.map((problem) => `  - ${problem}`)),
  );
  if (!dropStale) {
    throw new Error(
      "\nMend them and run this again, or run it with --drop-stale to comment them out. " +
        "Until then nothing is generated.",
    );
  }
  writeFileSync(overlayFile, commentOut(overlay, misfits, `JupyterHub ${version}`));
  say("They are commented out now.", "");
}

async function from(place: string, asked: string | undefined): Promise<void> {
  const document = await readDocument(root, place);
  const { folder, operations, streams, complaints } = await generateForeign(root, document);
  say("", `A client of ${place} is in ${folder}: ${operations} operations.`);
  if (streams.length > 0) say(`Event streams have no function: ${streams.join(", ")}.`);
  if (complaints) throw new Error(`It does not compile:\n${complaints}`);

  say("It compiles.", "", ...shortcomings(root, document, asked ?? releaseOf(document)));
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
  const release = place === undefined ? /^\d+\.\d+\.\d+((a|b|rc)\d+)?$/ : /^\d+(\.\d+)*/;
  if (version !== undefined && !release.test(version)) {
    throw new Error(`"${version}" is no release of JupyterHub, such as 6.1.1.\n${usage}`);
  }
  if (place !== undefined) await from(place, version);
  else if (version !== undefined) await update(version, dropStale);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
