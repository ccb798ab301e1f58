/** What a fake hub keeps: users, servers, groups, services, tokens, shares and share codes. */
import type { SpawnerBehaviour } from "./spawner.js";

export interface User {
  readonly kind: "user";
  readonly id: number;
  /** Null after a PATCH request with the user's current name: real hubs lose the name then, too. */
  name: string | null;
  admin: boolean;
  readonly roles: Set<string>;
  readonly groups: Set<Group>;
  readonly servers: Map<string, Server>;
  readonly created: number;
  lastActivity: number | null;
  authState: Record<string, unknown> | null;
}

export interface Group {
  readonly kind: "group";
  readonly id: number;
  readonly name: string;
  readonly users: Set<User>;
  readonly roles: Set<string>;
  properties: Record<string, unknown>;
}

export interface Service {
  readonly kind: "service";
  readonly name: string;
  readonly admin: boolean;
  readonly roles: Set<string>;
  readonly url: string;
  readonly info: Record<string, unknown>;
  readonly display: boolean;
  /** Whether the service comes from the configuration. Such a service cannot be deleted. */
  readonly configured: boolean;
}

export type Owner = User | Service;

/** A server: its record in the hub's database, and its state in the hub's memory, if any. */
export interface Server {
  readonly user: User;
  name: string;
  displayName: string | null;
  /** The options of the last start, which the next start without options uses. */
  savedOptions: Record<string, unknown> | null;
  savedState: Record<string, unknown> | null;
  started: number | null;
  lastActivity: number | null;
  /** Whether the server is starting, running or stopping. */
  active: boolean;
  /** The state in memory. It is discarded when the server stops or the hub restarts. */
  live: Spawner | undefined;
}

export interface Spawner {
  options: Record<string, unknown>;
  state: Record<string, unknown>;
  pending: "spawn" | "stop" | null;
  behaviour: SpawnerBehaviour;
  /** The pending start, or the last one if it failed. */
  start?: Start;
  /** Resolves when the pending stop has ended. */
  stopping?: Promise<void>;
  /** The token with which the server sends requests to the hub. */
  token?: string;
}

export interface Start {
  /** The time at which the start began. */
  readonly at: number;
  /** Resolves when the start has succeeded, failed or been cancelled; never rejects. */
  ended: Promise<void>;
  outcome: "pending" | "ready" | "failed" | "timeout" | "cancelled";
  /** Cancels the start. */
  readonly cancel: AbortController;
}

export interface Token {
  readonly id: number;
  readonly value: string;
  readonly owner: Owner;
  readonly scopes: readonly string[];
  readonly note: string;
  /** The id of the browser session that the token belongs to; null if there is none. */
  readonly sessionId: string | null;
  /** The description of the OAuth client that the token belongs to. */
  readonly client: string;
  readonly created: number;
  readonly expiresAt: number | null;
  lastActivity: number | null;
}

export interface Share {
  readonly id: number;
  readonly server: Server;
  readonly with: User | Group;
  readonly created: number;
  scopes: readonly string[];
}

export interface ShareCode {
  readonly id: number;
  readonly server: Server;
  readonly code: string;
  readonly created: number;
  readonly expiresAt: number;
  scopes: readonly string[];
}
