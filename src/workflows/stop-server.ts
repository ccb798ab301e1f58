/**
 * Stops a server and waits until it is gone.
 *
 * Waits for a pending action that makes the hub refuse the stop. A stop whose response was lost is not repeated: the
 * server's model shows whether the hub received it.
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

/** How long a stopped server may wait for its removal, in milliseconds. Hubs remove it at once. */
const maxRemoval = 10_000;

/** Stops the server and resolves when it is no longer active or, with `removed`, when it no longer exists. */
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
  let stoppedAt: number | undefined;
  for (let stopping: Server | undefined; ;) {
    const server = await readServerAfter(answer, operations, signal);
    if (!server) return;
    const stops = server.pending === "stop";
    const wasAccepted = stopping || stops || (!removed && !server.ready && !server.pending);
    if (lost && !wasAccepted) throw answer;
    if (!removed && !stops) {
      // A running server was started again, unless it is the one from before.
      if (server.ready && server.started === stopping?.started) {
        throw new JupyterHubError(`${operations.what} still runs: the hub could not stop it.`);
      }
      return;
    }
    if (!stops && !server.ready && !server.pending) {
      stoppedAt ??= performance.now();
      if (performance.now() - stoppedAt > maxRemoval) {
        throw new JupyterHubError(
          `${operations.what} is stopped, but was not removed. A proxy in front of the hub may drop the body of a DELETE.`,
        );
      }
    }
    stopping = server;
    await delay(waits.next().value, signal);
  }
}

/** Sends a stop until the hub accepts it. Resolves with the status, or with the error of a lost response. */
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
      // A refused stop has changed nothing, so it may be sent again.
      if (!(error instanceof BadRequestError && error.reason === "pending")) throw error;
      await waitUntilIdle(operations, waits, signal);
    }
  }
}
