/// <reference lib="esnext.disposable" preserve="true" />
/** Lists, creates, identifies and revokes API tokens of users, and logs users in with a password. */
import * as api from "../../generated/sdk.gen.js";
import type {
  NewToken,
  PostUserTokensData,
  RequestIdentity,
  Token,
} from "../../generated/types.gen.js";
import { checkToken } from "../core/auth.js";
import { BadRequestError } from "../core/errors.js";
import type { Disposable } from "../core/runtime.js";
import { assertShape, readShape } from "../core/json.js";
import { assertString } from "../core/path-names.js";
import type { FilteredScope } from "../core/scopes.js";
import {
  checkInput,
  keysOf,
  omitEmpty,
  send,
  type CallOptions,
  type ClientContext,
} from "./call.js";
import { ifDeleted, isDeleted, write } from "./reconcile.js";

/** The scopes and the lifetime of a new token. */
export interface CreateTokenInput extends Omit<
  NonNullable<PostUserTokensData["body"]>,
  "auth" | "scopes"
> {
  /** The token's scopes; by default all scopes of its owner. Since 3.0. */
  scopes?: readonly FilteredScope[] | null | undefined;
}

/** A password, and the scopes and the lifetime of the token to create. */
export interface LoginInput extends CreateTokenInput {
  /** The password with which the user logs in on the hub's login page. */
  password: string;
}

/** A new token, and a client that uses the token on the same hub. */
export type Login<Client = unknown> = NewToken & {
  /** A client that acts as the user who logged in. */
  client: Client;
};

/** The scopes and the longest lifetime of a temporary token. */
export interface TemporaryTokenInput extends Omit<CreateTokenInput, "expires_in"> {
  /** The lifetime in whole seconds, unless the token is revoked earlier. @default 3600 */
  expires_in?: number | undefined;
}

/** A token that is revoked at the end of the block that declares it with `await using`. */
export type TemporaryToken = NewToken & Disposable;

/** The default lifetime, in seconds, of temporary tokens and of the tokens for connections to servers. */
export const lifetime = 3600;

/**
 * Creates a token that expires after `expires_in`: by default an hour, or the hub's maximum lifetime if that is
 * shorter.
 */
export async function createShortLived(
  hub: ClientContext,
  user: string,
  { expires_in, ...input }: TemporaryTokenInput,
  call: CallOptions,
): Promise<NewToken> {
  const create = (body: CreateTokenInput): Promise<NewToken> =>
    send(hub, api.postUserTokens, { path: { name: user }, body }, call);
  try {
    return await create({ ...input, expires_in: expires_in ?? lifetime });
  } catch (error) {
    const isTooLong =
      error instanceof BadRequestError && /must not exceed/.test(error.hubMessage ?? "");
    if (expires_in !== undefined || !isTooLong) throw error;
    // Without a lifetime, the hub grants its `token_expires_in_max_seconds`.
    return create(input);
  }
}

const createKeys = keysOf("POST /users/{name}/tokens", "auth");
const loginKeys = { ...createKeys, password: true };

/** `hub.tokens` */
export class Tokens<Client = unknown> {
  readonly #hub: ClientContext;
  readonly #clientOf: (token: string) => Client;

  constructor(hub: ClientContext, clientOf: (token: string) => Client) {
    this.#hub = hub;
    this.#clientOf = clientOf;
  }

