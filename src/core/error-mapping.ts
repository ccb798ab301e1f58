/**
 * Maps an error response of a hub to an error class.
 *
 * Hubs use 403 for four things, 404 for two and 400 for everything else, so the status alone is not enough. The hub's
 * message decides the class. Without one (6.x often sends null), the operation decides. The tables are tested against
 * messages of real hubs.
 */
import type { Operation } from "../../generated/operations.gen.js";
import {
  AuthenticationError,
  BadRequestError,
  ConflictError,
  ForbiddenError,
  HubError,
  JupyterHubError,
  NotFoundError,
  RateLimitError,
  UnsupportedByHubError,
  XsrfError,
  type BadRequestReason,
  type ErrorDetails,
} from "./errors.js";
import { parseJson } from "./json.js";
import { maxText, shorten, withoutSecrets } from "./redact.js";
import { isAtLeast } from "./version.js";

/** A response with status 400 or more, and its request. */
export interface ErrorResponse {
  status: number;
  /** The body as text: JSON from the API, HTML from pages and proxies. */
  body: string;
  retryAfter: string | null;
  method: string;
  url: string;
  operation: Operation;
  hubVersion: string | undefined;
  /** The secrets of the call, which its error must not repeat. */
  secrets?: Iterable<string>;
  /** The credentials of the request: a token in its headers, a password in its body, a page's cookie, or none. */
  credentials: "token" | "body" | "cookie" | "none";
}

/** The reason for a 400, by a pattern in the hub's message. */
const reasons: readonly (readonly [RegExp, BadRequestReason])[] = [
  [/is already running/, "already-running"],
  [
    / is pending (?:spawn|stop|check|rename)\b|in the process of stopping|is active\. Please stop|being renamed/,
    "pending",
  ],
  [/Named servers are not enabled/, "named-servers-disabled"],
  [/already has the maximum of/, "server-limit"],
  [
    /invalid (server[ _]?name|username|group ?name)|server name .{0,200}(must|invalid)/i,
    "invalid-name",
  ],
];

/** OAuth's errors about credentials, and what to check. */
const oauthAdvice: readonly (readonly [RegExp, string])[] = [
  [
    /"error":\s*"invalid_grant"/,
    "The code was used before, has expired, or belongs to another client, redirect URI or verifier.",
  ],
  [
    /"error":\s*"invalid_client"/,
    "Check the client's id and secret; the secret of a service is its API token.",
  ],
];

const standardPhrases: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  429: "Too Many Requests",
};

/** Returns the error for a response with status 400 or more. */
export function errorFromResponse(response: ErrorResponse): JupyterHubError {
  const { status, method, url, operation, hubVersion } = response;
  // The raw message decides the class, since a secret may be a word that matters here. Errors get it redacted.
  const given = hubMessageOf(response.body);
  const message = given?.slice(0, maxText) ?? "";
  const hubMessage = given && withoutSecrets(given, response.secrets ?? []);
  const details: ErrorDetails = { status, hubMessage, method, url, hubVersion };
  const phrase = (hubMessage ?? standardPhrases[status] ?? "refused").replace(/\.{1,3}$/, "");
  const text = `${method} ${url}: ${status} ${shorten(phrase, 1000)}`;
  const withRetryAfter = { ...details, retryAfter: parseRetryAfter(response.retryAfter) };

  if ((status === 404 || status === 405) && hubVersion) {
    const unsupported = unsupportedError(hubVersion, operation, `${method} ${url}`, details);
    if (unsupported) return unsupported;
  }
  const advice = lookUp(oauthAdvice, response.body.slice(0, maxText));
  if (advice) return new AuthenticationError(`${text}. ${advice}`, details);
  if (status >= 500) return new HubError(text, withRetryAfter);
  switch (status) {
    case 400:
      return new BadRequestError(text, { ...details, reason: lookUp(reasons, message) ?? "other" });
    case 401:
      return new AuthenticationError(text, details);
    case 403:
      return forbidden(response, message, text, details);
    case 404:
      return new NotFoundError(
        `${text}. It does not exist, or the token's scopes do not include it.`,
        details,
      );
    case 405:
      return new BadRequestError(text, details);
    case 409:
      return new ConflictError(text, details);
    case 429:
      return new RateLimitError(text, withRetryAfter);
    default:
      return new JupyterHubError(text, details);
  }
}

