/** Creates the state of a new fake hub from its options. */
import { checkHubOptions } from "./option-rules.js";
import { settingsOf, type FakeHubOptions, type FakeService, type Settings } from "./options.js";
import { InvalidInputError } from "../../core/errors.js";
import type { Clock } from "./clock.js";
import { ManualClock, realClock } from "./clock.js";
import type { Service } from "./records.js";
import { beginStartWith, liveOf } from "./server-life.js";
import { unknownScope } from "./scopes.js";
import { makeToken } from "./tokens-made.js";
import { World } from "./world.js";

/** The time at which a manual clock begins. */
const firstMoment = Date.UTC(2030, 0, 1);

export function makeWorld(options: FakeHubOptions): World {
  checkHubOptions(options);
  const settings = settingsOf(options);
  const clock: Clock = settings.time === "manual" ? new ManualClock(firstMoment) : realClock;
  const world = new World(settings, clock);
  checkRoles(world);
  addServices(world, settings);
  addPeople(world, settings);
  return world;
}

/** Refuses roles with which a real hub would not start. */
function checkRoles({ settings, scopes: tree, roles: known }: World): void {
  for (const [role, scopes] of Object.entries(settings.roles)) {
    if (role === "admin") throw new InvalidInputError("Hubs do not let the role admin be changed.");
    for (const scope of scopes) {
      const unknown = unknownScope(tree, scope, `role ${role}`);
      if (unknown === undefined) continue;
      throw new InvalidInputError(`${unknown} on hub ${settings.version}.`);
    }
  }
  for (const owner of [...settings.users, ...settings.services]) {
    if (typeof owner === "string") continue;
    const unknown = owner.roles?.find((role) => !known.has(role));
    if (unknown === undefined) continue;
    throw new InvalidInputError(
      `${owner.name} has the role ${unknown}, which does not exist: give its scopes in the option \`roles\`.`,
    );
  }
}

function addServices(world: World, { services }: Settings): void {
  const admin: FakeService = { name: "admin", admin: true, roles: ["everything"] };
  const known = services.some(({ name }) => name === "admin") ? services : [admin, ...services];
  for (const { name, admin: isAdmin = false, roles = [], token } of known) {
    const service: Service = {
      kind: "service",
      name,
      admin: isAdmin,
      roles: new Set([...(isAdmin ? ["admin"] : []), ...roles]),
      url: "",
      info: {},
      display: true,
      configured: true,
    };
    world.services.set(name, service);
    makeToken(world, service, token === undefined ? {} : { value: token });
  }
}

function addPeople(world: World, { users, groups }: Settings): void {
  for (const entry of groups) {
    const { name, properties = {} } = typeof entry === "string" ? { name: entry } : entry;
    world.addGroup(name, []).properties = properties;
  }
  const join = (user: string, name: string): void => {
    const group = world.groups.get(name) ?? world.addGroup(name, []);
    world.join(world.user(user) ?? world.addUser({ name: user }), group);
  };
  for (const entry of users) {
    const given = typeof entry === "string" ? { name: entry } : entry;
    const user = world.addUser(given);
    for (const group of given.groups ?? []) join(given.name, group);
    for (const name of given.servers ?? []) {
      const server = user.servers.get(name) ?? world.addServer(user, name, name);
      runAtOnce(world, server);
      server.lastActivity = user.lastActivity = given.lastActivity?.getTime() ?? world.clock.now();
    }
  }
  for (const entry of groups) {
    if (typeof entry === "string") continue;
    for (const user of entry.users ?? []) join(user, entry.name);
  }
}

/** Makes a server run at once, even if the options say that its start takes time or fails. */
function runAtOnce(world: World, server: Parameters<typeof liveOf>[0]): void {
  // A Spawner function decides only about starts.
  const behaviour = typeof world.spawner === "function" ? {} : world.spawner;
  const start = beginStartWith(world, server, null, behaviour);
  start.outcome = "ready";
  start.cancel.abort();
  const live = liveOf(server);
  live.pending = null;
  live.state = { pid: 1000 + world.nextId() };
  delete live.start;
}
