/**
 * One server of a user, default or named, on any hub: its model, and the requests that the workflows make.
 *
 * Owns what differs between releases: where the model is found and what the body of a start looks like.
 */
import {
  deleteUserServer,
  deleteUserServerName,
  getUser,
  getUserServer,
  getUserServerName,
  postUserServer,
  postUserServerName,
} from "../../generated/sdk.gen.js";
import type { Server, User } from "../../generated/types.gen.js";
import { sendAsIs, type CallMeta } from "../core/api-client.js";
import { ForbiddenError, NotFoundError } from "../core/errors.js";
import { assertShape } from "../core/json.js";
import type { Keys, KeysOf } from "../core/known-keys.js";
import { unsupportedError } from "../core/error-mapping.js";
import { checkName } from "../core/path-names.js";
import { Secrets } from "../core/redact.js";
import { isAtLeast } from "../core/version.js";
import type { ServerOperations } from "../workflows/server-state.js";
import {
  checkInput,
  requestOptions,
  dataOf,
  type CallOptions,
  type ResourceContext,
} from "./call.js";

/** Which of a user's servers. */
export interface ServerInput {
  /** The server's name; omitted or empty for the default server. */
  server?: string | undefined;
}

/** What to start or create. */
export interface StartServerInput extends ServerInput {
  /**
   * What the hub's Spawner is to make of it, such as `{ profile: "large" }`: the keys are the Spawner's own.
   * Omitted or null, those of the last start; `{}` clears them.
   */
  user_options?: Record<string, unknown> | null | undefined;
  /** The name that people see. Since 6.0; not for the default server. */
  display_name?: string | undefined;
}

/** The keys of the inputs above. */
export const serverKeys: KeysOf<ServerInput> = { server: true };
export const startKeys: KeysOf<StartServerInput> = {
  ...serverKeys,
  user_options: true,
  display_name: true,
};

/** A body made for the hub at hand, and what tells the client that it is. */
export type ServerBody = { body?: Record<string, unknown>; meta?: CallMeta };

/** How a server is called in errors. */
export const nameOf = (user: string, server: string): string =>
  server === "" ? `The server of ${user}` : `The server ${server} of ${user}`;

/**
 * The server that an input names; empty for the default server. Refuses what is no such input, since a
 * server that is not understood must not become the default one.
 */
export function serverOf(input: ServerInput, known: Keys = serverKeys): string {
  checkInput(input, known);
  const { server } = input;
  if (server === undefined) return "";
  checkName("server_name", server, true);
  return server;
}

/** The servers in a user's model; a token without the scope gets a model without them. */
export function serversOf(user: User): Record<string, Server> {
  const { name, servers } = user;
  assertShape("name" in user);
  if (typeof servers === "object" && servers) return servers;
  throw new ForbiddenError(
    `The token does not reach the servers of ${name}: it needs read:servers.`,
    {
      requiredScopes: ["read:servers"],
    },
  );
}

/** The server's own model since 6.0; before, that in its user's. */
export async function readModel(
  hub: ResourceContext,
  user: string,
  server: string,
  call: CallOptions,
): Promise<Server> {
  checkNames(user, server);
  const version = await hub.version(call);
  const options = requestOptions(hub, call);
  if (isAtLeast(version, "6.0")) {
    return dataOf(
      server === ""
        ? getUserServer({ ...options, path: { name: user } })
        : getUserServerName({ ...options, path: { name: user, server_name: server } }),
    );
  }
  const servers = await allServers(hub, user, call);
  const found = Object.hasOwn(servers, server) ? servers[server] : undefined;
  if (found) return found;
  throw new NotFoundError(
    `${nameOf(user, server)} is not there, or the token's scopes do not reach it.`,
    { status: 404, hubVersion: version },
  );
}

/** All servers of a user, as the hub lists them: before 3.0 those that run. */
export async function allServers(
  hub: ResourceContext,
  user: string,
  call: CallOptions,
): Promise<Record<string, Server>> {
  checkName("name", user);
  const isNew = isAtLeast(await hub.version(call), "3.0");
  const query = isNew ? { include_stopped_servers: true } : {};
  return serversOf(
    await dataOf(getUser({ ...requestOptions(hub, call), path: { name: user }, query })),
  );
}

/**
 * What the workflows need, with the bodies that a start and a stop have, if any. A start and its streams add
 * their secrets to `secrets`.
 */
export function createServerOperations(
  hub: ResourceContext,
  user: string,
  server: string,
  call: CallOptions,
  payloads: { start?: ServerBody; stop?: ServerBody } = {},
  secrets = new Secrets(),
): ServerOperations {
  const own = { name: user };
  const named = { ...own, server_name: server };
  const options = (signal: AbortSignal) => requestOptions(hub, { ...call, signal });
  return {
    what: nameOf(user, server),
    start: async (signal) => {
      const meta: CallMeta = { ...payloads.start?.meta, once: true, secrets };
      const request = { ...options(signal), ...payloads.start, meta };
      const { response } = await (server === ""
        ? postUserServer({ ...request, path: own })
        : postUserServerName({ ...request, path: named }));
      return response.status;
    },
    stop: async (signal) => {
      const { response } = await (server === ""
        ? deleteUserServer({ ...options(signal), path: own })
        : deleteUserServerName({ ...options(signal), path: named, ...payloads.stop }));
      return response.status;
    },
    progress: (signal) => openProgress(hub, user, server, { ...call, signal }, secrets),
    model: async (signal) => {
      try {
        return await readModel(hub, user, server, { ...call, signal });
      } catch (error) {
        if (error instanceof NotFoundError) return undefined;
        throw error;
      }
    },
  };
}

/** The stream of what the hub tells of a server's start. */
async function openProgress(
  hub: ResourceContext,
  user: string,
  server: string,
  call: CallOptions,
  secrets: Secrets,
): Promise<ReadableStream<Uint8Array>> {
  const meta: CallMeta = { secrets };
  const options = { ...requestOptions(hub, call, { Accept: "text/event-stream" }), meta };
  const { data } = await hub.client.get({
    ...options,
    ...(server === ""
      ? { url: "/users/{name}/server/progress", path: { name: user } }
      : {
          url: "/users/{name}/servers/{server_name}/progress",
          path: { name: user, server_name: server },
        }),
    parseAs: "stream",
  });
  return data as ReadableStream<Uint8Array>;
}

/**
 * The body of a start. Before 6.0 the whole body is the user options: with the body of 6.0 they would be
 * nested, and silently wrong.
 */
export async function createStartBody(
  hub: ResourceContext,
  user: string,
  { server = "", display_name, user_options }: StartServerInput,
  call: CallOptions,
): Promise<ServerBody> {
  checkNames(user, server);
  if (display_name === undefined && user_options === undefined) return {};
  const version = await hub.version(call);
  if (isAtLeast(version, "6.0")) {
    return {
      body: {
        ...(display_name !== undefined && { display_name }),
        ...(user_options !== undefined && { user_options }),
      },
    };
  }
  const unsupported =
    display_name !== undefined && unsupportedError(version, { since: "6.0" }, "`display_name`");
  if (unsupported) throw unsupported;
  return user_options ? { body: user_options, ...sendAsIs } : {};
}

/** Names are refused before anything is sent, the question for the version included. */
function checkNames(user: string, server: string): void {
  checkName("name", user);
  checkName("server_name", server, true);
}
