/** The servers of users: the default one, and named ones where the hub allows them. */
import {
  getUser,
  patchUserServer,
  patchUserServerName,
  putUserServer,
  putUserServerName,
} from "../../generated/sdk.gen.js";
import type { Server, ServerChanges, ServerRequest, User } from "../../generated/types.gen.js";
import { InvalidInputError } from "../core/errors.js";
import { isAtLeast } from "../core/version.js";
import type { Listing } from "../workflows/listing.js";
import { startServer, startTimeout, stopServer, stopTimeout } from "../workflows/spawn.js";
import { through, together, valueOf, type CallOptions, type Hub } from "./call.js";
import { askUsers, listOf, usersBy, type ListOptions, type ListUsersInput } from "./listing.js";
import {
  modelOf,
  nameOf,
  operationsOn,
  serverOf,
  serversOf,
  startPayload,
  type ServerInput,
  type StartServerInput,
} from "./one-server.js";

/** Which of a user's servers to list. */
export interface ListServersInput {
  /** Whether to list servers that do not run, too. Since 3.0. @default false */
  include_stopped_servers?: boolean;
}

const startKeys = ["server", "user_options", "display_name"];

/** Changes to a server that does not run. At least one beside `server` is needed. */
export interface UpdateServerInput extends ServerInput {
  /** The server's new name. */
  name?: string | undefined;
  /** The name that people see. */
  display_name?: string | undefined;
  /** What the hub's Spawner is to make of it at the next start. */
  user_options?: Record<string, unknown> | undefined;
}

/** Options of a start. */
export interface StartServerOptions extends CallOptions {
  /** Milliseconds until the server must be ready. @default 900_000 */
  timeout?: number | undefined;
  /**
   * What to do when the server runs already: take it, or fail with the hub's 400. By default it is taken
   * when no `user_options` are asked for, or those that it runs with.
   */
  ifRunning?: "join" | "fail" | undefined;
}

/** Options of a restart. */
export interface RestartServerOptions extends StartServerOptions {
  /** Milliseconds until the server must be ready again. @default 1_200_000 */
  timeout?: number | undefined;
}

/** Whose servers to list, and in which order. */
export type ActiveServersInput = Omit<ListUsersInput, "state" | "include_stopped_servers">;

/** A server, and the user whose it is. */
export interface ActiveServer {
  /** The user, with all of their servers that are active. */
  user: User;
  /** One of these. */
  server: Server;
}

