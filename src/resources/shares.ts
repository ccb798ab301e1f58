/** Access to servers that their owners share with users, with groups, or by a code in a link. Since 5.0. */
import * as api from "../../generated/sdk.gen.js";
import type { NewShareCode, Share, ShareCode } from "../../generated/types.gen.js";
import { InvalidInputError } from "../core/errors.js";
import type { Keys, KeysOf } from "../core/known-keys.js";
import type { FilteredScope } from "../core/scopes.js";
import { keysOf, omitEmpty, send, type CallOptions, type ClientContext } from "./call.js";
import { list, type Listing, type ListOptions, type PageInput } from "./listing.js";
import { ifAbsent, ifDeleted, write } from "./reconcile.js";
import { serverKeys, serverOf, withoutServer, type ServerInput } from "./server-operations.js";

/** The page size of the listing. */
export type ListSharesInput = PageInput;

/** The server whose shares or codes to list; empty for the default server. Without `server`, those of all servers. */
export interface ListServerSharesInput extends ListSharesInput, ServerInput {}

/** Whom a server is shared with. */
type Recipient =
  | {
      /** The name of a user. */
      user: string;
      group?: null | undefined;
    }
  | {
      /** The name of a group. */
      group: string;
      user?: null | undefined;
    };

interface ScopesInput {
  /**
   * Scopes for the shared server. A scope without a filter gets that server as its filter.
   * @default access to the server; the same for null
   */
  scopes?: readonly FilteredScope[] | null | undefined;
}

/**
 * The server and the scopes to share with a user or a group (not both). Without `scopes`, shares access to the server.
 */
export type ShareInput = ServerInput & Recipient & ScopesInput;

/** The server and the scopes to revoke from a user or a group (not both). Without `scopes`, revokes all scopes. */
export type RevokeShareInput = ServerInput &
  Recipient & {
    /** The scopes to revoke. A scope without a filter gets the server as its filter. @default all scopes */
    scopes?: readonly FilteredScope[] | undefined;
  };

/** The scopes and the lifetime of a code. */
export interface CreateShareCodeInput extends ServerInput, ScopesInput {
  /** The lifetime in whole seconds, from 60 to 31,536,000 (a year). @default 86_400 */
  expires_in?: number | undefined;
}

/** The code to revoke: its id, or the code itself, which then becomes part of the request's URL. */
export type RevokeShareCodeInput = ServerInput &
  (
    | {
        /** The id of the code, as in `list` and in the result of `create`. */
        id: string;
        code?: undefined;
      }
    | {
        /** The code itself, if its id is unknown. Hubs log it, as part of the request's URL. */
        code: string;
        id?: undefined;
      }
  );

const listKeys: KeysOf<ListServerSharesInput> = { server: true, limit: true };
const shareKeys = { ...serverKeys, ...keysOf("POST /shares/{owner}/{server_name}") };
const createCodeKeys = { ...serverKeys, ...keysOf("POST /share-codes/{owner}/{server_name}") };
const revokeCodeKeys = { ...serverKeys, ...keysOf("DELETE /share-codes/{owner}/{server_name}") };

/** `hub.shares` */
export class Shares {
  readonly #hub: ClientContext;

  constructor(hub: ClientContext) {
    this.#hub = hub;
  }

  /**
   * Lists the shares of one of the owner's servers or, without `server`, of all of them.
   *
   * `GET /shares/{owner}`, `GET /shares/{owner}/{server_name}` · scope `read:shares` · since 5.0
   * @throws NotFoundError if the user or the server does not exist; UnsupportedByHubError before 5.0
   */
  list(owner: string, input: ListServerSharesInput = {}, call?: ListOptions): Listing<Share> {
    return list({
      input,
      call,
      known: listKeys,
      fetchPage: (query, call) =>
        input.server === undefined
          ? send(this.#hub, api.getSharesOwner, { path: { owner }, query }, call)
          : send(
              this.#hub,
              api.getSharesServer,
              { path: pathOf(owner, input, listKeys), query },
              call,
            ),
      keyOf: shareKeyOf,
    });
  }

  /**
   * Shares a server with a user or a group, or adds scopes to what is already shared.
   *
   * `POST /shares/{owner}/{server_name}` · scopes `shares`, and `read:users:name` or `read:groups:name` · since 5.0
   * @throws NotFoundError if the server does not exist; BadRequestError if the user or the group does not exist, or for
   * scopes that do not belong to this server; InvalidInputError for an empty list of scopes, for which hubs would grant
   * access to the server
   */
  async grant(owner: string, input: ShareInput, call?: CallOptions): Promise<Share> {
    const { server, body } = withoutServer(input, shareKeys);
    const path = { owner, server_name: server };
    return write(this.#hub, api.postSharesServer, { path, body }, call, async (call) => {
      const share = await this.#find(owner, input, call);
      const wanted = withFilters(input.scopes ?? ["access:servers"], path);
      const isDone = share && wanted.every((scope) => share.scopes.includes(scope));
      return isDone ? { value: share } : undefined;
    });
  }

