/** Runs redocly's command line, without its telemetry; its banners go to stderr and are left there. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

/** What it prints; throws with its complaints when it prints nothing. `root` is where it is installed. */
export function redocly(root: string, args: readonly string[]): string {
  const cli = join(root, "node_modules/@redocly/cli/bin/cli.js");
  const { stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
    encoding: "utf8",
    env: { ...process.env, REDOCLY_TELEMETRY: "off" },
    maxBuffer: 1e9,
  });
  if (stdout.trim() !== "") return stdout;
  throw new Error(`redocly ${args.join(" ")} gives nothing:\n${stderr.trim()}`);
}
