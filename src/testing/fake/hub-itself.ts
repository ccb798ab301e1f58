/**
 * Operations on the hub itself: its version and info, the token's owner, metrics, the proxy, shutdown, and operations
 * that hubs have removed.
 */
import type { Call } from "./call.js";
import type { Endpoints } from "./endpoints.js";
import { serverUrl, serviceModel, userModel } from "./models.js";
import { pageOf, paged } from "./pages.js";
import { isObject, repr } from "./python.js";
import { empty, HttpError, json, page, type Reply } from "./replies.js";
import type { Owner } from "./records.js";
import { identifyScopes, parse } from "./scopes.js";
import { isRouted } from "./server-address.js";
import { findToken } from "./tokens-made.js";
import type { World } from "./world.js";

export const hubItself: Endpoints = {
  "GET /": { handle: version },
  "GET /info": { scopes: ["read:hub"], handle: info },
  "GET /user": { handle: whoami },
  "GET /health": { handle: () => empty(200, "text/html") },
  "GET /metrics": { handle: metrics },
  "GET /proxy": { scopes: ["proxy"], handle: routes },
  "POST /proxy": { scopes: ["proxy"], handle: () => empty(200) },
  "PATCH /proxy": { scopes: ["proxy"], handle: moveProxy },
  "POST /shutdown": { scopes: ["shutdown"], handle: shutDown },
  "POST /authorizations/token": { handle: oldLogin },
  "GET /authorizations/token/{token}": { handle: ownerOfToken },
  "GET /authorizations/cookie/{cookie_name}/{cookie_value}": { handle: ownerOfCookie },
};

function version({ world }: Call): Reply {
  return { ...json({ version: world.settings.version }), headers: anyOrigin(world) };
}

/** Returns the header that lets pages of any origin read the response. Hubs send it since 5.0. */
export const anyOrigin = (world: World): Record<string, string> =>
  world.since("5.0") ? { "Access-Control-Allow-Origin": "*" } : {};

function info({ world: { settings } }: Call): Reply {
  return json({
    version: settings.version,
    python: "3.12.0 (a fake hub)",
    sys_executable: "/usr/bin/python3",
    spawner: { class: "jupyterhub.spawner.SimpleLocalProcessSpawner", version: settings.version },
    authenticator: { class: "jupyterhub.auth.DummyAuthenticator", version: settings.version },
  });
}

function whoami(call: Call): Reply {
  const { identity } = call;
  if (!identity) throw new HttpError(403);
  const { owner, token, scopes } = identity;
  const model = ownModel(call, owner);
  return json({
    ...model,
    ...(call.world.since("5.0") && { token_id: token ? `a${token.id}` : null }),
    session_id: token?.sessionId ?? null,
    scopes: [...scopes].toSorted(),
  });
}

/** Returns the model of a user or service: its name, and the other keys that the sender's scopes show. */
function ownModel(call: Call, owner: Owner): Record<string, unknown> {
  const { identity } = call;
  const scopes = [...(identity?.scopes ?? []), ...identifyScopes(owner)];
  if (identity) call.identity = { ...identity, granted: parse(scopes) };
  return owner.kind === "user" ? userModel(call, owner) : serviceModel(call, owner, true);
}

function metrics(call: Call): Reply {
  if (!call.holds("read:metrics")) return page(403, "<h1>403 : Forbidden</h1>");
  return {
    status: 200,
    headers: { "Content-Type": "text/plain; version=1.0.0; charset=utf-8" },
    stream: (async function* () {
      yield `# HELP jupyterhub_total_users total number of users\n`;
      yield `# TYPE jupyterhub_total_users gauge\njupyterhub_total_users ${call.world.users.size}\n`;
    })(),
  };
}

function routes(call: Call): Reply {
  const { world } = call;
  const requested = pageOf(call);
  const all = new Map<string, unknown>([["/", { hub: true }]]);
  for (const server of world.servers()) {
    if (!isRouted(server)) continue;
    all.set(serverUrl(world, server), { user: server.user.name, server_name: server.name });
  }
  const keys = [...all.keys()]
    .toSorted()
    .slice(requested.offset, requested.offset + requested.limit);
  const target = "http://127.0.0.1:8081";
  const table = Object.fromEntries(
    keys.map((key) => [key, { routespec: key, target, data: all.get(key) }]),
  );
  return paged(call, table, requested, all.size);
}

function moveProxy({ request }: Call): Reply {
  if (request.text === "") throw new HttpError(400, "need JSON body");
  try {
    if (isObject(JSON.parse(request.text))) return empty(200);
  } catch {
    // The error below is also for invalid JSON.
  }
  throw new HttpError(400, "Request body must be JSON dict");
}

function shutDown(call: Call): Reply {
  for (const key of ["proxy", "servers"]) {
    const value = call.fields[key];
    if (value !== undefined && ![true, false, 0, 1].includes(value as boolean)) {
      throw new HttpError(400, `${key} must be true or false, got ${repr(value)}`);
    }
  }
  call.world.down = "shut down";
  return json({ message: "Shutting down Hub" }, 202);
}

function oldLogin(): Reply {
  throw new HttpError(
    404,
    "Deprecated endpoint /hub/api/authorizations/token is removed in JupyterHub 2.0." +
      " Use /hub/api/users/:user/tokens instead.",
  );
}

function ownerOfToken(call: Call): Reply {
  if (!call.identity) throw new HttpError(403);
  const token = findToken(call.world, call.param("token"));
  if (!token) throw new HttpError(404);
  token.lastActivity = call.world.clock.now();
  if (token.owner.kind === "user") token.owner.lastActivity = call.world.clock.now();
  return json(ownModel(call, token.owner));
}

/** Refuses every cookie, because the fake hub never sets one. */
function ownerOfCookie(call: Call): Reply {
  throw new HttpError(call.identity ? 404 : 403);
}
