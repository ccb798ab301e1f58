/**
 * Downloads JupyterHub's own document from a release's source distribution with pip, and finds the newest
 * release. No other script needs Python.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ReleasedDocument {
  /** The path of the document in the distribution. */
  file: string;
  bytes: Buffer;
}

/**
 * The paths of the document. Releases up to 1.5 have the first one, and later releases have the second. Some releases
 * have both, and use the second.
 */
const places = ["docs/rest-api.yml", "docs/source/_static/rest-api.yml"];

/** A Python program that copies the last entry of `places` that an archive has, and prints the entry's path. */
const unpack = `
import sys, tarfile
archive, target, *places = sys.argv[1:]
with tarfile.open(archive) as files:
    top = files.getnames()[0].split("/")[0]
    for place in reversed(places):
        try:
            content = files.extractfile(top + "/" + place).read()
        except KeyError:
            continue
        open(target, "wb").write(content)
        print(place, end="")
        break
`;

const options = ["--disable-pip-version-check", "--no-input"];

/** Returns the newest final release, regardless of the Python version that it needs. */
export function newestRelease(): string {
  const pip = ["-m", "pip", "index", "versions", ...options, "--ignore-requires-python"];
  const { status, stdout, output } = run(findPython(), [...pip, "jupyterhub"]);
  const version = /^jupyterhub \((\d+\.\d+\.\d+)\)$/m.exec(stdout ?? "")?.[1];
  if (status === 0 && version !== undefined) return version;
  throw new Error(`pip did not say which release of JupyterHub is the newest:\n${endOf(output)}`);
}

export function downloadRelease(version: string): ReleasedDocument {
  const python = findPython();
  const folder = mkdtempSync(join(tmpdir(), "release-"));
  try {
    const pip = ["-m", "pip", "download", ...options];
    const source = ["--no-deps", "--no-binary", ":all:", "--progress-bar", "off", "--dest", folder];
    const downloaded = run(python, [...pip, ...source, `jupyterhub==${version}`]);
    if (downloaded.status !== 0) {
      throw new Error(`pip found no source of JupyterHub ${version}:\n${endOf(downloaded.output)}`);
    }
    const archive = join(folder, `jupyterhub-${version}.tar.gz`);
    const target = join(folder, "document.yml");
    const unpacked = run(python, ["-c", unpack, archive, target, ...places]);
    if (unpacked.status !== 0 || unpacked.stdout === "") {
      throw new Error(
        `The source of JupyterHub ${version} has neither ${places.join(" nor ")}\n${endOf(unpacked.output)}`,
      );
    }
    return { file: unpacked.stdout, bytes: readFileSync(target) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function findPython(): string {
  const named = process.env["PYTHON"];
  const candidates = named ? [named] : ["python3", "python"];
  const found = candidates.find((python) => run(python, ["-m", "pip", "--version"]).status === 0);
  if (found) return found;
  throw new Error(
    `No Python with pip found${named ? ` (PYTHON is "${named}")` : ""}; a download needs one: ` +
      "install one (Debian: apt-get install python3-pip) or name one in PYTHON.",
  );
}

function run(
  command: string,
  args: string[],
): { status: number | null; stdout: string; output: string } {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  return { status, stdout, output: `${stdout ?? ""}${stderr ?? ""}${error?.message ?? ""}` };
}

const endOf = (output: string): string => output.trimEnd().split("\n").slice(-10).join("\n");
