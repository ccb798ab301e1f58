import { defineConfig } from "vitest/config";
import { correctedRelease, resolveRelease } from "../../scripts/known-releases.js";
import { isAtLeast } from "../../src/core/version.js";
import base from "../../vitest.config.js";

/** Test files that do not apply to older hubs, each with the first hub release that it applies to. */
const since: Readonly<Record<string, string>> = {
  scopes: "2.0",
  "has-scope": "3.0",
  notebook: "3.0",
  service: "3.0",
  "service-run": "3.0",
  // The tested page, docs/upstream-corrections.md, is about the newest hub.
  corrections: correctedRelease,
  // The next two files test the harness and this package more than the hub.
  harness: "5.0",
  listing: "2.0",
  // The fake hub does not imitate older hubs.
  scenarios: "4.1",
  "start-many": "2.0",
};
const release = resolveRelease(process.env["HUB_VERSION"] ?? "6");
const silent = Object.keys(since).filter((name) => !isAtLeast(release, since[name] ?? ""));

// Real hubs: `npm run test:hub -- <versions…>` runs each file for each version.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    exclude: silent.map((name) => `test/hubs/${name}.test.ts`),
    include: ["test/hubs/**/*.test.ts"],
    // Creating a virtual environment takes a minute on a slow connection.
    hookTimeout: 600_000,
    testTimeout: 60_000,
    // Each file has its own hubs, and mostly waits for them.
    maxWorkers: 3,
    // The tests of a file run in order, and later ones rely on earlier ones.
    bail: 0,
    sequence: { concurrent: false, shuffle: false },
  },
});
