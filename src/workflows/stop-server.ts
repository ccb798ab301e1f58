/**
 * Stopping a server, to the end: a stop resolves when the hub says that the server is gone.
 *
 * Where the hub refuses it for what is pending, that is waited for. A stop whose answer was lost is not
 * sent again: the server tells whether it was heard.
 */
import type { Server } from "../../generated/types.gen.js";
import { BadRequestError, JupyterHubError } from "../core/errors.js";
import { delay, pollDelays } from "../core/deadline.js";
import {
  cancelGracePeriod,
  hasUnknownOutcome,
  readServerAfter,
  waitUntilIdle,
  type ServerOperations,
} from "./server-state.js";

/** Stops the server and resolves when it is gone: no longer active or, when `removed`, no longer there. */
export async function stopServer(
  operations: ServerOperations,
  removed: boolean,
  signal: AbortSignal,
): Promise<void> {
  const answer = await sendStop(operations, signal);
  const lost = typeof answer !== "number";
  if (lost) await delay(cancelGracePeriod, signal);
  else if (answer !== 202 && !removed) return;
  const waits = pollDelays();
  for (let stopping: Server | undefined; ;) {
    const server = await readServerAfter(answer, operations, signal);
    if (!server) return;
    const stops = server.pending === "stop";
    const wasAccepted = stopping || stops || (!removed && !server.ready && !server.pending);
    if (lost && !wasAccepted) throw answer;
    if (!removed && !stops) {
      // A server that runs again is another one, unless it never went down.
      if (server.ready && server.started === stopping?.started) {
        throw new JupyterHubError(`${operations.what} runs still: the hub could not stop it.`);
      }
      return;
    }
    stopping = server;
    await delay(waits.next().value, signal);
  }
}

/** Sends a stop until the hub takes it; resolves with the status, or the error of an answer that was lost. */
export async function sendStop(
  operations: ServerOperations,
  signal: AbortSignal,
): Promise<number | JupyterHubError> {
  const waits = pollDelays();
  for (;;) {
    try {
      return await operations.stop(signal);
    } catch (error) {
      if (signal.aborted) throw error;
      if (hasUnknownOutcome(error)) return error;
      // A request that was refused for what is pending has changed nothing, so it may be sent again.
      if (!(error instanceof BadRequestError && error.reason === "pending")) throw error;
      await waitUntilIdle(operations, waits, signal);
    }
  }
}
