/// <reference lib="esnext.disposable" preserve="true" />
/**
 * The API tokens of users: made by a token or a password, for a while or for good, and who one belongs to.
 */
import {
  deleteUserToken,
  getCurrentUser,
  getUserToken,
  getUserTokens,
  postUserTokens,
} from "../../generated/sdk.gen.js";
import type {
  NewToken,
  PostUserTokensData,
  RequestIdentity,
  Token,
} from "../../generated/types.gen.js";
import { checkToken } from "../core/auth.js";
import { BadRequestError, InvalidInputError } from "../core/errors.js";
import { assertShape, readShape } from "../core/json.js";
import { describeType } from "../core/path-names.js";
import type { FilteredScope } from "../core/scopes.js";
import {
  checkInput,
  keysOf,
  discardResult,
  omitEmpty,
  requestOptions,
  dataOf,
  type CallOptions,
  type ResourceContext,
} from "./call.js";
import { ifDeleted, isDeleted, reconcile } from "./reconcile.js";

/** What a new token may do and how long it lasts. */
export type CreateTokenInput = Omit<NonNullable<PostUserTokensData["body"]>, "auth" | "scopes"> & {
  /** What it may do; without it, all that its owner may. Since 3.0. */
  scopes?: readonly FilteredScope[] | null | undefined;
};

/** A password, and what the token that it is given for may do and how long it lasts. */
export type LoginInput = CreateTokenInput & {
  /** The user's password, as the hub's login page takes it. */
  password: string;
};

/** A new token, and a client of the same hub that has it. */
export type Login<Client> = NewToken & {
  /** Acts as the user who logged in. */
  client: Client;
};

/** What a temporary token may do and how long it lasts at most. */
export type TemporaryTokenInput = Omit<CreateTokenInput, "expires_in"> & {
  /** The longest that it may last, in whole seconds, should it not be revoked. @default 3600 */
  expires_in?: number | undefined;
};

/** A token that is revoked when the block ends that holds it by `await using`. */
export type TemporaryToken = NewToken & Disposable;

/** `AsyncDisposable`, where the compiler's `lib` or the types of the runtime have `Symbol.asyncDispose`. */
type Disposable = SymbolConstructor extends { readonly asyncDispose: infer Key extends symbol }
  ? { readonly [_ in Key]: () => Promise<void> }
  : unknown;

/** How long a token lasts, in seconds, that somebody wants for a while. */
export const lifetime = 3600;

/**
 * Creates a token with a lifetime of an hour unless `input.expires_in` says otherwise. A hub with a lower
 * `token_expires_in_max_seconds` grants that instead.
 */
export async function createShortLived(
  hub: ResourceContext,
  user: string,
  { expires_in, ...input }: TemporaryTokenInput,
  call: CallOptions,
): Promise<NewToken> {
  const create = (body: CreateTokenInput): Promise<NewToken> =>
    dataOf(postUserTokens({ ...requestOptions(hub, call), path: { name: user }, body }));
  if (expires_in !== undefined) return create({ ...input, expires_in });
  return create({ ...input, expires_in: lifetime }).catch((error: unknown) => {
    const isTooLong =
      error instanceof BadRequestError && /must not exceed/.test(error.hubMessage ?? "");
    if (!isTooLong) throw error;
    // Without a lifetime, such a hub grants its maximum.
    return create(input);
  });
}

const createKeys = keysOf("POST /users/{name}/tokens", "auth");
const loginKeys = { ...createKeys, password: true };

/** `hub.tokens` */
export class Tokens<Client = unknown> {
  readonly #hub: ResourceContext;
  readonly #as: (token: string) => Client;

  constructor(hub: ResourceContext, as: (token: string) => Client) {
    this.#hub = hub;
    this.#as = as;
  }

