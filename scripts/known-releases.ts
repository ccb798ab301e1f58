/** The releases of JupyterHub that are known here: those whose documents are kept, listed in openapi/SOURCES.yaml. */
import { join } from "node:path";
import { readSources, sourceToCorrect } from "./document.js";

const sources = readSources(join(import.meta.dirname, ".."));

/** Oldest first. */
export const releases: readonly string[] = sources.map(({ version }) => version);

/** The one whose document is corrected, and which the types are made of. */
export const correctedRelease: string = sourceToCorrect(sources).version;

/** "6" → "6.1.1", "5.5" → "5.5.4": the newest release that begins with what was asked for. */
export function resolveRelease(requested: string): string {
  const found = releases.findLast(
    (known) => known === requested || known.startsWith(`${requested}.`),
  );
  if (found) return found;
  throw new Error(`No JupyterHub "${requested}" is known here; there are ${releases.join(", ")}.`);
}
