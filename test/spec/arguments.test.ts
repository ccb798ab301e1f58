/** Tests that the commands of scripts/ refuse arguments that they do not know, before they do anything. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { repositoryCopy, type RepositoryCopy } from "./repository-copy.js";

const timeout = 60_000;

describe("a command of the pipeline", { timeout }, () => {
  let copy: RepositoryCopy;
  beforeEach(() => void (copy = repositoryCopy()));
  afterEach(() => copy.remove());

  it("refuses a misspelt option and a superfluous argument, and writes nothing", async () => {
    copy.write("generated/sdk.gen.ts", "outdated");
    for (const argument of ["--chek", "check"]) {
      const { code, stdout, stderr } = await copy.run("generate", [argument]);
      expect(stderr).toMatch(
        /^(Unknown option '--chek'|Unexpected argument "check")\.\nUsage: npm run generate \[-- --check\]\n$/,
      );
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    }
    expect(copy.read("generated/sdk.gen.ts")).toBe("outdated");
  });

  it("prints its usage with --help, and writes nothing", async () => {
    copy.write("generated/sdk.gen.ts", "outdated");
    const { code, stdout, stderr } = await copy.run("generate", ["--help"]);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: "Usage: npm run generate [-- --check]\n",
      stderr: "",
    });
    expect(copy.read("generated/sdk.gen.ts")).toBe("outdated");
  });

  it.each([
    ["spec-update", "Usage: npm run spec:update -- <version | latest>"],
    ["spec-check", "Usage: npm run spec:check"],
  ])("prints its usage after the reason: %s", async (script, usage) => {
    const { code, stderr } = await copy.run(script, ["--foo"]);
    expect(stderr).toContain(`Unknown option '--foo'.\n${usage}`);
    expect(code).toBe(2);
  });
});
