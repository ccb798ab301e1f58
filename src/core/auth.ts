/**
 * A client's token: where it comes from, and where it may be sent.
 *
 * Guarantees that a token function is called before each attempt, that no error contains a token, and that no token is
 * sent over plain http to a public host.
 */
import { InvalidInputError, isJupyterHubError } from "./errors.js";
import { sanitizeCause } from "./network-errors.js";
import { assertString } from "./path-names.js";
import { pageOrigin } from "./runtime.js";
import { isPrivateHost } from "./url.js";

/**
 * A token, or a function that returns one and is called before each attempt. If the hub rejects the token, the function
 * is called once more with the rejected token as `refused`, so that a function that caches its token can replace it.
 * Calls whose token is rejected at the same time share the new token.
 */
export type TokenSource =
  | string
  | ((refused?: string) => string | undefined | Promise<string | undefined>);

/** A client's credentials: a token, or the page's cookie and its XSRF token (`cookie-auth.ts`). */
export interface Credentials {
  readonly kind: "token" | "cookie";
  /** The options of `fetch` that send or omit cookies. */
  readonly init: RequestInit;
  /** Returns the token to send; undefined if there is none, or if it comes from a token function. */
  secret(): string | undefined;
  /** Calls the token function, if there is one. */
  ask?: () => Promise<string | undefined>;
  /** Returns the token to send after the hub rejected one; the rejected token if there is no other. */
  renewed(refused: string | undefined): Promise<string | undefined>;
  /** Adds the token to a request's headers. */
  put(headers: Headers, token: string): void;
  /** Throws if a token would be sent unencrypted to a public host. */
  assertSafe(): void;
}

/** Omits a page's cookie: a hub that rejects the token would accept the cookie, which may be another user's. */
export const omitCookies = (): { credentials?: "omit" } =>
  pageOrigin() === undefined ? {} : { credentials: "omit" };

export function createCredentials(
  source: TokenSource | undefined,
  baseUrl: string,
  allowInsecure: boolean,
  authorization: (token: string) => string,
): Credentials {
  let isSafe = false;
  return {
    kind: "token",
    init: omitCookies(),
    ...(typeof source === "function" ? fromFunction(source) : fromString(source)),
    put: (headers, token) => headers.set("Authorization", authorization(token)),
    assertSafe() {
      isSafe ||= assertSafe(baseUrl, allowInsecure);
    },
  };
}

type Tokens = Pick<Credentials, "secret" | "ask" | "renewed">;

function fromString(token: string | undefined): Tokens {
  if (token !== undefined) checkToken(token);
  return { secret: () => token, renewed: (refused) => Promise.resolve(refused) };
}

/** How many tokens of a token function are remembered, so that they can be redacted in its errors. */
const maxRemembered = 10;

function fromFunction(source: Exclude<TokenSource, string>): Tokens {
  let remembered: string[] = [];
  /** Calls the token function. Redacts its error, which may quote the tokens that it returned before. */
  const call = async (refused?: string): Promise<string | undefined> => {
    let token: string | undefined;
    try {
      token = await (refused === undefined ? source() : source(refused));
    } catch (error) {
      throw isJupyterHubError(error) ? error : sanitizeCause(error, { secrets: remembered });
    }
    if (token === undefined) return undefined;
    checkToken(token);
    remembered = [token, ...remembered.filter((one) => one !== token)].slice(0, maxRemembered);
    return token;
  };
  // The pending renewals by rejected token, since the function may return a different token for each.
  const renewals = new Map<string, Promise<string | undefined>>();
  // The last renewal, for calls in flight whose token is rejected after it.
  let last: { refused: string; token: string } | undefined;
  return {
    secret: () => undefined,
    async ask() {
      const token = await call();
      // If the function still returns the rejected token, the next rejection has to call it again.
      if (token === last?.refused) last = undefined;
      return token;
    },
    async renewed(refused) {
      if (refused === undefined) return undefined;
      if (refused === last?.refused) return last.token;
      const renewal =
        renewals.get(refused) ?? call(refused).finally(() => renewals.delete(refused));
      renewals.set(refused, renewal);
      const token = await renewal;
      if (token !== undefined && token !== refused) last = { refused, token };
      return token;
    },
  };
}

/** Returns true, or throws if a token would be sent unencrypted to a public host. */
export function assertSafe(url: string, allowInsecure: boolean): true {
  const { protocol, hostname, origin } = new URL(url);
  if (protocol !== "http:" || allowInsecure || isPrivateHost(hostname)) return true;
  throw new InvalidInputError(
    `A token would be sent to ${origin} unencrypted. Use https, or set allowInsecure.`,
  );
}

/** Throws an {@link InvalidInputError} unless `token` can be sent in a header. */
export function checkToken(token: unknown): void {
  assertString("token", token);
  if (!/^[\x21-\x7E]+$/.test(token)) {
    throw new InvalidInputError(
      'The token must be plain ASCII without spaces, line breaks or "Bearer".',
    );
  }
}
