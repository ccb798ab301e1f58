/** The scopes of hubs, each with the scopes that it includes and the first release that has it. */
import { isAtLeast } from "../../core/version.js";

interface Definition {
  since?: string;
  includes?: readonly string[];
}

const definitions: Readonly<Record<string, Definition>> = {
  "admin-ui": {},
  "admin:users": { includes: ["admin:auth_state", "users", "read:roles:users", "delete:users"] },
  "admin:auth_state": {},
  users: { includes: ["read:users", "list:users", "users:activity"] },
  "delete:users": {},
  "list:users": { includes: ["read:users:name"] },
  "read:users": { includes: ["read:users:name", "read:users:groups", "read:users:activity"] },
  "read:users:name": {},
  "read:users:groups": {},
  "read:users:activity": {},
  "read:roles": { includes: ["read:roles:users", "read:roles:services", "read:roles:groups"] },
  "read:roles:users": {},
  "read:roles:services": {},
  "read:roles:groups": {},
  "users:activity": { includes: ["read:users:activity"] },
  "admin:servers": { includes: ["admin:server_state", "servers"] },
  "admin:server_state": {},
  servers: { includes: ["read:servers", "start:servers", "delete:servers"] },
  "read:servers": { includes: ["read:users:name"] },
  "start:servers": { since: "6.0" },
  "delete:servers": {},
  tokens: { includes: ["read:tokens"] },
  "read:tokens": {},
  "admin:groups": { includes: ["groups", "read:roles:groups", "delete:groups"] },
  groups: { includes: ["read:groups", "list:groups"] },
  "list:groups": { includes: ["read:groups:name"] },
  "read:groups": { includes: ["read:groups:name"] },
  "read:groups:name": {},
  "delete:groups": {},
  "admin:services": {
    since: "5.0",
    includes: ["list:services", "read:services", "read:roles:services"],
  },
  "list:services": { includes: ["read:services:name"] },
  "read:services": { includes: ["read:services:name"] },
  "read:services:name": {},
  "read:hub": {},
  "access:servers": {},
  "access:services": {},
  "users:shares": { since: "5.0", includes: ["read:users:shares"] },
  "read:users:shares": { since: "5.0" },
  "groups:shares": { since: "5.0", includes: ["read:groups:shares"] },
  "read:groups:shares": { since: "5.0" },
  "read:shares": { since: "5.0" },
  shares: {
    since: "5.0",
    includes: ["access:servers", "read:shares", "users:shares", "groups:shares"],
  },
  proxy: {},
  shutdown: {},
  "read:metrics": {},
};

/** The scopes that "self" includes for the user's own resources. */
const own = ["read:users", "users:shares", "read:shares", "users:activity", "servers", "tokens"];

/** The scopes of the role "admin", which every hub has. */
const adminScopes = [
  "admin-ui",
  "admin:users",
  "admin:servers",
  "admin:services",
  "tokens",
  "admin:groups",
  "list:services",
  "read:services",
  "read:hub",
  "proxy",
  "shutdown",
  "access:services",
  "access:servers",
  "read:roles",
  "read:metrics",
  "shares",
];

/** The scopes of one release. */
export class ScopeTree {
  readonly #included = new Map<string, ReadonlySet<string>>();
  /** The scopes that "self" includes, without their filters. */
  readonly self: ReadonlySet<string>;
  readonly admin: readonly string[];

  constructor(version: string) {
    const has = (scope: string): boolean => isAtLeast(version, definitions[scope]?.since ?? "0");
    const all = (scope: string): string[] => [
      scope,
      ...(definitions[scope]?.includes ?? []).filter(has).flatMap(all),
    ];
    for (const scope of Object.keys(definitions).filter(has)) {
      this.#included.set(scope, new Set(all(scope)));
    }
    this.self = new Set([...own, "access:servers"].filter(has).flatMap(all));
    this.admin = adminScopes.filter(has);
  }

  /** Every scope except placeholders such as "self". */
  get names(): string[] {
    return [...this.#included.keys()];
  }

  /** A scope and all that it includes; undefined for an unknown scope. */
  including(scope: string): ReadonlySet<string> | undefined {
    return this.#included.get(scope);
  }
}
