/**
 * Writes openapi/upstream/ and its list, openapi/SOURCES.yaml: one document per major release, with a mark on the one
 * that the overlay corrects. document.ts reads them.
 */
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { dump } from "js-yaml";
import { readSources, readUpstream, sha256, type Source } from "./document.js";
import type { ReleasedDocument } from "./download-release.js";

export const fileOf = (root: string, version: string): string =>
  join(root, `openapi/upstream/${version}.yml`);

/** Compares releases by their numbers: 5.10 comes after 5.9, and a final release after its candidates. */
const byVersion = (a: string, b: string): number =>
  `${a}z`.localeCompare(`${b}z`, "en", { numeric: true });

/** Whether a release is newer than another. */
export const isNewer = (version: string, other: string): boolean => byVersion(version, other) > 0;

export interface ObtainedDocument {
  source: Source;
  bytes: Buffer;
  downloaded: boolean;
}

/** Returns a release's document, from openapi/upstream/ or from a download. Writes nothing. */
export function obtainDocument(
  root: string,
  version: string,
  download: (version: string) => ReleasedDocument,
): ObtainedDocument {
  const listed = readSources(root).find((one) => one.version === version);
  if (listed && existsSync(fileOf(root, version))) {
    readUpstream(root, listed);
    return { source: listed, bytes: readFileSync(fileOf(root, version)), downloaded: false };
  }
  const { file, bytes } = download(version);
  const source = listed ?? { version, file, sha256: sha256(bytes) };
  if (sha256(bytes) === source.sha256) return { source, bytes, downloaded: true };
  throw new Error(
    `What was downloaded as JupyterHub ${version} is not what was released: ` +
      `its sha256 is ${sha256(bytes)}, openapi/SOURCES.yaml has ${source.sha256}.`,
  );
}

/**
 * Vendors a document and marks it as the one to correct. A new release replaces the newest vendored release of its
 * major version. Returns the replaced one.
 */
export function vendorDocument(
  root: string,
  { source, bytes }: ObtainedDocument,
): Source | undefined {
  const { version } = source;
  const sources = readSources(root);
  const listed = sources.some((one) => one.version === version);
  const major = (release: string): number => Number.parseInt(release, 10);
  const replaced = listed
    ? undefined
    : sources.findLast((one) => major(one.version) === major(version));
  const others = sources.filter((one) => one.version !== version && one !== replaced);
  writeFileSync(fileOf(root, version), bytes);
  writeSources(root, [...others, source], version);
  if (replaced) rmSync(fileOf(root, replaced.version), { force: true });
  return replaced;
}

/** The lines of this repository's code that read the document of a release, as `file:line`. */
export function linesThatRead(root: string, version: string): string[] {
  const quoted = version.replaceAll(".", "\\.");
  const reads = new RegExp(`upstream(\\w*\\(\\s*|/)["'\`]?${quoted}(["'\`]|\\.yml)`);
  return ["examples", "scripts", "src", "test"]
    .filter((folder) => existsSync(join(root, folder)))
    .flatMap((folder) => readdirSync(join(root, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .flatMap((entry) => {
      const file = join(entry.parentPath, entry.name);
      return readFileSync(file, "utf8")
        .split("\n")
        .flatMap((line, index) =>
          reads.test(line) ? [`${relative(root, file)}:${index + 1}`] : [],
        );
    })
    .toSorted();
}

/** Writes the list to openapi/SOURCES.yaml, oldest release first. Keeps the comment at the top of that file. */
function writeSources(root: string, sources: readonly Source[], corrected: string): void {
  const path = join(root, "openapi/SOURCES.yaml");
  const head = /^(#.*\n)*/.exec(readFileSync(path, "utf8"))?.[0] ?? "";
  const list = sources
    .toSorted((a, b) => byVersion(a.version, b.version))
    .map(({ version, file, sha256 }) =>
      version === corrected
        ? { version, file, sha256, corrected: true }
        : { version, file, sha256 },
    );
  writeFileSync(path, head + dump(list, { lineWidth: -1 }));
}
