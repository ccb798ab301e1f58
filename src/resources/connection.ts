/**
 * The way to a running server: its address as people reach it, and a token for it alone.
 *
 * Promises a token that ends, and never the client's own unless that is asked for. What is sent with it is
 * the matter of server-link.ts.
 */
import { postUserTokens } from "../../generated/sdk.gen.js";
import { assertSafe, checkToken } from "../core/auth.js";
import {
  AuthenticationError,
  InvalidInputError,
  NotFoundError,
  isJupyterHubError,
} from "../core/errors.js";
import type { KeysOf } from "../core/known-keys.js";
import type { Connection } from "../core/options.js";
import {
  fetchOf,
  notRunning,
  ownWebSocket,
  webSocketOf,
  type ServerLink,
} from "../core/server-link.js";
import { withDeadline } from "../core/time.js";
import { serverUrl } from "../core/url.js";
import { through, together, valueOf, type CallOptions, type Hub } from "./call.js";
import { lifetime } from "./tokens.js";
import { modelOf, nameOf, serverKeys, serverOf, type ServerInput } from "./one-server.js";

/** Which server to reach, and for how long. */
export interface ConnectionInput extends ServerInput {
  /** How long the new token lasts, in whole seconds. @default 3600 */
  expires_in?: number | undefined;
}

const connectionInputKeys: KeysOf<ConnectionInput> = { ...serverKeys, expires_in: true };

/** With which token to reach a server. */
export interface TokenChoice {
  /**
   * Whether to reach it with the client's own token in the place of a new one: for hubs before 3.0, and for
   * tokens that may not make others. Whoever runs the server sees a token that it is reached with.
   * @default false
   */
  ownToken?: boolean | undefined;
}

/** How to reach a server. */
export interface ConnectionOptions extends CallOptions, TokenChoice {
  /**
   * The WebSocket to extend by one that sends the token in a header: that of the package `ws` on Node 20, which
   * has none of its own.
   * @default the runtime's own; none in browsers, where no WebSocket sends headers
   */
  WebSocket?: (new (...options: never[]) => object) | undefined;
  /**
   * Whether `@jupyterlab/services` is to put the token into the URL of its WebSockets, where the logs of every
   * proxy keep it. A page of another origin has no other way. Not together with `ownToken`.
   * @default false
   */
  appendToken?: boolean | undefined;
}

/** The way to a server, as `ServerConnection.makeSettings` of `@jupyterlab/services` takes it. */
export interface ConnectionSettings {
  /** The server's address, `https://host/prefix/user/ada/`. */
  baseUrl: string;
  /** The same for WebSockets, `wss://host/prefix/user/ada/`. */
  wsUrl: string;
  /** A token that reaches this server alone; with `ownToken` the client's own, which reaches all that the client does. */
  token: string;
  /** Whether the token goes into the URL of WebSockets. */
  appendToken: boolean;
  /**
   * Sends a request to this server, with the token: to an address of its own, or to one below it.
   * @throws InvalidInputError for any other address; ServerNotRunningError; ConnectionError
   */
  fetch: (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;
  /** Opens a WebSocket to this server, with the token in a header, where there is a WebSocket that can. */
  WebSocket?: typeof WebSocket;
}

/**
 * What to send to a server, and to which. The connection is used again for whoever has the same token: for
 * none with `ownToken`, nor where a cookie, a header or a middleware tells the hub who asks.
 */
export interface ServerFetchInit extends RequestInit, ServerInput, TokenChoice {}

/** What leads beyond the API. */
export type Reach = Pick<Connection, "publicUrl" | "options">;

/** The connections of one client, which `servers.fetch` uses again while they last, each for its caller alone. */
export class Connections {
  readonly #hub: Hub;
  readonly #reach: Reach;
  readonly #kept = new Map<string, { settings: Promise<ConnectionSettings>; until: number }>();

  constructor(hub: Hub, reach: Reach) {
    this.#hub = hub;
    this.#reach = reach;
  }

