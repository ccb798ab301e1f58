/**
 * Which error an answer means.
 *
 * Hubs say 403 for four things, 404 for two and 400 for everything else, so status alone does not tell:
 * the hub's words decide, and where it has none (6.x sends null), the operation does. The tables below
 * are tested against messages of real hubs.
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
import { maxText, shorten, withoutSecrets } from "./redact.js";
import { isAtLeast } from "./version.js";

/** An answer of status 400 or more, and what was asked. */
export interface ErrorResponse {
  status: number;
  /** The body as text: JSON from the API, HTML from pages and proxies. */
  body: string;
  retryAfter: string | null;
  method: string;
  url: string;
  operation: Operation;
  hubVersion: string | undefined;
  /** What the call was given and sent that its error must not repeat. */
  secrets?: Iterable<string>;
  /** What the call carried: a token in its headers, a password in its body, a page's cookie, or nothing. */
  credentials: "token" | "body" | "cookie" | "none";
}

/** The meaning of a 400, by the hub's words. */
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

/** OAuth's words for credentials that it does not take, and what is to be checked. */
const oauthAdvice: readonly (readonly [RegExp, string])[] = [
  [
    /"error":\s*"invalid_grant"/,
    "The code was used before, has expired, or was made for another client, address or verifier.",
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

/** The error that an answer of status 400 or more means. */
export function errorFromResponse(refusal: ErrorResponse): JupyterHubError {
  const { status, method, url, operation, hubVersion } = refusal;
  // What it means, the hub's words tell; what is told of them is without secrets, which may be words, too.
  const given = hubMessageOf(refusal.body);
  const message = given?.slice(0, maxText);
  const hubMessage = given && withoutSecrets(given, refusal.secrets ?? []);
  const details: ErrorDetails = { status, hubMessage, method, url, hubVersion };
  const retryAfter = parseRetryAfter(refusal.retryAfter);
  const words = (hubMessage ?? standardPhrases[status] ?? "refused").replace(/\.$/, "");
  const said = `${method} ${url}: ${status} ${shorten(words, 1000)}`;

  if ((status === 404 || status === 405) && hubVersion) {
    const unsupported = unsupportedError(hubVersion, operation, `${method} ${url}`, details);
    if (unsupported) return unsupported;
  }
  const advice = oauthAdvice.find(([words]) => words.test(refusal.body.slice(0, maxText)))?.[1];
  if (advice) return new AuthenticationError(`${said}. ${advice}`, details);
  switch (status) {
    case 400:
      return new BadRequestError(said, {
        ...details,
        reason: reasons.find(([words]) => words.test(message ?? ""))?.[1] ?? "other",
      });
    case 401:
      return new AuthenticationError(said, details);
    case 403:
      return forbidden(refusal, message, said, details);
    case 404:
      return new NotFoundError(
        `${said}. Hubs also say so of what the token's scopes do not reach.`,
        details,
      );
    case 405:
      return new BadRequestError(said, details);
    case 409:
      return new ConflictError(said, details);
    case 429:
      return new RateLimitError(said, { ...details, retryAfter });
    default:
      return status >= 500
        ? new HubError(said, { ...details, retryAfter })
        : new JupyterHubError(said, details);
  }
}

/** The error for an operation that a hub of this version does not have, if that is so. */
export function unsupportedError(
  hubVersion: string,
  { since, until }: { since?: string; until?: string },
  what: string,
  details: ErrorDetails = {},
): UnsupportedByHubError | undefined {
  const tooOld = since !== undefined && !isAtLeast(hubVersion, since);
  const tooNew = until !== undefined && isAtLeast(hubVersion, until);
  if (!tooOld && !tooNew) return undefined;
  const when = tooOld ? `needs JupyterHub ${since} or newer` : `ended with JupyterHub ${until}`;
  return new UnsupportedByHubError(`${what} ${when}; this hub is ${hubVersion}.`, {
    ...details,
    hubVersion,
    since,
    until,
  });
}

// Not the bare word: each page of a hub holds an XSRF token.
const aboutXsrf = /_xsrf(?:'|&#39;) argument|XSRF cookie does not match/;

function forbidden(
  { body, credentials, operation, secrets = [] }: ErrorResponse,
  message: string | undefined,
  said: string,
  details: ErrorDetails,
): JupyterHubError {
  // A page begins with scripts and styles: the refusal of metrics stands far behind them.
  const start = Math.max(0, body.indexOf(" requires scope "));
  const words = message ?? body.slice(start, start + maxText);
  const required = /requires (?:any of \[|scope (?:'|&#39;))/.exec(words);
  const mute = !message || message === "Forbidden";
  if (credentials === "body" && mute) {
    return new AuthenticationError(`${said}. The user or password is wrong.`, details);
  }
  if (credentials === "none") {
    return new AuthenticationError(
      `${said}. The call carried no token; give the client one.`,
      details,
    );
  }
  if (required) {
    const [list = ""] = words.slice(required.index + required[0].length).split(/[\]'&]/, 1);
    const scopes = withoutSecrets(list, secrets);
    const requiredScopes = scopes.split(", ").filter(Boolean);
    return new ForbiddenError(said, { ...details, requiredScopes });
  }
  if (aboutXsrf.test(words) && credentials === "cookie") {
    return new XsrfError(`${said}. Reload a page of the hub, or use a token.`, details);
  }
  // To a call with a token, the hub speaks of XSRF when it does not know the token.
  const unknown =
    aboutXsrf.test(words) || /missing or invalid credentials|auth has expired/i.test(words);
  if (unknown || (mute && operation.anyCredentials)) {
    const what = credentials === "cookie" ? "Nobody is logged in, or the login" : "The token";
    return new AuthenticationError(`${said}. ${what} is wrong, expired or revoked.`, details);
  }
  return new ForbiddenError(said, details);
}

/** The hub's own words in an error body: its `message`, or OAuth's description. */
function hubMessageOf(body: string): string | undefined {
  try {
    const {
      message,
      error,
      error_description: description,
    } = JSON.parse(body) as Record<string, unknown>;
    const words = message ?? description ?? error;
    if (typeof words !== "string" || words === "") return undefined;
    // Here hubs quote the body that they were sent, with the secrets in it.
    return words.replace(/^(Invalid JSON (?:keys|data)): .*/s, "$1");
  } catch {
    return undefined;
  }
}

/** `Retry-After` in milliseconds, from seconds or a date; undefined when it is neither. */
export function parseRetryAfter(retryAfter: string | null, now = Date.now()): number | undefined {
  if (retryAfter === null) return undefined;
  if (/^\s*\d+\s*$/.test(retryAfter)) return Number(retryAfter) * 1000;
  // Engines read nearly anything as a date, such as -5; one of HTTP begins with its weekday.
  const milliseconds = /^\s*[A-Z][a-z]+,? /.test(retryAfter) ? Date.parse(retryAfter) - now : NaN;
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}
