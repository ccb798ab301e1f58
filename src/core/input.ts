/**
 * Validates the input of a call before anything is sent.
 *
 * Refuses input that a hub would refuse or misread, or that would make the hub fail. The rules come from the generated
 * operation table. Valid input is sent unchanged, but without the body keys that repeat a value of the path.
 */
import type { Operation, Rule } from "../../generated/operations.gen.js";
import { InvalidInputError } from "./errors.js";
import {
  callKeys,
  checkBag,
  checkKeys,
  inputHints,
  isBag,
  type Keys,
  type KeysOf,
} from "./known-keys.js";
import { checkName, describeType } from "./path-names.js";
import type { ApiRequestOptions } from "./raw-call.js";

type Bag = Readonly<Record<string, unknown>>;
const { MAX_SAFE_INTEGER } = Number;

export interface Input {
  path?: Bag | undefined;
  query?: Bag | undefined;
  body?: unknown;
  /** Whether the query and the body may have keys that the operation does not list. */
  open?: boolean | undefined;
}

/** The option names that generated functions accept. */
const optionKeys: KeysOf<ApiRequestOptions & { client: unknown }> = {
  ...callKeys,
  allowUnknownKeys: true,
  client: true,
  path: true,
  query: true,
  body: true,
  throwOnError: true,
  meta: true,
  url: true,
  parseAs: true,
  bodySerializer: true,
};

/** Throws an {@link InvalidInputError} for an option that no generated function has. */
export function checkOptions(route: string, { query, body }: Operation, options: object): void {
  checkKeys(`options of ${route}`, options, optionKeys, {
    elsewhere: (key) => {
      const bags = { path: namesIn(route), query, body };
      const bag = Object.entries(bags).find(([, keys]) => keys && Object.hasOwn(keys, key));
      return bag && `\`${bag[0]}\``;
    },
  });
}

/** Returns the parameter names in a route's path. */
function namesIn(route: string): Keys {
  const known = namesByRoute.get(route);
  if (known) return known;
  const names: Keys = Object.fromEntries(
    [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, true]),
  );
  // The operation table has few routes, but a program may request any number of others.
  if (namesByRoute.size < 200) namesByRoute.set(route, names);
  return names;
}
const namesByRoute = new Map<string, Keys>();

type Rules = Readonly<Record<string, Rule>>;

/** Throws an {@link InvalidInputError} for the first unknown key or invalid value. Returns the body to send. */
export function checkInput(route: string, operation: Operation, input: Input): unknown {
  const { path = {}, query = {}, body, open } = input;
  const names = namesIn(route);
  // A query in the url may hold a secret.
  const shown = route.replace(/[?#].*/s, "");
  checkKeys(`path of ${shown}`, path, names);
  for (const parameter of Object.keys(names)) {
    checkName(parameter, path[parameter], operation.mayBeEmpty?.includes(parameter));
  }
  checkSent(`query of ${shown}`, query, operation.query, open);
  if (body !== undefined) {
    checkSent(`body of ${shown}`, body, operation.body, open || operation.open);
  }
  checkCount(body ?? {}, operation);
  return body === undefined ? body : withoutRepeated(body, operation.body, path);
}

/** Returns the keys in `input` that older or newer hubs would ignore or misread, each with its rule. */
export const versionedKeys = (
  { query, body }: Operation,
  input: Input,
): [key: string, rule: Rule][] =>
  [
    { rules: query, values: input.query },
    { rules: body, values: input.body as Bag | undefined },
  ].flatMap(({ rules = {}, values = {} }) =>
    Object.entries(rules).filter(
      ([key, { since, until }]) => (since || until) && (values[key] ?? false) !== false,
    ),
  );

function checkSent(
  what: string,
  bag: unknown,
  rules: Rules = {},
  open: boolean | undefined,
): asserts bag is Bag {
  if (open) checkBag(what, bag);
  else checkKeys(what, bag, rules, inputHints);
  for (const [key, rule] of Object.entries(rules)) {
    const value = (bag as Bag)[key];
    if (value === undefined) continue;
    const isFit = value === null ? !rule.type || rule.nullable : isValid(value, rule);
    if (!isFit) throw invalidValue(key, rule, value);
  }
}

/** Returns the body without the keys that repeat a value of the path. */
const withoutRepeated = (body: Bag, rules: Rules = {}, path: Bag): Bag =>
  Object.fromEntries(
    Object.entries(body).filter(([key, value]) => {
      const parameter = rules[key]?.differsFrom;
      return parameter === undefined || value !== path[parameter];
    }),
  );

/** Checks that a body has at least `minKeys` keys, and exactly one of the keys in `exactlyOneOf`. */
function checkCount(body: Bag, { minKeys = 0, exactlyOneOf = [] }: Operation): void {
  if (minKeys > 0 && Object.values(body).filter((value) => value !== undefined).length < minKeys) {
    throw new InvalidInputError("The body must have at least one key.");
  }
  const given = exactlyOneOf.filter((key) => body[key] !== undefined && body[key] !== null);
  if (exactlyOneOf.length > 0 && given.length !== 1) {
    const keys = exactlyOneOf.map((key) => `\`${key}\``).join(" and ");
    const found = given.length === 0 ? "none of them is" : "more than one is";
    throw new InvalidInputError(`Exactly one of ${keys} must be given; ${found}.`);
  }
}

function isValid(value: unknown, rule: Rule): boolean {
  const { type, enum: options, pattern, min, max, items, minItems = 0 } = rule;
  if (options) return options.includes(value as string);
  if (type === "array") {
    return (
      Array.isArray(value) &&
      value.length >= minItems &&
      // JSON sends null for a hole, which `every` skips.
      (!items || Array.from(value).every((item) => typeof item === items))
    );
  }
  if (pattern) return typeof value === "string" && pattern.test(value);
  if (type === "object") return isBag(value);
  if (type === "integer") {
    return (
      // Larger numbers are not exact, and hubs fail on the largest.
      Number.isSafeInteger(value) &&
      (value as number) >= (min ?? -Infinity) &&
      (value as number) <= (max ?? Infinity)
    );
  }
  return true;
}

function invalidValue(
  key: string,
  { type, enum: options, pattern, min, max, items, ifEmpty }: Rule,
  value: unknown,
): InvalidInputError {
  if (ifEmpty && (value === null || (Array.isArray(value) && value.length === 0))) {
    return new InvalidInputError(`\`${key}\` must not be empty or null. ${ifEmpty}`);
  }
  if (Array.isArray(value) && type === "array") {
    const fault = value.length === 0 ? "be empty" : `have items that are no ${items ?? ""}s`;
    return new InvalidInputError(`\`${key}\` must not ${fault}.`);
  }
  // The value may be a secret.
  if (pattern) return new InvalidInputError(`\`${key}\` must match ${pattern.source}.`);
  if (options) return new InvalidInputError(`\`${key}\` must be one of ${options.join(", ")}.`);
  const top = max ?? ((value as number) > MAX_SAFE_INTEGER ? MAX_SAFE_INTEGER : undefined);
  const range = [
    min === undefined ? "" : ` of at least ${min}`,
    top === undefined ? "" : ` and at most ${top}`,
  ];
  const wanted = type === "integer" ? `a whole number${range.join("")}` : `an ${type}`;
  const got = typeof value === "number" ? String(value) : describeType(value);
  return new InvalidInputError(`\`${key}\` must be ${wanted}, not ${got}.`);
}
