import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Vitest's report of failures needs Map.groupBy, which Node 20 does not have.
const groups = Map as { groupBy?: unknown };
groups.groupBy ??= <Key, Item>(items: Iterable<Item>, keyOf: (item: Item) => Key) => {
  const grouped = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    grouped.set(key, [...(grouped.get(key) ?? []), item]);
  }
  return grouped;
};

/** Tests of the packed package: test/package/vitest.config.ts runs these. */
export const packed = ["test/package/packed-*.test.ts", "test/consumers/**/*.test.ts"];

const source = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  // The examples of docs/ import the package by name. In tests, the sources of the package stand in for dist/.
  resolve: {
    alias: {
      "jupyterhub-client/testing": source("src/testing/index.ts"),
      "jupyterhub-client/api": source("src/api.ts"),
      "jupyterhub-client": source("src/index.ts"),
    },
  },
  test: {
    include: ["test/**/*.test.ts"],
    exclude: [...packed, "test/hubs/**", "test/browser/**", "test/runtimes/**", "node_modules/**"],
    // A server that never answers must fail its test, not hang the run.
    testTimeout: 60_000,
  },
});
