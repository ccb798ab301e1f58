/**
 * npm run test:browser -- [versions…]   runs the built package in Chromium, in pages of real JupyterHubs
 *
 * Uses Debian's Chromium, or the one in the variable CHROMIUM.
 */
import { spawnSync } from "node:child_process";
import { executable } from "../test/browser/browser.js";
import { readArguments } from "./arguments.js";
import { resolveRelease } from "./known-releases.js";

const newestOfEach = ["4", "5", "6"];

/** Runs the tests on a hub of this version. Returns whether they pass. */
function runTests(version: string): boolean {
  console.log(`\nJupyterHub ${version}`);
  const vitest = ["node_modules/vitest/vitest.mjs", "run", "--config"];
  const env = { ...process.env, HUB_VERSION: version };
  const config = "test/browser/vitest.config.ts";
  return spawnSync(process.execPath, [...vitest, config], { stdio: "inherit", env }).status === 0;
}

const { positionals } = readArguments("npm run test:browser [-- <versions…>]", {}, Infinity);
try {
  const versions = (positionals.length > 0 ? positionals : newestOfEach).map(resolveRelease);
  console.log(`Chromium: ${executable()}`);
  const failed = versions.filter((version) => !runTests(version));
  if (failed.length > 0) throw new Error(`\nTests failed on ${failed.join(", ")}.`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
