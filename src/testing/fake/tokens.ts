/** The tokens of a user: listing, creating and revoking them. */
import { identityOf, type Call } from "./call.js";
import type { Endpoints } from "./endpoints.js";
import { time } from "./models.js";
import { isObject, repr, truthy } from "./python.js";
import { crash, empty, HttpError, json, type Reply } from "./replies.js";
import type { Token, User } from "./records.js";
import { hasExpired, hubClient, makeToken, tokenScopes, type NewToken } from "./tokens-made.js";
import { theUser } from "./users.js";

export const tokens: Endpoints = {
  "GET /users/{name}/tokens": { scopes: ["read:tokens"], of: "user", handle: list },
  "POST /users/{name}/tokens": { handle: create },
  "GET /users/{name}/tokens/{token_id}": {
    scopes: ["read:tokens"],
    of: "user",
    handle: (call) => json(tokenModel(call, theToken(call))),
  },
  "DELETE /users/{name}/tokens/{token_id}": {
    scopes: ["tokens"],
    of: "user",
    handle: (call) => {
      const { value, owner, client } = theToken(call);
      // With a token of an OAuth client, hubs revoke all tokens that this client has for the user.
      for (const one of call.world.tokens.values()) {
        const isOfClient = client !== hubClient && one.client === client && one.owner === owner;
        if (one.value === value || isOfClient) call.world.tokens.delete(one.value);
      }
      return empty(204, "text/plain");
    },
  },
};

const namedUser = (call: Call): User => theUser(call, `No such user: ${call.param("name")}`);

function tokensOf({ world }: Call, user: User): Token[] {
  for (const token of world.tokens.values()) {
    if (token.owner === user && hasExpired(world, token)) world.tokens.delete(token.value);
  }
  return [...world.tokens.values()].filter(({ owner }) => owner === user);
}

function list(call: Call): Reply {
  const usedAt = ({ lastActivity, created }: Token): number => lastActivity ?? created;
  const sorted = tokensOf(call, namedUser(call)).toSorted(
    (one, other) => usedAt(one) - usedAt(other),
  );
  return json({ api_tokens: sorted.map((token) => tokenModel(call, token)) });
}

function theToken(call: Call): Token {
  const user = namedUser(call);
  const requested = call.param("token_id");
  const all = [...call.world.tokens.values()];
  const token = all.find(({ id }) => `a${id}` === requested);
  if (token?.owner === user) return token;
  const isId = /^a[+-]?\d+$/.test(requested);
  throw new HttpError(
    404,
    call.world.since("5.0") || !isId
      ? `No such token ${requested} for user ${user.name}`
      : `Token not found ${token ? tokenRepr(token) : "None"}`,
  );
}

/** How hubs before 5.0 print a token of another user. */
const tokenRepr = ({ value, owner }: Token): string =>
  `<APIToken('${value.slice(0, 4)}...', user='${owner.name}', client_id='jupyterhub')>`;

function tokenModel({ world }: Call, token: Token): Record<string, unknown> {
  return {
    [token.owner.kind]: token.owner.name,
    id: `a${token.id}`,
    kind: "api_token",
    roles: [],
    scopes: [...tokenScopes(world, token)],
    created: time(token.created),
    last_activity: time(token.lastActivity),
    expires_at: time(token.expiresAt),
    note: token.note,
    session_id: token.sessionId,
    oauth_client: token.client,
  };
}

function create(call: Call): Reply {
  const { world } = call;
  const parsed = truthy(call.body) ? call.body : {};
  if (!isObject(parsed)) throw new HttpError(400, "Body must be a JSON dict or empty");
  const requester = call.identity ?? loggedIn(call, parsed["auth"]);
  call.identity = requester;
  const user = world.user(call.param("name"));
  const { owner } = requester;
  if (!user || !call.reaches("tokens", user)) {
    const kind = owner.kind === "user" ? "User" : "Service";
    throw new HttpError(
      403,
      `${kind} ${call.param("name")} not found or no permissions to generate tokens`,
    );
  }
  const by = owner === user ? "" : ` by ${owner.kind} ${owner.name}`;
  const { note } = parsed;
  const token = makeToken(world, user, {
    ...permissionsIn(call, parsed),
    note: truthy(note) ? storedText(note) : `Requested via api${by}`,
    expiresIn: lifetimeIn(call, parsed["expires_in"]),
  });
  return json({ ...tokenModel(call, token), token: token.value }, 201);
}

/**
 * Returns the identity of the user who logs in with a password. In the fake hub, the password of each user is their
 * name.
 */
function loggedIn(call: Call, auth: unknown): NonNullable<Call["identity"]> {
  const { username, password } = isObject(auth) ? auth : {};
  const user = typeof username === "string" ? call.world.user(username) : undefined;
  if (!user || password !== user.name) throw new HttpError(403);
  const inherited = makeToken(call.world, user, {});
  call.world.tokens.delete(inherited.value);
  return identityOf(call.world, user, inherited);
}

function permissionsIn({ world }: Call, body: Record<string, unknown>): NewToken {
  const wanted: NewToken = {};
  for (const key of ["roles", "scopes"] as const) {
    const value = body[key] ?? null;
    if (value === null) continue;
    const isList = Array.isArray(value) && value.every((item) => typeof item === "string");
    if (!isList && world.since("5.0")) {
      throw new HttpError(
        400,
        `token ${key} must be null or a list of strings, not ${repr(value)}`,
      );
    }
    if (!isList) throw crash();
    wanted[key] = value as string[];
  }
  return wanted;
}

/**
 * Returns a value as the hub's database stores it in a text column. Fails for lists and objects, which it cannot store.
 */
function storedText(value: unknown): string {
  if (typeof value === "object") throw crash();
  return String(value === true ? 1 : value);
}

/** The latest time that hubs can store. */
const lastMoment = Date.UTC(9999, 11, 31, 23, 59, 59);

function lifetimeIn({ world }: Call, given: unknown): number | null {
  const max = world.settings.tokenMaxSeconds;
  // In Python, true and false are the numbers 1 and 0.
  const requested = typeof given === "boolean" ? Number(given) : given;
  if (requested === null || requested === undefined) return max > 0 ? max : null;
  if (typeof requested !== "number" || (world.since("5.0") && !Number.isInteger(requested))) {
    if (!world.since("5.0")) throw crash();
    throw new HttpError(400, `token expires_in must be null or integer, not ${repr(given)}`);
  }
  if (max > 0 && requested > max) {
    throw new HttpError(400, `token expires_in: ${requested} must not exceed ${max}`);
  }
  // Before 5.0, a token with a lifetime of 0 does not expire.
  if (requested === 0 && !world.since("5.0")) return null;
  if (requested < 1) {
    throw new HttpError(
      400,
      `expires_in must be a positive integer or null, not ${repr(requested)}`,
    );
  }
  if (world.clock.now() + requested * 1000 > lastMoment) throw crash();
  return Math.trunc(requested);
}
