/** The users of the hub. */
import * as api from "../../generated/sdk.gen.js";
import type {
  GetUserData,
  PatchUserData,
  PostUserActivityData,
  PostUserData,
  PostUsersData,
  User,
} from "../../generated/types.gen.js";
import { ConflictError, NotFoundError } from "../core/errors.js";
import { callKeys, type KeysOf } from "../core/known-keys.js";
import {
  checkCall,
  checkInput,
  keysOf,
  omitEmpty,
  send,
  withSharedDeadline,
  type CallOptions,
  type ClientContext,
} from "./call.js";
import {
  list,
  usersSource,
  type Listing,
  type ListOptions,
  type ListUsersInput,
} from "./listing.js";
import { ifDeleted, ifMatches, isDeleted, write } from "./reconcile.js";
import type { Servers } from "./servers.js";

/** Options for reading one user: whether to include the stopped servers. */
export type GetUserInput = NonNullable<GetUserData["query"]>;
/** The properties of a new user. */
export type CreateUserInput = NonNullable<PostUserData["body"]>;
/** The names of new users, and the properties that all of them get. */
export type CreateUsersInput = PostUsersData["body"];
/** Changes to a user: the name, whether they are an admin, the `auth_state`. */
export type UpdateUserInput = PatchUserData["body"];
/** The times when a user and their servers were last active. The servers are given by name. */
export type ActivityInput = PostUserActivityData["body"];

/** Options of `users.delete`. */
export interface DeleteUserOptions extends CallOptions {
  /**
   * Whether to stop the user's running servers first. Otherwise, hubs answer 500 if a named server is running.
   * @default false
   */
  stopServers?: boolean | undefined;
}

const deleteKeys: KeysOf<DeleteUserOptions> = { ...callKeys, stopServers: true };
const createKeys = keysOf("POST /users/{name}");

/** `hub.users` */
export class Users {
  readonly #hub: ClientContext;
  readonly #servers: Servers;

  constructor(hub: ClientContext, servers: Servers) {
    this.#hub = hub;
    this.#servers = servers;
  }

