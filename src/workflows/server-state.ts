/**
 * What a start and a stop have in common: what they ask of a hub, and how they look at the server.
 *
 * A hub that restarts meanwhile is waited for: what it was asked to do may well go on.
 */
import type { Server } from "../../generated/types.gen.js";
import { isJupyterHubError, type JupyterHubError, type RateLimitError } from "../core/errors.js";
import { isUnavailable, maxRetryAfter } from "../core/retry.js";
import { delay, pollDelays } from "../core/deadline.js";
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
export const cancelGracePeriod = 1200;

/** How long a hub may be away while something is waited for, in milliseconds. */
const maxUnavailable = 60_000;

/** The server as the hub sees it, as soon as the hub can be asked. */
export async function readServer(
  { model }: ServerOperations,
  signal: AbortSignal,
): Promise<Server | undefined> {
  const begun = Date.now();
  const waits = pollDelays();
  for (;;) {
    try {
      return await model(signal);
    } catch (error) {
      if (signal.aborted || !isUnavailable(error) || Date.now() - begun > maxUnavailable)
        throw error;
      const { retryAfter = 0 } = error as Partial<RateLimitError>;
      await delay(Math.max(waits.next().value, Math.min(retryAfter, maxRetryAfter)), signal);
    }
  }
}

/** The server after an answer. Where it is not to be seen, an answer that was lost stays so. */
export const readServerAfter = (
  answer: unknown,
  operations: ServerOperations,
  signal: AbortSignal,
): Promise<Server | undefined> =>
  readServer(operations, signal).catch((error: unknown) => {
    throw !signal.aborted && hasUnknownOutcome(answer) ? answer : error;
  });

/**
 * Resolves once nothing is pending any more, with whether anything was seen to be. It takes its pauses
 * from those of its caller, so that what is refused again and again is sent ever more seldom.
 */
export async function waitUntilIdle(
  operations: ServerOperations,
  waits: ReturnType<typeof pollDelays>,
  signal: AbortSignal,
): Promise<boolean> {
  for (let seen = false; ; seen = true) {
    await delay(waits.next().value, signal);
    if (!(await readServer(operations, signal))?.pending) return seen;
  }
}

/** Whether a write may have been carried out, though no answer tells. */
export const hasUnknownOutcome = (
  error: unknown,
): error is JupyterHubError & { outcome: "unknown" } =>
  isJupyterHubError(error) && error.outcome === "unknown";
