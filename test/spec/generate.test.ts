/**
 * Tests `npm run generate -- --check` in copies of the repository: the command detects every edit, and changes nothing.
 */
import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, it, type TestContext } from "vitest";
import { readSources } from "../../scripts/document.js";
import { root, scratchFolder } from "./root.js";

/** The files that `npm run generate` reads and writes. */
const relevant = [
  "generated",
  "openapi",
  "openapi-ts.config.ts",
  "package.json",
  "scripts",
  "src/core/version.ts",
  "src/testing/mock/document.ts",
  "src/testing/mock/projection.ts",
];

/** A long timeout: each run generates everything, which is slow on a busy machine. */
const timeout = 60_000;

interface Copy {
  path(file: string): string;
  /** Edits a file of the copy. Throws if the edit changes nothing. */
  edit(file: string, change: (text: string) => string): void;
  check(): Promise<{ code: number; stdout: string; stderr: string }>;
}

/** Creates a copy of the repository that is removed when the test ends. */
function repositoryCopy({ onTestFinished }: TestContext): Copy {
  const folder = scratchFolder(onTestFinished);
  for (const name of relevant) {
    cpSync(join(root, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  const temporary = join(folder, "tmp");
  mkdirSync(temporary);
  const path = (file: string): string => join(folder, file);
  return {
    path,
    edit(file, change) {
      const before = readFileSync(path(file), "utf8");
      const after = change(before);
      if (after === before) throw new Error(`The edit of ${file} changes nothing`);
      writeFileSync(path(file), after);
    },
    check: () =>
      new Promise((resolve) => {
        execFile(
          process.execPath,
          ["--import", "tsx", "scripts/generate.ts", "--", "--check"],
          {
            timeout,
            cwd: folder,
            env: { ...process.env, TMPDIR: temporary, TSX_DISABLE_CACHE: "1" },
          },
          (error, stdout, stderr) => {
            const code = error ? (typeof error.code === "number" ? error.code : -1) : 0;
            resolve({ code, stdout, stderr });
          },
        );
      }),
  };
}

/** Returns the text of every file below a folder of the copy. */
const contents = (copy: Copy, folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(copy.path(folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((file) => [file, readFileSync(file, "utf8")]),
  );

const append = (text: string): string => `${text}\n`;

describe.concurrent("generate --check", { timeout }, () => {
  it("passes for the committed files and changes nothing", async (test) => {
    const { expect } = test;
    const copy = repositoryCopy(test);
    const before = [contents(copy, "openapi"), contents(copy, "generated")];
    const { code, stdout, stderr } = await copy.check();
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stdout).toContain("are up to date");
    expect([contents(copy, "openapi"), contents(copy, "generated")]).toEqual(before);
    expect(readdirSync(copy.path("tmp")).filter((name) => name.startsWith("generate-"))).toEqual(
      [],
    );
  });

  it.for<[what: string, change: (copy: Copy) => void, names: string[]]>([
    [
      "an edit in generated/",
      (copy) => copy.edit("generated/operations.gen.ts", (text) => text.replace('"6.0"', '"5.0"')),
      ["generated/operations.gen.ts"],
    ],
    [
      "adding a file in generated/ and removing another",
      (copy) => {
        writeFileSync(copy.path("generated/core/extra.ts"), "export {};\n");
        rmSync(copy.path("generated/LICENSE.md"));
      },
      ["generated/LICENSE.md", "generated/core/extra.ts"],
    ],
    [
      "an edit of openapi/jupyterhub.yaml",
      (copy) => copy.edit("openapi/jupyterhub.yaml", append),
      ["openapi/jupyterhub.yaml"],
    ],
  ])("lists exactly the affected files after %s", async ([, change, names], test) => {
    const { expect } = test;
    const copy = repositoryCopy(test);
    change(copy);
    const { code, stderr } = await copy.check();
    expect(code).toBe(1);
    const [, listed] = /^Out of date:\n((?: {2}.+\n)+)/m.exec(stderr) ?? [];
    expect(listed).toBe(names.map((name) => `  ${name}\n`).join(""));
  });

  it("reports a modified upstream document", async (test) => {
    const { expect } = test;
    const copy = repositoryCopy(test);
    const { version } = readSources(root).at(-1)!;
    copy.edit(`openapi/upstream/${version}.yml`, append);
    const { code, stderr } = await copy.check();
    expect(code).toBe(1);
    expect(stderr).toContain(
      `openapi/upstream/${version}.yml is not the file that JupyterHub ${version} released`,
    );
  });

  it("reports the generated files as out of date after any edit of the overlay, even of a comment", async (test) => {
    const { expect } = test;
    const copy = repositoryCopy(test);
    copy.edit("openapi/overlay.yaml", (text) => `# edited\n${text}`);
    const { code, stderr } = await copy.check();
    expect(code).toBe(1);
    for (const file of [
      "openapi/jupyterhub.yaml",
      "generated/sdk.gen.ts",
      "generated/types.gen.ts",
    ]) {
      expect(stderr).toContain(`  ${file}\n`);
    }
  });

  it("reports each place where an overlay action no longer applies, with the action's target", async (test) => {
    const { expect } = test;
    const copy = repositoryCopy(test);
    copy.edit("openapi/overlay.yaml", (text) =>
      text.replace("x-was: { type: number }", "x-was: { type: x }"),
    );
    const { code, stderr } = await copy.check();
    expect(code).toBe(1);
    expect(stderr).toContain("The overlay does not apply:");
    for (const name of ["paginationOffset", "paginationLimit"]) {
      expect(stderr).toContain(
        `- $.components.parameters.${name}.schema (one of 2 matches of ` +
          "$.components.parameters['paginationOffset','paginationLimit'].schema): type",
      );
    }
  });
});
