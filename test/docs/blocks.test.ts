/** README and docs/: every TypeScript block compiles, the blocks that can run do so, and every link has a target. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { afterEach, describe, expect, it } from "vitest";
import { JupyterHub } from "../../src/index.js";
import { checkHub, FakeHub } from "../../src/testing/index.js";
import { root } from "../spec/root.js";
import { docsBlocks, given, pages } from "./blocks.js";

const folder = join(root, ".cache/docs-blocks");
const fileOf = (index: number): string => join(folder, `block-${index}.ts`);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "given.d.ts"), given);
docsBlocks.forEach(({ code }, index) => writeFileSync(fileOf(index), `${code}export {};\n`));

/** The compiler's errors, by the file of the block. */
const complaints = ((): ReadonlyMap<string, string> => {
  const { config } = ts.readConfigFile(join(root, "tsconfig.base.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const program = ts.createProgram(
    [join(folder, "given.d.ts"), ...docsBlocks.map((_, i) => fileOf(i))],
    {
      ...options,
      noEmit: true,
      noUnusedLocals: false,
      noUnusedParameters: false,
      skipLibCheck: true,
      types: ["node"],
      paths: {
        "jupyterhub-client": [join(root, "src/index.ts")],
        "jupyterhub-client/api": [join(root, "src/api.ts")],
        "jupyterhub-client/testing": [join(root, "src/testing/index.ts")],
      },
    },
  );
  const all = docsBlocks.map((_, index): [string, string] => {
    const file = program.getSourceFile(fileOf(index));
    const found = [
      ...program.getSyntacticDiagnostics(file),
      ...program.getSemanticDiagnostics(file),
    ];
    const text = found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"));
    return [fileOf(index), text.join("\n")];
  });
  return new Map(all);
})();

const rows = docsBlocks.map((block, index) => ({ ...block, file: fileOf(index) }));
const global = { fetch: globalThis.fetch, log: console.log };

afterEach(() => {
  globalThis.fetch = global.fetch;
  console.log = global.log;
});

describe("a block of README or docs/", () => {
  it.each(rows)("$name compiles", ({ file }) => {
    expect(complaints.get(file)).toBe("");
  });

  // test/hubs/recipes.test.ts runs the recipes, one after the other.
  const runnable = rows.filter(({ compileOnly, name }) => !compileOnly && !/recipes/.test(name));

  it.each(runnable)("$name runs", async ({ file }) => {
    const fake = new FakeHub({
      url: "https://hub.example.org/hub/api",
      users: [{ name: "ada", admin: true }, "grace"],
    });
    const token = fake.tokenFor("ada");
    const hub = new JupyterHub({ url: fake.url, token, fetch: fake.fetch });
    Object.assign(globalThis, {
      JupyterHub,
      FakeHub,
      checkHub,
      fake,
      token,
      hub,
      fetch: fake.fetch,
    });
    console.log = () => undefined;
    await expect(import(/* @vite-ignore */ file)).resolves.toBeDefined();
  });
});

describe.each(pages)("%s", (page) => {
  const text = readFileSync(join(root, page), "utf8");
  const links = [...text.matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link]) => link!);

  it("has no broken link", () => {
    const lost = links.filter((link) => {
      const [path = "", heading] = link.split("#");
      const target = path === "" ? join(root, page) : join(dirname(join(root, page)), path);
      if (!existsSync(target)) return true;
      return heading !== undefined && !headingsOf(readFileSync(target, "utf8")).includes(heading);
    });
    expect(lost).toEqual([]);
  });
});

it("README has at most 250 lines", () => {
  expect(readFileSync(join(root, "README.md"), "utf8").trimEnd().split("\n").length).toBeLessThan(
    251,
  );
});

/** Returns the anchors that GitHub gives the headings of a page. */
const headingsOf = (text: string): string[] =>
  [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, "")
      .replaceAll(" ", "-"),
  );
