/**
 * Tests each semver rule with a change of a document. For rules about types, a line of user code is compiled against
 * the types before and after the change: only a major change may break the code.
 */
import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dump } from "js-yaml";
import ts from "typescript";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateClient } from "../../scripts/generate-client.js";
import type { JsonObject } from "../../scripts/json.js";
import { rules } from "../../scripts/semver-rules.js";
import { documentDiff } from "../../scripts/spec-diff.js";
import { root, scratchFolder } from "./root.js";
import { done, rows, type Row } from "./semver-rows.js";

const describeChange = ({ rule, in: direction, label }: Row): string =>
  [`"${rule}"`, direction && `in a ${direction}`, label && `(${label})`].filter(Boolean).join(" ");

const documentOf = (
  which: "before" | "after",
  some: readonly (readonly [number, Row])[],
): JsonObject => {
  const paths = some.flatMap(([index, row]) => {
    const operation = row[which];
    return operation
      ? [[`/row-${index}`, { get: { operationId: `row-${index}`, ...operation } }]]
      : [];
  });
  const schemas = some.flatMap(([index, row]) =>
    Object.entries(row.schemas?.[which === "before" ? 0 : 1] ?? {}).map(([name, schema]) => [
      `${name}${index}`,
      schema,
    ]),
  );
  return JSON.parse(
    JSON.stringify({
      openapi: "3.1.0",
      info: { title: "A row", version: "1" },
      paths: { ...Object.fromEntries(paths), "/same": { get: { operationId: "same", ...done } } },
      components: { schemas: Object.fromEntries(schemas) },
    }),
  ) as JsonObject;
};

const describeOutcome = (row: Row): string =>
  `${row.impact === "major" ? "no longer compiles" : "still compiles"} after the change ${describeChange(row)}`;

describe("the comparison of two documents", () => {
  const titled = rows.map((row) => [describeChange(row), row.impact, row] as const);

  it.each(titled)("rates the change %s as %s", (_title, _impact, row) => {
    const { verdict, changes } = documentDiff(
      documentOf("before", [[0, row]]),
      documentOf("after", [[0, row]]),
    );
    expect(changes).toHaveLength(1);
    expect(changes[0]).toMatchObject({
      rule: row.rule,
      impact: row.impact,
      label: row.label ?? "",
    });
    expect(verdict).toBe(row.impact);
  });
});

describe("the table of changes", () => {
  it("has a row for every rule, or one per direction (request, response) if the rating depends on the direction", () => {
    const proven = new Set(
      rows.flatMap(({ rule, in: direction }) => [rule, `${rule} ${direction}`]),
    );
    const all = Object.entries(rules).flatMap(([rule, impact]) =>
      typeof impact === "string" ? [rule] : [`${rule} request`, `${rule} response`],
    );
    expect(all.filter((one) => !proven.has(one))).toEqual([]);
  });
});

describe("code written for the previous types", { timeout: 60_000 }, () => {
  const withCode = rows.flatMap((row, index) =>
    row.code === undefined ? [] : [[describeOutcome(row), index, row] as const],
  );
  let compilerErrors: (which: "before" | "after", index: number) => string[];

  let remove: () => void;
  beforeAll(async () => {
    const folder = scratchFolder((onEnd) => void (remove = onEnd as () => void));
    symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
    const fileOf = (which: string, index: number): string => join(folder, which, `row-${index}.ts`);
    for (const which of ["before", "after"] as const) {
      const document = documentOf(which, [...rows.entries()]);
      mkdirSync(join(folder, which));
      writeFileSync(join(folder, `${which}.yaml`), dump(document));
      await generateClient(
        join(folder, `${which}.yaml`),
        join(folder, which, "client"),
        document,
        [],
        true,
      );
      for (const [, index, row] of withCode)
        writeFileSync(fileOf(which, index), program(index, row));
    }
    const files = ["before", "after"].flatMap((which) =>
      withCode.map(([, index]) => fileOf(which, index)),
    );
    const compiler = ts.createProgram(files, {
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
      types: [],
    });
    compilerErrors = (which, index) =>
      [...compiler.getSemanticDiagnostics(compiler.getSourceFile(fileOf(which, index)))].map(
        ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"),
      );
  }, 60_000);
  afterAll(() => remove());

  /** Returns a module that contains the code of a row and the imports that the code needs. */
  const program = (index: number, { code = "" }: Row): string => {
    const names = {
      Data: `Row${index}Data`,
      Answer: `Row${index}Response`,
      Answers: `Row${index}Responses`,
      call: `row${index}`,
      Shared: `Shared${index}`,
    };
    const used = Object.entries(names).filter(
      ([name]) =>
        new RegExp(`\\b${name}\\b`).test(code) || (name === "Answer" && /\banswer\b/.test(code)),
    );
    const imports = used.map(([name, generated]) => `${generated} as ${name}`).join(", ");
    const declared = /\banswer\b/.test(code) ? "declare const answer: Answer;\n" : "";
    return `import { ${imports} } from "./client/index.js";\n${declared}${code}\nexport {};\n`;
  };

  it.each(withCode)("%s", (_, index, { impact }) => {
    expect(compilerErrors("before", index)).toEqual([]);
    if (impact === "major") expect(compilerErrors("after", index)).not.toEqual([]);
    else expect(compilerErrors("after", index)).toEqual([]);
  });
});
