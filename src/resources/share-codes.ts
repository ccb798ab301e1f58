/** Codes that give whoever opens their link access to a server. Since 5.0. */
import {
  deleteShareCode,
  getShareCodesOwner,
  getShareCodesServer,
  postShareCode,
} from "../../generated/sdk.gen.js";
import type { NewShareCode, PostShareCodeData, ShareCode } from "../../generated/types.gen.js";
import { InvalidInputError } from "../core/errors.js";
import type { Listing } from "../workflows/listing.js";
import {
  keysOf,
  discardResult,
  omitEmpty,
  requestOptions,
  dataOf,
  type CallOptions,
  type ResourceContext,
} from "./call.js";
import { list, type ListOptions } from "./listing.js";
import { serverKeys, serverOf, type ServerInput } from "./server-operations.js";
import { ifAbsent, reconcile } from "./reconcile.js";
import { listServerKeys, type ListServerSharesInput } from "./shares.js";

/** What a code gives access to and for how long. */
export type CreateShareCodeInput = ServerInput & NonNullable<PostShareCodeData["body"]>;

/** Which code to revoke: by its id, or by the code itself (which then stands in the URL that is sent). */
export type RevokeShareCodeInput = ServerInput &
  ({ id: string; code?: never } | { code: string; id?: never });

const operation = "/share-codes/{owner}/{server_name}";
const createKeys = { ...serverKeys, ...keysOf(`POST ${operation}`) };
const revokeKeys = { ...serverKeys, ...keysOf(`DELETE ${operation}`) };

/** `hub.shareCodes` */
export class ShareCodes {
  readonly #hub: ResourceContext;

  constructor(hub: ResourceContext) {
    this.#hub = hub;
  }

  /**
   * The codes of one of the owner's servers or, without `server`, of all of them; without the codes themselves.
   *
   * `GET /share-codes/{owner}`, `GET /share-codes/{owner}/{server_name}` · scope `read:shares` · since 5.0
   * @throws NotFoundError when there is no such user or server; UnsupportedByHubError before 5.0
   */
  list(owner: string, input: ListServerSharesInput = {}, call?: ListOptions): Listing<ShareCode> {
    return list(
      { input, call, known: listServerKeys },
      (call, page) =>
        dataOf(
          input.server === undefined
            ? getShareCodesOwner({
                ...requestOptions(this.#hub, call),
                path: { owner },
                query: page,
              })
            : getShareCodesServer({
                ...requestOptions(this.#hub, call),
                path: { owner, server_name: input.server },
                query: page,
              }),
        ),
      () => ({ keyOf: ({ id }) => id }),
    );
  }

  /**
   * Makes a code. The answer holds the code and the link to open, this once; there is no API to redeem it.
   *
   * `POST /share-codes/{owner}/{server_name}` · scope `shares` · since 5.0
   * @param input.expires_in the code's life in whole seconds, from 60 to 31,536,000 (a year). Default 86,400 (a day)
   * @throws NotFoundError when there is no such server; BadRequestError for scopes that are not of this server
   */
  async create(
    owner: string,
    input: CreateShareCodeInput = {},
    call?: CallOptions,
  ): Promise<NewShareCode> {
    const server = serverOf(input, createKeys);
    const { server: _, ...body } = input;
    return dataOf(
      postShareCode({
        ...requestOptions(this.#hub, call),
        path: { owner, server_name: server },
        ...omitEmpty(body),
      }),
    );
  }

  /**
   * Revokes one code. Prefer its id: the code itself would be part of the URL, and so of the hub's log.
   *
   * `DELETE /share-codes/{owner}/{server_name}` · scope `shares` · since 5.0
   * @throws NotFoundError when there is no such code; InvalidInputError without id and code, which the
   * hub would take for all of them
   */
  async revoke(owner: string, input: RevokeShareCodeInput, call?: CallOptions): Promise<void> {
    const server = serverOf(input, revokeKeys);
    const { id, code } = input;
    if (Boolean(id) === Boolean(code)) {
      throw new InvalidInputError(
        "Give the id or the code to revoke, one of them; revokeAll revokes all.",
      );
    }
    const path = { owner, server_name: server };
    const query = id ? { id } : { code: code as string };
    await reconcile(
      call,
      (call) => discardResult(deleteShareCode({ ...requestOptions(this.#hub, call), path, query })),
      // Hubs tell the ids of codes, but never again the codes.
      async (call) =>
        id
          ? ifAbsent((await this.list(owner, { server }, call)).some((one) => one.id === id))
          : undefined,
    );
  }

  /**
   * Revokes all codes of a server.
   *
   * `DELETE /share-codes/{owner}/{server_name}` · scope `shares` · since 5.0
   * @throws NotFoundError when there is no such server
   */
  async revokeAll(owner: string, input: ServerInput = {}, call?: CallOptions): Promise<void> {
    const server = serverOf(input);
    const path = { owner, server_name: server };
    return reconcile(
      call,
      (call) => discardResult(deleteShareCode({ ...requestOptions(this.#hub, call), path })),
      async (call) => ifAbsent((await this.list(owner, { server }, call)).length > 0),
    );
  }
}
