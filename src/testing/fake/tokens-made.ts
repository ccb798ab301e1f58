/** Creates and finds tokens, and computes their current scopes. */
import { InvalidInputError } from "../../core/errors.js";
import { longestToken } from "./names.js";
import { crash, HttpError } from "./replies.js";
import type { Group, Owner, Token } from "./records.js";
import { expand, identifyScopes, intersect, unknownScope } from "./scopes.js";
import type { World } from "./world.js";

export interface NewToken {
  scopes?: readonly string[] | null;
  roles?: readonly string[] | null;
  note?: string;
  /** The lifetime in seconds; without it, the token does not expire. */
  expiresIn?: number | null;
  value?: string;
  /** The id of the browser session that the token belongs to; only tokens from OAuth have one. */
  sessionId?: string;
  /** The description of the OAuth client that the token belongs to. */
  client?: string;
}

/** The client of tokens that do not come from a login. */
export const hubClient = "JupyterHub";

/** Creates a token, and refuses scopes that its owner does not have. */
export const makeToken = (world: World, owner: Owner, wanted: NewToken): Token =>
  addToken(world, owner, { ...wanted, scopes: assignedScopes(world, owner, wanted) });

/** Creates a token with any scopes. The token grants only those that its owner also has. */
export function addToken(
  world: World,
  owner: Owner,
  wanted: NewToken & { scopes: readonly string[] },
): Token {
  const { scopes, note = "", expiresIn = null, sessionId = null } = wanted;
  const { value = world.nextSecret("token"), client = hubClient } = wanted;
  const now = world.clock.now();
  const token: Token = {
    id: world.nextId(),
    value,
    owner,
    scopes,
    note,
    sessionId,
    client,
    created: now,
    expiresAt: expiresIn === null ? null : now + expiresIn * 1000,
    lastActivity: null,
  };
  world.tokens.set(value, token);
  return token;
}

function assignedScopes(world: World, owner: Owner, { scopes, roles }: NewToken): string[] {
  const given = scopes ?? undefined;
  if (given && roles) {
    throw new HttpError(400, "Can only assign one of scopes or roles when creating tokens.");
  }
  const assigned = given ?? (roles ?? ["token"]).flatMap((role) => roleScopes(world, role));
  const { unknown, excess } = refusalOf(world, owner, assigned);
  // Hubs before 5.0 answer an unknown scope with 500.
  if (unknown !== undefined && !world.since("5.0")) throw crash();
  if (unknown !== undefined) throw new HttpError(400, `"${unknown}"`);
  if (excess !== undefined) throw new HttpError(400, excess);
  return [...assigned];
}

/**
 * Returns the hub's message if an owner cannot have a token with these scopes: `unknown` if a scope does not exist,
 * `excess` if the owner lacks a scope. Otherwise returns an empty object.
 */
export function refusalOf(
  world: World,
  owner: Owner,
  scopes: readonly string[],
): { unknown?: string; excess?: string } {
  for (const scope of scopes) {
    const unknown = unknownScope(world.scopes, scope, "token");
    if (unknown !== undefined) return { unknown };
  }
  const wanted = expand(world.scopes, scopes, owner);
  const held = intersect(wanted, ownerScopes(world, owner), world.groupsOf);
  const excess = [...wanted].filter((scope) => !held.has(scope));
  if (excess.length === 0) return {};
  const kind = owner.kind === "user" ? "User" : "Service";
  const list = excess.join(",");
  return { excess: `Not assigning requested scopes ${list} not held by ${kind} ${owner.name}` };
}

/** Throws an error if a test wants a token with scopes that do not exist or that the owner lacks. */
export function checkScopes(world: World, owner: Owner, scopes: readonly string[]): void {
  const { unknown, excess } = refusalOf(world, owner, scopes);
  const reason = unknown ?? excess;
  if (reason !== undefined)
    throw new InvalidInputError(`${reason} (hub ${world.settings.version}).`);
}

function roleScopes(world: World, role: string): readonly string[] {
  const scopes = world.roles.get(role);
  if (!scopes) throw new HttpError(400, `No such role: ${role}`);
  return scopes;
}

const groupsOf = (owner: Owner): Group[] => (owner.kind === "user" ? [...owner.groups] : []);

/** The current scopes of an owner, from the roles of the owner and of the owner's groups. */
function scopesOfRoles(world: World, owner: Owner): Set<string> {
  const roles = [...owner.roles, ...groupsOf(owner).flatMap((group) => [...group.roles])];
  const scopes = new Set(roles.flatMap((role) => [...(world.roles.get(role) ?? [])]));
  return expand(world.scopes, scopes, owner);
}

/** The current scopes of an owner that a new token may have: from roles and shares. */
function ownerScopes(world: World, owner: Owner): Set<string> {
  const held = scopesOfRoles(world, owner);
  const groups = groupsOf(owner);
  for (const share of world.shares) {
    if (share.with !== owner && !groups.some((group) => share.with === group)) continue;
    for (const scope of expand(world.scopes, share.scopes, owner)) held.add(scope);
  }
  return held;
}

/**
 * The current scopes of a token: those of its own scopes that its owner still has. Of the shares with the owner, a token
 * has the scopes as they are written, without those that they include. It has none of the shares with a group.
 */
export function tokenScopes(world: World, { owner, scopes }: Token): Set<string> {
  const held = scopesOfRoles(world, owner);
  for (const share of world.shares) {
    if (share.with === owner) for (const scope of share.scopes) held.add(scope);
  }
  if (scopes.includes("inherit")) return held;
  const given = expand(world.scopes, scopes, owner);
  // Every token includes the scopes to read its owner's name, or wider ones.
  const known = expand(world.scopes, [...given, ...identifyScopes(owner)], owner);
  return intersect(known, held, world.groupsOf);
}

/** Returns the token with this value, unless it has expired. */
export function findToken(world: World, value: string): Token | undefined {
  const token = value.length > longestToken ? undefined : world.tokens.get(value);
  return token && !hasExpired(world, token) ? token : undefined;
}

export const hasExpired = (world: World, { expiresAt }: Token): boolean =>
  expiresAt !== null && expiresAt < world.clock.now();
