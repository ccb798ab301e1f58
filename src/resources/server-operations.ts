/**
 * The operations on one server of a user, default or named, on any hub.
 *
 * Handles the differences between hub versions: where the server's model is, and the body of a start.
 */
import * as api from "../../generated/sdk.gen.js";
import type { Server, User } from "../../generated/types.gen.js";
import { sendAsIs } from "../core/api-client.js";
import type { CallMeta } from "../core/call-context.js";
import { ForbiddenError, NotFoundError } from "../core/errors.js";
import { isDeleted } from "./reconcile.js";
import { assertShape } from "../core/json.js";
import type { Keys, KeysOf } from "../core/known-keys.js";
import { unsupportedError } from "../core/error-mapping.js";
import { checkName } from "../core/path-names.js";
import { Secrets } from "../core/redact.js";
import { isServedAt } from "../core/server-client.js";
import { serverAddress } from "../core/url.js";
import { isAtLeast } from "../core/version.js";
import type { ServerOperations } from "../workflows/server-state.js";
import {
  checkInput,
  requestOptions,
  send,
  type CallOptions,
  type GeneratedFunction,
  knownVersion,
  type ClientContext,
} from "./call.js";

/** One of a user's servers. */
export interface ServerInput {
  /** The server's name; omitted or empty for the default server. */
  server?: string | undefined;
}

/** The server to start or create. */
export interface StartServerInput extends ServerInput {
  /**
   * Options for the hub's Spawner, such as `{ profile: "large" }`; the keys depend on the Spawner. If omitted or null,
   * the hub uses those of the last start. `{}` clears them.
   */
  user_options?: object | null | undefined;
  /** The name that people see. Since 6.0; not for the default server. */
  display_name?: string | undefined;
}

/** The keys of {@link ServerInput} and {@link StartServerInput}. */
export const serverKeys: KeysOf<ServerInput> = { server: true };
export const startKeys: KeysOf<StartServerInput> = {
  ...serverKeys,
  user_options: true,
  display_name: true,
};

/** Returns an input's server name, empty for the default server. Throws an InvalidInputError for an invalid input. */
export function serverOf(input: ServerInput, known: Keys = serverKeys): string {
  checkInput(input, known);
  const { server = "" } = input;
  checkName("server_name", server, true);
  return server;
}

/** An input without its `server`. For a union of inputs, a union of its members without `server`. */
type BodyOf<Input> = Input extends unknown ? Omit<Input, "server"> : never;

/** Splits an input into the server's name and the body to send. */
export function withoutServer<Input extends ServerInput>(
  input: Input,
  known: Keys,
): { server: string; body: BodyOf<Input> } {
  const server = serverOf(input, known);
  const { server: _, ...body } = input;
  return { server, body: body as BodyOf<Input> };
}

/** Identifies a server. `what` is the phrase that errors use for the server. */
export interface ServerRef {
  user: string;
  server: string;
  what: string;
}

/**
 * Returns the reference to a server. Checks both names first, so that nothing is sent for an invalid name, not even the
 * request for the hub's version.
 */
export function serverRef(user: string, input: ServerInput, known?: Keys): ServerRef {
  const server = serverOf(input, known);
  checkName("name", user);
  const what = server === "" ? `The server of ${user}` : `The server ${server} of ${user}`;
  return { user, server, what };
}

/** An operation on servers, as two generated functions: for default servers and for named servers. */
type Pair<Input, Value> = readonly [
  GeneratedFunction<Input & { path: { name: string } }, Value>,
  GeneratedFunction<Input & { path: { name: string; server_name: string } }, Value>,
];

export const pairs = {
  get: [api.getUserServer, api.getUserServerName] as Pair<object, Server>,
  start: [api.postUserServer, api.postUserServerName] as Pair<StartBody, unknown>,
  update: [api.patchUserServer, api.patchUserServerName] as Pair<{ body: object }, Server>,
  // Default servers always exist: the type of their function has no successful response.
  create: [api.putUserServer, api.putUserServerName] as unknown as Pair<{ body: object }, Server>,
  // Default servers cannot be removed: the type of their function has no body.
  stop: [api.deleteUserServer, api.deleteUserServerName] as unknown as Pair<
    { body?: { remove: boolean } },
    unknown
  >,
};

/** Returns the function of a pair that fits the given server, default or named. */
export const forServer =
  <Input, Value>(
    [unnamed, named]: Pair<Input, Value>,
    { user, server }: Omit<ServerRef, "what">,
  ): GeneratedFunction<Input, Value> =>
  (options) =>
    server === ""
      ? unnamed({ ...options, path: { name: user } })
      : named({ ...options, path: { name: user, server_name: server } });