  /**
   * Lists all users or those that `input` selects, in the order of their creation unless `sort` says otherwise. The
   * list is complete even if users are created or deleted meanwhile: see {@link Listing}.
   *
   * `GET /users` · scope `list:users`; further scopes decide what each user contains · `state` since 1.3, `name_filter`
   * since 2.3, `include_stopped_servers` since 3.0, `sort` since 5.0
   * @param input `limit`: the number of users per request, not of the listing. Default 200
   * @throws ForbiddenError without the scope; UnsupportedByHubError if the hub is too old for a key of `input`
   */
  list(input: ListUsersInput = {}, call?: ListOptions): Listing<User> {
    return list(usersSource(this.#hub, input, call));
  }

  /**
   * Returns a user and their running servers. `include_stopped_servers` (since 3.0) adds the stopped servers.
   *
   * `GET /users/{name}` · any scope that reads a part of the user, such as `read:users`
   * @throws NotFoundError if the user does not exist, or the scopes of the client's token do not include this user
   */
  async get(name: string, input: GetUserInput = {}, call?: CallOptions): Promise<User> {
    return send(this.#hub, api.getUser, { path: { name }, query: input }, call);
  }

  /**
   * Creates a user with exactly this name: a login converts names to lower case, but this method does not.
   *
   * `POST /users/{name}` · scope `admin:users`
   * @throws ConflictError if the user exists; BadRequestError if the hub's rules refuse the name
   */
  async create(name: string, input: CreateUserInput = {}, call?: CallOptions): Promise<User> {
    return write(this.#hub, api.postUser, { path: { name }, ...omitEmpty(input) }, call, (call) =>
      ifMatches(this.get(name, {}, call), { admin: input.admin }),
    );
  }

  /**
   * Creates several users and returns those that did not exist before. The hub converts the names to lower case: use
   * lower case in later calls, too. Hubs may need 20 s or more for several hundred users, and the client's `timeout`
   * ends the attempt after 30 s: send a few hundred names at a time.
   *
   * `POST /users` · scope `admin:users`
   * @throws ConflictError if all these users exist; BadRequestError if the hub's rules refuse a name
   */
  async createMany(input: CreateUsersInput, call?: CallOptions): Promise<User[]> {
    return send(this.#hub, api.postUsers, { body: input }, call);
  }

  /**
   * Returns a user. Creates the user from `input` if no such user exists, and never changes an existing user. Hubs
   * convert names to lower case at a login, but not here: `Ada` and `ada` are two users, and only `ada` can log in.
   *
   * `GET /users/{name}`, then `POST /users/{name}` · scopes `read:users` and `admin:users`
   * @throws BadRequestError if the hub's rules refuse the name; ForbiddenError without the scopes
   */
  async ensure(name: string, input: CreateUserInput = {}, call: CallOptions = {}): Promise<User> {
    checkInput(input, createKeys);
    return withSharedDeadline(`The user ${name} did not exist`, call, async (call) => {
      try {
        return await this.get(name, {}, call);
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
      try {
        return await this.create(name, input, call);
      } catch (error) {
        // Another client has created the user meanwhile.
        if (error instanceof ConflictError) return this.get(name, {}, call);
        throw error;
      }
    });
  }

  /**
   * Changes a user's name or `auth_state`, or whether the user is an admin. The hub may change the case of the new
   * name: use the name in the result. A `name` that equals the current name is not sent, since newer hubs would delete
   * the user.
   *
   * `PATCH /users/{name}` · scope `admin:users`
   * @throws NotFoundError if the user does not exist; BadRequestError if the new name is in use or refused
   */
  async update(name: string, input: UpdateUserInput, call?: CallOptions): Promise<User> {
    return write(this.#hub, api.patchUser, { path: { name }, body: input }, call, async (call) => {
      const { name: next = name } = input;
      // If the old name still exists, the new name belongs to another user.
      if (next !== name && !(await ifDeleted(this.get(name, {}, call)))) return undefined;
      return ifMatches(this.get(next, {}, call), input);
    });
  }

  /**
   * Deletes a user. If a server of the user is running, pass `stopServers: true`, which stops the user's servers first.
   *
   * `DELETE /users/{name}` · scope `delete:users`; with `stopServers` also `GET /users/{name}` and the operations of
   * `servers.stop`, with the scopes `read:servers` and `delete:servers`
   * @throws NotFoundError if the user does not exist; HubError if a named server is running; BadRequestError if a
   * server is stopping, or if the user owns the client's token
   */
  async delete(name: string, call: DeleteUserOptions = {}): Promise<void> {
    checkCall(call, deleteKeys);
    const { stopServers, ...options } = call;
    return withSharedDeadline(`The user ${name} was not deleted`, options, async (call) => {
      const running = stopServers ? await this.#servers.list(name, {}, call) : [];
      await Promise.all(
        running.map(({ name: server }) =>
          this.#servers.stop(name, { server }, call).catch((error: unknown) => {
            // Another client has removed the server meanwhile.
            if (!isDeleted(error)) throw error;
          }),
        ),
      );
      await write(this.#hub, api.deleteUser, { path: { name } }, call, (call) =>
        ifDeleted(this.get(name, {}, call)),
      );
    });
  }

  /**
   * Reports when a user or the user's servers, given by name, were last active. Hubs refuse a time more than an hour in
   * the future, and ignore a time that is earlier than the recorded one.
   *
   * `POST /users/{name}/activity` · scope `users:activity`
   * @param input `last_activity`: an ISO 8601 date and time
   * @throws InvalidInputError if `input` has no key; BadRequestError for an invalid time or an unknown server
   */
  async reportActivity(name: string, input: ActivityInput, call?: CallOptions): Promise<void> {
    await send(this.#hub, api.postUserActivity, { path: { name }, body: input }, call);
  }
}
