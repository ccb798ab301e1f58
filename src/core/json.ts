/** Compares values as JSON knows them. */

/** What JSON makes of a value: keys without a value are not sent. */
export const asSent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

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
export const has = (model: object, wanted: object): boolean =>
  Object.entries(wanted).every(
    ([key, value]) => value === undefined || equal(asSent(value), model[key as never]),
  );
