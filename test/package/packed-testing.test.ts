/** The testing entry of the packed package, in a program with no other package installed. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { installed } from "./packed.js";

// Outside of the repository, whose packages Node would find.
const program = mkdtempSync(join(tmpdir(), "program-"));
cpSync(installed, join(program, "node_modules/jupyterhub-client"), { recursive: true });
afterAll(() => rmSync(program, { recursive: true }));

const run = (script: string, ...flags: string[]): string =>
  execFileSync(process.execPath, [...flags, "--input-type=module", "--eval", script], {
    cwd: program,
    encoding: "utf8",
    timeout: 30_000,
  }).trim();

describe("jupyterhub-client/testing", () => {
  it("needs no other package and generates no code at run time to check a client", () => {
    const script = `
      import { assertContract, FakeHub } from "jupyterhub-client/testing";
      const fake = new FakeHub();
      const fetch = assertContract(fake.fetch, { version: "6" });
      const headers = { Authorization: "token " + fake.token, "Content-Type": "application/json" };
      const add = (usernames) =>
        fetch(fake.url + "/users", { method: "POST", headers, body: JSON.stringify({ usernames }) });
      console.log((await add(["ada"])).status);
      await add("ada").catch((error) => console.log(error.violations.join()));`;
    expect(run(script, "--disallow-code-generation-from-strings").split("\n")).toEqual([
      "201",
      "request body /usernames: must be array",
    ]);
  });

  it("names the packages to install if startMockHub does not find Prism", () => {
    const script = `
      import { startMockHub } from "jupyterhub-client/testing";
      await startMockHub().catch((error) => console.log(error.message));`;
    const message = run(script);
    expect(message).toContain("@stoplight/prism-core is not installed");
    expect(message).toContain(
      "npm install --save-dev @stoplight/prism-core@5 @stoplight/prism-http@5 @stoplight/prism-http-server@5",
    );
  });
});
