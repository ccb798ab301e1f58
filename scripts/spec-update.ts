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
import { correctedDocument, operationsOf, readSources, readUpstream } from "./document.js";
import { generateForeign, readDocument, releaseOf, shortcomings } from "./foreign.js";
import type { JsonObject } from "./json.js";
import { commentOut, misfitsOf } from "./misfits.js";
import { keyOf } from "./operation-table.js";
import { downloadRelease } from "./release.js";
import { obtain, vendor } from "./sources.js";
import { diffLines, specDiff } from "./spec-diff.js";
import { writeGenerated } from "./write-generated.js";

const root = join(import.meta.dirname, "..");
const correctedFile = join(root, "openapi/jupyterhub.yaml");
const overlayFile = join(root, "openapi/overlay.yaml");
const usage =
  "Usage: npm run spec:update -- <version> [--drop-stale] | --from <file or URL> [version]";

const say = (...lines: string[]): void => console.log(lines.join("\n"));
const upstreamText = (version: string): string | undefined => {
  const file = join(root, `openapi/upstream/${version}.yml`);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
};

async function update(version: string, dropStale: boolean): Promise<void> {
  const before = readFileSync(correctedFile, "utf8");
  const generatedFrom = /^# upstream (\S+)/m.exec(before)?.[1] ?? "";
  const base = upstreamText(generatedFrom);

  const obtained = obtain(root, version, downloadRelease);
  const replaced = vendor(root, obtained);
  const { source, downloaded } = obtained;
  say(`JupyterHub ${version}: ${downloaded ? "downloaded" : "vendored already"}, ${source.file}`);
  if (replaced) say(`It takes the place of ${replaced.version}, the newest of its major release.`);
  say("");

  const upstream = readUpstream(root, source);
  if (base !== undefined && generatedFrom !== version) {
    const diff = specDiff(base, obtained.bytes.toString(), root);
    say(`Upstream, from ${generatedFrom} to ${version}: ${diff.verdict} (${diff.by})`);
    say(...diffLines(diff), "");
  }

  const overlay = readFileSync(overlayFile, "utf8");
  const misfits = misfitsOf(upstream, load(overlay) as JsonObject);
  if (misfits.length > 0) {
    say(`${misfits.length} entries of openapi/overlay.yaml do not apply to ${version}:`);
    say(...misfits.flatMap(({ problems }) => problems.map((problem) => `  - ${problem}`)));
    if (!dropStale) {
      throw new Error(
        "\nMend them and run this again, or run it with --drop-stale to comment them out. " +
          "Until then nothing is generated.",
      );
    }
    writeFileSync(overlayFile, commentOut(overlay, misfits, `JupyterHub ${version}`));
    say("They are commented out now.", "");
  }

  const { document, text } = correctedDocument(root);
  const diff = specDiff(before, text, root);
  say(`For users of this package, from ${generatedFrom} to ${version}: ${diff.verdict}`);
  say(...diffLines(diff), "");
  const news = operationsOf(document)
    .filter((one) => diff.added.includes(keyOf(one)) && !one.operation["x-since"])
    .map(keyOf);
  if (news.length > 0) {
    say(
      "New, without an `x-since` in the overlay, and without a method until scripts/aliases.ts has one:",
      ...news.map((operation) => `  ${operation}`),
      "",
    );
  }
  await writeGenerated(root, root);
  say("", "openapi/jupyterhub.yaml and generated/ are written. Review the diff; then npm test.");
}

async function from(place: string, asked: string | undefined): Promise<void> {
  const document = await readDocument(place);
  const { folder, operations, complaints } = await generateForeign(root, document);
  say("", `A client of ${place} is in ${folder}: ${operations} operations.`);
  if (complaints) throw new Error(`It does not compile:\n${complaints}`);

  const release = asked ?? releaseOf(document);
  const found = shortcomings(root, document, release);
  say(
    "It compiles.",
    "",
    `Beside ours for ${release === undefined ? "the newest hub" : `JupyterHub ${release}`}:`,
    ...(found.length > 0 ? found : ["  no difference"]),
  );
}

try {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2).filter((argument) => argument !== "--"),
    allowPositionals: true,
    options: { from: { type: "string" }, "drop-stale": { type: "boolean", default: false } },
  });
  const [version, ...more] = positionals;
  if (more.length > 0) throw new Error(usage);
  if (version !== undefined && !/^\d+\.\d+\.\d+((a|b|rc)\d+)?$/.test(version)) {
    throw new Error(`"${version}" is no release of JupyterHub, such as 6.1.1.\n${usage}`);
  }
  if (values.from !== undefined) await from(values.from, version);
  else if (version !== undefined) await update(version, values["drop-stale"]);
  else
    throw new Error(
      `${usage}\nVendored: ${readSources(root)
        .map((one) => one.version)
        .join(", ")}`,
    );
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
