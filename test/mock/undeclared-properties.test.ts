/** Which body properties count as undeclared. */
import { describe, expect, it } from "vitest";
import type { Json, JsonObject } from "./document.js";
import { undeclaredProperties } from "./undeclared-properties.js";

const text: JsonObject = { type: "string" };
const person: JsonObject = { type: "object", properties: { name: text } };

const cases: [string, JsonObject, Json, string[]][] = [
  ["not a declared property", person, { name: "ada" }, []],
  ["an undeclared property", person, { name: "ada", age: 36 }, ["body.age"]],
  ["nothing in a free-form object", { type: "object" }, { age: 36 }, []],
  ["nothing if `properties` is empty", { type: "object", properties: {} }, { a: 1 }, []],
  [
    "nothing if the schema allows additional properties",
    { ...person, additionalProperties: true },
    { age: 1 },
    [],
  ],
  ["not the keys of a map", { additionalProperties: person }, { "": { name: "ada" } }, []],
  ["a property of a map's value", { additionalProperties: person }, { x: { y: 1 } }, ["body.x.y"]],
  ["a property of a list's item", { items: person }, [{ name: "a" }, { x: 1 }], ["body[1].x"]],
  [
    "not the properties of any part",
    { allOf: [person, { properties: { b: text } }] },
    { name: "", b: "" },
    [],
  ],
  [
    "a property of no part",
    { allOf: [person, { properties: { b: text } }] },
    { c: "" },
    ["body.c"],
  ],
  [
    "properties beside alternatives with conditions only",
    { ...person, oneOf: [{ required: ["name"] }] },
    { x: 1 },
    ["body.x"],
  ],
  [
    "not the properties of any alternative",
    { anyOf: [person, { properties: { b: text } }] },
    { b: "" },
    [],
  ],
  [
    "nothing beside a free-form alternative",
    { anyOf: [person, { type: "object" }] },
    { b: "" },
    [],
  ],
  [
    "a property beside a null alternative",
    { anyOf: [person, { type: "null" }] },
    { b: 1 },
    ["body.b"],
  ],
  ["nothing in a value that is not an object", person, "ada", []],
];

describe("undeclared properties", () => {
  it.each(cases)("are found: %s", (_, schema, value, expected) => {
    expect(undeclaredProperties(schema, value)).toEqual(expected);
  });
});
