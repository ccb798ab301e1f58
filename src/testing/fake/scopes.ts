/**
 * Expands scopes, and finds the scopes that a token and its owner have in common. Takes the filters of scopes into
 * account. Does not depend on requests.
 */
import type { Group, Owner, Server, Service, User } from "./records.js";
import type { ScopeTree } from "./scope-tree.js";

/**
 * Granted scopes by name: `true` if a scope is granted for every resource, otherwise the filters that name the
 * resources.
 */
export type Granted = ReadonlyMap<string, true | Filters>;
/** The names of resources in filters, by kind of filter: user, server, group, service. */
export type Filters = ReadonlyMap<string, ReadonlySet<string>>;

/** The resources that a filter can name. */
export type Resource = User | Group | Service | Server;

const special = new Set(["inherit", "self", "(no_scope)", "all"]);
const named = ["user=", "service=", "group=", "server="];
const unnamed = new Set(["user", "service", "server"]);

/** The hub's message for an unknown scope; undefined for a known one. */
export function unknownScope(tree: ScopeTree, scope: string, what: string): string | undefined {
  const [name, filter] = cut(scope, "!");
  if (name === "all") return "Draft scope 'all' is now called 'inherit'";
  if (!tree.including(name) && !special.has(name)) {
    return `Scope '${scope}' for ${what} does not exist`;
  }
  if (filter === "" || unnamed.has(filter) || named.some((kind) => filter.startsWith(kind))) {
    return undefined;
  }
  return `Scope filter ${filter} '!${filter}' in scope '${scope}' for ${what} does not exist`;
}

/**
 * Returns the expanded scopes of an owner: each scope with all that it includes. Replaces `self` by the scopes for this
 * user, and `!user` or `!service` by a filter with this owner's name.
 */
export function expand(tree: ScopeTree, scopes: Iterable<string>, owner: Owner): Set<string> {
  const expanded = new Set<string>();
  for (const scope of scopes) {
    const [name, written] = cut(scope, "!");
    const filter = filterFor(written, owner);
    // With a filter, these names stand for nothing, so nobody holds them.
    if ((name === "self" || name === "inherit") && written !== "") {
      expanded.add(scope);
      continue;
    }
    if (name === "self" && owner.kind === "user") {
      for (const part of tree.self) expanded.add(`${part}!user=${owner.name}`);
    }
    if (filter === undefined) continue;
    // The scope for nothing is not held by anybody, so hubs refuse it for a token.
    if (name === "(no_scope)") expanded.add(name);
    for (const part of tree.including(name) ?? []) {
      // A filter by server does not include its user.
      if (filter.startsWith("server") && part.startsWith("read:user")) continue;
      expanded.add(filter === "" ? part : `${part}!${filter}`);
    }
  }
  return reduced(expanded);
}

/**
 * Returns a filter with the owner's name for `!user` or `!service`; undefined if the owner is not of that kind. Returns
 * any other filter unchanged.
 */
function filterFor(filter: string, owner: Owner): string | undefined {
  if (!unnamed.has(filter)) return filter;
  return filter === owner.kind ? `${filter}=${owner.name}` : undefined;
}

/** Removes each filtered scope that the set also contains without a filter. */
const reduced = (scopes: ReadonlySet<string>): Set<string> =>
  new Set([...scopes].filter((scope) => scope.indexOf("!") < 0 || !scopes.has(cut(scope, "!")[0])));

export function parse(scopes: Iterable<string>): Granted {
  const granted = new Map<string, true | Map<string, Set<string>>>();
  for (const scope of scopes) {
    const [name, filter] = cut(scope, "!");
    const known = granted.get(name);
    if (filter === "") granted.set(name, true);
    else if (known !== true) {
      const [kind, value] = cut(filter, "=");
      const filters = known ?? new Map<string, Set<string>>();
      filters.set(kind, (filters.get(kind) ?? new Set()).add(value));
      granted.set(name, filters);
    }
  }
  return granted;
}

/**
 * Returns the scopes that both sets grant. A filter by group includes the group's users, and a filter by user includes
 * the user's servers.
 */
export function intersect(
  one: ReadonlySet<string>,
  other: ReadonlySet<string>,
  groupsOf: (user: string) => ReadonlySet<string>,
): Set<string> {
  const covered = (scope: string, by: Granted): boolean => covers(by, scope, groupsOf);
  const [first, second] = [parse(one), parse(other)];
  return new Set([
    ...[...one].filter((scope) => covered(scope, second)),
    ...[...other].filter((scope) => covered(scope, first)),
  ]);
}

/** Whether a scope, with or without a filter, is granted. */
export function covers(
  granted: Granted,
  scope: string,
  groupsOf: (user: string) => ReadonlySet<string>,
): boolean {
  const [name, filter] = cut(scope, "!");
  const filters = granted.get(name);
  if (filters === undefined || filters === true) return filters === true;
  if (filter === "") return false;
  const [kind, value] = cut(filter, "=");
  if (filters.get(kind)?.has(value)) return true;
  if (kind !== "user" && kind !== "server") return false;
  const [user] = cut(value, "/");
  if (kind === "server" && filters.get("user")?.has(user)) return true;
  return overlap(filters.get("group"), groupsOf(user));
}

/** Whether a scope is granted for a resource. */
export function reaches(granted: Granted, scope: string, resource: Resource): boolean {
  const filters = granted.get(scope);
  if (filters === undefined || filters === true) return filters === true;
  if (!("user" in resource)) {
    if (filters.get(resource.kind)?.has(String(resource.name))) return true;
    return resource.kind === "user" && inGroup(filters, resource);
  }
  const { user, name } = resource;
  return (
    filters.get("server")?.has(`${user.name}/${name}`) === true ||
    filters.get("user")?.has(String(user.name)) === true ||
    inGroup(filters, user)
  );
}

const inGroup = (filters: Filters, user: User): boolean =>
  overlap(filters.get("group"), new Set([...user.groups].map(({ name }) => name)));

const overlap = (some: ReadonlySet<string> | undefined, others: ReadonlySet<string>): boolean =>
  some !== undefined && [...some].some((name) => others.has(name));

/** The scopes that every owner has. */
export const identifyScopes = ({ kind, name }: Owner): string[] =>
  kind === "user"
    ? [`read:users:name!user=${name}`, `read:users:groups!user=${name}`]
    : [`read:services:name!service=${name}`];

/** Splits a text at the first occurrence of a mark. If there is none, `after` is "". */
export function cut(text: string, mark: string): [before: string, after: string] {
  const index = text.indexOf(mark);
  return index < 0 ? [text, ""] : [text.slice(0, index), text.slice(index + mark.length)];
}
