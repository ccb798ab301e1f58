/** Every regular expression of the package takes linear time, since texts from hubs and proxies can have any length. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { files, parse, root } from "./sources.js";

interface Pattern {
  at: string;
  pattern: RegExp;
}

function visitAll(file: string, visit: (node: ts.Node, source: ts.SourceFile) => void): void {
  const source = parse(file, readFileSync(join(root, file), "utf8"));
  const each = (node: ts.Node): void => {
    visit(node, source);
    ts.forEachChild(node, each);
  };
  each(source);
}

const patternOf = (text: string): RegExp => {
  const end = text.lastIndexOf("/");
  return new RegExp(text.slice(1, end), text.slice(end + 1));
};

const patterns: Pattern[] = [];
/** Places that create a pattern from a string. The test cannot measure these patterns. */
const made: string[] = [];
for (const file of files) {
  visitAll(file, (node, source) => {
    const line = source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1;
    if (ts.isRegularExpressionLiteral(node)) {
      patterns.push({ at: `${file}:${line} ${node.text}`, pattern: patternOf(node.text) });
    }
    const isMade =
      (ts.isNewExpression(node) || ts.isCallExpression(node)) &&
      node.expression.getText(source) === "RegExp";
    if (isMade) made.push(`${file}:${line}`);
  });
}

/** Characters that patterns may treat differently. */
const general = [
  " ",
  "\n",
  "/",
  "a",
  "A",
  "0",
  ".",
  ":",
  "=",
  '"',
  "'",
  "{",
  "[",
  "?",
  "%",
  "-",
  "é",
  "\uD800",
];

/**
 * Returns the source of a pattern, with each escape replaced by a character that it matches. Once syntax such as `(` is
 * removed too, the result is close to a text that the pattern matches.
 */
const plainOf = ({ source }: RegExp): string =>
  source
    .replace(/\(\?<?[:=!]|\\[bBpP](\{[^}]*\})?/g, "(")
    .replace(/\\[sS]/g, " ")
    .replace(/\\[dD]/g, "0")
    .replace(/\\[wW]/g, "a")
    .replace(/\\(.)/g, "$1");
const syntax = /[()|*+?^$[\]]+/;

/** Yields texts of about this length that may make a pattern backtrack. They repeat a part of the pattern. */
function* adversarial(pattern: RegExp, length: number): Generator<string> {
  const plain = plainOf(pattern);
  const parts = plain.split(syntax).filter(Boolean);
  const whole = plain.replace(/[()|*+?^$]/g, "");
  const beginnings = Array.from({ length: Math.min(whole.length, 30) }, (_, end) =>
    whole.slice(0, end + 1),
  );
  const pumped = (unit: string): string => unit.repeat(Math.ceil(length / unit.length));
  for (const unit of new Set([...general, ...parts, ...beginnings])) {
    yield pumped(unit);
    yield `${pumped(unit)}\u0001`;
  }
  for (const beginning of new Set([...parts.slice(0, 3), whole])) {
    for (const unit of general) yield `${beginning}${pumped(unit)}\u0001`;
    for (const unit of general) yield pumped(beginning + unit);
  }
}

/** The CPU milliseconds that a pattern takes for a text: the lowest of up to five runs. */
function timeOf(pattern: RegExp, text: string, enough: number): number {
  let least = Infinity;
  for (let run = 0; run < 5 && least > enough; run += 1) {
    const begun = process.cpuUsage();
    pattern.lastIndex = 0;
    if (pattern.global) text.replace(pattern, "");
    else pattern.exec(text);
    const { user, system } = process.cpuUsage(begun);
    least = Math.min(least, (user + system) / 1000);
    if (least > 10 * enough) break;
  }
  return least;
}

/**
 * Returns the start of a text for which a pattern exceeds the time limit, and the time that it took; undefined if there
 * is no such text.
 */
function slow(pattern: RegExp, length: number, limit: number): string | undefined {
  for (const text of adversarial(pattern, length)) {
    const taken = timeOf(pattern, text, limit);
    if (taken > limit) return `${JSON.stringify(text.slice(0, 40))}: ${Math.round(taken)} ms`;
  }
  return undefined;
}

/** For a text of this length, a linear pattern takes less than a millisecond, a quadratic one at least 250 ms. */
const length = 100_000;
const limit = 100;

describe(`a pattern, on texts of ${length} characters`, () => {
  it.each(patterns)(`takes less than ${limit} ms: $at`, ({ pattern }) => {
    expect(slow(pattern, length, limit)).toBeUndefined();
  });
});

it("no pattern outside of src/testing is made from a string", () => {
  // A fake hub gets no text from outside the tests.
  expect(made.filter((place) => !place.startsWith("src/testing/"))).toEqual([]);
  expect(patterns.length).toBeGreaterThan(50);
});

describe("the search for slow patterns", () => {
  it.each([
    /\/+$/,
    /\/*$/,
    /server name .*(must|invalid)/i,
    /requires (?:any of \[([^\]]*)\]|scope '([^'&]+))/,
    /\s+$/,
    /<[^>]*>/,
    /a*b/,
  ])("finds %s", (pattern) => {
    expect(slow(pattern, 20_000, 5)).toBeDefined();
  });
});
