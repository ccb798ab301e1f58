/** Editors show a short signature with named types for each exported name. */
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { exportsOf, shownType } from "./public.js";

const exported = [...exportsOf("src/index.ts"), ...exportsOf("src/api.ts")];
const methods = exported.flatMap(({ name, declaration }) =>
  ts.isClassDeclaration(declaration)
    ? declaration.members
        .filter((member) => ts.isMethodDeclaration(member) && ts.isIdentifier(member.name))
        .map((member) => ({ name: `${name}.${member.name?.getText()}`, declaration: member }))
    : [],
);
const types = exported.filter(({ declaration }) => ts.isTypeAliasDeclaration(declaration));

describe("the signature that an editor shows", () => {
  it.each(methods)("of $name fits on a line and refers to types by name", ({ declaration }) => {
    const shown = shownType(declaration);
    expect(shown.split("&").length).toBeLessThan(3);
    expect(shown.length).toBeLessThan(130);
  });
});

describe("the type that an editor shows", () => {
  it.each(types)("for $name is short", ({ declaration }) => {
    // `| undefined` is left out, since the question mark of an optional key says the same.
    const shown = shownType(declaration).replaceAll(" | undefined", "");
    expect(shown.length).toBeLessThan(280);
    expect(shown.split("&").length).toBeLessThan(4);
    expect(shown).not.toContain("import(");
  });
});
