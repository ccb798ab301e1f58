/** A change of a document for each semver rule, with a line of user code that the change may break. */
import { at, type Json, type JsonObject } from "../../scripts/json.js";
import type { Direction, Impact, Rule } from "../../scripts/semver-rules.js";

const content = (schema: JsonObject): JsonObject => ({ "application/json": { schema } });
const response = (schema: JsonObject): JsonObject => ({
  description: "",
  content: content(schema),
});
/** An operation whose response is an object with one field, `a`. */
const answers = (a: JsonObject, required = true): JsonObject => ({
  responses: {
    200: response({ type: "object", ...(required && { required: ["a"] }), properties: { a } }),
  },
});
/** An operation whose body is an object with one key, `a`. */
const takes = (a: JsonObject, required = false): JsonObject => ({
  ...done,
  requestBody: {
    content: content({ type: "object", ...(required && { required: ["a"] }), properties: { a } }),
  },
});
export const done: JsonObject = { responses: { 204: { description: "" } } };
const asks = (...parameters: Json[]): JsonObject => ({ ...done, parameters });
const parameter = (name: string, more: JsonObject = {}): JsonObject => ({
  name,
  in: "query",
  schema: { type: "string" },
  ...more,
});
const fields = (...names: string[]): JsonObject => ({
  responses: {
    200: response({
      type: "object",
      properties: Object.fromEntries(names.map((name) => [name, { type: "number" }])),
    }),
  },
});
const keys = (...names: string[]): JsonObject => ({
  ...done,
  requestBody: {
    content: content({
      type: "object",
      properties: Object.fromEntries(names.map((name) => [name, { type: "number" }])),
    }),
  },
});
const statuses = (some: JsonObject): JsonObject => ({ responses: some });
const text = { type: "string" };
const number = { type: "number" };
const either = { type: ["string", "null"] };
const closed = (...values: string[]): JsonObject => ({ type: "string", enum: values });
const open = (...values: string[]): JsonObject => ({ ...closed(...values), "x-open": true });
const scopes = (...alternatives: string[][]): JsonObject => ({
  ...done,
  security: alternatives.map((oauth2) => ({ oauth2 })),
});
const object = response({ type: "object", properties: { a: number } });

export interface Row {
  rule: Rule;
  in?: Direction;
  impact: Impact;
  /** The operation before and after the change. Each is undefined if the operation does not exist at that point. */
  before?: JsonObject;
  after?: JsonObject;
  /** The shared schemas before and after the change. */
  schemas?: readonly [before: JsonObject, after: JsonObject];
  /** The changed part of the operation or schema, as the comparison reports it. */
  label?: string;
  /**
   * A line of user code. It may use `call` (the generated function), `Data` (the type of its input), `Answer` and
   * `answer` (the type of its response, and a value of that type), `Answers` (its response types by status) and
   * `Shared` (the type of the shared schema).
   */
  code?: string;
}

