/**
 * Checks that the overlay has evidence for each correction, and that the corrected document describes each field and
 * requires no field that hub 5 lacks.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { correctedDocument } from "../../scripts/document.js";
import { at, isObject, type Json } from "../../scripts/json.js";
import type { OverlayAction } from "../../scripts/overlay.js";
import { isAtLeast } from "../../src/core/version.js";
import { root } from "./root.js";

const overlay = load(readFileSync(join(root, "openapi/overlay.yaml"), "utf8")) as {
  actions: OverlayAction[];
};

/** True if an action adds only extensions, descriptions or `additionalProperties`, which need no evidence. */
const isOurs = ({ update, remove }: OverlayAction): boolean =>
  !remove &&
  isObject(update) &&
  Object.keys(update).every((key) => /^(x-.*|description|additionalProperties)$/.test(key));

describe("the overlay", () => {
  it("gives evidence for every correction, and the evidence starts with the hub's release", () => {
    const unproven = overlay.actions.filter((action) => !isOurs(action) && !action["x-seen"]);
    expect(unproven.map(({ target }) => target)).toEqual([]);
    const seen = overlay.actions.flatMap((action) => action["x-seen"] ?? []);
    expect(seen.filter((evidence) => !/^\d+\.\d+\.\d+[ ,]/.test(evidence))).toEqual([]);
  });
});

describe("the corrected document", () => {
  it("describes every model and each of its fields", () => {
    const { document } = correctedDocument(root);
    const undescribed = Object.entries(at(document, "components", "schemas")).flatMap(
      ([name, schema]) => {
        const fields = Object.entries(at(schema, "properties"))
          .filter(([, field]) => !at(field)["description"] && !at(field)["$ref"])
          .map(([field]) => `${name}.${field}`);
        return at(schema)["description"] ? fields : [name, ...fields];
      },
    );
    expect(undescribed).toEqual([]);
  });

  it("requires no field that was added after hub 5.0", () => {
    const late: string[] = [];
    const visit = (node: Json, where: string): void => {
      if (Array.isArray(node)) node.forEach((item) => visit(item, where));
      if (!isObject(node)) return;
      for (const name of Array.isArray(node["required"]) ? node["required"] : []) {
        const since = at(node, "properties", String(name))["x-since"];
        if (typeof since === "string" && !isAtLeast("5.0", since)) late.push(`${where}.${name}`);
      }
      for (const [key, value] of Object.entries(node)) visit(value, key);
    };
    visit(correctedDocument(root).document, "");
    expect(late).toEqual([]);
  });
});
