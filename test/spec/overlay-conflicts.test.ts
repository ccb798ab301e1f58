/** Tests that overlay actions that no longer apply are found and commented out. */
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import type { JsonObject } from "../../scripts/json.js";
import { commentOut, overlayConflicts } from "../../scripts/overlay-conflicts.js";

const document: JsonObject = {
  openapi: "3.1.0",
  paths: { "/users": { get: { summary: "List" } } },
  components: { schemas: { User: { type: "object" } } },
};

const overlay = (...actions: string[]): string =>
  `overlay: 1.0.0\nactions:\n  # ------ first part\n${actions.join("")}`;

const valid = `  - target: $.paths['/users'].get
    x-why: It is so.
    update: { deprecated: true }
`;
const unmatched = `  - target: $.paths['/gone'].get
    x-why: It was so.
    x-was:
      summary: |
        Two lines,

        and a gap
    update: { summary: Other }
`;
const addsGroup = `  - target: $.components.schemas
    x-why: There is a group.
    x-was: { Nobody: 1 }
    update:
      Nobody: 2
      Group: { type: object }
`;
const extendsGroup = `  - target: $.components.schemas.Group
    x-why: A group has a name.
    update: { properties: { name: { type: string } } }
`;
const refersToGroup = `  - target: $.paths
    x-why: Groups can be read.
    update: { /groups: { get: { schema: { $ref: "#/components/schemas/Group" } } } }
`;
const next = "\n  # ------ second part\n";

const conflictsOf = (text: string) =>
  overlayConflicts(document, load(text) as JsonObject).conflicts;
const conflicts = (text: string): [number, string][] =>
  conflictsOf(text).map(({ index, problems }) => [index, problems.join("; ")]);

describe("a conflict", () => {
  it("is not reported for an action that applies", () => {
    expect(conflicts(overlay(valid))).toEqual([]);
    expect(overlayConflicts(document, { actions: [] })).toEqual({ conflicts: [], document });
  });

  it("is reported with the action's index, its target and the problem", () => {
    expect(conflicts(overlay(valid, unmatched))).toEqual([
      [1, "$.paths['/gone'].get: matches nothing"],
    ]);
  });

  it("is reported for each action that changes or refers to a part that a conflicting action adds", () => {
    const found = conflicts(overlay(valid, addsGroup, extendsGroup, refersToGroup));
    expect(found.map(([index]) => index)).toEqual([1, 2, 3]);
    expect(found[1]).toEqual([2, "$.components.schemas.Group: matches nothing"]);
    expect(found[2]).toEqual([
      3,
      "$.paths: refers to #/components/schemas/Group, which does not exist",
    ]);
  });

  it("is reported for every action if the document is Swagger 2.0", () => {
    const swagger: JsonObject = { ...document, swagger: "2.0" };
    expect(overlayConflicts(swagger, load(overlay(valid)) as JsonObject)).toEqual({
      conflicts: [
        {
          index: 0,
          problems: [
            "$.paths['/users'].get: applies to OpenAPI 3, and the document is Swagger 2.0",
          ],
          remaining: [],
        },
      ],
      document: swagger,
    });
  });

  it("is found without changing the document", () => {
    const before = structuredClone(document);
    conflicts(overlay(valid, unmatched));
    expect(document).toEqual(before);
  });
});