  /**
   * All tokens of a user, without the tokens themselves.
   *
   * `GET /users/{name}/tokens` · scope `read:tokens`
   * @throws NotFoundError when there is no such user, or the token's scopes do not reach it
   */
  async list(user: string, call?: CallOptions): Promise<Token[]> {
    const { api_tokens } = await dataOf(
      getUserTokens({ ...requestOptions(this.#hub, call), path: { name: user } }),
    );
    assertShape(Array.isArray(api_tokens));
    return api_tokens;
  }

  /**
   * One token by its id, without the token itself.
   *
   * `GET /users/{name}/tokens/{token_id}` · scope `read:tokens`
   * @throws NotFoundError when the user has no such token
   */
  async get(user: string, tokenId: string, call?: CallOptions): Promise<Token> {
    return dataOf(
      getUserToken({ ...requestOptions(this.#hub, call), path: { name: user, token_id: tokenId } }),
    );
  }

  /**
   * Creates a token. The answer holds the token itself, this once.
   *
   * `POST /users/{name}/tokens` · scope `tokens` · `roles` since 2.0, `scopes` since 3.0
   * @param input.expires_in the token's life in whole seconds, at least 1. Without it, until it is revoked
   * @param input.scopes what it may do; without it, all that its owner may
   * @throws BadRequestError for scopes that do not exist or that the owner lacks; ForbiddenError also
   * when there is no such user
   */
  async create(user: string, input: CreateTokenInput = {}, call?: CallOptions): Promise<NewToken> {
    checkInput(input, createKeys);
    return dataOf(
      postUserTokens({
        ...requestOptions(this.#hub, call),
        path: { name: user },
        ...omitEmpty(input),
      }),
    );
  }

  /**
   * Creates a token that is revoked at the end of a block: `await using token = await hub.tokens.createTemporary(…)`.
   * Should the program not come so far, it expires by itself. A token that is gone by then is no error.
   *
   * `POST /users/{name}/tokens`, then `DELETE /users/{name}/tokens/{token_id}` · scope `tokens` · `roles`
   * since 2.0, `scopes` since 3.0
   * @param input.expires_in whole seconds, at least 1. Default 3600
   * @throws as `create` does; what fails at the end, as `revoke` does
   */
  async createTemporary(
    user: string,
    input: TemporaryTokenInput = {},
    call: CallOptions = {},
  ): Promise<TemporaryToken> {
    checkInput(input, createKeys);
    const created = await createShortLived(this.#hub, user, input, call);
    assertShape(typeof created.id === "string");
    // Whatever has ended the call since, the token is to go.
    const { headers } = call;
    return {
      ...created,
      [Symbol.asyncDispose]: () =>
        this.revoke(user, created.id, { headers }).catch((error: unknown) => {
          if (!isDeleted(error)) throw error;
        }),
    };
  }

  /**
   * Creates a token for a password, without the client's own token, and a client that acts as that user.
   * For hubs whose Authenticator knows passwords, and users who have been there before.
   *
   * `POST /users/{name}/tokens` · no token needed · `roles` since 2.0, `scopes` since 3.0
   * @param username the user's name as the hub has it, mostly in lower case
   * @param input.expires_in the token's life in whole seconds, at least 1. Without it, until it is revoked
   * @param input.scopes what it may do; without it, all that the user may: `tokens` too, to revoke it
   * @throws AuthenticationError when the user or the password is wrong; BadRequestError for scopes that do
   * not exist or that the user lacks
   */
  async login(username: string, input: LoginInput, call?: CallOptions): Promise<Login<Client>> {
    checkInput(input, loginKeys);
    const { password, ...body } = input;
    if (typeof password !== "string") {
      throw new InvalidInputError(`The password must be a string, not ${describeType(password)}.`);
    }
    const created = await dataOf(
      postUserTokens({
        ...requestOptions(this.#hub, call),
        path: { name: username },
        body: { ...body, auth: { username, password } },
      }),
    );
    return readShape(() => ({ ...created, client: this.#as(created.token) }));
  }

  /**
   * Revokes a token by its id. One that came from OAuth takes all tokens of its client with it.
   *
   * `DELETE /users/{name}/tokens/{token_id}` · scope `tokens`
   * @throws NotFoundError when the user has no such token
   */
  async revoke(user: string, tokenId: string, call?: CallOptions): Promise<void> {
    const path = { name: user, token_id: tokenId };
    return reconcile(
      call,
      (call) => discardResult(deleteUserToken({ ...requestOptions(this.#hub, call), path })),
      (call) => ifDeleted(this.get(user, tokenId, call)),
    );
  }

  /**
   * Whose token this is and what it may do, asked with that token instead of the client's own.
   *
   * `GET /user` · any valid token
   * @throws AuthenticationError when the hub does not know the token
   */
  async identify(token: string, call?: CallOptions): Promise<RequestIdentity> {
    checkToken(token);
    return dataOf(
      getCurrentUser(
        requestOptions(this.#hub, call, { Authorization: this.#hub.authorization(token) }),
      ),
    );
  }
}
