/**
 * Who makes the calls of a client: its token, asked for once a call, and what tells one owner of a token from
 * another.
 */
import { getCurrentUser } from "../../generated/sdk.gen.js";
import type { RequestIdentity } from "../../generated/types.gen.js";
import { AuthenticationError, isJupyterHubError } from "../core/errors.js";
import { defaults, type ClientContext } from "../core/options.js";
import { PromiseCache } from "../core/promise-cache.js";
import { withDeadline } from "../core/deadline.js";
import { requestOptions, dataOf, type CallOptions, type ResourceContext } from "./call.js";
import { lifetime } from "./tokens.js";

/** Who makes a call: the token to act with, and what tells its owner from others. */
interface TokenOwner {
  token: string;
  key: string;
}

/** How long what has a new token is used again, in milliseconds: less than the token lasts, since clocks differ. */
export const reuseTime = (lifetime - 300) * 1000;

export class TokenOwners {
  readonly #hub: ResourceContext;
  readonly #client: Pick<ClientContext, "options" | "credentials">;
  readonly #callers = new PromiseCache<TokenOwner>(reuseTime);

  constructor(hub: ResourceContext, client: Pick<ClientContext, "options" | "credentials">) {
    this.#hub = hub;
    this.#client = client;
  }

  /** Options of a call that acts with this token. */
  callOptions(token: string) {
    return { headers: { Authorization: this.#hub.authorization(token) } };
  }

  /** Whether nothing but the client's token can say who asks. */
  isByToken({ headers }: CallOptions): boolean {
    const { middleware = [], headers: own = {} } = this.#client.options;
    const others = Object.keys(own).some((name) => /^(authorization|cookie)$/i.test(name));
    return [middleware].flat().length === 0 && headers === undefined && !others;
  }

  /**
   * Whose token this is. A function may have another one for every call: these are of one caller where the hub says
   * the same of them. A string is the client's own, so nobody need ask.
   */
  async of(token: string): Promise<TokenOwner> {
    if (typeof this.#client.options.token !== "function") return { token, key: token };
    return this.#callers.get(token, () =>
      this.renewing(token, async (token) => {
        const { kind, name, scopes = [] } = await this.#identify(token);
        const isNamed = typeof name === "string" && name !== "" && Array.isArray(scopes);
        return { token, key: isNamed ? JSON.stringify([kind, name, scopes.toSorted()]) : token };
      }),
    );
  }

  /** Whether the hub knows a token, or cannot say. */
  async knows(token: string, signal: AbortSignal): Promise<boolean> {
    const error = await this.#identify(token, signal).then(
      () => undefined,
      (error: unknown) => error,
    );
    return !(error instanceof AuthenticationError);
  }

  #identify(token: string, signal?: AbortSignal): Promise<RequestIdentity> {
    return dataOf(
      getCurrentUser(requestOptions(this.#hub, { ...this.callOptions(token), signal })),
    );
  }

  /** Does something with a token; once more with another, where the hub refuses it and a function has another. */
  async renewing<Value>(token: string, work: (token: string) => Promise<Value>): Promise<Value> {
    try {
      return await work(token);
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      const { credentials } = this.#client;
      const renewed = await this.#answered(() => credentials.renewed(token));
      if (renewed === undefined || renewed === token) throw error;
      return work(renewed);
    }
  }

  /** The client's own token; undefined where it has none, or acts by a page's cookie. */
  async token(): Promise<string | undefined> {
    const { credentials } = this.#client;
    if (credentials.kind === "cookie") return undefined;
    return this.#answered(async () => credentials.secret());
  }

  /** What a token function answers, in the time of an attempt. */
  async #answered<Token>(ask: () => Promise<Token>): Promise<Token> {
    const { timeout = defaults.timeout } = this.#client.options;
    return withDeadline(timeout, undefined, () =>
      ask().catch((cause: unknown) => {
        if (isJupyterHubError(cause)) throw cause;
        throw new AuthenticationError("The token function failed.", { cause });
      }),
    );
  }
}
