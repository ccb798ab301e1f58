/** Reads and compares values as JSON knows them. */
import { InvalidInputError, UnexpectedResponseError } from "./errors.js";

/** What `work` reads from an answer. Throws a {@link UnexpectedResponseError} where that has another shape than the API's. */
export function readShape<Value>(work: () => Value): Value {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof InvalidInputError)) throw error;
    // Not kept as the cause: engines may quote what they cannot read.
    throw otherShape();
  }
}

/** Throws a {@link UnexpectedResponseError} unless a response has what a method reads in it. */
export function assertShape(hasShape: boolean): void {
  if (!hasShape) throw otherShape();
}

const otherShape = (): UnexpectedResponseError =>
  new UnexpectedResponseError(
    "A response has another shape than a hub's: some other API. Check the url.",
  );

/** What JSON makes of a value: keys without a value are not sent. */
export const asJson = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Whether two values that came from JSON are equal. */
export function equal(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return one === other;
  const keys = Object.keys(one);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    keys.length === Object.keys(other).length &&
    keys.every((key) => equal(one[key as never], other[key as never]))
  );
}

/** Whether a model has all that was asked for, whatever else it has. */
export const containsAll = (model: object, wanted: object): boolean =>
  Object.entries(wanted).every(
    ([key, value]) => value === undefined || equal(asJson(value), model[key as never]),
  );
