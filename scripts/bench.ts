/**
 * npm run bench                   compares the built package with others, and fails if a limit is exceeded
 * npm run bench -- --write        also writes docs/performance.md
 * npm run bench -- --json FILE    also writes the tables as JSON
 * npm run bench -- one,types      measures only these two of the parts one, size, latency, waiting, types and jobs
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { JupyterHub } from "jupyterhub-client";
import { readArguments } from "./arguments.js";
import { compareCalls } from "./bench-calls.js";
import { compareJobs } from "./bench-jobs.js";
import { addTable, limit, machineLine, writeJson, writePerformance } from "./bench-output.js";
import { compareSizes } from "./bench-scale.js";
import { compareDelivery } from "./bench-sizes.js";
import { compareWaiting } from "./bench-waiting.js";

/** Starts bench-hub.ts with a latency in milliseconds, calls `work` with its address, and stops it at the end. */
async function withHub<Value>(
  latency: number,
  work: (url: string) => Promise<Value>,
): Promise<Value> {
  const script = join(import.meta.dirname, "bench-hub.ts");
  const hub = spawn(process.execPath, ["--import", "tsx", script], {
    stdio: ["pipe", "pipe", "inherit"],
    env: { ...process.env, LATENCY: String(latency) },
  });
  try {
    const [address] = (await once(hub.stdout, "data")) as [Buffer];
    return await work(String(address).trim());
  } finally {
    hub.stdin.end();
  }
}

const total = 10_000;
const rounds = 3;

/**
 * The measured ways to list users. At a latency of 50 ms, each has to be at least `gain` times as fast as requesting
 * one page after the other; 0 means no limit.
 */
const listings = [
  { name: "one page after the other", concurrency: 1, gain: 0 },
  { name: "two at once (the default)", concurrency: 2, gain: 1.7 },
  { name: "four at once", concurrency: 4, gain: 0 },
  { name: "eight at once", concurrency: 8, gain: 4 },
];

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/**
 * Lists the users of hubs with network latency, and adds the times to the benchmark's tables. Returns false if a limit
 * is exceeded.
 */
async function compareLatencies(): Promise<boolean> {
  let areKept = true;
  const cells = listings.map(({ name }) => [name]);
  for (const latency of [10, 50, 200]) {
    const times = await withHub(latency, async (url) => {
      const hub = new JupyterHub({ url, token: "a-token" });
      const all = listings.map((): number[] => []);
      for (let round = 0; round < rounds; round += 1) {
        for (const [index, { concurrency }] of listings.entries()) {
          const begun = performance.now();
          const users = await hub.users.list({}, { concurrency });
          if (users.length !== total) throw new Error(`${users.length} users`);
          all[index]!.push(performance.now() - begun);
        }
      }
      return all.map(median);
    });
    for (const [index, time] of times.entries()) {
      const gain = times[0]! / time;
      const least = latency === 50 ? listings[index]!.gain : 0;
      areKept &&= gain >= least;
      const text = `${(time / 1000).toFixed(2)} s, ${gain.toFixed(1)} ×`;
      cells[index]!.push(least ? limit(`${text}, at least ${least}`, gain >= least) : text);
    }
  }
  addTable({
    title: "Listing 10,000 users of a hub that is far away",
    note: `In pages of 200, from a hub that answers after 10, 50 and 200 ms. Median of ${rounds}.`,
    columns: ["", "10 ms", "50 ms", "200 ms"],
    rows: cells,
  });
  return areKept;
}

const parts: Readonly<Record<string, () => Promise<boolean>>> = {
  one: () => withHub(50, compareCalls),
  size: compareSizes,
  latency: compareLatencies,
  waiting: compareWaiting,
  types: compareDelivery,
  jobs: compareJobs,
};

const names = Object.keys(parts).join(",");
const { values, positionals } = readArguments(
  `npm run bench [-- <parts of ${names}>] [--write] [--json <file>]`,
  { write: { type: "boolean" }, json: { type: "string" } },
  1,
);
const chosen = positionals[0]?.split(",") ?? Object.keys(parts);
const unknown = chosen.filter((name) => !(name in parts));
if (unknown.length > 0) {
  console.error(`No part ${unknown.join(", ")}. Choose from ${names}.`);
  process.exit(1);
}
console.log(machineLine);
for (const name of chosen) {
  if (!(await parts[name]?.())) process.exitCode = 1;
}
if (values.json !== undefined) writeJson(values.json);
if (values.write) writePerformance();
