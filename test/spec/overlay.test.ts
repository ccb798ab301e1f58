/** Tests the overlay engine with actions that do not conflict: the values that it changes, and those that it keeps. */
import { describe, expect, it } from "vitest";
import type { Json } from "../../scripts/json.js";
import { applyOverlay } from "../../scripts/overlay.js";
import { apply, smallDocument, type Action } from "./overlay-cases.js";

describe("an overlay without conflicts", () => {
  const { User } = smallDocument() as { User: Record<string, Json> };

  it.each<[what: string, action: Action, expected: Json]>([
    [
      "creates new keys, which need no x-was",
      { target: "$.User", update: { maximum: 9, more: { deep: [1] } } },
      { ...User, maximum: 9, more: { deep: [1] } },
    ],
    [
      "replaces a value that equals x-was",
      { target: "$.User", update: { type: "integer" }, "x-was": { type: "string" } },
      { ...User, type: "integer" },
    ],
    [
      "replaces falsy values too",
      {
        target: "$.User",
        update: { minimum: 1, flag: true },
        "x-was": { minimum: 0, flag: false },
      },
      { ...User, minimum: 1, flag: true },
    ],
    [
      "appends to the target if it is an array",
      { target: "$.User.enum", update: ["c", null] },
      { ...User, enum: ["a", "b", "c", null] },
    ],
    [
      "appends to an array in the target",
      { target: "$.User", update: { enum: ["c"] } },
      { ...User, enum: ["a", "b", "c"] },
    ],
    [
      "appends to an array that equals x-was",
      { target: "$.User", update: { enum: ["c"] }, "x-was": { enum: ["a", "b"] } },
      { ...User, enum: ["a", "b", "c"] },
    ],
    [
      "removes a value",
      { target: "$.User.enum", remove: true, "x-was": ["a", "b"] },
      { type: "string", minimum: 0, flag: false },
    ],
    [
      "removes the value if an action has both remove and update",
      { target: "$.User.flag", remove: true, update: { x: 1 }, "x-was": false },
      { type: "string", enum: ["a", "b"], minimum: 0 },
    ],
  ])("%s", (_, action, expected) => {
    expect(apply(action)["User"]).toEqual(expected);
  });

  it("replaces null if x-was has null at the same key", () => {
    const action = { target: "$.info", update: { contact: "ops" }, "x-was": { contact: null } };
    expect(apply(action)["info"]).toEqual({ title: "Hub", contact: "ops" });
  });

  it("applies each action to every match of the action's target", () => {
    const corrected = apply({ target: "$['User','Group']", update: { note: "new" } });
    expect(corrected).toMatchObject({ User: { note: "new" }, Group: { note: "new" } });
  });

  it.each<[target: string, left: string[]]>([
    ["$.tags[0]", ["groups", "proxy"]],
    ["$.tags[0,1]", ["proxy"]],
    ["$.tags[?@.name!='groups']", ["groups"]],
    ["$.tags[*]", []],
  ])("removes exactly the elements that the target %s matches", (target, left) => {
    const { tags } = apply({ target, remove: true, "x-was": { kind: "tag" } });
    expect((tags as { name: string }[]).map(({ name }) => name)).toEqual(left);
  });

  it("can change the type of a value by a removal and a later update", () => {
    const corrected = apply(
      { target: "$.User.type", remove: true, "x-was": "string" },
      { target: "$.User", update: { type: ["string", "null"] } },
    );
    expect(corrected["User"]).toMatchObject({ type: ["string", "null"] });
  });

  it("applies each action to the result of the previous ones", () => {
    const corrected = apply(
      { target: "$.User", update: { type: "integer" }, "x-was": { type: "string" } },
      { target: "$.User", update: { type: "number" }, "x-was": { type: "integer" } },
    );
    expect(corrected["User"]).toMatchObject({ type: "number" });
  });

  it("gives each match of a target its own copy of the update", () => {
    const corrected = apply(
      { target: "$['User','Group']", update: { note: { by: "us" } } },
      { target: "$.User.note", update: { by: "you" }, "x-was": { by: "us" } },
    );
    expect(corrected).toMatchObject({
      User: { note: { by: "you" } },
      Group: { note: { by: "us" } },
    });
  });

  it("is applied to a copy: the given document and the overlay stay unchanged", () => {
    const upstream = smallDocument();
    const overlay = {
      actions: [
        { target: "$.User.enum", update: ["c"], "x-why": "So." },
        { target: "$.User", update: { note: { a: 1 } }, "x-why": "So." },
        { target: "$.User.note", update: { b: 2 }, "x-why": "So." },
        { target: "$.tags[0]", remove: true, "x-was": { name: "users" }, "x-why": "So." },
      ],
    };
    const before = structuredClone(overlay);
    expect(applyOverlay(upstream, overlay)).not.toEqual(smallDocument());
    expect(upstream).toEqual(smallDocument());
    expect(overlay).toEqual(before);
  });

  it("produces a copy of the document even if the overlay has no actions", () => {
    const upstream = smallDocument();
    const corrected = applyOverlay(upstream, { actions: [] });
    expect(corrected).toEqual(upstream);
    expect(corrected["User"]).not.toBe(upstream["User"]);
  });
});
