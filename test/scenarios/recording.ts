/**
 * The responses of real hubs to the scenarios, kept in recordings/ by release. `npm run test:hub` compares real hubs
 * with the recordings, and `npm test` compares the fake hub with them.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import type { Exchange, Recorded } from "./runner.js";

type Recording = Record<string, Recorded[]>;

const fileOf = (version: string, suite: string): string =>
  fileURLToPath(new URL(`recordings/${version}-${suite}.json`, import.meta.url));

/** The recorded responses of a real hub, by scenario; empty if there is no recording. */
export function readRecording(version: string, suite: string): Recording {
  const file = fileOf(version, suite);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Recording) : {};
}

export function writeRecording(
  version: string,
  suite: string,
  results: ReadonlyMap<string, readonly Exchange[]>,
): void {
  const file = fileOf(version, suite);
  const entries = [...results].map(([name, answers]) => {
    const lines = answers.map((answer) => `    ${JSON.stringify(recorded(answer))}`);
    return `  ${JSON.stringify(name)}: [\n${lines.join(",\n")}\n  ]`;
  });
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `{\n${entries.join(",\n")}\n}\n`);
}

/** The parts of a response that are recorded and compared. */
export const recorded = ({ request, status, headers, body }: Exchange): Recorded => ({
  request,
  status,
  headers,
  ...(body !== undefined && { body }),
});
