/**
 * Checks an identity's scopes without a request.
 *
 * Hubs list scopes in full: each scope with all scopes that it includes, and filters with names (`!user=ada`, not
 * `!user`). So only filters are compared: a scope without a filter covers every filter, a user's filter covers the
 * user's servers, and a group's filter covers the group's members.
 */
import type { Scope } from "../../generated/operations.gen.js";
import type { RequestIdentity } from "../../generated/types.gen.js";
import { InvalidInputError, UnsupportedByHubError } from "./errors.js";
import { checkKeys, type KeysOf } from "./known-keys.js";

/** A scope with or without a filter: `read:users`, `servers!user=ada`, `custom:reports:read`. */
export type FilteredScope = Scope | (string & {});

/** Names that stand for other scopes. Hubs replace each name by those scopes. */
type Placeholder = "self" | "inherit" | "(no_scope)";

/** Facts about the user whom a scope's filter names. */
export interface ScopeContext {
  /** The user's groups, to compare with group filters. Not needed if the user is the token's owner. */
  groups?: readonly string[] | undefined;
}

const contextKeys: KeysOf<ScopeContext> = { groups: true };

/**
 * Returns whether an identity, as `whoami` or `tokens.identify` returned it, has a scope. Sends nothing.
 *
 * A scope without a filter must be held without a filter: `list:users!group=staff` does not include `list:users`,
 * although `GET /users` then returns the users of that group. `!user` stands for the token's owner. A scope limited to
 * a group covers users as far as their groups are known: for the token's owner from `identity`, for others from
 * `context`.
 *
 * @param identity the result of `hub.whoami()`
 * @param scope such as `users`, alone or followed by one of the filters `!user`, `!user=ada`, `!group=staff`,
 * `!service=ci`, `!server=ada/gpu` or, for the default server, `!server=ada/`
 * @param context facts that `identity` does not contain
 * @throws InvalidInputError for an unknown filter or one without a name, and for `self`, `inherit` and `(no_scope)`,
 * which hubs replace by the scopes that they stand for; UnsupportedByHubError for the identity of a hub before 2.0,
 * which has no scopes
 */
export function hasScope(
  identity: RequestIdentity,
  scope: Exclude<FilteredScope, Placeholder>,
  context: ScopeContext = {},
): boolean {
  checkKeys("context", context, contextKeys);
  const held: readonly string[] | undefined = identity.scopes;
  if (!held) {
    throw new UnsupportedByHubError(
      "The identity has no scopes: hubs have them since 2.0. Before that, an admin may do everything.",
      { since: "2.0" },
    );
  }
  const [name, filter] = cut(scope, "!");
  if (["self", "inherit", "all", "(no_scope)"].includes(name)) {
    throw new InvalidInputError(
      `The scope ${name} stands for others, and hubs list those. Ask for one of them.`,
    );
  }
  // `start:servers` exists since 6.0, where `servers` includes it.
  const names = name === "start:servers" ? [name, "servers"] : [name];
  const filters = filter === undefined ? [] : covering(filter, identity, context);
  return names.some(
    (name) => held.includes(name) || filters.some((filter) => held.includes(`${name}!${filter}`)),
  );
}

/** Returns the filters that cover `filter`, including `filter` itself. */
function covering(
  filter: string,
  identity: RequestIdentity,
  { groups = [] }: ScopeContext,
): string[] {
  const [kind, named] = cut(filter, "=");
  const isOwner = kind === "user" && named === undefined;
  const isUser = identity.kind === "user";
  // A service is not a user, so no filter covers its `!user`.
  if (isOwner && !isUser) return [];
  const target = isOwner ? identity.name : named;
  const known = ["user", "group", "server", "service"].includes(kind);
  if (!target || !known || (kind === "server" && !/.\//.test(target))) {
    throw new InvalidInputError(
      `The filter !${filter} is unknown or has no name. Filters are !user, !user=name, !group=name, !service=name and !server=user/name.`,
    );
  }
  const itself = `${kind}=${target}`;
  if (kind === "group" || kind === "service") return [itself];
  const [user] = cut(target, "/");
  const ownGroups = isUser && identity.name === user ? (identity.groups ?? []) : [];
  return [itself, `user=${user}`, ...[...groups, ...ownGroups].map((group) => `group=${group}`)];
}

/** Splits a text at the first separator. Without one, `after` is undefined. */
function cut(text: string, separator: string): [before: string, after: string | undefined] {
  const index = text.indexOf(separator);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}