/** `hub.servers` */
export class Servers {
  readonly #hub: Hub;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /**
   * A user's servers that run or are about to; with `include_stopped_servers` (since 3.0) all of them.
   *
   * `GET /users/{name}` · scope `read:servers`
   * @throws NotFoundError when there is no such user, or the token's scopes do not reach it; ForbiddenError
   * when they do not reach the user's servers
   */
  async list(user: string, input: ListServersInput = {}, call?: CallOptions): Promise<Server[]> {
    const model = await valueOf(
      getUser({ ...through(this.#hub, call), path: { name: user }, query: input }),
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
  active(input: ActiveServersInput = {}, call?: ListOptions): Listing<ActiveServer> {
    return listOf(
      call,
      async (call, page) => {
        const filtered = isAtLeast(await this.#hub.version(call), "1.3");
        const query = filtered ? ({ ...input, state: "active" } as const) : input;
        return askUsers(this.#hub, query)(call, page);
      },
      usersBy(input),
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
    return together(`${nameOf(user, server)} was not read`, call, (shared) =>
      modelOf(this.#hub, user, server, shared),
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
    return valueOf(
      server === ""
        ? putUserServer({
            ...through(this.#hub, call),
            path: { name: user },
            body: body as ServerRequest,
          })
        : putUserServerName({
            ...through(this.#hub, call),
            path: { name: user, server_name: server },
            body: body as ServerRequest,
          }),
    );
  }

  /**
   * Starts a server and resolves when it is ready. Safe at any time: a start under way is joined, a stop
   * under way waited for, a running server taken (see `ifRunning`). Without `user_options` the hub uses
   * those of the last start. A start that fails is never sent again.
   *
   * `POST /users/{name}/server`, `POST /users/{name}/servers/{server_name}` · scopes `start:servers`
   * (`servers` before 6.0) and `read:servers`
   * @throws SpawnFailedError when the server does not come up; RateLimitError when too many start or run;
   * BadRequestError when the hub's rules refuse the name or the number of servers; TimeoutError
   */
  async start(
    user: string,
    input: StartServerInput = {},
    call: StartServerOptions = {},
  ): Promise<Server> {
    const { ifRunning, timeout = startTimeout, ...rest } = call;
    const server = serverOf(input, startKeys);
    const { user_options: wanted } = input;
    const late = `${nameOf(user, server)} was not ready`;
    return together(late, { ...rest, timeout }, async ({ signal, ...shared }) => {
      const payload = await startPayload(this.#hub, user, input, { ...shared, signal });
      const operations = operationsOn(this.#hub, user, server, shared, payload);
      return startServer(operations, { wanted, ifRunning }, signal);
    });
  }

  /**
   * Stops a server, waits until it is gone and starts it. Without `user_options` it comes back with those
   * that it ran with. `timeout` is 1,200,000 ms by default.
   *
   * `DELETE /users/{name}/server` and `POST /users/{name}/server`, or
   * `DELETE /users/{name}/servers/{server_name}` and `POST /users/{name}/servers/{server_name}` · scopes
   * `delete:servers`, `start:servers` (`servers` before 6.0) and `read:servers`
   * @throws as `stop` and `start` do
   */
  async restart(
    user: string,
    input: StartServerInput = {},
    call: RestartServerOptions = {},
  ): Promise<Server> {
    const { ifRunning, timeout = stopTimeout + startTimeout, ...rest } = call;
    const server = serverOf(input, startKeys);
    const late = `${nameOf(user, server)} was not ready`;
    return together(late, { ...rest, timeout }, async (shared) => {
      await this.stop(user, { server }, shared);
      return this.start(user, input, { ...shared, ifRunning });
    });
  }

  /**
   * Stops a server and resolves when it is gone; one that does not run is gone already. A start under way
   * is cancelled. `timeout` is 300,000 ms by default.
   *
   * `DELETE /users/{name}/server`, `DELETE /users/{name}/servers/{server_name}` · scopes `delete:servers`
   * and `read:servers`
   * @throws NotFoundError when the user has no such server; TimeoutError
   */
  async stop(user: string, input: ServerInput = {}, call: CallOptions = {}): Promise<void> {
    const { timeout = stopTimeout, ...rest } = call;
    const server = serverOf(input);
    const late = `${nameOf(user, server)} was not stopped`;
    return together(late, { ...rest, timeout }, ({ signal, ...shared }) =>
      stopServer(operationsOn(this.#hub, user, server, shared), false, signal),
    );
  }

  /**
   * Changes a server that does not run: its name, display name or options.
   *
   * `PATCH /users/{name}/server`, `PATCH /users/{name}/servers/{server_name}` · scope `start:servers` · since 6.0
   * @throws BadRequestError while it runs; ConflictError when the new name is taken; UnsupportedByHubError before 6.0
   */
  async update(user: string, input: UpdateServerInput, call?: CallOptions): Promise<Server> {
    const server = serverOf(input, ["name", ...startKeys]);
    const { server: _, ...body } = input;
    return valueOf(
      server === ""
        ? patchUserServer({
            ...through(this.#hub, call),
            path: { name: user },
            body: body as ServerChanges,
          })
        : patchUserServerName({
            ...through(this.#hub, call),
            path: { name: user, server_name: server },
            body: body as ServerChanges,
          }),
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
    const { timeout = stopTimeout, ...rest } = call;
    const server = serverOf(input ?? {});
    if (!server) {
      throw new InvalidInputError(
        "Only named servers can be deleted: name one, or use servers.stop.",
      );
    }
    const late = `${nameOf(user, server)} was not deleted`;
    const payload = { body: { remove: true } };
    await together(late, { ...rest, timeout }, ({ signal, ...shared }) =>
      stopServer(operationsOn(this.#hub, user, server, shared, payload), true, signal),
    );
  }
}