describe("an overlay action with several matches, one of which upstream has fixed", () => {
  const wide: JsonObject = {
    openapi: "3.1.0",
    paths: {
      "/users": { get: { responses: { "401": { description: "No" }, "404": {} } }, post: {} },
      "/groups": { get: { responses: { "401": { description: "No" } } } },
      "/hubs": { get: { responses: { "401": { description: "No" }, "403": {} } } },
    },
    models: {
      User: { url: { type: "string" }, server: { type: ["string", "null"] } },
      Server: { url: { type: "string" }, server: { type: "string" } },
    },
    parameters: [
      { name: "limit", type: "number" },
      { name: "offset", type: "integer" },
      { name: "sort", type: "number" },
    ],
  };
  const action = (target: string, rest: JsonObject): JsonObject => ({
    target,
    "x-why": "It is so.",
    ...rest,
  });

  it.each<[what: string, fixed: JsonObject, place: string, remaining: string[]]>([
    [
      "a union of names",
      action("$.models['User','Server'].server.type", { remove: true, "x-was": "string" }),
      "$.models.User.server.type",
      ["$.models.Server.server.type"],
    ],
    [
      "several unions",
      action("$.models['User','Server']['url','server'].type", { remove: true, "x-was": "string" }),
      "$.models.User.server.type",
      ["$.models.User.url.type", "$.models.Server['url','server'].type"],
    ],
    [
      "a wildcard",
      action("$.paths.*.get.responses", {
        update: { "403": { description: "No" } },
      }),
      "$.paths['/hubs'].get.responses",
      [],
    ],
    [
      "a filter",
      action("$.parameters[?@.type]", {
        update: { type: "integer" },
        "x-was": { type: "number" },
      }),
      "$.parameters[1]",
      ["$.parameters[?@.name=='limit',?@.name=='sort']"],
    ],
  ])("conflicts only at the fixed match if its target has %s", (_, fixed, place, remaining) => {
    const before = structuredClone(wide);
    const hubs = before["paths"] as Record<string, Record<string, JsonObject>>;
    // In this case, upstream declares the 403 response itself, with another description.
    if (place.includes("hubs")) {
      (hubs["/hubs"]!["get"]!["responses"] as JsonObject)["403"] = { description: "Forbidden" };
    }
    const found = overlayConflicts(before, { actions: [fixed] });
    expect(found.conflicts).toHaveLength(1);
    const [conflict] = found.conflicts;
    expect(conflict?.problems).toHaveLength(1);
    expect(conflict?.problems[0]).toMatch(/ \(one of \d matches of \$\S+\): /);
    expect(conflict?.problems[0]?.startsWith(`${place} (`)).toBe(true);
    const expected =
      remaining.length > 0 ? remaining : ["$.paths['/users','/groups'].get.responses"];
    expect(conflict?.remaining).toEqual(expected);

    // Limited to the remaining matches, the action applies without a conflict and gives the same document.
    const narrowed = expected.map((target) => ({ ...fixed, target }));
    const again = overlayConflicts(before, { actions: narrowed });
    expect(again.conflicts).toEqual([]);
    expect(again.document).toEqual(found.document);
    expect(again.document).not.toEqual(before);
  });

  it("is commented out and followed by a copy, with the same anchors, that targets only the other matches", () => {
    const text = `overlay: 1.0.0
actions:
  - target: >-
      $.models['User','Server'].server.type
    x-why: Null where there is none.
    remove: true
    x-was: &was string
  - target: $.models.Server.url.type
    x-why: Null where there is none.
    remove: true
    x-was: *was
`;
    const { conflicts } = overlayConflicts(wide, load(text) as JsonObject);
    expect(commentOut(text, conflicts, "hub 9")).toBe(`overlay: 1.0.0
actions:
  # Does not apply to hub 9: ${conflicts[0]?.problems[0]}
  # - target: >-
  #     $.models['User','Server'].server.type
  #   x-why: Null where there is none.
  #   remove: true
  #   x-was: &was string
  - target: $.models.Server.server.type
    x-why: Null where there is none.
    remove: true
    x-was: &was string
  - target: $.models.Server.url.type
    x-why: Null where there is none.
    remove: true
    x-was: *was
`);
  });
});

describe("commentOut", () => {
  const without = (text: string): string => commentOut(text, conflictsOf(text), "hub 9");

  it("comments out each conflicting action, below a comment with the reason, and nothing else", () => {
    expect(without(overlay(valid, unmatched, next, refersToGroup, valid))).toBe(
      overlay(
        valid,
        `  # Does not apply to hub 9: $.paths['/gone'].get: matches nothing
  # - target: $.paths['/gone'].get
  #   x-why: It was so.
  #   x-was:
  #     summary: |
  #       Two lines,

  #       and a gap
  #   update: { summary: Other }
`,
        next,
        `  # Does not apply to hub 9: $.paths: refers to #/components/schemas/Group, which does not exist
  # - target: $.paths
  #   x-why: Groups can be read.
  #   update: { /groups: { get: { schema: { $ref: "#/components/schemas/Group" } } } }
`,
        `  # Does not apply to hub 9: $.paths['/users'].get: deprecated is true upstream already
${valid.replaceAll(/^ {2}/gm, "  # ")}`,
      ),
    );
  });

  it("can comment out all actions", () => {
    expect(load(without(overlay(unmatched)))).toEqual({ overlay: "1.0.0", actions: null });
  });

  it("leaves an overlay without conflicts unchanged", () => {
    expect(without(overlay(valid, next))).toBe(overlay(valid, next));
  });

  it("fails if another action uses a YAML anchor of a conflicting action", () => {
    const anchors = unmatched.replace("update: {", "update: &other {");
    const uses = valid.replace("    update:", "    x-seen: *other\n    update:");
    expect(() => without(overlay(anchors, uses))).toThrow("others use what they anchor");
  });
});
