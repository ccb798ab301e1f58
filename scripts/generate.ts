/**
 * npm run generate              writes openapi/jupyterhub.yaml and generated/
 * npm run generate -- --check   writes nothing; fails if a file is out of date
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { readArguments } from "./arguments.js";
import { writeGenerated } from "./generate-client.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");

/** The files that differ between two folders, or exist in only one of them. */
function differences(expected: string, actual: string, folder: string): string[] {
  const files = (base: string): string[] =>
    readdirSync(join(base, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1));
  const names = new Set([...files(expected), ...files(actual)]);
  const read = (base: string, name: string): string | undefined => {
    try {
      return readFileSync(join(base, name), "utf8");
    } catch {
      return undefined;
    }
  };
  return [...names].filter((name) => read(expected, name) !== read(actual, name)).toSorted();
}

async function check(): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), "generate-"));
  try {
    await writeGenerated(root, scratch);
    const stale = differences(scratch, root, "generated");
    const document = "openapi/jupyterhub.yaml";
    if (
      readFileSync(join(scratch, document), "utf8") !== readFileSync(join(root, document), "utf8")
    ) {
      stale.unshift(document);
    }
    if (stale.length > 0) {
      console.error(
        `Out of date:\n${stale.map((name) => `  ${name}`).join("\n")}\n` +
          "Run `npm run generate` and commit the result. Corrections belong in openapi/overlay.yaml.",
      );
      process.exitCode = 1;
    } else {
      console.log("openapi/jupyterhub.yaml and generated/ are up to date.");
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

const { values } = readArguments("npm run generate [-- --check]", { check: { type: "boolean" } });
const started = performance.now();
try {
  if (values.check) {
    await check();
  } else {
    await writeGenerated(root, root);
    console.log(`Generated in ${((performance.now() - started) / 1000).toFixed(1)} s.`);
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
