/**
 * Connections to running servers: the public address of a server, and a token for it.
 *
 * Guarantees that the token expires and reaches this server only, that the client's own token is used only on request,
 * and that a connection is not reused for another user. `core/server-client.ts` sends the requests.
 */
import * as api from "../../generated/sdk.gen.js";
import type { Server } from "../../generated/types.gen.js";
import { assertSafe } from "../core/auth.js";
import { ForbiddenError, InvalidInputError, NotFoundError } from "../core/errors.js";
import { callKeys, type KeysOf } from "../core/known-keys.js";
import {
  createServerFetch,
  createWebSocketClass,
  notRunningError,
  runtimeWebSocket,
  type ServerTarget,
} from "../core/server-client.js";
import { withDeadline } from "../core/deadline.js";
import type { Fetch } from "../core/runtime.js";
import { serverAddress, type ServerLinks } from "../core/url.js";
import { isAtLeast } from "../core/version.js";
import {
  checkCall,
  send,
  withSharedDeadline,
  type CallOptions,
  knownVersion,
  type ClientContext,
} from "./call.js";
import { PromiseCache, TokenOwners, reuseTime } from "./connection-reuse.js";
import { createShortLived } from "./tokens.js";
import {
  allServers,
  readModel,
  serverKeys,
  serverRef,
  type ServerInput,
  type ServerRef,
} from "./server-operations.js";

/** The server to reach, and the lifetime of the token. */
export interface ConnectionInput extends ServerInput {
  /** The lifetime of the new token in whole seconds. @default 3600 */
  expires_in?: number | undefined;
}

/** Which token to use for requests to a server. */
export interface TokenChoice {
  /**
   * Whether to use the client's own token instead of a new one: for hubs before 3.0, and for tokens that cannot create
   * tokens. The server's owner can read the client's token.
   * @default false
   */
  useClientToken?: boolean | undefined;
}

/** Options of a connection. */
export interface ConnectionOptions extends CallOptions, TokenChoice {
  /**
   * The WebSocket class to extend so that it sends the token in a header: on Node 20, that of the package `ws`.
   * @default the runtime's own; none in browsers, whose WebSockets cannot send headers
   */
  WebSocket?: (new (...options: never[]) => object) | undefined;
  /**
   * Whether `@jupyterlab/services` adds the token to the URLs of its WebSockets, which proxies log. Pages of an
   * origin other than the hub's need this. Not allowed with `useClientToken`.
   * @default false
   */
  appendToken?: boolean | undefined;
}

/** Settings to reach a server, for `ServerConnection.makeSettings` of `@jupyterlab/services`. */
export interface ConnectionSettings {
  /** The server's address, `https://host/prefix/user/ada/`. */
  baseUrl: string;
  /** The server's address for WebSockets, `wss://host/prefix/user/ada/`. */
  wsUrl: string;
  /** A token that reaches this server only; with `useClientToken`, the client's own token with all its scopes. */
  token: string;
  /** Whether WebSocket URLs contain the token. */
  appendToken: boolean;
  /**
   * Sends a request with the token, to the server's address or one below it.
   * @throws InvalidInputError for any other address; ServerNotRunningError; ConnectionError
   */
  fetch: Fetch;
  /** Opens a WebSocket to the server, with the token in a header; undefined in browsers. */
  WebSocket?: typeof WebSocket;
}

/** Options of `servers.fetch`. */
export interface ServerFetchOptions extends CallOptions, ServerInput, TokenChoice {
  /** Milliseconds until the response begins, not until its body is complete. */
  timeout?: number | undefined;
  /** Headers for the requests to the hub. Headers for the server belong in `init`. */
  headers?: Readonly<Record<string, string>> | undefined;
}

const connectionInputKeys: KeysOf<ConnectionInput> = { ...serverKeys, expires_in: true };
const fetchKeys: KeysOf<ServerFetchOptions> = { ...callKeys, ...serverKeys, useClientToken: true };

interface Wanted extends ServerRef, TokenChoice {
  expires_in?: number | undefined;
}

/** The connections of one client. */
export class ServerConnections {
  readonly #hub: ClientContext;
  readonly #targets = new PromiseCache<ServerTarget>(reuseTime);
  readonly #owners: TokenOwners;

  constructor(hub: ClientContext) {
    this.#hub = hub;
    this.#owners = new TokenOwners(hub);
  }

