/** `npm run mock`: serves the corrected document, or the part of it that a release knows. */
import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, describe, expect, it } from "vitest";
import { releases, resolveRelease } from "../../scripts/known-releases.js";
import { operationsOf } from "../../src/testing/mock/document.js";
import { HUB_VERSION } from "../../src/testing/mock/models.js";
import { startPrism } from "../../src/testing/mock/prism.js";
import { projectedMock } from "../../src/testing/mock/projected-mock.js";
import { corrected } from "./openapi-files.js";
import { sampleRequests } from "./sample-requests.js";
import { createContractRecorder } from "./contract-recorder.js";

const root = join(import.meta.dirname, "../..");
const BEARER = { authorization: "Bearer a-token" };

describe.each(releases)("the mock of hub %s", (version) => {
  const mock = projectedMock(corrected(), version);

  it("serves every operation of the release, and sends the release's version", async () => {
    const prism = await startPrism(mock);
    try {
      const fetch = createContractRecorder(mock);
      for (const { path, init } of sampleRequests(mock)) {
        const response = await fetch(new URL(path, prism.url), init);
        expect(response.status).toBeLessThan(300);
        expect(response.headers.get("x-jupyterhub-version")).toBe(version);
      }
      expect(fetch.problems).toEqual([]);
      const info = await fetch(`${prism.url}/info`, { headers: BEARER });
      expect(await info.json()).toMatchObject({ version, authenticator: { version } });
    } finally {
      await prism.close();
    }
  });
});

describe("a part of the document that a release does not know", () => {
  const keysOf = (version: string): string[] =>
    operationsOf(projectedMock(corrected(), version)).map(({ key }) => key.replace("/hub/api", ""));
  const userOf = async (version: string): Promise<object> => {
    const prism = await startPrism(projectedMock(corrected(), version));
    try {
      return (await (await fetch(`${prism.url}/users/ada`, { headers: BEARER })).json()) as object;
    } finally {
      await prism.close();
    }
  };

  it("is missing from the operations of the release's mock", () => {
    expect(keysOf("4.1.6")).not.toContain("GET /shares/{owner}");
    expect(keysOf(resolveRelease("5"))).toContain("GET /shares/{owner}");
    expect(keysOf("1.5.1")).toContain("POST /authorizations/token");
    expect(keysOf("2.3.1")).not.toContain("POST /authorizations/token");
  });

  it("is missing from the responses of the release's mock", async () => {
    const [old, middle, newest] = await Promise.all(
      ["1.2", "5", "6"].map(resolveRelease).map(userOf),
    );
    expect(old).not.toHaveProperty("roles");
    expect(old).not.toHaveProperty("servers.gpu.full_url");
    expect(middle).toHaveProperty("servers.gpu.full_url");
    expect(middle).not.toHaveProperty("servers.gpu.display_name");
    expect(newest).toHaveProperty("servers.gpu.display_name");
  });
});

describe("npm run mock", { timeout: 60_000 }, () => {
  const running: ChildProcess[] = [];
  afterEach(() => void running.splice(0).forEach((child) => child.kill()));

  /** Starts the mock. Returns the first line that it prints, which may be an error message. */
  const mock = (...args: string[]): Promise<string> =>
    new Promise((resolve) => {
      const child = spawn(
        join(root, "node_modules/.bin/tsx"),
        [join(root, "scripts/mock.ts"), ...args],
        { cwd: root, stdio: ["ignore", "pipe", "pipe"] },
      );
      running.push(child);
      createInterface(child.stdout).once("line", resolve);
      createInterface(child.stderr).once("line", resolve);
    });
  const versionAt = async (line: string): Promise<unknown> => {
    const url = /http:\S+/.exec(line)?.[0] ?? "";
    return ((await (await fetch(`${url}/`)).json()) as { version: unknown }).version;
  };

  it("serves the corrected document", async () => {
    const line = await mock();
    expect(line).toMatch(/^A mock of JupyterHub: http:\/\/127\.0\.0\.1:\d+\/hub\/api /);
    expect(await versionAt(line)).toBe(HUB_VERSION);
  });

  it("accepts a release's number or a prefix of it, and serves the part of the document that the release knows", async () => {
    const line = await mock("4", "--port", "0");
    expect(line).toMatch(/^A mock of JupyterHub 4\.1\.6: http:/);
    expect(await versionAt(line)).toBe("4.1.6");
  });

  it("lists the known releases if the given one is unknown", async () => {
    expect(await mock("0.9")).toBe(
      `No JupyterHub "0.9" is known here; there are ${releases.join(", ")}.`,
    );
  });
});
