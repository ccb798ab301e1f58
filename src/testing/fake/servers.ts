/** Operations on one server: read, create, start, change, stop. */
import type { Call } from "./call.js";
import { checkNamedServer } from "./checks.js";
import type { Endpoint, Endpoints } from "./endpoints.js";
import { isActive, isReady, serverModel } from "./models.js";
import { isObject, repr, safe, truthy } from "./python.js";
import { crash, empty, HttpError, json, type Reply } from "./replies.js";
import type { Server, User } from "./records.js";
import {
  beginStart,
  cancelStart,
  hasFailed,
  liveOf,
  logName,
  startError,
  stopAndWait,
  waitForStart,
} from "./server-life.js";
import { theUser } from "./users.js";
import type { World } from "./world.js";

const one: Readonly<Record<string, Endpoint>> = {
  GET: { scopes: ["read:servers"], of: "server", handle: read },
  PUT: { scopes: ["start:servers"], of: "server", handle: create },
  POST: { scopes: ["start:servers"], of: "server", handle: start },
  PATCH: { scopes: ["start:servers"], of: "server", handle: update },
  DELETE: { scopes: ["delete:servers"], of: "server", handle: stop },
};

export const servers: Endpoints = Object.fromEntries(
  Object.entries(one).flatMap(([method, endpoint]) => [
    [`${method} /users/{name}/server`, endpoint],
    [`${method} /users/{name}/servers/{server_name}`, endpoint],
  ]),
);

const serverOf = (call: Call): { user: User; name: string; server: Server | undefined } => {
  const user = theUser(call);
  const name = call.param("server_name");
  return { user, name, server: user.servers.get(name) };
};

function read(call: Call): Reply {
  const { server } = serverOf(call);
  if (!server) throw new HttpError(404);
  return json(serverModel(call, server));
}

interface ServerBody {
  displayName: string | undefined;
  options: Record<string, unknown> | null;
}

/**
 * Returns the display name and the options in the body. Before 6.0, the options are the whole body. Since 6.0, this
 * applies only to a body without the keys `display_name` and `user_options`.
 */
function bodyOf(call: Call): ServerBody {
  const { body } = call;
  if (!call.world.since("6.0")) {
    if (body !== null && !isObject(body)) throw crash();
    return { displayName: undefined, options: body };
  }
  if (!truthy(body)) return { displayName: undefined, options: null };
  if (!isObject(body)) throw new HttpError(400, "Body must be a JSON object");
  const { display_name: displayName, user_options: options } = body;
  if ("display_name" in body && typeof displayName !== "string") {
    throw new HttpError(400, "display_name must be a string");
  }
  if ("user_options" in body && options !== null && !isObject(options)) {
    throw new HttpError(400, "user_options must be an object or null");
  }
  const isPlain = !("display_name" in body) && !("user_options" in body);
  return {
    displayName: typeof displayName === "string" ? displayName : undefined,
    options: isPlain ? body : isObject(options) ? options : null,
  };
}

function create(call: Call): Reply {
  const { user, name, server } = serverOf(call);
  if (name === "") throw new HttpError(409, `User ${user.name} already has a default server`);
  if (server) throw new HttpError(409, `User ${user.name} already has server ${name}`);
  const { displayName, options } = bodyOf(call);
  const shown = displayName === undefined || displayName === "" ? name : displayName;
  checkNamedServer(call.world, user, name, shown);
  const created = call.world.addServer(user, name, shown);
  if (truthy(options)) created.savedOptions = options;
  liveOf(created);
  return json(serverModel(call, created), 201);
}

async function start(call: Call): Promise<Reply> {
  const { world } = call;
  const { user, name, server: existing } = serverOf(call);
  const { displayName, options } = bodyOf(call);
  const shown = displayName === undefined || displayName === "" ? name : displayName;
  if (name !== "") checkNamedServer(world, user, name, shown);
  const server = existing ?? world.addServer(user, name, shown);
  const { pending } = liveOf(server);
  if (pending === "spawn") return empty(202, "text/plain");
  if (pending) throw new HttpError(400, `${logName(server)} is pending ${pending}`);
  if (isReady(server)) throw new HttpError(400, `${logName(server)} is already running`);
  if (displayName !== undefined && displayName !== "" && name !== "") server.displayName = shown;
  checkLimits(call);
  // On hubs 6, a start after a failed one reads a temporary record that never shows a pending start. So the status is
  // 201.
  const blind = world.since("6.0") && hasFailed(server);
  const begun = beginStart(world, server, options);
  await waitForStart(world, begun);
  if (begun.outcome === "pending") return empty(blind ? 201 : 202, "text/plain");
  if (begun.outcome !== "ready") throw startError(world, server, begun);
  return empty(201, "text/plain");
}