/** Returns the servers in a user's model. Throws a ForbiddenError if the token's scopes do not include them. */
export function serversOf(user: User): Record<string, Server> {
  const { name, servers } = user;
  assertShape("name" in user);
  if (typeof servers === "object" && servers) return servers;
  throw new ForbiddenError(
    `The token's scopes do not include the servers of ${name}: they need read:servers.`,
    { requiredScopes: ["read:servers"] },
  );
}

/** Reads the model of a server: since 6.0 with an operation for that server, before 6.0 from the user's model. */
export async function readModel(
  hub: ClientContext,
  ref: ServerRef,
  call: CallOptions,
): Promise<Server> {
  const version = await knownVersion(hub, call);
  if (isAtLeast(version, "6.0")) {
    return send(hub, forServer(pairs.get, ref), {}, call);
  }
  const servers = await allServers(hub, ref.user, call);
  const found = Object.hasOwn(servers, ref.server) ? servers[ref.server] : undefined;
  if (found) return found;
  throw new NotFoundError(`${ref.what} does not exist, or the token's scopes do not include it.`, {
    status: 404,
    hubVersion: version,
  });
}

/** Returns all servers of a user; before 3.0, only those that run or are pending. */
export async function allServers(
  hub: ClientContext,
  user: string,
  call: CallOptions,
): Promise<Record<string, Server>> {
  const isNew = isAtLeast(await knownVersion(hub, call), "3.0");
  const query = isNew ? { include_stopped_servers: true } : {};
  return serversOf(await send(hub, api.getUser, { path: { name: user }, query }, call));
}

/** The body of a start, built for the hub's version. */
export type StartBody = { body?: object; meta?: CallMeta };

/** What a workflow's requests contain or do, besides the options of the call. */
interface Payloads {
  start?: StartBody;
  /** Whether a stop also removes the server. */
  remove?: boolean;
  /** Collects the secrets of the start and its streams. */
  secrets?: Secrets;
}

/** Creates the requests of a workflow. `call` has no timeout: the workflow limits the time of all requests together. */
export function createServerOperations(
  hub: ClientContext,
  ref: ServerRef,
  call: CallOptions,
  { start: payload, remove, secrets = new Secrets() }: Payloads = {},
): ServerOperations {
  const { user, server, what } = ref;
  const options = (signal: AbortSignal, headers?: Record<string, string>) =>
    requestOptions(hub, { ...call, signal }, headers);
  return {
    what,
    start: async (signal, onSent) => {
      const meta: CallMeta = { ...payload?.meta, once: true, secrets, ...(onSent && { onSent }) };
      const start = forServer(pairs.start, ref);
      const { response } = await start({ ...options(signal), ...payload, meta });
      return response.status;
    },
    stop: async (signal) => {
      const body = remove ? { body: { remove } } : {};
      const { response } = await forServer(pairs.stop, ref)({ ...options(signal), ...body });
      return response.status;
    },
    progress: async (signal) => {
      const { data } = await hub.client.get({
        ...options(signal, { Accept: "text/event-stream" }),
        ...(server === ""
          ? { url: "/users/{name}/server/progress", path: { name: user } }
          : {
              url: "/users/{name}/servers/{server_name}/progress",
              path: { name: user, server_name: server },
            }),
        parseAs: "stream",
        meta: { secrets },
      });
      return data as ReadableStream<Uint8Array>;
    },
    model: (signal) =>
      readModel(hub, ref, { ...call, signal }).catch((error: unknown) => {
        if (isDeleted(error)) return undefined;
        throw error;
      }),
    isServed: async (model, signal) => {
      try {
        const address = serverAddress(model, server, hub.publicUrl);
        return await isServedAt(address, hub.publicUrl, hub.transport.options.fetch, signal);
      } catch {
        return false;
      }
    },
  };
}

/**
 * Creates the body of a start. Before 6.0, the user options are the whole body. Since 6.0, the body has the keys
 * `user_options` and `display_name`, which older hubs would silently ignore.
 */
export async function createStartBody(
  hub: ClientContext,
  { display_name, user_options }: StartServerInput,
  call: CallOptions,
): Promise<StartBody> {
  if (display_name === undefined && user_options === undefined) return {};
  const version = await knownVersion(hub, call);
  if (isAtLeast(version, "6.0")) return { body: { display_name, user_options } };
  if (display_name !== undefined) {
    throw unsupportedError(version, { since: "6.0" }, "`display_name`")!;
  }
  return user_options ? { body: user_options, ...sendAsIs } : {};
}
