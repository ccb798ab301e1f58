/**
 * The rules that rate a change of the document as major, minor or patch for users of this package: whether
 * code for the earlier types still compiles, and whether its calls still succeed.
 * test/spec/semver-rules.test.ts proves each rule, most of them with the TypeScript compiler.
 */
export const impacts = ["major", "minor", "patch"] as const;
export type Impact = (typeof impacts)[number];

/** What a schema describes: values that users send, or values that they receive. */
export type Direction = "request" | "response";

type RuleImpact = Impact | Readonly<Record<Direction, Impact>>;

export const rules = {
  /** Changes of operations, and so of the functions that are generated for them. */
  "operation added": "minor",
  "operation removed": "major",
  "operation renamed": "major",
  /** Changes of a parameter, a body, a key of a body or a field of a response. */
  added: "minor",
  "added as required": { request: "major", response: "minor" },
  removed: "major",
  "now required": { request: "major", response: "minor" },
  "no longer required": { request: "minor", response: "major" },
  /** The type accepts more values than before: null, a further type, any string. */
  widened: { request: "minor", response: "major" },
  /** The type accepts fewer values than before, and the values that it no longer accepts were not listed by name. */
  narrowed: { request: "major", response: "minor" },
  /** A type, or an alternative of a union, was removed. */
  "alternative removed": "major",
  /** Changes of an enumeration's values. Users' code may list all values, unless the enumeration is marked `x-open`. */
  "value added": { request: "minor", response: "major" },
  "value added to an open enumeration": "minor",
  "value removed": "major",
  /** Limits such as `minimum`, which the types do not show, but the client checks before it sends a request. */
  "limit tightened": { request: "major", response: "patch" },
  "limit loosened": { request: "minor", response: "patch" },
  /** Changes of a success status whose body has the same type as the body of another success status. */
  "status added": "minor",
  "status removed": "major",
  /** Changes of an error status. Calls reject with the same error class whether or not the status is documented. */
  "error status added": "minor",
  "error status removed": "minor",
  "media type added": "minor",
  "media type removed": "major",
  /** Scopes tightened: scopes that were sufficient before are no longer sufficient. */
  "scopes tightened": "major",
  "scopes loosened": "minor",
  /** Supported by fewer hubs: the client rejects the call on some hubs on which it was allowed before. */
  "supported by fewer hubs": "major",
  "supported by more hubs": "minor",
  /** The newest release no longer has the part. Its types and functions stay for older hubs. */
  "ended with a release": "minor",
  deprecated: "minor",
  /** Changes of named schemas, whose types users can import. */
  "type added": "minor",
  "type removed": "major",
  /** Descriptions, examples, formats and whatever else affects neither types nor calls. */
  words: "patch",
} as const satisfies Record<string, RuleImpact>;

export type Rule = keyof typeof rules;

/**
 * Returns the impact of a rule. If the changed part is used in both requests and responses, the more severe impact
 * counts.
 */
export function impactOf(rule: Rule, directions: readonly Direction[]): Impact {
  const impact: RuleImpact = rules[rule];
  if (typeof impact === "string") return impact;
  return gravest(directions.map((direction) => impact[direction])) ?? "patch";
}

export const gravest = (some: readonly Impact[]): Impact | undefined =>
  impacts.find((impact) => some.includes(impact));
