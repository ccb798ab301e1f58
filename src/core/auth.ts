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
 * A token, or a function that returns one and is called before each attempt. If the hub rejects its token, the function
 * is called once more with that token as `refused`, so that a function that caches a token can replace it. Calls that
 * are rejected at the same time share that result.
 */
export type TokenSource =
  | string
  | ((refused?: string) => string | undefined | Promise<string | undefined>);

/** A client's credentials: a token, or the page's cookie and its XSRF token (`cookie-auth.ts`). */
export interface Credentials {
  readonly kind: "token" | "cookie";
  /** The options of `fetch` that send or omit cookies. */
  readonly init: RequestInit;
  /** The token to send; undefined without one, and if a function returns it. */
  secret(): string | undefined;
  /** Calls the token function, if there is one. */
  ask?: () => Promise<string | undefined>;
  /** The token to send after the hub rejected one; the same if there is no other. */
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

/** The number of a function's tokens that are remembered, so that its errors can be redacted. */
const maxRemembered = 10;

function fromFunction(source: Exclude<TokenSource, string>): Tokens {
  let remembered: string[] = [];
  /** Calls the function. Its error may quote the tokens that it returned before. */
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
  // By rejected token: a function may return a different one to each of its callers.
  const renewals = new Map<string, Promise<string | undefined>>();
  // The last renewal, for calls in flight whose token is rejected later.
  let last: { refused: string; token: string } | undefined;
  return {
    secret: () => undefined,
    async ask() {
      const token = await call();
      // The function still returns the rejected token, so the next rejection calls it again.
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
