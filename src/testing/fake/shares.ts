/** Operations on shares, which give users and groups access to a server: grant, read, revoke. */
import type { Call } from "./call.js";
import type { Endpoints } from "./endpoints.js";
import { theGroup } from "./groups.js";
import { isReady, serverUrl, time } from "./models.js";
import { pageOf, slice, withPlace } from "./pages.js";
import { empty, HttpError, json, type Reply } from "./replies.js";
import type { Group, Server, Share, User } from "./records.js";
import {
  checkHeld,
  scopesFor,
  sharedServer,
  shareRequest,
  type ShareRequest,
} from "./share-requests.js";
import { theUser } from "./users.js";

export const shares: Endpoints = {
  "GET /shares/{owner}": { scopes: ["read:shares"], of: "owner", handle: listOfOwner },
  "GET /shares/{owner}/{server_name}": {
    scopes: ["read:shares"],
    of: "owner",
    handle: (call) => {
      const server = sharedServer(call);
      return listOf(call, (share) => share.server === server);
    },
  },
  "POST /shares/{owner}/{server_name}": { scopes: ["shares"], of: "owner", handle: grant },
  "PATCH /shares/{owner}/{server_name}": { scopes: ["shares"], of: "owner", handle: revoke },
  "DELETE /shares/{owner}/{server_name}": { scopes: ["shares"], of: "owner", handle: revokeAll },
  "GET /users/{name}/shared": {
    scopes: ["read:users:shares"],
    of: "user",
    handle: (call) => {
      const user = theUser(call, `No such user: ${call.param("name")}`);
      return listOf(call, ({ with: holder }) =>
        holder.kind === "user" ? holder === user : user.groups.has(holder),
      );
    },
  },
  "GET /users/{name}/shared/{owner}/{server_name}": {
    scopes: ["read:users:shares"],
    of: "user",
    handle: (call) => json(shareModel(call, shareWith(call, "user"))),
  },
  "DELETE /users/{name}/shared/{owner}/{server_name}": {
    scopes: ["users:shares"],
    of: "user",
    handle: (call) => remove(call, "user"),
  },
  "GET /groups/{name}/shared": {
    scopes: ["read:groups:shares"],
    of: "group",
    handle: (call) => {
      const group = theGroup(call);
      return listOf(call, ({ with: holder }) => holder === group);
    },
  },
  "GET /groups/{name}/shared/{owner}/{server_name}": {
    scopes: ["read:groups:shares"],
    of: "group",
    handle: (call) => json(shareModel(call, shareWith(call, "group"))),
  },
  "DELETE /groups/{name}/shared/{owner}/{server_name}": {
    scopes: ["groups:shares"],
    of: "group",
    handle: (call) => remove(call, "group"),
  },
};

/** The model of a share's server. */
export const sharedServerModel = (call: Call, server: Server): Record<string, unknown> => ({
  user: { name: server.user.name },
  name: server.name,
  url: serverUrl(call.world, server),
  full_url: null,
  ready: isReady(server),
});

function shareModel(call: Call, share: Share): Record<string, unknown> {
  const { with: holder } = share;
  return {
    server: sharedServerModel(call, share.server),
    scopes: share.scopes,
    user: holder.kind === "user" ? { name: holder.name } : null,
    group: holder.kind === "group" ? { name: holder.name } : null,
    kind: holder.kind,
    created_at: time(share.created),
  };
}

function listOf(call: Call, fits: (share: Share) => boolean): Reply {
  const page = pageOf(call);
  const all = [...call.world.shares].filter(fits);
  const items = slice(all, page).map((share) => shareModel(call, share));
  return json(withPlace(call, items, page, all.length));
}

function listOfOwner(call: Call): Reply {
  const owner = call.world.user(call.param("owner"));
  if (!owner) throw new HttpError(404);
  return listOf(call, ({ server }) => server.user === owner);
}

function grant(call: Call): Reply {
  const { world } = call;
  const wanted = shareRequest(call, "ShareGrantRequest");
  const scopes = scopesFor(call, wanted.scopes);
  const server = sharedServer(call);
  checkHeld(call, scopes);
  const holder = holderToBe(call, wanted);
  const existing = [...world.shares].find(
    (share) => share.server === server && share.with === holder,
  );
  if (existing) {
    existing.scopes = [...new Set([...existing.scopes, ...scopes])].toSorted();
    return json(shareModel(call, existing));
  }
  const share: Share = {
    id: world.nextId(),
    server,
    with: holder,
    created: world.clock.now(),
    scopes,
  };
  world.shares.add(share);
  return json(shareModel(call, share));
}

function holderToBe(call: Call, { user, group }: ShareRequest): User | Group {
  const [kind, name] = user === undefined ? ["group", group ?? ""] : ["user", user];
  if (!call.holds(`read:${kind}s:name!${kind}=${name}`)) {
    throw new HttpError(403, `Need scope 'read:${kind}s:name' to share with ${kind}s by name`);
  }
  const holder = holderNamed(call, { user, group });
  if (!holder) throw new HttpError(400, `No such ${kind}: ${name}`);
  return holder;
}

const holderNamed = (
  { world }: Call,
  { user, group }: Pick<ShareRequest, "user" | "group">,
): User | Group | undefined =>
  user === undefined ? world.groups.get(group ?? "") : world.user(user);

function revoke(call: Call): Reply {
  const { world } = call;
  const wanted = shareRequest(call, "ShareRevokeRequest");
  const server = sharedServer(call);
  const holder = holderNamed(call, wanted);
  const share = [...world.shares].find((one) => one.server === server && one.with === holder);
  if (!share) return json({});
  const { scopes } = wanted;
  const left = scopes ? share.scopes.filter((scope) => !scopes.includes(scope)) : [];
  if (left.length === 0) {
    world.shares.delete(share);
    return json({});
  }
  share.scopes = left;
  return json(shareModel(call, share));
}

function revokeAll(call: Call): Reply {
  const server = sharedServer(call);
  for (const share of call.world.shares) {
    if (share.server === server) call.world.shares.delete(share);
  }
  return empty(204);
}

/** Returns the share of the path's server with the path's user or group. */
function shareWith(call: Call, kind: "user" | "group"): Share {
  const name = call.param("name");
  const [owner, serverName] = [call.param("owner"), call.param("server_name")];
  const holder = kind === "group" ? theGroup(call) : call.world.user(name);
  const server = call.world.user(owner)?.servers.get(serverName);
  const share = [...call.world.shares].find((one) => one.server === server && one.with === holder);
  if (share) return share;
  throw new HttpError(404, `No such share for ${kind} ${name} on ${owner}/${serverName}`);
}

function remove(call: Call, kind: "user" | "group"): Reply {
  call.world.shares.delete(shareWith(call, kind));
  return empty(204);
}
