/** The `JupyterHub` class: creates the parts of a client from its options, and has the methods about the hub itself. */
import { features, operations, type Feature } from "../generated/operations.gen.js";
import * as api from "../generated/sdk.gen.js";
import type {
  HubInfo,
  PostShutdownData,
  RequestIdentity,
  ShutdownAnswer,
} from "../generated/types.gen.js";
import { fetchVersion, type ApiClient } from "./core/api-client.js";
import { checkToken } from "./core/auth.js";
import { delay, pollDelays } from "./core/deadline.js";
import { createProbe, discover } from "./core/discover.js";
import { withoutUndefined } from "./core/json.js";
import { InvalidInputError, TimeoutError, type JupyterHubError } from "./core/errors.js";
import { checkKeys } from "./core/known-keys.js";
import {
  createClientContext,
  inheritFrom,
  optionKeys,
  type ClientContext,
  type JupyterHubOptions,
} from "./core/options.js";
import { isUnavailable } from "./core/retry.js";
import { environmentVariable } from "./core/runtime.js";
import { isAtLeast } from "./core/version.js";
import {
  omitEmpty,
  requestOptions,
  send,
  knownVersion,
  withSharedDeadline,
  type CallOptions,
} from "./resources/call.js";
import { Groups } from "./resources/groups.js";
import { OAuth } from "./resources/oauth.js";
import { Proxy } from "./resources/proxy.js";
import { Servers } from "./resources/servers.js";
import { Services } from "./resources/services.js";
import { ShareCodes, Shares } from "./resources/shares.js";
import { Tokens } from "./resources/tokens.js";
import { Users } from "./resources/users.js";

/** Whether the proxy and the users' servers stop with the hub. For omitted keys, the hub's configuration decides. */
export type ShutdownInput = NonNullable<PostShutdownData["body"]>;

/** The default timeout of `waitUntilReady`, in milliseconds. */
export const readyTimeout = 60_000;

/** The keys of a client's options without `url`, for methods that determine the url themselves. */
const { url: _, ...otherKeys } = optionKeys;
/** The options of a discovery. There is no `headers`, since its requests contain no headers of the caller. */
const discoveryKeys = { signal: true, timeout: true } as const;

/**
 * A client of one hub.
 *
 * A method takes names, then the operation's input (if it has one) with the hub's own keys, then the options of the
 * call (`signal`, `timeout`, `headers`). An unknown key causes an {@link InvalidInputError}, and nothing is sent.
 * Methods reject with a {@link JupyterHubError} or, if the signal aborts, with the signal's reason.
 */
export class JupyterHub {
  readonly #hub: ClientContext;

  /** The address of the hub's API: `https://host/prefix/hub/api`. */
  readonly url: string;
  /** The address at which people reach the hub: `https://host/prefix/hub/`. */
  readonly publicUrl: string;
  /**
   * The client for the functions of `jupyterhub-client/api`. It has the transport, checks and errors of the methods.
   */
  readonly client: ApiClient;

  /** Users: list, create, change and delete them, and report their activity. */
  readonly users: Users;
  /** API tokens of users: list, create, revoke and identify them, and log in with a password. */
  readonly tokens: Tokens<JupyterHub>;
  /** Servers of users: start and stop them, follow their progress, and send requests to them. */
  readonly servers: Servers;
  /** Groups of users: list, create, change and delete them. */
  readonly groups: Groups;
  /** Access to servers that is shared with users and groups: list, grant and revoke it. Since 5.0. */
  readonly shares: Shares;
  /** Codes by which users get access to a shared server: list, create and revoke them. Since 5.0. */
  readonly shareCodes: ShareCodes;
  /** Services: list them, and register and delete external ones. */
  readonly services: Services;
  /** The proxy in front of the hub: list its routes, make the hub check them, or make the hub use another proxy. */
  readonly proxy: Proxy;
  /** Logins through the hub, for services and portals. */
  readonly oauth: OAuth<JupyterHub>;

