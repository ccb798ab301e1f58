/**
 * Redacts secrets in texts that errors and logs repeat: a call's URL, and the messages of hubs, gateways and libraries,
 * which may quote whole requests.
 *
 * Secrets are collected only when a text needs redaction. Of a longer text, only the first {@link maxText} characters
 * are repeated.
 */

/** The text that replaces a secret. */
export const redacted = "[redacted]";

/** The maximum number of characters that an error or a log repeats of a text from outside this package. */
export const maxText = 4096;

/** Cuts a text that is longer than `max` characters to this length, with an ellipsis as the last character. */
export const shorten = (text: string, max = maxText): string =>
  text.length > max ? `${text.slice(0, max - 1)}…` : text;

/**
 * Matches the keys of secrets, written in lower case and without separators. All values below such a key are secrets.
 */
const secretKey =
  /token(?!id$)|secret|passw|passphrase|passcode|pwd$|^pin$|otp$|keys?$|code$|verifier$|credential|authorization|authstate|cookie(?!name$)|session|jwt|environment|^env$/;

/** Whether a key's value is a secret, in any spelling of the key: `apiToken`, `API_TOKEN`, `api-token`. */
const isSecretKey = (key: string): boolean =>
  secretKey.test(key.replace(/[^a-z\d]/gi, "").toLowerCase());

/** Returns the URL of a call as errors show it, made from the route and the values of its parameters. */
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

/**
 * The secrets of a call, or of several calls. The added inputs and headers are searched only when the secrets are
 * iterated, or when more than a hundred of them are still unsearched.
 */
export class Secrets implements Iterable<string> {
  readonly #found = new Set<string>();
  readonly #unread: (() => Iterable<string>)[] = [];

  /** Adds the strings and numbers below the keys of an input that name a secret. */
  addInput(input: unknown): void {
    this.#add(() => secretsIn(input));
  }

  /** Adds the strings and numbers below the keys of a body, which is JSON or a form, that name a secret. */
  addBody(text: string): void {
    this.#add(() => {
      const form = () => Object.fromEntries(new URLSearchParams(text));
      return secretsIn({ body: attempt(() => JSON.parse(text) as unknown) ?? form() });
    });
  }

  /** Adds the secrets of a request's headers: credentials, cookies and gateway keys. */
  addHeaders(headers: Headers): void {
    this.#add(() => secretsOf(headers));
  }

  #add(read: () => Iterable<string>): void {
    this.#unread.push(read);
    // A long start sends many requests, which all repeat the same few headers.
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
 * Returns the length from which a value nested under a key counts as a secret. `user_options` and `auth` may contain
 * anything, since a Spawner or an Authenticator defines them. Their short values, such as "small" or "fail", do not
 * count: they are common words in error messages.
 */
function minLengthBelow(key: string, above: number): number {
  if (isSecretKey(key)) return 0;
  return key === "user_options" || key === "auth" ? Math.min(above, 8) : above;
}

function* secretsIn(input: unknown): Generator<string, void> {
  const pending: [value: unknown, minLength: number][] = [[input, Infinity]];
  const seen = new Map<object, number>();
  // A loop instead of recursion, since inputs may be nested to any depth.
  for (const [value, minLength] of pending) {
    if (typeof value === "object" && value !== null) {
      if (seen.get(value)! <= minLength) continue;
      seen.set(value, minLength);
      for (const [key, inner] of Object.entries(value)) {
        pending.push([inner, minLengthBelow(key, minLength)]);
      }
    } else if (/^(string|number|bigint)$/.test(typeof value)) {
      const text = String(value);
      if (text.length >= minLength) yield text;
    }
  }
}

/** The headers that hold no secret. */
const plainHeaders = /^(accept|content-type|user-agent)$/;

