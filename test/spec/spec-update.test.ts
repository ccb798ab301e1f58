/**
 * Tests `npm run spec:update -- <version>` in copies of the repository: updates to an older release and back with
 * vendored documents, and updates to releases that a fake Python provides.
 */
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { readSources, sha256, sourceToCorrect } from "../../scripts/document.js";
import { downloadRelease } from "../../scripts/download-release.js";
import { obtainDocument } from "../../scripts/vendor-release.js";
import type { Answer } from "../hubs/validator.js";
import { repositoryCopy, type Outcome, type RepositoryCopy } from "./repository-copy.js";
import { root } from "./root.js";

/** A long timeout: each run starts processes and may generate code, which is slow on a busy machine. */
const timeout = 180_000;
const written = ["generated", "openapi"];
const newest = sourceToCorrect(readSources(root)).version;
/** The newest release of the previous major version. */
const earlier = readSources(root).findLast(
  ({ version }) => Number.parseInt(version) < Number.parseInt(newest),
)!.version;

const upstreamOf = (version: string): string =>
  readFileSync(join(root, `openapi/upstream/${version}.yml`), "utf8");
const versionsIn = (copy: RepositoryCopy): string[] =>
  readSources(copy.path(".")).map(({ version }) => version);
const correctedIn = (copy: RepositoryCopy): string =>
  sourceToCorrect(readSources(copy.path("."))).version;

