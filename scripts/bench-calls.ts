/**
 * Compares the cost of one call of this package with alternatives.
 *
 * Runs bench-call-costs.ts in several processes, since the compiler's choices differ from process to process.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Costs } from "./bench-call-costs.js";
import { print } from "./bench-output.js";

const processes = 11;

async function measure(url: string): Promise<Costs> {
  const script = join(import.meta.dirname, "bench-call-costs.ts");
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", script, url]);
  return JSON.parse(stdout) as Costs;
}

/** The lower quartile, the median and the upper quartile. */
function quartiles(values: readonly number[]): [number, number, number] {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? Number.NaN;
  return [at(0.25), at(0.5), at(0.75)];
}

/** What is compared: a column of the table. */
const columns: Readonly<Record<string, (costs: Costs, name: string) => number>> = {
  "loopback, time": ({ loopback }, name) => loopback[name]!.wall,
  "loopback, CPU": ({ loopback }, name) => loopback[name]!.cpu,
  "fetch stubbed, CPU": ({ stubbed }, name) => stubbed[name]!.cpu,
};

const raw = "raw fetch";
const bare = "the bare generated client";

/** The maximum ratio of our cost to that of another client, by column. */
const limits = [
  { column: "loopback, time", of: bare, atMost: 1.2 },
  { column: "loopback, CPU", of: bare, atMost: 1.2 },
  { column: "loopback, time", of: "ky", atMost: 1 },
  { column: "loopback, CPU", of: "ky", atMost: 1 },
  { column: "fetch stubbed, CPU", of: "ky", atMost: 1 },
];

/** Prints the cost of one call to the hub at `url`. Returns whether every limit is kept. */
export async function compareCalls(url: string): Promise<boolean> {
  const runs: Costs[] = [];
  while (runs.length < processes) runs.push(await measure(url));
  const names = Object.keys(runs[0]!.loopback);
  // Of both in the same process, so that the machine's load at that time affects both.
  const ratio = (column: string, name: string, of: string) =>
    quartiles(runs.map((run) => columns[column]!(run, name) / columns[column]!(run, of)));
  print(
    `\nOne call, GET /users/ada (${processes} processes: median, ratio to raw fetch and its quartiles)`,
  );
  const wide = 28;
  print(`  ${["".padEnd(36), ...Object.keys(columns).map((one) => one.padStart(wide))].join("")}`);
  for (const name of names) {
    const cells = Object.entries(columns).map(([column, cost]) => {
      const [, time] = quartiles(runs.map((run) => cost(run, name)));
      const [low, middle, high] = ratio(column, name, raw).map((one) => one.toFixed(2));
      return `${time.toFixed(0)} µs  ${middle} (${low}–${high})`.padStart(wide);
    });
    print(`  ${name.padEnd(36)}${cells.join("")}`);
  }
  let areKept = true;
  for (const name of names.filter((one) => one.startsWith("ours"))) {
    for (const { column, of, atMost } of limits) {
      const [low, middle, high] = ratio(column, name, of);
      const isKept = middle <= atMost;
      areKept &&= isKept;
      const spread = `${middle.toFixed(2)} (${low.toFixed(2)}–${high.toFixed(2)})`;
      print(
        `  ${name}, ${column}: ${spread} × ${of}, at most ${atMost}${isKept ? "" : ": TOO MUCH"}`,
      );
    }
  }
  return areKept;
}
