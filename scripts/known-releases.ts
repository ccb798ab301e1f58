/** The known releases of JupyterHub: those in openapi/SOURCES.yaml, whose documents are vendored. */
import { join } from "node:path";
import { readSources, sourceToCorrect } from "./document.js";

const sources = readSources(join(import.meta.dirname, ".."));

/** The known releases, oldest first. */
export const releases: readonly string[] = sources.map(({ version }) => version);

/** The release whose document is corrected, and from which the types are generated. */
export const correctedRelease: string = sourceToCorrect(sources).version;

/** "6" → "6.1.1", "5.5" → "5.5.4": the newest release that starts with the requested version. */
export function resolveRelease(requested: string): string {
  const found = releases.findLast(
    (known) => known === requested || known.startsWith(`${requested}.`),
  );
  if (found) return found;
  throw new Error(`No JupyterHub "${requested}" is known here; there are ${releases.join(", ")}.`);
}
