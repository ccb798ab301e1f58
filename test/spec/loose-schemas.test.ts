/** The check for overly loose schemas: fields that are never sent, and nulls that never occur. */
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../scripts/json.js";
import { observe, unseenFields } from "../hubs/loose-schemas.js";

/** The findings for a document whose tokens have these fields, and these responses. */
const unseenOf = (properties: JsonObject, ...bodies: Json[]): string[] => {
  const schema = { $ref: "#/components/schemas/Token" };
  const responses = { 200: { content: { "application/json": { schema } } } };
  const document: JsonObject = {
    paths: { "/token": { get: { responses } } },
    components: { schemas: { Token: { type: "object", properties } } },
  };
  const answers = bodies.map((body) => ({
    operation: "GET /token",
    status: 200,
    mediaType: "application/json",
    body: JSON.stringify(body),
  }));
  return unseenFields(observe(document, answers));
};
const text = { type: "string" };
const nullable = { type: ["string", "null"] };

describe("the check for unobserved fields", () => {
  it.each<[what: string, properties: JsonObject, bodies: Json[], unseen: string[]]>([
    ["reports nothing if everything was observed", { user: text }, [{ user: "ada" }], []],
    [
      "reports a field that no response has",
      { service: text },
      [{}],
      ["Token.service is never present"],
    ],
    [
      "does not report a field that some responses have",
      { service: text },
      [{}, { service: "ci" }],
      [],
    ],
    [
      "reports a null that did not occur",
      { ends: nullable },
      [{ ends: "x" }],
      ["Token.ends is never null"],
    ],
    [
      "does not report a null that occurred once",
      { ends: nullable },
      [{ ends: "x" }, { ends: null }],
      [],
    ],
    ["reports an absent field once", { ends: nullable }, [{}], ["Token.ends is never present"]],
    [
      "does not report a field with x-unseen",
      { ends: { ...nullable, "x-unseen": "old" } },
      [{}],
      [],
    ],
    [
      "reports an unnecessary x-unseen",
      { ends: { ...nullable, "x-unseen": "old" } },
      [{ ends: "x" }, { ends: null }],
      ["Token.ends occurs, though x-unseen excuses it"],
    ],
    ["reports nothing for schemas without responses", { service: text }, [], []],
  ])("%s", (_, properties, bodies, unseen) => {
    expect(unseenOf(properties, ...bodies)).toEqual(unseen);
  });
});
