/** The models of users, servers, groups and services, with the fields that the sender's scopes include. */
import { escapeMarks } from "../../core/redact.js";
import type { Call } from "./call.js";
import type { Group, Server, Service, User } from "./records.js";
import type { Resource } from "./scopes.js";
import type { World } from "./world.js";

type Model = Record<string, unknown>;

/** Writes a time as hubs do: with microseconds, but whole seconds without a fraction. */
export const time = (milliseconds: number | null): string | null =>
  milliseconds === null
    ? null
    : new Date(milliseconds).toISOString().replace("Z", "000Z").replace(".000000Z", "Z");

const names = ["kind", "name"];

/** For each scope, the keys of a user's model that it shows. */
const userKeys: Readonly<Record<string, readonly string[]>> = {
  "read:users": [
    ...names,
    "user_info",
    "admin",
    "roles",
    "groups",
    "server",
    "pending",
    "created",
    "last_activity",
  ],
  "read:users:name": [...names, "user_info", "admin"],
  "read:users:groups": [...names, "groups"],
  "read:users:activity": [...names, "last_activity"],
  "read:servers": [...names, "servers"],
  "read:roles:users": [...names, "roles", "admin"],
  "admin:auth_state": [...names, "auth_state"],
};

const groupKeys: Readonly<Record<string, readonly string[]>> = {
  "read:groups": [...names, "properties", "users"],
  "read:groups:name": names,
  "read:roles:groups": [...names, "roles"],
};

const serviceKeys: Readonly<Record<string, readonly string[]>> = {
  "read:services": [...names, "admin", "url", "prefix", "command", "pid", "info", "display"],
  "read:services:name": [...names, "admin"],
  "read:roles:services": [...names, "roles", "admin"],
};

function shown(
  call: Call,
  resource: Resource,
  keys: Readonly<Record<string, readonly string[]>>,
): ReadonlySet<string> {
  const scopes = Object.keys(keys).filter((scope) => call.reaches(scope, resource));
  return new Set(scopes.flatMap((scope) => keys[scope] ?? []));
}

const pick = (model: Model, keys: ReadonlySet<string>): Model =>
  Object.fromEntries(Object.entries(model).filter(([key]) => keys.has(key)));

export function userModel(call: Call, user: User): Model {
  const keys = shown(call, user, userKeys);
  if (keys.size === 0) return {};
  const main = user.servers.get("");
  const model = pick(
    {
      kind: "user",
      name: user.name,
      admin: user.admin,
      roles: [...user.roles],
      groups: [...user.groups].map(({ name }) => name),
      server: main && isReady(main) ? serverUrl(call.world, main) : null,
      pending: main?.live?.pending ?? null,
      created: time(user.created),
      last_activity: time(user.lastActivity),
      auth_state: null,
      ...(call.world.since("6.0") && { user_info: null }),
    },
    keys,
  );
  const all = [...user.servers.values()].filter(
    (server) => (call.includesStopped || isActive(server)) && call.reaches("read:servers", server),
  );
  if (all.length > 0 || keys.has("servers")) {
    model["servers"] = Object.fromEntries(all.map((one) => [one.name, serverModel(call, one)]));
  }
  return model;
}

export const isActive = (server: Server): boolean =>
  server.live !== undefined && (server.live.pending !== null || server.active);

export const isReady = (server: Server): boolean =>
  server.live !== undefined && server.live.pending === null && server.active;

/** Encodes a name for a path as hubs do. */
const escape = (name: string): string =>
  escapeMarks(encodeURIComponent(name)).replaceAll("%40", "@");

export const serverUrl = ({ basePath }: World, { user, name }: Server): string =>
  `${basePath}user/${escape(user.name ?? "")}/${name === "" ? "" : `${escape(name)}/`}`;

export function serverModel(call: Call, server: Server): Model {
  const { user, name, live } = server;
  const { world } = call;
  const own = `${world.basePath}hub/api/users/${escape(user.name ?? "")}/server`;
  return {
    name,
    ...(world.since("6.0") && { display_name: server.displayName }),
    ...(world.since("5.0") && { full_name: `${user.name}/${name}` }),
    last_activity: time(server.lastActivity),
    started: time(server.started),
    pending: live?.pending ?? null,
    ready: isReady(server),
    stopped: !isActive(server),
    url: serverUrl(world, server),
    user_options: live ? live.options : server.savedOptions,
    progress_url: name === "" ? `${own}/progress` : `${own}s/${escape(name)}/progress`,
    ...(world.since("5.0") && { full_url: null, full_progress_url: null }),
    ...(call.reaches("admin:server_state", server) && {
      state: live ? live.state : server.savedState,
    }),
  };
}

export const groupModel = (call: Call, group: Group): Model =>
  pick(
    {
      kind: "group",
      name: group.name,
      roles: [...group.roles],
      users: [...group.users].map(({ name }) => name),
      properties: group.properties,
    },
    shown(call, group, groupKeys),
  );

/**
 * Returns the model of a service. With `plain`, it has the values of the response to `GET /user`, where unset values
 * are null or, before 5.0, empty texts.
 */
export function serviceModel(call: Call, service: Service, plain = false): Model {
  const none = call.world.since("5.0") ? null : "";
  const model = {
    kind: "service",
    name: service.name,
    admin: service.admin,
    roles: [...service.roles],
    url: plain && service.url === "" ? none : service.url,
    prefix: service.url === "" ? "" : `${call.world.basePath}services/${service.name}/`,
    command: plain ? (call.world.since("5.0") ? [] : "") : [],
    pid: 0,
    info: plain ? none : service.info,
    display: plain ? none : service.display,
  };
  return pick(model, shown(call, service, serviceKeys));
}
