/**
 * The repository contains no names or phrases that a new reader has to translate.
 *
 * Checks declared identifiers and file names in `src`, `scripts`, `test` and `examples`, and the prose, comments and
 * strings of these folders, the overlay and the documentation. Generated code and JupyterHub's own documents are
 * excluded.
 */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Words that must not be a part of a declared identifier or a file name. */
const bannedNames = [
  "asked",
  "awayFor",
  "fruitless",
  "heard",
  "lasting",
  "lastWords",
  "letGo",
  "meaning",
  "misfit",
  "misfits",
  "newcomer",
  "newcomers",
  "passing",
  "quiet",
  "signOf",
  "told",
  "unsent",
  "untaken",
  "witness",
  "worded",
];

const bannedPhrases = [
  "begins anew",
  "comes of it",
  "for want of",
  "heed",
  "heeded",
  "heeds",
  "is told",
  "mend",
  "mended",
  "mends",
  "not to be had",
  "stands before",
  "what may pass",
  "who was",
  "whoever",
];

const filesBelow = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));

// This file is not checked, since it lists the banned words.
const own = join("test", "package", basename(import.meta.filename));
const files = ["src", "scripts", "test", "examples"]
  .flatMap(filesBelow)
  .filter((file) => file !== own && !file.includes("__pycache__"));
const pages = [
  ...filesBelow("docs"),
  "openapi/overlay.yaml",
  "CHANGELOG.md",
  "README.md",
  "SECURITY.md",
];

/** Converts "lastWords" and "last-words" to " last words ", so that only whole words of a name count as banned. */
const wordsOf = (name: string): string =>
  ` ${name.replaceAll(/([a-z\d])(?=[A-Z])/g, "$1 ").replaceAll(/[^A-Za-z\d]+/g, " ")} `.toLowerCase();

const bannedIn = (name: string): string[] =>
  bannedNames.filter((word) => wordsOf(name).includes(wordsOf(word)));

/** Every identifier that a source text declares, with its line. */
function declaredNames(file: string, text: string): { name: string; line: number }[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found: { name: string; line: number }[] = [];
  const visit = (node: ts.Node): void => {
    const { name } = node as ts.Node & { name?: ts.Node };
    const isName = name && (ts.isIdentifier(name) || ts.isPrivateIdentifier(name));
    // `a.name` and `{ name }` use a name that is declared elsewhere.
    if (
      isName &&
      !ts.isPropertyAccessExpression(node) &&
      !ts.isShorthandPropertyAssignment(node) &&
      !ts.isMetaProperty(node)
    ) {
      const { line } = source.getLineAndCharacterOfPosition(name.getStart());
      found.push({ name: name.text, line: line + 1 });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const phrase = new RegExp(`\\b(${bannedPhrases.join("|").replaceAll(" ", "\\s+")})\\b`, "gi");

/** Every banned phrase of a text, with its line. A phrase may contain a line break, even in a comment. */
function phrasesIn(text: string): { found: string; line: number }[] {
  // Replaces comment markers with spaces of the same length, so that positions stay correct.
  const plain = text.replaceAll(/^[ \t]*(\*|\/\/|#|>)/gm, (leader) => " ".repeat(leader.length));
  return [...plain.matchAll(phrase)].map(({ 0: match, index }) => ({
    found: match.replaceAll(/\s+/g, " "),
    line: plain.slice(0, index).split("\n").length,
  }));
}

const read = (file: string): string => readFileSync(join(root, file), "utf8");

describe("the words of this repository", () => {
  it("are plain in every file name", () => {
    const found = files.filter((file) => bannedIn(basename(file)).length > 0);
    expect(found).toEqual([]);
  });

  it("are plain in every declared identifier", () => {
    const found = files
      .filter((file) => /\.[cm]?ts$/.test(file))
      .flatMap((file) =>
        declaredNames(file, read(file))
          .filter(({ name }) => bannedIn(name).length > 0)
          .map(({ name, line }) => `${file}:${line} ${name}`),
      );
    expect(found).toEqual([]);
  });

  it("are plain in prose, comments and strings", () => {
    const found = [...files, ...pages].flatMap((file) =>
      phrasesIn(read(file)).map(({ found: words, line }) => `${file}:${line} ${words}`),
    );
    expect(found).toEqual([]);
  });
});

describe("the check of words", () => {
  it("finds a banned name in every kind of declaration", () => {
    const text = `
      import { a as told } from "x";
      interface Lasting { quiet: number; told(): void }
      type Meaning<Witness> = Witness;
      class Misfit { #heard = 1; get asked() { return this.#heard } }
      function letGo({ unsent, x: worded }: object, ...passing: unknown[]) {}
      const lastWords = { awayFor: 1 }, [untaken] = [], signOfLife = () => { for (const newcomer of []); };
    `;
    const names = declaredNames("x.ts", text).filter(({ name }) => bannedIn(name).length > 0);
    expect(names.map(({ name }) => name).toSorted()).toEqual(
      `told Lasting quiet told Meaning Witness Misfit #heard asked letGo unsent worded passing
      lastWords awayFor untaken signOfLife newcomer`
        .split(/\s+/)
        .toSorted(),
    );
  });

  it("accepts banned names that the text does not declare, and longer words that contain a banned one", () => {
    const text = "const { x } = a.told; const untold = { told }, passingly = import.meta;";
    const names = declaredNames("x.ts", text).filter(({ name }) => bannedIn(name).length > 0);
    expect(names).toEqual([]);
  });

  it("finds a phrase across a line break in a comment, but not inside a word", () => {
    expect(phrasesIn("/**\n * A user who\n * was deleted.\n */\n// amend, who wasted")).toEqual([
      { found: "who was", line: 2 },
    ]);
  });
});
