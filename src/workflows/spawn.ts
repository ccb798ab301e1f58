/**
 * Starting and stopping a server, to the end.
 *
 * Promises that a start resolves with a server that is ready, or rejects; that a spawn is sent once and
 * never again after a failure (hubs give up on themselves after a number of failed spawns in a row);
 * and that a stop resolves when the hub says that the server is gone. The hub's model decides: a 201
 * may be pending still, and a 500 may be a spawn under way.
 */
import type { Server } from "../../generated/types.gen.js";
import {
  BadRequestError,
  HubError,
  JupyterHubError,
  SpawnFailedError,
  TimeoutError,
} from "../core/errors.js";
import { DeadlinePassed, pause, withDeadline } from "../core/time.js";

/** How long a start and a stop may take, in milliseconds, unless the call says otherwise. */
export const startTimeout = 900_000;
export const stopTimeout = 300_000;

/** What the workflows ask of a hub; resources hand it in. */
export interface ServerOperations {
  /** How the server is called in errors. */
  what: string;
  /** Asks the hub to start the server. */
  start(signal: AbortSignal): Promise<unknown>;
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

/** Starts the server, or joins its start, and resolves with it when it is ready. */
export const startServer = (
  operations: ServerOperations,
  options: StartOptions,
  timeout: number = startTimeout,
  caller?: AbortSignal,
): Promise<Server> =>
  bounded(
    `${operations.what} was not ready within ${timeout} ms.`,
    timeout,
    caller,
    async (signal) => {
      let refusal: unknown;
      try {
        await startOnceIdle(operations, signal);
      } catch (error) {
        if (error instanceof BadRequestError && error.reason === "already-running") {
          return joinRunning(operations, options, error, signal);
        }
        // Some hubs answer 500 while they go on waiting for the server.
        if (!(error instanceof HubError)) throw error;
        refusal = error;
      }
      return untilReady(operations, refusal, signal);
    },
  );

/** Sends the start; where the server is still stopping, waits for that and sends it then. */
async function startOnceIdle(operations: ServerOperations, signal: AbortSignal): Promise<void> {
  const waits = pauses();
  for (;;) {
    try {
      await operations.start(signal);
      return;
    } catch (error) {
      // Nothing was started by a request that was refused for what is pending, so it may be sent again.
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
  const joins = ifRunning === "join" || !wanted || equal(wanted, server?.user_options);
  if (!server?.ready || !joins) throw refusal;
  return server;
}

async function untilReady(
  operations: ServerOperations,
  refusal: unknown,
  signal: AbortSignal,
): Promise<Server> {
  for (const milliseconds of pauses()) {
    const server = await operations.model(signal);
    if (server?.ready && !server.pending) return server;
    if (server?.pending !== "spawn" && server?.pending !== "check") {
      throw new SpawnFailedError(
        server?.pending === "stop"
          ? `${operations.what} was stopped while it started.`
          : `${operations.what} failed to start. The hub's log says why.`,
        refusal instanceof HubError ? { ...refusal, cause: refusal } : {},
      );
    }
    await pause(milliseconds, signal);
  }
  throw new Error("unreachable");
}

/** Stops the server and resolves when it is gone: no longer active or, when `removed`, no longer there. */
export const stopServer = (
  operations: ServerOperations,
  removed: boolean,
  timeout: number = stopTimeout,
  caller?: AbortSignal,
): Promise<void> =>
  bounded(
    `${operations.what} was not stopped within ${timeout} ms.`,
    timeout,
    caller,
    async (signal) => {
      const status = await operations.stop(signal);
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
    },
  );

async function bounded<Value>(
  late: string,
  timeout: number,
  caller: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<Value>,
): Promise<Value> {
  try {
    return await withDeadline(timeout, caller, work);
  } catch (error) {
    throw error instanceof DeadlinePassed ? new TimeoutError(late, { timeout }) : error;
  }
}

/** Whether two values that came from JSON are equal. */
function equal(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || !one || !other) return one === other;
  const keys = Object.keys(one);
  return (
    Array.isArray(one) === Array.isArray(other) &&
    keys.length === Object.keys(other).length &&
    keys.every((key) => equal(one[key as never], other[key as never]))
  );
}
