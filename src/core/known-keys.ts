/**
 * Refuses unknown keys of an input or of options: a call that ignores a misspelt key may do more than was meant.
 *
 * The error names the key, a similar known key if there is one, and all known keys, but contains no value. It is thrown
 * before anything is sent. Only own keys are checked, even those with the value undefined; inherited keys are not.
 */
import { InvalidInputError } from "./errors.js";
import { describeType } from "./path-names.js";

/** A set of known keys, as an object with these keys. Its values do not matter. */
export type Keys = Readonly<Record<string, unknown>>;

/** An object with exactly the keys of a type. */
export type KeysOf<Bag> = { readonly [Key in keyof Bag]-?: true };

/** Hints in the error about an unknown key, besides the list of known keys. */
export interface KeyHints {
  /** Returns where else a key that is unknown here belongs; undefined if it belongs nowhere. */
  elsewhere?: (key: string) => string | undefined;
  /** A sentence that says how to send a key that this package does not know. */
  newer?: string;
}

/** The keys of the options that every call has. */
export const callKeys = { signal: true, timeout: true, headers: true } as const;

/** The keys that the options of some methods have. */
const methodKey = /^(ifRunning|onAbort|concurrency|stopServers|useClientToken|appendToken)$/;

/** Hints about an unknown key of an input. */
export const inputHints: KeyHints = {
  elsewhere: (key) =>
    Object.hasOwn(callKeys, key) || methodKey.test(key) ? "the options of the call" : undefined,
  newer:
    "To send a key of a newer hub, call the operation's function of jupyterhub-client/api " +
    "with `allowUnknownKeys: true`.",
};

/** Throws an {@link InvalidInputError} unless `bag` is an object whose keys are all known. */
export function checkKeys(what: string, bag: unknown, known: Keys, hints?: KeyHints): void {
  checkBag(what, bag, known);
  for (const key of Object.keys(bag)) {
    if (!Object.hasOwn(known, key)) throw unknownKey(what, key, Object.keys(known), hints);
  }
}

/**
 * Returns whether a value is a plain object, or another object that has a key of its own or a known key. Refuses a Map,
 * a promise or a signal: they have neither, and would be read as empty. Accepts an AbortController, which inherits the
 * known key `signal`.
 */
export const isBag = (value: unknown, known: Keys = {}): value is Keys =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  (Object.keys(value).length > 0 ||
    describeType(value) === "of type object" ||
    Object.keys(known).some((key) => key in value));

/** Throws an {@link InvalidInputError} unless {@link isBag} accepts `bag`. */
export function checkBag(what: string, bag: unknown, known: Keys = {}): asserts bag is Keys {
  if (isBag(bag, known)) return;
  const keys = Object.keys(known).map(quoted).join(", ");
  const hint = keys && ` Known keys: ${keys}.`;
  throw new InvalidInputError(`The ${what} must be an object, not ${describeType(bag)}.${hint}`);
}

function unknownKey(
  what: string,
  key: string,
  known: readonly string[],
  { elsewhere, newer }: KeyHints = {},
): InvalidInputError {
  const place = elsewhere?.(key);
  const near = closest(key, known);
  const sentences = [
    `Unknown key ${quoted(key)} in the ${what}.`,
    place ? `It belongs in ${place}.` : near && `Did you mean ${quoted(near)}?`,
    `Known keys: ${known.map(quoted).join(", ") || "none"}.`,
    !place && newer,
  ];
  return new InvalidInputError(sentences.filter(Boolean).join(" "));
}

/** Quotes at most 60 characters of a key, on one line. */
const quoted = (key: string): string => `\`${JSON.stringify(key.slice(0, 60)).slice(1, -1)}\``;

/**
 * Returns the known key that differs from `key` by the fewest edits; undefined if every known key differs by more than
 * three edits, or by more than one for each three characters of `key` (one edit is always allowed).
 */
function closest(key: string, known: readonly string[]): string | undefined {
  const given = plain(key);
  const most = Math.min(Math.max(given.length / 3, 1), 3);
  for (let edits = 0; edits <= most; edits++) {
    const near = known.find((one) => isWithin(edits, given, plain(one)));
    if (near) return near;
  }
  return undefined;
}

/** Normalises a key: lower case, without underscores, so that `expiresIn` equals `expires_in`. */
const plain = (key: string): string => key.slice(0, 60).toLowerCase().replaceAll("_", "");

/** Returns whether at most `edits` insertions, deletions and replacements turn one word into the other. */
const isWithin = (edits: number, from: string, to: string): boolean =>
  from === to ||
  (from[0] === to[0]
    ? isWithin(edits, from.slice(1), to.slice(1))
    : edits > 0 &&
      (isWithin(edits - 1, from.slice(1), to) ||
        isWithin(edits - 1, from, to.slice(1)) ||
        isWithin(edits - 1, from.slice(1), to.slice(1))));
