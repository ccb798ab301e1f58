/** Tests the overlay engine with actions that conflict: it reports every conflict. */
import { describe, expect, it } from "vitest";
import { applyOverlay } from "../../scripts/overlay.js";
import { apply, problemsOf, smallDocument, type Action } from "./overlay-cases.js";

type Refusal = [what: string, action: Action, problem: string];

describe("an action is rejected", () => {
  it.each<Refusal>([
    [
      "if its target matches nothing",
      { target: "$.Share", update: { type: "object" } },
      "$.Share: matches nothing",
    ],
    [
      "if a filter in its target matches nothing",
      { target: "$.tags[?@.name=='shares']", update: { note: "new" } },
      "$.tags[?@.name=='shares']: matches nothing",
    ],
    [
      "if its target is not a JSONPath",
      { target: "$.User[", update: { type: "object" } },
      "$.User[: is not a JSONPath",
    ],
    [
      "if it has no reason",
      { target: "$.User", update: { maximum: 9 }, "x-why": "" },
      "$.User: has no x-why",
    ],
    [
      "if it has an unknown key, such as a misspelt x-seen",
      { target: "$.User", update: { maximum: 9 }, "x-sen": "6.1.1 GET /" } as Action,
      "$.User: has the unknown key x-sen",
    ],
    [
      "if it neither updates nor removes",
      { target: "$.User", "x-was": { type: "string" } },
      "$.User: neither updates nor removes",
    ],
    [
      "if its update is empty",
      { target: "$.User", update: {} },
      "$.User: the target has an empty update",
    ],
    [
      "if a part of its update is empty",
      { target: "$", update: { Group: { properties: {} } } },
      "$: Group.properties has an empty update",
    ],
    [
      "if upstream already has the value",
      { target: "$.User", update: { type: "string" }, "x-was": { type: "string" } },
      '$.User: type is "string" upstream already',
    ],
    [
      "if upstream already has a nested value",
      { target: "$.Group", update: { properties: { name: { type: "string" } } } },
      '$.Group: properties.name.type is "string" upstream already',
    ],
    [
      "if the array already contains the value",
      { target: "$.User.enum", update: ["c", "a"] },
      '$.User.enum: the target already contains "a"',
    ],
    [
      "if the array already contains the object",
      { target: "$", update: { tags: [{ kind: "tag", name: "users" }] } },
      '$: tags already contains {"kind":"tag","name":"users"}',
    ],
  ])("%s", (_, action, problem) => {
    expect(problemsOf(action)).toEqual([problem]);
  });

  it.each<Refusal>([
    [
      "a string with an array",
      { target: "$.User", update: { type: ["string"] }, "x-was": { type: "string" } },
      "$.User: type has another type than its update: remove it first",
    ],
    [
      "an array with a string",
      { target: "$.User", update: { enum: "a" }, "x-was": { enum: ["a", "b"] } },
      "$.User: enum has another type than its update: remove it first",
    ],
    [
      "an object with an array",
      { target: "$.Group", update: { properties: ["name"] } },
      "$.Group: properties has another type than its update: remove it first",
    ],
    [
      "a null with an object",
      { target: "$.info", update: { contact: { name: "ops" } }, "x-was": { contact: null } },
      "$.info: contact has another type than its update: remove it first",
    ],
    [
      "its target, a string, with another string",
      { target: "$.User.type", update: "integer", "x-was": "string" },
      "$.User.type: the target has another type than its update: remove it first",
    ],
  ])(
    "if it would replace %s, and the error says to remove the old value first",
    (_, action, problem) => {
      expect(problemsOf(action)).toEqual([problem]);
    },
  );
});

describe("an update is rejected", () => {
  it.each<Refusal>([
    [
      "if it overwrites without x-was",
      { target: "$.User", update: { type: "integer" } },
      '$.User: type would replace "string" without an x-was',
    ],
    [
      "if it overwrites a falsy value without x-was",
      { target: "$.User", update: { flag: true } },
      "$.User: flag would replace false without an x-was",
    ],
    [
      "if it overwrites a nested value without x-was",
      { target: "$.Group", update: { properties: { name: { type: "integer" } } } },
      '$.Group: properties.name.type would replace "string" without an x-was',
    ],
    [
      "if its x-was differs from the upstream value",
      { target: "$.User", update: { type: "integer" }, "x-was": { type: "number" } },
      '$.User: type would replace "string" without an x-was',
    ],
    [
      "if its x-was for an array differs from the upstream array",
      { target: "$.User", update: { enum: ["c"] }, "x-was": { enum: ["a"] } },
      '$.User: x-was differs: upstream has ["a","b"]',
    ],
    [
      "if its x-was has a key that the update does not replace",
      { target: "$.User", update: { maximum: 9 }, "x-was": { type: "string" } },
      "$.User: x-was names type, which is not replaced",
    ],
    [
      "if its x-was has a key that upstream does not have",
      { target: "$.User", update: { maximum: 9 }, "x-was": { maximum: 8 } },
      "$.User: x-was names maximum, which upstream does not have",
    ],
    [
      "if it is an object and its x-was is not",
      { target: "$.User", update: { maximum: 9 }, "x-was": "string" },
      "$.User: x-was of the target has another type than its update",
    ],
    [
      "if its x-was is null and upstream has a value",
      { target: "$.User", update: { type: "integer" }, "x-was": { type: null } },
      '$.User: type would replace "string" without an x-was',
    ],
  ])("%s", (_, action, problem) => {
    expect(problemsOf(action)).toEqual([problem]);
  });

  it("only at those matches of its target where the value differs from x-was", () => {
    expect(
      problemsOf({
        target: "$['User','Group']",
        update: { type: "x" },
        "x-was": { type: "string" },
      }),
    ).toEqual([
      "$.Group (one of 2 matches of $['User','Group']): type would replace \"object\" without an x-was",
    ]);
  });
});

