/** The supported TypeScript compilers, installed side by side into .cache at exact versions. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { npm } from "../package/packed.js";
import { root } from "../spec/root.js";

/** The versions to test, with the oldest supported release first. */
export const compilers = ["5.2.2", "5.5.4", "5.9.3", "6.0.3", "7.0.2"] as const;
export type Compiler = (typeof compilers)[number];

const folder = join(root, ".cache/compilers");

/** The folder with Node's types, which the compiled programs use. */
export const nodeTypes = join(folder, "node_modules/@types");

export const compilerPath = (version: Compiler): string =>
  join(folder, `node_modules/typescript-${version}/bin/tsc`);

/** Installs the missing compilers. */
export function installCompilers(): void {
  const dependencies = {
    "@types/node": "22.20.5",
    ...Object.fromEntries(
      compilers.map((version) => [`typescript-${version}`, `npm:typescript@${version}`]),
    ),
  };
  const manifest = `${JSON.stringify({ private: true, dependencies }, null, 2)}\n`;
  const file = join(folder, "package.json");
  const done = join(folder, "installed.json");
  if (existsSync(done) && readFileSync(done, "utf8") === manifest) return;
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, manifest);
  npm(folder, "install");
  writeFileSync(done, manifest);
}
