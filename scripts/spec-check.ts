/**
 * npm run spec:check   checks whether JupyterHub has a newer release than the one whose document the overlay corrects
 *
 * Exits with 0 if there is none, with 1 if there is one, and with 2 if the check fails.
 */
import { join } from "node:path";
import { readArguments } from "./arguments.js";
import { readSources, sourceToCorrect } from "./document.js";
import { newestRelease } from "./download-release.js";
import { isNewer } from "./vendor-release.js";

readArguments("npm run spec:check", {});
try {
  const { version } = sourceToCorrect(readSources(join(import.meta.dirname, "..")));
  const newest = newestRelease();
  if (isNewer(newest, version)) {
    console.log(
      `JupyterHub ${newest} is released; the document is made from ${version}. ` +
        "Run `npm run spec:update -- latest`.",
    );
    process.exitCode = 1;
  } else {
    console.log(
      `The document is made from JupyterHub ${version}; the newest release is ${newest}.`,
    );
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
