import { defineConfig } from "vitest/config";
import { resolveRelease } from "../../scripts/releases.js";
import { isAtLeast } from "../../src/core/version.js";
import base from "../../vitest.config.js";

/** Files with nothing to say of older hubs, and the release from which on they have. */
const since: Readonly<Record<string, string>> = {
  scopes: "2.0",
  "has-scope": "3.0",
  notebook: "3.0",
  service: "3.0",
  "service-run": "3.0",
  // These are about the tests and this package more than about the hub.
  harness: "5.0",
  listing: "2.0",
  // Older ones have no fake to hold to them.
  scenarios: "4.1",
  many: "2.0",
};
const release = resolveRelease(process.env["HUB_VERSION"] ?? "6");
const silent = Object.keys(since).filter((name) => !isAtLeast(release, since[name] ?? ""));

// Real hubs: `npm run test:hub -- <versions…>` runs these, each file for each version in turn.
export default defineConfig({
  ...base,
  test: {
    ...base.test,
    exclude: silent.map((name) => `test/hubs/${name}.test.ts`),
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