  /**
   * Creates a client. Sends nothing. By default, it uses the environment of a program that a hub started:
   * `JUPYTERHUB_API_URL` and `JUPYTERHUB_API_TOKEN`, and for `publicUrl` either `JUPYTERHUB_PUBLIC_HUB_URL` or
   * `JUPYTERHUB_HOST` with `JUPYTERHUB_BASE_URL`. With `auth: "cookie"`, the url comes from the page.
   * @throws InvalidInputError if an option is invalid, or there is no url
   */
  constructor(options: JupyterHubOptions = {}) {
    const hub = createClientContext(options, operations);
    const clientOf = (token: string): JupyterHub => {
      // If `token` were undefined, `withOptions` would keep this client's own token.
      checkToken(token);
      return this.withOptions({ token });
    };
    this.#hub = hub;
    this.url = hub.transport.options.baseUrl;
    this.publicUrl = hub.publicUrl;
    this.client = hub.client;
    this.servers = new Servers(hub);
    this.users = new Users(hub, this.servers);
    this.tokens = new Tokens(hub, clientOf);
    this.groups = new Groups(hub);
    this.shares = new Shares(hub);
    this.shareCodes = new ShareCodes(hub);
    this.services = new Services(hub);
    this.proxy = new Proxy(hub);
    this.oauth = new OAuth(hub, clientOf);
  }

  /**
   * Finds the hub behind any of its links, such as `https://hub.example.org/user/ada/lab`, and returns a client of it.
   * Requests the version at up to five addresses, and follows redirects. The addresses contain only the part of the
   * link before a segment `hub`, `user` or `services`. As a link can lead anywhere, these requests have no token,
   * cookie, headers or middleware. The returned client has all options, and so sends its token to the hub that was
   * found: discover only links that you trust with the token.
   *
   * `GET /` · public
   * @param link at most 8,000 characters. If the hub's own prefix contains such a segment, or the hub is behind a
   * gateway that needs a key, pass the hub's address to the constructor instead
   * @param options those of the constructor, without `url`. By default, the environment's token is used, but only for
   * the hub of `JUPYTERHUB_API_URL`
   * @param call options of the search: `signal` and `timeout`
   * @throws UnexpectedResponseError if no hub responds at these addresses; HubError if the hub is down;
   * InvalidInputError if the link is invalid
   */
  static async discover(
    link: string,
    options: Omit<JupyterHubOptions, "url"> = {},
    call: Omit<CallOptions, "headers"> = {},
  ): Promise<JupyterHub> {
    checkKeys("options of the client", options, otherKeys);
    checkKeys("options of the call", call, discoveryKeys);
    // The environment's token is only for the hub that the environment names.
    const isNamed = environmentVariable("JUPYTERHUB_API_URL") !== undefined;
    const token = options.token ?? (isNamed || options.auth ? undefined : () => undefined);
    return withSharedDeadline("No hub was found", call, (call) =>
      discover(link, async (url) => {
        // Created before anything is sent, since the constructor checks the options.
        const found = new JupyterHub({ ...options, url, token });
        const probe = createProbe(options);
        await new JupyterHub({ ...probe.options, url }).version(call);
        const target = probe.target();
        return target === undefined ? found : new JupyterHub({ ...options, url: target, token });
      }),
    );
  }

