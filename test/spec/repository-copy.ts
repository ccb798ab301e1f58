/**
 * Creates a copy of the repository in which scripts may write, for one test or one suite. Temporary files of the
 * scripts stay inside the copy and are removed with it.
 */
import { execFile } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "./root.js";

const relevant = [
  "generated",
  "openapi",
  "openapi-ts.config.ts",
  "package.json",
  "scripts",
  "src",
  "tsconfig.base.json",
  "tsconfig.generated.json",
];

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RepositoryCopy {
  path(file: string): string;
  read(file: string): string;
  write(file: string, text: string): void;
  /** Returns the text of every file below these folders. The keys are the paths. */
  contents(...folders: string[]): Record<string, string>;
  run(script: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<Outcome>;
  remove(): void;
}

export function repositoryCopy(): RepositoryCopy {
  const folder = mkdtempSync(join(tmpdir(), "spec-test-"));
  const path = (file: string): string => join(folder, file);
  for (const name of relevant) cpSync(join(root, name), path(name), { recursive: true });
  symlinkSync(join(root, "node_modules"), path("node_modules"));
  mkdirSync(path("tmp"));
  return {
    path,
    read: (file) => readFileSync(path(file), "utf8"),
    write: (file, text) => writeFileSync(path(file), text),
    contents: (...folders) =>
      Object.fromEntries(
        folders
          .flatMap((one) => readdirSync(path(one), { recursive: true, withFileTypes: true }))
          .filter((entry) => entry.isFile())
          .map((entry) => join(entry.parentPath, entry.name))
          .map((file) => [file.slice(folder.length + 1), readFileSync(file, "utf8")]),
      ),
    run: (script, args, env = {}) =>
      new Promise((resolve) => {
        execFile(
          path("node_modules/.bin/tsx"),
          [`scripts/${script}.ts`, ...args],
          {
            cwd: folder,
            env: { ...process.env, TMPDIR: path("tmp"), ...env },
            maxBuffer: 1e8,
          },
          (error, stdout, stderr) => {
            const code = error ? (typeof error.code === "number" ? error.code : -1) : 0;
            resolve({ code, stdout, stderr });
          },
        );
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
