/** Groups, their members and their properties. */
import type { Call } from "./call.js";
import { check, groupShape } from "./checks.js";
import type { Endpoints } from "./endpoints.js";
import { groupModel } from "./models.js";
import { normalizeUserName } from "./names.js";
import { paged, pageOf, slice } from "./pages.js";
import { isObject, iterated, truthy } from "./python.js";
import { crash, empty, HttpError, json, type Reply } from "./replies.js";
import type { Group, User } from "./records.js";

export const groups: Endpoints = {
  "GET /groups": { scopes: ["list:groups"], listing: true, handle: list },
  "POST /groups": { scopes: ["admin:groups"], handle: createMany },
  "GET /groups/{name}": {
    scopes: ["read:groups", "read:groups:name", "read:roles:groups"],
    of: "group",
    handle: (call) => json(groupModel(call, theGroup(call))),
  },
  "POST /groups/{name}": { scopes: ["admin:groups"], of: "group", handle: create },
  "DELETE /groups/{name}": {
    scopes: ["delete:groups"],
    of: "group",
    handle: (call) => {
      call.world.removeGroup(theGroup(call));
      return empty(204);
    },
  },
  "POST /groups/{name}/users": {
    scopes: ["groups"],
    of: "group",
    handle: (call) => changeMembers(call, "add", (user, group) => call.world.join(user, group)),
  },
  "DELETE /groups/{name}/users": {
    scopes: ["groups"],
    of: "group",
    handle: (call) => changeMembers(call, "delete", (user, group) => call.world.leave(user, group)),
  },
  "PUT /groups/{name}/properties": { scopes: ["groups"], of: "group", handle: setProperties },
};

/** The group that the path names. */
export function theGroup(call: Call): Group {
  const group = call.world.groups.get(call.param("name"));
  if (!group) throw new HttpError(404, `No such group: ${call.param("name")}`);
  return group;
}

function list(call: Call): Reply {
  const page = pageOf(call);
  const all = [...call.world.groups.values()];
  const filters = call.sender.granted.get("list:groups");
  if (filters !== true && [...(filters?.keys() ?? [])].some((kind) => kind !== "group")) {
    throw new HttpError(403);
  }
  const visible = all.filter((group) => call.reaches("list:groups", group));
  // The total counts every group, also those that the sender cannot see.
  return paged(
    call,
    slice(visible, page).map((group) => groupModel(call, group)),
    page,
    all.length,
  );
}

function createMany(call: Call): Reply {
  const { world, body } = call;
  if (!isObject(body) || !truthy(body["groups"])) {
    throw new HttpError(400, "Must specify at least one group to create");
  }
  const { groups: names, ...rest } = body;
  const { users = [] } = check(rest, groupShape);
  if (!iterated(names)) throw crash();
  const created: Group[] = [];
  for (const name of iterated(names) ?? []) {
    if (typeof name !== "string") throw crash();
    if (world.groups.has(name)) throw new HttpError(409, `Group ${name} already exists`);
    created.push(world.addGroup(name, newMembers(call, users)));
  }
  return json(
    created.map((group) => groupModel(call, group)),
    201,
  );
}

function create(call: Call): Reply {
  const { world, body } = call;
  const name = call.param("name");
  const { users = [] } = body === null ? {} : check(body, groupShape);
  if (world.groups.has(name)) throw new HttpError(409, `Group ${name} already exists`);
  return json(groupModel(call, world.addGroup(name, newMembers(call, users))), 201);
}

function changeMembers(
  call: Call,
  what: "add" | "delete",
  change: (user: User, group: Group) => void,
): Reply {
  const group = theGroup(call);
  const { users } = check(call.body, groupShape);
  if (users === undefined) throw new HttpError(400, `Must specify users to ${what}`);
  for (const user of usersNamed(call, users)) change(user, group);
  return json(groupModel(call, group));
}

function usersNamed({ world }: Call, names: unknown): User[] {
  return (names as unknown[]).map((name) => {
    if (typeof name !== "string") throw crash();
    const user = world.user(normalizeUserName(name));
    if (!user) throw new HttpError(400, `No such user: ${normalizeUserName(name)}`);
    return user;
  });
}

/** Returns the members of a new group. A name given twice makes hubs fail. */
function newMembers(call: Call, names: unknown): User[] {
  const users = usersNamed(call, names);
  if (new Set(users).size < users.length) throw crash();
  return users;
}

function setProperties(call: Call): Reply {
  const group = theGroup(call);
  const { body } = call;
  if (!isObject(body)) throw new HttpError(400, "Must specify properties");
  group.properties = body;
  return json(groupModel(call, group));
}