  /**
   * Returns another client of the same hub, with this client's options overridden by the given ones. A given `token`
   * replaces `auth: "cookie"`, and vice versa. Unless `maxConcurrency` is given, both clients share one limit of
   * concurrent calls. Sends nothing.
   * @throws InvalidInputError if an option is invalid
   */
  withOptions(options: Omit<JupyterHubOptions, "url">): JupyterHub {
    checkKeys("options of the client", options, otherKeys);
    const { auth, token, ...own } = this.#hub.options;
    const replaced = options.token !== undefined || options.auth !== undefined;
    const credentials = replaced ? {} : { auth, token };
    const all = { ...own, ...credentials, ...withoutUndefined(options), url: this.url };
    return new JupyterHub(inheritFrom(all, this.#hub, options.maxConcurrency !== undefined));
  }

  /**
   * Requests the hub's version, such as "6.1.1".
   *
   * `GET /` · public
   * @throws UnexpectedResponseError if the response is not from a hub; ConnectionError if no response arrives
   */
  async version(call?: CallOptions): Promise<string> {
    return fetchVersion(this.#hub, requestOptions(this.#hub, call));
  }

  /**
   * Waits until the hub's API responds. While a hub starts, its address is unreachable, or its proxy responds with an
   * error. `timeout` is 60,000 ms by default.
   *
   * `GET /` · public
   * @throws TimeoutError, with the last failure as its cause; UnexpectedResponseError if the response is not from a hub
   */
  async waitUntilReady(call: CallOptions = {}): Promise<void> {
    let last: JupyterHubError | undefined;
    const poll = async (call: CallOptions & { signal: AbortSignal }): Promise<void> => {
      for (const wait of pollDelays(250)) {
        try {
          await this.version(call);
          return;
        } catch (error) {
          if (call.signal.aborted || !isUnavailable(error)) throw error;
          last = error as JupyterHubError;
        }
        await delay(wait, call.signal);
      }
    };
    try {
      await withSharedDeadline("The hub did not answer", call, poll, readyTimeout);
    } catch (error) {
      if (!(error instanceof TimeoutError && last)) throw error;
      const { message, timeout } = error;
      throw new TimeoutError(`${message} ${last.message}`, { timeout, cause: last });
    }
  }

  /**
   * Returns the versions of the hub's Python, Authenticator and Spawner.
   *
   * `GET /info` · scope `read:hub`
   * @throws ForbiddenError without the scope
   */
  info(call?: CallOptions): Promise<HubInfo> {
    return send(this.#hub, api.getInfo, {}, call);
  }

  /**
   * Returns the owner of the client's token, a user or a service (see `kind`), and the token's scopes.
   *
   * `GET /user` · any valid token · contains the scopes since 2.0, the token's id since 5.0
   * @throws AuthenticationError without a valid token
   */
  whoami(call?: CallOptions): Promise<RequestIdentity> {
    return send(this.#hub, api.getCurrentUser, {}, call);
  }

  /**
   * Returns whether the hub is new enough for a feature. Requests the hub's version unless an earlier response
   * contained it.
   *
   * `GET /` · public
   * @throws InvalidInputError for an unknown feature
   */
  async supports(feature: Feature, call: CallOptions = {}): Promise<boolean> {
    if (!Object.hasOwn(features, feature)) {
      throw new InvalidInputError(`Features are ${Object.keys(features).join(", ")}.`);
    }
    return isAtLeast(await knownVersion(this.#hub, call), features[feature]);
  }

  /**
   * Resolves if the hub is healthy.
   *
   * `GET /health` · public · since 1.4
   * @throws HubError or ConnectionError if it is not
   */
  async health(call?: CallOptions): Promise<void> {
    await send(this.#hub, api.getHealth, {}, call);
  }

  /**
   * Returns the hub's metrics in the text format of Prometheus.
   *
   * `GET /metrics` · scope `read:metrics` · since 1.4
   * @throws ForbiddenError without the scope
   */
  metrics(call?: CallOptions): Promise<string> {
    return send(this.#hub, api.getMetrics, {}, call);
  }

  /**
   * Shuts down the hub. `input` or the hub's configuration decides whether the proxy and the users' servers stop, too.
   *
   * `POST /shutdown` · scope `shutdown`
   * @throws ForbiddenError without the scope
   */
  async shutdown(input: ShutdownInput = {}, call?: CallOptions): Promise<ShutdownAnswer> {
    return send(this.#hub, api.postShutdown, omitEmpty(input), call);
  }
}
