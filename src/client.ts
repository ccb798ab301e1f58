/** The `JupyterHub` class: takes the options, wires the parts together, and owns no logic. */
import { features, operations, type Feature } from "../generated/operations.gen.js";
import type { HubInfo, RequestIdentity, ShutdownAnswer } from "../generated/types.gen.js";
import { fetchVersion, hubVersion, type ApiClient } from "./core/api-client.js";
import { checkToken } from "./core/auth.js";
import { createProbe, discover } from "./core/discover.js";
import {
  createClientContext,
  inheritFrom,
  optionKeys,
  type ClientContext,
  type JupyterHubOptions,
} from "./core/options.js";
import { environmentVariable } from "./core/runtime.js";
import { InvalidInputError } from "./core/errors.js";
import { checkKeys } from "./core/known-keys.js";
import { oauthClient } from "./core/oauth.js";
import { isAtLeast } from "./core/version.js";
import * as admin from "./resources/admin.js";
import {
  requestOptions,
  withSharedDeadline,
  type CallOptions,
  type ResourceContext,
} from "./resources/call.js";
import { Groups } from "./resources/groups.js";
import { OAuth } from "./resources/oauth.js";
import { Proxy } from "./resources/proxy.js";
import { Servers } from "./resources/servers.js";
import { Services } from "./resources/services.js";
import { ShareCodes } from "./resources/share-codes.js";
import { Shares } from "./resources/shares.js";
import { Tokens } from "./resources/tokens.js";
import { Users } from "./resources/users.js";

/** The options of a client whose url is known otherwise. */
const { url: _, ...otherKeys } = optionKeys;
/** A discovery sends no headers of the caller. */
const discoveryKeys = { signal: true, timeout: true } as const;

const noToken = (): undefined => undefined;

/**
 * A client of one hub.
 *
 * Every method takes the names it needs, then, if its operation takes any input, one bag of it in the
 * hub's own words, then the options of the call (`signal`, `timeout`, `headers`). An unknown key in a bag
 * is an {@link InvalidInputError}, and nothing is sent. Every method rejects with a
 * {@link JupyterHubError}, or with the signal's reason when it is aborted.
 */
export class JupyterHub {
  readonly #connection: ClientContext;
  readonly #hub: ResourceContext;

  /** Where the hub's API is: `https://host/prefix/hub/api`. */
  readonly url: string;
  /** Where people reach the hub: `https://host/prefix/hub/`. */
  readonly publicUrl: string;
  /** For the functions of `jupyterhub-client/api`: this client's transport, checks and errors. */
  readonly client: ApiClient;

  readonly users: Users;
  readonly tokens: Tokens<JupyterHub>;
  readonly servers: Servers;
  readonly groups: Groups;
  readonly shares: Shares;
  readonly shareCodes: ShareCodes;
  readonly services: Services;
  readonly proxy: Proxy;
  readonly oauth: OAuth<JupyterHub>;

  /**
   * Sends nothing. Without options it takes what a hub tells the programs that it starts:
   * `JUPYTERHUB_API_URL`, `JUPYTERHUB_API_TOKEN` and `JUPYTERHUB_PUBLIC_HUB_URL`.
   * @throws InvalidInputError when an option does not fit, or there is no url
   */
  constructor(options: JupyterHubOptions = {}) {
    const connection = createClientContext(options, operations);
    const hub: ResourceContext = {
      client: connection.client,
      authorization: connection.credentials.authorization,
      version: async (call) => {
        const { client: _, throwOnError: __, ...options } = requestOptions(hub, call);
        return hubVersion(connection, options);
      },
    };
    const as = (token: string): JupyterHub => {
      // Without one, it would be a client with this one's own token.
      checkToken(token);
      return this.withOptions({ token });
    };
    this.#connection = connection;
    this.#hub = hub;
    this.url = connection.apiUrl;
    this.publicUrl = connection.publicUrl;
    this.client = connection.client;
    this.servers = new Servers(hub, connection);
    this.users = new Users(hub, this.servers);
    this.tokens = new Tokens(hub, as);
    this.groups = new Groups(hub);
    this.shares = new Shares(hub);
    this.shareCodes = new ShareCodes(hub);
    this.services = new Services(hub);
    this.proxy = new Proxy(hub);
    this.oauth = new OAuth(hub, as, oauthClient(connection));
  }

