/**
 * Says what happened without saying secrets: those of a URL's path and query, and those that somebody else's
 * words repeat. Gateways and libraries quote whole requests.
 */

/** What stands in the place of a secret. */
export const redacted = "[redacted]";

/** The parameters and keys of bodies whose values are secrets, with all that is in them. */
const secretKey = /token$|secret|password|^code$|verifier$|auth_state|cookie_value|environment/;

/** The URL of a call for errors, from its route and the values in it. */
export const redactedUrl = (
  baseUrl: string,
  route: string,
  path: Readonly<Record<string, unknown>> = {},
): string =>
  baseUrl +
  route.replace(/\{(\w+)\}/g, (_, name: string) =>
    secretKey.test(name) ? redacted : encodeName(path[name]),
  );

/** The secrets in what a call was given. */
export function* secretsIn(input: unknown, isSecret = false): Generator<string> {
  if (typeof input === "string" && isSecret) yield input;
  if (typeof input !== "object" || input === null) return;
  for (const [key, value] of Object.entries(input)) {
    yield* secretsIn(value, isSecret || secretKey.test(key));
  }
}

/** The headers that hold no secret. */
const plainHeaders = new Set(["accept", "content-type", "user-agent"]);

/** The secrets in a request's headers: credentials, cookies and keys of gateways. Shorter values are none. */
export const secretsOfHeaders = (headers: Headers): string[] =>
  [...headers]
    .filter(([name, { length }]) => length > 7 && !plainHeaders.has(name))
    .map(([name, value]) => (name === "authorization" ? value.replace(/^\S+ /, "") : value));

/** A text without these secrets, as they are or as URLs, forms and JSON have them. Of less than four letters, none is one. */
export const withoutSecrets = (text: string, secrets: Iterable<string>): string =>
  [...secrets]
    .filter(({ length }) => length > 3)
    .flatMap((secret) => [
      secret,
      JSON.stringify(secret).slice(1, -1),
      encodeName(secret),
      String(new URLSearchParams([["", secret]])).slice(1),
    ])
    // One may be a part of another.
    .toSorted((one, other) => other.length - one.length)
    .reduce((rest, secret) => rest.replaceAll(secret, redacted), text);

function encodeName(value: unknown): string {
  try {
    return encodeURIComponent(String(value));
  } catch {
    return "[malformed]";
  }
}
