/** Share codes. With a code, a user can accept the share of a server. */
import type { Call } from "./call.js";
import type { Endpoints } from "./endpoints.js";
import { time } from "./models.js";
import { pageOf, slice, withPlace } from "./pages.js";
import { empty, HttpError, json, type Reply } from "./replies.js";
import type { ShareCode } from "./records.js";
import { checkHeld, codeRequest, scopesFor, sharedServer } from "./share-requests.js";
import { sharedServerModel } from "./shares.js";

export const shareCodes: Endpoints = {
  "GET /share-codes/{owner}": {
    scopes: ["read:shares"],
    of: "owner",
    handle: (call) => {
      const owner = call.world.user(call.param("owner"));
      if (!owner) throw new HttpError(404);
      return listOf(call, ({ server }) => server.user === owner);
    },
  },
  "GET /share-codes/{owner}/{server_name}": {
    scopes: ["read:shares"],
    of: "owner",
    handle: (call) => {
      const shared = sharedServer(call);
      return listOf(call, ({ server }) => server === shared);
    },
  },
  "POST /share-codes/{owner}/{server_name}": { scopes: ["shares"], of: "owner", handle: create },
  "DELETE /share-codes/{owner}/{server_name}": { scopes: ["shares"], of: "owner", handle: remove },
};

const codeModel = (call: Call, code: ShareCode): Record<string, unknown> => ({
  server: sharedServerModel(call, code.server),
  scopes: code.scopes,
  id: `sc_${code.id}`,
  created_at: time(code.created),
  expires_at: time(code.expiresAt),
  exchange_count: 0,
  last_exchanged_at: null,
});

function listOf(call: Call, fits: (code: ShareCode) => boolean): Reply {
  const page = pageOf(call);
  const all = [...call.world.shareCodes].filter(fits);
  // The total includes expired codes, but the items do not.
  const items = slice(all, page)
    .filter(({ expiresAt }) => expiresAt > call.world.clock.now())
    .map((code) => codeModel(call, code));
  return json(withPlace(call, items, page, all.length));
}

function create(call: Call): Reply {
  const { world } = call;
  const wanted = codeRequest(call);
  const scopes = scopesFor(call, wanted.scopes);
  checkHeld(call, scopes);
  const now = world.clock.now();
  const code: ShareCode = {
    id: world.nextShareCode(),
    server: sharedServer(call),
    code: world.nextSecret("code"),
    created: now,
    expiresAt: now + wanted.expiresIn * 1000,
    scopes,
  };
  world.shareCodes.add(code);
  return json({
    ...codeModel(call, code),
    code: code.code,
    accept_url: `${world.basePath}hub/accept-share?code=${code.code}`,
    full_accept_url: null,
  });
}

function remove(call: Call): Reply {
  const { shareCodes: codes } = call.world;
  const shared = sharedServer(call);
  const own = [...codes].filter(({ server }) => server === shared);
  const [code, id] = [call.query("code") ?? "", call.query("id") ?? ""];
  if (code === "" && id === "") {
    for (const one of own) codes.delete(one);
    return empty(204);
  }
  const found = own.find((one) => (code === "" ? `sc_${one.id}` === id : one.code === code));
  if (!found) {
    throw new HttpError(
      404,
      code === "" ? `No code found matching id=${id}` : "No matching code found",
    );
  }
  codes.delete(found);
  return empty(204);
}