describe("a removal", () => {
  const removal = (target: string, was: Action["x-was"]): readonly string[] =>
    problemsOf({ target, remove: true, "x-was": was! });

  it("is rejected without x-was", () => {
    expect(problemsOf({ target: "$.User.type", remove: true })).toEqual([
      "$.User.type: removes a value without x-was",
    ]);
  });

  it.each<[was: string, target: string, value: Action["x-was"]]>([
    ["a string", "$.User.type", "string"],
    ["a falsy number", "$.User.minimum", 0],
    ["null", "$.info.contact", null],
    ["a whole object", "$.Group.properties.name", { type: "string" }],
    ["a part of an object", "$.Group", { type: "object" }],
    ["a nested part of an object", "$.Group", { properties: { name: { type: "string" } } }],
    ["an empty object", "$.Empty", {}],
    ["an array", "$.User.enum", ["a", "b"]],
    [
      "parts of an array's objects",
      "$.tags",
      [{ name: "users" }, { note: "old" }, { kind: "tag" }],
    ],
  ])("applies if x-was matches upstream: %s", (_, target, value) => {
    expect(removal(target, value)).toEqual([]);
  });

  it.each<[was: string, target: string, value: Action["x-was"], upstream: string]>([
    ["another value", "$.User.type", "number", '"string"'],
    ["a value of another type with the same text", "$.User.minimum", "0", "0"],
    [
      "an object with another value",
      "$.Group.properties.name",
      { type: "number" },
      '{"type":"string"}',
    ],
    [
      "an object with an additional key",
      "$.Group.properties.name",
      { type: "string", x: 1 },
      '{"type":"string"}',
    ],
    ["an empty object, and upstream has keys", "$.Group.properties.name", {}, '{"type":"string"}'],
    ["an object with a key, and upstream has no keys", "$.Empty", { type: "object" }, "{}"],
    ["an array in another order", "$.User.enum", ["b", "a"], '["a","b"]'],
    ["an array with a missing element", "$.User.enum", ["a"], '["a","b"]'],
    ["an array with an additional element", "$.User.enum", ["a", "b", "c"], '["a","b"]'],
    ["an array, and upstream has an object", "$.Empty", [], "{}"],
    ["a value, and upstream has an array", "$.User.enum", "a", '["a","b"]'],
  ])("is rejected if x-was is %s", (_, target, value, upstream) => {
    expect(removal(target, value)).toEqual([`${target}: x-was differs: upstream has ${upstream}`]);
  });
});

describe("an overlay", () => {
  it.each([{}, { action: [] }, { actions: {} }])(
    "is rejected if it has no list of actions: %j",
    (overlay) => {
      expect(() => applyOverlay(smallDocument(), overlay)).toThrow(
        "The overlay has no list of `actions`.",
      );
    },
  );

  it("may have a list whose items are all commented out", () => {
    expect(applyOverlay(smallDocument(), { actions: null })).toEqual(smallDocument());
  });
});

describe("the error for an overlay that does not apply", () => {
  it("lists the problems of all actions in order", () => {
    const actions: Action[] = [
      { target: "$.Share", update: { a: 1 } },
      { target: "$.User", update: { type: "integer", minimum: 0 } },
      { target: "$.Group", update: { note: "fits" } },
      { target: "$.tags", remove: true },
    ];
    const problems = [
      "$.Share: matches nothing",
      '$.User: type would replace "string" without an x-was',
      "$.User: minimum is 0 upstream already",
      "$.tags: removes a value without x-was",
    ];
    expect(problemsOf(...actions)).toEqual(problems);
    expect(() => apply(...actions)).toThrow(
      `The overlay does not apply:\n${problems.map((problem) => `  - ${problem}`).join("\n")}`,
    );
  });

  it("shortens long upstream values", () => {
    const [problem] = problemsOf({ target: "$.tags", remove: true, "x-was": [] });
    expect(problem).toMatch(/^\$\.tags: x-was differs: upstream has \[.{76}\.\.\.$/);
  });
});
