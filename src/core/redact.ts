/**
 * Removes secrets from texts that errors and logs repeat: a call's URL, and the words of hubs, gateways and
 * libraries, which may quote whole requests.
 *
 * Secrets are collected only when a text needs them: a call that succeeds keeps references to what it was
 * given. At most {@link maxText} characters of a text are examined and repeated.
 */

/** What stands in the place of a secret. */
export const redacted = "[redacted]";

/** The most characters of a foreign text that are examined, and repeated in an error. */
export const maxText = 4096;

/** A text of at most `max` characters; an ellipsis ends one that was cut. */
export const shorten = (text: string, max = maxText): string =>
  text.length > max ? `${text.slice(0, max - 1)}…` : text;

/** The keys whose values are secrets, with all that is in them: in lower case, without separators. */
const secretKey =
  /token(?!id$)|secret|passw|passphrase|passcode|pwd$|^pin$|keys?$|code$|verifier$|credential|authorization|authstate|cookie(?!name$)|session|jwt|environment|^env$/;

/** Whether a key's value is a secret, however the key is spelt: `apiToken`, `API_TOKEN`, `api-token`. */
const isSecretKey = (key: string): boolean =>
  secretKey.test(key.replace(/[^a-z\d]/gi, "").toLowerCase());

/** The URL of a call for errors, from its route and the values in it. */
export const redactedUrl = (
  baseUrl: string,
  route: string,
  path: Readonly<Record<string, unknown>> = {},
): string =>
  baseUrl +
  route.replace(/\{(\w+)\}/g, (_, name: string) =>
    isSecretKey(name)
      ? redacted
      : (attempt(() => encodeURIComponent(String(path[name]))) ?? "[malformed]"),
  );

/** The secrets of a call, or of several that belong together. Iterating reads what was added. */
export class Secrets implements Iterable<string> {
  readonly #found = new Set<string>();
  readonly #unread: (() => Iterable<string>)[] = [];

  /** Adds the strings and numbers of an input below keys that name secrets. */
  addInput(input: unknown): void {
    this.#add(() => secretsIn(input));
  }

  /** Adds what a request's headers hold: credentials, cookies and the keys of gateways. */
  addHeaders(headers: Headers): void {
    this.#add(() => secretsOf(headers));
  }

  #add(read: () => Iterable<string>): void {
    this.#unread.push(read);
    // Those of a long start repeat the same few headers.
    if (this.#unread.length > 100) this.#read();
  }

  #read(): void {
    for (const read of this.#unread.splice(0)) for (const secret of read()) this.#found.add(secret);
  }

  [Symbol.iterator](): IterableIterator<string> {
    this.#read();
    return this.#found.values();
  }
}

/**
 * How short a secret can be below a key. What a Spawner takes as `user_options` may be anything: there, a short
 * value such as "small" or "fail" is taken for a word, which a Spawner's messages are full of.
 */
function shortestBelow(key: string, above: number): number {
  if (isSecretKey(key)) return 0;
  return key === "user_options" ? Math.min(above, 8) : above;
}

function* secretsIn(input: unknown): Generator<string, void> {
  const pending: [value: unknown, shortest: number][] = [[input, Infinity]];
  const seen = new Map<object, number>();
  for (let next = pending.pop(); next; next = pending.pop()) {
    const [value, shortest] = next;
    if (/^(string|number|bigint)$/.test(typeof value)) {
      if (String(value).length >= shortest) yield String(value);
    }
    if (typeof value !== "object" || value === null) continue;
    if ((seen.get(value) ?? Infinity) <= shortest && seen.has(value)) continue;
    seen.set(value, shortest);
    for (const [key, inner] of Object.entries(value)) {
      pending.push([inner, shortestBelow(key, shortest)]);
    }
  }
}

/** The headers that hold no secret. */
const plainHeaders = new Set(["accept", "content-type", "user-agent"]);

