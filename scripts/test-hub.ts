/**
 * npm run test:hub -- [versions…]          runs the built package against real JupyterHubs; all by default
 * npm run test:hub -- --write              and keeps the table, and what hubs before 5.0 deviate in
 *
 * Each version gets a virtual environment (made once, then kept in .cache/hubs) and hubs of its own.
 * Every answer is recorded, then judged: see hub-report.ts.
 */
import { spawnSync } from "node:child_process";
import { forget } from "../test/hubs/recorder.js";
import {
  complaintsOf,
  reportOf,
  tableOf,
  writeDeviations,
  writeTable,
  type HubReport,
} from "./hub-report.js";
import { releases, resolveRelease } from "./releases.js";

/** Whether the tests pass on a hub of this version; leaves its answers to the report. */
function exercise(version: string): boolean {
  forget(version);
  console.log(`\nJupyterHub ${version}`);
  const vitest = [
    "node_modules/vitest/vitest.mjs",
    "run",
    "--config",
    "test/hubs/vitest.config.ts",
  ];
  const env = { ...process.env, HUB_VERSION: version };
  return spawnSync(process.execPath, vitest, { stdio: "inherit", env }).status === 0;
}

try {
  const asked = process.argv.slice(2).filter((argument) => !argument.startsWith("--"));
  const versions = asked.length > 0 ? asked.map(resolveRelease) : [...releases];
  const failed = versions.filter((version) => !exercise(version));

  const reports: HubReport[] = versions.map(reportOf);
  if (process.argv.includes("--write")) {
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