  /**
   * Returns all tokens of a user, without their secrets.
   *
   * `GET /users/{name}/tokens` · scope `read:tokens`
   * @throws NotFoundError if the user does not exist, or the scopes of the client's token do not include this user
   */
  async list(user: string, call?: CallOptions): Promise<Token[]> {
    const path = { name: user };
    const { api_tokens } = await send(this.#hub, api.getUserTokens, { path }, call);
    assertShape(Array.isArray(api_tokens));
    return api_tokens;
  }

  /**
   * Returns a token by its id, without its secret.
   *
   * `GET /users/{name}/tokens/{token_id}` · scope `read:tokens`
   * @throws NotFoundError if the user has no such token; InvalidInputError if `tokenId` is a token instead of its id
   */
  async get(user: string, tokenId: string, call?: CallOptions): Promise<Token> {
    const path = { name: user, token_id: tokenId };
    return send(this.#hub, api.getUserToken, { path }, call);
  }

  /**
   * Creates a token. Only this result contains its secret, `token`.
   *
   * `POST /users/{name}/tokens` · scope `tokens` · `roles` since 2.0, `scopes` since 3.0
   * @param input `expires_in`: lifetime in whole seconds, at least 1; by default, the hub's maximum or, if the hub has
   * none, until the token is revoked. `scopes`: by default all scopes of the owner
   * @throws BadRequestError for scopes that do not exist or that the owner lacks; ForbiddenError without the scope
   * `tokens`, or if the user does not exist
   */
  async create(user: string, input: CreateTokenInput = {}, call?: CallOptions): Promise<NewToken> {
    checkInput(input, createKeys);
    return send(this.#hub, api.postUserTokens, { path: { name: user }, ...omitEmpty(input) }, call);
  }

  /**
   * Creates a token that is revoked at the end of a block: `await using token = await hub.tokens.createTemporary(…)`.
   * The token also expires by itself, in case the program ends before the block does. A token that is already revoked
   * at the end of the block causes no error.
   *
   * `POST /users/{name}/tokens`, then `DELETE /users/{name}/tokens/{token_id}` · scope `tokens` · `roles` since 2.0,
   * `scopes` since 3.0
   * @param input `expires_in`: lifetime in whole seconds, at least 1. Default 3600
   * @throws the errors of `create`; at the end of the block, those of `revoke`
   */
  async createTemporary(
    user: string,
    input: TemporaryTokenInput = {},
    call: CallOptions = {},
  ): Promise<TemporaryToken> {
    checkInput(input, createKeys);
    const created = await createShortLived(this.#hub, user, input, call);
    assertShape(typeof created.id === "string");
    // The revocation must not depend on the signal and timeout of the creation.
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
   * Logs a user in with a password: creates a token of the user, and returns it with a client that acts as the user.
   * The login request does not carry the token of the client that sends it. Works if the hub's Authenticator checks
   * passwords and the user has logged in before.
   *
   * `POST /users/{name}/tokens` · no token needed · `roles` since 2.0, `scopes` since 3.0
   * @param username the user's name on the hub, usually in lower case
   * @param input `expires_in`: lifetime in whole seconds, at least 1; by default, the hub's maximum or, if the hub has
   * none, until the token is revoked. `scopes`: by default all scopes of the user. A token without the scope `tokens`
   * cannot revoke itself
   * @throws AuthenticationError if the user or the password is wrong; BadRequestError for scopes that do not exist or
   * that the user lacks
   */
  async login(username: string, input: LoginInput, call?: CallOptions): Promise<Login<Client>> {
    checkInput(input, loginKeys);
    const { password, ...rest } = input;
    assertString("password", password, true);
    const body = { ...rest, auth: { username, password } };
    const created = await send(
      this.#hub,
      api.postUserTokens,
      { path: { name: username }, body },
      call,
    );
    return readShape(() => ({ ...created, client: this.#clientOf(created.token) }));
  }

  /**
   * Revokes a token by its id. For a token from OAuth, this revokes all tokens that the user has from the same OAuth
   * client.
   *
   * `DELETE /users/{name}/tokens/{token_id}` · scope `tokens`
   * @throws NotFoundError if the user has no such token; InvalidInputError if `tokenId` is a token instead of its id
   */
  async revoke(user: string, tokenId: string, call?: CallOptions): Promise<void> {
    const path = { name: user, token_id: tokenId };
    await write(this.#hub, api.deleteUserToken, { path }, call, (call) =>
      ifDeleted(this.get(user, tokenId, call)),
    );
  }

  /**
   * Returns the owner and the scopes of a token. The request carries this token instead of the client's own.
   *
   * `GET /user` · any valid token
   * @throws AuthenticationError if the hub does not know the token
   */
  async identify(token: string, call?: CallOptions): Promise<RequestIdentity> {
    checkToken(token);
    const headers = { Authorization: this.#hub.authorization(token) };
    return send(this.#hub, api.getCurrentUser, {}, call, headers);
  }
}
