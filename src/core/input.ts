/**
 * Validates the input of a call before anything is sent.
 *
 * Refuses what a hub would refuse, misread or fail at. The rules come from the generated operation table. Valid input
 * is sent unchanged, without a body key that would repeat its path.
 */
import type { Operation, Rule } from "../../generated/operations.gen.js";
import { InvalidInputError } from "./errors.js";
import { callKeys, checkBag, checkKeys, inputHints, type Keys, type KeysOf } from "./known-keys.js";
import { checkName, describeType } from "./path-names.js";
import type { RequestOptions } from "./raw-call.js";

type Bag = Readonly<Record<string, unknown>>;
const { MAX_SAFE_INTEGER } = Number;

export interface Input {
  path?: Bag | undefined;
  query?: Bag | undefined;
  body?: unknown;
  /** Whether the query and the body may have keys that the operation does not list. */
  open?: boolean | undefined;
}

/** The options of a generated function. */
const optionKeys: KeysOf<RequestOptions & { client: unknown }> = {
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

/** Throws an {@link InvalidInputError} for an option that no generated function takes. */
export function checkOptions(route: string, { query, body }: Operation, options: object): void {
  checkKeys(`options of ${route}`, options, optionKeys, {
    elsewhere: (key) => {
      const bags = { path: namesIn(route), query, body };
      const bag = Object.entries(bags).find(([, keys]) => keys && Object.hasOwn(keys, key));
      return bag && `\`${bag[0]}\``;
    },
  });
}

/** The names in the path of a route. */
function namesIn(route: string): Keys {
  const known = namesByRoute.get(route);
  if (known) return known;
  const names: Keys = Object.fromEntries(
    [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, true]),
  );
  // The routes of the table are few. Those of a program may be unlimited.
  if (namesByRoute.size < 200) namesByRoute.set(route, names);
  return names;
}
const namesByRoute = new Map<string, Keys>();

/** A key that older or newer hubs would ignore or misread. */
export interface VersionedKey {
  what: string;
  /** Has the releases that know the key. */
  rule: Rule;
}

export interface CheckedInput {
  /** The body to send. */
  body: unknown;
  /** Keys that only some versions of the hub know. */
  versionedKeys: VersionedKey[];
}

/** Throws an {@link InvalidInputError} for the first invalid value. */
export function checkInput(route: string, operation: Operation, input: Input): CheckedInput {
  const { path = {}, query = {}, body } = input;
  const names = namesIn(route);
  // A query in the url may hold a secret.
  const shown = route.replace(/[?#].*/s, "");
  checkKeys(`path of ${shown}`, path, names);
  for (const parameter of Object.keys(names)) {
    checkName(parameter, path[parameter], operation.mayBeEmpty?.includes(parameter));
  }
  const versionedKeys: VersionedKey[] = [];
  checkSent(`query of ${shown}`, query, operation.query, input.open, versionedKeys);
  if (body !== undefined) {
    const open = input.open || operation.open;
    checkSent(`body of ${shown}`, body, operation.body, open, versionedKeys);
  }
  checkCount(body ?? {}, operation);
  if (body === undefined) return { body, versionedKeys };
  return { body: withoutRepeated(body, operation.body, path), versionedKeys };
}

type Rules = Readonly<Record<string, Rule>>;

function checkSent(
  what: string,
  bag: unknown,
  rules: Rules = {},
  open: boolean | undefined,
  versionedKeys: VersionedKey[],
): asserts bag is Bag {
  if (open) checkBag(what, bag);
  else checkKeys(what, bag, rules, inputHints);
  checkValues(bag as Bag, rules, versionedKeys);
}

/** The body without keys that repeat a value of the path. */
function withoutRepeated(body: Bag, rules: Rules = {}, path: Bag): Bag {
  const repeated = Object.entries(rules).filter(
    ([key, { differsFrom }]) => differsFrom && body[key] === path[differsFrom],
  );
  return Object.fromEntries(
    Object.entries(body).filter(([key]) => !repeated.some(([name]) => name === key)),
  );
}

/** Checks the number of keys of a body. */
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

function checkValues(
  values: Bag,
  rules: Readonly<Record<string, Rule>>,
  versionedKeys: VersionedKey[],
): void {
  for (const [key, rule] of Object.entries(rules)) {
    const value = values[key];
    if (value === undefined || value === null) {
      if (value === null && rule.type && !rule.nullable) throw invalidValue(key, rule, value);
      continue;
    }
    if (!isValid(value, rule)) throw invalidValue(key, rule, value);
    if ((rule.since || rule.until) && value !== false) {
      versionedKeys.push({ what: `\`${key}\``, rule });
    }
  }
}

function isValid(value: unknown, rule: Rule): boolean {
  const { type, enum: options, min, max, items, minItems = 0 } = rule;
  if (options) return options.includes(value as string);
  if (type === "array") {
    return (
      Array.isArray(value) &&
      value.length >= minItems &&
      (!items || value.every((item) => typeof item === items))
    );
  }
  if (type === "object") return isPlainObject(value);
  if (type === "integer") {
    return (
      // Larger ones are not exact, and hubs fail at the largest.
      Number.isSafeInteger(value) &&
      (value as number) >= (min ?? -Infinity) &&
      (value as number) <= (max ?? Infinity)
    );
  }
  return true;
}

function invalidValue(
  key: string,
  { type, enum: options, min, max, items, ifEmpty }: Rule,
  value: unknown,
): InvalidInputError {
  if (ifEmpty && (value === null || (Array.isArray(value) && value.length === 0))) {
    return new InvalidInputError(`\`${key}\` must not be empty or null. ${ifEmpty}`);
  }
  if (Array.isArray(value) && type === "array") {
    const fault = value.length === 0 ? "be empty" : `have items that are no ${items ?? ""}s`;
    return new InvalidInputError(`\`${key}\` must not ${fault}.`);
  }
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

const isPlainObject = (value: unknown): value is Bag =>
  typeof value === "object" && value !== null && !Array.isArray(value);
