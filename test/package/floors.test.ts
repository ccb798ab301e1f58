/** Layers of src/, called floors: a file imports only from its own floor or a lower one, and imports have no cycle. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { files, importsOf, manifest, root, type Import } from "./sources.js";

/** The floors, from the lowest to the highest. Generated code is below all of them, with a separate rule. */
const floors = [
  (file: string) => file.startsWith("src/core/"),
  (file: string) => file.startsWith("src/workflows/"),
  (file: string) => file.startsWith("src/resources/"),
  (file: string) => file === "src/client.ts" || file === "src/api.ts",
  (file: string) => file === "src/index.ts",
  (file: string) => file.startsWith("src/testing/"),
];

const floorOf = (file: string): number => floors.findIndex((holds) => holds(file));
const isGenerated = (file: string): boolean => file.startsWith("generated/");
const imports = files.flatMap(importsOf);
const describeImport = ({ from, to }: Import): string => `${from} imports ${to}`;

describe("src/", () => {
  it("has no file outside of its floors", () => {
    expect(files.filter((file) => floorOf(file) < 0)).toEqual([]);
    expect(new Set(files.map(floorOf))).toEqual(new Set(floors.keys()));
  });

  it("imports only its own files and generated ones: the package has no dependency", () => {
    const foreign = imports.filter(({ to }) => !to.startsWith("src/") && !isGenerated(to));
    expect(foreign.map(describeImport)).toEqual([]);
    expect(imports.length).toBeGreaterThan(100);
    const { dependencies, optionalDependencies } = manifest;
    expect({ dependencies, optionalDependencies }).toEqual({});
  });

  it("has only Prism's packages as peer dependencies, and all of them are optional", () => {
    const { peerDependencies = {}, peerDependenciesMeta } = manifest;
    const prism = ["core", "http", "http-server"].map((part) => `@stoplight/prism-${part}`);
    expect(Object.keys(peerDependencies)).toEqual(prism);
    const optional = prism.map((name) => [name, { optional: true }]);
    expect(peerDependenciesMeta).toEqual(Object.fromEntries(optional));
  });

  it("imports a module by a computed name only to load Node's HTTP module or Prism", () => {
    const computed = files.filter((file) =>
      /\bimport\((?!")/.test(readFileSync(join(root, file), "utf8")),
    );
    expect(computed).toEqual(["src/testing/fake/node-server.ts", "src/testing/mock/prism.ts"]);
  });

  it("imports only files that exist", () => {
    expect(imports.filter(({ to }) => !existsSync(join(root, to))).map(describeImport)).toEqual([]);
  });

  it("imports nothing from a higher floor, not even types", () => {
    const upward = imports.filter(
      ({ from, to }) => !isGenerated(to) && floorOf(to) > floorOf(from),
    );
    expect(upward.map(describeImport)).toEqual([]);
  });

  it("imports src/testing only within src/testing", () => {
    const inward = imports.filter(
      ({ from, to }) => to.startsWith("src/testing/") && !from.startsWith("src/testing/"),
    );
    expect(inward).toEqual([]);
  });

  it("has two separate entries: neither api.ts nor client.ts imports the other", () => {
    const across = imports.filter(
      ({ from, to }) =>
        (from === "src/api.ts" && to === "src/client.ts") ||
        (from === "src/client.ts" && to === "src/api.ts"),
    );
    expect(across).toEqual([]);
  });

  it("imports generated values only in core/api-client.ts, resources/, client.ts, api.ts and testing/", () => {
    const allowed = (file: string): boolean =>
      file === "src/core/api-client.ts" || [2, 3, 5].includes(floorOf(file));
    const values = imports.filter(({ to, typeOnly }) => isGenerated(to) && !typeOnly);
    expect(values.filter(({ from }) => !allowed(from)).map(describeImport)).toEqual([]);
    expect(values.some(({ from }) => from === "src/api.ts")).toBe(true);
  });

  it("has no circular imports, not even of types", () => {
    expect(circles(files)).toEqual([]);
  });
});

/** Returns each cycle of imports once. */
function circles(nodes: readonly string[]): string[] {
  const found = new Set<string>();
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file);
    if (start >= 0) {
      found.add([...path.slice(start), file].join(" > "));
      return;
    }
    if (done.has(file)) return;
    for (const { to } of imports.filter(({ from }) => from === file)) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of nodes) visit(file, []);
  return [...found];
}
