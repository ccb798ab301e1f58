/** People who may use the hub. */
import {
  deleteUser,
  getUser,
  patchUser,
  postUser,
  postUserActivity,
  postUsers,
} from "../../generated/sdk.gen.js";
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
import type { Listing } from "../workflows/listing.js";
import {
  checkCall,
  checkInput,
  keysOf,
  discardResult,
  omitEmpty,
  requestOptions,
  withSharedDeadline,
  dataOf,
  type CallOptions,
  type ResourceContext,
} from "./call.js";
import {
  fetchUsers,
  list,
  userKeys,
  userRows,
  type ListOptions,
  type ListUsersInput,
} from "./listing.js";
import type { Servers } from "./servers.js";
import { ifDeleted, ifMatches, reconcile } from "./reconcile.js";

/** Whether the user's stopped servers come, too. */
export type GetUserInput = NonNullable<GetUserData["query"]>;
/** What a new user is. */
export type CreateUserInput = NonNullable<PostUserData["body"]>;
/** Whom to create, and what all of them are. */
export type CreateUsersInput = PostUsersData["body"];
/** What becomes of a user: a new name, another role, another `auth_state`. */
export type UpdateUserInput = PatchUserData["body"];
/** When a user, or servers of theirs by name, were last active. */
export type ActivityInput = PostUserActivityData["body"];

/** Options of `users.delete`. */
export interface DeleteUserOptions extends CallOptions {
  /** Whether to stop the user's running servers first; a hub fails (500) while a named one runs. @default false */
  stopServers?: boolean | undefined;
}

const deleteKeys: KeysOf<DeleteUserOptions> = { ...callKeys, stopServers: true };
const createKeys = keysOf("POST /users/{name}");

/** `hub.users` */
export class Users {
  readonly #hub: ResourceContext;
  readonly #servers: Servers;

  constructor(hub: ResourceContext, servers: Servers) {
    this.#hub = hub;
    this.#servers = servers;
  }

  /**
   * All users, or those that `input` selects, in the order in which they were made unless `sort` says otherwise.
   * What is promised while users come and go, {@link Listing} says.
   *
   * `GET /users` · scope `list:users`; what each user holds depends on further scopes · `state` since 1.3,
   * `name_filter` since 2.3, `include_stopped_servers` since 3.0, `sort` since 5.0
   * @param input.limit how many the hub is asked for at once, not how many come. Default 200
   * @throws ForbiddenError without the scope; UnsupportedByHubError when the hub is too old for a key
   */
  list(input: ListUsersInput = {}, call?: ListOptions): Listing<User> {
    return list({ input, call, known: userKeys }, fetchUsers(this.#hub, input), userRows);
  }

  /**
   * One user. Only running servers are in it unless `include_stopped_servers` (since 3.0) says otherwise.
   *
   * `GET /users/{name}` · any scope that reads a part of the user, such as `read:users`
   * @throws NotFoundError when there is no such user, or the token's scopes do not reach it
   */
  async get(name: string, input: GetUserInput = {}, call?: CallOptions): Promise<User> {
    return dataOf(getUser({ ...requestOptions(this.#hub, call), path: { name }, query: input }));
  }

  /**
   * Creates a user. The name is taken as it is: unlike logging in, this does not lower its case.
   *
   * `POST /users/{name}` · scope `admin:users`
   * @throws ConflictError when the user exists; BadRequestError when the hub's rules refuse the name
   */
  async create(name: string, input: CreateUserInput = {}, call?: CallOptions): Promise<User> {
    return reconcile(
      call,
      (call) =>
        dataOf(
          postUser({ ...requestOptions(this.#hub, call), path: { name }, ...omitEmpty(input) }),
        ),
      (call) => ifMatches(this.get(name, {}, call), { admin: input.admin }),
    );
  }

  /**
   * Creates several users, and returns those that did not exist. The hub lowers the case of their names.
   *
   * `POST /users` · scope `admin:users`
   * @throws ConflictError when all of them exist; BadRequestError when the hub's rules refuse a name
   */
  async createMany(input: CreateUsersInput, call?: CallOptions): Promise<User[]> {
    return dataOf(postUsers({ ...requestOptions(this.#hub, call), body: input }));
  }

  /**
   * Returns the user, and creates it if it does not exist. An existing user is not changed: `input` is for a new one.
   * Hubs lower-case names at login, but not in the API: `Ada` and `ada` are two users, and only `ada` can log in.
   *
   * `GET /users/{name}`, then `POST /users/{name}` · scopes `read:users` and `admin:users`
   * @throws BadRequestError when the hub's rules refuse the name; ForbiddenError without the scopes
   */
  async ensure(name: string, input: CreateUserInput = {}, call: CallOptions = {}): Promise<User> {
    checkInput(input, createKeys);
    return withSharedDeadline(`The user ${name} was not there`, call, async (call) => {
      try {
        return await this.get(name, {}, call);
      } catch (error) {
        if (!(error instanceof NotFoundError)) throw error;
      }
      try {
        return await this.create(name, input, call);
      } catch (error) {
        // Somebody else was faster.
        if (error instanceof ConflictError) return this.get(name, {}, call);
        throw error;
      }
    });
  }

  /**
   * Renames a user, or changes whether they are an admin or their `auth_state`.
   * The hub may change the case of a new name: read it from the answer. The present name as `name`
   * is not sent, since newer hubs would destroy the user.
   *
   * `PATCH /users/{name}` · scope `admin:users`
   * @throws BadRequestError when the new name is taken or refused
   */
  async update(name: string, input: UpdateUserInput, call?: CallOptions): Promise<User> {
    return reconcile(
      call,
      (call) =>
        dataOf(patchUser({ ...requestOptions(this.#hub, call), path: { name }, body: input })),
      async (call) => {
        const { name: next = name } = input;
        // The new name may be somebody else's: then the old one is still there.
        if (next !== name && !(await ifDeleted(this.get(name, {}, call)))) return undefined;
        return ifMatches(this.get(next, {}, call), input);
      },
    );
  }

  /**
   * Deletes a user. With `stopServers`, their running servers are stopped before.
   *
   * `DELETE /users/{name}` · scope `delete:users`; with `stopServers` also `read:servers` and `delete:servers`
   * @throws HubError while a named server runs; BadRequestError while one stops, or for yourself
   */
  async delete(name: string, call: DeleteUserOptions = {}): Promise<void> {
    checkCall(call, deleteKeys);
    const { stopServers, ...options } = call;
    return withSharedDeadline(`The user ${name} was not deleted`, options, async (call) => {
      if (stopServers) {
        const servers = await this.#servers.list(name, {}, call);
        await Promise.all(
          servers.map((server) => this.#servers.stop(name, { server: server.name }, call)),
        );
      }
      await reconcile(
        call,
        (call) => discardResult(deleteUser({ ...requestOptions(this.#hub, call), path: { name } })),
        (call) => ifDeleted(this.get(name, {}, call)),
      );
    });
  }

  /**
   * Tells the hub that a user, or their servers by name, were active. Times in the future are refused,
   * older ones than the hub knows are ignored.
   *
   * `POST /users/{name}/activity` · scope `users:activity`
   * @param input.last_activity an ISO 8601 date and time
   * @throws BadRequestError when neither key is given, a time cannot be read or a server is unknown
   */
  async reportActivity(name: string, input: ActivityInput, call?: CallOptions): Promise<void> {
    return discardResult(
      postUserActivity({ ...requestOptions(this.#hub, call), path: { name }, body: input }),
    );
  }
}
