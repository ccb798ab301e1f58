/** The parsed source files of the package: their imports and exports. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** The content of package.json. */
export const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  version: string;
  dependencies?: object;
  peerDependencies?: object;
  peerDependenciesMeta?: object;
  optionalDependencies?: object;
  exports: Readonly<Record<string, string | { types: string; default: string }>>;
};

/** The hand-written files below src/, as "src/core/url.ts". */
export const files: readonly string[] = readdirSync(join(root, "src"), {
  recursive: true,
  withFileTypes: true,
})
  .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  .toSorted();

export interface Import {
  from: string;
  /** The imported file, such as "src/core/url.ts"; for a package, the name as written in the import. */
  to: string;
  /** Whether the compiler removes the import, since every imported name is a type. */
  typeOnly: boolean;
}

/** All static and dynamic imports and re-exports of a file. */
export function importsOf(file: string): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node, typeOnly: boolean): void => {
    const written = (specifier as ts.StringLiteral).text;
    const path = relative(root, join(root, dirname(file), written.replace(/\.js$/, ".ts")));
    found.push({ from: file, to: written.startsWith(".") ? path : written, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypeImport(node));
    else if (ts.isExportDeclaration(node) && node.moduleSpecifier) {
      add(node.moduleSpecifier, isTypeExport(node));
    } else if (ts.isImportTypeNode(node)) {
      add((node.argument as ts.LiteralTypeNode).literal, true);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [specifier] = node.arguments;
      if (specifier && ts.isStringLiteral(specifier)) add(specifier, false);
    }
    ts.forEachChild(node, visit);
  };
  visit(parseFile(file));
  return found;
}

const parsed = new Map<string, ts.SourceFile>();

/** Parses a file, or returns the cached result. */
export function parseFile(file: string): ts.SourceFile {
  const source = parsed.get(file) ?? parse(file, readFileSync(join(root, file), "utf8"));
  parsed.set(file, source);
  return source;
}

export const parse = (name: string, text: string): ts.SourceFile =>
  ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true);

function isTypeImport({ importClause: clause }: ts.ImportDeclaration): boolean {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const { name, namedBindings: bindings } = clause;
  if (name || !bindings || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every((one) => one.isTypeOnly);
}

function isTypeExport({ isTypeOnly, exportClause: clause }: ts.ExportDeclaration): boolean {
  if (isTypeOnly) return true;
  if (!clause || !ts.isNamedExports(clause)) return false;
  return clause.elements.length > 0 && clause.elements.every((one) => one.isTypeOnly);
}