function* secretsOf(headers: Headers): Generator<string, void> {
  for (const [name, value] of headers) {
    if (plainHeaders.has(name)) continue;
    const form = name.endsWith("authorization")
      ? /^(\S+) +(.*)$/s
      : /^(basic|bearer|token) +(.*)$/is;
    const [, scheme, credentials] = form.exec(value) ?? [];
    if (credentials !== undefined) yield credentials;
    if (scheme?.toLowerCase() === "basic") yield* decodedBasic(credentials ?? "");
    else if (name === "cookie") yield* cookiesIn(value);
    if (credentials !== undefined && name.endsWith("authorization")) continue;
    // Gateways have keys of their own. A short value is none, unless the name says so.
    if (value.length > 7 || isSecretKey(name)) yield value;
  }
}

/** What Basic credentials say: user and password together, and the password alone. */
function* decodedBasic(credentials: string): Generator<string, void> {
  const bytes = attempt(() => Uint8Array.from(atob(credentials), (one) => one.charCodeAt(0)));
  if (!bytes) return;
  const decoded = new TextDecoder().decode(bytes);
  yield decoded;
  yield decoded.slice(decoded.indexOf(":") + 1);
}

/** The value of each cookie, as it is sent and as it was meant. */
function* cookiesIn(header: string): Generator<string, void> {
  for (const cookie of header.split(";")) {
    const value = cookie.slice(cookie.indexOf("=") + 1).trim();
    const bare = value.startsWith('"') ? value.slice(1, -1) : value;
    yield bare;
    yield attempt(() => decodeURIComponent(bare)) ?? "";
  }
}

/** The ways in which texts write a secret. What is shorter than four characters is none. */
function writingsOf(secret: string): string[] {
  const text = secret.trim().slice(0, maxText);
  if (text.length < 4) return [];
  const percent = attempt(() => encodeURIComponent(text)) ?? text;
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    percent,
    percent.toLowerCase(),
    percent.replaceAll("%2F", "/"),
    attempt(() => encodeURI(text)) ?? text,
    String(new URLSearchParams([["", text]])).slice(1),
  ];
}

/** Removes secrets from a text. */
export type Redact = (text: string) => string;

/** A function that removes these secrets from texts, as they are or as URLs, forms and JSON have them. */
export function redactor(secrets: Iterable<string>): Redact {
  const writings = [...new Set([...secrets].flatMap(writingsOf))];
  const longest = Math.max(0, ...writings.map(({ length }) => length));
  return (text) => {
    // A secret that begins in the part that is repeated may end behind it.
    const examined = text.slice(0, maxText + longest);
    const spans = writings
      .flatMap((writing) => occurrences(examined, writing))
      .toSorted(([one], [other]) => one - other);
    let rest = "";
    let done = 0;
    for (const [start, end] of spans) {
      if (start >= maxText) break;
      // One may be a part of another, or overlap it.
      if (start >= done) rest += examined.slice(done, start) + redacted;
      done = Math.max(done, end);
    }
    return shorten(rest + examined.slice(done, maxText) + (text.length > maxText ? "…" : ""));
  };
}

function occurrences(text: string, part: string): [start: number, end: number][] {
  const found: [number, number][] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    found.push([at, at + part.length]);
  }
  return found;
}

/** A text without these secrets. */
export const withoutSecrets = (text: string, secrets: Iterable<string>): string =>
  redactor(secrets)(text);

/** A JSON value without these secrets, in its keys, too. What is nested deeper than nine levels is left out. */
export function redactedValue(value: unknown, redact: Redact, depth = 0): unknown {
  if (typeof value === "string") return redact(value);
  if (typeof value === "number") return redact(String(value)) === String(value) ? value : redacted;
  if (typeof value !== "object" || value === null) return value;
  if (depth > 8) return redacted;
  const inner = (one: unknown): unknown => redactedValue(one, redact, depth + 1);
  if (Array.isArray(value)) return value.map(inner);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [redact(key), inner(one)]));
}

function attempt<Value>(work: () => Value): Value | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