  /**
   * Revokes what is shared with a user or a group: all scopes, or the given ones. A scope without a filter gets this
   * server as its filter, as in `grant`. Resolves with the remaining share; undefined if nothing remains.
   *
   * `PATCH /shares/{owner}/{server_name}` · scope `shares` · since 5.0
   * @throws NotFoundError if the server does not exist; InvalidInputError for an empty list of scopes, for which
   * hubs would revoke all scopes
   */
  async revoke(
    owner: string,
    input: RevokeShareInput,
    call?: CallOptions,
  ): Promise<Share | undefined> {
    const { server, body } = withoutServer(input, shareKeys);
    const path = { owner, server_name: server };
    // Hubs add the filter to granted scopes, but not to revoked ones.
    const revoked = input.scopes && withFilters(input.scopes, path);
    if (revoked) body.scopes = revoked;
    const read = async (call: CallOptions) => {
      const share = await this.#find(owner, input, call);
      const remains = revoked?.some((scope) => share?.scopes.includes(scope)) ?? share;
      return remains ? undefined : { value: share ?? {} };
    };
    const rest = await write(this.#hub, api.patchSharesServer, { path, body }, call, read);
    // If nothing of the share remains, hubs answer with an empty object.
    return "server" in rest ? (rest as Share) : undefined;
  }

  /** Finds a share in the server's listing of shares, which tokens with the scope `shares` can read. */
  async #find(
    owner: string,
    { server = "", user, group }: ShareInput | RevokeShareInput,
    call: CallOptions,
  ): Promise<Share | undefined> {
    const shares = await this.list(owner, { server }, call);
    return shares.find((share) => (user ? share.user?.name === user : share.group?.name === group));
  }

  /**
   * Revokes all shares of a server.
   *
   * `DELETE /shares/{owner}/{server_name}` · scope `shares` · since 5.0
   * @throws NotFoundError if the server does not exist
   */
  async revokeAll(owner: string, input: ServerInput = {}, call?: CallOptions): Promise<void> {
    const path = pathOf(owner, input);
    await write(this.#hub, api.deleteSharesServer, { path }, call, async (call) =>
      ifAbsent((await this.list(owner, { server: path.server_name }, call)).length > 0),
    );
  }

