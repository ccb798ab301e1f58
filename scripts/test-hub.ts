/**
 * npm run test:hub -- [versions…]          runs the built package against real JupyterHubs; all by default
 * npm run test:hub -- --write              and keeps the table, what hubs before 5.0 deviate in, and the
 *                                          answers to the scenarios that the fake hub is held to
 *
 * Each version gets a virtual environment (made once, then kept in .cache/hubs) and hubs of its own. Two
 * versions run at a time where there are two cores; the output of each then comes as a whole, when it ends.
 * Every answer is recorded, then judged: see hub-report.ts.
 */
import { spawn } from "node:child_process";
import { availableParallelism } from "node:os";
import { text } from "node:stream/consumers";
import { forget } from "../test/hubs/recorder.js";
import { isAtLeast } from "../src/core/version.js";
import { ensureHub, ensureNotebook } from "../test/hubs/venv.js";
import {
  complaintsOf,
  reportOf,
  tableOf,
  writeDeviations,
  writeTable,
  type HubReport,
} from "./hub-report.js";
import { releases, resolveRelease } from "./releases.js";

const vitest = ["node_modules/vitest/vitest.mjs", "run", "--config", "test/hubs/vitest.config.ts"];

const writes = process.argv.includes("--write");

/** Whether the tests pass on a hub of this version; leaves its answers to the report. */
async function exercise(version: string, alone: boolean): Promise<boolean> {
  forget(version);
  // Before the tests start: each of their files would make one.
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

/** Exercises the versions, a few at a time; resolves with those whose tests failed. */
async function exerciseAll(versions: readonly string[]): Promise<string[]> {
  // All but the oldest have a test with it.
  if (versions.some((version) => isAtLeast(version, "3.0"))) await ensureNotebook();
  const atOnce = Math.min(2, availableParallelism(), versions.length);
  // The newest take longest.
  const queue = versions.toReversed();
  const failed: string[] = [];
  const work = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (!(await exercise(next, atOnce === 1))) failed.push(next);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, work));
  return failed;
}

try {
  const asked = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
  const versions = asked.length > 0 ? asked.map(resolveRelease) : [...releases];
  const failed = await exerciseAll(versions);

  const reports: HubReport[] = versions.map(reportOf);
  if (writes) {
    writeDeviations(reports);
    if (versions.length === releases.length) writeTable(reports);
  }
  const complaints = reports.flatMap((report) =>
    complaintsOf(report).map((complaint) => `${report.version}: ${complaint}`),
  );
  console.log(`\n${tableOf(reports)}`);
  if (complaints.length > 0) console.error(`\n${complaints.join("\n")}`);
  if (failed.length > 0) console.error(`\nTests failed on ${failed.join(", ")}.`);
  if (complaints.length > 0 || failed.length > 0) process.exitCode = 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
