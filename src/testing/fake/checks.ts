/** Validates bodies and names as hubs do, with the same error messages. */
import { isObject, repr, typeName } from "./python.js";
import { crash, HttpError } from "./replies.js";
import type { World } from "./world.js";

export interface Shape {
  name: string;
  /** The allowed keys, and the Python classes of their values. */
  keys: Readonly<Record<string, "str" | "bool" | "list" | "dict">>;
}

export const userShape: Shape = {
  name: "user",
  keys: { name: "str", admin: "bool", groups: "list", roles: "list", auth_state: "dict" },
};

export const groupShape: Shape = {
  name: "group",
  keys: { name: "str", users: "list", roles: "list" },
};

export const serviceShape: Shape = {
  name: "service",
  keys: {
    name: "str",
    admin: "bool",
    url: "str",
    oauth_client_allowed_scopes: "list",
    api_token: "str",
    info: "dict",
    display: "bool",
    oauth_no_confirm: "bool",
    command: "list",
    cwd: "str",
    environment: "dict",
    user: "str",
    oauth_client_id: "str",
    oauth_redirect_uri: "str",
  },
};

/**
 * Returns the body if it is valid. Refuses it if it is not an object, or has an unknown key or a value of the wrong
 * class.
 */
export function check(body: unknown, { name, keys }: Shape): Record<string, unknown> {
  if (!isObject(body)) throw new HttpError(400, `Invalid JSON data: ${repr(body)}`);
  if (Object.keys(body).some((key) => !Object.hasOwn(keys, key))) {
    throw new HttpError(400, `Invalid JSON keys: ${repr(body)}`);
  }
  for (const [key, value] of Object.entries(body)) {
    const [expected, actual] = [keys[key], typeName(value)];
    if (expected === actual) continue;
    throw new HttpError(
      400,
      `${name}.${key} must be <class '${expected}'>, not: <class '${actual}'>`,
    );
  }
  return body;
}

const serverName = /^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/;
const longestServerName = 30;
const printable = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]{1,255}$/u;

/** Refuses a named server that the hub does not allow. */
export function checkNamedServer(
  world: World,
  user: { name: string | null; servers: ReadonlyMap<string, unknown> },
  name: string,
  displayName: unknown,
  countsAgainstLimit = true,
): void {
  const { allowNamedServers, namedServerLimit: limit } = world.settings;
  if (!allowNamedServers) throw new HttpError(400, "Named servers are not enabled.");
  const isNew = !user.servers.has(name);
  const named = [...user.servers.keys()].filter((one) => one !== "").length;
  if (countsAgainstLimit && limit > 0 && isNew && named >= limit) {
    throw new HttpError(
      400,
      `User ${user.name} already has the maximum of ${limit} named servers.` +
        "  One must be deleted before a new server can be created",
    );
  }
  if (!isNew || !world.since("6.0")) return;
  if (!serverName.test(name) || name.length > longestServerName) {
    throw new HttpError(400, `Invalid server_name: ${repr(name)}`);
  }
  if (typeof displayName !== "string") throw crash();
  if (!printable.test(displayName) || /^ | $|  /.test(displayName)) {
    throw new HttpError(400, `Invalid display_name: ${repr(displayName)}`);
  }
}
