/** Prints the benchmark's tables, and writes them as docs/performance.md and as JSON. */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";

interface Table {
  title: string;
  /** How the values were measured, in one or two sentences. */
  note: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
}

const tables: Table[] = [];

/** The machine, and its load before the benchmark began. */
const machine = {
  node: process.versions.node,
  processors: `${cpus().length} × ${cpus()[0]?.model.trim() ?? "unknown"}`,
  load: (loadavg()[0] ?? 0).toFixed(1),
};
export const machineLine = `Node ${machine.node}, ${machine.processors}, load ${machine.load}`;

/** Prints a table, and keeps it for the files that are written at the end. */
export function addTable(table: Table): void {
  tables.push(table);
  const all = [table.columns, ...table.rows];
  const widths = table.columns.map((_, at) => Math.max(...all.map((row) => row[at]?.length ?? 0)));
  console.log(`\n${table.title}`);
  for (const row of all) {
    const cells = row.map((cell, at) =>
      at ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[0] ?? 0),
    );
    console.log(`  ${cells.join("   ").trimEnd()}`);
  }
}

/** Returns the text for a limit, marked if the limit is exceeded. */
export const limit = (text: string, isKept: boolean): string =>
  isKept ? text : `${text}: TOO MUCH`;

export function writeJson(file: string): void {
  writeFileSync(file, `${JSON.stringify({ machine, tables }, null, 2)}\n`);
}

export function writePerformance(): void {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  const sections = tables.map(({ title, note, columns, rows }) =>
    [
      `## ${title}`,
      note,
      [row(columns), row(columns.map((_, at) => (at ? "--:" : "---"))), ...rows.map(row)].join(
        "\n",
      ),
    ].join("\n\n"),
  );
  const page = `<!-- Written by \`npm run bench -- --write\`. Do not edit. -->

# Performance

\`npm run bench\` measured all of this in one run on one machine: ${machineLine}. The variants of a comparison run in
turns, so that other load affects all of them. Compare the ratios: times differ from machine to machine.

${sections.join("\n\n")}
`;
  writeFileSync(join(import.meta.dirname, "../docs/performance.md"), page);
}