export const rows: readonly Row[] = [
  { rule: "operation added", impact: "minor", after: done },
  { rule: "operation removed", impact: "major", before: done, code: "call;" },
  {
    rule: "operation renamed",
    impact: "major",
    before: done,
    after: { ...done, operationId: "other" },
    code: "call;",
  },

  {
    rule: "added",
    in: "request",
    impact: "minor",
    before: asks(parameter("a")),
    after: asks(parameter("a"), parameter("b")),
    label: "parameter b",
    code: `({ a: "" }) satisfies Data["query"];`,
  },
  {
    rule: "added",
    in: "request",
    impact: "minor",
    before: keys("a"),
    after: keys("a", "b"),
    label: "body.b",
    code: `({ a: 1 }) satisfies Data["body"];`,
  },
  {
    rule: "added",
    in: "request",
    impact: "minor",
    before: done,
    after: takes(number),
    label: "body",
    code: "call;",
  },
  {
    rule: "added",
    in: "response",
    impact: "minor",
    before: fields("a"),
    after: fields("a", "b"),
    label: "200.b",
    code: "answer.a;",
  },
  {
    rule: "added as required",
    in: "request",
    impact: "major",
    before: asks(parameter("a")),
    after: asks(parameter("a"), parameter("b", { required: true })),
    label: "parameter b",
    code: `({ a: "" }) satisfies Data["query"];`,
  },
  {
    rule: "added as required",
    in: "response",
    impact: "minor",
    before: statuses({ 200: response({ type: "object", properties: {} }) }),
    after: answers(number),
    label: "200.a",
    code: "answer;",
  },
  {
    rule: "removed",
    in: "request",
    impact: "major",
    before: asks(parameter("a"), parameter("b")),
    after: asks(parameter("a")),
    label: "parameter b",
    code: `({ b: "" }) satisfies Data["query"];`,
  },
  {
    rule: "removed",
    in: "request",
    impact: "major",
    before: keys("a", "b"),
    after: keys("a"),
    label: "body.b",
    code: `({ b: 1 }) satisfies Data["body"];`,
  },
  {
    rule: "removed",
    in: "response",
    impact: "major",
    before: fields("a", "b"),
    after: fields("a"),
    label: "200.b",
    code: "answer.b;",
  },
  {
    rule: "now required",
    in: "request",
    impact: "major",
    before: takes(text),
    after: takes(text, true),
    label: "body.a",
    code: `({}) satisfies Data["body"];`,
  },
  {
    rule: "now required",
    in: "response",
    impact: "minor",
    before: answers(text, false),
    after: answers(text),
    label: "200.a",
    code: "answer.a?.length;",
  },
  {
    rule: "no longer required",
    in: "request",
    impact: "minor",
    before: takes(text, true),
    after: takes(text),
    label: "body.a",
    code: `({ a: "" }) satisfies Data["body"];`,
  },
  {
    rule: "no longer required",
    in: "response",
    impact: "major",
    before: answers(text),
    after: answers(text, false),
    label: "200.a",
    code: "answer.a.length;",
  },

  {
    rule: "widened",
    in: "request",
    impact: "minor",
    before: takes(text),
    after: takes(either),
    label: "body.a",
    code: `({ a: "" }) satisfies Data["body"];`,
  },
  {
    rule: "widened",
    in: "response",
    impact: "major",
    before: answers(text),
    after: answers(either),
    label: "200.a",
    code: "answer.a.length;",
  },
  {
    rule: "widened",
    in: "response",
    impact: "major",
    before: answers(closed("x", "y")),
    after: answers(open("x", "y")),
    label: "200.a",
    code: `answer.a satisfies "x" | "y";`,
  },
  {
    rule: "widened",
    in: "response",
    impact: "major",
    before: statuses({ 200: object }),
    after: statuses({ 200: object, 202: response(text) }),
    label: "202",
    code: "answer.a;",
  },
  {
    rule: "narrowed",
    in: "request",
    impact: "major",
    before: takes(either),
    after: takes(text),
    label: "body.a",
    code: `({ a: null }) satisfies Data["body"];`,
  },
  {
    rule: "narrowed",
    in: "request",
    impact: "major",
    before: takes(text),
    after: takes(closed("x")),
    label: "body.a",
    code: `({ a: "y" }) satisfies Data["body"];`,
  },
  {
    rule: "narrowed",
    in: "request",
    impact: "major",
    before: takes({}),
    after: takes(text),
    label: "body.a",
    code: `({ a: 1 }) satisfies Data["body"];`,
  },
  {
    rule: "narrowed",
    in: "response",
    impact: "minor",
    before: answers(either),
    after: answers(text),
    label: "200.a",
    code: "answer.a?.length;",
  },
  {
    rule: "alternative removed",
    in: "request",
    impact: "major",
    before: takes({ type: ["string", "number"] }),
    after: takes(text),
    label: "body.a",
    code: `({ a: 1 }) satisfies Data["body"];`,
  },
  {
    rule: "alternative removed",
    in: "response",
    impact: "major",
    before: answers({ type: ["string", "number"] }),
    after: answers(text),
    label: "200.a",
    code: `if (typeof answer.a === "number") answer.a.toFixed();`,
  },
  {
    rule: "alternative removed",
    in: "response",
    impact: "major",
    before: answers({ oneOf: [text, number, { type: "boolean" }] }),
    after: answers({ oneOf: [text, { type: "boolean" }] }),
    label: "200.a",
    code: `if (typeof answer.a === "number") answer.a.toFixed();`,
  },

  {
    rule: "value added",
    in: "request",
    impact: "minor",
    before: takes(closed("x")),
    after: takes(closed("x", "y")),
    label: "body.a",
    code: `({ a: "x" }) satisfies Data["body"];`,
  },
  {
    rule: "value added",
    in: "response",
    impact: "major",
    before: answers(closed("x")),
    after: answers(closed("x", "y")),
    label: "200.a",
    code: `({ x: 1 }) satisfies Record<Answer["a"], number>;`,
  },
  {
    rule: "value added to an open enumeration",
    in: "response",
    impact: "minor",
    before: answers(open("x")),
    after: answers(open("x", "y")),
    label: "200.a",
    code: `answer.a satisfies string;`,
  },
  {
    rule: "value removed",
    in: "request",
    impact: "major",
    before: takes(closed("x", "y")),
    after: takes(closed("x")),
    label: "body.a",
    code: `({ a: "y" }) satisfies Data["body"];`,
  },
  {
    rule: "value removed",
    in: "response",
    impact: "major",
    before: answers(closed("x", "y")),
    after: answers(closed("x")),
    label: "200.a",
    code: `answer.a === "y";`,
  },

  {
    rule: "limit tightened",
    in: "request",
    impact: "major",
    before: takes({ type: "integer" }),
    after: takes({ type: "integer", minimum: 1 }),
    label: "body.a",
  },
  {
    rule: "limit tightened",
    in: "request",
    impact: "major",
    before: takes(number),
    after: takes({ type: "integer" }),
    label: "body.a",
  },
  {
    rule: "limit tightened",
    in: "response",
    impact: "patch",
    before: answers({ ...text, maxLength: 9 }),
    after: answers({ ...text, maxLength: 8 }),
    label: "200.a",
    code: "answer.a.length;",
  },
  {
    rule: "limit loosened",
    in: "request",
    impact: "minor",
    before: takes({ ...text, pattern: "^a" }),
    after: takes(text),
    label: "body.a",
  },
  {
    rule: "limit loosened",
    in: "response",
    impact: "patch",
    before: answers({ ...number, maximum: 8 }),
    after: answers({ ...number, maximum: 9 }),
    label: "200.a",
    code: "answer.a.toFixed();",
  },

  {
    rule: "status added",
    in: "response",
    impact: "minor",
    before: statuses({ 200: object }),
    after: statuses({ 200: object, 201: object }),
    label: "201",
    code: "answer.a;",
  },
  {
    rule: "status removed",
    in: "response",
    impact: "major",
    before: statuses({ 200: object, 201: object }),
    after: statuses({ 200: object }),
    label: "201",
    code: `type Created = Answers[201];`,
  },
  {
    rule: "error status added",
    in: "response",
    impact: "minor",
    before: statuses({ 200: object }),
    after: statuses({ 200: object, 409: object }),
    label: "409",
    code: "answer.a;",
  },
  {
    rule: "error status removed",
    in: "response",
    impact: "minor",
    before: statuses({ 200: object, 409: object }),
    after: statuses({ 200: object }),
    label: "409",
    code: "answer.a;",
  },
  {
    rule: "media type added",
    in: "response",
    impact: "minor",
    before: statuses({ 200: object }),
    after: statuses({
      200: {
        description: "",
        content: { ...at(object, "content"), "text/plain": { schema: text } },
      },
    }),
    label: "200",
    code: "answer.a;",
  },
  {
    rule: "media type removed",
    in: "response",
    impact: "major",
    before: statuses({
      200: {
        description: "",
        content: { ...at(object, "content"), "text/plain": { schema: text } },
      },
    }),
    after: statuses({ 200: { description: "", content: { "text/plain": { schema: text } } } }),
    label: "200",
    code: "answer.a;",
  },

  {
    rule: "scopes tightened",
    in: "request",
    impact: "major",
    before: scopes(["a"], ["b"]),
    after: scopes(["a"]),
  },
  {
    rule: "scopes tightened",
    in: "request",
    impact: "major",
    before: { ...done, security: [] },
    after: { ...done, security: [{ token: [] }] },
  },
  {
    rule: "scopes loosened",
    in: "request",
    impact: "minor",
    before: scopes(["a", "b"]),
    after: scopes(["a"]),
  },
  {
    rule: "supported by fewer hubs",
    in: "request",
    impact: "major",
    before: { ...done, "x-since": "5.9" },
    after: { ...done, "x-since": "5.10" },
  },
  {
    rule: "supported by more hubs",
    in: "request",
    impact: "minor",
    before: { ...done, "x-until": "5.9" },
    after: { ...done, "x-until": "5.10" },
  },
  {
    rule: "ended with a release",
    in: "request",
    impact: "minor",
    before: done,
    after: { ...done, "x-until": "6.2" },
    code: "call;",
  },
  {
    rule: "deprecated",
    in: "request",
    impact: "minor",
    before: done,
    after: { ...done, deprecated: true },
    code: "call;",
  },
  {
    rule: "words",
    in: "request",
    impact: "patch",
    before: done,
    after: { ...done, summary: "Other words" },
    code: "call;",
  },

  { rule: "type added", impact: "minor", schemas: [{}, { Shared: text }] },
  {
    rule: "type removed",
    impact: "major",
    schemas: [{ Shared: text }, {}],
    code: "type Mine = Shared;",
  },
  {
    rule: "removed",
    in: "response",
    impact: "major",
    label: "a",
    schemas: [
      { Shared: { type: "object", properties: { a: number, b: number } } },
      { Shared: { type: "object", properties: { b: number } } },
    ],
    code: `type Mine = Shared["a"];`,
  },
];
