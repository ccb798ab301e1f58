/**
 * `npm run docs` writes the reference of every export as pages in .cache/reference. A warning makes the command fail.
 */
import { OptionDefaults } from "typedoc";

/** @type {Partial<import("typedoc").TypeDocOptions>} */
export default {
  entryPoints: ["../src/index.ts", "../src/api.ts", "../src/testing/index.ts"],
  tsconfig: "../tsconfig.build.json",
  compilerOptions: { declaration: true },
  out: "../.cache/reference",
  readme: "none",
  disableSources: true,
  excludeExternals: true,
  // Tags of the generated code: the scopes of a field, and the first release without an operation.
  blockTags: [...OptionDefaults.blockTags, "@scope", "@until"],
  // Types are not listed: those that the generator derives for each operation have no documentation.
  requiredToBeDocumented: ["Class", "Interface", "Function", "Method", "Variable"],
  // A mapped type's key, which cannot have a comment.
  intentionallyNotDocumented: ["testing.FakeHub.[asyncDispose]", "testing.MockHub.[asyncDispose]"],
  validation: { notExported: false, notDocumented: true },
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
};
