/** Access to a server that its owner shares with other users or with groups. Since 5.0. */
import {
  deleteGroupSharedServer,
  deleteSharesServer,
  deleteUserSharedServer,
  getGroupShared,
  getGroupSharedServer,
  getSharesOwner,
  getSharesServer,
  getUserShared,
  getUserSharedServer,
  patchSharesServer,
  postSharesServer,
} from "../../generated/sdk.gen.js";
import type {
  PatchSharesServerData,
  PostSharesServerData,
  Share,
} from "../../generated/types.gen.js";
import type { KeysOf } from "../core/known-keys.js";
import type { Listing } from "../workflows/listing.js";
import {
  keysOf,
  discardResult,
  requestOptions,
  dataOf,
  type CallOptions,
  type ResourceContext,
} from "./call.js";
import { list, type ListOptions, type PageInput } from "./listing.js";
import { serverKeys, serverOf, type ServerInput } from "./server-operations.js";
import { ifDeleted, ifAbsent, reconcile } from "./reconcile.js";

/** How the listing is asked for. */
export type ListSharesInput = PageInput;

/** Whose shares to list: those of one server (empty for the default server) or, without `server`, of all. */
export interface ListServerSharesInput extends ListSharesInput, ServerInput {}

/** What to share and with whom: a user or a group, not both. Without `scopes`, access to the server. */
export type ShareInput = ServerInput & PostSharesServerData["body"];

/** What to take back and from whom: a user or a group, not both. Without `scopes`, everything. */
export type RevokeShareInput = ServerInput & PatchSharesServerData["body"];

/** The keys of `ListServerSharesInput`. */
export const listServerKeys: KeysOf<ListServerSharesInput> = { server: true, limit: true };
const shareKeys = { ...serverKeys, ...keysOf("POST /shares/{owner}/{server_name}") };

/** `hub.shares` */
export class Shares {
  readonly #hub: ResourceContext;

  constructor(hub: ResourceContext) {
    this.#hub = hub;
  }

