/** `npm run docs`: the reference of every export, as pages in .cache/reference. A warning fails it. */
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
  // The generated code has these: the scopes of a field, and the release without an operation.
  blockTags: [...OptionDefaults.blockTags, "@scope", "@until"],
  // Not the types that the generator derives for each operation, which have none.
  requiredToBeDocumented: ["Class", "Interface", "Function", "Method", "Variable"],
  // A mapped type's key, which cannot have a comment.
  intentionallyNotDocumented: ["testing.FakeHub.[asyncDispose]", "testing.MockHub.[asyncDispose]"],
  validation: { notExported: false, notDocumented: true },
  treatWarningsAsErrors: true,
  treatValidationWarningsAsErrors: true,
};