function* secretsOf(headers: Headers): Generator<string, void> {
  for (const [name, value] of headers) {
    if (plainHeaders.test(name)) continue;
    const isAuthorization = name.endsWith("authorization");
    const form = isAuthorization ? /^(\S+) +(.*)$/s : /^(basic|bearer|token) +(.*)$/is;
    const [, scheme = "", credentials] = form.exec(value) ?? [];
    if (credentials) yield credentials;
    if (/^basic$/i.test(scheme)) yield* decodedBasic(credentials!);
    else if (name === "cookie") yield* cookiesIn(value);
    if (isAuthorization && credentials) continue;
    // Gateways send keys in headers of any name. A short value is a key only if the name says so.
    if (value.length > 7 || isSecretKey(name)) yield value;
  }
}

/** The decoded form of Basic credentials: user and password together, and the password alone. */
function* decodedBasic(credentials: string): Generator<string, void> {
  const bytes = attempt(() => Uint8Array.from(atob(credentials), (one) => one.charCodeAt(0)));
  if (!bytes) return;
  const decoded = new TextDecoder().decode(bytes);
  yield decoded;
  yield decoded.slice(decoded.indexOf(":") + 1);
}

/** Yields the value of each cookie twice: as it is sent, and decoded. */
function* cookiesIn(header: string): Generator<string, void> {
  for (const cookie of header.split(";")) {
    const value = cookie.slice(cookie.indexOf("=") + 1).trim();
    const bare = value.startsWith('"') ? value.slice(1, -1) : value;
    yield bare;
    yield attempt(() => decodeURIComponent(bare)) ?? "";
  }
}

/** Escapes the characters that Python escapes in URLs, but JavaScript does not. */
export const escapeMarks = (percent: string): string =>
  percent.replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`);

/**
 * Returns the encodings in which a text may quote a secret. Values of fewer than four characters do not count as
 * secrets.
 */
function encodingsOf(secret: string): string[] {
  const text = secret.trim().slice(0, maxText);
  if (text.length < 4) return [];
  const percent = attempt(() => encodeURIComponent(text)) ?? text;
  const strict = escapeMarks(percent);
  return [
    text,
    JSON.stringify(text).slice(1, -1),
    percent,
    percent.toLowerCase(),
    percent.replace(/%../g, (escape) => escape.toLowerCase()),
    percent.replaceAll("%2F", "/"),
    strict,
    strict.replaceAll("%20", "+"),
    attempt(() => encodeURI(text)) ?? text,
    String(new URLSearchParams([["", text]])).slice(1),
  ];
}

/** Redacts secrets in a text. */
export type Redact = (text: string) => string;

/** Returns a function that redacts these secrets in a text, plain or as URLs, forms or JSON encode them. */
export function redactor(secrets: Iterable<string>): Redact {
  const encodings = [...new Set([...secrets].flatMap(encodingsOf))];
  const longest = encodings.reduce((most, { length }) => Math.max(most, length), 0);
  return (text) => {
    // A secret that begins before the cut may end after it.
    const examined = text.slice(0, maxText + longest);
    const spans = encodings
      .flatMap((encoding) => occurrences(examined, encoding))
      .toSorted(([one], [other]) => one - other);
    let result = "";
    let done = 0;
    for (const [start, end] of spans) {
      if (start >= maxText) break;
      // Secrets may contain or overlap each other.
      if (start >= done) result += examined.slice(done, start) + redacted;
      done = Math.max(done, end);
    }
    return shorten(result + examined.slice(done, maxText) + (text.length > maxText ? "…" : ""));
  };
}

function occurrences(text: string, part: string): [start: number, end: number][] {
  const found: [number, number][] = [];
  for (let at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) {
    found.push([at, at + part.length]);
  }
  return found;
}

/** Redacts these secrets in a text. */
export const withoutSecrets = (text: string, secrets: Iterable<string>): string =>
  redactor(secrets)(text);

/** Redacts secrets in a JSON value, its keys included. Values nested deeper than nine levels are replaced. */
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
