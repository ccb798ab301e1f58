/**
 * Whether a token may do something, judged by the scopes that `whoami` tells.
 *
 * Hubs tell scopes in full: each with everything that it includes, and the names in its filters. So it
 * remains to see which filters cover which: all covers one, a user covers their servers, a group covers
 * its members.
 */
import type { Scope } from "../../generated/operations.gen.js";
import type { RequestIdentity } from "../../generated/types.gen.js";
import { InvalidInputError, UnsupportedByHubError } from "./errors.js";
import { checkKeys, type KeysOf } from "./known-keys.js";

/** A scope with or without a filter: `read:users`, `servers!user=ada`, `custom:reports:read`. */
export type FilteredScope = Scope | (string & {});

/** What is known of the user that a scope names. */
export interface ScopeContext {
  /** The groups of that user, for scopes limited to a group. Those of the token's owner are known already. */
  groups?: readonly string[] | undefined;
}

const contextKeys: KeysOf<ScopeContext> = { groups: true };

/**
 * Whether an identity has a scope, by the answer of `whoami` or `tokens.identify` alone: nothing is sent.
 *
 * Without a filter, a scope must reach everything: `list:users` is not had by who has
 * `list:users!group=staff`, though the hub shows them a part of the list. `!user` stands for the token's
 * owner. A scope limited to a group covers its members, as far as their groups are known: those of the
 * token's owner from `identity`, anybody else's from `context`.
 *
 * @param identity what `hub.whoami()` resolved with
 * @param scope what is asked for: `users`, or with one of the filters `!user`, `!user=ada`, `!group=staff`,
 * `!service=ci`, `!server=ada/gpu` or, for her default server, `!server=ada/`
 * @param context what `identity` does not tell
 * @throws InvalidInputError for a filter that there is not, or that names nothing, and for `self`, `inherit`
 * and `(no_scope)`, in whose place hubs tell what they stand for; UnsupportedByHubError for the identity of
 * a hub before 2.0, which tells no scopes
 */
export function hasScope(
  identity: RequestIdentity,
  scope: FilteredScope,
  context: ScopeContext = {},
): boolean {
  checkKeys("context", context, contextKeys);
  const held: readonly string[] | undefined = identity.scopes;
  if (!held) {
    throw new UnsupportedByHubError(
      "The identity has no scopes: hubs tell them since 2.0, and before that an admin may do everything.",
      { since: "2.0" },
    );
  }
  const [name, filter] = cut(scope, "!");
  if (["self", "inherit", "all", "(no_scope)"].includes(name)) {
    throw new InvalidInputError(
      `Nobody is told to have the scope ${name}: hubs tell what it stands for. Ask for that.`,
    );
  }
  // Before 6.0 there is no scope for starts alone; since then it comes with this one.
  const names = name === "start:servers" ? [name, "servers"] : [name];
  const filters = filter === undefined ? [] : covering(filter, identity, context);
  return names.some(
    (name) => held.includes(name) || filters.some((filter) => held.includes(`${name}!${filter}`)),
  );
}

/** The filters that reach what `filter` asks for, itself among them. */
function covering(
  filter: string,
  identity: RequestIdentity,
  { groups = [] }: ScopeContext,
): string[] {
  const [kind, named] = cut(filter, "=");
  const own = kind === "user" && named === undefined;
  // A service is no user: of its own servers it has none.
  if (own && identity.kind !== "user") return [];
  const target = own ? identity.name : named;
  const known = ["user", "group", "server", "service"].includes(kind);
  if (!target || !known || (kind === "server" && !/.\//.test(target))) {
    throw new InvalidInputError(
      `The filter !${filter} names nothing: there are !user, !user=name, !group=name, !service=name and !server=user/name.`,
    );
  }
  const itself = `${kind}=${target}`;
  if (kind === "group" || kind === "service") return [itself];
  const [user] = cut(target, "/");
  const memberOf =
    identity.kind === "user" && identity.name === user
      ? [...groups, ...(identity.groups ?? [])]
      : groups;
  return [itself, `user=${user}`, ...memberOf.map((group) => `group=${group}`)];
}

/** The text before and after the first mark; without one there is no text after. */
function cut(text: string, mark: string): [before: string, after: string | undefined] {
  const index = text.indexOf(mark);
  return index < 0 ? [text, undefined] : [text.slice(0, index), text.slice(index + 1)];
}
