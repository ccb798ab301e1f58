/** Which entries of an overlay no longer apply, and their way out of its text. */
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../scripts/json.js";
import { commentOut, misfitsOf } from "../../scripts/misfits.js";

const document: JsonObject = {
  openapi: "3.1.0",
  paths: { "/users": { get: { summary: "List" } } },
  components: { schemas: { User: { type: "object" } } },
};

const overlay = (...actions: string[]): string =>
  `overlay: 1.0.0\nactions:\n  # ------ what there is\n${actions.join("")}`;

const fits = `  - target: $.paths['/users'].get
    x-why: It is so.
    update: { deprecated: true }
`;
const gone = `  - target: $.paths['/gone'].get
    x-why: It was so.
    x-was:
      summary: |
        Two lines,

        and a gap
    update: { summary: Other }
`;
const makes = `  - target: $.components.schemas
    x-why: There is a group.
    x-was: { Nobody: 1 }
    update:
      Nobody: 2
      Group: { type: object }
`;
const stands = `  - target: $.components.schemas.Group
    x-why: A group has a name.
    update: { properties: { name: { type: string } } }
`;
const refers = `  - target: $.paths
    x-why: Groups can be read.
    update: { /groups: { get: { schema: { $ref: "#/components/schemas/Group" } } } }
`;
const next = "\n  # ------ and what there is not\n";

const misfits = (text: string): [number, string][] =>
  misfitsOf(document, load(text) as JsonObject).map(({ index, problems }) => [
    index,
    problems.join("; "),
  ]);

describe("a misfit", () => {
  it("is none of the entries that fit", () => {
    expect(misfits(overlay(fits))).toEqual([]);
    expect(misfitsOf(document, {})).toEqual([]);
  });

  it("is named by its place, its target and what is wrong", () => {
    expect(misfits(overlay(fits, gone))).toEqual([[1, "$.paths['/gone'].get: matches nothing"]]);
  });

  it("is also what stands on one, and what refers to what one made", () => {
    const found = misfits(overlay(fits, makes, stands, refers));
    expect(found.map(([index]) => index)).toEqual([1, 2, 3]);
    expect(found[1]).toEqual([2, "$.components.schemas.Group: matches nothing"]);
    expect(found[2]).toEqual([
      3,
      "$.paths: refers to #/components/schemas/Group, which is nowhere",
    ]);
  });

  it("is every entry, where the document is Swagger 2.0", () => {
    const swagger: JsonObject = { ...document, swagger: "2.0" };
    expect(misfitsOf(swagger, load(overlay(fits)) as JsonObject)).toEqual([
      {
        index: 0,
        problems: ["$.paths['/users'].get: is about OpenAPI 3, and this is Swagger 2.0"],
      },
    ]);
  });

  it("leaves the document as it was", () => {
    const before = structuredClone(document);
    misfits(overlay(fits, gone));
    expect(document).toEqual(before);
  });
});

describe("commenting out", () => {
  const without = (text: string): string =>
    commentOut(text, misfitsOf(document, load(text) as JsonObject), "hub 9");

  it("takes out the misfits, says why, and leaves the rest as it stands", () => {
    expect(without(overlay(fits, gone, next, refers, fits))).toBe(
      overlay(
        fits,
        `  # Does not fit hub 9: $.paths['/gone'].get: matches nothing
  # - target: $.paths['/gone'].get
  #   x-why: It was so.
  #   x-was:
  #     summary: |
  #       Two lines,

  #       and a gap
  #   update: { summary: Other }
`,
        next,
        `  # Does not fit hub 9: $.paths: refers to #/components/schemas/Group, which is nowhere
  # - target: $.paths
  #   x-why: Groups can be read.
  #   update: { /groups: { get: { schema: { $ref: "#/components/schemas/Group" } } } }
`,
        `  # Does not fit hub 9: $.paths['/users'].get: deprecated is true upstream already
${fits.replaceAll(/^ {2}/gm, "  # ")}`,
      ),
    );
  });

  it("may take out all of them", () => {
    expect(load(without(overlay(gone)))).toEqual({ overlay: "1.0.0", actions: null });
  });

  it("leaves an overlay of fitting entries alone", () => {
    expect(without(overlay(fits, next))).toBe(overlay(fits, next));
  });

  it("refuses where another entry uses what a misfit anchors", () => {
    const anchors = gone.replace("update: {", "update: &other {");
    const uses = fits.replace("    update:", "    x-note: *other\n    update:");
    expect(() => without(overlay(anchors, uses))).toThrow("others use what they anchor");
  });
});