  /**
   * Finds the hub behind any of its links, such as `https://hub.example.org/user/ada/lab`, and returns a client of
   * it. Asks at up to five addresses for the hub's version, never below a segment that is `hub`, `user` or
   * `services`. These requests carry no token, cookie or header of yours and run no middleware, since a link can
   * lead anywhere. They follow redirects, and the client is one of the hub where these end. It has all of the options: take links from people whom you trust with
   * its token.
   *
   * `GET /` · public
   * @param link at most 8,000 characters. A hub whose prefix contains one of these segments, or that lets nobody in
   * without a gateway's key, is not found: give its address to the constructor
   * @param options as for the constructor, without `url`. Without `token`, the environment's is used only for the
   * hub of its `JUPYTERHUB_API_URL`
   * @param call bounds the search; it takes no `headers`
   * @throws UnexpectedResponseError when no address answers as a hub; HubError when the hub is down; InvalidInputError for
   * what is not a link
   */
  static async discover(
    link: string,
    options: Omit<JupyterHubOptions, "url"> = {},
    call: Omit<CallOptions, "headers"> = {},
  ): Promise<JupyterHub> {
    checkKeys("options of the client", options, otherKeys);
    checkKeys("options of the call", call, discoveryKeys);
    // The environment's token is only for the hub that the environment names.
    const named = environmentVariable("JUPYTERHUB_API_URL") !== undefined;
    const token = options.token ?? (named || options.auth ? undefined : noToken);
    return withSharedDeadline("No hub was found", call, (call) =>
      discover(link, async (url) => {
        // Before anything is sent: this refuses options that do not fit.
        const found = new JupyterHub({ ...options, url, token });
        const probe = createProbe(options);
        await new JupyterHub({ ...probe.options, url }).version(call);
        const target = probe.target();
        return target === undefined ? found : new JupyterHub({ ...options, url: target, token });
      }),
    );
  }

  /**
   * Another client of the same hub: what `options` leaves out is as it is here, but that a token takes the
   * place of a page's cookie, and the other way round. Without a `maxConcurrency` of its own, its calls count
   * together with those of this one. Sends nothing.
   * @throws InvalidInputError when an option does not fit
   */
  withOptions(options: Omit<JupyterHubOptions, "url">): JupyterHub {
    checkKeys("options of the client", options, otherKeys);
    const given = Object.entries(options).filter(([, value]) => value !== undefined);
    const { auth, token, ...own } = this.#connection.options;
    const replaced = options.token !== undefined || options.auth !== undefined;
    const credentials = replaced ? {} : { auth, token };
    const all = { ...own, ...credentials, ...Object.fromEntries(given), url: this.url };
    const isBoundApart = options.maxConcurrency !== undefined;
    return new JupyterHub(inheritFrom(all, this.#connection, isBoundApart));
  }

  /**
   * The hub's version, such as "6.1.1", asked for now.
   *
   * `GET /` · public
   * @throws UnexpectedResponseError when something else answers; ConnectionError when nothing does
   */
  async version(call?: CallOptions): Promise<string> {
    const { client: _, throwOnError: __, ...options } = requestOptions(this.#hub, call);
    return fetchVersion(this.#connection, options);
  }

  /**
   * Resolves when the API answers: while a hub starts, nothing or its proxy does. `timeout` is 60,000 ms by
   * default.
   *
   * `GET /` · public
   * @throws TimeoutError when it does not, with what answered last as its cause; UnexpectedResponseError when something
   * else answers
   */
  waitUntilReady(call: CallOptions = {}): Promise<void> {
    return admin.waitUntilReady((call) => this.version(call), call);
  }

  /**
   * What the hub runs on: versions of Python, the Authenticator and the Spawner.
   *
   * `GET /info` · scope `read:hub`
   * @throws ForbiddenError without the scope
   */
  info(call?: CallOptions): Promise<HubInfo> {
    return admin.info(this.#hub, call);
  }

  /**
   * Whose token the client has (a user's or a service's: see `kind`) and what it may do.
   *
   * `GET /user` · any valid token · scopes are told since 2.0, the token's id since 5.0
   * @throws AuthenticationError without a valid token
   */
  whoami(call?: CallOptions): Promise<RequestIdentity> {
    return admin.whoami(this.#hub, call);
  }

  /**
   * Whether the hub is new enough for a feature. Asks for the hub's version if no answer has told it yet.
   *
   * `GET /` · public
   * @throws InvalidInputError for a feature that there is not
   */
  async supports(feature: Feature, call: CallOptions = {}): Promise<boolean> {
    if (!Object.hasOwn(features, feature)) {
      throw new InvalidInputError(`Features are ${Object.keys(features).join(", ")}.`);
    }
    return isAtLeast(await this.#hub.version(call), features[feature]);
  }

  /**
   * Resolves when the hub is alive.
   *
   * `GET /health` · public · since 1.4
   * @throws HubError or ConnectionError when it is not
   */
  health(call?: CallOptions): Promise<void> {
    return admin.health(this.#hub, call);
  }

  /**
   * The hub's metrics in the text format of Prometheus.
   *
   * `GET /metrics` · scope `read:metrics` · since 1.4
   * @throws ForbiddenError without the scope
   */
  metrics(call?: CallOptions): Promise<string> {
    return admin.metrics(this.#hub, call);
  }

  /**
   * Ends the hub, and with it the proxy and people's servers as `input` or the hub's configuration says.
   *
   * `POST /shutdown` · scope `shutdown`
   * @throws ForbiddenError without the scope
   */
  shutdown(input: admin.ShutdownInput = {}, call?: CallOptions): Promise<ShutdownAnswer> {
    return admin.shutdown(this.#hub, input, call);
  }
}
