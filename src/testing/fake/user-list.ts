/** The list of users: filters, order and pages. */
import type { Call } from "./call.js";
import type { Endpoints } from "./endpoints.js";
import { isReady, userModel } from "./models.js";
import { paged, pageOf, slice } from "./pages.js";
import { repr } from "./python.js";
import { HttpError, type Reply } from "./replies.js";
import type { User } from "./records.js";

export const userList: Endpoints = {
  "GET /users": { scopes: ["list:users"], listing: true, handle: list },
};

type Order = (one: User, other: User) => number;

function list(call: Call): Reply {
  const page = pageOf(call);
  const order = call.world.since("5.0") ? orderOf(call.query("sort") ?? "id") : undefined;
  const state = call.query("state") ?? "";
  if (!["", "active", "ready", "inactive"].includes(state)) {
    throw new HttpError(400, `Unrecognized state filter: ${repr(state)}`);
  }
  const fits = nameFilter(call.query("name_filter") ?? "");
  const visible = visibleTo(call);
  const users = [...call.world.users].filter(
    (user) => hasState(user, state) && visible(user) && fits(user.name ?? ""),
  );
  const ordered = order ? users.toSorted(order) : users;
  // Hubs cut the page before they filter it, so it may be short or empty.
  const shown = slice(ordered, page)
    .filter((user) => state !== "ready" || [...user.servers.values()].some(isReady))
    .map((user) => userModel(call, user))
    .filter((model) => Object.keys(model).length > 0);
  return paged(call, shown, page, users.length);
}

function hasState(user: User, state: string): boolean {
  if (state === "") return true;
  const active = [...user.servers.values()].some((server) => server.active);
  return active === (state !== "inactive");
}

/** Returns a function that checks whether the sender's scope includes a user. */
function visibleTo(call: Call): (user: User) => boolean {
  const filters = call.sender.granted.get("list:users");
  if (filters === true || filters === undefined) return () => true;
  if ([...filters.keys()].some((kind) => kind !== "user" && kind !== "group")) {
    throw new HttpError(403);
  }
  return (user) => call.reaches("list:users", user);
}

/**
 * Returns a function that checks whether a name contains a text, ignoring case. As in SQL's LIKE, % matches any text,
 * and _ matches any single character.
 */
function nameFilter(text: string): (name: string) => boolean {
  if (text === "") return () => true;
  const source = [...text]
    .map((one) =>
      one === "%" ? ".*" : one === "_" ? "." : one.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&"),
    )
    .join("");
  const pattern = new RegExp(source, "is");
  return (name) => pattern.test(name);
}

const keys: Readonly<Record<string, (user: User) => number | string | null>> = {
  id: ({ id }) => id,
  name: ({ name }) => name,
  last_activity: ({ lastActivity }) => lastActivity,
};

function orderOf(sort: string): Order {
  const backwards = sort.startsWith("-");
  const name = backwards ? sort.slice(1) : sort;
  const key = Object.hasOwn(keys, name) ? keys[name] : undefined;
  if (!key) {
    throw new HttpError(400, `sort must be 'id', 'name', or 'last_activity', not '${sort}'`);
  }
  const ascending: Order = (one, other) => {
    const [first, second] = [key(one), key(other)];
    if (first === null || second === null) return Number(first !== null) - Number(second !== null);
    return first < second ? -1 : Number(first > second);
  };
  return backwards ? (one, other) => ascending(other, one) : ascending;
}