  /** Creates a connection, as `servers.connect` does. */
  async open(
    user: string,
    input: ConnectionInput,
    call: ConnectionOptions,
  ): Promise<ConnectionSettings> {
    const { useClientToken, appendToken = false, WebSocket: given, ...rest } = call;
    const Base = given ?? runtimeWebSocket();
    const ref = serverRef(user, input, connectionInputKeys);
    if (useClientToken && appendToken) {
      throw new InvalidInputError(
        "useClientToken and appendToken exclude each other: the client's own token must not be in a URL.",
      );
    }
    const wanted = { ...ref, useClientToken, expires_in: input.expires_in };
    return withSharedDeadline(`${ref.what} was not reached`, rest, async (call) => {
      const target = await this.#create(wanted, call, await this.#owners.token());
      const { baseUrl, token } = target;
      return {
        baseUrl,
        wsUrl: baseUrl.replace(/^http/, "ws"),
        token,
        appendToken,
        fetch: createServerFetch(target),
        ...(Base && { WebSocket: createWebSocketClass(Base, target) }),
      };
    });
  }

  /** Sends one request, as `servers.fetch` does. */
  async fetch(
    user: string,
    path: string,
    init: RequestInit,
    options: ServerFetchOptions,
  ): Promise<Response> {
    checkCall(options, fetchKeys);
    const { server, useClientToken, signal, timeout, headers } = options;
    const ref = serverRef(user, { server });
    if (typeof path !== "string") {
      throw new InvalidInputError('The path must be a string, such as "/api/kernels".');
    }
    const misplaced = ["server", "useClientToken"].find((key) => key in init);
    if (misplaced !== undefined) {
      throw new InvalidInputError(`\`${misplaced}\` belongs in the options, the fourth argument.`);
    }
    const signals = [init.signal, signal].filter((one) => one != null);
    const caller = signals.length > 0 ? AbortSignal.any(signals) : undefined;
    const call = { signal: caller, timeout, headers };
    return withSharedDeadline(`${ref.what} did not answer`, call, async (call) => {
      const { target, forget } = await withDeadline(undefined, call.signal, () =>
        this.#reuse({ ...ref, useClientToken }, call),
      );
      const url = new URL(`./${path.replace(/^\/+/, "")}`, target.baseUrl);
      // The caller reads the body after this call: its own signals must still abort that.
      const both = AbortSignal.any([call.signal, ...signals]);
      const response = await createServerFetch(target)(url, { ...init, signal: both });
      // Servers refuse requests for other reasons, too. A new token helps only if the hub does not know this one.
      const isRefused =
        response.status === 401 ||
        response.status === 403 ||
        // The login of the hub, for a page or a file.
        response.headers.get("Location")?.includes("/api/oauth2/authorize");
      if (forget && isRefused && !(await this.#owners.knows(target.token, call.signal))) forget();
      return response;
    });
  }

  /** Returns a connection for a single use, or a reused one with a function that ends its reuse. */
  async #reuse(
    wanted: Wanted,
    call: CallOptions,
  ): Promise<{ target: ServerTarget; forget?: () => void }> {
    const token = await this.#owners.token();
    call.signal?.throwIfAborted();
    if (token === undefined || wanted.useClientToken || !this.#owners.decides(call)) {
      return { target: await this.#create(wanted, call, token) };
    }
    // A renewed token may be that of another owner, whose connections have another key.
    return this.#owners.renewing(token, async (token) => {
      const key = JSON.stringify([wanted.user, wanted.server, await this.#owners.of(token)]);
      const call = this.#owners.callOptions(token);
      const get = (): Promise<ServerTarget> =>
        this.#targets.get(key, () => this.#target(wanted, call, token, undefined));
      let cached = get();
      if ((await cached).reuseUntil < performance.now()) {
        this.#targets.delete(key, cached);
        cached = get();
      }
      const target = await cached;
      return { target, forget: () => this.#targets.delete(key, cached) };
    });
  }

  /** Creates a connection. All requests for it carry the same client token, unless the call has an `Authorization`. */
  async #create(
    wanted: Wanted,
    call: CallOptions,
    token: string | undefined,
  ): Promise<ServerTarget> {
    const hasOwn = Object.keys(call.headers ?? {}).some((name) => /^authorization$/i.test(name));
    const { headers } = call;
    if (token === undefined || hasOwn) return this.#target(wanted, call, token, headers);
    return this.#owners.renewing(token, (token) => {
      const all = { ...headers, ...this.#owners.callOptions(token).headers };
      return this.#target(wanted, { ...call, headers: all }, token, headers);
    });
  }

  /**
   * Finds the server, and creates a token for it unless the client's own is used.
   * @param headers the headers of the call, without the client's token; requests that later ask the hub whether the
   * server runs have these headers
   */
  async #target(
    wanted: Wanted,
    call: CallOptions,
    own: string | undefined,
    headers: CallOptions["headers"],
  ): Promise<ServerTarget> {
    const { user, server, what, useClientToken, expires_in } = wanted;
    const { options, authorization, publicUrl, transport } = this.#hub;
    if (useClientToken && own === undefined) {
      throw new InvalidInputError("The client has no token of its own to reach a server with.");
    }
    const { model, siblings, tokenOwner } = await this.#find(wanted, call);
    if (!model?.ready) throw notRunningError(what);
    const baseUrl = serverAddress(model, server, publicUrl);
    assertSafe(baseUrl, options.allowInsecure ?? false);
    let token = own!;
    let reuseFor = reuseTime;
    if (!useClientToken) {
      const scopes = [`access:servers!server=${user}/${server}`];
      const input = { note: "To reach a server", scopes, expires_in };
      const created = await createShortLived(this.#hub, tokenOwner, input, call);
      token = created.token;
      // Both times are by the hub's clock. A tenth of the lifetime is left for requests in flight.
      const granted = Date.parse(created.expires_at ?? "") - Date.parse(created.created);
      if (granted) reuseFor = 0.9 * granted;
    }
    return {
      what,
      baseUrl,
      siblings,
      token,
      authorization: authorization(token),
      reuseUntil: performance.now() + reuseFor,
      hubUrl: publicUrl,
      send: transport.options.fetch,
      runs: async (signal) => (await this.#find(wanted, { headers, signal })).model?.ready ?? false,
    };
  }

  /**
   * Finds a server, and the user to create a token for: the server's owner or, if the server is shared with the
   * client's user (since 5.0), that user. For a default server, also finds the names of the owner's other
   * servers, whose addresses are below the default server's, if the token's scopes include the owner's model.
   */
  async #find(ref: ServerRef, call: CallOptions): Promise<Found> {
    const { user, server } = ref;
    const found: Found = { model: undefined, siblings: new Set(), tokenOwner: user };
    try {
      if (server === "") {
        const servers = await this.#serversOf(user, call);
        found.siblings = new Set(Object.keys(servers).filter(Boolean));
        found.model = servers[""];
      }
      found.model ??= await readModel(this.#hub, ref, call);
    } catch (error) {
      // A NotFoundError without a method is this package's own: the user's model does not contain the server.
      if (server === "" && error instanceof NotFoundError && !error.method) return found;
      const shared = isHidden(error) && (await this.#findShared(ref, call));
      if (!shared) throw error;
      return { ...found, ...shared };
    }
    return found;
  }

  /**
   * Returns the servers of a user. Since 6.0, returns none if the token's scopes do not include the user's servers: the
   * scopes may still include the default server, which can be read with an operation of its own.
   */
  async #serversOf(user: string, call: CallOptions): Promise<Record<string, Server>> {
    try {
      return await allServers(this.#hub, user, call);
    } catch (error) {
      if (isHidden(error) && isAtLeast(await knownVersion(this.#hub, call), "6.0")) return {};
      throw error;
    }
  }

  /** Finds a server that its owner shares with the client's user. */
  async #findShared({ user: owner, server }: ServerRef, call: CallOptions) {
    if (!isAtLeast(await knownVersion(this.#hub, call), "5.0")) return undefined;
    try {
      const { kind, name } = await send(this.#hub, api.getCurrentUser, {}, call);
      if (kind !== "user" || !name || name === owner) return undefined;
      const path = { name, owner, server_name: server };
      const share = await send(this.#hub, api.getUserSharedServer, { path }, call);
      return { model: share.server, tokenOwner: name };
    } catch (error) {
      if (isHidden(error)) return undefined;
      throw error;
    }
  }
}

interface Found {
  /** The server's model, or the part of it that a share includes. */
  model: (ServerLinks & Pick<Server, "ready">) | undefined;
  siblings: ReadonlySet<string>;
  /** The user to create a token for. */
  tokenOwner: string;
}

/** Whether an error may be due to the token's scopes. */
const isHidden = (error: unknown): boolean =>
  error instanceof ForbiddenError || error instanceof NotFoundError;
