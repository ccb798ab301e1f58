/**
 * npm run readme              writes the generated part of README.md: the table of methods and operations
 * npm run readme -- --check   fails when it is not what it would write
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { operations, scopes } from "../generated/operations.gen.js";
import { aliases, later, methodScopes, rawOnly } from "./aliases.js";

const file = join(import.meta.dirname, "../README.md");
const begin = "<!-- operations: written by `npm run readme` -->";
const end = "<!-- /operations -->";

const code = (text: string): string => `\`${text}\``;
const scopesOf = (method: string, operation: string): string => {
  const { also, only } = methodScopes[method] ?? {};
  if (only) return code(only);
  return also ? `${scopesOfOperation(operation)}, and ${code(also)}` : scopesOfOperation(operation);
};
const scopesOfOperation = (operation: string): string => {
  const alternatives = scopes[operation] ?? [];
  if (operations[operation]?.public) return "none: public";
  if (alternatives.length === 0 || alternatives[0] === "(no_scope)") return "any token";
  return alternatives.map(code).join(" or ");
};
const sinceOf = (operation: string): string => {
  const { since, until } = operations[operation] ?? {};
  return until ? `until ${until}` : (since ?? "1.2 or older");
};

function table(): string {
  const rows = Object.entries(aliases).flatMap(([method, keys]) =>
    keys.map((key, index) => [
      index === 0 ? code(`hub.${method}`) : "",
      code(key),
      sinceOf(key),
      scopesOf(method, key),
    ]),
  );
  const raw = Object.entries(rawOnly).map(([key, why]) => [code(key), why]);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [
    line(["method", "operation", "since", "scopes"]),
    line(["---", "---", "---", "---"]),
    ...rows.map(line),
    "",
    "Without a method, as functions of `jupyterhub-client/api` alone:",
    "",
    line(["operation", "why"]),
    line(["---", "---"]),
    ...raw.map(line),
    "",
    `Without a method so far: ${later.map(code).join(", ")}.`,
  ].join("\n");
}

const readme = readFileSync(file, "utf8");
const [before, rest] = readme.split(begin);
const after = rest?.split(end)[1];
if (before === undefined || after === undefined)
  throw new Error(`README.md has no ${begin} … ${end}`);
const written = `${before}${begin}\n\n${table()}\n\n${end}${after}`;
if (!process.argv.includes("--check")) {
  writeFileSync(file, written);
} else if (written !== readme) {
  console.error(
    "The table in README.md is not what `npm run readme` writes. Run it and commit the result.",
  );
  process.exitCode = 1;
}
