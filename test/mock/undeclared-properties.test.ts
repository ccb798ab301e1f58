/** Which body properties count as undeclared. */
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "./document.js";
import { undeclaredProperties } from "./undeclared-properties.js";

const text: JsonObject = { type: "string" };
const person: JsonObject = { type: "object", properties: { name: text } };

const cases: [string, JsonObject, Json, string[]][] = [
  ["a property that is declared", person, { name: "ada" }, []],
  ["one that is not", person, { name: "ada", age: 36 }, ["body.age"]],
  ["anything in a free-form object", { type: "object" }, { age: 36 }, []],
  [
    "anything where empty properties are declared",
    { type: "object", properties: {} },
    { a: 1 },
    [],
  ],
  ["anything where the schema says so", { ...person, additionalProperties: true }, { age: 1 }, []],
  ["the keys of a map", { additionalProperties: person }, { "": { name: "ada" } }, []],
  ["a property of a map's value", { additionalProperties: person }, { x: { y: 1 } }, ["body.x.y"]],
  ["a property of a list's entry", { items: person }, [{ name: "a" }, { x: 1 }], ["body[1].x"]],
  [
    "properties of all parts",
    { allOf: [person, { properties: { b: text } }] },
    { name: "", b: "" },
    [],
  ],
  ["one of no part", { allOf: [person, { properties: { b: text } }] }, { c: "" }, ["body.c"]],
  [
    "those beside mere conditions",
    { ...person, oneOf: [{ required: ["name"] }] },
    { x: 1 },
    ["body.x"],
  ],
  ["those of any alternative", { anyOf: [person, { properties: { b: text } }] }, { b: "" }, []],
  [
    "anything beside a free-form alternative",
    { anyOf: [person, { type: "object" }] },
    { b: "" },
    [],
  ],
  [
    "one beside an alternative that is null",
    { anyOf: [person, { type: "null" }] },
    { b: 1 },
    ["body.b"],
  ],
  ["nothing in a value that is no object", person, "ada", []],
];

describe("undeclared properties", () => {
  it.each(cases)("are found: %s", (_, schema, value, expected) => {
    expect(undeclaredProperties(schema, value)).toEqual(expected);
  });
});
