// Installs the real hubs: one cached virtual environment for each release in `.cache/hubs/<release>/`, and one with a
// notebook server. A marker is written after a complete install. An environment without the marker, or one whose Python
// cannot import the hub, is built again. Each environment is built in another folder and then moved, so that several
// test files can request it at the same time. The scripts in bin/ still contain the old path, so use `python -m
// jupyterhub`. Nothing in this file runs a hub.

import { spawn } from "node:child_process";
import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { threadId } from "node:worker_threads";
import { releases, resolveRelease } from "../../scripts/known-releases.js";

const ownCache = fileURLToPath(new URL("../../.cache/hubs/", import.meta.url));
const installMinutes = 10;
const building = new Map<string, Promise<string>>();

/** A virtual environment: its packages, and the modules that must be importable. */
interface Environment {
  what: string;
  home: string;
  packages: readonly string[];
  modules: string;
}

/** Returns the path of a Python that has this JupyterHub release installed: `<python> -m jupyterhub` starts the hub. */
export function ensureHub(version: string, cache = ownCache): Promise<string> {
  const release = resolveRelease(version);
  return ensure({
    what: `JupyterHub ${release}`,
    home: join(cache, release),
    packages: requirements(release),
    modules: "jupyterhub, cryptography",
  });
}

/**
 * Returns the path of a Python with the newest JupyterHub's single-user server: `<python> -m jupyterhub.singleuser`.
 */
export function ensureNotebook(): Promise<string> {
  const [newest = ""] = releases.toReversed();
  return ensure({
    what: `the single-user server of JupyterHub ${newest}`,
    home: join(ownCache, `notebook-${newest}`),
    packages: [`jupyterhub==${newest}`, "jupyter_server>=2,<3", "ipykernel"],
    modules: "jupyterhub, jupyter_server, ipykernel",
  });
}

/** Returns the path of a Python with the clients that the benchmark compares. */
export const ensurePythonPeers = (): Promise<string> =>
  ensure({
    what: "the Python clients",
    home: join(ownCache, "../python-peers"),
    packages: ["jh-client==1.4.0", "requests==2.34.2"],
    modules: "jh_client, requests",
  });

function ensure(environment: Environment): Promise<string> {
  const { home } = environment;
  let python = building.get(home);
  if (!python) {
    python = findOrBuild(environment);
    building.set(home, python);
    // A failed install can be retried later.
    python.catch(() => building.delete(home));
  }
  return python;
}

async function findOrBuild(environment: Environment): Promise<string> {
  const { home } = environment;
  if (await isComplete(home, environment)) return pythonOf(home);

  await mkdir(dirname(home), { recursive: true });
  await removeAbandoned(home);
  const site = `${home}.build-${process.pid}-${threadId}`;
  // If there is a broken environment, it is moved away as a whole.
  await rename(home, site).catch(() => {});
  try {
    await build(site, environment);
    await rename(site, home).catch(async (error: unknown) => {
      // Another process may have built the environment in the meantime.
      if (!(await isComplete(home, environment))) throw error;
    });
  } finally {
    await rm(site, { recursive: true, force: true });
  }
  return pythonOf(home);
}

async function build(site: string, { what, packages }: Environment): Promise<void> {
  await rm(site, { recursive: true, force: true });
  const made = await run(await findPython(), ["-m", "venv", site]);
  if (made.code !== 0) throw failure(`No virtual environment for ${what}`, made.output);

  const pip = ["-m", "pip", "install", "--no-input", "--progress-bar", "off"];
  const installed = await run(pythonOf(site), [...pip, ...packages]);
  if (installed.code !== 0) throw failure(`pip could not install ${what}`, installed.output);
  await writeFile(join(site, "complete.json"), marker(packages));
}

function requirements(release: string): string[] {
  const [major = 0, minor = 0] = release.split(".").map(Number);
  // Hubs encrypt auth_state, and not every release installs the package for it.
  const packages = [`jupyterhub==${release}`, "cryptography"];
  // Hubs before 3.1 break with SQLAlchemy 2, but their requirements do not exclude it.
  if (major < 3 || (major === 3 && minor < 1)) packages.push("sqlalchemy<2");
  return packages;
}

/**
 * Returns the content of an environment's marker file: the list of packages. If the list changes, existing environments
 * count as incomplete.
 */
function marker(packages: readonly string[]): string {
  return `${JSON.stringify(packages)}\n`;
}

async function isComplete(home: string, { packages, modules }: Environment): Promise<boolean> {
  const written = await readFile(join(home, "complete.json"), "utf8").catch(() => "");
  if (written !== marker(packages)) return false;
  // An upgrade of the machine's Python breaks the links of an environment, but not the marker.
  return (await run(pythonOf(home), ["-c", `import ${modules}`])).code === 0;
}

/** Removes unfinished environments, left behind by processes that have ended. */
async function removeAbandoned(home: string): Promise<void> {
  const prefix = `${basename(home)}.build-`;
  for (const name of await readdir(dirname(home))) {
    if (name.startsWith(prefix) && !isAlive(Number.parseInt(name.slice(prefix.length)))) {
      await rm(join(dirname(home), name), { recursive: true, force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function findPython(): Promise<string> {
  const named = process.env["PYTHON"];
  const check = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 10))";
  for (const python of named ? [named] : ["python3", "python"]) {
    if ((await run(python, ["-c", check])).code === 0) return python;
  }
  throw new Error(
    `No Python 3.10 or newer with venv found${named ? ` (PYTHON is "${named}")` : ""}: install ` +
      "one (Debian: apt-get install python3 python3-venv) or name one in PYTHON.",
  );
}

function pythonOf(home: string): string {
  return join(home, "bin", "python");
}

function failure(what: string, output: string): Error {
  return new Error(`${what}.\n${output.trimEnd().split("\n").slice(-20).join("\n")}`);
}

/** Runs a command until it ends. The exit code is null if the command does not exist or was killed. */
function run(command: string, args: string[]): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      // Not `timeout`: its timer is not cleared if the command does not exist.
      signal: AbortSignal.timeout(installMinutes * 60_000),
    });
    let output = "";
    const collect = (chunk: string) => (output += chunk);
    child.stdout.setEncoding("utf8").on("data", collect);
    child.stderr.setEncoding("utf8").on("data", collect);
    child.on("error", (error) => resolve({ code: null, output: output + error.message }));
    child.on("close", (code) => resolve({ code, output }));
  });
}
