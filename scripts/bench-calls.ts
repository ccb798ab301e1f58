/**
 * Compares the cost of one call with this package to the cost with alternative clients.
 *
 * Runs bench-call-costs.ts in several processes, since the JavaScript engine optimises the code differently in each.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Costs } from "./bench-call-costs.js";
import { addTable, limit } from "./bench-output.js";

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

interface Column {
  unit: string;
  of: (costs: Costs, name: string) => number;
}

/** The columns of the table: each is one measure of the cost. */
const columns: Readonly<Record<string, Column>> = {
  "loopback, time": { unit: "µs", of: ({ loopback }, name) => loopback[name]!.wall },
  "loopback, CPU": { unit: "µs", of: ({ loopback }, name) => loopback[name]!.cpu },
  "fetch stubbed, CPU": { unit: "µs", of: ({ stubbed }, name) => stubbed[name]!.cpu },
  "fetch stubbed, heap": { unit: "KB", of: ({ stubbed }, name) => stubbed[name]!.heap },
};

const raw = "raw fetch";
const bare = "the bare generated client";

/** The maximum ratio of our cost to that of another client, which `of` names, for some columns of the table. */
const limits = [
  { column: "loopback, time", of: bare, atMost: 1.2 },
  { column: "loopback, CPU", of: bare, atMost: 1.2 },
  { column: "loopback, time", of: "ky", atMost: 1 },
  { column: "loopback, CPU", of: "ky", atMost: 1 },
  { column: "fetch stubbed, CPU", of: "ky", atMost: 1 },
];

/**
 * Measures calls to the hub at `url`, and adds the results to the benchmark's tables. Returns false if a limit is
 * exceeded.
 */
export async function compareCalls(url: string): Promise<boolean> {
  const runs: Costs[] = [];
  while (runs.length < processes) runs.push(await measure(url));
  const names = Object.keys(runs[0]!.loopback);
  // Divides two costs of the same process, so that the machine's load at that time affects both.
  const ratio = (column: string, name: string, of: string) =>
    quartiles(runs.map((run) => columns[column]!.of(run, name) / columns[column]!.of(run, of)));
  const shown = ([low, middle, high]: readonly number[]): string =>
    `${middle!.toFixed(2)} (${low!.toFixed(2)}–${high!.toFixed(2)})`;
  addTable({
    title: "One call",
    note:
      `\`GET /users/ada\` of a server in another process, and with a \`fetch\` that resolves at once: the median of ` +
      `${processes} processes, its ratio to raw fetch and the quartiles of that ratio.`,
    columns: ["client", ...Object.keys(columns)],
    rows: names.map((name) => [
      name,
      ...Object.entries(columns).map(([column, { unit, of }]) => {
        const [, cost] = quartiles(runs.map((run) => of(run, name)));
        return `${cost.toFixed(0)} ${unit}, ${shown(ratio(column, name, raw))}`;
      }),
    ]),
  });
  const compared = names
    .filter((name) => name.startsWith("ours"))
    .flatMap((name) =>
      limits.map(({ column, of, atMost }) => {
        const found = ratio(column, name, of);
        return {
          cells: [name, column, of, shown(found)],
          atMost,
          isKept: Number(found[1].toFixed(2)) <= atMost,
        };
      }),
    );
  addTable({
    title: "One call, and its limits",
    note:
      "The ratio of ours to another client, in the same processes. The bare client has no timeout: compare the rows " +
      "of raw fetch with and without a signal and a timer.",
    columns: ["ours", "what", "beside", "ratio", "at most"],
    rows: compared.map(({ cells, atMost, isKept }) => [...cells, limit(String(atMost), isKept)]),
  });
  return compared.every(({ isKept }) => isKept);
}
