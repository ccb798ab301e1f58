/** Rules for single values and for the keys of an object. A value or key that breaks a rule causes an error. */
import { InvalidInputError } from "../../core/errors.js";
import { checkKeys } from "../../core/known-keys.js";
import { isUserName } from "./names.js";
import { isObject } from "./python.js";

/** What a value must be. */
export interface Rule {
  /** The end of the error message "... must be ...". */
  wanted: string;
  fits: (value: unknown) => boolean;
}

/** A rule for each key. */
export type Rules<Bag> = { readonly [Key in keyof Bag]-?: Rule };

export const isText = (value: unknown): value is string => typeof value === "string";
export const isNumber = (value: unknown): value is number => typeof value === "number";
export const isSegment = (value: unknown): boolean =>
  isText(value) && value !== "" && !value.includes("/");
export const isListOf = (fits: (item: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.every(fits);

export const text: Rule = { wanted: "a string", fits: isText };
export const texts: Rule = { wanted: "a list of strings", fits: isListOf(isText) };
export const list: Rule = { wanted: "a list", fits: Array.isArray };
export const bag: Rule = { wanted: "an object", fits: isObject };
export const flag: Rule = { wanted: "true or false", fits: (value) => typeof value === "boolean" };
export const onlyTrue: Rule = { wanted: "true", fits: (value) => value === true };
export const amount: Rule = {
  wanted: "a number, 0 or more",
  fits: (value) => isNumber(value) && value >= 0,
};
export const count: Rule = {
  wanted: "a whole number, 1 or more",
  fits: (value) => value === Infinity || (Number.isInteger(value) && (value as number) >= 1),
};
export const statusFrom = (first: number): Rule => ({
  wanted: `a status from ${first} to 599`,
  fits: (value) =>
    Number.isInteger(value) && (value as number) >= first && (value as number) <= 599,
});
export const oneOf = (...values: readonly unknown[]): Rule => ({
  wanted: values.map((value) => JSON.stringify(value)).join(" or "),
  fits: (value) => values.includes(value),
});
export const name: Rule = { wanted: "a name that is not empty, without /", fits: isSegment };
/** Some identity providers name groups like paths: "/staff". */
const isGroupName = (value: unknown): boolean => isText(value) && value !== "";
export const groupName: Rule = { wanted: "a name that is not empty", fits: isGroupName };
export const groupNames: Rule = {
  wanted: "a list of names that are not empty",
  fits: isListOf(isGroupName),
};
export const userName: Rule = {
  wanted: "a name that hubs accept: not empty, without / and outer spaces, and not only dots",
  fits: (value) => isText(value) && isUserName(value),
};

/** Refuses unknown keys and wrong values. A value of undefined counts as absent. */
export function checkValues<Bag extends object>(what: string, given: Bag, rules: Rules<Bag>): void {
  checkKeys(what, given, rules);
  for (const [key, value] of Object.entries(given) as [keyof Bag & string, unknown][]) {
    if (value === undefined || rules[key].fits(value)) continue;
    throw new InvalidInputError(`\`${key}\` in the ${what} must be ${rules[key].wanted}.`);
  }
}
