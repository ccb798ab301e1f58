/**
 * npm run test:hub -- <versions…>    runs the built package against real JupyterHubs; the newest by default
 *
 * Each version gets a virtual environment (made once, then kept in .cache/hubs) and a hub of its own.
 */
import { spawnSync } from "node:child_process";
import { resolveRelease } from "../test/hubs/venv.js";

try {
  const asked = process.argv.slice(2).filter((argument) => argument !== "--");
  const versions = (asked.length > 0 ? asked : ["6"]).map(resolveRelease);
  for (const version of versions) {
    const { status } = spawnSync(
      process.execPath,
      [
        "node_modules/vitest/vitest.mjs",
        "run",
        "--config",
        "test/hubs/vitest.config.ts",
        "--reporter=verbose",
      ],
      { stdio: "inherit", env: { ...process.env, HUB_VERSION: version } },
    );
    if (status !== 0) process.exitCode = 1;
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
