/**
 * Refuses unknown keys in a bag of inputs or options: a misspelt key that is ignored lets a call do more
 * than was asked.
 *
 * Promises an error before anything is sent that names the key, what it probably should be and the known
 * keys, and never a value. Own keys count, with the value undefined too; inherited ones do not.
 */
import { InvalidInputError } from "./errors.js";
import { describeType } from "./path-names.js";

/** Known keys, as those of an object; its values do not matter. */
export type Keys = Readonly<Record<string, unknown>>;

/** An object with exactly the keys of a type. */
export type KeysOf<Bag> = { readonly [Key in keyof Bag]-?: true };

/** What an error says beside the known keys. */
export interface KeyHints {
  /** The place, in words, that a key belongs in which is unknown here; undefined where there is none. */
  elsewhere?: (key: string) => string | undefined;
  /** How to send a key that is unknown everywhere. */
  newer?: string;
}

/** What every call may be given beside its input. */
export const callKeys = { signal: true, timeout: true, headers: true } as const;

/** Hints for what is sent to a hub. */
export const inputHints: KeyHints = {
  elsewhere: (key) => (Object.hasOwn(callKeys, key) ? "the options of the call" : undefined),
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
 * Throws an {@link InvalidInputError} unless `bag` is an object with keys. A Map, a promise or a signal has
 * none and would be an empty bag; an AbortController inherits a known one, `signal`.
 */
export function checkBag(what: string, bag: unknown, known: Keys = {}): asserts bag is Keys {
  const isBag =
    typeof bag === "object" &&
    bag !== null &&
    !Array.isArray(bag) &&
    (Object.keys(bag).length > 0 ||
      describeType(bag) === "of type object" ||
      Object.keys(known).some((key) => key in bag));
  if (!isBag)
    throw new InvalidInputError(`The ${what} must be an object, not ${describeType(bag)}.`);
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

/** A key without line breaks and at most 60 characters of it. */
const quoted = (key: string): string => `\`${JSON.stringify(key.slice(0, 60)).slice(1, -1)}\``;

/** The known key that was probably meant: at most one edit in three characters away, and at most three. */
function closest(key: string, known: readonly string[]): string | undefined {
  const given = plain(key);
  const most = Math.min(Math.max(given.length / 3, 1), 3);
  for (let edits = 0; edits <= most; edits++) {
    const near = known.find((one) => isWithin(edits, given, plain(one)));
    if (near) return near;
  }
  return undefined;
}

/** `expiresIn` and `expires_in` are the same but for their style. */
const plain = (key: string): string => key.slice(0, 60).toLowerCase().replaceAll("_", "");

/** Whether so many characters inserted, deleted or replaced lead from one to the other. */
const isWithin = (edits: number, from: string, to: string): boolean =>
  from === to ||
  (from[0] === to[0]
    ? isWithin(edits, from.slice(1), to.slice(1))
    : edits > 0 &&
      (isWithin(edits - 1, from.slice(1), to) ||
        isWithin(edits - 1, from, to.slice(1)) ||
        isWithin(edits - 1, from.slice(1), to.slice(1))));
