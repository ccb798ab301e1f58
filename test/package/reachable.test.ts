/** Every module of the package is used, and no entry loads a module that it does not need. */
import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { files, importsOf, manifest, parseFile, root } from "./sources.js";

const generated: readonly string[] = readdirSync(join(root, "generated"), {
  recursive: true,
  withFileTypes: true,
})
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)));

/** The source file of each entry in the `exports` of package.json: "./dist/api.js" comes from "src/api.ts". */
const entries = Object.values(manifest.exports)
  .flatMap((entry) => (typeof entry === "object" ? [entry.default] : []))
  .map((path) => path.replace(/^\.\/dist\/(.*)\.js$/, "$1"))
  .filter((name) => name !== "browser")
  .map((name) => [`src/${name}.ts`, `src/${name}/index.ts`].find((file) => files.includes(file))!);

/** Returns a function that reads each file once and caches the result. */
const once = <Value>(read: (file: string) => Value): ((file: string) => Value) => {
  const known = new Map<string, Value>();
  return (file) => {
    const value = known.get(file) ?? read(file);
    known.set(file, value);
    return value;
  };
};
const importsFrom = once(importsOf);
const exportsFrom = once(exportsOf);

/** The modules that `entry` imports, directly or indirectly, and `entry` itself. */
function reachedFrom(entry: string, onlyValues: boolean): Set<string> {
  const reached = new Set([entry]);
  for (const file of reached) {
    for (const { to, typeOnly } of importsFrom(file)) if (!onlyValues || !typeOnly) reached.add(to);
  }
  return reached;
}

/** The values that a module declares and exports, and those that it re-exports. */
function exportsOf(file: string): { own: Set<string>; passedOn: Map<string, string> } {
  const own = new Set<string>();
  const passedOn = new Map<string, string>();
  for (const statement of parseFile(file).statements) {
    if (ts.isExportDeclaration(statement)) {
      if (statement.isTypeOnly || !statement.moduleSpecifier || !statement.exportClause) continue;
      const { elements } = statement.exportClause as ts.NamedExports;
      for (const { name, isTypeOnly } of elements) {
        if (!isTypeOnly) passedOn.set(name.text, moduleOf(file, statement.moduleSpecifier));
      }
      continue;
    }
    const isExported = ts
      .getModifiers(statement as ts.HasModifiers)
      ?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
    if (!isExported) continue;
    if (ts.isVariableStatement(statement)) {
      for (const { name } of statement.declarationList.declarations) own.add(name.getText());
    } else if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement)) {
      own.add(statement.name!.text);
    }
  }
  return { own, passedOn };
}

const moduleOf = (file: string, specifier: ts.Expression): string =>
  relative(
    root,
    join(root, file, "..", (specifier as ts.StringLiteral).text.replace(/\.js$/, ".ts")),
  );

/** The modules that are imported dynamically. */
const onDemand = new Set([
  "src/testing/fake/node-server.ts",
  "src/testing/mock/running-mock-hub.ts",
  "generated/contract.gen.ts",
  "generated/document.gen.ts",
]);

/** The modules that an entry loads although no loaded module imports one of their values. */
function loadedInVain(entry: string): string[] {
  const loaded = reachedFrom(entry, true);
  const used = new Set([entry]);
  for (const file of loaded) {
    const requests: [module: string, name: string][] = [];
    for (const statement of parseFile(file).statements) {
      if (ts.isImportDeclaration(statement) && statement.importClause?.namedBindings) {
        const bindings = statement.importClause.namedBindings;
        const module = moduleOf(file, statement.moduleSpecifier);
        if (!ts.isNamedImports(bindings)) used.add(module);
        else
          for (const one of bindings.elements)
            requests.push([module, (one.propertyName ?? one.name).getText()]);
      }
      if (ts.isExportDeclaration(statement) && statement.moduleSpecifier && file === entry) {
        const module = moduleOf(file, statement.moduleSpecifier);
        if (!statement.isTypeOnly) used.add(module);
      }
    }
    for (let [module, name] of requests) {
      for (let next = exportsFrom(module).passedOn.get(name); next;) {
        module = next;
        next = exportsFrom(module).passedOn.get(name);
      }
      if (exportsFrom(module).own.has(name)) used.add(module);
    }
  }
  return [...loaded].filter((file) => !used.has(file) && !onDemand.has(file));
}

describe("the package", () => {
  it("contains only modules that an entry imports, directly or indirectly", () => {
    const reached = new Set(entries.flatMap((entry) => [...reachedFrom(entry, false)]));
    expect(entries).toContain("src/index.ts");
    expect([...files, ...generated].filter((file) => !reached.has(file))).toEqual([]);
  });

  it.each(entries)("loads no unneeded module for the entry %s", (entry) => {
    expect(loadedInVain(entry)).toEqual([]);
  });

  it("uses the generated client in both entries that send requests", () => {
    for (const entry of ["src/index.ts", "src/api.ts"]) {
      expect([...reachedFrom(entry, true)]).toContain("generated/client/client.gen.ts");
    }
  });
});
