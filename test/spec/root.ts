/** The path of the repository, and temporary folders for single tests. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** Creates an empty folder that is removed after the test. A concurrent test must pass its own `onTestFinished`. */
export function scratchFolder(whenFinished: typeof onTestFinished = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), "spec-test-"));
  whenFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
