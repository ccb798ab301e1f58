import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/hubs/**", "node_modules/**"],
    // A server that never answers must fail its test, not hang the run.
    testTimeout: 20_000,
  },
});
