/** The servers of users. Each user has a default server and, if the hub allows them, named servers. */
import * as api from "../../generated/sdk.gen.js";
import type { ProgressEvent, Server, User } from "../../generated/types.gen.js";
import { InvalidInputError } from "../core/errors.js";
import { callKeys, type KeysOf } from "../core/known-keys.js";
import { isAtLeast } from "../core/version.js";
import { Action } from "../workflows/progress.js";
import {
  checkCall,
  keysOf,
  send,
  withSharedDeadline,
  type CallOptions,
  knownVersion,
  type ClientContext,
} from "./call.js";
import {
  listItems,
  usersSource,
  type Listing,
  type ListOptions,
  type ListUsersInput,
} from "./listing.js";
import { ifMatches, write } from "./reconcile.js";
import {
  ServerConnections,
  type ConnectionInput,
  type ConnectionOptions,
  type ConnectionSettings,
  type ServerFetchOptions,
} from "./server-connection.js";
import {
  forServer,
  pairs,
  readModel,
  serverOf,
  serverRef,
  serversOf,
  startKeys,
  withoutServer,
  type ServerInput,
  type StartServerInput,
} from "./server-operations.js";
import {
  progress,
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

/** Options for listing a user's servers. */
export interface ListServersInput {
  /** Whether to include servers that do not run. Since 3.0. @default false */
  include_stopped_servers?: boolean | undefined;
}

/** A named server. */
export interface NamedServerInput {
  /** The server's name; not empty. */
  server: string;
}

/** The named server to create. */
export interface CreateServerInput extends StartServerInput {
  /** The server's name; not empty, since each user always has a default server. */
  server: string;
}

/** Changes to a server that does not run: at least one key besides `server`. */
export interface UpdateServerInput extends ServerInput {
  /** The server's new name. */
  name?: string | undefined;
  /** The name that people see. */
  display_name?: string | undefined;
  /** Options for the hub's Spawner at the next start. */
  user_options?: object | undefined;
}

/** The filters and the order of the users whose servers are listed. */
export type ListActiveInput = Omit<ListUsersInput, "state" | "include_stopped_servers">;

/** A server and its user. */
export interface ActiveServer {
  /** The user, with all of their active servers. */
  user: User;
  /** One of this user's active servers. */
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
  readonly #hub: ClientContext;
  readonly #connections: ServerConnections;

  constructor(hub: ClientContext) {
    this.#hub = hub;
    this.#connections = new ServerConnections(hub);
  }

  /**
   * Returns a user's servers that run or are pending; with `include_stopped_servers` (since 3.0) all of them.
   *
   * `GET /users/{name}` · scope `read:servers`
   * @throws NotFoundError if the user does not exist, or the token's scopes do not include them; ForbiddenError if the
   * scopes do not include the user's servers
   */
  async list(user: string, input: ListServersInput = {}, call?: CallOptions): Promise<Server[]> {
    const model = await send(this.#hub, api.getUser, { path: { name: user }, query: input }, call);
    return Object.values(serversOf(model));
  }

  /**
   * Lists all active servers of all users: those that run, start or stop. The users are in the order of their creation
   * or by `sort`. A page has the servers of a page of users: its `limit`, `offset` and `total` count users.
   *
   * `GET /users` · scopes `list:users` and `read:servers` · requests users by `state` since 1.3 (before, requests all
   * users), `name_filter` since 2.3, `sort` since 5.0
   * @param input `limit`: users per request; the listing has all users, whatever the `limit`. Default 200
   * @throws ForbiddenError without the scopes; UnsupportedByHubError if the hub is too old for a key
   */
  listActive(input: ListActiveInput = {}, call?: ListOptions): Listing<ActiveServer> {
    const users = usersSource(this.#hub, input, call);
    const active = usersSource(this.#hub, { ...input, state: "active" }, call);
    return listItems({
      ...users,
      known: activeKeys,
      fetchPage: async (query, call) => {
        const { fetchPage } = isAtLeast(await knownVersion(this.#hub, call), "1.3")
          ? active
          : users;
        return fetchPage(query, call);
      },
      itemsOf: (user) => Object.values(serversOf(user)).map((server) => ({ user, server })),
    });
  }

  /**
   * Returns a server, running or not. Before 6.0, reads the server from the user's model; before 3.0, the server must
   * run.
   *
   * `GET /users/{name}/server`, `GET /users/{name}/servers/{server_name}` · scope `read:servers` · since 6.0;
   * before, `GET /users/{name}`
   * @throws NotFoundError if the server does not exist
   */
  async get(user: string, input: ServerInput = {}, call: CallOptions = {}): Promise<Server> {
    const ref = serverRef(user, input);
    return withSharedDeadline(`${ref.what} was not read`, call, (call) =>
      readModel(this.#hub, ref, call),
    );
  }

  /**
   * Creates a named server without starting it.
   *
   * `PUT /users/{name}/servers/{server_name}`, `PUT /users/{name}/server` · scope `start:servers` · since 6.0
   * @throws ConflictError if the server exists, as default servers always do; BadRequestError for a name that the hub's
   * rules refuse (a letter, then letters, digits and single hyphens; at most 30 characters); UnsupportedByHubError
   * before 6.0
   */
  async create(user: string, input: CreateServerInput, call?: CallOptions): Promise<Server> {
    const { server, body } = withoutServer(input, startKeys);
    const create = forServer(pairs.create, { user, server });
    return write(this.#hub, create, { body }, call, (call) =>
      ifMatches(this.get(user, { server }, call), body),
    );
  }

  /**
   * Starts a server and resolves when it is ready. Joins a pending start, waits for a pending stop, resolves with a
   * running server (see `ifRunning`), and waits if the hub limits the rate of starts. If the hub restarts meanwhile,
   * keeps trying to read the server's state for up to a minute. Does not retry a start that failed. Without
   * `user_options`, the hub uses those of the last start.
   *
   * The result is a promise of the server and an iterable of the progress events. Each iteration yields all events, up
   * to `ready` or, if the hub sent it, `failed`; if the promise rejects, the iteration then throws the same error.
   * Stopping an iteration does not cancel the start. Hubs report a cancelled start as `ready` for a second. So after a
   * slow start, the promise and the iteration end when the server responds at its address (to a request without token
   * or cookie), or 1,200 ms after the `ready` event. Events are as the hub sent them: a Spawner may repeat
   * `user_options` or a token in them, but errors contain neither. After 10,000 events or 4,194,304 characters, the
   * client polls the server's state instead. An `async` function that returns the result awaits it, and so resolves
   * with the server.
   *
   * `POST /users/{name}/server`, `POST /users/{name}/servers/{server_name}`, then
   * `GET /users/{name}/server/progress`, `GET /users/{name}/servers/{server_name}/progress` · scopes
   * `start:servers` (`servers` before 6.0) and `read:servers`
   * @throws SpawnFailedError if the server does not become ready; RateLimitError if the hub's limit is reached and
   * `Retry-After` exceeds a minute or is missing; BadRequestError if the hub's rules refuse the name or the number of
   * servers, or the server has `user_options` other than yours (see `ifRunning`); TimeoutError
   */
  start(user: string, input: StartServerInput = {}, call: StartServerOptions = {}): ServerStart {
    return new Action<Server, ProgressEvent>((eventLog) =>
      start(this.#hub, user, input, call, { eventLog }),
    );
  }

  /**
   * Stops a server, waits until it has stopped, and starts it. Without `user_options`, the hub uses those of the last
   * start. Returns the same as `start`. `timeout` is 1,200,000 ms by default.
   *
   * `DELETE /users/{name}/server` and `POST /users/{name}/server`, or
   * `DELETE /users/{name}/servers/{server_name}` and `POST /users/{name}/servers/{server_name}`, then
   * `GET /users/{name}/server/progress` or `GET /users/{name}/servers/{server_name}/progress` · scopes
   * `delete:servers`, `start:servers` (`servers` before 6.0) and `read:servers`
   * @throws the errors of `stop` and `start`
   */
  restart(
    user: string,
    input: StartServerInput = {},
    call: RestartServerOptions = {},
  ): ServerStart {
    return new Action<Server, ProgressEvent>((eventLog) =>
      start(this.#hub, user, input, call, { eventLog, restarts: true }),
    );
  }

  /**
   * Starts many servers while you iterate the result: `for await (const { user, error } of hub.servers.startMany(…))`.
   * Without an iteration nothing is sent; `await` alone does nothing. Starts 8 servers at a time or as many as
   * `concurrency`, and yields the server or the error of each as it completes. After a 429, all starts wait. If you stop
   * iterating, no more starts begin, but those in flight go on; `signal` aborts them. `timeout` applies to each server.
   *
   * `POST /users/{name}/server`, `POST /users/{name}/servers/{server_name}`, then
   * `GET /users/{name}/server/progress`, `GET /users/{name}/servers/{server_name}/progress` · scopes
   * `start:servers` (`servers` before 6.0) and `read:servers`
   * @param targets users' names, or objects such as `{ user: "ada", server: "gpu", user_options: {} }`, in any iterable
   * @param input the values for keys that a target does not have
   * @throws InvalidInputError if the targets are not a list. The results contain all other errors
   */
  startMany(
    targets: Targets<StartTarget>,
    input: StartServerInput = {},
    call: StartManyOptions = {},
  ): AsyncIterable<StartResult> {
    return startMany(this.#hub, targets, input, call);
  }

  /**
   * Iterates over the progress events of a start, whichever client began it, up to the last one: `ready` or `failed`.
   * For a running server, yields one `ready` event; after a failed start, one `failed` event. Each iteration opens a
   * connection, reconnects if the connection is lost, and closes it when the loop ends. Skips data that is not a JSON
   * object. Events are as the hub sent them: a Spawner may repeat `user_options` in them; `message` is text,
   * `html_message` is unsanitised HTML.
   *
   * `GET /users/{name}/server/progress`, `GET /users/{name}/servers/{server_name}/progress` · scope
   * `read:servers`
   * @throws BadRequestError or NotFoundError if there is no start; ConnectionError if the hub is unreachable or
   * ends the stream early four times in a row; UnexpectedResponseError after 10,000 events or 4,194,304 characters
   */
  progress(
    user: string,
    input: ServerInput = {},
    call: CallOptions = {},
  ): AsyncIterable<ProgressEvent> {
    return progress(this.#hub, user, input, call);
  }

  /**
   * Stops a server and resolves when it has stopped, at once if it does not run. Cancels a pending start; before 5.0,
   * waits until the start is over. If the hub restarts meanwhile, keeps trying to read the server's state for up to a
   * minute. `timeout` is 300,000 ms by default.
   *
   * `DELETE /users/{name}/server`, `DELETE /users/{name}/servers/{server_name}` · scopes `delete:servers`
   * and `read:servers`
   * @throws NotFoundError if the server does not exist; JupyterHubError if the hub could not stop it; TimeoutError
   */
  stop(user: string, input: ServerInput = {}, call: CallOptions = {}): Promise<void> {
    return stop(this.#hub, user, input, call);
  }

  /**
   * Stops many servers while you iterate the result: `for await (const { user, error } of hub.servers.stopMany(…))`.
   * Without an iteration nothing is sent; `await` alone does nothing. Stops 8 servers at a time or as many as
   * `concurrency`, and yields the result of each as it completes. If you stop iterating, no more stops begin; `signal`
   * aborts those in flight. `timeout` applies to each server.
   *
   * `DELETE /users/{name}/server`, `DELETE /users/{name}/servers/{server_name}` · scopes `delete:servers`
   * and `read:servers`
   * @param targets names of users, or objects such as `{ user: "ada", server: "gpu" }`, in any iterable
   * @param input the values for keys that a target does not have
   * @throws InvalidInputError if the targets are not a list. The results contain all other errors
   */
  stopMany(
    targets: Targets<StopTarget>,
    input: ServerInput = {},
    call: StopManyOptions = {},
  ): AsyncIterable<StopResult> {
    return stopMany(this.#hub, targets, input, call);
  }

  /**
   * Changes the name, display name or options of a server that does not run.
   *
   * `PATCH /users/{name}/server`, `PATCH /users/{name}/servers/{server_name}` · scope `start:servers` · since 6.0
   * @throws BadRequestError if the server runs; ConflictError if the new name is in use; UnsupportedByHubError before
   * 6.0
   */
  async update(user: string, input: UpdateServerInput, call?: CallOptions): Promise<Server> {
    const { server, body } = withoutServer(input, updateKeys);
    const update = forServer(pairs.update, { user, server });
    return write(this.#hub, update, { body }, call, (call) =>
      ifMatches(this.get(user, { server: body.name ?? server }, call), body),
    );
  }

  /**
   * Stops a named server, removes it with its options and state, and resolves when it no longer exists.
   *
   * `DELETE /users/{name}/servers/{server_name}` · scopes `delete:servers` and `read:servers`
   * @throws NotFoundError if the server does not exist; InvalidInputError for the default server, which hubs do not
   * remove; TimeoutError after 300,000 ms or `timeout`
   */
  async delete(user: string, input: NamedServerInput, call: CallOptions = {}): Promise<void> {
    const server = serverOf(input ?? {});
    if (!server) {
      throw new InvalidInputError(
        "Only named servers can be deleted: name one, or use servers.stop.",
      );
    }
    await stop(this.#hub, user, { server }, call, true);
  }

  /**
   * Returns the settings to reach a running server, for `ServerConnection.makeSettings` of `@jupyterlab/services`: the
   * server's public address, and a new token that reaches this server only (with `useClientToken`, the client's token).
   *
   * Requests and WebSockets to a default server are refused if their path begins with the name of one of the user's
   * named servers, since that server would receive them. The names are read once, if the token's scopes include the
   * user's model.
   *
   * `GET /users/{name}` for the default server, `GET /users/{name}/servers/{server_name}` for a named one (since 6.0;
   * before, `GET /users/{name}`), then `POST /users/{name}/tokens` · scopes `read:servers` and `tokens` · `roles`
   * since 2.0, `scopes` since 3.0: before 3.0, only with `useClientToken` · for a server shared with your user (since 5.0)
   * also `GET /user` and `GET /users/{name}/shared/{owner}/{server_name}`, with the scopes `read:users:shares` and
   * `tokens`, both for your user, instead
   * @param input `expires_in`: lifetime of the token in whole seconds. Default 3600
   * @throws ServerNotRunningError if the server does not run; UnsupportedByHubError before 3.0 without
   * `useClientToken`; ForbiddenError if the client's token cannot create tokens
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
   * Sends a request for a path of a running server, such as `/api/kernels`, with a token that reaches this server only.
   * Resolves with the server's response, whatever its status. Does not follow redirects.
   *
   * Reuses the address and the token for about an hour, separately for each owner of the client's token. (A token
   * function is called once for each request; the hub is queried for the owner of each new token.) Nothing is reused
   * with `useClientToken`, with `headers` in `options`, or if the client has `middleware`, uses a page's cookie, or has
   * an `Authorization` or `Cookie` in its own `headers`. Each request then reads the server's address and, without
   * `useClientToken`, creates a token: use `connect` for many requests.
   *
   * `GET /users/{name}` for the default server, `GET /users/{name}/servers/{server_name}` for a named one (since 6.0;
   * before, `GET /users/{name}`), then `POST /users/{name}/tokens` · scopes `read:servers` and `tokens` · `roles`
   * since 2.0, `scopes` since 3.0: before 3.0, only with `useClientToken` · for a server shared with your user (since 5.0)
   * also `GET /user` and `GET /users/{name}/shared/{owner}/{server_name}`, with the scopes `read:users:shares` and
   * `tokens`, both for your user, instead
   * @param path the path below the server's address; it must not begin with the name of one of the user's named servers
   * @param init as for `fetch`, passed on unchanged
   * @param options `server`, `useClientToken`, and the options of a call
   * @throws ServerNotRunningError if the server does not run; ConnectionError if it does not respond; and the errors of
   * `connect`
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
