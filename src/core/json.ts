/** Parses, compares and converts JSON values. Throws an error of this package for an unexpected shape. */
import { InvalidInputError, UnexpectedResponseError } from "./errors.js";

/** Returns the result of `read`. Throws an {@link UnexpectedResponseError} for a response of an unexpected shape. */
export function readShape<Value>(read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof InvalidInputError)) throw error;
    // The error is not kept as the cause, since engines may quote the value in it.
    throw unexpectedShape();
  }
}

/** Throws an {@link UnexpectedResponseError} unless a response has the shape that a method reads. */
export function assertShape(hasShape: boolean): void {
  if (!hasShape) throw unexpectedShape();
}

const unexpectedShape = (): UnexpectedResponseError =>
  new UnexpectedResponseError("The response is not shaped like a hub's. Check the url.");

/** Returns a value in the JSON form in which requests send it: without undefined keys, and with a bigint as text. */
export const asJson = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (_, one) => (typeof one === "bigint" ? String(one) : one)));

/** Returns an object without the keys whose value is undefined. */
export const withoutUndefined = <Value extends object>(object: Value): Partial<Value> =>
  Object.fromEntries(
    Object.entries(object).filter(([, value]) => value !== undefined),
  ) as Partial<Value>;

/** Returns whether two JSON values are equal. */
export function equal(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return one === other;
  const keys = Object.keys(one);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    keys.length === Object.keys(other).length &&
    keys.every((key) => equal(one[key as never], other[key as never]))
  );
}

/** Returns whether a model has every value of `wanted` that is not undefined. */
export const containsAll = (model: object, wanted: object): boolean =>
  Object.entries(wanted).every(
    ([key, value]) => value === undefined || equal(asJson(value), model[key as never]),
  );

/**
 * Returns the value of a JSON text; undefined if the text is invalid. Does not throw, since the error of `JSON.parse`
 * quotes the text.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
