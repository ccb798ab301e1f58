/**
 * The secrets of the canary test, and the search for them: prints a value in every way, and looks in the output for
 * each secret in every encoding.
 */
import { format, inspect } from "node:util";

/**
 * Every secret contains this mark, except the secret number. A text with neither the mark nor the number needs no
 * further search.
 */
const mark = "pl4nt3d";

/** One secret of each kind. Most have characters that URLs, forms and JSON encode differently. */
export const planted = {
  token: `${mark}.token+5f0c81/=`,
  "another token": `${mark}.another+0b1d/=`,
  "gateway key": `${mark} gateway/9c1e`,
  "middleware's key": `${mark} middleware+3a/=`,
  "XSRF token": `${mark}|xsrf:77ab`,
  password: `${mark} "pass" wörd&1e\\`,
  "share code": `${mark} code/3d+2=`,
  auth_state: `${mark} state"ab&`,
  "client secret": `${mark} client&secret=4`,
  "OAuth code": `${mark} oauth+code/8`,
  "PKCE verifier": `${mark}~verifier.6`,
  "service's token": `${mark}.service+22/=`,
  "service's key": `${mark} environment/5 "x"`,
  "proxy's token": `${mark}.proxy+91/=`,
  "cookie of a user": `${mark}|cookie:0|"c`,
  "user's option": `${mark} option "key"&`,
  "token of an answer": `${mark}.answer+d4/=`,
  "password of a proxy": `${mark}:basic+"6/`,
  "cookie of a gateway": `${mark} cookie|1/`,
  "another cookie of a gateway": `${mark}.cookie.two`,
  "key in camel case": `${mark} apiToken+1/`,
  "key in capitals": `${mark} DB_PASSWORD+2/`,
  "key with a word before": `${mark} clientSecret+3/`,
  // Digits only, since it is sent as a number.
  "secret number": "8675309421",
} as const;

export type Secret = keyof typeof planted;

/**
 * Returns the three base64 encodings that a text can have within a longer text, without the first and last characters:
 * these depend on the surrounding text.
 */
function base64(text: string): string[] {
  return [0, 1, 2].map((offset) => {
    const bytes = Buffer.concat([Buffer.alloc(offset), Buffer.from(text)]);
    const whole = bytes.toString("base64").replace(/=+$/, "");
    return whole.slice(offset === 0 ? 0 : offset + 1, bytes.length % 3 === 0 ? undefined : -1);
  });
}

const url = (text: string): string =>
  text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

/** Returns a text as it is, and as encoded in URLs, forms, JSON, HTML, hexadecimal and base64. */
export function writings(text: string): string[] {
  const percent = encodeURIComponent(text);
  const json = JSON.stringify(text).slice(1, -1);
  const html = text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
  const hex = Buffer.from(text).toString("hex");
  const encoded = base64(text);
  return [
    text,
    percent,
    percent.toLowerCase(),
    encodeURIComponent(percent),
    encodeURI(text),
    String(new URLSearchParams({ x: text })).slice(2),
    json,
    JSON.stringify(json).slice(1, -1),
    html,
    hex,
    hex.replace(/..(?=.)/g, "$& "),
    ...encoded,
    ...encoded.map(url),
  ];
}

const marks = [...writings(mark), ...writings(planted["secret number"])];
const wanted = Object.entries(planted).flatMap(([name, secret]) =>
  [...new Set(writings(secret))].map((writing) => ({ name: name as Secret, writing })),
);

/** Returns the secrets in a text, each with the surrounding text. Ignores the secret `allowed`. */
export function found(text: string, allowed?: Secret): string[] {
  if (!marks.some((one) => text.includes(one))) return [];
  return wanted
    .filter(({ name, writing }) => name !== allowed && text.includes(writing))
    .map(({ name, writing }) => `${name}: …${around(text, writing)}…`);
}

function around(text: string, writing: string): string {
  const at = text.indexOf(writing);
  return text.slice(Math.max(0, at - 60), at + writing.length + 20);
}

const attempt = (print: () => unknown): string => {
  try {
    return String(print());
  } catch {
    // A value that cannot be printed shows no secret.
    return "";
  }
};

/** Returns a value printed in every way, including its hidden properties. */
export function shown(value: unknown): string {
  return [
    attempt(() => inspect(value, { depth: 20, showHidden: true, maxStringLength: null })),
    attempt(() => format("%s %d %o %O", value, value, value, value)),
    attempt(() => JSON.stringify(value)),
    attempt(() => String(value)),
    ...parts(value, new Set()),
  ].join("\n");
}

/** All texts in a value, at any depth: in all own properties, including non-enumerable, symbolic and computed ones. */
function parts(value: unknown, seen: Set<unknown>): string[] {
  if (typeof value === "string") return [value];
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return [];
  if (seen.has(value)) return [];
  seen.add(value);
  if (ArrayBuffer.isView(value)) {
    const { buffer, byteOffset, byteLength } = value;
    return [Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength).toString("latin1")];
  }
  const inner =
    value instanceof Map || value instanceof Set || value instanceof Headers ? [...value] : [];
  const own = Reflect.ownKeys(value).flatMap((key) => {
    const read = (): unknown => (value as Record<PropertyKey, unknown>)[key];
    try {
      return [String(key), read()];
    } catch {
      return [];
    }
  });
  return [...inner, ...own].flatMap((part) => parts(part, seen));
}
