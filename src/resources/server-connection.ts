/**
 * The way to a running server: its address as people reach it, and a token for it alone.
 *
 * Guarantees a token that expires, never the client's own unless that is asked for, and that nobody is served with
 * a connection that was made for somebody else. Does not send to servers: see server-link.ts.
 */
import { getCurrentUser, getUserSharedServer } from "../../generated/sdk.gen.js";
import type { NewToken, Server } from "../../generated/types.gen.js";
import { assertSafe } from "../core/auth.js";
import { ForbiddenError, InvalidInputError, NotFoundError } from "../core/errors.js";
import { callKeys, type KeysOf } from "../core/known-keys.js";
import type { ClientContext } from "../core/options.js";
import {
  createServerFetch,
  notRunningError,
  runtimeWebSocket,
  createWebSocketClass,
  type ServerTarget,
} from "../core/server-client.js";
import { PromiseCache } from "../core/promise-cache.js";
import { withDeadline } from "../core/deadline.js";
import { isPrivateHost, serverUrl, withoutTrailingSlashes } from "../core/url.js";
import { isAtLeast } from "../core/version.js";
import {
  checkCall,
  requestOptions,
  withSharedDeadline,
  dataOf,
  type CallOptions,
  type ResourceContext,
} from "./call.js";
import { TokenOwners, reuseTime } from "./token-owners.js";
import { createShortLived } from "./tokens.js";
import {
  allServers,
  readModel,
  nameOf,
  serverKeys,
  serverOf,
  type ServerInput,
} from "./server-operations.js";

/** Which server to reach, and for how long. */
export interface ConnectionInput extends ServerInput {
  /** How long the new token lasts, in whole seconds. @default 3600 */
  expires_in?: number | undefined;
}

const connectionInputKeys: KeysOf<ConnectionInput> = { ...serverKeys, expires_in: true };
const fetchKeys: KeysOf<ServerFetchOptions> = { ...callKeys, ...serverKeys, useClientToken: true };

/** With which token to reach a server. */
export interface TokenChoice {
  /**
   * Whether to reach it with the client's own token in the place of a new one: for hubs before 3.0, and for
   * tokens that may not make others. Whoever runs the server sees a token that it is reached with.
   * @default false
   */
  useClientToken?: boolean | undefined;
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
   * proxy keep it. A page of another origin has no other way. Not together with `useClientToken`.
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
  /** A token that reaches this server alone; with `useClientToken` the client's own, which reaches all that the client does. */
  token: string;
  /** Whether the token goes into the URL of WebSockets. */
  appendToken: boolean;
  /**
   * Sends a request to this server, with the token: to an address of its own, or to one below it.
   * @throws InvalidInputError for any other address; ServerNotRunningError; ConnectionError
   */
  fetch: (input: string | URL | Request, init?: RequestInit) => Promise<Response>;
  /** Opens a WebSocket to this server, with the token in a header, where there is a WebSocket that can. */
  WebSocket?: typeof WebSocket;
}

/** Which server to send a request to, with which token, and how long that may take. */
export interface ServerFetchOptions extends CallOptions, ServerInput, TokenChoice {
  /** Milliseconds until the server's answer begins; its body may take longer. */
  timeout?: number | undefined;
  /** Headers for the requests to the hub; those for the server belong in `init`. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** What leads beyond the API. */
export type ConnectionContext = Pick<ClientContext, "publicUrl" | "options" | "credentials">;

/** Which server a connection is for, and with which token. */
interface Wanted extends TokenChoice {
  user: string;
  server: string;
  expires_in?: number | undefined;
}

/** The connections of one client, which `servers.fetch` uses again, each for one caller. */
export class ServerConnections {
  readonly #hub: ResourceContext;
  readonly #reach: ConnectionContext;
  readonly #links = new PromiseCache<ServerTarget>(reuseTime);
  readonly #callers: TokenOwners;

  constructor(hub: ResourceContext, reach: ConnectionContext) {
    this.#hub = hub;
    this.#reach = reach;
    this.#callers = new TokenOwners(hub, reach);
  }

