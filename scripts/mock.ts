/**
 * npm run mock [-- 4.1.6] [--port 4010]    starts a mock of the newest hub, or of a vendored release, with Prism's CLI,
 *                                          for manual use
 *
 * Answers every operation with the examples that the tests use. It keeps no state.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { corrected } from "../test/mock/openapi-files.js";
import { examples } from "../src/testing/mock/examples.js";
import { API_BASE, mockCopy } from "../src/testing/mock/mock-copy.js";
import { projectedMock } from "../src/testing/mock/projected-mock.js";
import { readArguments } from "./arguments.js";
import { resolveRelease } from "./known-releases.js";

/** Returns the newest vendored release of a version, such as "6". Ends the process if there is none. */
function vendoredRelease(requested: string): string {
  try {
    return resolveRelease(requested);
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}

const { values, positionals } = readArguments(
  "npm run mock [-- <version>] [--port <port>]",
  { port: { type: "string", default: "0" } },
  1,
);
const version = positionals[0] === undefined ? undefined : vendoredRelease(positionals[0]);
const document =
  version === undefined ? mockCopy(corrected(), { examples }) : projectedMock(corrected(), version);
const name = version === undefined ? "JupyterHub" : `JupyterHub ${version}`;
const folder = mkdtempSync(join(tmpdir(), "mock-"));
const file = join(folder, "jupyterhub.json");
writeFileSync(file, JSON.stringify(document));

const cli = join("node_modules", "@stoplight", "prism-cli", "dist", "index.js");
const prism = spawn(
  process.execPath,
  [cli, "mock", "--errors", "--host", "127.0.0.1", "--port", values.port, file],
  { stdio: ["ignore", "pipe", "inherit"] },
);
createInterface(prism.stdout).on("line", (line) => {
  const origin = /listening on (http:\/\/[\w.:]+)/.exec(line)?.[1];
  if (!origin) return;
  console.log(`A mock of ${name}: ${origin}${API_BASE} (any token will do; Ctrl-C ends it)`);
});
prism.on("exit", (code) => {
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = code ?? 0;
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => prism.kill());
