/** Reads the bodies of requests about shares and share codes, and refuses invalid ones as hubs do. */
import type { Call } from "./call.js";
import { isObject, repr, truthy, typeName } from "./python.js";
import { crash, HttpError } from "./replies.js";
import type { Server } from "./records.js";
import { unknownScope } from "./scopes.js";

/** The error for an invalid body, with the message of the validation library that hubs use. */
function invalid(
  model: string,
  field: string,
  message: string,
  type: string,
  value: unknown,
): HttpError {
  const where = field === "" ? "" : `${field}\n`;
  return new HttpError(
    400,
    `1 validation error for ${model}\n${where}  ${message} ` +
      `[type=${type}, input_value=${repr(value)}, input_type=${typeName(value)}]\n` +
      `    For further information visit https://errors.pydantic.dev/2.13/v/${type}`,
  );
}

function fieldsOf(call: Call, model: string, known: readonly string[]): Record<string, unknown> {
  const body = truthy(call.body) ? call.body : {};
  if (!isObject(body)) throw crash();
  for (const [key, value] of Object.entries(body)) {
    if (!known.includes(key)) {
      throw invalid(model, key, "Extra inputs are not permitted", "extra_forbidden", value);
    }
  }
  return body;
}

/** Returns the scopes of a request; undefined if it has none. */
function scopesOf(call: Call, model: string, scopes: unknown): string[] | undefined {
  if (scopes === null || scopes === undefined) return undefined;
  if (!Array.isArray(scopes)) {
    throw invalid(model, "scopes", "Input should be a valid list", "list_type", scopes);
  }
  const wrong = scopes.findIndex((scope) => typeof scope !== "string");
  if (wrong >= 0) {
    const field = `scopes.${wrong}`;
    throw invalid(model, field, "Input should be a valid string", "string_type", scopes[wrong]);
  }
  // Real hubs answer an unknown scope with 500.
  if ((scopes as string[]).some((one) => unknownScope(call.world.scopes, one, "share"))) {
    throw crash();
  }
  return scopes.length === 0 ? undefined : (scopes as string[]);
}

export interface ShareRequest {
  user: string | undefined;
  group: string | undefined;
  scopes: string[] | undefined;
}

export function shareRequest(call: Call, model: string): ShareRequest {
  const body = fieldsOf(call, model, ["scopes", "user", "group"]);
  const scopes = scopesOf(call, model, body["scopes"]);
  for (const key of ["user", "group"]) {
    const value = body[key] ?? null;
    if (value !== null && typeof value !== "string") {
      throw invalid(model, key, "Input should be a valid string", "string_type", value);
    }
  }
  const [user, group] = [body["user"] ?? undefined, body["group"] ?? undefined] as string[];
  const refuse = (message: string): HttpError =>
    invalid(model, "", `Value error, ${message}`, "value_error", body);
  if (user && group) throw refuse("Expected exactly one of `user` or `group`, not both.");
  if (user === undefined && group === undefined) {
    throw refuse("Specify exactly one of `user` or `group`");
  }
  // The only name is empty. Real hubs answer with 500.
  if (!user && !group) throw crash();
  return { user: user || undefined, group: group || undefined, scopes };
}

const [shortest, longest, usual] = [60, 31_536_000, 86_400];

export function codeRequest(call: Call): { scopes: string[] | undefined; expiresIn: number } {
  const model = "ShareCodeGrantRequest";
  const body = fieldsOf(call, model, ["scopes", "expires_in"]);
  const { expires_in: given = usual } = body;
  const refuse = (message: string, type: string): HttpError =>
    invalid(model, "expires_in", `Input should be ${message}`, type, given);
  const seconds = typeof given === "string" && /^\d+$/.test(given) ? Number(given) : given;
  if (typeof seconds !== "number") throw refuse("a valid integer", "int_type");
  if (!Number.isInteger(seconds)) {
    throw refuse("a valid integer, got a number with a fractional part", "int_from_float");
  }
  if (seconds < shortest) throw refuse("greater than or equal to 60", "greater_than_equal");
  if (seconds > longest) throw refuse("less than or equal to 31536000", "less_than_equal");
  return { scopes: scopesOf(call, model, body["scopes"]), expiresIn: seconds };
}

/** Returns the scopes to grant, each with a filter for the server in the path. The default is `access:servers`. */
export function scopesFor(call: Call, scopes: readonly string[] | undefined): string[] {
  const [owner, name] = [call.param("owner"), call.param("server_name")];
  const own = `server=${owner}/${name}`;
  const wanted = (scopes ?? ["access:servers"]).map((scope) => {
    const [base = "", filter] = scope.split("!");
    if (filter !== undefined && filter !== own) {
      throw new HttpError(400, `!${filter} not allowed on sharing ${scope}, only !${own}`);
    }
    return `${base}!${own}`;
  });
  return [...new Set(wanted)].toSorted();
}

/** Refuses scopes that the sender does not have. */
export function checkHeld(call: Call, scopes: readonly string[]): void {
  for (const scope of scopes) {
    if (call.holds(scope)) continue;
    throw new HttpError(403, `Do not have permission to grant share with scope ${scope}`);
  }
}

/** The server that the path names. */
export function sharedServer(call: Call): Server {
  const [owner, name] = [call.param("owner"), call.param("server_name")];
  const server = call.world.user(owner)?.servers.get(name);
  if (!server) throw new HttpError(404, `No such server: ${owner}/${name}`);
  return server;
}
