/** The operation that reports the activity of a user and of the user's servers. */
import type { Call } from "./call.js";
import type { Endpoints } from "./endpoints.js";
import { isObject, repr, truthy } from "./python.js";
import { empty, HttpError, type Reply } from "./replies.js";
import type { Server } from "./records.js";
import { theUser } from "./users.js";

export const activity: Endpoints = {
  "POST /users/{name}/activity": { scopes: ["users:activity"], of: "user", handle: report },
};

const shape = "servers must be a dict of the form {server_name: {last_activity: timestamp}}";
const farthest = 59 * 60_000;

function report(call: Call): Reply {
  const user = theUser(call, `No such user: ${repr(call.param("name"))}`);
  const { body } = call;
  if (!isObject(body)) throw new HttpError(400, "body must be a json dict");
  const { last_activity: latest, servers } = body;
  if (!truthy(latest) && !truthy(servers)) {
    throw new HttpError(400, "body must contain at least one of `last_activity` or `servers`");
  }
  const reports = truthy(servers) ? serversIn(call, user, servers) : [];
  if (truthy(latest)) noteActivity(user, timestamp(call, latest));
  for (const [server, at] of reports) noteActivity(server, at);
  return empty(200);
}

/** Sets a record's last activity, unless the record already has a later one. */
function noteActivity(record: { lastActivity: number | null }, at: number): void {
  if (record.lastActivity === null || at > record.lastActivity) record.lastActivity = at;
}

function serversIn(
  call: Call,
  user: { name: string | null; servers: ReadonlyMap<string, Server> },
  servers: unknown,
): [Server, number][] {
  if (!isObject(servers)) throw new HttpError(400, shape);
  return Object.entries(servers).map(([name, info]) => {
    const server = user.servers.get(name);
    if (!server) throw new HttpError(400, `No such server '${name}' for user ${user.name}`);
    if (!isObject(info) || !("last_activity" in info)) throw new HttpError(400, shape);
    return [server, timestamp(call, info["last_activity"])];
  });
}

const hasOffset = /(?:Z|GMT|UTC|[+-]\d\d:?\d\d)$/i;

/** Reads a time. As on hubs, a time without an offset is in UTC, and the separators are optional: 20260102T030405. */
function timeIn(text: string): number {
  const extended = text
    .replace(/^(\d{4})(\d\d)(\d\d)(?=T|$)/, "$1-$2-$3")
    .replace(/T(\d\d)(\d\d)(\d\d)/, "T$1:$2:$3")
    .replace(/T(\d\d)$/, "T$1:00")
    .replace(/ (?=[+-]\d\d:?\d\d$)/, "");
  const [, year, month = 0, day = 0] = /^(\d{4})-(\d\d)-(\d\d)/.exec(extended) ?? [];
  // JavaScript would read these as times of the next day.
  const exists = Number(day) <= new Date(Date.UTC(Number(year), Number(month), 0)).getUTCDate();
  if ((year && !exists) || extended.includes("T24")) return Number.NaN;
  return Date.parse(
    hasOffset.test(extended) ? extended : `${extended}${/^\d{4}-/.test(extended) ? "Z" : " UTC"}`,
  );
}

function timestamp({ world }: Call, value: unknown): number {
  const at = typeof value === "string" ? timeIn(value) : Number.NaN;
  if (Number.isNaN(at)) throw new HttpError(400, `Not a valid timestamp: ${repr(value)}`);
  if (at - world.clock.now() > farthest) {
    const shown = new Date(at).toISOString().replace(".000Z", "Z");
    throw new HttpError(400, `Rejecting activity from more than an hour in the future: ${shown}`);
  }
  return at;
}
