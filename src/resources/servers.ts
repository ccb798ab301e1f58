/** The servers of users: the default one, and named ones where the hub allows them. */
import {
  deleteUserServer,
  deleteUserServerName,
  getUser,
  getUserServer,
  getUserServerName,
  patchUserServer,
  patchUserServerName,
  postUserServer,
  postUserServerName,
  putUserServer,
  putUserServerName,
} from "../../generated/sdk.gen.js";
import type { Server, ServerChanges, ServerRequest } from "../../generated/types.gen.js";
import { asIs } from "../core/api-client.js";
import { InvalidInputError, NotFoundError } from "../core/errors.js";
import { unsupportedBy } from "../core/meaning.js";
import { checkName } from "../core/names.js";
import { isAtLeast } from "../core/version.js";
import {
  startServer,
  startTimeout,
  stopServer,
  stopTimeout,
  type ServerOperations,
} from "../workflows/spawn.js";
import { through, together, valueOf, type CallOptions, type Hub } from "./call.js";

/** Which of a user's servers. */
export interface ServerInput {
  /** The server's name; omitted or empty for the default server. */
  server?: string;
}

/** Which of a user's servers to list. */
export interface ListServersInput {
  /** Whether to list servers that do not run, too. Since 3.0. @default false */
  include_stopped_servers?: boolean;
}

/** What to start or create. `user_options` go to the hub's Spawner; `display_name` is known since 6.0. */
export interface StartServerInput extends ServerInput, ServerRequest {}

/** Changes to a server: its new `name`, `display_name` or `user_options`. */
export interface UpdateServerInput extends ServerInput, ServerChanges {}

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

