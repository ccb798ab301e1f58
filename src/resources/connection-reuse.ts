/**
 * Reuse of connections to servers: a cache whose entries expire, and the owner of the client's token, since a
 * connection is reused for the same owner only.
 */
import * as api from "../../generated/sdk.gen.js";
import type { RequestIdentity } from "../../generated/types.gen.js";
import { AuthenticationError } from "../core/errors.js";
import { send, type CallOptions, type ClientContext } from "./call.js";
import { lifetime } from "./tokens.js";

/** How long to reuse a connection, in milliseconds: less than the lifetime of its token, since clocks differ. */
export const reuseTime = (lifetime - 300) * 1000;

export class TokenOwners {
  readonly #hub: ClientContext;
  readonly #owners = new PromiseCache<string>(reuseTime);

  constructor(hub: ClientContext) {
    this.#hub = hub;
  }

  /** Returns the options of a call that carries this token. */
  callOptions(token: string): CallOptions {
    return { headers: { Authorization: this.#hub.authorization(token) } };
  }

  /**
   * Returns whether the client's token alone decides which user a call acts for: no middleware and no header can
   * replace the token.
   */
  decides({ headers }: CallOptions): boolean {
    const { middleware = [], headers: own = {} } = this.#hub.options;
    const others = Object.keys(own).some((name) => /^(authorization|cookie)$/i.test(name));
    return [middleware].flat().length === 0 && headers === undefined && !others;
  }

  /**
   * Returns a text that identifies the owner of a token. A token function may return a different token for each call, so
   * the hub is queried: tokens of the same user or service with the same scopes count as having the same owner. Without
   * a token function there is only one token, and nothing is sent.
   */
  async of(token: string): Promise<string> {
    if (typeof this.#hub.options.token !== "function") return token;
    return this.#owners.get(token, async () => {
      const { kind, name, scopes = [] } = await this.#identify(token);
      const isNamed = typeof name === "string" && name !== "" && Array.isArray(scopes);
      return isNamed ? JSON.stringify([kind, name, scopes.toSorted()]) : token;
    });
  }

  /** Returns false if the hub rejects a token, true if it accepts the token or does not respond. */
  knows(token: string, signal: AbortSignal): Promise<boolean> {
    return this.#identify(token, signal).then(
      () => true,
      (error) => !(error instanceof AuthenticationError),
    );
  }

  #identify(token: string, signal?: AbortSignal): Promise<RequestIdentity> {
    return send(this.#hub, api.getCurrentUser, {}, { ...this.callOptions(token), signal });
  }

  /**
   * Runs `work` with a token. If the hub refuses this token and the token function returns another one, runs `work`
   * once more with the other token.
   */
  async renewing<Value>(token: string, work: (token: string) => Promise<Value>): Promise<Value> {
    try {
      return await work(token);
    } catch (error) {
      if (!(error instanceof AuthenticationError)) throw error;
      const renewed = await this.#hub.transport.renewed(token);
      if (renewed === undefined) throw error;
      return work(renewed);
    }
  }

  /** Returns the client's own token; undefined if it has none or uses a page's cookie. */
  async token(): Promise<string | undefined> {
    const { credentials, transport } = this.#hub;
    if (credentials.kind === "cookie") return undefined;
    return credentials.ask ? transport.awaitToken(credentials.ask) : credentials.secret();
  }
}

/** The maximum number of entries in a cache. */
export const maxEntries = 10_000;

/**
 * A cache of promises. Guarantees that concurrent requests for a key share one promise, that failures are not
 * cached, and that the number of entries is limited: the oldest are removed first.
 */
export class PromiseCache<Value> {
  readonly #milliseconds: number;
  readonly #kept = new Map<string, { value: Promise<Value>; until: number }>();

  /** @param milliseconds the lifetime of an entry, from its creation */
  constructor(milliseconds: number) {
    this.#milliseconds = milliseconds;
  }

  /** Returns the cached result for a key or, if there is none, that of `make`. */
  get(key: string, make: () => Promise<Value>): Promise<Value> {
    const now = performance.now();
    for (const [key, { until }] of this.#kept) {
      if (until > now && this.#kept.size < maxEntries) break;
      this.#kept.delete(key);
    }
    const cached = this.#kept.get(key);
    if (cached) return cached.value;
    const value = make();
    this.#kept.set(key, { value, until: now + this.#milliseconds });
    value.catch(() => {
      this.delete(key, value);
    });
    return value;
  }

  /** Removes an entry unless another one has replaced it. */
  delete(key: string, value: Promise<Value>): void {
    if (this.#kept.get(key)?.value === value) this.#kept.delete(key);
  }
}
