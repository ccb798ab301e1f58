/** The API tokens of users, and who a token belongs to. */
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
import {
  nothing,
  optional,
  through,
  valueOf,
  type CallOptions,
  type Hub,
  type NoInput,
} from "./call.js";
import { gone, settled } from "./settle.js";

/** What a new token may do and how long it lasts. */
export type CreateTokenInput = Omit<NonNullable<PostUserTokensData["body"]>, "auth">;

/** `hub.tokens` */
export class Tokens {
  readonly #hub: Hub;

  constructor(hub: Hub) {
    this.#hub = hub;
  }

  /**
   * All tokens of a user, without the tokens themselves.
   *
   * `GET /users/{name}/tokens` · scope `read:tokens`
   * @throws NotFoundError when there is no such user, or the token's scopes do not reach it
   */
  async list(user: string, _input: NoInput = {}, call?: CallOptions): Promise<Token[]> {
    const { api_tokens } = await valueOf(
      getUserTokens({ ...through(this.#hub, call), path: { name: user } }),
    );
    return api_tokens;
  }

  /**
   * One token by its id, without the token itself.
   *
   * `GET /users/{name}/tokens/{token_id}` · scope `read:tokens`
   * @throws NotFoundError when the user has no such token
   */
  get(user: string, tokenId: string, _input: NoInput = {}, call?: CallOptions): Promise<Token> {
    return valueOf(
      getUserToken({ ...through(this.#hub, call), path: { name: user, token_id: tokenId } }),
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
  create(user: string, input: CreateTokenInput = {}, call?: CallOptions): Promise<NewToken> {
    return valueOf(
      postUserTokens({ ...through(this.#hub, call), path: { name: user }, ...optional(input) }),
    );
  }

  /**
   * Revokes a token by its id. One that came from OAuth takes all tokens of its client with it.
   *
   * `DELETE /users/{name}/tokens/{token_id}` · scope `tokens`
   * @throws NotFoundError when the user has no such token
   */
  revoke(user: string, tokenId: string, _input: NoInput = {}, call?: CallOptions): Promise<void> {
    const path = { name: user, token_id: tokenId };
    return settled(
      call,
      (call) => nothing(deleteUserToken({ ...through(this.#hub, call), path })),
      (call) => gone(this.get(user, tokenId, {}, call)),
    );
  }

  /**
   * Whose token this is and what it may do, asked with that token instead of the client's own.
   *
   * `GET /user` · any valid token
   * @throws AuthenticationError when the hub does not know the token
   */
  async identify(
    token: string,
    _input: NoInput = {},
    call?: CallOptions,
  ): Promise<RequestIdentity> {
    checkToken(token);
    return valueOf(getCurrentUser(through(this.#hub, call, { Authorization: `Bearer ${token}` })));
  }
}
