/**
 * The token of a client: where it comes from and where it may travel.
 *
 * Promises that a token is looked up anew for each attempt, is never part of an error, and goes over
 * plain http only to hosts that are not public.
 */
import { InvalidInputError, isJupyterHubError } from "./errors.js";
import { sanitizeCause } from "./network-errors.js";
import { describeType } from "./path-names.js";
import { pageOrigin } from "./browser.js";
import { isPrivateHost } from "./url.js";

/**
 * A token, or a function that is asked for it before each attempt. Where the hub refuses a token that the
 * function gave, it is asked once more, with that token as `refused`, so that one which keeps its token
 * knows that it needs another. Calls that are refused at the same time share that question.
 */
export type TokenSource =
  | string
  | ((refused?: string) => string | undefined | Promise<string | undefined>);

/** The credentials of a client: a token, or the cookie of a page and its XSRF token (cookie.ts). */
export interface Credentials {
  readonly kind: "token" | "cookie";
  /** What `fetch` is told of cookies, where there are any. */
  readonly init: RequestInit;
  /** The token to send, or undefined where the client has none; a promise where a function is to be asked. */
  secret(): string | undefined | Promise<string | undefined>;
  /** What to send in place of a token that the hub has refused; the same where there is nothing else. */
  renewed(refused: string | undefined): Promise<string | undefined>;
  /** Puts the token where the hub looks for it. */
  put(headers: Headers, token: string): void;
  /** Throws where a token would travel unencrypted to a public host. */
  assertSafe(): void;
}

/** A hub takes the cookie of a page where it does not know the token: that would be somebody else. */
export const omitCookies = (): { credentials?: "omit" } =>
  pageOrigin() === undefined ? {} : { credentials: "omit" };

export function createCredentials(
  source: TokenSource | undefined,
  baseUrl: string,
  allowInsecure: boolean,
): Credentials {
  if (source !== undefined && typeof source !== "function") checkToken(source);
  const ask = asking(source);
  // By the token that was refused: a function may give each of its callers their own.
  const renewals = new Map<string, Promise<string | undefined>>();
  // The last answer, for calls that were on their way with that token and are refused later.
  let last: { refused: string; token: string } | undefined;
  let isSafe = false;
  return {
    kind: "token",
    init: omitCookies(),
    secret:
      typeof source === "function"
        ? async () => {
            const token = await ask();
            // A function that gives it still is to be asked anew.
            if (token === last?.refused) last = undefined;
            return token;
          }
        : () => source,
    put: (headers, token) => headers.set("Authorization", `Bearer ${token}`),
    renewed(refused) {
      if (typeof source !== "function" || refused === undefined) return Promise.resolve(refused);
      if (last?.refused === refused) return Promise.resolve(last.token);
      const renewal =
        renewals.get(refused) ??
        ask(refused)
          .then((token) => {
            if (token !== undefined && token !== refused) last = { refused, token };
            return token;
          })
          .finally(() => renewals.delete(refused));
      renewals.set(refused, renewal);
      return renewal;
    },
    assertSafe() {
      isSafe ||= assertSafe(baseUrl, allowInsecure);
    },
  };
}

/** The most tokens of a function that are remembered, to be left out of its errors. */
const remembered = 10;

/** Asks a token function. What that throws may quote the tokens that it gave before. */
function asking(source: TokenSource | undefined) {
  const given = new Set<string>();
  return async (refused?: string): Promise<string | undefined> => {
    if (typeof source !== "function") return source;
    let token: string | undefined;
    try {
      token = await (refused === undefined ? source() : source(refused));
    } catch (error) {
      throw isJupyterHubError(error) ? error : sanitizeCause(error, { secrets: given });
    }
    if (token === undefined) return undefined;
    checkToken(token);
    given.delete(token);
    given.add(token);
    for (const oldest of given) if (given.size > remembered) given.delete(oldest);
    return token;
  };
}

/** True; throws where a token would travel unencrypted to a public host. */
export function assertSafe(url: string, allowInsecure: boolean): true {
  const { protocol, hostname, origin } = new URL(url);
  if (protocol !== "http:" || allowInsecure || isPrivateHost(hostname)) return true;
  throw new InvalidInputError(
    `A token would travel to ${origin} unencrypted. Use https, or set allowInsecure if that is meant.`,
  );
}

/** Throws an {@link InvalidInputError} unless `token` can be sent in a header as it is. */
export function checkToken(token: unknown): void {
  if (typeof token !== "string") {
    throw new InvalidInputError(`The token must be a string, not ${describeType(token)}.`);
  }
  if (token === "") {
    throw new InvalidInputError(
      "The token must not be empty. Leave it out for calls that need none.",
    );
  }
  if (!/^[\x21-\x7E]+$/.test(token)) {
    throw new InvalidInputError(
      'The token must be the token alone, in plain ASCII: no spaces, no line break, no "Bearer" before it.',
    );
  }
}
