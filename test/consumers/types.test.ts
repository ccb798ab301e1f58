/**
 * Compiles the package's types as users do: with every supported compiler, module resolution and library.
 *
 * The programs are compiled against the installed package, and the package's own declarations are checked
 * as well (`skipLibCheck` is off).
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { JupyterHub } from "../../src/index.js";
import { installed, program } from "../package/packed.js";
import { compilerPath, compilers, installCompilers, nodeTypes } from "./compilers.js";
import { pairsOf, pairwise, product, type Combination } from "./pairwise.js";

const libraries = { dom: ["dom"], node: [], webworker: ["webworker"] } as const;

const factors = {
  compiler: compilers,
  module: ["node16", "nodenext", "bundler"],
  exactOptionalPropertyTypes: [true, false],
  library: ["dom", "node", "webworker"],
  disposable: [true, false],
} as const;
type Setup = Combination<typeof factors>;

const setups = pairwise(factors);
const programs = join(import.meta.dirname, "programs");

const titleOf = (setup: Setup): string =>
  [
    `TypeScript ${setup.compiler}`,
    setup.module,
    setup.exactOptionalPropertyTypes
      ? "exactOptionalPropertyTypes"
      : "no exactOptionalPropertyTypes",
    setup.library === "node" ? "@types/node alone" : setup.library,
    setup.disposable ? "esnext.disposable" : "no esnext.disposable",
  ].join(", ");

/** Declares a property of the global `fetch`, as the types of Bun do. */
const preconnect = "declare namespace fetch { function preconnect(url: string): void; }";

const optionsOf = (setup: Setup): object => ({
  strict: true,
  // Libraries emit declarations, which must be able to name the package's types.
  declaration: true,
  outDir: "out",
  skipLibCheck: false,
  target: "es2022",
  module: setup.module === "bundler" ? "esnext" : setup.module,
  moduleResolution: setup.module,
  exactOptionalPropertyTypes: setup.exactOptionalPropertyTypes,
  lib: ["es2022", ...libraries[setup.library], ...(setup.disposable ? ["esnext.disposable"] : [])],
  types: setup.library === "node" ? ["node"] : [],
});

/** Compiles programs. Returns the compiler's output, which is empty if they have no errors. */
function compile(setup: Setup, files: Readonly<Record<string, string>>): string {
  const folder = join(program, "types");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ compilerOptions: optionsOf(setup), include: ["*.ts"] }),
  );
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [compilerPath(setup.compiler), "-p", folder],
    { encoding: "utf8" },
  );
  return `${stdout}${stderr}`;
}

const text = (name: string): string => readFileSync(join(programs, name), "utf8");

beforeAll(() => {
  installCompilers();
  const types = join(program, "node_modules/@types");
  rmSync(types, { recursive: true, force: true });
  symlinkSync(nodeTypes, types);
});

describe("correct programs compile, and wrong ones do not", () => {
  it.each(setups.map((setup) => [titleOf(setup), setup] as const))("with %s", (_, setup) => {
    const files = {
      "every-group.ts": text("every-group.ts"),
      "narrowing.ts": text("narrowing.ts"),
      "preconnect.d.ts": preconnect,
      "replaced-fetch.ts": text("replaced-fetch.ts"),
      "with-fake-hub.ts": text("with-fake-hub.ts"),
      "mistakes.ts": text("mistakes.ts"),
      "undefined-test-options.ts": text("undefined-test-options.ts"),
      // TypeScript 5.2 does not find the entry that exports a type which another file declares.
      ...(setup.compiler !== "5.2.2" && {
        "exported-clients.ts": text("exported-clients.ts"),
      }),
      ...(setup.disposable && { "temporary-token.ts": text("temporary-token.ts") }),
    };
    expect(compile(setup, files)).toBe("");
  });
});

describe("these tests", () => {
  it("cover every combination of two settings, such as each compiler with each library", () => {
    const covered = new Set(setups.flatMap(pairsOf));
    expect(
      product(factors)
        .flatMap(pairsOf)
        .filter((pair) => !covered.has(pair)),
    ).toEqual([]);
  });

  it("fail if a program or a declaration of the package has an error", () => {
    const [setup] = setups as [Setup];
    expect(compile(setup, { "a.ts": "const name: string = 1;\nexport { name };" })).toContain(
      "TS2322",
    );
    const broken = join(program, "node_modules/broken");
    cpSync(installed, broken, { recursive: true });
    writeFileSync(join(broken, "dist/index.d.ts"), "export declare const name: Missing;\n");
    expect(compile(setup, { "a.ts": 'export { name } from "broken";' })).toContain("TS2304");
    rmSync(broken, { recursive: true });
  });

  it("use every group of methods", () => {
    const hub = new JupyterHub({ url: "https://hub.example.org" });
    const groups = Object.keys(hub).filter(
      (name) => typeof hub[name as keyof JupyterHub] === "object" && name !== "client",
    );
    expect(groups.length).toBeGreaterThanOrEqual(9);
    expect(groups.filter((group) => !text("every-group.ts").includes(`hub.${group}.`))).toEqual([]);
  });
});
