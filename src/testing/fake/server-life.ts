/**
 * The life cycle of a server: it starts, runs and stops, at once or after a time. This file changes the records at
 * starts and stops. `servers.ts` has the rules for the requests.
 */
import { crash, HttpError } from "./replies.js";
import type { Server, Spawner, Start } from "./records.js";
import type { SpawnerBehaviour } from "./spawner.js";
import { behaviourOf, stopSecondsOf } from "./spawner-rule.js";
import { addToken } from "./tokens-made.js";
import type { World } from "./world.js";

/** Milliseconds between the cancellation of a start and the stop of its server. */
const cancelMs = 1000;
const usualTimeout = 60;

/** The state of a server in the hub's memory, created on first access. */
export function liveOf(server: Server): Spawner {
  server.live ??= {
    options: server.savedOptions ?? {},
    state: server.savedState ?? {},
    pending: null,
    behaviour: {},
  };
  return server.live;
}

export const hasFailed = ({ live }: Server): boolean =>
  live?.pending === null && (live.start?.outcome === "failed" || live.start?.outcome === "timeout");

/** Begins a start and returns it. Its `outcome` is final when `ended` resolves. */
export function beginStart(
  world: World,
  server: Server,
  options: Record<string, unknown> | null,
): Start {
  // If the Spawner function throws, no start has begun.
  const behaviour = behaviourOf(world.spawner, {
    user: server.user.name ?? "",
    server: server.name,
    options: options ?? server.savedOptions ?? {},
  });
  return beginStartWith(world, server, options, behaviour);
}

/** Begins a start with the given behaviour. */
export function beginStartWith(
  world: World,
  server: Server,
  options: Record<string, unknown> | null,
  behaviour: SpawnerBehaviour,
): Start {
  const { user } = server;
  server.live = undefined;
  if (options) server.savedOptions = options;
  const live = liveOf(server);
  const now = world.clock.now();
  live.pending = "spawn";
  live.state = {};
  live.behaviour = behaviour;
  live.token = serverToken(world, server);
  server.active = true;
  server.started = server.lastActivity = user.lastActivity = now;
  const start: Start = {
    at: now,
    outcome: "pending",
    cancel: new AbortController(),
    ended: Promise.resolve(),
  };
  live.start = start;
  start.ended = spawn(world, server, live, start);
  return start;
}

/** Creates the server's token. It grants those scopes of the role "server" that the user also has. */
function serverToken(world: World, server: Server): string {
  const { user, name } = server;
  const scopes = (world.roles.get("server") ?? []).map((scope) =>
    scope.endsWith("!server") ? `${scope}=${user.name}/${name}` : scope,
  );
  const path = name === "" ? "" : `${name}/`;
  const note = `Server at ${world.basePath}user/${user.name}/${path}`;
  return addToken(world, user, { scopes, note }).value;
}

async function spawn(world: World, server: Server, live: Spawner, start: Start): Promise<void> {
  const { seconds = 0, fails, timeout = usualTimeout } = live.behaviour;
  const { signal } = start.cancel;
  await world.clock.sleep(Math.min(seconds, timeout) * 1000, { signal, background: true });
  if (start.outcome !== "pending") return;
  if (seconds > timeout || fails !== undefined) {
    start.outcome = seconds > timeout ? "timeout" : "failed";
    cleanUp(world, server, live);
  } else {
    start.outcome = "ready";
    live.state = { pid: 1000 + world.nextId() };
    delete live.start;
  }
  live.pending = null;
}

/** Removes the state of a server that has stopped or failed to start. */
function cleanUp(world: World, server: Server, live: Spawner): void {
  if (live.token !== undefined) world.tokens.delete(live.token);
  delete live.token;
  server.active = false;
  server.started = null;
  server.lastActivity = server.user.lastActivity = world.clock.now();
  live.state = {};
  server.savedState = {};
}

/** The error response to a start that failed. */
export function startError(world: World, server: Server, { outcome }: Start): HttpError {
  const fails = server.live?.behaviour.fails;
  if (outcome === "failed" && typeof fails === "object") {
    return new HttpError(fails.status, fails.message);
  }
  if (world.since("6.0") || outcome === "cancelled") return crash();
  if (outcome === "failed") return new HttpError(500, "error");
  if (world.since("5.0")) return new HttpError(500, "timeout");
  const name = logName(server);
  return new HttpError(
    500,
    `Spawner failed to start [status=0]. The logs for ${name} may contain details.`,
  );
}

/** A server's name as hubs write it in messages. */
export const logName = ({ user, name }: Server): string =>
  name === "" ? String(user.name) : `${user.name}:${name}`;

/** Returns the reason for a failed start, as the progress stream reports it. */
export function failureText(world: World, { start, behaviour: { fails } }: Spawner): string {
  if (start?.outcome === "cancelled") return "Spawn cancelled";
  const timedOut = world.since("5.0") ? "" : "Timeout";
  const reason =
    typeof fails === "object" ? `HTTP ${fails.status}: error (${fails.message})` : (fails ?? "");
  return `Spawn failed: ${start?.outcome === "timeout" ? timedOut : reason}`;
}

/** Waits until a start has ended, but no longer than the hub lets a request wait. */
export async function waitForStart(world: World, start: Start): Promise<void> {
  await world.waitFor(start.ended, world.settings.slowSpawnTimeout * 1000);
}

/** Stops a server and waits until it has stopped, but no longer than the hub lets a request wait. */
export async function stopAndWait(world: World, server: Server): Promise<void> {
  const live = liveOf(server);
  live.stopping = stop(world, server, live);
  await world.waitFor(live.stopping, world.settings.slowStopTimeout * 1000);
}

/** Stops a server. Rejects if the hub's process ends first, because the stop is then lost. */
async function stop(world: World, server: Server, live: Spawner): Promise<void> {
  live.pending = "stop";
  const seconds = stopSecondsOf(world.spawner, live.behaviour);
  await world.sleep(seconds * 1000, { background: true });
  if (server.live !== live) return;
  cleanUp(world, server, live);
  live.pending = null;
  server.live = undefined;
}

/** Cancels a start, and stops the server a second later. Until then the server looks ready, as on real hubs. */
export async function cancelStart(world: World, server: Server): Promise<void> {
  const live = liveOf(server);
  const { start } = live;
  if (start) {
    start.outcome = "cancelled";
    start.cancel.abort();
    delete live.start;
  }
  live.pending = null;
  await world.sleep(cancelMs);
  // After a second cancellation, the server may start again by now. Real hubs refuse to stop it, with an exception.
  if (server.live?.pending) throw crash();
  await stopAndWait(world, server);
}
