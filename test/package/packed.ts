/**
 * The package as users get it: built, packed by npm, and installed into an empty program.
 *
 * Vitest calls the default export once, before the tests of the package and of the runtimes.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../spec/root.js";

/** The folder of a program in which only the package is installed. */
export const program = join(root, ".cache/packed/program");
/** The folder of the installed package. */
export const installed = join(program, "node_modules/jupyterhub-client");

const folder = join(root, ".cache/packed/tarball");

/** Returns the path of the tested tarball. */
export const tarball = (): string => join(folder, readdirSync(folder)[0]!);

/** Runs npm without showing its output. Throws an error with the output if npm fails. */
export const npm = (cwd: string, ...args: string[]): string =>
  execFileSync("npm", ["--no-audit", "--no-fund", "--loglevel=error", ...args], {
    cwd,
    encoding: "utf8",
    // The variables of the npm that runs the tests would affect this npm.
    env: Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith("npm_config_")),
    ),
  });

/** Packs the repository into a new folder, and returns the path of the tarball. */
export function pack(to: string, ...options: string[]): string {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  npm(root, "pack", "--pack-destination", to, ...options);
  return join(to, readdirSync(to)[0]!);
}

export default function setup(): void {
  const file = pack(folder, "--ignore-scripts");
  rmSync(program, { recursive: true, force: true });
  mkdirSync(program, { recursive: true });
  writeFileSync(join(program, "package.json"), '{ "private": true, "type": "module" }\n');
  npm(program, "install", "--offline", file);
}
