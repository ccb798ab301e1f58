/** The public surface as TypeScript sees it: exports, documentation, and emitted declarations. */
import { join } from "node:path";
import ts from "typescript";
import { files, root } from "./sources.js";

const config = ts.getParsedCommandLineOfConfigFile(
  join(root, "src/tsconfig.json"),
  {
    // One program over src/ and generated/, so that no build is needed.
    composite: false,
    incremental: false,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: root,
    outDir: join(root, "nowhere"),
  },
  { ...ts.sys, onUnRecoverableConfigFileDiagnostic: () => {} },
)!;
const program = ts.createProgram({
  rootNames: files.map((file) => join(root, file)),
  options: config.options,
});
const checker = program.getTypeChecker();

export const sourceFile = (file: string): ts.SourceFile => program.getSourceFile(join(root, file))!;

/** A hand-written declaration that an entry exports, with its public name. */
export interface Exported {
  name: string;
  declaration: ts.Declaration;
}

/** The exports of an entry, without generated ones. */
export function exportsOf(entry: string): Exported[] {
  const module = checker.getSymbolAtLocation(sourceFile(entry))!;
  return checker.getExportsOfModule(module).flatMap((symbol) => {
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    const { declarations = [] } = isAlias ? checker.getAliasedSymbol(symbol) : symbol;
    return declarations
      .filter((one) => one.getSourceFile().fileName.startsWith(join(root, "src/")))
      .map((declaration) => ({ name: symbol.name, declaration }));
  });
}

/** The text of the comment that documents a declaration; empty if there is none. */
export function documentationOf(declaration: ts.Node): string {
  // The comment of a constant precedes its whole statement.
  const node = ts.isVariableDeclaration(declaration) ? declaration.parent.parent : declaration;
  return ts
    .getJSDocCommentsAndTags(node)
    .filter(ts.isJSDoc)
    .map((comment) => comment.getText())
    .join("\n");
}

/** The methods of the exported classes, by their public name. */
export function methodsOf(entry: string): { name: string; method: ts.MethodDeclaration }[] {
  return exportsOf(entry).flatMap(({ name, declaration }) =>
    ts.isClassDeclaration(declaration)
      ? declaration.members
          .filter(ts.isMethodDeclaration)
          .filter((method) => ts.isIdentifier(method.name))
          .map((method) => ({ name: aliasOf(`${name}.${method.name.getText()}`), method }))
      : [],
  );
}

/** Converts "ShareCodes.list" to "shareCodes.list", as programs write it. Methods of the hub class have no prefix. */
export const aliasOf = (method: string): string =>
  method
    .replace(/^JupyterHub\./, "")
    .replace(/^[A-Z]+(?=\w*\.)/, (letters) => letters.toLowerCase());

/** A parameter of a method. */
export interface Parameter {
  name: string;
  /** The parameter's type, as written in the source. */
  type: string;
  isOptional: boolean;
  /** The keys that the parameter's type declares. `isOpen` is true if the type allows any other key too. */
  keys: string[];
  isOpen: boolean;
  /** The smallest value that the parameter's type allows: the required keys, with strings or lists of strings. */
  least: Record<string, unknown>;
}

export const parametersOf = (method: ts.MethodDeclaration): Parameter[] =>
  method.parameters.map((parameter) => {
    const type = checker.getNonNullableType(checker.getTypeAtLocation(parameter));
    const [alternative = type] = type.isUnion() ? type.types : [];
    const required = checker
      .getPropertiesOfType(alternative)
      .filter(({ flags }) => !(flags & ts.SymbolFlags.Optional))
      .map((key) => [key.name, isText(key) ? "gpu" : ["gpu"]] as const);
    return {
      name: parameter.name.getText(),
      type: parameter.type?.getText() ?? "",
      isOptional: Boolean(parameter.questionToken ?? parameter.initializer),
      keys: checker.getPropertiesOfType(type).map(({ name }) => name),
      isOpen: checker.getIndexInfosOfType(type).length > 0,
      least: Object.fromEntries(required),
    };
  });

const isText = (key: ts.Symbol): boolean =>
  (checker.getNonNullableType(checker.getTypeOfSymbol(key)).flags & ts.TypeFlags.StringLike) !== 0;

/** The text that an editor shows for a method or type under the cursor. */
export function shownType(declaration: ts.Declaration): string {
  const { InTypeAlias, NoTruncation } = ts.TypeFormatFlags;
  const signature = ts.isMethodDeclaration(declaration)
    ? checker.getSignatureFromDeclaration(declaration)
    : undefined;
  return signature
    ? checker.signatureToString(signature, declaration, NoTruncation)
    : checker.typeToString(
        checker.getTypeAtLocation(declaration),
        declaration,
        NoTruncation | InTypeAlias,
      );
}

/** The shipped declarations, by file. */
export function emittedDeclarations(): Map<string, string> {
  const emitted = new Map<string, string>();
  program.emit(undefined, (path, text) => {
    const file = path.replace(join(root, "nowhere/"), "");
    if (file.startsWith("src/")) emitted.set(file, text);
  });
  return emitted;
}

/** Returns the places where a file has the type `any`, as "src/core/url.ts:12". */
export function anyIn(file: string, source: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (node.kind === ts.SyntaxKind.AnyKeyword) {
      found.push(`${file}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
