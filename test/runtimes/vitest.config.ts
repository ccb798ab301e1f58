import { defineConfig } from "vitest/config";
import base from "../../vitest.config.js";

// Tests the packed package in every runtime: `npm run test:runtimes` builds the package and runs these tests.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    exclude: [],
    include: ["test/runtimes/**/*.test.ts"],
    globalSetup: "test/package/packed.ts",
    // Each test first installs its runtime, which may be a download of 60 MB.
    testTimeout: 300_000,
    hookTimeout: 60_000,
    reporters: ["verbose"],
  },
});