  /**
   * Lists what is shared with a user.
   *
   * `GET /users/{name}/shared` · scope `read:users:shares` · since 5.0
   * @throws NotFoundError if the user does not exist
   */
  listForUser(user: string, input: ListSharesInput = {}, call?: ListOptions): Listing<Share> {
    return list({
      input,
      call,
      fetchPage: (query, call) =>
        send(this.#hub, api.getUserShared, { path: { name: user }, query }, call),
      keyOf: shareKeyOf,
    });
  }

  /**
   * Returns the share of one server with a user.
   *
   * `GET /users/{name}/shared/{owner}/{server_name}` · scope `read:users:shares` · since 5.0
   * @throws NotFoundError if nothing is shared
   */
  async getForUser(
    user: string,
    owner: string,
    input: ServerInput = {},
    call?: CallOptions,
  ): Promise<Share> {
    const path = { name: user, ...pathOf(owner, input) };
    return send(this.#hub, api.getUserSharedServer, { path }, call);
  }

  /**
   * Removes a user's access to a server that is shared with them. The server's owner uses `revoke` instead.
   *
   * `DELETE /users/{name}/shared/{owner}/{server_name}` · scope `users:shares` · since 5.0
   * @throws NotFoundError if nothing is shared
   */
  async removeForUser(
    user: string,
    owner: string,
    input: ServerInput = {},
    call?: CallOptions,
  ): Promise<void> {
    const path = { name: user, ...pathOf(owner, input) };
    await write(this.#hub, api.deleteUserSharedServer, { path }, call, (call) =>
      ifDeleted(this.getForUser(user, owner, input, call)),
    );
  }

  /**
   * Lists what is shared with a group.
   *
   * `GET /groups/{name}/shared` · scope `read:groups:shares` · since 5.0
   * @throws NotFoundError if the group does not exist
   */
  listForGroup(group: string, input: ListSharesInput = {}, call?: ListOptions): Listing<Share> {
    return list({
      input,
      call,
      fetchPage: (query, call) =>
        send(this.#hub, api.getGroupShared, { path: { name: group }, query }, call),
      keyOf: shareKeyOf,
    });
  }

  /**
   * Returns the share of one server with a group.
   *
   * `GET /groups/{name}/shared/{owner}/{server_name}` · scope `read:groups:shares` · since 5.0
   * @throws NotFoundError if nothing is shared
   */
  async getForGroup(
    group: string,
    owner: string,
    input: ServerInput = {},
    call?: CallOptions,
  ): Promise<Share> {
    const path = { name: group, ...pathOf(owner, input) };
    return send(this.#hub, api.getGroupSharedServer, { path }, call);
  }

  /**
   * Removes a group's access to a server that is shared with it. The server's owner uses `revoke` instead.
   *
   * `DELETE /groups/{name}/shared/{owner}/{server_name}` · scope `groups:shares` · since 5.0
   * @throws NotFoundError if nothing is shared
   */
  async removeForGroup(
    group: string,
    owner: string,
    input: ServerInput = {},
    call?: CallOptions,
  ): Promise<void> {
    const path = { name: group, ...pathOf(owner, input) };
    await write(this.#hub, api.deleteGroupSharedServer, { path }, call, (call) =>
      ifDeleted(this.getForGroup(group, owner, input, call)),
    );
  }
}

/** `hub.shareCodes` */
export class ShareCodes {
  readonly #hub: ClientContext;

  constructor(hub: ClientContext) {
    this.#hub = hub;
  }

  /**
   * Lists the codes of one of the owner's servers or, without `server`, of all of them. The result does not contain the
   * codes themselves.
   *
   * `GET /share-codes/{owner}`, `GET /share-codes/{owner}/{server_name}` · scope `read:shares` · since 5.0
   * @throws NotFoundError if the user or the server does not exist; UnsupportedByHubError before 5.0
   */
  list(owner: string, input: ListServerSharesInput = {}, call?: ListOptions): Listing<ShareCode> {
    return list({
      input,
      call,
      known: listKeys,
      fetchPage: (query, call) =>
        input.server === undefined
          ? send(this.#hub, api.getShareCodesOwner, { path: { owner }, query }, call)
          : send(
              this.#hub,
              api.getShareCodesServer,
              { path: pathOf(owner, input, listKeys), query },
              call,
            ),
      keyOf: ({ id }) => id,
    });
  }

  /**
   * Creates a code. Only this result contains the code and its link. Users redeem it in the browser; the API cannot
   * redeem it.
   *
   * `POST /share-codes/{owner}/{server_name}` · scope `shares` · since 5.0
   * @param input `expires_in`: lifetime in whole seconds, from 60 to 31,536,000 (a year). Default 86,400 (a day)
   * @throws NotFoundError if the server does not exist; BadRequestError for scopes that do not belong to this server;
   * InvalidInputError for an empty list of scopes, for which hubs would grant access to the server
   */
  async create(
    owner: string,
    input: CreateShareCodeInput = {},
    call?: CallOptions,
  ): Promise<NewShareCode> {
    const { server, body } = withoutServer(input, createCodeKeys);
    const path = { owner, server_name: server };
    return send(this.#hub, api.postShareCode, { path, ...omitEmpty(body) }, call);
  }

  /**
   * Revokes one code. Prefer its id: the code itself would be in the URL, and so in the hub's log.
   *
   * `DELETE /share-codes/{owner}/{server_name}` · scope `shares` · since 5.0
   * @throws NotFoundError if the code does not exist; InvalidInputError unless exactly one of `id` and `code` is given:
   * without either, hubs would revoke all codes
   */
  async revoke(owner: string, input: RevokeShareCodeInput, call?: CallOptions): Promise<void> {
    const path = pathOf(owner, input, revokeCodeKeys);
    const { id, code } = input;
    if (Boolean(id) === Boolean(code)) {
      throw new InvalidInputError(
        "Give either the id or the code to revoke. Use revokeAll to revoke all.",
      );
    }
    const query = id ? { id } : { code: code as string };
    await write(this.#hub, api.deleteShareCode, { path, query }, call, async (call) => {
      // Listings show ids, but no codes.
      if (!id) return undefined;
      const codes = await this.list(owner, { server: path.server_name }, call);
      return ifAbsent(codes.some((one) => one.id === id));
    });
  }

  /**
   * Revokes all codes of a server.
   *
   * `DELETE /share-codes/{owner}/{server_name}` · scope `shares` · since 5.0
   * @throws NotFoundError if the server does not exist
   */
  async revokeAll(owner: string, input: ServerInput = {}, call?: CallOptions): Promise<void> {
    const path = pathOf(owner, input);
    await write(this.#hub, api.deleteShareCode, { path }, call, async (call) =>
      ifAbsent((await this.list(owner, { server: path.server_name }, call)).length > 0),
    );
  }
}

/** Returns the path parameters of a server's shares and codes. */
const pathOf = (owner: string, input: ServerInput, known?: Keys) => ({
  owner,
  server_name: serverOf(input, known),
});

/** Returns scopes as hubs store them: a scope without a filter gets the shared server as its filter. */
const withFilters = (
  scopes: readonly string[],
  { owner, server_name }: ReturnType<typeof pathOf>,
): string[] =>
  scopes.map((scope) => (scope.includes("!") ? scope : `${scope}!server=${owner}/${server_name}`));

/** Returns a text that identifies a share: its server, its user or group, and its time of creation. */
const shareKeyOf = ({ server, kind, user, group, created_at }: Share): string =>
  [server.user.name, server.name, kind, (user ?? group)?.name, created_at].join("/");
