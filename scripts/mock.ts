/**
 * npm run mock [-- --port 4010]    a mock hub for people: the corrected document, served by Prism's CLI
 *
 * Answers every operation with the examples that the tests use. It keeps no state.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { corrected } from "../test/mock/documents.js";
import { examples } from "../test/mock/examples.js";
import { API_BASE, mockCopy } from "../test/mock/mock-copy.js";

const { values } = parseArgs({ options: { port: { type: "string", default: "0" } } });
const folder = mkdtempSync(join(tmpdir(), "mock-"));
const file = join(folder, "jupyterhub.json");
writeFileSync(file, JSON.stringify(mockCopy(corrected(), { examples })));

const cli = join("node_modules", "@stoplight", "prism-cli", "dist", "index.js");
const prism = spawn(
  process.execPath,
  [cli, "mock", "--errors", "--host", "127.0.0.1", "--port", values.port, file],
  { stdio: ["ignore", "pipe", "inherit"] },
);
createInterface(prism.stdout).on("line", (line) => {
  const origin = /listening on (http:\/\/[\w.:]+)/.exec(line)?.[1];
  if (!origin) return;
  console.log(`A mock of JupyterHub: ${origin}${API_BASE} (any token will do; Ctrl-C ends it)`);
});
prism.on("exit", (code) => {
  rmSync(folder, { recursive: true, force: true });
  process.exitCode = code ?? 0;
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => prism.kill());
