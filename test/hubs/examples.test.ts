/** Runs each example with the command in its first lines. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { useHubFixture } from "./hub-fixture.js";
import { runExample } from "./run-example.js";

const fixture = useHubFixture("examples");
const run = (...argv: string[]): Promise<string[]> =>
  runExample(argv, {
    JUPYTERHUB_API_URL: fixture.real.url,
    JUPYTERHUB_API_TOKEN: fixture.real.tokens.admin,
  });

const running = async (user: string): Promise<string[]> =>
  (await fixture.hub.servers.list(user)).map(({ name }) => name);

describe("the idle culler", () => {
  beforeEach(async () => {
    await fixture.hub.users.ensure("idle");
    await fixture.hub.servers.start("idle", { server: "gpu" });
  });

  it("prints idle servers and stops none without --stop", async () => {
    expect(await run("idle-culler.ts", "--idle", "0.0001")).toEqual(["idle: idle/gpu"]);
    expect(await running("idle")).toEqual(["gpu"]);
  });

  it("does not stop servers that were used within the last --idle minutes", async () => {
    expect(await run("idle-culler.ts", "--idle", "60", "--stop")).toEqual([""]);
    expect(await running("idle")).toEqual(["gpu"]);
  });

  it("stops idle servers with --stop", async () => {
    expect(await run("idle-culler.ts", "--idle", "0.0001", "--stop")).toEqual([
      "stopped: idle/gpu",
    ]);
    expect(await running("idle")).toEqual([]);
  });

  it.each([[], ["--idle", "soon"]])(
    "rejects arguments without a number of minutes: %j",
    async (...argv) => {
      await expect(run("idle-culler.ts", ...argv)).rejects.toThrow(
        "--idle takes a number of minutes",
      );
    },
  );
});

describe("the class roster", () => {
  it("creates users and groups, and starts the users' servers", async () => {
    const lines = await run("class-roster.ts", "examples/roster.csv", "--start");
    expect(lines.slice(0, 3)).toEqual([
      "users: 3 created, 0 existed",
      "group students: 2 added, 0 were members",
      "group teachers: 1 added, 0 were members",
    ]);
    expect(lines).toHaveLength(6);
    expect(lines.at(-1)).toMatch(/^█{20} 3\/3 \w+: ready$/);
    expect((await fixture.hub.groups.get("students")).users?.toSorted()).toEqual(["ada", "grace"]);
    expect(await running("hopper")).toEqual([""]);
  });

  it("changes nothing when it runs a second time", async () => {
    expect(await run("class-roster.ts", "examples/roster.csv")).toEqual([
      "users: 0 created, 3 existed",
      "group students: 0 added, 2 were members",
      "group teachers: 0 added, 1 were members",
    ]);
  });

  describe("with a file from a spreadsheet", () => {
    const folder = mkdtempSync(join(tmpdir(), "roster-"));
    afterAll(() => rmSync(folder, { recursive: true }));
    const file = join(folder, "class.csv");

    it("finds existing users even if their names have capitals, and skips empty lines and empty groups", async () => {
      writeFileSync(file, "\ufeffname,group\r\nKatherine,pilots\r\nmary,\r\n,\r\n\r\n");
      await run("class-roster.ts", file);
      expect(await run("class-roster.ts", file)).toEqual([
        "users: 0 created, 2 existed",
        "group pilots: 0 added, 1 were members",
      ]);
      expect((await fixture.hub.groups.get("pilots")).users).toEqual(["katherine"]);
    });

    it("rejects a file without the required columns, with an error that names these columns", async () => {
      writeFileSync(file, "name;group\nada;pilots\n");
      await expect(run("class-roster.ts", file)).rejects.toThrow(
        "needs the columns name and group",
      );
    });
  });
});
