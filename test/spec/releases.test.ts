/** Tests how scripts compare releases and find a known release by a part of its number. */
import { describe, expect, it } from "vitest";
import { releases, resolveRelease } from "../../scripts/known-releases.js";
import { isNewer } from "../../scripts/vendor-release.js";

describe("isNewer()", () => {
  it.each([
    ["5.10.0", "5.9.0"],
    ["10.0.0", "9.4.1"],
    ["6.0.0", "6.0.0rc1"],
    ["6.0.0rc1", "6.0.0b2"],
    ["6.0.0b10", "6.0.0b9"],
    ["6.0.1b1", "6.0.0"],
  ])("is true for %s and %s, and false the other way round", (newer, older) => {
    expect([isNewer(newer, older), isNewer(older, newer)]).toEqual([true, false]);
  });

  it("is false for the same release", () => {
    expect(isNewer("6.1.1", "6.1.1")).toBe(false);
  });
});

describe("resolveRelease()", () => {
  const newest = releases.at(-1) ?? "";

  it("accepts whole numbers at the beginning of a release, and returns the newest such release", () => {
    expect(["1", "1.2", newest].map(resolveRelease)).toEqual(["1.5.1", "1.2.2", newest]);
  });

  it.each(["", "1.", newest.slice(0, -1), `${newest}.0`])("rejects %j", (requested) => {
    expect(() => resolveRelease(requested)).toThrow(`No JupyterHub "${requested}" is known here`);
  });
});