describe("an update to the previous major version and back", { timeout }, () => {
  let copy: RepositoryCopy;
  let original: Record<string, string>;
  beforeAll(() => {
    copy = repositoryCopy();
    original = copy.contents(...written);
  });
  afterAll(() => copy.remove());

  describe("the downgrade", () => {
    let downgrade: Outcome;
    beforeAll(async () => {
      downgrade = await copy.run("spec-update", [earlier]);
    }, timeout);

    it("needs no download and marks the older release as the one to correct", () => {
      expect(downgrade.stdout).toContain("docs/source/_static/rest-api.yml, vendored already");
      expect(correctedIn(copy)).toBe(earlier);
      expect(versionsIn(copy)).toEqual(readSources(root).map(({ version }) => version));
    });

    it("reports the removed operations and fields as breaking changes", () => {
      expect(downgrade.stdout).toContain(
        `For users of this package, from ${newest} to ${earlier}: major\n`,
      );
      for (const method of ["GET", "PUT", "PATCH"]) {
        expect(downgrade.stdout).toContain(
          `  removed  ${method} /users/{name}/servers/{server_name}\n`,
        );
      }
      expect(downgrade.stdout).toMatch(
        /changed {2}schemas\/Server\n +major {2}display_name: removed/,
      );
      expect(downgrade.stdout).toMatch(/reaches .*GET \/users\/\{name\}/);
      expect(downgrade.stdout, "what to do about it").not.toContain("x-until");
    });

    it("lists the conflicting overlay actions, fails and generates nothing", () => {
      expect(downgrade.code).toBe(1);
      expect(downgrade.stdout).toMatch(
        /^\d+ actions of openapi\/overlay.yaml conflict with [\d.]+:$/m,
      );
      expect(downgrade.stdout).toContain(
        "  - $.components.schemas.User.properties.user_info: matches nothing\n",
      );
      expect(downgrade.stdout).toContain(
        "  - $.paths['/users/{name}/server']: refers to #/components/schemas/ServerRequest, which does not exist\n",
      );
      expect(downgrade.stderr).toContain("--drop-stale");
      const now = copy.contents(...written);
      const differing = Object.keys(now).filter((file) => now[file] !== original[file]);
      expect(differing).toEqual(["openapi/SOURCES.yaml"]);
    });
  });

  describe("the downgrade with --drop-stale", () => {
    let dropped: Outcome;
    beforeAll(async () => {
      dropped = await copy.run("spec-update", [earlier, "--drop-stale"]);
    }, timeout);

    it("comments out exactly the overlay actions that it lists", () => {
      expect(dropped.code).toBe(0);
      const named = [...dropped.stdout.matchAll(/^ {2}- (.+)$/gm)].map(([, problem]) => problem);
      expect(named.length).toBeGreaterThan(5);
      const overlay = copy.read("openapi/overlay.yaml");
      const reasons = [...overlay.matchAll(/^ {2}# Does not apply to JupyterHub [\d.]+: (.+)$/gm)];
      expect(reasons.map(([, problem]) => problem)).toEqual(named);
      const uncommented = overlay
        .replaceAll(/^ {2}# Does not apply to .*\n/gm, "")
        .replaceAll(/^ {2}# (- target| )/gm, "  $1");
      const before = (original["openapi/overlay.yaml"] ?? "").replaceAll(/^ {2}# {2}/gm, "    ");
      expect(uncommented).toBe(before);
    });

    it("generates files that pass `npm run generate -- --check`", async () => {
      expect(copy.read("openapi/jupyterhub.yaml")).toContain(`# upstream ${earlier} sha256`);
      expect(copy.read("generated/sdk.gen.ts")).not.toContain("getUserServerName ");
      const { code, stdout } = await copy.run("generate", ["--check"]);
      expect(stdout).toContain("are up to date");
      expect(code).toBe(0);
    });
  });

  it("makes overlay:coverage use only recordings of the older release and earlier ones", async () => {
    for (const folder of ["test/hubs", "test/mock"]) {
      cpSync(join(root, folder), copy.path(folder), { recursive: true });
    }
    const user = { name: "ada", kind: "user", created: "2026-11-26T00:00:00Z" };
    const seen: Answer = {
      operation: "GET /users/{name}",
      status: 200,
      mediaType: "application/json",
      body: JSON.stringify(user),
    };
    for (const version of [earlier, newest]) {
      mkdirSync(copy.path(`.cache/recordings/${version}`), { recursive: true });
      copy.write(`.cache/recordings/${version}/users.json`, JSON.stringify([seen]));
    }
    const { stdout, stderr } = await copy.run("overlay-coverage", ["--verbose"]);
    expect(stderr).toBe("");
    expect(stdout).toContain(`from the document of ${earlier}, by recordings of ${earlier};`);
    // Without the overlay action for the User schema, the document is less strict than the recorded response.
    expect(stdout).toMatch(/^it is too loose: User\.name is .* \$\.components\.schemas\.User: /m);
  });

  it("restores the initial files once the initial overlay is restored", async () => {
    copy.write("openapi/overlay.yaml", original["openapi/overlay.yaml"] ?? "");
    const { code, stdout } = await copy.run("spec-update", [newest]);
    expect(code).toBe(0);
    expect(stdout).toContain(`JupyterHub's own document, from ${earlier} to ${newest}:`);
    expect(stdout).toContain("  added    GET /users/{name}/servers/{server_name}\n");
    expect(stdout).toContain(`For users of this package, from ${earlier} to ${newest}: `);
    expect(stdout).not.toContain("conflict with");
    expect(copy.contents(...written)).toEqual(original);
  });
});

/**
 * Writes the fake Python of fixtures/python.cjs, which provides these releases, into a copy of the repository. Returns
 * the environment variables that make scripts use the fake.
 */
function pythonWithReleases(
  copy: RepositoryCopy,
  releases: Record<string, string>,
): NodeJS.ProcessEnv {
  const python = readFileSync(join(import.meta.dirname, "fixtures/python.cjs"), "utf8");
  copy.write("python.cjs", `#!${process.execPath}\n${python}`);
  chmodSync(copy.path("python.cjs"), 0o755);
  copy.write("releases.json", JSON.stringify(releases));
  return { PYTHON: copy.path("python.cjs"), RELEASES: copy.path("releases.json") };
}

describe("an update to a release that is not vendored", { timeout }, () => {
  const next = `${upstreamOf(newest)
    .replace(`version: ${newest}`, "version: 6.9.0")
    .replace(
      "\n  /info:\n",
      "\n  /news:\n    get:\n      operationId: get-news\n      summary: News\n" +
        "      responses:\n        200:\n          description: News\n  /info:\n",
    )}# ends here, without a line feed`;
  let copy: RepositoryCopy;
  let outcome: Outcome;
  beforeAll(async () => {
    copy = repositoryCopy();
    outcome = await copy.run("spec-update", ["6.9.0"], pythonWithReleases(copy, { "6.9.0": next }));
  }, timeout);
  afterAll(() => copy.remove());

  it("vendors the document of the release byte for byte, with its hash", () => {
    expect(outcome).toMatchObject({ code: 0 });
    expect(copy.read("openapi/upstream/6.9.0.yml")).toBe(next);
    expect(readSources(copy.path(".")).at(-1)).toEqual({
      version: "6.9.0",
      file: "docs/source/_static/rest-api.yml",
      sha256: sha256(next),
      corrected: true,
    });
  });

  it("replaces only the document of the newest release of the same major version", () => {
    expect(outcome.stdout).toContain(`It replaces ${newest}`);
    expect(existsSync(copy.path(`openapi/upstream/${newest}.yml`))).toBe(false);
    const others = readSources(root).map(({ version }) => version);
    expect(versionsIn(copy)).toEqual([...others.filter((one) => one !== newest), "6.9.0"]);
  });

  it("reports the new operation and prints the overlay action that the operation needs", () => {
    expect(outcome.stdout).toContain(`For users of this package, from ${newest} to 6.9.0: minor\n`);
    expect(outcome.stdout).toContain("  added    GET /news\n");
    expect(outcome.stdout).toContain("  - target: $.paths['/news'].get\n");
    expect(copy.read("generated/sdk.gen.ts")).toContain("export const getNews =");
  });

  it("leaves no temporary file", () => {
    expect(Object.keys(copy.contents("tmp")).filter((file) => /\.(gz|ya?ml)$/.test(file))).toEqual(
      [],
    );
  });
});

describe("an update that fails", { timeout }, () => {
  let copy: RepositoryCopy;
  beforeEach(() => void (copy = repositoryCopy()));
  afterEach(() => {
    vi.unstubAllEnvs();
    copy.remove();
  });

  it("reports pip's message for an unknown release and changes nothing", async () => {
    const original = copy.contents(...written);
    const { code, stderr } = await copy.run("spec-update", ["6.9.9"], pythonWithReleases(copy, {}));
    expect(stderr).toContain(
      "pip found no source of JupyterHub 6.9.9:\nCollecting jupyterhub==6.9.9\nERROR: No matching",
    );
    expect(code).toBe(1);
    expect(copy.contents(...written)).toEqual(original);
  });

  it("reports that Python is missing, unless the release is vendored", () => {
    vi.stubEnv("PYTHON", copy.path("nothing"));
    const get = (version: string): unknown =>
      obtainDocument(copy.path("."), version, downloadRelease);
    expect(() => get("6.9.9")).toThrow("No Python with pip found");
    expect(get(newest)).toMatchObject({ downloaded: false });
  });

  it("rejects a download whose hash differs from SOURCES.yaml", () => {
    const [version = ""] = versionsIn(copy);
    rmSync(copy.path(`openapi/upstream/${version}.yml`));
    const get = (text: string): unknown => {
      const env = Object.entries(pythonWithReleases(copy, { [version]: text }));
      for (const [name, value] of env) vi.stubEnv(name, value);
      return obtainDocument(copy.path("."), version, downloadRelease);
    };
    expect(() => get("openapi: 3.1.0\n")).toThrow(
      `What was downloaded as JupyterHub ${version} is not what was released`,
    );
    expect(get(upstreamOf(version))).toMatchObject({ downloaded: true, source: { version } });
  });
});
