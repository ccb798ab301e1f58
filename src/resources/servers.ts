/** The servers of users: the default one, and named ones where the hub allows them. */
import {
  getUser,
  patchUserServer,
  patchUserServerName,
  putUserServer,
  putUserServerName,
} from "../../generated/sdk.gen.js";
import type {
  ProgressEvent,
  Server,
  ServerChanges,
  ServerRequest,
  User,
} from "../../generated/types.gen.js";
import { InvalidInputError } from "../core/errors.js";
import { callKeys, type KeysOf } from "../core/known-keys.js";
import { isAtLeast } from "../core/version.js";
import type { Listing } from "../workflows/listing.js";
import { stopTimeout } from "../workflows/server-state.js";
import { stopServer } from "../workflows/stop-server.js";
import {
  checkCall,
  keysOf,
  requestOptions,
  withSharedDeadline,
  dataOf,
  type CallOptions,
  type ResourceContext,
} from "./call.js";
import { ifMatches, reconcile } from "./reconcile.js";
import { fetchUsers, listOf, userRows, type ListOptions, type ListUsersInput } from "./listing.js";
import {
  ServerConnections,
  type ConnectionInput,
  type ConnectionOptions,
  type ConnectionSettings,
  type ConnectionContext,
  type ServerFetchOptions,
} from "./server-connection.js";
import {
  readModel,
  nameOf,
  createServerOperations,
  serverOf,
  serversOf,
  startKeys,
  type ServerInput,
  type StartServerInput,
} from "./server-operations.js";
import {
  progress,
  restart,
  start,
  startMany,
  stop,
  stopMany,
  type RestartServerOptions,
  type ServerStart,
  type StartManyOptions,
  type StartResult,
  type StartServerOptions,
  type StartTarget,
  type StopManyOptions,
  type StopResult,
  type StopTarget,
  type Targets,
} from "./server-starts.js";

/** Which of a user's servers to list. */
export interface ListServersInput {
  /** Whether to list servers that do not run, too. Since 3.0. @default false */
  include_stopped_servers?: boolean | undefined;
}

/** Changes to a server that does not run. At least one beside `server` is needed. */
export interface UpdateServerInput extends ServerInput {
  /** The server's new name. */
  name?: string | undefined;
  /** The name that people see. */
  display_name?: string | undefined;
  /** What the hub's Spawner is to make of it at the next start. */
  user_options?: Record<string, unknown> | undefined;
}

/** Whose servers to list, and in which order. */
export type ListActiveInput = Omit<ListUsersInput, "state" | "include_stopped_servers">;

/** A server, and the user whose it is. */
export interface ActiveServer {
  /** The user, with all of their servers that are active. */
  user: User;
  /** One of these. */
  server: Server;
}

const activeKeys = keysOf("GET /users", "offset", "state", "include_stopped_servers");
const updateKeys: KeysOf<UpdateServerInput> = { ...startKeys, name: true };
const connectionKeys: KeysOf<ConnectionOptions> = {
  ...callKeys,
  useClientToken: true,
  WebSocket: true,
  appendToken: true,
};

/** `hub.servers` */
export class Servers {
  readonly #hub: ResourceContext;
  readonly #connections: ServerConnections;

  constructor(hub: ResourceContext, reach: ConnectionContext) {
    this.#hub = hub;
    this.#connections = new ServerConnections(hub, reach);
  }