/** Refuses a start if too many starts are pending, or too many servers are active. */
function checkLimits({ world }: Call): void {
  const all = [...world.servers()];
  const starting = all.filter(({ live }) => live?.pending === "spawn").length;
  const { concurrentSpawnLimit: limit } = world;
  const { activeServerLimit, spawnRetryAfter } = world.settings;
  if (limit > 0 && starting >= limit) {
    const shown = spawnRetryAfter <= 90 ? Math.ceil(spawnRetryAfter / 10) * 10 : spawnRetryAfter;
    throw new HttpError(
      429,
      `Too many users trying to log in right now. Try again in ${shown} seconds.`,
      { "Retry-After": String(spawnRetryAfter) },
    );
  }
  if (activeServerLimit > 0 && all.filter(isActive).length >= activeServerLimit) {
    throw new HttpError(429, "Active user limit exceeded. Try again in a few minutes.");
  }
}

function update(call: Call): Reply {
  const { user, name, server } = serverOf(call);
  const body = truthy(call.body) ? call.body : {};
  if (!isObject(body)) throw crash();
  if (Object.keys(body).length === 0) {
    throw new HttpError(400, "Must specify at least one field to modify.");
  }
  const { name: newName = null, display_name: displayName, user_options: options, ...rest } = body;
  if (Object.keys(rest).length > 0) throw crash();
  if (typeof newName !== "string" && newName !== null) throw crash();
  if (newName !== null) {
    checkNamedServer(call.world, user, newName, displayName ?? newName, name === "");
  } else if (truthy(displayName)) {
    checkNamedServer(call.world, user, name, displayName, false);
  }
  if (!server) throw new HttpError(404, `User ${user.name} has no such server ${safe(name)}`);
  if (isActive(server)) {
    throw new HttpError(400, `${logName(server)} is active. Please stop it before modifying it.`);
  }
  if (newName !== null) rename(call.world, server, newName);
  else liveOf(server);
  if (options !== undefined) {
    if (!isObject(options)) throw new HttpError(400, "user_options must be a dict");
    server.savedOptions = options;
  }
  if (truthy(displayName)) {
    if (typeof displayName !== "string") throw new HttpError(400, "display_name must be a string");
    server.displayName = displayName;
  }
  // The model comes from the record, without the state in memory.
  const { live } = server;
  server.live = undefined;
  const model = serverModel(call, server);
  server.live = live;
  return { ...json(model), headers: { "Content-Type": "application/json; charset=UTF-8" } };
}

function rename(world: World, server: Server, name: string): void {
  const { user } = server;
  if (user.servers.has(name)) {
    throw new HttpError(409, `User ${user.name} already has server ${repr(name)}`);
  }
  user.servers.delete(server.name);
  server.name = name;
  server.live = undefined;
  user.servers.set(name, server);
  world.updateFilters(server);
}

async function stop(call: Call): Promise<Reply> {
  const { world } = call;
  const user = theUser(call);
  const name = call.param("server_name");
  const { body } = call;
  if (truthy(body) && !isObject(body)) throw crash();
  const removes = truthy(call.fields["remove"]);
  if (name !== "" && !world.settings.allowNamedServers) {
    throw new HttpError(400, "Named servers are not enabled.");
  }
  const server = user.servers.get(name);
  if (name === "" && removes) throw new HttpError(400, "Cannot delete the default server");
  // The default server is missing after a rename. Real hubs then answer 500.
  if (!server && name === "") throw crash();
  if (!server) throw new HttpError(404, `${user.name} has no server named '${name}'`);
  const live = liveOf(server);
  if (live.pending === "spawn") {
    if (!world.since("5.0")) {
      throw new HttpError(400, `${logName(server)} is pending spawn, please wait`);
    }
    await cancelStart(world, server);
  } else if (live.pending === null && isReady(server)) {
    await stopAndWait(world, server);
  }
  const isStopping = live.pending === "stop";
  if (removes) {
    const remove = (): void => world.removeServer(server);
    if (isStopping) live.stopping?.then(remove, () => undefined);
    else remove();
  }
  return empty(isStopping ? 202 : 204, "text/plain");
}