  async open(
    user: string,
    input: ConnectionInput,
    call: ConnectionOptions,
  ): Promise<ConnectionSettings> {
    const { ownToken, appendToken = false, WebSocket: Base = ownWebSocket(), ...rest } = call;
    const server = serverOf(input, connectionInputKeys);
    const { expires_in = lifetime } = input;
    if (ownToken && appendToken) {
      throw new InvalidInputError(
        "The client's own token goes into no URL: ownToken and appendToken exclude each other.",
      );
    }
    const what = nameOf(user, server);
    return together(`${what} was not reached`, rest, async (shared) => {
      const baseUrl = await this.#addressOf(user, server, shared);
      const { options, publicUrl } = this.#reach;
      assertSafe(baseUrl, options.allowInsecure ?? false);
      const token = ownToken
        ? await this.#ownToken()
        : await this.#newToken(user, server, expires_in, shared);
      const link: ServerLink = {
        what,
        baseUrl,
        token,
        hubUrl: publicUrl,
        send: options.fetch ?? globalThis.fetch,
        runs: async (signal) => (await this.#modelOf(user, server, { signal }))?.ready ?? false,
      };
      return {
        baseUrl,
        wsUrl: baseUrl.replace(/^http/, "ws"),
        token,
        appendToken,
        fetch: fetchOf(link),
        ...(Base && { WebSocket: webSocketOf(Base, link) }),
      };
    });
  }

  async fetch(user: string, path: string, init: ServerFetchInit): Promise<Response> {
    const { server, ownToken, ...rest } = init;
    const open = (call: ConnectionOptions) => this.open(user, { server }, { ownToken, ...call });
    const [key, { baseUrl, fetch }] = await withDeadline(undefined, init.signal, async (signal) => {
      // A token function may give each of its callers their own: the token alone tells who asks.
      const token = ownToken ? undefined : await this.#token();
      if (token === undefined) return [undefined, await open({ signal })] as const;
      const key = JSON.stringify([user, server ?? "", token]);
      return [key, await this.#keep(key, () => open({}))] as const;
    });
    const response = await fetch(new URL(`./${path.replace(/^\/+/, "")}`, baseUrl), rest);
    // Whatever is wrong with the token, the next request is to have another.
    if (key && (response.status === 401 || response.status === 403)) this.#kept.delete(key);
    return response;
  }

  #keep(key: string, open: () => Promise<ConnectionSettings>): Promise<ConnectionSettings> {
    const now = Date.now();
    for (const [key, { until }] of this.#kept) if (until <= now) this.#kept.delete(key);
    const kept = this.#kept.get(key);
    if (kept) return kept.settings;
    const settings = open();
    // A while before the token's end, by whoever's clock.
    this.#kept.set(key, { settings, until: now + (lifetime - 300) * 1000 });
    settings.catch(() => this.#kept.delete(key));
    return settings;
  }

  /** The server's address, if it runs. */
  async #addressOf(
    user: string,
    server: string,
    call: CallOptions & { signal: AbortSignal },
  ): Promise<string> {
    const model = await this.#modelOf(user, server, call);
    if (!model?.ready) throw notRunning(nameOf(user, server));
    // Old hubs put the server's name there as it is, in which a question mark would end the path.
    const raw = `/${server}/`;
    const url = model.url.replace(/\/*$/, "/");
    const path = url.endsWith(raw) ? url.slice(0, -raw.length) + `/${escaped(server)}/` : url;
    return serverUrl(path, this.#reach.publicUrl);
  }

  /** The server as the hub has it; undefined for a default server that hubs before 6.0 do not list. */
  async #modelOf(user: string, server: string, call: CallOptions & { signal: AbortSignal }) {
    try {
      return await modelOf(this.#hub, user, server, call);
    } catch (error) {
      // With a method, it is the hub's word that there is no such user or server.
      if (error instanceof NotFoundError && server === "" && !error.method) return undefined;
      throw error;
    }
  }

  async #newToken(
    user: string,
    server: string,
    expires_in: number,
    call: CallOptions,
  ): Promise<string> {
    const { token } = await valueOf(
      postUserTokens({
        ...through(this.#hub, call),
        path: { name: user },
        body: {
          note: "To reach a server",
          expires_in,
          scopes: [`access:servers!server=${user}/${server}`],
        },
      }),
    );
    return token;
  }

  async #ownToken(): Promise<string> {
    const token = await this.#token();
    if (token !== undefined) return token;
    throw new InvalidInputError("The client has no token of its own to reach a server with.");
  }

  /** The client's own token; undefined where it has none, or acts by a page's cookie. */
  async #token(): Promise<string | undefined> {
    const { token: source } = this.#reach.options;
    if (typeof source !== "function") return source;
    try {
      const token = await source();
      if (token !== undefined) checkToken(token);
      return token;
    } catch (cause) {
      if (isJupyterHubError(cause)) throw cause;
      throw new AuthenticationError("The token function failed.", { cause });
    }
  }
}

/** A name as hubs escape it in the addresses of servers. */
const escaped = (name: string): string =>
  encodeURIComponent(name)
    .replaceAll("%40", "@")
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
