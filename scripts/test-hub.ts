/**
 * npm run test:hub -- [versions…]   runs the built package against real JupyterHubs; by default, all known releases
 * npm run test:hub -- --write       also writes the table of docs/types-and-proof.md, the deviations of hubs before
 *                                   5.0, and the responses that the fake hub is compared with
 *
 * Each version has a virtual environment (created once and kept in .cache/hubs) and hubs of its own. Two versions run
 * at a time if there are two cores; the output of a version is then printed when its tests end. Every response is
 * recorded and then validated: see hub-report.ts.
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { text } from "node:stream/consumers";
import { clearRecordings } from "../test/hubs/recorder.js";
import { isAtLeast } from "../src/core/version.js";
import { ensureHub, ensureNotebook } from "../test/hubs/venv.js";
import { readArguments } from "./arguments.js";
import {
  problemsOf,
  reportOf,
  tableOf,
  writeDeviations,
  writeTable,
  type HubReport,
} from "./hub-report.js";
import { releases, resolveRelease } from "./known-releases.js";

const vitest = ["node_modules/vitest/vitest.mjs", "run", "--config", "test/hubs/vitest.config.ts"];

const { values, positionals } = readArguments(
  "npm run test:hub [-- <versions…>] [--write]",
  { write: { type: "boolean" } },
  Infinity,
);
const writes = values.write;

/**
 * Runs the tests on a hub of this version. Returns whether they pass. The responses are not validated here, but in the
 * report.
 */
async function runTests(version: string, alone: boolean): Promise<boolean> {
  clearRecordings(version);
  // Creates the environment before the tests start, since otherwise each test file would create it.
  await ensureHub(version);
  const began = Date.now();
  if (alone) console.log(`\nJupyterHub ${version}`);
  const child = spawn(process.execPath, [...vitest, ...(alone ? [] : ["--maxWorkers=2"])], {
    stdio: ["ignore", alone ? "inherit" : "pipe", alone ? "inherit" : "pipe"],
    env: { ...process.env, HUB_VERSION: version, ...(writes && { HUB_RECORD: "yes" }) },
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on("error", reject).on("close", resolve);
  });
  const output = [child.stdout, child.stderr].map((stream) => (stream ? text(stream) : ""));
  const [code, ...parts] = await Promise.all([ended, ...output]);
  if (!alone) {
    const seconds = Math.round((Date.now() - began) / 1000);
    console.log(`\nJupyterHub ${version} (${seconds} s)\n${parts.join("")}`);
  }
  return code === 0;
}

/** Runs the tests on all versions, at most two at a time. Resolves with the versions that failed. */
async function runAllTests(versions: readonly string[]): Promise<string[]> {
  // Hubs since 3.0 have a test with a notebook server.
  if (versions.some((version) => isAtLeast(version, "3.0"))) await ensureNotebook();
  const atOnce = Math.min(2, availableParallelism(), versions.length);
  // The newest versions take longest, so they start first.
  const queue = versions.toReversed();
  const failed: string[] = [];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (!(await runTests(next, atOnce === 1))) failed.push(next);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return failed;
}

try {
  const versions = positionals.length > 0 ? positionals.map(resolveRelease) : [...releases];
  const failed = await runAllTests(versions);

  const reports: HubReport[] = versions.map(reportOf);
  if (writes) {
    writeDeviations(reports);
    if (versions.length === releases.length) writeTable(reports);
  }
  const problems = reports.flatMap((report) =>
    problemsOf(report).map((complaint) => `${report.version}: ${complaint}`),
  );
  console.log(`\n${tableOf(reports)}`);
  if (problems.length > 0) console.error(`\n${problems.join("\n")}`);
  if (failed.length > 0) console.error(`\nTests failed on ${failed.join(", ")}.`);
  if (problems.length > 0 || failed.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
