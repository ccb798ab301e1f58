/**
 * npm run bench   measures the built package, and fails where it takes more than it may
 *
 * Each comparison runs its ways in turn, several times, so that they share whatever else the machine
 * does, and shows the median of each beside that of its first. More rows are more entries below.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { JupyterHub, type ListOptions } from "jupyterhub-client";
import { compareCalls } from "./bench-calls.js";
import { noticed, resolved } from "./bench-starts.js";

/** One way to do a thing. */
interface Way {
  name: string;
  run: () => Promise<unknown>;
  /** How much of the first way's time it may take. */
  atMost?: number;
}

/** Ways to do the same thing, the first of which is the measure of the others. */
interface Comparison {
  title: string;
  rounds: number;
  ways: readonly Way[];
}

const median = (times: readonly number[]): number =>
  times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN;

/** Milliseconds of each way, round by round. One round more comes first, and does not count. */
async function measure({ rounds, ways }: Comparison): Promise<number[][]> {
  const times = ways.map((): number[] => []);
  for (let round = -1; round < rounds; round += 1) {
    for (const [index, { run }] of ways.entries()) {
      const begun = performance.now();
      await run();
      if (round >= 0) times[index]?.push(performance.now() - begun);
    }
  }
  return times;
}

/** Prints a comparison; true when every way kept to what it may take. */
async function compare(comparison: Comparison): Promise<boolean> {
  const medians = (await measure(comparison)).map(median);
  const [first = Number.NaN] = medians;
  const rows = comparison.ways.map(({ name, atMost }, index) => {
    const time = medians[index] ?? Number.NaN;
    const ratio = time / first;
    const kept = atMost === undefined || ratio <= atMost;
    const limit = atMost === undefined ? "" : `at most ${atMost}${kept ? "" : ": TOO MUCH"}`;
    return { kept, cells: [name, `${time.toFixed(1)} ms`, ratio.toFixed(2), limit] };
  });
  const cells = [["", "median", "ratio", "may be"], ...rows.map((row) => row.cells)];
  const widths = [0, 1, 2, 3].map((at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  console.log(`\n${comparison.title} (median of ${comparison.rounds})`);
  for (const row of cells) {
    const padded = row.map((cell, at) =>
      at ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[0] ?? 0),
    );
    console.log(`  ${padded.join("   ")}`);
  }
  return rows.every(({ kept }) => kept);
}

/** Prints a time, and whether it is within what it may be. */
function within(title: string, times: readonly number[], atMost: number): boolean {
  const time = median(times);
  const kept = time <= atMost;
  const limit = `at most ${atMost} ms${kept ? "" : ": TOO MUCH"}`;
  console.log(`\n${title} (median of ${times.length})\n  ${time.toFixed(1)} ms   ${limit}`);
  return kept;
}

const far = spawn(
  process.execPath,
  ["--import", "tsx", join(import.meta.dirname, "bench-hub.ts")],
  {
    stdio: ["pipe", "pipe", "inherit"],
  },
);
const [address] = (await once(far.stdout, "data")) as [Buffer];
const url = String(address).trim();
const hub = new JupyterHub({ url, token: "a-token" });
const listing = (call: ListOptions) => async (): Promise<void> => {
  const users = await hub.users.list({}, call);
  if (users.length !== 10_000) throw new Error(`${users.length} users`);
};

const comparisons: readonly Comparison[] = [
  {
    title: "Listing 10,000 users in pages of 200 from a hub that answers after 50 ms",
    rounds: 7,
    ways: [
      { name: "one page after the other (concurrency: 1)", run: listing({ concurrency: 1 }) },
      { name: "two at once (the default)", run: listing({}), atMost: 0.6 },
      { name: "eight at once (concurrency: 8)", run: listing({ concurrency: 8 }), atMost: 0.25 },
    ],
  },
];

try {
  if (!(await compareCalls(url))) process.exitCode = 1;
  for (const comparison of comparisons) {
    if (!(await compare(comparison))) process.exitCode = 1;
  }
  const title = "A server that is ready, from the hub's event to the program";
  if (!within(title, await noticed(hub, 20), 100)) process.exitCode = 1;
  // Of these, 1,200 ms are waited, since hubs call a start ready that somebody has cancelled.
  const kept = "The same, to the promise of a server that is there to stay";
  if (!within(kept, await resolved(hub, 5), 1500)) process.exitCode = 1;
} finally {
  far.stdin.end();
}
