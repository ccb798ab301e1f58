/**
 * Names that can stand in a URL's path without changing the route.
 *
 * Everything but what is refused here reaches the hub as itself, percent-encoded: `.` and `..` are
 * folded away by URL parsers even when encoded, an empty segment is another route, and a lone surrogate
 * has no encoding.
 */
import { InvalidInputError } from "./errors.js";

// A high surrogate without its low one, or the other way round.
const loneSurrogate = /[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/;

/** Throws an {@link InvalidInputError} unless `value` is a name that keeps the route what it is. */
export function checkName(parameter: string, value: unknown, mayBeEmpty = false): void {
  const what = parameter.replaceAll("_", " ");
  if (typeof value !== "string") {
    throw new InvalidInputError(`The ${what} must be a string, not ${describeType(value)}.`);
  }
  if (value === "" && !mayBeEmpty) {
    throw new InvalidInputError(`The ${what} must not be empty.`);
  }
  if (value === "." || value === "..") {
    throw new InvalidInputError(
      `The ${what} must not be ${JSON.stringify(value)}: in a URL it would lead to another route.`,
    );
  }
  if (loneSurrogate.test(value)) {
    throw new InvalidInputError(`The ${what} holds half a character (a lone surrogate).`);
  }
}

/** What a value is, in words for an error: never the value itself, which may be a secret. */
export function describeType(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  const tag = Object.prototype.toString.call(value).slice(8, -1);
  return `of type ${typeof value !== "object" || tag === "Object" ? typeof value : tag}`;
}
