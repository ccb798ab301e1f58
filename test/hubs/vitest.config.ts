import { defineConfig } from "vitest/config";
import base from "../../vitest.config.js";

// Real hubs: `npm run test:hub -- <versions…>` runs these, each file for each version in turn.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    exclude: [],
    include: ["test/hubs/**/*.test.ts"],
    // Making a virtual environment takes a minute on a slow line.
    hookTimeout: 600_000,
    testTimeout: 60_000,
    // Each file has hubs of its own, and waits for them most of the time.
    maxWorkers: 3,
    // The tests of a file are one story: what comes later stands on what came before.
    bail: 0,
    sequence: { concurrent: false, shuffle: false },
  },
});