  async open(
    user: string,
    input: ConnectionInput,
    call: ConnectionOptions,
  ): Promise<ConnectionSettings> {
    const {
      useClientToken,
      appendToken = false,
      WebSocket: Base = runtimeWebSocket(),
      ...rest
    } = call;
    const server = serverOf(input, connectionInputKeys);
    const { expires_in } = input;
    if (useClientToken && appendToken) {
      throw new InvalidInputError(
        "The client's own token goes into no URL: useClientToken and appendToken exclude each other.",
      );
    }
    return withSharedDeadline(`${nameOf(user, server)} was not reached`, rest, async (shared) => {
      const link = await this.#link({ user, server, useClientToken, expires_in }, shared);
      const { baseUrl, token } = link;
      return {
        baseUrl,
        wsUrl: baseUrl.replace(/^http/, "ws"),
        token,
        appendToken,
        fetch: createServerFetch(link),
        ...(Base && { WebSocket: createWebSocketClass(Base, link) }),
      };
    });
  }

  async fetch(
    user: string,
    path: string,
    init: RequestInit,
    options: ServerFetchOptions,
  ): Promise<Response> {
    checkCall(options, fetchKeys);
    const { server: name, useClientToken, signal, timeout, headers } = options;
    const server = serverOf(name === undefined ? {} : { server: name });
    if (typeof path !== "string") {
      throw new InvalidInputError('The path must be a string, such as "/api/kernels".');
    }
    const callers = [init.signal, signal].filter((one) => one != null);
    const caller = callers.length > 0 ? AbortSignal.any(callers) : undefined;
    const late = `${nameOf(user, server)} did not answer`;
    return withSharedDeadline(late, { signal: caller, timeout, headers }, async (call) => {
      const wanted = { user, server, useClientToken };
      const { link, key } = await withDeadline(undefined, call.signal, () =>
        this.#linkFor(wanted, call),
      );
      const url = new URL(`./${path.replace(/^\/+/, "")}`, link.baseUrl);
      // The body is read after this call, when the caller's own signals still abort it.
      const both = AbortSignal.any([call.signal, ...callers]);
      const response = await createServerFetch(link)(url, { ...init, signal: both });
      // Servers refuse for reasons of their own: another token helps where the hub does not know this one.
      const isRefused = key !== undefined && (response.status === 401 || response.status === 403);
      if (isRefused && !(await this.#callers.knows(link.token, call.signal)))
        this.#links.delete(key);
      return response;
    });
  }

  /** The connection for a request. Where the client's token alone says who asks, one that is kept, with its key. */
  async #linkFor(wanted: Wanted, call: CallOptions): Promise<{ link: ServerTarget; key?: string }> {
    const token =
      wanted.useClientToken || !this.#callers.isByToken(call)
        ? undefined
        : await this.#callers.token();
    if (token === undefined) return { link: await this.#link(wanted, call) };
    const caller = await this.#callers.of(token);
    const key = JSON.stringify([wanted.user, wanted.server, caller.key]);
    const get = (): Promise<ServerTarget> =>
      this.#links.get(key, () =>
        this.#callers.renewing(caller.token, (token) =>
          this.#make(wanted, this.#callers.callOptions(token), token),
        ),
      );
    let link = await get();
    if (link.reuseUntil < performance.now()) {
      this.#links.delete(key);
      link = await get();
    }
    return { link, key };
  }

  /** A connection for one use. The client's token is asked for once. */
  async #link(wanted: Wanted, call: CallOptions): Promise<ServerTarget> {
    const token = await this.#callers.token();
    if (token === undefined && wanted.useClientToken) {
      throw new InvalidInputError("The client has no token of its own to reach a server with.");
    }
    if (token === undefined) return this.#make(wanted, call);
    const hasOwn = Object.keys(call.headers ?? {}).some((name) => /^authorization$/i.test(name));
    return this.#callers.renewing(token, (token) => {
      const headers = { ...call.headers, ...(!hasOwn && this.#callers.callOptions(token).headers) };
      return this.#make(wanted, { ...call, headers }, token);
    });
  }

  async #make(wanted: Wanted, call: CallOptions, own?: string): Promise<ServerTarget> {
    const { user, server, useClientToken } = wanted;
    const { options, publicUrl, credentials } = this.#reach;
    const { model, siblings, tokenOwner } = await this.#lookUp(user, server, call);
    if (!model?.ready) throw notRunningError(nameOf(user, server));
    const baseUrl = this.#addressOf(model, server);
    assertSafe(baseUrl, options.allowInsecure ?? false);
    const created =
      useClientToken && own ? undefined : await this.#newToken(tokenOwner, wanted, call);
    // Both by the hub's clock. A tenth is left for requests under way.
    const granted = created && Date.parse(created.expires_at ?? "") - Date.parse(created.created);
    const token = created?.token ?? own!;
    return {
      what: nameOf(user, server),
      baseUrl,
      siblings,
      token,
      authorization: credentials.authorization(token),
      reuseUntil: performance.now() + (granted ? 0.9 * granted : reuseTime),
      hubUrl: publicUrl,
      send: options.fetch ?? globalThis.fetch,
      runs: async (signal) => (await this.#lookUp(user, server, { signal })).model?.ready ?? false,
    };
  }

