/**
 * One request to the fake hub: its parts, its sender, and what the sender may do. The checks of scopes respond as hubs
 * do: with 403 if the scope is missing, with 404 if the scope's filter excludes the resource.
 */
import { isObject } from "./python.js";
import { HttpError, noAccess } from "./replies.js";
import type { Owner, Token } from "./records.js";
import { covers, parse, reaches, type Granted, type Resource } from "./scopes.js";
import { findToken, tokenScopes } from "./tokens-made.js";
import type { World } from "./world.js";

/** The parts of a request. */
export interface Incoming {
  method: string;
  /** The path below the API, not decoded. */
  path: string;
  url: URL;
  headers: Headers;
  text: string;
  signal: AbortSignal;
}

/** The sender of a request. */
export interface Identity {
  owner: Owner;
  token: Token | undefined;
  scopes: ReadonlySet<string>;
  granted: Granted;
}

const mediaType = "application/jupyterhub-pagination+json";
/** The last activity is updated only if it is older than this many milliseconds. */
const activityResolution = 30_000;

export class Call {
  readonly world: World;
  readonly request: Incoming;
  readonly params: Readonly<Record<string, string>>;
  identity: Identity | undefined;

  constructor(world: World, request: Incoming, params: Readonly<Record<string, string>>) {
    this.world = world;
    this.request = request;
    this.params = params;
    this.identity = identify(world, request.headers.get("Authorization") ?? "");
  }

  /** A parameter of the path; "" if the path does not have it. */
  param(name: string): string {
    return this.params[name] ?? "";
  }

  query(name: string): string | undefined {
    // As in FakeRequest, the last value of a repeated parameter counts. Hubs strip white space.
    return this.request.url.searchParams.getAll(name).at(-1)?.trim();
  }

  /** The body, parsed as JSON; null if there is none. */
  get body(): unknown {
    if (this.request.text === "") return null;
    try {
      return JSON.parse(this.request.text) as unknown;
    } catch {
      throw new HttpError(400, "Invalid JSON in body of request");
    }
  }

  /** The body if it is an object, otherwise an empty object. */
  get fields(): Record<string, unknown> {
    const { body } = this;
    return isObject(body) ? body : {};
  }

  get wantsPages(): boolean {
    const accepted = (this.request.headers.get("Accept") ?? "").toLowerCase().split(",");
    return accepted.some((one) => one.trim() === mediaType);
  }

  get includesStopped(): boolean {
    const value = this.query("include_stopped_servers") ?? "0";
    return !["0", "false"].includes(value.toLowerCase());
  }

  get sender(): Identity {
    if (!this.identity) throw new HttpError(403, "Missing or invalid credentials.");
    return this.identity;
  }

  /** Whether the sender has a scope for a resource. */
  reaches(scope: string, resource: Resource): boolean {
    return this.identity !== undefined && reaches(this.identity.granted, scope, resource);
  }

  /** Whether the sender has a scope. The scope may have a filter: "servers!user=ada". */
  holds(scope: string): boolean {
    return this.identity !== undefined && covers(this.identity.granted, scope, this.world.groupsOf);
  }

  /**
   * Refuses the request unless the sender has one of the scopes for the resource in the path. A scope with a filter
   * suffices if the filter includes one of `filters` or, for a `listing`, in any case.
   */
  require(scopes: readonly string[], filters: readonly string[], listing: boolean): void {
    const { granted } = this.sender;
    const known = scopes.map((scope) => (this.world.scopes.including(scope) ? scope : "servers"));
    const held = known.filter((scope) => granted.has(scope));
    const since5 = this.world.since("5.0");
    const allowed = held.some((scope) => {
      if (granted.get(scope) === true || listing) return true;
      // Before 5.0, a scope with any filter suffices if the path names no resource.
      if (filters.length === 0) return !since5;
      if (filters.some((filter) => this.holds(`${scope}!${filter}`))) return true;
      // Before 5.0, only the first scope that the sender has counts.
      if (!since5) throw noAccess();
      return false;
    });
    if (allowed) return;
    if (filters.length > 0 && held.length > 0) throw noAccess();
    throw new HttpError(
      403,
      `Action is not authorized with current scopes; requires any of [${known.join(", ")}]`,
    );
  }
}

/**
 * Identifies the sender by the token in `Authorization`, and updates the last activity of the token and of its owner.
 */
function identify(world: World, authorization: string): Identity | undefined {
  const token = tokenIn(world, authorization);
  if (!token) return undefined;
  const now = world.clock.now();
  const isOld = (time: number | null): boolean => time === null || now - time > activityResolution;
  if (isOld(token.lastActivity)) token.lastActivity = now;
  const { owner } = token;
  if (owner.kind === "user" && isOld(owner.lastActivity)) owner.lastActivity = now;
  return identityOf(world, owner, token);
}

/** The valid token in an `Authorization` header, if any. */
export function tokenIn(world: World, authorization: string): Token | undefined {
  const [, value] = /^(?:token|bearer)\s+(\S+)\s*$/i.exec(authorization) ?? [];
  return value === undefined ? undefined : findToken(world, value);
}

export function identityOf(world: World, owner: Owner, token: Token): Identity {
  const scopes = tokenScopes(world, token);
  return { owner, token, scopes, granted: parse(scopes) };
}
