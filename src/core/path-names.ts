/**
 * Checks names for use in a URL's path.
 *
 * Refuses names that change the route: URL parsers remove `.` and `..` even when encoded, an empty segment leads to
 * another route, and a lone surrogate has no encoding. Every other name reaches the hub unchanged, percent-encoded.
 */
import { InvalidInputError } from "./errors.js";

/** Throws an {@link InvalidInputError} unless `value` is a name that leaves the route unchanged when inserted. */
export function checkName(parameter: string, value: unknown, mayBeEmpty = false): void {
  const what = parameter.replaceAll("_", " ");
  assertString(what, value, mayBeEmpty);
  if (/^\.\.?$/.test(value)) {
    throw new InvalidInputError(
      `The ${what} must not be "${value}": in a URL it would lead to another route.`,
    );
  }
  // The token itself must not be a part of the URL. Of other values, hubs read a part as the id of another token.
  if (parameter === "token_id" && !/^[a-z]\d+$/.test(value)) {
    throw new InvalidInputError("Give the token's `id`, such as a5, not the token itself.");
  }
  if (/\p{Surrogate}/u.test(value)) {
    throw new InvalidInputError(
      `The ${what} must not contain half a character (a lone surrogate).`,
    );
  }
}

/** Throws an {@link InvalidInputError} unless `value` is a string, which may be empty only if `mayBeEmpty` is true. */
export function assertString(
  what: string,
  value: unknown,
  mayBeEmpty = false,
): asserts value is string {
  if (typeof value !== "string") {
    throw new InvalidInputError(`The ${what} must be a string, not ${describeType(value)}.`);
  }
  if (!value && !mayBeEmpty) throw new InvalidInputError(`The ${what} must not be empty.`);
}

/** Describes the type of a value for an error, which must not contain the value: it may be a secret. */
export function describeType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return `of type ${typeof value !== "object" || tag === "Object" ? typeof value : tag}`;
}
