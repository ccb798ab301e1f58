/** The errors of a hub that does not start, and the cleanup of hub processes. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, describe, expect, it } from "vitest";
import { startHub, type StartOptions } from "./hub.js";
import { failure, release } from "./hub-fixture.js";

const folder = mkdtempSync(join(tmpdir(), "harness-test-"));
const pidFile = join(folder, "pids");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Configuration that makes the hub append its process id to a file. */
const notePid = `import os\nprint(os.getpid(), file=open(${JSON.stringify(pidFile)}, "a"))\n`;
const notedPids = (): number[] =>
  existsSync(pidFile) ? readFileSync(pidFile, "utf8").trim().split("\n").map(Number) : [];
const isGone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

describe("a hub that does not start", () => {
  const start = async (extraConfig: string, options: StartOptions = {}): Promise<string> => {
    const started = startHub(release, { extraConfig: notePid + extraConfig, ...options });
    const { message } = (await failure(started)) as Error;
    expect(notedPids().filter((pid) => !isGone(pid))).toEqual([]);
    return message;
  };

  it("causes an error with the exit code and the end of the log", async () => {
    const message = await start("print('I cannot go on', flush=True)\nos._exit(3)");
    expect(message).toMatch(
      /^JupyterHub \S+ ended \(code 3\) before it answered. The end of its log:\n/,
    );
    expect(message).toMatch(/\nI cannot go on$/);
    expect(notedPids()).toHaveLength(1);
  });

  it("causes an error after the time limit", async () => {
    const message = await start("import time\ntime.sleep(600)", { readyMs: 3000 });
    expect(message).toMatch(/^JupyterHub \S+ did not answer within 3 s. The end of its log:\n/);
  });

  it("causes an error if its port is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const { port } = server.address() as AddressInfo;
      const message = await start(`c.JupyterHub.hub_bind_url = "http://127.0.0.1:${port}"`);
      expect(message).toMatch(/^JupyterHub \S+ ended .*before it answered/);
      expect(message).toMatch(/address already in use/i);
    } finally {
      server.close();
    }
  });
});

describe("a hub whose test process is killed", () => {
  it("ends, together with its proxy", async () => {
    const code = `
      import { startHub } from ${JSON.stringify(import.meta.resolve("./hub.ts"))};
      const hub = await startHub("${release}", { proxy: "configurable-http-proxy", extraConfig: ${JSON.stringify(notePid)} });
      console.log(hub.publicUrl);
      process.kill(process.pid, "SIGKILL");
    `;
    const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", code]);
    const publicUrl = (await text(child.stdout)).trim();
    expect(publicUrl).toMatch(/^http:/);
    const pid = notedPids().at(-1) ?? 0;
    await expect.poll(() => isGone(pid), { timeout: 10_000 }).toBe(true);
    const isAnswered = (): Promise<boolean> =>
      fetch(publicUrl).then(
        () => true,
        () => false,
      );
    await expect.poll(isAnswered, { timeout: 10_000 }).toBe(false);
  });
});
