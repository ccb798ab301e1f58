/**
 * What a start and a stop have in common: what they ask of a hub, and how they look at the server.
 *
 * A hub that restarts meanwhile is waited for: what it was asked to do may well go on.
 */
import type { Server } from "../../generated/types.gen.js";
import { isJupyterHubError, type JupyterHubError } from "../core/errors.js";
import { isAway } from "../core/retry.js";
import { pause, pauses } from "../core/time.js";
import type { OpenProgress } from "./progress.js";

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
  /** What the hub tells of its start. */
  progress: OpenProgress;
}

/** How long a start and a stop may take, in milliseconds, unless the call says otherwise. */
export const startTimeout = 900_000;
export const stopTimeout = 300_000;

/**
 * How long a hub may call a start ready that somebody has cancelled, in milliseconds: it waits a second
 * before it takes the server away.
 */
export const cancelledFor = 1200;

/** How long a hub may be away while something is waited for, in milliseconds. */
const awayFor = 60_000;

/** The server as the hub sees it, as soon as the hub can be asked. */
export async function look(
  { model }: ServerOperations,
  signal: AbortSignal,
): Promise<Server | undefined> {
  const begun = Date.now();
  const waits = pauses();
  for (;;) {
    try {
      return await model(signal);
    } catch (error) {
      if (signal.aborted || !isAway(error) || Date.now() - begun > awayFor) throw error;
      await pause(waits.next().value, signal);
    }
  }
}

/** Resolves once nothing is pending any more. */
export async function untilIdle(operations: ServerOperations, signal: AbortSignal): Promise<void> {
  const waits = pauses();
  do await pause(waits.next().value, signal);
  while ((await look(operations, signal))?.pending);
}

/** Whether a write may have been carried out, though no answer tells. */
export const isUnsettled = (error: unknown): error is JupyterHubError & { outcome: "unknown" } =>
  isJupyterHubError(error) && error.outcome === "unknown";