  /**
   * The server's address as people reach it, at the hub's own host. A client inside a cluster may know only an inner
   * address of the hub: then the hub's `full_url` counts.
   */
  #addressOf({ url, full_url }: ServerAddress, server: string): string {
    const { publicUrl } = this.#reach;
    if (full_url && isPrivateHost(new URL(publicUrl).hostname)) {
      return serverUrl(full_url, new URL(full_url, publicUrl).origin);
    }
    // Old hubs put the server's name there as it is, in which a question mark would end the path.
    const raw = `/${server}/`;
    const whole = `${withoutTrailingSlashes(url)}/`;
    const path = whole.endsWith(raw) ? whole.slice(0, -raw.length) + `/${escaped(server)}/` : whole;
    return serverUrl(path, publicUrl);
  }

  /**
   * Finds a server, and the user to create a token for: the server's owner or, for a server that is shared with the
   * client's user (since 5.0), that user. For a default server also the names of the owner's named servers, whose
   * addresses are below its own, if the token's scopes include the user's model.
   */
  async #lookUp(user: string, server: string, call: CallOptions): Promise<Found> {
    let siblings = new Set<string>();
    const found = (model: Found["model"], tokenOwner = user): Found => ({
      model,
      siblings,
      tokenOwner,
    });
    try {
      if (server === "") {
        const servers = await allServers(this.#hub, user, call).catch(
          async (error: unknown): Promise<Record<string, Server>> => {
            // Before 6.0 there is no other way to see the server.
            const isSeparate = isAtLeast(await this.#hub.version(call), "6.0");
            if (isHidden(error) && isSeparate) return {};
            throw error;
          },
        );
        siblings = new Set(Object.keys(servers).filter(Boolean));
        if (servers[""]) return found(servers[""]);
      }
      return found(await readModel(this.#hub, user, server, call));
    } catch (error) {
      // A NotFoundError without a method is this package's own: the user's model has no such server.
      if (error instanceof NotFoundError && server === "" && !error.method) return found(undefined);
      if (!isHidden(error)) throw error;
      const shared = await this.#sharedWithMe(user, server, call);
      if (!shared) throw error;
      return found(shared.model, shared.tokenOwner);
    }
  }

  /** A server that its owner shares with the client's user; undefined without such a share. */
  async #sharedWithMe(owner: string, server: string, call: CallOptions) {
    if (!isAtLeast(await this.#hub.version(call), "5.0")) return undefined;
    const options = requestOptions(this.#hub, call);
    try {
      const { kind, name } = await dataOf(getCurrentUser(options));
      if (kind !== "user" || !name || name === owner) return undefined;
      const path = { name, owner, server_name: server };
      const share = await dataOf(getUserSharedServer({ ...options, path }));
      return { model: share.server, tokenOwner: name };
    } catch (error) {
      if (isHidden(error)) return undefined;
      throw error;
    }
  }

  /** Creates a token for the server alone. */
  async #newToken(
    owner: string,
    { user, server, expires_in }: Wanted,
    call: CallOptions,
  ): Promise<NewToken> {
    const scopes = [`access:servers!server=${user}/${server}`];
    const input = { note: "To reach a server", scopes, expires_in };
    return createShortLived(this.#hub, owner, input, call);
  }
}

/** Where a server is, by its model or a share. */
type ServerAddress = Pick<Server, "url" | "ready"> & { full_url?: string | null };

/** A server to reach, and the user to create a token for. */
interface Found {
  model: ServerAddress | undefined;
  siblings: ReadonlySet<string>;
  tokenOwner: string;
}

/** Whether the token's scopes may be the reason that something was not found. */
const isHidden = (error: unknown): boolean =>
  error instanceof ForbiddenError || error instanceof NotFoundError;

/** A name as hubs escape it in the addresses of servers. */
const escaped = (name: string): string =>
  encodeURIComponent(name)
    .replaceAll("%40", "@")
    .replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
