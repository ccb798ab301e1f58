/** Users: create, read, change, delete. */
import type { Call } from "./call.js";
import { check, userShape } from "./checks.js";
import type { Endpoints } from "./endpoints.js";
import { isActive, isReady, userModel } from "./models.js";
import { isUserName, normalizeUserName } from "./names.js";
import { isObject, iterated, repr, truthy } from "./python.js";
import { crash, empty, HttpError, json, type Reply } from "./replies.js";
import type { User } from "./records.js";
import { stopAndWait } from "./server-life.js";

export const users: Endpoints = {
  "POST /users": { scopes: ["admin:users"], handle: createMany },
  "GET /users/{name}": {
    scopes: [
      "read:users",
      "read:users:name",
      "read:servers",
      "read:users:groups",
      "read:users:activity",
      "read:roles:users",
    ],
    of: "user",
    handle: (call) => json(withAuthState(userModel(call, theUser(call)), theUser(call))),
  },
  "POST /users/{name}": { scopes: ["admin:users"], of: "user", handle: create },
  "DELETE /users/{name}": { scopes: ["delete:users"], of: "user", handle: remove },
  "PATCH /users/{name}": { scopes: ["admin:users"], of: "user", handle: update },
};

/** The user that the path names. */
export function theUser(call: Call, message?: string): User {
  const user = call.world.user(call.param("name"));
  if (!user) throw new HttpError(404, message);
  return user;
}

const withAuthState = (model: Record<string, unknown>, user: User): Record<string, unknown> =>
  "auth_state" in model ? { ...model, auth_state: user.authState } : model;

function createMany(call: Call): Reply {
  const { world, body } = call;
  if (!isObject(body) || !truthy(body["usernames"])) {
    throw new HttpError(400, "Must specify at least one user to create");
  }
  const { usernames, ...rest } = body;
  const { admin } = check(rest, userShape);
  onlyAdminsGrant(call, admin);
  const requested = iterated(usernames);
  if (!requested?.every((name) => typeof name === "string")) throw crash();
  const wanted = requested.map(normalizeUserName);
  const invalid = wanted.filter((name) => !isUserName(name));
  if (invalid.length > 0) {
    const several = invalid.length > 1 ? "s" : "";
    throw new HttpError(400, `Invalid username${several}: ${invalid.join(", ")}`);
  }
  const fresh = wanted.filter((name) => !world.user(name));
  if (fresh.length === 0) throw new HttpError(409, `All ${requested.length} users already exist`);
  const created = fresh.map(
    (name) => world.user(name) ?? world.addUser({ name, admin: admin === true }),
  );
  return json(
    created.map((user) => userModel(call, user)),
    201,
  );
}

function create(call: Call): Reply {
  const { world, body } = call;
  const name = call.param("name");
  if (world.user(name)) throw new HttpError(409, `User ${name} already exists`);
  const admin = truthy(body) && check(body, userShape)["admin"];
  onlyAdminsGrant(call, admin);
  if (!isUserName(name)) throw new HttpError(400, `Failed to create user: ${name}`);
  return json(userModel(call, world.addUser({ name, admin: admin === true })), 201);
}

function onlyAdminsGrant(call: Call, admin: unknown): void {
  if (admin !== true || call.sender.owner.admin) return;
  throw new HttpError(403, "Only admins can grant admin permissions");
}

async function remove(call: Call): Promise<Reply> {
  const { world } = call;
  const user = theUser(call);
  if (user.name === call.sender.owner.name) throw new HttpError(400, "Cannot delete yourself!");
  const main = user.servers.get("");
  const stopping = (): boolean => main?.live?.pending === "stop";
  const refusal = `${user.name}'s server is in the process of stopping, please wait.`;
  if (stopping()) throw new HttpError(400, refusal);
  if (main && isReady(main)) {
    await stopAndWait(world, main);
    if (stopping()) throw new HttpError(400, refusal);
  }
  // Real hubs also answer 500 if a named server is active.
  if ([...user.servers.values()].some(isActive)) throw crash();
  world.removeUser(user);
  return empty(204);
}

function update(call: Call): Reply {
  const { world } = call;
  const user = theUser(call);
  const body = check(call.body, userShape);
  const { name, admin, auth_state: authState } = body;
  const newName = typeof name === "string" && name !== user.name ? newNameOf(call, name) : null;
  if (!call.sender.owner.admin) {
    if (user.admin) throw new HttpError(403, "Only admins can modify other admins");
    onlyAdminsGrant(call, admin);
  }
  if ("groups" in body || "roles" in body) throw crash();
  // As on real hubs since 5.0, a request with the name that the user already has destroys this name.
  if (name !== undefined && (newName !== null || world.since("5.0"))) world.rename(user, newName);
  if (typeof admin === "boolean") world.setAdmin(user, admin);
  if (isObject(authState)) user.authState = authState;
  return json({ ...userModel(call, user), auth_state: user.authState });
}

function newNameOf({ world }: Call, requested: string): string {
  const name = world.since("5.0") ? normalizeUserName(requested) : requested;
  if (world.since("5.0") && !isUserName(name)) {
    const shown = world.since("6.0") ? repr(name) : name;
    throw new HttpError(400, `Invalid username: ${shown}`);
  }
  if (world.user(name)) {
    throw new HttpError(400, `User ${name} already exists, username must be unique`);
  }
  return name;
}
