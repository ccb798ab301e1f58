/** What the benchmark prints, and docs/performance.md, which `npm run bench -- --write` writes of it. */
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join } from "node:path";

const printed: string[] = [];

export function print(text: string): void {
  console.log(text);
  printed.push(text);
}

const load = (): string => (loadavg()[0] ?? 0).toFixed(1);

/** The machine, and its load before the benchmark began. */
export const machine = `Node ${process.versions.node}, ${cpus().length} × ${cpus()[0]?.model ?? "unknown processor"}, load ${load()}`;

export function writePerformance(): void {
  const page = `<!-- Written by \`npm run bench -- --write\`. Do not edit. -->

# Performance

\`npm run bench\` measured this on one machine: ${machine}. The variants of a comparison run in turns, so that other load
affects all of them. Compare the ratios: times differ from machine to machine.

\`\`\`
${printed.join("\n").trim()}
\`\`\`
`;
  writeFileSync(join(import.meta.dirname, "../docs/performance.md"), page);
}