/** A body made for the hub at hand, and what tells the client that it is. */
type Payload = { body?: Record<string, unknown>; meta?: Record<string, unknown> };

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
   * @throws NotFoundError when there is no such user, or the token's scopes do not reach it
   */
  async list(user: string, input: ListServersInput = {}, call?: CallOptions): Promise<Server[]> {
    const { servers } = await valueOf(
      getUser({ ...through(this.#hub, call), path: { name: user }, query: input }),
    );
    return Object.values(servers ?? {});
  }

  /**
   * One server, running or not. Before 6.0 it is taken out of the user's model, and before 3.0 it is
   * found only while it runs.
   *
   * `GET /users/{name}/server`, `GET /users/{name}/servers/{server_name}` · scope `read:servers` · since 6.0;
   * before, `GET /users/{name}`
   * @throws NotFoundError when the user has no such server
   */
  get(user: string, input: ServerInput = {}, call: CallOptions = {}): Promise<Server> {
    const { server = "" } = input;
    return together(`${nameOf(user, server)} was not read`, call, (shared) =>
      this.#model(user, server, shared),
    );
  }

  async #model(
    user: string,
    server: string,
    call: CallOptions & { signal: AbortSignal },
  ): Promise<Server> {
    // Names are refused before the version is asked for.
    checkNames(user, server);
    const version = await this.#hub.version(call.signal);
    if (isAtLeast(version, "6.0")) {
      return valueOf(
        server === ""
          ? getUserServer({ ...through(this.#hub, call), path: { name: user } })
          : getUserServerName({
              ...through(this.#hub, call),
              path: { name: user, server_name: server },
            }),
      );
    }
    const query = isAtLeast(version, "3.0") ? { include_stopped_servers: true } : {};
    const { servers } = await valueOf(
      getUser({ ...through(this.#hub, call), path: { name: user }, query }),
    );
    const found = Object.hasOwn(servers ?? {}, server) ? servers?.[server] : undefined;
    if (!found) {
      throw new NotFoundError(
        `${nameOf(user, server)} is not there, or the token's scopes do not reach it.`,
        {
          status: 404,
          hubVersion: version,
        },
      );
    }
    return found;
  }

  /**
   * Creates a named server without starting it.
   *
   * `PUT /users/{name}/servers/{server_name}`, `PUT /users/{name}/server` · scope `start:servers` · since 6.0
   * @throws ConflictError when it exists, as the default server always does; BadRequestError for a name that
   * the hub's rules refuse (a letter, then letters, digits and single hyphens, at most 30); UnsupportedByHubError before 6.0
   */
  create(user: string, input: StartServerInput, call?: CallOptions): Promise<Server> {
    const { server = "", ...body } = input;
    return valueOf(
      server === ""
        ? putUserServer({ ...through(this.#hub, call), path: { name: user }, body })
        : putUserServerName({
            ...through(this.#hub, call),
            path: { name: user, server_name: server },
            body,
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
    const { server = "", user_options: wanted } = input;
    const late = `${nameOf(user, server)} was not ready`;
    return together(late, { ...rest, timeout }, async ({ signal, ...shared }) => {
      checkNames(user, server);
      const payload = await this.#startBody(input, signal);
      const operations = this.#operations(user, server, shared, payload);
      return startServer(operations, { wanted, ifRunning }, signal);
    });
  }

  /**
   * Stops a server, waits until it is gone and starts it. Without `user_options` it comes back with those
   * that it ran with. `timeout` is 1,200,000 ms by default.
   *
   * `DELETE /users/{name}/server` and `POST /users/{name}/server`, or
   * `DELETE /users/{name}/servers/{server_name}` and `POST /users/{name}/servers/{server_name}` · scopes and
   * errors as of `stop` and `start`
   */
  async restart(
    user: string,
    input: StartServerInput = {},
    call: StartServerOptions = {},
  ): Promise<Server> {
    const { ifRunning, timeout = stopTimeout + startTimeout, ...rest } = call;
    const { server = "" } = input;
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
  stop(user: string, input: ServerInput = {}, call: CallOptions = {}): Promise<void> {
    const { timeout = stopTimeout, ...rest } = call;
    const { server = "" } = input;
    const late = `${nameOf(user, server)} was not stopped`;
    return together(late, { ...rest, timeout }, ({ signal, ...shared }) =>
      stopServer(this.#operations(user, server, shared), false, signal),
    );
  }

  /**
   * Changes a server that does not run: its name, display name or options.
   *
   * `PATCH /users/{name}/server`, `PATCH /users/{name}/servers/{server_name}` · scope `start:servers` · since 6.0
   * @throws BadRequestError while it runs; ConflictError when the new name is taken; UnsupportedByHubError before 6.0
   */
  update(user: string, input: UpdateServerInput, call?: CallOptions): Promise<Server> {
    const { server = "", ...body } = input;
    return valueOf(
      server === ""
        ? patchUserServer({ ...through(this.#hub, call), path: { name: user }, body })
        : patchUserServerName({
            ...through(this.#hub, call),
            path: { name: user, server_name: server },
            body,
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
    const server = input?.server;
    if (!server) {
      throw new InvalidInputError(
        "Only named servers can be deleted: name one, or use servers.stop.",
      );
    }
    const late = `${nameOf(user, server)} was not deleted`;
    await together(late, { ...rest, timeout }, ({ signal, ...shared }) =>
      stopServer(this.#operations(user, server, shared, { body: { remove: true } }), true, signal),
    );
  }

  /** What the workflows need; `payload` is the body of the start or of the deletion. */
  #operations(
    user: string,
    server: string,
    call: CallOptions,
    payload: Payload = {},
  ): ServerOperations {
    const hub = this.#hub;
    const path = { name: user, server_name: server };
    const options = (signal: AbortSignal) => ({
      ...through(hub, { ...call, signal }),
      ...payload,
      path,
    });
    return {
      what: nameOf(user, server),
      start: async (signal) => {
        const { response } = await (server === ""
          ? postUserServer(options(signal))
          : postUserServerName(options(signal)));
        return response.status;
      },
      stop: async (signal) => {
        const { response } = await (server === ""
          ? deleteUserServer({ ...through(hub, { ...call, signal }), path })
          : deleteUserServerName(options(signal)));
        return response.status;
      },
      model: async (signal) => {
        try {
          return await this.#model(user, server, { ...call, signal });
        } catch (error) {
          if (error instanceof NotFoundError) return undefined;
          throw error;
        }
      },
    };
  }

  /** Before 6.0 the whole body is the user options; with the body of 6.0 they would be nested, and silently wrong. */
  async #startBody(
    { display_name, user_options }: StartServerInput,
    signal: AbortSignal,
  ): Promise<Payload> {
    if (display_name === undefined && user_options === undefined) return {};
    const version = await this.#hub.version(signal);
    if (isAtLeast(version, "6.0")) {
      return {
        body: {
          ...(display_name !== undefined && { display_name }),
          ...(user_options !== undefined && { user_options }),
        },
      };
    }
    const unsupported =
      display_name !== undefined && unsupportedBy(version, { since: "6.0" }, "`display_name`");
    if (unsupported) throw unsupported;
    return user_options ? { body: user_options, ...asIs } : {};
  }
}

const nameOf = (user: string, server: string): string =>
  server === "" ? `The server of ${user}` : `The server ${server} of ${user}`;

function checkNames(user: string, server: string): void {
  checkName("name", user);
  checkName("server_name", server, true);
}
