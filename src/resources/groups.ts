/** The groups of users. A group's name is case-sensitive and may contain any character but a slash. */
import * as api from "../../generated/sdk.gen.js";
import type {
  Group,
  PostGroupData,
  PostGroupsData,
  PostGroupUsersData,
  PutGroupPropertiesData,
} from "../../generated/types.gen.js";
import { omitEmpty, send, type CallOptions, type ClientContext } from "./call.js";
import {
  list,
  paginationHeaders,
  type Listing,
  type ListOptions,
  type PageInput,
} from "./listing.js";
import { ifDeleted, ifMatches, write } from "./reconcile.js";

/** The page size of the listing. */
export type ListGroupsInput = PageInput;
/** The members of a new group. */
export type CreateGroupInput = NonNullable<PostGroupData["body"]>;
/** The names of new groups, and the members of each of them. */
export type CreateGroupsInput = PostGroupsData["body"];
/** The users to add or remove. */
export type GroupMembersInput = PostGroupUsersData["body"];
/** Any data that a deployment stores with a group. */
export type GroupProperties = PutGroupPropertiesData["body"];

/** `hub.groups` */
export class Groups {
  readonly #hub: ClientContext;

  constructor(hub: ClientContext) {
    this.#hub = hub;
  }

  /**
   * Lists all groups in the order of their creation. The list is complete even if groups change meanwhile: see
   * {@link Listing}.
   *
   * `GET /groups` · scope `list:groups`; members and properties need `read:groups`
   * @param input `limit`: groups per request; the listing has all groups, whatever the `limit`. Default 200
   * @throws ForbiddenError without the scope
   */
  list(input: ListGroupsInput = {}, call?: ListOptions): Listing<Group> {
    return list({
      input,
      call,
      fetchPage: (query, call) =>
        send(this.#hub, api.getGroups, { query }, call, paginationHeaders),
      keyOf: ({ name }) => name,
    });
  }

  /**
   * Returns a group.
   *
   * `GET /groups/{name}` · any scope that reads a part of the group, such as `read:groups`
   * @throws NotFoundError if the group does not exist, or the token's scopes do not include it
   */
  async get(name: string, call?: CallOptions): Promise<Group> {
    return send(this.#hub, api.getGroup, { path: { name } }, call);
  }

  /**
   * Creates a group, with members if `users` is given.
   *
   * `POST /groups/{name}` · scope `admin:groups`
   * @throws ConflictError if the group exists; BadRequestError if one of the users does not exist
   */
  async create(name: string, input: CreateGroupInput = {}, call?: CallOptions): Promise<Group> {
    return write(
      this.#hub,
      api.postGroup,
      { path: { name }, ...omitEmpty(input) },
      call,
      (call) => {
        const { users: wanted = [] } = input;
        return ifMatches(
          this.get(name, call),
          ({ users = [] }) =>
            users.length === wanted.length && wanted.every((user) => users.includes(user)),
        );
      },
    );
  }

  /**
   * Creates several groups in the given order, each with the same members if `users` is given. The hub stops at the
   * first group that already exists; it keeps the groups that it created before.
   *
   * `POST /groups` · scope `admin:groups`
   * @throws ConflictError if one of the groups exists; BadRequestError if one of the users does not exist
   */
  async createMany(input: CreateGroupsInput, call?: CallOptions): Promise<Group[]> {
    return send(this.#hub, api.postGroups, { body: input }, call);
  }

  /**
   * Deletes a group, but not the users in it.
   *
   * `DELETE /groups/{name}` · scope `delete:groups`
   * @throws NotFoundError if the group does not exist
   */
  async delete(name: string, call?: CallOptions): Promise<void> {
    await write(this.#hub, api.deleteGroup, { path: { name } }, call, (call) =>
      ifDeleted(this.get(name, call)),
    );
  }

  /**
   * Replaces all properties of a group.
   *
   * `PUT /groups/{name}/properties` · scope `groups` · since 4.0
   * @throws NotFoundError if the group does not exist; UnsupportedByHubError before 4.0
   */
  async setProperties(name: string, input: GroupProperties, call?: CallOptions): Promise<Group> {
    return write(this.#hub, api.putGroupProperties, { path: { name }, body: input }, call, (call) =>
      ifMatches(this.get(name, call), { properties: input }),
    );
  }

  /**
   * Adds users to a group. Users who are members already stay members.
   *
   * `POST /groups/{name}/users` · scope `groups`
   * @throws NotFoundError if the group does not exist; BadRequestError if one of the users does not exist
   */
  async addUsers(name: string, input: GroupMembersInput, call?: CallOptions): Promise<Group> {
    return write(this.#hub, api.postGroupUsers, { path: { name }, body: input }, call, (call) =>
      ifMatches(this.get(name, call), ({ users }) =>
        input.users.every((user) => users?.includes(user)),
      ),
    );
  }

  /**
   * Removes users from a group. Users who are not members are ignored.
   *
   * `DELETE /groups/{name}/users` · scope `groups`
   * @throws NotFoundError if the group does not exist; BadRequestError if one of the users does not exist
   */
  async removeUsers(name: string, input: GroupMembersInput, call?: CallOptions): Promise<Group> {
    return write(this.#hub, api.deleteGroupUsers, { path: { name }, body: input }, call, (call) =>
      ifMatches(
        this.get(name, call),
        ({ users }) => users?.some((user) => input.users.includes(user)) === false,
      ),
    );
  }
}
