/** The tarball has the expected contents, and packing it twice gives the same bytes. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, join, relative } from "node:path";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { describe, expect, it } from "vitest";
import { installed, pack, tarball } from "./packed.js";
import { manifest, root } from "./sources.js";

const files = readdirSync(installed, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => relative(installed, join(entry.parentPath, entry.name)));
const read = (file: string): string => readFileSync(join(installed, file), "utf8");
const sha256 = (file: string): string =>
  createHash("sha256").update(readFileSync(file)).digest("hex");

describe("the tarball", () => {
  it("has the same bytes when it is built and packed again", () => {
    expect(sha256(pack(join(root, ".cache/packed/again")))).toBe(sha256(tarball()));
  });

  it.each(["README.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)])(
    "contains every file that %s links to",
    (page) => {
      const links = [...read(page).matchAll(/\]\((?!https?:|#)([^)#\s]+)/g)];
      const paths = links.map(([, path = ""]) => join(installed, dirname(page), path));
      expect(paths.filter((path) => !existsSync(path))).toEqual([]);
    },
  );

  it("contains the licences, the change log and the documentation, but no tests", () => {
    expect(files).toEqual(
      expect.arrayContaining([
        "AGENTS.md",
        "CHANGELOG.md",
        "LICENSE",
        "README.md",
        "SECURITY.md",
        "generated/LICENSE.md",
        "openapi/upstream/LICENSE",
      ]),
    );
    expect(files.some((file) => file.startsWith("docs/"))).toBe(true);
    expect(files.filter((file) => file.endsWith(".test.ts"))).toEqual([]);
    expect(files.filter((file) => /tsbuildinfo|tsconfig/.test(file))).toEqual([]);
  });

  it("contains no path of the machine that built it", () => {
    expect(files.filter((file) => read(file).includes(root))).toEqual([]);
  });
});

describe("checks by other tools", () => {
  it("publint reports nothing", async () => {
    const { messages, pkg } = await publint({ pkgDir: installed, pack: false, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it("attw finds the types of every entry, except for `require` before Node 20.19", async () => {
    const entrypoints = Object.keys(manifest.exports).filter((name) => !name.endsWith("json"));
    const checked = await checkPackage(createPackageFromTarballData(readFileSync(tarball())), {
      entrypoints,
    });
    if (checked.types === false) throw new Error("attw finds no types.");
    // The package is ESM only, and module resolution that ignores `exports` is not supported.
    const expected = (problem: object): boolean =>
      ("kind" in problem && problem.kind === "CJSResolvesToESM") ||
      ("resolutionKind" in problem && problem.resolutionKind === "node10");
    expect(checked.problems.filter((problem) => !expected(problem))).toEqual([]);
    expect(Object.keys(checked.entrypoints).toSorted()).toEqual(entrypoints.toSorted());
  });
});

const maps = files.filter((file) => file.endsWith(".map"));

describe("the source maps and declaration maps", () => {
  it.each(maps)("name only sources that are in the tarball: %s", (map) => {
    const { sources } = JSON.parse(read(map)) as { sources: string[] };
    expect(sources.length).toBeGreaterThan(0);
    const paths = sources.map((source) => join(dirname(join(installed, map)), source));
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
  });

  it.each([
    ["dist/index.js", "async createTemporary(", "src/resources/tokens.ts"],
    ["dist/shared.js", "function assertHubResponse(", "src/core/response.ts"],
    ["dist/shared2.d.ts", "  createTemporary(", "src/resources/tokens.ts"],
    ["dist/shared.d.ts", "class SpawnFailedError", "src/core/errors.ts"],
    ["dist/api.d.ts", "const createClient:", "src/api.ts"],
  ])("in %s, map `%s` to its line in %s", (file, text, source) => {
    const lines = read(file).split("\n");
    const line = lines.findIndex((one) => one.includes(text));
    const name = /[\w$]+(?=[^\w$]*$)/.exec(text)![0];
    const column = lines[line]!.indexOf(name);
    const found = new SourceMap(JSON.parse(read(`${file}.map`)) as SourceMapPayload).findEntry(
      line,
      column,
    );
    if (!("originalSource" in found)) throw new Error(`Nothing is mapped at ${file}:${line + 1}`);
    expect(join("dist", found.originalSource)).toBe(source);
    expect(read(source).split("\n")[found.originalLine]).toContain(name);
  });
});