  /**
   * A user's servers that run or are about to; with `include_stopped_servers` (since 3.0) all of them.
   *
   * `GET /users/{name}` · scope `read:servers`
   * @throws NotFoundError when there is no such user, or the token's scopes do not reach it; ForbiddenError
   * when they do not reach the user's servers
   */
  async list(user: string, input: ListServersInput = {}, call?: CallOptions): Promise<Server[]> {
    const model = await dataOf(
      getUser({ ...requestOptions(this.#hub, call), path: { name: user }, query: input }),
    );
    return Object.values(serversOf(model));
  }

  /**
   * Every server of every user that runs, starts or stops, in the order in which the users were made
   * unless `sort` says otherwise. A page of it has the servers of a page of users: its `limit`, `offset`
   * and `total` count users.
   *
   * `GET /users` · scopes `list:users` and `read:servers` · by `state` since 1.3 (before, all users are
   * read), `name_filter` since 2.3, `sort` since 5.0
   * @param input.limit how many users the hub is asked for at once. Default 200
   * @throws ForbiddenError without the scopes; UnsupportedByHubError when the hub is too old for a key
   */
  listActive(input: ListActiveInput = {}, call?: ListOptions): Listing<ActiveServer> {
    return listOf(
      { input, call, known: activeKeys },
      async (call, page) => {
        const filtered = isAtLeast(await this.#hub.version(call), "1.3");
        const query = filtered ? ({ ...input, state: "active" } as const) : input;
        return fetchUsers(this.#hub, query)(call, page);
      },
      userRows,
      (user) => Object.values(serversOf(user)).map((server) => ({ user, server })),
    );
  }

  /**
   * One server, running or not. Before 6.0 it is taken out of the user's model, and before 3.0 it is
   * found only while it runs.
   *
   * `GET /users/{name}/server`, `GET /users/{name}/servers/{server_name}` · scope `read:servers` · since 6.0;
   * before, `GET /users/{name}`
   * @throws NotFoundError when the user has no such server
   */
  async get(user: string, input: ServerInput = {}, call: CallOptions = {}): Promise<Server> {
    const server = serverOf(input);
    return withSharedDeadline(`${nameOf(user, server)} was not read`, call, (shared) =>
      readModel(this.#hub, user, server, shared),
    );
  }

  /**
   * Creates a named server without starting it.
   *
   * `PUT /users/{name}/servers/{server_name}`, `PUT /users/{name}/server` · scope `start:servers` · since 6.0
   * @throws ConflictError when it exists, as the default server always does; BadRequestError for a name that
   * the hub's rules refuse (a letter, then letters, digits and single hyphens, at most 30); UnsupportedByHubError before 6.0
   */
  async create(user: string, input: StartServerInput, call?: CallOptions): Promise<Server> {
    const server = serverOf(input, startKeys);
    const { server: _, ...body } = input;
    const own = { name: user };
    return reconcile(
      call,
      (call) => {
        const options = { ...requestOptions(this.#hub, call), body: body as ServerRequest };
        // The default server exists already: of the first there is no success, only the hub's 409.
        return dataOf<unknown>(
          server === ""
            ? putUserServer({ ...options, path: own })
            : putUserServerName({ ...options, path: { ...own, server_name: server } }),
        ) as Promise<Server>;
      },
      (call) => ifMatches(this.get(user, { server }, call), body),
    );
  }

  /**
   * Starts a server and resolves when it is ready. Safe at any time: a start under way is joined, a stop
   * under way waited for, a running server taken (see `ifRunning`), and a hub that asks for patience is
   * given it. Without `user_options` the hub uses those of the last start. A start that fails is never
   * sent again.
   *
   * What it returns is a promise of the server, and an iterable of what the hub tells meanwhile: each
   * iteration gives all events from the first one on. It ends with a `ready` event, or with a `failed` one
   * where the hub tells that, and then throws what the promise rejects with. Leaving it leaves the start
   * alone. Since a start that somebody cancels is called ready, too, for a second, only the end of the
   * iteration means that the server is there to stay; it and the promise come 1,200 ms after that event.
   * Events are as the hub sent them: a Spawner may repeat `user_options` or a token in them. Errors leave these
   * out. Of a start's stream at most 10,000 events and 4,194,304 characters are read; then the start is polled. Do
   * not return it from an `async` function: it would be awaited there.
   *
   * `POST /users/{name}/server`, `POST /users/{name}/servers/{server_name}`, then
   * `GET /users/{name}/server/progress`, `GET /users/{name}/servers/{server_name}/progress` · scopes
   * `start:servers` (`servers` before 6.0) and `read:servers`
   * @throws SpawnFailedError when the server does not come up; RateLimitError when too many run, or the hub
   * asks for more than a minute; BadRequestError when the hub's rules refuse the name or the number of
   * servers; TimeoutError
   */
  start(user: string, input: StartServerInput = {}, call: StartServerOptions = {}): ServerStart {
    return start(this.#hub, user, input, call);
  }

  /**
   * Stops a server, waits until it is gone and starts it. Without `user_options` it comes back with those
   * that it ran with. `timeout` is 1,200,000 ms by default. Returns what `start` does.
   *
   * `DELETE /users/{name}/server` and `POST /users/{name}/server`, or
   * `DELETE /users/{name}/servers/{server_name}` and `POST /users/{name}/servers/{server_name}`, then
   * `GET /users/{name}/server/progress` or `GET /users/{name}/servers/{server_name}/progress` · scopes
   * `delete:servers`, `start:servers` (`servers` before 6.0) and `read:servers`
   * @throws as `stop` and `start` do
   */
  restart(
    user: string,
    input: StartServerInput = {},
    call: RestartServerOptions = {},
  ): ServerStart {
    return restart(this.#hub, user, input, call);
  }

  /**
   * Starts many servers, 8 at a time unless `concurrency` says otherwise. Yields the server or the error of each as it
   * completes. Begins when it is iterated. After a 429, all wait. Leaving the iteration begins no more starts and leaves
   * those in flight alone; `signal` still aborts them. `timeout` is for each server.
   *
   * `POST /users/{name}/server`, `POST /users/{name}/servers/{server_name}`, then
   * `GET /users/{name}/server/progress`, `GET /users/{name}/servers/{server_name}/progress` · scopes
   * `start:servers` (`servers` before 6.0) and `read:servers`
   * @param targets names of users, or objects such as `{ user: "ada", server: "gpu", user_options: {} }`, in any iterable
   * @param input for the targets that do not have these keys themselves
   * @throws InvalidInputError when the targets are no list. All other errors are in the results
   */
  startMany(
    targets: Targets<StartTarget>,
    input: StartServerInput = {},
    call: StartManyOptions = {},
  ): AsyncIterable<StartResult> {
    return startMany(this.#hub, targets, input, call);
  }

  /**
   * What the hub tells of a start, whoever began it, up to the last event: `ready` or `failed`. A server
   * that runs gives one ready event, one that has just failed gives one failed event. When the connection
   * is lost, the events go on where they were. What is no JSON object is passed over. `html_message` is
   * what the Spawner wrote and nobody checked; `message` is text. Both are as the hub sent them, and may repeat
   * the start's `user_options`. Begins when it is iterated, each time
   * anew, and leaving the iteration closes the connection.
   *
   * `GET /users/{name}/server/progress`, `GET /users/{name}/servers/{server_name}/progress` · scope
   * `read:servers`
   * @throws BadRequestError or NotFoundError when there is nothing to watch; ConnectionError when the hub
   * cannot be asked any more; UnexpectedResponseError after 10,000 events or 4,194,304 characters
   */
  progress(
    user: string,
    input: ServerInput = {},
    call: CallOptions = {},
  ): AsyncIterable<ProgressEvent> {
    return progress(this.#hub, user, input, call);
  }

  /**
   * Stops a server and resolves when it is gone; one that does not run is gone already. A start under way
   * is cancelled. `timeout` is 300,000 ms by default.
   *
   * `DELETE /users/{name}/server`, `DELETE /users/{name}/servers/{server_name}` · scopes `delete:servers`
   * and `read:servers`
   * @throws NotFoundError when the user has no such server; TimeoutError
   */
  stop(user: string, input: ServerInput = {}, call: CallOptions = {}): Promise<void> {
    return stop(this.#hub, user, input, call);
  }

  /**
   * Stops many servers, 8 at a time unless `concurrency` says otherwise. Yields the result of each as it completes.
   * Begins when it is iterated. Leaving the iteration begins no more stops; `signal` still aborts those in flight.
   * `timeout` is for each server.
   *
   * `DELETE /users/{name}/server`, `DELETE /users/{name}/servers/{server_name}` · scopes `delete:servers`
   * and `read:servers`
   * @param targets names of users, or objects such as `{ user: "ada", server: "gpu" }`, in any iterable
   * @param input for the targets that do not have these keys themselves
   * @throws InvalidInputError when the targets are no list. All other errors are in the results
   */
  stopMany(
    targets: Targets<StopTarget>,
    input: ServerInput = {},
    call: StopManyOptions = {},
  ): AsyncIterable<StopResult> {
    return stopMany(this.#hub, targets, input, call);
  }

  /**
   * Changes a server that does not run: its name, display name or options.
   *
   * `PATCH /users/{name}/server`, `PATCH /users/{name}/servers/{server_name}` · scope `start:servers` · since 6.0
   * @throws BadRequestError while it runs; ConflictError when the new name is taken; UnsupportedByHubError before 6.0
   */
  async update(user: string, input: UpdateServerInput, call?: CallOptions): Promise<Server> {
    const server = serverOf(input, updateKeys);
    const { server: _, ...body } = input;
    const own = { name: user };
    return reconcile(
      call,
      (call) => {
        const options = { ...requestOptions(this.#hub, call), body: body as ServerChanges };
        return dataOf(
          server === ""
            ? patchUserServer({ ...options, path: own })
            : patchUserServerName({ ...options, path: { ...own, server_name: server } }),
        );
      },
      (call) => ifMatches(this.get(user, { server: body.name ?? server }, call), body),
    );
  }

  /**
   * Stops a named server, removes it with its options and state, and resolves when it is gone.
   *
   * `DELETE /users/{name}/servers/{server_name}` · scopes `delete:servers` and `read:servers`
   * @throws NotFoundError when the user has no such server; InvalidInputError for the default server,
   * which hubs do not remove; TimeoutError after 300,000 ms unless `timeout` says otherwise
   */
  async delete(user: string, input: Required<ServerInput>, call: CallOptions = {}): Promise<void> {
    const server = serverOf(input ?? {});
    checkCall(call);
    const { timeout = stopTimeout, ...rest } = call;
    if (!server) {
      throw new InvalidInputError(
        "Only named servers can be deleted: name one, or use servers.stop.",
      );
    }
    const late = `${nameOf(user, server)} was not deleted`;
    const payloads = { stop: { body: { remove: true } } };
    await withSharedDeadline(late, { ...rest, timeout }, ({ signal, ...shared }) =>
      stopServer(createServerOperations(this.#hub, user, server, shared, payloads), true, signal),
    );
  }

  /**
   * The way to a running server, as `ServerConnection.makeSettings` of `@jupyterlab/services` takes it: its
   * address as people reach it, and a token that goes nowhere else: a new one that reaches this server alone,
   * or with `useClientToken` the client's.
   *
   * Requests and WebSockets to the default server are refused where their path begins with the name of another
   * server of the user: that server would get them. The names are those that the hub lists when the connection is
   * made, if the token's scopes reach the user's model.
   *
   * `GET /users/{name}` for the default server, `GET /users/{name}/servers/{server_name}` for a named one
   * (since 6.0; before, `GET /users/{name}`), then `POST /users/{name}/tokens` · scopes `read:servers` and `tokens` ·
   * `roles` since 2.0, `scopes` since 3.0: before, with `useClientToken` alone
   * @param input.expires_in how long the token lasts, in whole seconds. Default 3600
   * @throws ServerNotRunningError when it does not run; UnsupportedByHubError before 3.0 without `useClientToken`;
   * ForbiddenError when the client's token may make no others
   */
  async connect(
    user: string,
    input: ConnectionInput = {},
    call: ConnectionOptions = {},
  ): Promise<ConnectionSettings> {
    checkCall(call, connectionKeys);
    return this.#connections.open(user, input, call);
  }

  /**
   * Sends a request to a running server, such as `/api/kernels`, with a token that reaches this server alone.
   * Resolves with the server's response, whatever its status. Redirects are not followed.
   *
   * The address and the token are used again for about an hour, for the same caller only. The caller is whose
   * token the client has: a token function is asked once, and the hub then says whose token that is. With
   * `useClientToken`, `middleware`, a page's cookie, `headers` here, or an `Authorization` or `Cookie` in the client's
   * `headers`, nothing is used again and each request creates a token: open a `connection` for many of them.
   *
   * `GET /users/{name}` for the default server, `GET /users/{name}/servers/{server_name}` for a named one
   * (since 6.0; before, `GET /users/{name}`), then `POST /users/{name}/tokens` · scopes `read:servers` and `tokens` ·
   * `roles` since 2.0, `scopes` since 3.0: before, with `useClientToken` alone
   * @param path below the server's address, and not the name of another server of the user
   * @param init as for `fetch`, passed on as it is
   * @param options which `server`, `useClientToken`, and `signal`, `timeout` and `headers` as for any call
   * @throws ServerNotRunningError when it does not run; ConnectionError when it does not answer; and as
   * `connection` does
   */
  fetch(
    user: string,
    path: string,
    init: RequestInit = {},
    options: ServerFetchOptions = {},
  ): Promise<Response> {
    return this.#connections.fetch(user, path, init, options);
  }
}
