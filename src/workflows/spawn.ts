/**
 * Starting and stopping a server, to the end.
 *
 * Promises that a start resolves with a server that is ready, or rejects; that a spawn is sent once and
 * never again after a failure (hubs give up on themselves after a number of failed spawns in a row);
 * and that a stop resolves when the hub says that the server is gone. The hub's model decides: a 201
 * may be pending still, and a 500 may be a spawn under way.
 */
import type { Server } from "../../generated/types.gen.js";
import { BadRequestError, HubError, JupyterHubError, SpawnFailedError } from "../core/errors.js";
import { asSent, equal } from "../core/json.js";
import { pause } from "../core/time.js";

/** How long a start and a stop may take, in milliseconds, unless the call says otherwise. */
export const startTimeout = 900_000;
export const stopTimeout = 300_000;

/** What the workflows ask of a hub; resources hand it in. */
export interface ServerOperations {
  /** How the server is called in errors. */
  what: string;
  /** Asks the hub to start the server; resolves with the status, 201 when it has started. */
  start(signal: AbortSignal): Promise<number>;
  /** Asks the hub to stop the server; resolves with the status, 202 while it is still stopping. */
  stop(signal: AbortSignal): Promise<number>;
  /** The server as the hub sees it; undefined when there is none. */
  model(signal: AbortSignal): Promise<Server | undefined>;
}

export interface StartOptions {
  /** The `user_options` that the caller asked for, if any. */
  wanted: Readonly<Record<string, unknown>> | null | undefined;
  /** Whether a server that runs already will do. */
  ifRunning: "join" | "fail" | undefined;
}

/** The pauses between two looks at the server: short at first, then two seconds. */
function* pauses(): Generator<number, never> {
  for (let milliseconds = 100; ; milliseconds = Math.min(milliseconds * 1.5, 2000))
    yield milliseconds;
}

/**
 * How long a hub may call a start ready that somebody has cancelled, in milliseconds: it waits a second
 * before it takes the server away.
 */
const cancelledFor = 1200;

/** Starts the server, or joins its start, and resolves with it when it is ready. */
export async function startServer(
  operations: ServerOperations,
  options: StartOptions,
  signal: AbortSignal,
): Promise<Server> {
  const { wanted, ifRunning } = options;
  // A hub answers 202 to a start while another is under way, and takes no notice of its options.
  const joins = wanted ? (await operations.model(signal))?.pending === "spawn" : false;
  let answer: number | HubError;
  try {
    answer = await onceIdle(operations, answerOf(operations.start), signal);
  } catch (error) {
    if (error instanceof BadRequestError && error.reason === "already-running") {
      return joinRunning(operations, options, error, signal);
    }
    throw error;
  }
  const server = await untilReady(operations, answer, signal);
  if (joins && ifRunning !== "join" && !equal(asSent(wanted), server.user_options)) {
    throw new BadRequestError(
      `${operations.what} was starting already, with other user_options than those asked for.`,
      { reason: "already-running" },
    );
  }
  return server;
}

/** Some hubs answer 500 while they go on waiting for the server: that is an answer, too. */
const answerOf =
  (start: ServerOperations["start"]) =>
  async (signal: AbortSignal): Promise<number | HubError> => {
    try {
      return await start(signal);
    } catch (error) {
      if (error instanceof HubError) return error;
      throw error;
    }
  };

/** Sends a start or a stop; where the hub refuses it for what is pending, waits for that and sends it then. */
async function onceIdle<Answer>(
  operations: ServerOperations,
  send: (signal: AbortSignal) => Promise<Answer>,
  signal: AbortSignal,
): Promise<Answer> {
  const waits = pauses();
  for (;;) {
    try {
      return await send(signal);
    } catch (error) {
      // A request that was refused for what is pending has changed nothing, so it may be sent again.
      if (!(error instanceof BadRequestError && error.reason === "pending")) throw error;
      await pause(waits.next().value, signal);
      while ((await operations.model(signal))?.pending) await pause(waits.next().value, signal);
    }
  }
}

async function joinRunning(
  { model }: ServerOperations,
  { wanted, ifRunning }: StartOptions,
  refusal: BadRequestError,
  signal: AbortSignal,
): Promise<Server> {
  if (ifRunning === "fail") throw refusal;
  const server = await model(signal);
  const joins = ifRunning === "join" || !wanted || equal(asSent(wanted), server?.user_options);
  if (!server?.ready || !joins) throw refusal;
  return server;
}

async function untilReady(
  operations: ServerOperations,
  answer: number | HubError,
  signal: AbortSignal,
): Promise<Server> {
  // What a hub calls started at once is so; what becomes ready later may have been cancelled.
  let certain = answer === 201;
  for (const milliseconds of pauses()) {
    const server = await operations.model(signal);
    if (server?.ready && !server.pending) {
      if (certain) return server;
      certain = true;
      await pause(cancelledFor, signal);
      continue;
    }
    certain = false;
    if (server?.pending !== "spawn" && server?.pending !== "check") {
      throw spawnFailed(operations.what, server, answer);
    }
    await pause(milliseconds, signal);
  }
  throw new Error("unreachable");
}

function spawnFailed(
  what: string,
  server: Server | undefined,
  answer: number | HubError,
): SpawnFailedError {
  if (server?.pending === "stop")
    return new SpawnFailedError(`${what} was stopped while it started.`);
  if (typeof answer === "number") {
    const unseen = "or the token does not reach it (read:servers)";
    return new SpawnFailedError(`${what} failed to start, ${unseen}. The hub's log says why.`);
  }
  const { status, hubMessage, method, url, hubVersion } = answer;
  const words = hubMessage ? `: ${hubMessage}` : "";
  return new SpawnFailedError(`${what} failed to start${words}. The hub's log may say more.`, {
    status,
    hubMessage,
    method,
    url,
    hubVersion,
    cause: answer,
  });
}

/** Stops the server and resolves when it is gone: no longer active or, when `removed`, no longer there. */
export async function stopServer(
  operations: ServerOperations,
  removed: boolean,
  signal: AbortSignal,
): Promise<void> {
  const status = await onceIdle(operations, operations.stop, signal);
  if (status !== 202 && !removed) return;
  let stopping: Server | undefined;
  for (const milliseconds of pauses()) {
    const server = await operations.model(signal);
    if (!server || (!removed && server.pending !== "stop")) {
      // A server that runs again is another one, unless it never went down.
      if (server?.ready && server.started === stopping?.started) {
        throw new JupyterHubError(`${operations.what} runs still: the hub could not stop it.`);
      }
      return;
    }
    stopping = server;
    await pause(milliseconds, signal);
  }
}