/** Returns the value of the first row whose pattern matches the text. */
export const lookUp = <Value>(
  table: readonly (readonly [RegExp, Value])[],
  text: string,
): Value | undefined => table.find(([pattern]) => pattern.test(text))?.[1];

/** Returns the error for a feature that hubs of this version lack; undefined if they have it. */
export function unsupportedError(
  hubVersion: string,
  { since, until }: { since?: string; until?: string },
  what: string,
  details: ErrorDetails = {},
): UnsupportedByHubError | undefined {
  const tooOld = since !== undefined && !isAtLeast(hubVersion, since);
  const tooNew = until !== undefined && isAtLeast(hubVersion, until);
  if (!tooOld && !tooNew) return undefined;
  const when = tooOld ? `needs JupyterHub ${since} or newer` : `was removed in JupyterHub ${until}`;
  return new UnsupportedByHubError(`${what} ${when}; this hub is ${hubVersion}.`, {
    ...details,
    hubVersion,
    since,
    until,
  });
}

// More than the bare word, since each page of a hub mentions its XSRF token.
const aboutXsrf = /_xsrf(?:'|&#39;) argument|XSRF cookie does not match/;

/** A 403 means wrong or no credentials, missing scopes, a missing XSRF token, or the expired login of a user. */
function forbidden(
  { body, credentials, operation, secrets = [] }: ErrorResponse,
  message: string,
  text: string,
  details: ErrorDetails,
): JupyterHubError {
  // A page begins with scripts and styles, so the message that refuses metrics is far from the start.
  const start = Math.max(0, body.indexOf(" requires scope "));
  const words = message || body.slice(start, start + maxText);
  const required = /requires (?:any of \[|scope (?:'|&#39;))/.exec(words);
  const isBare = !message || message === "Forbidden";
  const refused = (advice: string) => new AuthenticationError(`${text}. ${advice}`, details);
  if (credentials === "body" && isBare) return refused("The user or password is wrong.");
  if (credentials === "none") return refused("The call carried no token; give the client one.");
  if (required) {
    const [list = ""] = words.slice(required.index + required[0].length).split(/[\]'&]/, 1);
    const requiredScopes = withoutSecrets(list, secrets).split(", ").filter(Boolean);
    return new ForbiddenError(text, { ...details, requiredScopes });
  }
  if (/auth has expired for /.test(words)) {
    const advice =
      "This is the login of that user, not the token: they must log in to the hub again.";
    return new ForbiddenError(`${text}. ${advice}`, details);
  }
  const isXsrf = aboutXsrf.test(words);
  if (isXsrf && credentials === "cookie") {
    return new XsrfError(`${text}. Reload a page of the hub, or use a token.`, details);
  }
  // If a hub does not know the token of a request, it answers with an XSRF message.
  const isUnknown = isXsrf || /^missing or invalid credentials\.?$/i.test(words);
  if (isUnknown || (isBare && operation.anyCredentials)) {
    const what = credentials === "cookie" ? "Nobody is logged in, or the login" : "The token";
    return refused(`${what} is wrong, expired or revoked.`);
  }
  return new ForbiddenError(text, details);
}

/** The hub's own message in an error body: its `message`, or OAuth's description. */
function hubMessageOf(body: string): string | undefined {
  const json = (parseJson(body) ?? {}) as Record<string, unknown>;
  const message = json["message"] ?? json["error_description"] ?? json["error"];
  if (typeof message !== "string" || message === "") return undefined;
  // After these words, hubs quote the body of the request, which may hold secrets.
  return message.replace(/^(Invalid JSON (?:keys|data)): .*/s, "$1");
}

/** `Retry-After` in milliseconds, from seconds or a date; undefined when it is neither. */
export function parseRetryAfter(value: string | null, now = Date.now()): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d+\s*$/.test(value)) return Number(value) * 1000;
  // JavaScript engines parse nearly anything as a date, such as -5. HTTP's dates begin with a weekday, and are in UTC.
  const date = value.includes("GMT") ? value : `${value} GMT`;
  const milliseconds = /^\s*[A-Z][a-z]+,? /.test(value) ? Date.parse(date) - now : NaN;
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}
