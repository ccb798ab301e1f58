/**
 * Runs one scenario with the packed package in every supported runtime, against a hub on a real socket.
 *
 * If a runtime cannot be installed, its test fails.
 */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { chromium } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { executable } from "../browser/browser.js";
import { program } from "../package/packed.js";
import { createScenarioHub } from "./hub.js";
import type { FakeHub } from "jupyterhub-client/testing";
import { install } from "./install.js";
import { commandLine, page, worker, writePrograms } from "./programs.js";

type Run = (url: string, token: string) => Promise<string[]>;

/** Runs the scenario in a separate process, which must exit by itself. */
async function runCommand(
  command: string,
  flags: readonly string[],
  [url, token]: readonly [string, string],
  environment: boolean,
): Promise<string[]> {
  const args = [...flags, commandLine, url, token, ...(environment ? ["environment"] : [])];
  const env = {
    PATH: process.env["PATH"],
    HOME: program,
    ...(environment && { JUPYTERHUB_API_URL: url, JUPYTERHUB_API_TOKEN: token }),
  };
  const options = { cwd: program, env, timeout: 60_000 };
  const { stdout, stderr } = await promisify(execFile)(command, args, options).catch(
    (error: { stdout: string; stderr: string }) => error,
  );
  // The error of execFile is not thrown, since its message contains the command, and so the token.
  if (!stdout) throw new Error(stderr || "It printed nothing.");
  return JSON.parse(stdout) as string[];
}

const binary = (name: string, version: string): string =>
  join(install(name, version), "node_modules/.bin", name);

const node =
  (version: string): Run =>
  (...target) =>
    runCommand(binary("node", version), [], target, true);

const deno =
  (...permissions: string[]): Run =>
  (...target) => {
    const options = ["run", "--no-prompt", "--node-modules-dir=manual", "--allow-net=127.0.0.1"];
    return runCommand(
      binary("deno", "2.9.6"),
      [...options, ...permissions],
      target,
      permissions.includes("--allow-env"),
    );
  };

const bun: Run = (...target) => runCommand(binary("bun", "1.4.5"), ["run"], target, true);

interface Miniflare {
  dispatchFetch(url: string): Promise<Response>;
  dispose(): Promise<void>;
}

const workerd: Run = async (url, token) => {
  const version = "4.20251217.0";
  const require = createRequire(join(install("miniflare", version), "package.json"));
  const { Miniflare } = require("miniflare") as { Miniflare: new (options: object) => Miniflare };
  const miniflare = new Miniflare({
    // Passed as text, since Miniflare's own module search refuses `import(variable)`, which the fake hub uses in Node.
    modules: [{ type: "ESModule", path: "worker.js", contents: readFileSync(worker, "utf8") }],
    compatibilityDate: "2025-12-01",
  });
  try {
    const query = new URLSearchParams({ url, token });
    const response = await miniflare.dispatchFetch(`http://localhost/?${query}`);
    if (!response.ok) throw new Error(await response.text());
    return (await response.json()) as string[];
  } finally {
    await miniflare.dispose();
  }
};

const chromiumPage: Run = async (url, token) => {
  const browser = await chromium.launch({
    executablePath: executable(),
    args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  try {
    const tab = await browser.newPage();
    await tab.goto(new URL("/", url).href);
    const content = `${readFileSync(page, "utf8")}\nObject.assign(globalThis, { scenario });`;
    await tab.addScriptTag({ type: "module", content });
    await tab.waitForFunction(() => "scenario" in globalThis);
    return await tab.evaluate(
      ([url, token]) => (globalThis as unknown as { scenario: Run }).scenario(url, token),
      [url, token] as const,
    );
  } finally {
    await browser.close();
  }
};

const runtimes: readonly [name: string, run: Run][] = [
  ["Node 20.20.2", node("20.20.2")],
  ["Node 22.23.3", node("22.23.3")],
  ["Node 24.21.0", node("24.21.0")],
  ["Node 26.10.0", node("26.10.0")],
  ["Deno 2.9.6", deno("--allow-env")],
  ["Deno 2.9.6 without --allow-env", deno()],
  ["Bun 1.4.5", bun],
  ["workerd (miniflare 4.20251217.0)", workerd],
  ["Chromium", chromiumPage],
];

beforeAll(writePrograms);

let hub: FakeHub;
beforeEach(async () => {
  hub = createScenarioHub();
  return () => hub[Symbol.asyncDispose]();
});

const lines: string[] = [];
afterAll(() => console.log(`\n${lines.join("\n")}\n`));

it.each(runtimes)("%s passes every check of the scenario", async (name, run) => {
  const passed = await run(await hub.listen(), hub.token);
  lines.push(`${name.padEnd(34)} ${passed.length} checks`);
  expect(passed.length).toBeGreaterThanOrEqual(19);
});

it("the error for a runtime that cannot be installed names the runtime", () => {
  expect(() => install("deno", "0.0.0-none")).toThrow(
    "The runtime deno 0.0.0-none cannot be installed.",
  );
});
