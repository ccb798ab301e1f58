/**
 * Follows the README's first steps: packs the package in a clone, installs the tarball in an empty folder beside the
 * clone, and runs the first example there on the fake hub.
 */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { FakeHub } from "jupyterhub-client/testing";
import { npm, tarball } from "./packed.js";
import { root } from "./sources.js";

const readme = readFileSync(join(root, "README.md"), "utf8");
/** Returns the README's first code block in this language below the heading. */
const block = (heading: string, language: string): string => {
  const section = readme.slice(readme.indexOf(`\n## ${heading}\n`));
  return new RegExp(`\`\`\`${language}[^\n]*\n(.*?)\`\`\``, "s").exec(section)?.[1] ?? "";
};
const [inClone = "", inProject = ""] = block("Install", "sh")
  .split("\n")
  .map((line) => line.replace(/\s+#.*/, ""));

// Outside of the repository, since npm would install into the nearest parent folder that has a package.json.
const folder = mkdtempSync(join(tmpdir(), "first-steps-"));
afterAll(() => rmSync(folder, { recursive: true }));
const clone = join(folder, "jupyterhub-client");
const project = join(folder, "project");

describe("the README's first steps", () => {
  it("pack the clone and install the tarball into an empty folder", () => {
    expect(inClone).toBe("npm ci && npm pack");
    mkdirSync(clone);
    mkdirSync(project);
    copyFileSync(tarball(), join(clone, basename(tarball())));
    expect(inProject).toMatch(/^npm install \S+$/);
    expect(npm(project, ...inProject.split(" ").slice(1), "--offline")).toMatch(/added 1 package/);
  });

  it("run the first example", async () => {
    await using fake = new FakeHub({ users: ["ada"] });
    const example = block("Quick start", "ts")
      .replace('"https://hub.example.org"', JSON.stringify(await fake.listen()))
      .replace(/\btoken }/, `token: ${JSON.stringify(fake.tokenFor("ada"))} }`);
    writeFileSync(join(project, "example.mjs"), example);
    const options = { cwd: project, timeout: 60_000 };
    const { stdout } = await promisify(execFile)(process.execPath, ["example.mjs"], options);
    const lines = stdout.trimEnd().split("\n");
    expect(lines[0]).toBe("JupyterHub 6.1.1, as ada");
    expect(lines.at(-1)).toMatch(/^100 Server ready at \/user\/ada\/$/);
  });
});
