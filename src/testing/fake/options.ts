/** The options of a fake hub, and their defaults. */
import { InvalidInputError } from "../../core/errors.js";
import type { SpawnerRule } from "./spawner.js";

/** A user of a fake hub. */
export interface FakeUser {
  /** The user's name. */
  name: string;
  /** Whether the user is an admin. @default false */
  admin?: boolean | undefined;
  /** The names of the user's groups. Missing groups are created. */
  groups?: readonly string[] | undefined;
  /** The names of the roles that the user has in addition to "user". */
  roles?: readonly string[] | undefined;
  /** The names of the user's running servers; "" is the default server. */
  servers?: readonly string[] | undefined;
  /** The time of the user's last activity. @default none */
  lastActivity?: Date | undefined;
}

/** A group of a fake hub. */
export interface FakeGroup {
  /** The group's name. */
  name: string;
  /** The names of the members. Missing users are created. */
  users?: readonly string[] | undefined;
  /** The group's properties. @default none */
  properties?: Record<string, unknown> | undefined;
}

/** A service of a fake hub. */
export interface FakeService {
  /** The service's name. */
  name: string;
  /** Whether the service is an admin. @default false */
  admin?: boolean | undefined;
  /** The service's token, of 8 to 64 characters. @default a random one */
  token?: string | undefined;
  /** The names of the service's roles. */
  roles?: readonly string[] | undefined;
}

/** Options of a {@link FakeHub}. */
export interface FakeHubOptions {
  /**
   * The hub's release: 4.1 or newer. A release of 4.1, 5 or 6 behaves as the newest one of its series: 4.1.6, 5.5.4 or
   * 6.1.1. @default "6.1.1"
   */
  version?: string | undefined;
  /** The base URL of the API, for the hub's `fetch`. Ends with /hub/api. @default "https://hub.example.test/hub/api" */
  url?: string | undefined;
  /** Whether time passes by itself, or only when the test calls `advance`. @default "real" */
  time?: "real" | "manual" | undefined;
  /** The users, by name or in detail. @default none */
  users?: readonly (string | FakeUser)[] | undefined;
  /** The groups, by name or in detail. @default none */
  groups?: readonly (string | FakeGroup)[] | undefined;
  /** The services in addition to `admin`, the service whose token, `hub.token`, has all scopes. */
  services?: readonly FakeService[] | undefined;
  /**
   * The scopes of each role, for users and services. The built-in roles "user" and "server" can be changed, but the
   * role "admin" cannot.
   */
  roles?: Readonly<Record<string, readonly string[]>> | undefined;
  /** How servers start and stop. @default immediately */
  spawner?: SpawnerRule | undefined;
  /** Seconds after which the hub answers 202 to a start that is still pending. @default 10 */
  slowSpawnTimeout?: number | undefined;
  /** Seconds after which the hub answers 202 to a stop that is still pending. @default 10 */
  slowStopTimeout?: number | undefined;
  /**
   * The maximum number of servers that start at the same time. Further starts get 429 and `Retry-After`. @default 100
   */
  concurrentSpawnLimit?: number | undefined;
  /** The seconds in `Retry-After` if `concurrentSpawnLimit` refuses a start. @default 30 */
  spawnRetryAfter?: number | undefined;
  /** The maximum number of active servers. Further starts get 429 without `Retry-After`. @default 0, for no limit */
  activeServerLimit?: number | undefined;
  /** Whether users may have named servers. @default true */
  allowNamedServers?: boolean | undefined;
  /** The maximum number of named servers of a user. @default 0, for no limit */
  namedServerLimit?: number | undefined;
  /** The longest lifetime of a token, in seconds. @default 0, for no limit */
  tokenMaxSeconds?: number | undefined;
  /** The default and the maximum number of items in a page of a list. @default { default: 50, max: 200 } */
  pageLimit?: { default?: number | undefined; max?: number | undefined } | undefined;
}

/** The options with their defaults. */
export type Settings = {
  [Key in Exclude<keyof FakeHubOptions, "pageLimit">]-?: NonNullable<FakeHubOptions[Key]>;
} & { pageLimit: { default: number; max: number } };

/** The newest release for each short version. */
const newest: Readonly<Record<string, string>> = { "6": "6.1.1", "5": "5.5.4", "4.1": "4.1.6" };

export function settingsOf(options: FakeHubOptions): Settings {
  const { pageLimit, ...rest } = options;
  const given = Object.entries(rest).filter(([, value]) => value !== undefined);
  const settings: Settings = {
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
    ...(Object.fromEntries(given) as Partial<Settings>),
    pageLimit: { default: pageLimit?.default ?? 50, max: pageLimit?.max ?? 200 },
  };
  settings.version = newest[settings.version] ?? settings.version;
  if (!/^(4\.1|5|6)\.\d/.test(settings.version)) {
    throw new InvalidInputError(
      `There is no fake hub ${settings.version || '""'}: versions are 6.x, 5.x and 4.1.x, or short 6, 5 and 4.1.`,
    );
  }
  settings.url = settings.url.replace(/\/$/, "");
  return settings;
}
