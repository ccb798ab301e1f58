/** Installs runtimes from npm packages into .cache, at exact versions, and reuses them. */
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npm } from "../package/packed.js";
import { root } from "../spec/root.js";

/**
 * Installs a runtime unless it is installed already, and returns its folder. If the installation fails, throws an error
 * that names the runtime.
 */
export function install(name: string, version: string): string {
  const folder = join(root, ".cache/runtimes", `${name}-${version}`);
  const done = join(folder, "installed");
  if (existsSync(done)) return folder;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const manifest = {
    private: true,
    dependencies: { [name]: version },
    // The install scripts of these packages provide the binary for this platform.
    allowScripts: { [name]: true, workerd: true },
  };
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  try {
    npm(folder, "install");
  } catch (cause) {
    throw new Error(`The runtime ${name} ${version} cannot be installed.`, { cause });
  }
  writeFileSync(done, "");
  return folder;
}
