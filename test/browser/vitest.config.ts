import { defineConfig } from "vitest/config";
import base from "../../vitest.config.js";

// A real browser on real hubs: `npm run test:browser -- <versions…>` runs these for each version in turn.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    exclude: [],
    include: ["test/browser/**/*.test.ts"],
    // Creating a virtual environment takes a minute on a slow connection.
    hookTimeout: 600_000,
    testTimeout: 60_000,
    maxWorkers: 2,
    reporters: ["verbose"],
  },
});
