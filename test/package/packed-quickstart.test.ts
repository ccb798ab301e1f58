/** `npm start`: the quick start on the fake hub, and on the hub that JUPYTERHUB_API_URL names. */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { FakeHub } from "jupyterhub-client/testing";
import { root } from "./sources.js";

async function quickstart(environment: Record<string, string> = {}): Promise<string[]> {
  const { JUPYTERHUB_API_URL: _, ...env } = process.env;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ["--import", "tsx", join(root, "examples/quickstart.ts")],
    { cwd: root, env: { ...env, ...environment }, timeout: 60_000 },
  );
  return stdout.trimEnd().split("\n");
}

describe("the quick start", () => {
  it("lists users, starts servers, shows an error and waits on the fake hub", async () => {
    const lines = await quickstart();
    expect(lines).toEqual(
      expect.arrayContaining([
        "JupyterHub 6.1.1; the token belongs to the user ada",
        "1000 users, 0 of them with a server",
        "  ██████████░░░░░░░░░░  50 % Mounting home",
        "  ████████████████████ 100 % Server ready at /user/ada/",
        "The start failed: No GPU is left",
        "  student-1: ready",
        "  student-2: ready",
      ]),
    );
    expect(lines.at(-1)).toMatch(/429.*: [1-9]\d*$/);
  });

  it("uses the hub that JUPYTERHUB_API_URL names, and does not stop a server that was already running there", async () => {
    await using fake = new FakeHub({ users: [{ name: "ada", servers: [""] }] });
    const url = await fake.listen();
    const lines = await quickstart({
      JUPYTERHUB_API_URL: url,
      JUPYTERHUB_API_TOKEN: fake.tokenFor("ada"),
    });
    expect(lines).toContain("This token may not list users: it lacks list:users");
    expect(lines.at(-1)).toMatch(/^Ready at .*\/user\/ada\/$/);
    expect(fake.requests.filter(({ method }) => method === "DELETE")).toEqual([]);
  });
});
