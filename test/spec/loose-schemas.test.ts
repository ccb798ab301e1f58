/** What the check for too loose a document finds in answers: fields that are never there, and nulls that never come. */
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "../../scripts/json.js";
import { observe, unseenFields } from "../hubs/loose-schemas.js";

/** A document whose tokens have these fields, and what hubs answered of them. */
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

describe("declared, but never observed", () => {
  it.each<[what: string, properties: JsonObject, bodies: Json[], unseen: string[]]>([
    ["is nothing where all was", { user: text }, [{ user: "ada" }], []],
    ["is a field that no answer has", { service: text }, [{}], ["Token.service is never present"]],
    ["is not one that some answer has", { service: text }, [{}, { service: "ci" }], []],
    ["is a null", { ends: nullable }, [{ ends: "x" }], ["Token.ends is never null"]],
    ["is no null that came once", { ends: nullable }, [{ ends: "x" }, { ends: null }], []],
    ["is once told of an absent field", { ends: nullable }, [{}], ["Token.ends is never present"]],
    ["is left out where it is excused", { ends: { ...nullable, "x-unseen": "old" } }, [{}], []],
    [
      "is an excuse for what was seen",
      { ends: { ...nullable, "x-unseen": "old" } },
      [{ ends: "x" }, { ends: null }],
      ["Token.ends occurs, though x-unseen excuses it"],
    ],
    ["is nothing of what nobody asked for", { service: text }, [], []],
  ])("%s", (_, properties, bodies, unseen) => {
    expect(unseenOf(properties, ...bodies)).toEqual(unseen);
  });
});
