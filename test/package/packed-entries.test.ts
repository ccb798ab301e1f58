/** The entries of the packed package, each loaded in a separate process. */
import { execFileSync } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { releases } from "../../scripts/known-releases.js";
import { installed, program } from "./packed.js";
import { manifest } from "./sources.js";

/** The maximum number of modules of the package that Node loads for one entry. */
const maxModules = 8;

/** The specifier of each entry that is a module. */
const modules = Object.entries(manifest.exports)
  .filter(([, target]) => typeof target === "object")
  .map(([name]) => name.replace(/^\./, "jupyterhub-client"));

const run = (...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: program, encoding: "utf8" });

/** The source of a hook that prints the address of each module that Node loads. */
const reporter = `
  import { writeSync } from "node:fs";
  export async function load(url, context, next) {
    if (url.startsWith("file:")) writeSync(1, url + "\\n");
    return next(url, context);
  }`;
const register = `
  import { register } from "node:module";
  register(${JSON.stringify(`data:text/javascript,${encodeURIComponent(reporter)}`)});`;

/** The files of the package that Node loads for an entry. */
function loadedBy(entry: string): string[] {
  const hook = `data:text/javascript,${encodeURIComponent(register)}`;
  const script = `await import(${JSON.stringify(entry)})`;
  const output = run("--import", hook, "--input-type=module", "--eval", script);
  return output
    .split("\n")
    .filter((line) => line.includes("/jupyterhub-client/"))
    .map((url) => fileURLToPath(url));
}

/** The sources of a built file, from its source map. */
const sourcesOf = (file: string): string[] =>
  (JSON.parse(readFileSync(`${file}.map`, "utf8")) as { sources: string[] }).sources;

describe.each(modules)("%s", (entry) => {
  it(`loads at most ${maxModules} modules`, () => {
    const loaded = loadedBy(entry);
    console.log(`${entry} loads ${loaded.map((file) => basename(file)).join(", ")}`);
    expect(loaded.length).toBeGreaterThan(0);
    expect(loaded.length).toBeLessThanOrEqual(maxModules);
  });

  it("can be loaded with `require`, with the same exports as with `import`", () => {
    const script = `
      const required = require(${JSON.stringify(entry)});
      import(${JSON.stringify(entry)}).then((imported) => {
        const names = (exports) => Object.keys(exports).sort().join();
        if (names(required) !== names(imported)) throw new Error(names(required));
        console.log(Object.keys(required).length);
      });`;
    expect(Number(run("--input-type=commonjs", "--eval", script))).toBeGreaterThan(0);
  });
});

it("no entry except the testing entry loads a module of src/testing", () => {
  const others = modules.filter((entry) => !entry.endsWith("/testing"));
  const sources = others.flatMap(loadedBy).flatMap(sourcesOf);
  expect(sources).toContain("../src/client.ts");
  expect(sources.filter((source) => source.startsWith("../src/testing/"))).toEqual([]);
});

it("the testing entry loads the contracts, the mock hub and its document only on demand", () => {
  const sources = loadedBy("jupyterhub-client/testing").flatMap(sourcesOf);
  expect(sources).toContain("../src/testing/contract/assert-contract.ts");
  const onDemand = /\/(contract\.gen|document\.gen|running-mock-hub|examples)\.ts$/;
  expect(sources.filter((source) => onDemand.test(source))).toEqual([]);
});

describe("the OpenAPI documents", () => {
  it("exist for every release, and openapi.json is the newest", () => {
    expect(readdirSync(join(installed, "dist/openapi")).toSorted()).toEqual(
      releases.map((version) => `${version}.json`),
    );
    const script = (entry: string): string =>
      `console.log(require("jupyterhub-client/${entry}").info.version)`;
    for (const version of releases) {
      const output = run("--input-type=commonjs", "--eval", script(`openapi/${version}.json`));
      expect(output.trim()).toBe(version);
    }
    const newest = run("--input-type=commonjs", "--eval", script("openapi.json"));
    expect(newest.trim()).toBe(releases.at(-1));
  });
});
