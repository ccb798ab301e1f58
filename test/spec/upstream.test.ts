/** Checks that the vendored documents equal JupyterHub's own, byte for byte, and come with their licence. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import {
  operationsOf,
  readSources,
  readUpstream,
  sha256,
  type Source,
} from "../../scripts/document.js";
import { root, scratchFolder } from "./root.js";

const sources = readSources(root);
const upstream = join(root, "openapi/upstream");

/** The number of operations in the documents of these releases. Any other document must have at least 35. */
const operations: Readonly<Record<string, number>> = {
  "1.2.2": 35,
  "1.5.1": 35,
  "2.3.1": 35,
  "3.1.1": 35,
  "4.1.6": 36,
  "5.5.4": 51,
  "6.1.1": 54,
};

/** The releases whose documents state a wrong version, each with that version. */
const misnamed: Readonly<Record<string, string>> = { "1.2.2": "1.2.0dev" };

describe("openapi/upstream", () => {
  it("contains the documents that SOURCES.yaml lists, their licence and nothing else", () => {
    const listed = sources.map(({ version }) => `${version}.yml`);
    expect(readdirSync(upstream).toSorted()).toEqual([...listed, "LICENSE"].toSorted());
  });

  it("has its documents listed in SOURCES.yaml from the oldest release to the newest", () => {
    const versions = sources.map(({ version }) => version);
    const byNumbers = new Intl.Collator("en", { numeric: true });
    expect(versions).toEqual(versions.toSorted(byNumbers.compare));
  });

  it("has a document of every major version up to the newest", () => {
    const majors = [...new Set(sources.map(({ version }) => Number.parseInt(version)))];
    expect(majors).toEqual(Array.from({ length: majors.at(-1) ?? 0 }, (_, index) => index + 1));
    expect(majors.length).toBeGreaterThan(5);
  });

  it("keeps JupyterHub's copyright notice and conditions", () => {
    const licence = readFileSync(join(upstream, "LICENSE"), "utf8");
    expect(licence).toMatch(/^Copyright 2014-, Jupyter Development Team$/m);
    expect(licence).toContain("Redistributions of source code must retain the above copyright");
    expect(licence).toContain("THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS");
  });

  describe.each(sources)("the document of $version", (source) => {
    it("has the sha256 from SOURCES.yaml", () => {
      const file = readFileSync(join(upstream, `${source.version}.yml`), "utf8");
      expect(sha256(file)).toBe(source.sha256);
    });

    it("can be parsed, names its release and has the expected number of operations", () => {
      const document = readUpstream(root, source);
      const { version } = source;
      expect(document["info"]).toMatchObject({ version: misnamed[version] ?? version });
      const count = operationsOf(document).length;
      expect(count).toBeGreaterThanOrEqual(35);
      expect(count).toBe(operations[version] ?? count);
    });

    it("is listed with its path in JupyterHub's repository", () => {
      expect(source.file).toBe(
        source.version.startsWith("1.") ? "docs/rest-api.yml" : "docs/source/_static/rest-api.yml",
      );
    });
  });

  it("cannot be read if a file was modified, and the error names the file", () => {
    const copy = scratchFolder();
    cpSync(join(root, "openapi"), join(copy, "openapi"), { recursive: true });
    const [source] = sources as [Source];
    const file = `openapi/upstream/${source.version}.yml`;
    writeFileSync(join(copy, file), `${readFileSync(join(copy, file), "utf8")}\n`);
    expect(() => readUpstream(copy, source)).toThrow(
      `${file} is not the file that JupyterHub ${source.version} released`,
    );
  });
});
