import { defineConfig } from "vitest/config";
import base from "../../vitest.config.js";

// The packed package in every runtime: `npm run test:runtimes` builds it and runs these.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    exclude: [],
    include: ["test/runtimes/**/*.test.ts"],
    globalSetup: "test/package/packed.ts",
    // A runtime is installed first: up to 60 MB.
    testTimeout: 300_000,
    hookTimeout: 60_000,
    reporters: ["verbose"],
  },
});
