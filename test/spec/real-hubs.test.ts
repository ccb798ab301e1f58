/** What `npm run test:hub` requires, and its errors if a requirement is not met. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it, vi } from "vitest";
import { releases } from "../../scripts/known-releases.js";
import { ensureHub } from "../hubs/venv.js";
import { root, scratchFolder } from "./root.js";

const newest = releases.at(-1) ?? "";

describe("npm run test:hub", () => {
  it("rejects an unknown release and lists the known ones", () => {
    const command = ["--import", "tsx", "scripts/test-hub.ts", "0.9"];
    const { status, stderr } = spawnSync(process.execPath, command, {
      cwd: root,
      encoding: "utf8",
    });
    expect(stderr).toBe(`No JupyterHub "0.9" is known here; there are ${releases.join(", ")}.\n`);
    expect(status).toBe(1);
  });
});

describe("the Python environment of a hub", () => {
  afterEach(() => void vi.unstubAllEnvs());

  /**
   * Writes a fake Python and sets PYTHON to its path. The fake creates virtual environments with copies of itself, and
   * fails when it is called to run the module that the environment variable FAILING names.
   */
  function fakePython(folder: string): string {
    const python = join(folder, "python");
    const lines = [
      "#!/bin/sh",
      'case "$*" in',
      '  "-m $FAILING"*) echo "$FAILING: no space is left"; exit 1 ;;',
      '  "-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;',
      "esac",
    ];
    writeFileSync(python, `${lines.join("\n")}\n`);
    chmodSync(python, 0o755);
    vi.stubEnv("PYTHON", python);
    vi.stubEnv("FAILING", "nothing");
    return python;
  }

  it("is created, and recreated if its folder is incomplete", async () => {
    const folder = scratchFolder();
    const cache = join(folder, "hubs");
    fakePython(folder);
    const python = await ensureHub(newest, cache);
    expect(python).toBe(join(cache, newest, "bin/python"));
    expect(readdirSync(cache)).toEqual([newest]);

    const another = join(folder, "again");
    mkdirSync(join(another, newest), { recursive: true });
    const marker = join(another, newest, "complete.json");
    writeFileSync(marker, "[]\n");
    expect(existsSync(await ensureHub(newest, another))).toBe(true);
    expect(readdirSync(another)).toEqual([newest]);
  });

  it.each([
    ["venv", `No virtual environment for JupyterHub ${newest}.\nvenv: no space is left`],
    ["pip", `pip could not install JupyterHub ${newest}.\npip: no space is left`],
  ])("is removed if %s fails, and the error quotes the command's output", async (part, message) => {
    const folder = scratchFolder();
    fakePython(folder);
    vi.stubEnv("FAILING", part);
    const cache = join(folder, "hubs");
    await expect(ensureHub(newest, cache)).rejects.toThrow(new Error(message));
    expect(readdirSync(cache)).toEqual([]);
  });

  it("cannot be created without Python, and the error says what to install", async () => {
    const folder = scratchFolder();
    const python = fakePython(folder);
    rmSync(python);
    await expect(ensureHub(newest, join(folder, "hubs"))).rejects.toThrow(
      `No Python 3.10 or newer with venv found (PYTHON is "${python}"): install one`,
    );
  });
});
