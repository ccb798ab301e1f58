/** The vendored documents: what JupyterHub released, byte for byte, and whose they are. */
import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { operationsOf, readSources, readUpstream, sha256 } from "../../scripts/document.js";
import { root, scratchFolder } from "./root.js";

const sources = readSources(root);
const upstream = join(root, "openapi/upstream");

/** How many operations each release documents, and what it says its version is. */
const documented = {
  "1.2.2": { operations: 35, says: "1.2.0dev" },
  "1.5.1": { operations: 35, says: "1.5.1" },
  "2.3.1": { operations: 35, says: "2.3.1" },
  "3.1.1": { operations: 35, says: "3.1.1" },
  "4.1.6": { operations: 36, says: "4.1.6" },
  "5.5.4": { operations: 51, says: "5.5.4" },
  "6.1.1": { operations: 54, says: "6.1.1" },
} as const;

describe("openapi/upstream", () => {
  it("holds the documents that SOURCES.yaml lists, their licence and nothing else", () => {
    const listed = sources.map(({ version }) => `${version}.yml`);
    expect(readdirSync(upstream).toSorted()).toEqual([...listed, "LICENSE"].toSorted());
  });

  it("is listed from the oldest release to the newest", () => {
    expect(sources.map(({ version }) => version)).toEqual(Object.keys(documented));
  });

  it("keeps JupyterHub's copyright notice and conditions", () => {
    const licence = readFileSync(join(upstream, "LICENSE"), "utf8");
    expect(licence).toMatch(/^Copyright 2014-, Jupyter Development Team$/m);
    expect(licence).toContain("Redistributions of source code must retain the above copyright");
    expect(licence).toContain("THIS SOFTWARE IS PROVIDED BY THE COPYRIGHT HOLDERS");
  });

  describe.each(sources)("$version", (source) => {
    it("has the sha256 that stands in SOURCES.yaml", () => {
      const file = readFileSync(join(upstream, `${source.version}.yml`), "utf8");
      expect(sha256(file)).toBe(source.sha256);
    });

    it("parses, says which release it is and documents its operations", () => {
      const document = readUpstream(root, source);
      const { operations, says } = documented[source.version as keyof typeof documented];
      expect(document["info"]).toMatchObject({ version: says });
      expect(operationsOf(document)).toHaveLength(operations);
    });

    it("comes from where that release keeps its document", () => {
      expect(source.file).toBe(
        source.version.startsWith("1.") ? "docs/rest-api.yml" : "docs/source/_static/rest-api.yml",
      );
    });
  });

  it("is refused by name once a file is not what was released", () => {
    const copy = scratchFolder();
    cpSync(join(root, "openapi"), join(copy, "openapi"), { recursive: true });
    const edited = join(copy, "openapi/upstream/4.1.6.yml");
    writeFileSync(edited, `${readFileSync(edited, "utf8")}\n`);
    const source = sources.find(({ version }) => version === "4.1.6")!;
    expect(() => readUpstream(copy, source)).toThrow(
      "openapi/upstream/4.1.6.yml is not the file that JupyterHub 4.1.6 released",
    );
  });
});
