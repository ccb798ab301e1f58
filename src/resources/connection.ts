/**
 * The way to a running server: its address as people reach it, a token for it alone, and requests with that.
 *
 * Promises that the token goes to that server and nowhere else: not to another origin or server, not along
 * a redirect, and not into a URL unless that is asked for. And that a server which does not run is told
 * from one which answers.
 */
import { postUserTokens } from "../../generated/sdk.gen.js";
import {
  ConnectionError,
  InvalidInputError,
  NotFoundError,
  ServerNotRunningError,
} from "../core/errors.js";
import type { Connection } from "../core/options.js";
import { pageOrigin } from "../core/page.js";
import { withDeadline } from "../core/time.js";
import { through, together, valueOf, type CallOptions, type Hub } from "./call.js";
import { modelOf, nameOf, serverOf, type ServerInput } from "./one-server.js";

/** Which server to reach, and for how long. */
export interface ConnectionInput extends ServerInput {
  /** How long the new token lasts, in whole seconds. @default 3600 */
  expires_in?: number | undefined;
}

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
   * proxy keep it. A page of another origin has no other way.
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
  /** A token that reaches this server alone. */
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

/** What to send to a server, and to which. */
export interface ServerFetchInit extends RequestInit, ServerInput, TokenChoice {}

/** What leads beyond the API. */
export type Reach = Pick<Connection, "publicUrl" | "credentials" | "fetch" | "assertSafe">;

const lifetime = 3600;

/** The connections of one client, which `servers.fetch` uses again while they last. */
export class Connections {
  readonly #hub: Hub;
  readonly #reach: Reach;
  readonly #kept = new Map<string, { settings: Promise<ConnectionSettings>; until: number }>();

  constructor(hub: Hub, reach: Reach) {
    this.#hub = hub;
    this.#reach = reach;
  }

  open(user: string, input: ConnectionInput, call: ConnectionOptions): Promise<ConnectionSettings> {
    const { ownToken, appendToken = false, WebSocket: Base = ownWebSocket(), ...rest } = call;
    const server = serverOf(input, ["server", "expires_in"]);
    const { expires_in = lifetime } = input;
    const what = nameOf(user, server);
    return together(`${what} was not reached`, rest, async (shared) => {
      const baseUrl = await this.#addressOf(user, server, shared);
      this.#reach.assertSafe(baseUrl);
      const token = await (ownToken
        ? this.#ownToken()
        : this.#newToken(user, server, expires_in, shared));
      const wsUrl = baseUrl.replace(/^http/, "ws");
      return {
        baseUrl,
        wsUrl,
        token,
        appendToken,
        fetch: (input, init) => {
          const url = typeof input === "string" ? new URL(input, baseUrl) : input;
          return this.#send(new Request(url, init), user, server, baseUrl, token);
        },
        ...(Base && { WebSocket: withToken(Base, wsUrl, token) }),
      };
    });
  }

  async fetch(user: string, path: string, init: ServerFetchInit): Promise<Response> {
    const { server, ownToken, ...rest } = init;
    const key = JSON.stringify([user, server ?? "", ownToken ?? false]);
    const { baseUrl, fetch } = await withDeadline(undefined, init.signal, () =>
      this.#keep(key, () => this.open(user, { server }, { ownToken })),
    );
    const response = await fetch(new URL(`./${path.replace(/^\/+/, "")}`, baseUrl), rest);
    // Whatever is wrong with the token, the next request is to have another.
    if (response.status === 401 || response.status === 403) this.#kept.delete(key);
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
    if (!model?.ready) throw notRunning(user, server);
    // Old hubs put the server's name there as it is, in which a question mark would end the path.
    const raw = `/${server}/`;
    const url = model.url.replace(/\/*$/, "/");
    const path = url.endsWith(raw) ? url.slice(0, -raw.length) + `/${escaped(server)}/` : url;
    return new URL(path, this.#reach.publicUrl).href;
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
    const { kind, secret } = this.#reach.credentials;
    const token = kind === "token" ? await secret() : undefined;
    if (token !== undefined) return token;
    throw new InvalidInputError("The client has no token of its own to reach a server with.");
  }

  async #send(
    request: Request,
    user: string,
    server: string,
    baseUrl: string,
    token: string,
  ): Promise<Response> {
    assertBelow(baseUrl, request.url);
    const { method, signal } = request;
    const headers = new Headers(request.headers);
    if (!headers.has("Authorization")) headers.set("Authorization", `Bearer ${token}`);
    let response: Response;
    try {
      response = await this.#reach.fetch(new Request(request, { headers, redirect: "manual" }));
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      const said = `${method} ${baseUrl}: the connection to ${nameOf(user, server)} failed.`;
      throw new ConnectionError(said, { method, url: baseUrl, cause });
    }
    const sign = this.#signOf(response);
    if (sign === undefined) return response;
    const runs = sign !== "stopped" && (await this.#modelOf(user, server, { signal }))?.ready;
    if (runs && sign !== "hub") return response;
    await response.body?.cancel();
    if (!runs) throw notRunning(user, server, response.status || undefined);
    throw new ConnectionError(
      `${nameOf(user, server)} runs, but ${baseUrl} leads to the hub. Is publicUrl where people reach it?`,
      { method, url: baseUrl, status: response.status },
    );
  }

  /**
   * What an answer says of the server. Of one that does not run, the address leads to the hub, which redirects
   * to itself, shows pages of its own, or says 424 (503 before 2.0); or to nothing, of which the proxy says 503.
   */
  #signOf({ status, type, headers }: Response): "stopped" | "hub" | "maybe" | undefined {
    const isPage = !/json/.test(headers.get("Content-Type") ?? "");
    if (status === 424 || (status === 503 && isPage)) return "stopped";
    if (type === "opaqueredirect" || status === 503) return "maybe";
    if (status >= 300 && status < 400) {
      const path = headers.get("Location")?.replace(/^https?:\/\/[^/]+/i, "");
      const hub = new URL(this.#reach.publicUrl).pathname;
      if (path?.startsWith(`${hub}user/`)) return "hub";
      return path?.startsWith(hub) ? "maybe" : undefined;
    }
    return isPage && [403, 404, 405].includes(status) ? "maybe" : undefined;
  }
}

/** A name as hubs escape it in the addresses of servers. */
const escaped = (name: string): string =>
  encodeURIComponent(name)
    .replaceAll("%40", "@")
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

function assertBelow(baseUrl: string, url: string): void {
  if (new URL(url).href.startsWith(baseUrl)) return;
  throw new InvalidInputError(`This way leads to ${baseUrl} and nowhere else.`);
}

const notRunning = (user: string, server: string, status?: number): ServerNotRunningError =>
  new ServerNotRunningError(`${nameOf(user, server)} does not run. Start it: servers.start.`, {
    status,
  });

/** The runtime's WebSocket, if it sends headers. */
const ownWebSocket = (): typeof WebSocket | undefined =>
  pageOrigin() === undefined ? globalThis.WebSocket : undefined;

/** A WebSocket that sends the token, to this server alone. */
function withToken(Base: object, wsUrl: string, token: string): typeof WebSocket {
  const headers = { Authorization: `Bearer ${token}` };
  // The package `ws` takes them third, runtimes together with the protocols.
  const third = "createWebSocketStream" in Base;
  return class extends (Base as new (...options: unknown[]) => WebSocket) {
    constructor(url: string | URL, protocols: string | string[] = []) {
      assertBelow(wsUrl, String(url));
      if (third) super(url, protocols, { headers });
      else super(url, { protocols, headers });
    }
  } as unknown as typeof WebSocket;
}
