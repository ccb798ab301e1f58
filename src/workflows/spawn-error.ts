/**
 * The errors of failed starts.
 *
 * The response to a start says little ("Internal Server Error"). The reason is in the last event of the progress
 * stream. Hubs keep that event until the next start, so it is requested after the failure.
 */
import type { ProgressEvent, Server } from "../../generated/types.gen.js";
import {
  BadRequestError,
  ForbiddenError,
  RateLimitError,
  SpawnFailedError,
  isJupyterHubError,
  type JupyterHubError,
} from "../core/errors.js";
import { redactedValue, redactor, shorten } from "../core/redact.js";
import { withDeadline } from "../core/deadline.js";
import { progressEvents, type EventLog } from "./progress.js";
import { hasUnknownOutcome, type ServerOperations } from "./server-state.js";

/** The requests and the events of a start. */
export interface StartContext {
  operations: ServerOperations;
  eventLog: EventLog<ProgressEvent>;
  /** The secrets of the start, which its errors leave out. */
  secrets: Iterable<string>;
}

/** The response to a start: its status, or an error after which the server may still start. */
export type StartOutcome = number | JupyterHubError;

interface FailedStart {
  server: Server | undefined;
  answer: StartOutcome;
  /** The last event of the progress stream, if the stream was read to its end. */
  last: ProgressEvent | undefined;
}

/** Creates the error for a start after which the server is neither ready nor pending. */
export async function spawnErrorOf(
  start: StartContext,
  { server, answer, last }: FailedStart,
  signal: AbortSignal,
): Promise<JupyterHubError> {
  const { what } = start.operations;
  if (hasUnknownOutcome(answer) && !last?.failed) return answer;
  const cause = typeof answer === "number" ? undefined : answer;
  if (server?.pending === "stop") {
    return spawnFailed(start, `${what} was stopped while it started.`, cause);
  }
  const event = last?.failed ? last : await lastFailedEvent(start, signal);
  const reason = reasonOf(messageOf(start, event));
  const why = event ? reason : cause?.hubMessage;
  const unread = event ? "" : ", or the token cannot read why (read:servers)";
  const message = `${what} failed to start${why ? `: ${shorten(why, 1000)}` : unread}. The hub's log may say more.`;
  return spawnFailed(start, message, cause, event, reason);
}

/**
 * Returns a SpawnFailedError if the hub's error has the status and the reason with which the Spawner failed; undefined
 * if the hub itself refused the start.
 */
export async function toSpawnFailedError(
  error: unknown,
  start: StartContext,
  signal: AbortSignal,
): Promise<SpawnFailedError | undefined> {
  if (!maySpawnFail(error) || !error.hubMessage) return undefined;
  const event = await lastFailedEvent(start, signal);
  const reason = redactor(start.secrets)(error.hubMessage);
  // The event may be of an earlier start, so the texts must agree. Both may be truncated, at different lengths.
  if (!messageOf(start, event)?.includes(reason.slice(0, 1000))) return undefined;
  const message = `${start.operations.what} failed to start: ${shorten(reason, 1000)}.`;
  return spawnFailed(start, message, error, event, reason);
}

const maySpawnFail = (error: unknown): error is JupyterHubError =>
  isJupyterHubError(error) &&
  (/^(Authentication|NotFound|Conflict|JupyterHub)Error$/.test(error.name) ||
    // The hub's own limits say when to try again.
    (error instanceof RateLimitError && !/try again in/i.test(error.hubMessage ?? "")) ||
    (error instanceof BadRequestError && /other|pending/.test(error.reason)) ||
    (error instanceof ForbiddenError && error.requiredScopes.length === 0));

/** Returns the `failed` event that the hub keeps from the last start; undefined if there is none. */
async function lastFailedEvent(
  start: StartContext,
  caller: AbortSignal,
): Promise<ProgressEvent | undefined> {
  const event = await firstEvent(start, caller).catch(() => undefined);
  caller.throwIfAborted();
  return event?.failed ? event : undefined;
}

/** Returns true if the server's last start, if any, did not fail; false if it failed or this cannot be read. */
export async function hasNoFailedStart(start: StartContext, caller: AbortSignal): Promise<boolean> {
  try {
    return !(await firstEvent(start, caller))?.failed;
  } catch (error) {
    caller.throwIfAborted();
    // For a server that neither runs nor failed to start, hubs answer 400: "not starting".
    return error instanceof BadRequestError;
  }
}

const firstEvent = (
  { operations }: StartContext,
  caller: AbortSignal,
): Promise<ProgressEvent | undefined> =>
  withDeadline(5000, caller, async (signal) => {
    for await (const event of progressEvents(operations.progress, signal)) return event;
    return undefined;
  });

/**
 * Returns the text of an event without the start's secrets. If the Spawner's message is not a string, returns
 * undefined.
 */
const messageOf = ({ secrets }: StartContext, event?: ProgressEvent): string | undefined =>
  typeof event?.message === "string" ? redactor(secrets)(event.message) : undefined;

/** Returns the reason that the Spawner gives in the message of an event. */
const reasonOf = (message: string | undefined): string | undefined =>
  message
    ?.replace(/^Spawn failed(: |$)/, "")
    .trim()
    .replace(/\.$/, "") || undefined;

function spawnFailed(
  start: StartContext,
  message: string,
  cause: JupyterHubError | undefined,
  event?: ProgressEvent,
  reason?: string,
): SpawnFailedError {
  const { eventLog, secrets } = start;
  if (event) eventLog.add(event);
  const redact = redactor(secrets);
  return new SpawnFailedError(message, {
    ...cause,
    hubMessage: cause?.hubMessage ?? messageOf(start, event),
    outcome: undefined,
    cause,
    reason,
    events: eventLog.items.map((one) => redactedValue(one, redact) as ProgressEvent),
  });
}
