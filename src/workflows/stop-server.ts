/**
 * Stops a server and waits until it has stopped.
 *
 * If the hub refuses the stop because another action is pending, waits until that action has ended. A stop whose
 * response was lost is not repeated: the server's model shows whether the hub received it.
 */
import type { Server } from "../../generated/types.gen.js";
import { BadRequestError, HubError, JupyterHubError } from "../core/errors.js";
import { delay, pollDelays } from "../core/deadline.js";
import {
  cancelGracePeriod,
  hasUnknownOutcome,
  readServer,
  readServerAfter,
  waitUntilIdle,
  type ServerOperations,
} from "./server-state.js";

/** How long to wait for the removal of a stopped server, in milliseconds. Hubs normally remove it at once. */
const maxRemoval = 10_000;

/** Stops the server and resolves when it is no longer active or, with `remove`, when it no longer exists. */
export async function stopServer(
  operations: ServerOperations,
  remove: boolean,
  signal: AbortSignal,
): Promise<void> {
  const answer = await sendStop(operations, signal, remove);
  const lost = typeof answer !== "number";
  if (lost) await delay(cancelGracePeriod, signal);
  else if (answer !== 202 && !remove) return assertStopped(operations, signal);
  let before: Server | undefined;
  let stoppedAt = Infinity;
  for (const wait of pollDelays()) {
    const server = await readServerAfter(answer, operations, signal);
    if (!server) return;
    const { ready, pending } = server;
    const isStopping = pending === "stop";
    const hasStopped = !ready && !pending;
    if (lost && !before && !isStopping && (remove || !hasStopped)) throw answer;
    // A running server with another `started` was started again. With the same one, the stop failed.
    if (ready && !isStopping && before) {
      if (server.started === before.started) throw stillRuns(operations);
      return;
    }
    if (!remove && !isStopping) return;
    if (hasStopped) {
      stoppedAt = Math.min(stoppedAt, performance.now());
      if (performance.now() - stoppedAt > maxRemoval) {
        throw new JupyterHubError(
          `${operations.what} is stopped, but was not removed. A proxy in front of the hub may drop the body of a DELETE.`,
        );
      }
    }
    before ??= server;
    await delay(wait, signal);
  }
}

const stillRuns = ({ what }: ServerOperations): JupyterHubError =>
  new JupyterHubError(`${what} still runs: the hub could not stop it.`);

/** Throws if the server runs after a stop to which the hub answered 204: hubs do so even if their proxy fails. */
async function assertStopped(operations: ServerOperations, signal: AbortSignal): Promise<void> {
  const runs = async (): Promise<boolean> => {
    // If the model cannot be read, for example for lack of a scope, the response counts.
    const server = await operations.model(signal).catch(() => undefined);
    signal.throwIfAborted();
    return Boolean(server?.ready && !server.pending);
  };
  if (!(await runs())) return;
  await delay(cancelGracePeriod, signal);
  if (await runs()) throw stillRuns(operations);
}

/**
 * Sends the stop request, and repeats it until the hub accepts it. Resolves with the HTTP status, or with the error of
 * a lost response.
 */
export async function sendStop(
  operations: ServerOperations,
  signal: AbortSignal,
  remove = false,
): Promise<number | JupyterHubError> {
  const waits = pollDelays();
  for (;;) {
    try {
      return await operations.stop(signal);
    } catch (error) {
      if (signal.aborted) throw error;
      if (hasUnknownOutcome(error)) return error;
      if (error instanceof HubError) {
        // Hubs since 6.1 answer 500 if another action was pending, or began meanwhile.
        const server = await readServer(operations, signal).catch(() => {
          throw error;
        });
        if (!server || server.pending === "stop") return 202;
        if (!server.pending) {
          if (server.ready || remove) throw error;
          return 202;
        }
        // A pending start can be cancelled. Other actions have to end first.
        if (server.pending === "spawn") await delay(waits.next().value, signal);
        else await waitUntilIdle(operations, waits, signal);
        continue;
      }
      // A refused stop has changed nothing, so it may be sent again.
      if (!(error instanceof BadRequestError && error.reason === "pending")) throw error;
      await waitUntilIdle(operations, waits, signal);
    }
  }
}
