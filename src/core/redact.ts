/** Says where a call went without saying its secrets: no query, and no secret of the path. */

/** What stands in the place of a secret. */
export const redacted = "[redacted]";

const secretParameters = new Set(["token", "cookie_value"]);

/** The URL of a call for errors, from its route and the values in it. */
export const redactedUrl = (
  baseUrl: string,
  route: string,
  path: Readonly<Record<string, unknown>> = {},
): string =>
  baseUrl +
  route.replace(/\{(\w+)\}/g, (_, name: string) =>
    secretParameters.has(name) ? redacted : encodeName(path[name]),
  );

function encodeName(value: unknown): string {
  try {
    return encodeURIComponent(String(value));
  } catch {
    return "[malformed]";
  }
}
