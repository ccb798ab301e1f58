/**
 * The rules for everything that a test gives to a fake hub. A wrong option is refused at once, because a hub that
 * ignored it would not behave as the test intends.
 */
import { InvalidInputError } from "../../core/errors.js";
import { isServiceName, isServiceToken } from "./names.js";
import type { Fault } from "./faults.js";
import type { FakeGroup, FakeHubOptions, FakeService, FakeUser } from "./options.js";
import { isObject } from "./python.js";
import type { SpawnerBehaviour, SpawnerRule } from "./spawner.js";
import {
  amount,
  bag,
  checkValues,
  count,
  flag,
  isListOf,
  isNumber,
  isSegment,
  isText,
  list,
  groupName,
  groupNames,
  oneOf,
  onlyTrue,
  statusFrom,
  text,
  texts,
  userName,
  type Rule,
  type Rules,
} from "./value-rules.js";

const behaviour: Rule = {
  wanted: "a behaviour, or a function that returns one",
  fits: (value) => isObject(value) || typeof value === "function",
};

const hubRules: Rules<FakeHubOptions> = {
  version: text,
  url: {
    wanted: 'the address of an API: "https://host/hub/api", with any path before /hub/api',
    fits: (value) => isText(value) && /^https?:\/\/[^?#]*\/hub\/api\/?$/.test(value),
  },
  time: oneOf("real", "manual"),
  users: list,
  groups: list,
  services: list,
  roles: {
    wanted: "an object with a list of scopes for each role",
    fits: (value) => isObject(value) && Object.values(value).every(texts.fits),
  },
  spawner: behaviour,
  slowSpawnTimeout: amount,
  slowStopTimeout: amount,
  concurrentSpawnLimit: amount,
  spawnRetryAfter: amount,
  activeServerLimit: amount,
  allowNamedServers: flag,
  namedServerLimit: amount,
  tokenMaxSeconds: amount,
  pageLimit: bag,
};

const userRules: Rules<FakeUser> = {
  name: userName,
  admin: flag,
  groups: groupNames,
  roles: texts,
  servers: {
    wanted: 'a list of names without /; "" is the default server',
    fits: isListOf((value) => value === "" || isSegment(value)),
  },
  lastActivity: {
    wanted: "a valid Date",
    fits: (value) => value instanceof Date && !Number.isNaN(value.getTime()),
  },
};

const groupRules: Rules<FakeGroup> = {
  name: groupName,
  users: { ...userName, wanted: "a list of user names", fits: isListOf(userName.fits) },
  properties: bag,
};

const serviceRules: Rules<FakeService> = {
  name: {
    wanted: "a name that hubs accept: as of a user, and without percent-encoded characters",
    fits: (value) => isText(value) && isServiceName(value),
  },
  admin: flag,
  token: {
    wanted: "a string of 8 to 64 characters without spaces, as hubs require",
    fits: (value) => isText(value) && isServiceToken(value) && !/\s/.test(value),
  },
  roles: texts,
};

/** Refuses wrong options of a fake hub. The roles are checked later, because their scopes depend on the release. */
export function checkHubOptions(options: FakeHubOptions): void {
  checkValues("options of FakeHub", options, hubRules);
  const { users = [], groups = [], services = [], spawner = {}, pageLimit = {} } = options;
  checkEntries("user", users, userRules);
  checkEntries("group", groups, groupRules);
  checkEntries("service", services, serviceRules);
  checkSpawner(spawner);
  checkValues("page limit", pageLimit, { default: count, max: count });
}

function checkEntries<Entry extends { name: string }>(
  kind: string,
  entries: readonly (string | Entry)[],
  rules: Rules<Entry>,
): void {
  const known = new Set<string>();
  for (const entry of entries) {
    const given = isText(entry) ? ({ name: entry } as Entry) : entry;
    checkValues(`${kind} of a fake hub`, given, rules);
    if (!isText(given.name))
      throw new InvalidInputError(`A ${kind} of a fake hub needs a \`name\`.`);
    if (known.has(given.name)) {
      throw new InvalidInputError(`There are two ${kind}s named ${given.name}: give each once.`);
    }
    known.add(given.name);
  }
}

const behaviourRules: Rules<SpawnerBehaviour> = {
  seconds: amount,
  progress: {
    wanted: "a list of messages and events",
    fits: isListOf((event) => isText(event) || isObject(event)),
  },
  fails: {
    wanted: "a message, or an object with `status` and `message`",
    fits: (value) => isText(value) || isObject(value),
  },
  timeout: amount,
  stopSeconds: amount,
};

export function checkBehaviour(given: SpawnerBehaviour): void {
  checkValues("behaviour of a Spawner", given, behaviourRules);
  if (!isObject(given.fails)) return;
  checkValues("failure of a Spawner", given.fails, { status: statusFrom(400), message: text });
}

export function checkSpawner(rule: SpawnerRule): void {
  // What a function returns is checked at each start.
  if (typeof rule !== "function") checkBehaviour(rule);
}

export function checkConcurrentSpawnLimit(concurrentSpawnLimit: number): void {
  checkValues("fake hub", { concurrentSpawnLimit }, { concurrentSpawnLimit: amount });
}

const kinds = ["status", "network", "stall", "cut"] as const;

const faultRules: Rules<Fault> = {
  operation: text,
  times: count,
  status: statusFrom(200),
  message: text,
  headers: bag,
  network: oneOf(true, "lost"),
  stall: onlyTrue,
  cut: onlyTrue,
};

export function checkFault(fault: Fault): void {
  checkValues("fault", fault, faultRules);
  const given = kinds.filter((kind) => fault[kind] !== undefined);
  if (given.length !== 1) {
    throw new InvalidInputError(
      `A fault needs exactly one of ${kinds.join(", ")}; this one has ${given.join(", ") || "none"}.`,
    );
  }
  const { status, message, headers } = fault;
  if (status === undefined && (message !== undefined || headers !== undefined)) {
    throw new InvalidInputError("Only a fault with a `status` has a `message` and `headers`.");
  }
}

const longestLifetime = 1e11;

export function checkTokenOptions(options: {
  scopes?: readonly string[] | undefined;
  expiresIn?: number | undefined;
}): void {
  checkValues("options of tokenFor", options, {
    scopes: texts,
    expiresIn: {
      wanted: "a number of seconds, at most 3,000 years",
      fits: (value) => isNumber(value) && Math.abs(value) < longestLifetime,
    },
  });
}

export function checkRestart(options: { seconds?: number | undefined }): void {
  checkValues("options of restart", options, { seconds: amount });
}

export function checkReceived(options: { count?: number | undefined }): void {
  checkValues("options of received", options, { count });
}
