/**
 * Refuses unknown keys in a bag of inputs or options: a misspelt key that is ignored lets a call do more
 * than was asked.
 *
 * Promises an error before anything is sent that names the key, what it probably should be and the known
 * keys, and never a value. Own keys count, with the value undefined too; inherited ones do not.
 */
import { InvalidInputError } from "./errors.js";
import { kindOf } from "./names.js";

/** Known keys, as those of an object; its values do not matter. */
export type Keys = Readonly<Record<string, unknown>>;

/** An object with exactly the keys of a type. */
export type KeysOf<Bag> = { readonly [Key in keyof Bag]-?: true };

/** What an error says beside the known keys. */
export interface KeyHints {
  /** Says where a key belongs that is unknown here; undefined where it is known nowhere. */
  elsewhere?: (key: string) => string | undefined;
  /** How to send a key that is unknown everywhere. */
  newer?: string;
}

/** What every call may be given beside its input. */
export const callKeys = { signal: true, timeout: true, headers: true } as const;

/** Hints for what is sent to a hub. */
export const inputHints: KeyHints = {
  elsewhere: (key) =>
    Object.hasOwn(callKeys, key)
      ? "It is an option of the call: pass it in the options, not in the input."
      : undefined,
  newer:
    "To send a key that only a newer hub knows, call the operation's function of " +
    "jupyterhub-client/api with `allowUnknownKeys: true`.",
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
      kindOf(bag) === "of type object" ||
      Object.keys(known).some((key) => key in bag));
  if (!isBag) throw new InvalidInputError(`The ${what} must be an object, not ${kindOf(bag)}.`);
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
    place ?? (near && `Did you mean ${quoted(near)}?`),
    known.length > 0 ? `Known keys: ${known.map(quoted).join(", ")}.` : "It takes no keys.",
    !place && newer,
  ];
  return new InvalidInputError(sentences.filter(Boolean).join(" "));
}

/** The longest key that is quoted in full. */
const longest = 60;

const quoted = (key: string): string =>
  `\`${JSON.stringify(key.slice(0, longest)).slice(1, -1)}${key.length > longest ? "…" : ""}\``;

/** The key that was probably meant: one edit in three characters apart at most, whatever the case. */
function closest(key: string, known: readonly string[]): string | undefined {
  if (key.length > longest) return undefined;
  const given = plain(key);
  let best: string | undefined;
  let least = Math.max(1, Math.floor(given.length / 3)) + 1;
  for (const one of known) {
    const distance = editDistance(given, plain(one));
    if (distance < least) [best, least] = [one, distance];
  }
  return best;
}

/** `expiresIn` and `expires_in` are the same but for their style. */
const plain = (key: string): string => key.toLowerCase().replaceAll("_", "");

/** How many characters to insert, delete or replace to get from one to the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const next = [i];
    for (let j = 1; j <= to.length; j++) {
      const replaced = row[j - 1]! + (from[i - 1] === to[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[to.length]!;
}
