import { defineConfig } from "vitest/config";
import base, { packed } from "../../vitest.config.js";

// The packed package: `npm run test:package` builds it and runs these.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    exclude: [],
    include: packed,
    globalSetup: "test/package/packed.ts",
    // Compilers are installed first.
    hookTimeout: 600_000,
    testTimeout: 120_000,
    reporters: ["verbose"],
  },
});
