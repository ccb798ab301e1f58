/** Groups of users. Their names are case-sensitive and may hold anything but a slash. */
import {
  deleteGroup,
  deleteGroupUsers,
  getGroup,
  getGroups,
  postGroup,
  postGroups,
  postGroupUsers,
  putGroupProperties,
} from "../../generated/sdk.gen.js";
import type {
  Group,
  PostGroupData,
  PostGroupsData,
  PostGroupUsersData,
  PutGroupPropertiesData,
} from "../../generated/types.gen.js";
import type { Listing } from "../workflows/listing.js";
import {
  discardResult,
  omitEmpty,
  requestOptions,
  dataOf,
  type CallOptions,
  type ResourceContext,
} from "./call.js";
import { paginationHeaders, list, type ListOptions, type PageInput } from "./listing.js";
import { ifDeleted, ifMatches, reconcile } from "./reconcile.js";

/** How the listing is asked for. */
export type ListGroupsInput = PageInput;
/** Who the members of a new group are. */
export type CreateGroupInput = NonNullable<PostGroupData["body"]>;
/** Which groups to create, and who the members of each of them are. */
export type CreateGroupsInput = PostGroupsData["body"];
/** Which users to add or remove. */
export type GroupMembersInput = PostGroupUsersData["body"];
/** Anything that a deployment keeps with a group. */
export type GroupProperties = PutGroupPropertiesData["body"];

/** `hub.groups` */
export class Groups {
  readonly #hub: ResourceContext;

  constructor(hub: ResourceContext) {
    this.#hub = hub;
  }

  /**
   * All groups, in the order in which they were made, and complete while some come and go: see {@link Listing}.
   *
   * `GET /groups` · scope `list:groups`; members and properties need `read:groups`
   * @param input.limit how many the hub is asked for at once, not how many come. Default 200
   * @throws ForbiddenError without the scope
   */
  list(input: ListGroupsInput = {}, call?: ListOptions): Listing<Group> {
    return list(
      { input, call },
      (call, page) =>
        dataOf(getGroups({ ...requestOptions(this.#hub, call, paginationHeaders), query: page })),
      () => ({ keyOf: ({ name }) => name }),
    );
  }

  /**
   * One group.
   *
   * `GET /groups/{name}` · any scope that reads a part of the group, such as `read:groups`
   * @throws NotFoundError when there is no such group, or the token's scopes do not reach it
   */
  async get(name: string, call?: CallOptions): Promise<Group> {
    return dataOf(getGroup({ ...requestOptions(this.#hub, call), path: { name } }));
  }

  /**
   * Creates a group, with members if `users` names some.
   *
   * `POST /groups/{name}` · scope `admin:groups`
   * @throws ConflictError when it exists; BadRequestError when one of the users does not
   */
  async create(name: string, input: CreateGroupInput = {}, call?: CallOptions): Promise<Group> {
    return reconcile(
      call,
      (call) =>
        dataOf(
          postGroup({ ...requestOptions(this.#hub, call), path: { name }, ...omitEmpty(input) }),
        ),
      (call) =>
        ifMatches(this.get(name, call), ({ users = [] }) => isSame(users, input.users ?? [])),
    );
  }

  /**
   * Creates several groups in their order, each with the same members if `users` names some.
   * The hub stops at the first that exists: those before it stay created.
   *
   * `POST /groups` · scope `admin:groups`
   * @throws ConflictError when one exists; BadRequestError when one of the users does not
   */
  async createMany(input: CreateGroupsInput, call?: CallOptions): Promise<Group[]> {
    return dataOf(postGroups({ ...requestOptions(this.#hub, call), body: input }));
  }

  /**
   * Deletes a group. Its members stay users.
   *
   * `DELETE /groups/{name}` · scope `delete:groups`
   * @throws NotFoundError when there is no such group
   */
  async delete(name: string, call?: CallOptions): Promise<void> {
    return reconcile(
      call,
      (call) => discardResult(deleteGroup({ ...requestOptions(this.#hub, call), path: { name } })),
      (call) => ifDeleted(this.get(name, call)),
    );
  }

  /**
   * Replaces all of a group's properties by `input`.
   *
   * `PUT /groups/{name}/properties` · scope `groups` · since 4.0
   * @throws NotFoundError when there is no such group; UnsupportedByHubError before 4.0
   */
  async setProperties(name: string, input: GroupProperties, call?: CallOptions): Promise<Group> {
    return reconcile(
      call,
      (call) =>
        dataOf(
          putGroupProperties({ ...requestOptions(this.#hub, call), path: { name }, body: input }),
        ),
      (call) => ifMatches(this.get(name, call), { properties: input }),
    );
  }

  /**
   * Adds users to a group; those who are members stay so.
   *
   * `POST /groups/{name}/users` · scope `groups`
   * @throws NotFoundError when there is no such group; BadRequestError when one of the users does not exist
   */
  async addUsers(name: string, input: GroupMembersInput, call?: CallOptions): Promise<Group> {
    return reconcile(
      call,
      (call) =>
        dataOf(postGroupUsers({ ...requestOptions(this.#hub, call), path: { name }, body: input })),
      (call) =>
        ifMatches(this.get(name, call), ({ users = [] }) =>
          input.users.every((user) => users.includes(user)),
        ),
    );
  }

  /**
   * Removes users from a group; those who are no members are passed over.
   *
   * `DELETE /groups/{name}/users` · scope `groups`
   * @throws NotFoundError when there is no such group; BadRequestError when one of the users does not exist
   */
  async removeUsers(name: string, input: GroupMembersInput, call?: CallOptions): Promise<Group> {
    return reconcile(
      call,
      (call) =>
        dataOf(
          deleteGroupUsers({ ...requestOptions(this.#hub, call), path: { name }, body: input }),
        ),
      (call) =>
        ifMatches(
          this.get(name, call),
          ({ users }) => users !== undefined && !input.users.some((user) => users.includes(user)),
        ),
    );
  }
}

/** Whether two lists hold the same names, in whatever order. */
const isSame = (some: readonly string[], others: readonly string[]): boolean =>
  some.length === others.length && others.every((one) => some.includes(one));