  /**
   * The shares of one of the owner's servers or, without `server`, of all of them.
   *
   * `GET /shares/{owner}`, `GET /shares/{owner}/{server_name}` · scope `read:shares` · since 5.0
   * @throws NotFoundError when there is no such user or server; UnsupportedByHubError before 5.0
   */
  list(owner: string, input: ListServerSharesInput = {}, call?: ListOptions): Listing<Share> {
    return list(
      { input, call, known: listServerKeys },
      (call, page) =>
        dataOf(
          input.server === undefined
            ? getSharesOwner({ ...requestOptions(this.#hub, call), path: { owner }, query: page })
            : getSharesServer({
                ...requestOptions(this.#hub, call),
                path: { owner, server_name: input.server },
                query: page,
              }),
        ),
      sharesBy,
    );
  }

  /**
   * Shares a server with a user or a group, or adds to what is shared already.
   *
   * `POST /shares/{owner}/{server_name}` · scopes `shares` and `read:users:name` or `read:groups:name` · since 5.0
   * @throws NotFoundError when there is no such server; BadRequestError for scopes that are not of this server
   */
  async grant(owner: string, input: ShareInput, call?: CallOptions): Promise<Share> {
    const server = serverOf(input, shareKeys);
    const { server: _, ...body } = input;
    const path = { owner, server_name: server };
    return reconcile(
      call,
      (call) => dataOf(postSharesServer({ ...requestOptions(this.#hub, call), path, body })),
      async (call) => {
        const share = await this.#find(owner, input, call);
        const wanted = filtered(input.scopes ?? ["access:servers"], owner, server);
        return share && wanted.every((scope) => share.scopes.includes(scope))
          ? { value: share }
          : undefined;
      },
    );
  }

  /**
   * Takes back what is shared with a user or a group: all of it, or the given scopes alone. A scope
   * without a filter means this server, as it does when granted. Resolves with what remains, or with
   * undefined when nothing does.
   *
   * `PATCH /shares/{owner}/{server_name}` · scope `shares` · since 5.0
   * @throws NotFoundError when there is no such server; InvalidInputError for an empty list of scopes,
   * which the hub would take for all of them
   */
  async revoke(
    owner: string,
    input: RevokeShareInput,
    call?: CallOptions,
  ): Promise<Share | undefined> {
    const server = serverOf(input, shareKeys);
    const { server: _, ...body } = input;
    const path = { owner, server_name: server };
    // Hubs add the filter to scopes that are granted, but not to those that are taken back.
    const unwanted = input.scopes && filtered(input.scopes, owner, server);
    if (unwanted) body.scopes = unwanted;
    return reconcile(
      call,
      async (call) => {
        const share = await dataOf(
          patchSharesServer({ ...requestOptions(this.#hub, call), path, body }),
        );
        return isShare(share) ? share : undefined;
      },
      async (call) => {
        const share = await this.#find(owner, input, call);
        const remains = unwanted?.some((scope) => share?.scopes.includes(scope)) ?? share;
        return remains ? undefined : { value: share };
      },
    );
  }

  /** What is shared of a server with a user or a group, by the listing that the same scopes reach. */
  async #find(
    owner: string,
    { server = "", user, group }: ShareInput | RevokeShareInput,
    call: CallOptions,
  ): Promise<Share | undefined> {
    const shares = await this.list(owner, { server }, call);
    return shares.find((share) => (user ? share.user?.name === user : share.group?.name === group));
  }

  /**
   * Takes back everything that is shared of a server.
   *
   * `DELETE /shares/{owner}/{server_name}` · scope `shares` · since 5.0
   * @throws NotFoundError when there is no such server
   */
  async revokeAll(owner: string, input: ServerInput = {}, call?: CallOptions): Promise<void> {
    const server = serverOf(input);
    const path = { owner, server_name: server };
    return reconcile(
      call,
      (call) => discardResult(deleteSharesServer({ ...requestOptions(this.#hub, call), path })),
      async (call) => ifAbsent((await this.list(owner, { server }, call)).length > 0),
    );
  }

  /**
   * What others share with a user.
   *
   * `GET /users/{name}/shared` · scope `read:users:shares` · since 5.0
   * @throws NotFoundError when there is no such user
   */
  listForUser(user: string, input: ListSharesInput = {}, call?: ListOptions): Listing<Share> {
    return list(
      { input, call },
      (call, page) =>
        dataOf(
          getUserShared({ ...requestOptions(this.#hub, call), path: { name: user }, query: page }),
        ),
      sharesBy,
    );
  }

  /**
   * What an owner shares of a server with a user.
   *
   * `GET /users/{name}/shared/{owner}/{server_name}` · scope `read:users:shares` · since 5.0
   * @throws NotFoundError when nothing is shared
   */
  async getForUser(
    user: string,
    owner: string,
    input: ServerInput = {},
    call?: CallOptions,
  ): Promise<Share> {
    const path = { name: user, owner, server_name: serverOf(input) };
    return dataOf(getUserSharedServer({ ...requestOptions(this.#hub, call), path }));
  }

  /**
   * Gives up a user's access to a server that is shared with them.
   *
   * `DELETE /users/{name}/shared/{owner}/{server_name}` · scope `users:shares` · since 5.0
   * @throws NotFoundError when nothing is shared
   */
  async removeForUser(
    user: string,
    owner: string,
    input: ServerInput = {},
    call?: CallOptions,
  ): Promise<void> {
    const path = { name: user, owner, server_name: serverOf(input) };
    return reconcile(
      call,
      (call) => discardResult(deleteUserSharedServer({ ...requestOptions(this.#hub, call), path })),
      (call) => ifDeleted(this.getForUser(user, owner, input, call)),
    );
  }

  /**
   * What is shared with a group.
   *
   * `GET /groups/{name}/shared` · scope `read:groups:shares` · since 5.0
   * @throws NotFoundError when there is no such group
   */
  listForGroup(group: string, input: ListSharesInput = {}, call?: ListOptions): Listing<Share> {
    return list(
      { input, call },
      (call, page) =>
        dataOf(
          getGroupShared({
            ...requestOptions(this.#hub, call),
            path: { name: group },
            query: page,
          }),
        ),
      sharesBy,
    );
  }

  /**
   * What an owner shares of a server with a group.
   *
   * `GET /groups/{name}/shared/{owner}/{server_name}` · scope `read:groups:shares` · since 5.0
   * @throws NotFoundError when nothing is shared
   */
  async getForGroup(
    group: string,
    owner: string,
    input: ServerInput = {},
    call?: CallOptions,
  ): Promise<Share> {
    const path = { name: group, owner, server_name: serverOf(input) };
    return dataOf(getGroupSharedServer({ ...requestOptions(this.#hub, call), path }));
  }

  /**
   * Gives up a group's access to a server that is shared with it.
   *
   * `DELETE /groups/{name}/shared/{owner}/{server_name}` · scope `groups:shares` · since 5.0
   * @throws NotFoundError when nothing is shared
   */
  async removeForGroup(
    group: string,
    owner: string,
    input: ServerInput = {},
    call?: CallOptions,
  ): Promise<void> {
    const path = { name: group, owner, server_name: serverOf(input) };
    return reconcile(
      call,
      (call) =>
        discardResult(deleteGroupSharedServer({ ...requestOptions(this.#hub, call), path })),
      (call) => ifDeleted(this.getForGroup(group, owner, input, call)),
    );
  }
}

/** Scopes as hubs keep them: one without a filter means the server that is shared. */
const filtered = (scopes: readonly string[], owner: string, server: string): string[] =>
  scopes.map((scope) => (scope.includes("!") ? scope : `${scope}!server=${owner}/${server}`));

/** Hubs answer with an empty object when nothing of a share remains. */
const isShare = (answer: Share | Record<string, never>): answer is Share => "server" in answer;

/** How shares are listed: each is of one server with one user or group. */
const sharesBy = () => ({
  keyOf: ({ server, kind, user, group, created_at }: Share) =>
    [server.user.name, server.name, kind, (user ?? group)?.name, created_at].join("/"),
});
