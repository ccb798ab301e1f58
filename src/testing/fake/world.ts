/**
 * The state of a fake hub. Finds records by name, and deletes them with all references to them. Handles no requests.
 */
import { isAtLeast } from "../../core/version.js";
import { atMost, type Clock } from "./clock.js";
import type { FakeUser, Settings } from "./options.js";
import type { Group, Server, Service, Share, ShareCode, Token, User } from "./records.js";
import { ScopeTree } from "./scope-tree.js";
import type { SpawnerRule } from "./spawner.js";

/**
 * The number of fake hubs created so far. A hub's secrets contain its own number, so that no other hub accepts them.
 */
let instances = 0;

export class World {
  readonly settings: Settings;
  readonly clock: Clock;
  readonly scopes: ScopeTree;
  readonly roles: Map<string, readonly string[]>;
  readonly users = new Set<User>();
  readonly groups = new Map<string, Group>();
  readonly services = new Map<string, Service>();
  readonly tokens = new Map<string, Token>();
  readonly shares = new Set<Share>();
  readonly shareCodes = new Set<ShareCode>();
  /** Secrets of OAuth clients by id. */
  readonly oauthClients = new Map<string, string>();
  /** OAuth codes that are not yet exchanged. */
  readonly codes = new Map<
    string,
    { client: string; user: User; scopes: readonly string[]; expiresAt: number }
  >();
  /** The hub's process. Its signal aborts when the hub restarts or shuts down. */
  process = new AbortController();
  /** The reason why the hub does not respond, if any: it was shut down, or it is restarting behind its proxy. */
  down: "shut down" | "restarting" | undefined;
  /** The path below which the hub and its servers are. It begins and ends with a slash. */
  readonly basePath: string;
  spawner: SpawnerRule;
  concurrentSpawnLimit: number;
  readonly #instance = (instances += 1);
  readonly #byName = new Map<string, User>();
  #ids = 0;
  #shareCodes = 0;

  constructor(settings: Settings, clock: Clock) {
    this.settings = settings;
    this.clock = clock;
    this.spawner = settings.spawner;
    this.basePath = new URL(settings.url).pathname.replace(/hub\/api\/?$/, "");
    this.concurrentSpawnLimit = settings.concurrentSpawnLimit;
    this.scopes = new ScopeTree(settings.version);
    this.roles = new Map(
      Object.entries({
        user: ["self"],
        server: ["users:activity!user", "access:servers!server"],
        token: ["inherit"],
        everything: this.scopes.names,
        ...settings.roles,
        admin: this.scopes.admin,
      }),
    );
  }

  /** Whether the hub's release is this version or newer. */
  since(version: string): boolean {
    return isAtLeast(this.settings.version, version);
  }

  nextId(): number {
    this.#ids += 1;
    return this.#ids;
  }

  nextShareCode(): number {
    this.#shareCodes += 1;
    return this.#shareCodes;
  }

  /** A unique value for tokens and codes. It need not be secret. */
  nextSecret(kind: string): string {
    return `fake-${this.#instance}-${kind}-${this.nextId()}`;
  }

  /**
   * Waits within the hub's process. Rejects if the process ends meanwhile, so that the code after the wait does not
   * change the state of the next process.
   */
  async sleep(milliseconds: number, options: { background?: boolean } = {}): Promise<void> {
    const { signal } = this.process;
    await this.clock.sleep(milliseconds, { ...options, signal });
    signal.throwIfAborted();
  }

  /** Waits as `sleep` does, but ends earlier if the promise settles. */
  async waitFor(wanted: Promise<unknown>, milliseconds: number): Promise<void> {
    const { signal } = this.process;
    await atMost(this.clock, milliseconds, wanted, signal);
    signal.throwIfAborted();
  }

  user(name: string): User | undefined {
    return this.#byName.get(name);
  }

  addUser({ name, admin = false, roles = [], lastActivity }: FakeUser): User {
    const user: User = {
      kind: "user",
      id: this.nextId(),
      name,
      admin,
      roles: new Set([...(admin ? ["admin"] : []), "user", ...roles]),
      groups: new Set(),
      servers: new Map(),
      created: this.clock.now(),
      lastActivity: lastActivity?.getTime() ?? null,
      authState: null,
    };
    this.users.add(user);
    this.#byName.set(name, user);
    this.addServer(user, "", "");
    return user;
  }

  rename(user: User, name: string | null): void {
    if (user.name !== null) this.#byName.delete(user.name);
    user.name = name;
    if (name !== null) this.#byName.set(name, user);
    for (const server of user.servers.values()) this.updateFilters(server);
  }

  /** Makes the scopes of a server's shares and codes follow its name and that of its user. */
  updateFilters(server: Server): void {
    const filter = `!server=${server.user.name}/${server.name}`;
    for (const one of [...this.shares, ...this.shareCodes]) {
      if (one.server !== server) continue;
      one.scopes = one.scopes.map((scope) => scope.replace(/!server=.*/s, () => filter));
    }
  }

  setAdmin(user: User, admin: boolean): void {
    user.admin = admin;
    if (admin) user.roles.add("admin");
    else user.roles.delete("admin");
  }

  removeUser(user: User): void {
    this.rename(user, null);
    this.users.delete(user);
    for (const group of user.groups) group.users.delete(user);
    for (const server of user.servers.values()) this.removeServer(server);
    for (const share of this.shares) if (share.with === user) this.shares.delete(share);
    for (const [value, { owner }] of this.tokens) if (owner === user) this.tokens.delete(value);
  }

  addServer(user: User, name: string, displayName: string | null): Server {
    const server: Server = {
      user,
      name,
      displayName,
      savedOptions: null,
      savedState: null,
      started: null,
      lastActivity: null,
      active: false,
      live: undefined,
    };
    user.servers.set(name, server);
    return server;
  }

  removeServer(server: Server): void {
    server.user.servers.delete(server.name);
    for (const share of this.shares) if (share.server === server) this.shares.delete(share);
    for (const code of this.shareCodes) if (code.server === server) this.shareCodes.delete(code);
  }

  addGroup(name: string, users: Iterable<User>): Group {
    const group: Group = {
      kind: "group",
      id: this.nextId(),
      name,
      users: new Set(),
      roles: new Set(),
      properties: {},
    };
    this.groups.set(name, group);
    for (const user of users) this.join(user, group);
    return group;
  }

  join(user: User, group: Group): void {
    group.users.add(user);
    user.groups.add(group);
  }

  leave(user: User, group: Group): void {
    group.users.delete(user);
    user.groups.delete(group);
  }

  removeGroup(group: Group): void {
    this.groups.delete(group.name);
    for (const user of group.users) user.groups.delete(group);
    for (const share of this.shares) if (share.with === group) this.shares.delete(share);
  }

  /** Every server that the hub has. */
  *servers(): Generator<Server> {
    for (const user of this.users) yield* user.servers.values();
  }

  readonly groupsOf = (user: string): ReadonlySet<string> =>
    new Set([...(this.user(user)?.groups ?? [])].map(({ name }) => name));
}
