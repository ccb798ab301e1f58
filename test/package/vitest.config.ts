import { defineConfig } from "vitest/config";
import base, { packed } from "../../vitest.config.js";

// The tests of the packed package. `npm run test:package` builds the package and runs them.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    exclude: [],
    include: packed,
    globalSetup: "test/package/packed.ts",
    // Long enough to install the compilers.
    hookTimeout: 600_000,
    testTimeout: 120_000,
    reporters: ["verbose"],
  },
});
