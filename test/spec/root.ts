/** Where the repository is, and folders that last as long as one test. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

export const root = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/**
 * An empty folder that is removed when the test that asked for it ends. A test that runs beside others
 * hands in its own `onTestFinished`.
 */
export function scratchFolder(whenFinished: typeof onTestFinished = onTestFinished): string {
  const folder = mkdtempSync(join(tmpdir(), "spec-test-"));
  whenFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
