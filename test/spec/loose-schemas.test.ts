/** Tests the check for schemas that are too loose: with fields that hubs never send, or nulls that never occur. */
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../scripts/json.js";
import { observe, unseenFields } from "../hubs/loose-schemas.js";

/** Checks responses with these bodies against a schema with these properties. Returns the findings. */
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
      "reports a nullable field that was never null",
      { ends: nullable },
      [{ ends: "x" }],
      ["Token.ends is never null"],
    ],
    [
      "does not report a nullable field that was null once",
      { ends: nullable },
      [{ ends: "x" }, { ends: null }],
      [],
    ],
    [
      "reports an absent nullable field only as absent",
      { ends: nullable },
      [{}],
      ["Token.ends is never present"],
    ],
    [
      "does not report an absent field that x-unseen excuses",
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
    ["reports nothing for a schema that no response used", { service: text }, [], []],
  ])("%s", (_, properties, bodies, unseen) => {
    expect(unseenOf(properties, ...bodies)).toEqual(unseen);
  });
});
