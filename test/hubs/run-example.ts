/** Runs an example with the command that its first lines show. */
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** Returns the lines that an example prints. If the example fails, rejects with its error output. */
export async function runExample(
  [name = "", ...argv]: readonly string[],
  environment: Record<string, string>,
  input = "",
): Promise<string[]> {
  const child = spawn(process.execPath, ["--import", "tsx", `examples/${name}`, ...argv], {
    cwd: root,
    env: { ...process.env, ...environment },
    timeout: 60_000,
  });
  child.stdin.end(`${input}\n`);
  const ended = new Promise((resolve, reject) => child.on("error", reject).on("close", resolve));
  const [code, output, errors] = await Promise.all([ended, text(child.stdout), text(child.stderr)]);
  if (code !== 0) throw new Error(`${name} ended with ${String(code)}: ${errors}`);
  return output.trimEnd().split("\n");
}
