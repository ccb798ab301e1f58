/** How a fake hub is set up, and what it is like when nothing is said. */
import type { SpawnerRule } from "./spawner.js";

export interface FakeUser {
  name: string;
  admin?: boolean;
  groups?: readonly string[];
  /** Names of its roles beside "user". */
  roles?: readonly string[];
  /** The servers that run already; "" is the default one. */
  servers?: readonly string[];
  /** When it was active last; never by default. */
  lastActivity?: Date;
}

export interface FakeGroup {
  name: string;
  users?: readonly string[];
  properties?: Record<string, unknown>;
}

export interface FakeService {
  name: string;
  admin?: boolean;
  /** Its token; made up by default. */
  token?: string;
  roles?: readonly string[];
}

export interface FakeHubOptions {
  /** The release, such as "6.1.1" (the default), "5.5.4" or "4.1.6". Hubs before 4.1 are not offered. */
  version?: string;
  /** Where it is in-process: the base of its API. */
  url?: string;
  /** Whose time it is: the real one (the default), or the test's, which `advance` lets pass. */
  time?: "real" | "manual";
  /** The users that exist, by name or in detail. */
  users?: readonly (string | FakeUser)[];
  groups?: readonly (string | FakeGroup)[];
  /** Beside `admin`, the service whose token is `hub.token` and that may do everything. */
  services?: readonly FakeService[];
  /** Scopes by role, for users and services; those of "user" and "server" can be changed. */
  roles?: Readonly<Record<string, readonly string[]>>;
  spawner?: SpawnerRule;
  /** Seconds that a start takes before it is answered with 202; 10 by default. */
  slowSpawnTimeout?: number;
  /** Seconds that a stop takes before it is answered with 202; 10 by default. */
  slowStopTimeout?: number;
  /** How many servers may start at a time; 100 by default. Above it, 429 with Retry-After. */
  concurrentSpawnLimit?: number;
  /** The seconds of that Retry-After; 30 by default. */
  spawnRetryAfter?: number;
  /** How many servers may run; without a limit by default. Above it, 429 without Retry-After. */
  activeServerLimit?: number;
  /** Whether users may have named servers; true by default. */
  allowNamedServers?: boolean;
  /** How many named servers a user may have; without a limit by default. */
  namedServerLimit?: number;
  /** How long a token may last, in seconds; without a limit by default. */
  tokenMaxSeconds?: number;
  /** How long a page is when nothing is said, and at most; 50 and 200 by default. */
  pageLimit?: { default?: number; max?: number };
}

/** Every option, said. */
export type Settings = Required<Omit<FakeHubOptions, "pageLimit">> & {
  pageLimit: { default: number; max: number };
};

export function settingsOf(options: FakeHubOptions): Settings {
  const { pageLimit, ...rest } = options;
  return {
    version: "6.1.1",
    url: "https://hub.example.test/hub/api",
    time: "real",
    users: [],
    groups: [],
    services: [],
    roles: {},
    spawner: {},
    slowSpawnTimeout: 10,
    slowStopTimeout: 10,
    concurrentSpawnLimit: 100,
    spawnRetryAfter: 30,
    activeServerLimit: 0,
    allowNamedServers: true,
    namedServerLimit: 0,
    tokenMaxSeconds: 0,
    ...rest,
    pageLimit: { default: pageLimit?.default ?? 50, max: pageLimit?.max ?? 200 },
  };
}
