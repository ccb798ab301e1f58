/**
 * Why a server did not come up.
 *
 * The answer to a start says next to nothing ("Internal Server Error"); the reason is in the last event of
 * its stream, which a hub keeps until the next start. So it is asked for once.
 */
import type { ProgressEvent, Server } from "../../generated/types.gen.js";
import {
  AuthenticationError,
  BadRequestError,
  ConflictError,
  ForbiddenError,
  JupyterHubError,
  NotFoundError,
  RateLimitError,
  SpawnFailedError,
} from "../core/errors.js";
import { redactedValue, redactor, shorten } from "../core/redact.js";
import { withDeadline } from "../core/deadline.js";
import { progressEvents } from "./progress.js";
import type { EventLog } from "./action.js";
import { hasUnknownOutcome, type ServerOperations } from "./server-state.js";

/** What a start asks of its hub, and what it has told. */
export interface StartContext {
  operations: ServerOperations;
  eventLog: EventLog<ProgressEvent>;
  /** The secrets of the start, which its errors leave out. */
  secrets: Iterable<string>;
}

/** What a hub answered to a start: its status, or an error that does not tell what became of it. */
export type StartOutcome = number | JupyterHubError;

/** What is known of a start that failed. */
interface FailedStart {
  server: Server | undefined;
  answer: StartOutcome;
  /** The last event of the stream, if it was followed to its end. */
  last: ProgressEvent | undefined;
}

/** The error of a start after which the server is neither ready nor pending. */
export async function spawnErrorOf(
  start: StartContext,
  { server, answer, last }: FailedStart,
  signal: AbortSignal,
): Promise<JupyterHubError> {
  const { what } = start.operations;
  // A start whose answer was lost is unknown, unless its stream has told the end of it.
  if (hasUnknownOutcome(answer) && !last?.failed) return answer;
  const cause = typeof answer === "number" ? undefined : answer;
  if (server?.pending === "stop") {
    return spawnFailed(start, `${what} was stopped while it started.`, { cause });
  }
  const event = last?.failed ? last : await lastFailedEvent(start, signal);
  const reason = reasonOf(withoutSecretsOf(start, event));
  const why = event ? reason : cause?.hubMessage;
  const unseen = event ? "" : ", or the token does not reach it (read:servers)";
  const because = why ? `: ${shorten(why, 1000)}` : unseen;
  const words = `${what} failed to start${because}. The hub's log may say more.`;
  return spawnFailed(start, words, { event, reason, cause });
}

/**
 * The failure of a spawn that a hub answers as if it refused it, with whatever status the Spawner raised;
 * undefined when it did refuse it.
 */
export async function toSpawnFailedError(
  error: unknown,
  start: StartContext,
  signal: AbortSignal,
): Promise<SpawnFailedError | undefined> {
  if (!maySpawnFail(error) || !error.hubMessage) return undefined;
  const event = await lastFailedEvent(start, signal);
  const reason = redactor(start.secrets)(error.hubMessage);
  // What is kept may be of an earlier start. Both may have been cut, at different places.
  const last = messageOf(withoutSecretsOf(start, event));
  if (!last?.includes(reason.slice(0, 1000))) return undefined;
  const words = `${start.operations.what} failed to start: ${shorten(reason, 1000)}.`;
  return spawnFailed(start, words, { event, reason, cause: error });
}

const maySpawnFail = (error: unknown): error is JupyterHubError =>
  error instanceof AuthenticationError ||
  error instanceof NotFoundError ||
  error instanceof ConflictError ||
  error instanceof RateLimitError ||
  (error instanceof BadRequestError && /other|pending/.test(error.reason)) ||
  (error instanceof ForbiddenError && error.requiredScopes.length === 0) ||
  (error as Error | null)?.name === "JupyterHubError";

/** The event that the hub keeps of a start that failed. */
async function lastFailedEvent(
  start: StartContext,
  caller: AbortSignal,
): Promise<ProgressEvent | undefined> {
  try {
    const event = await firstEvent(start, caller);
    return event?.failed ? event : undefined;
  } catch {
    if (caller.aborted) throw caller.reason;
    return undefined;
  }
}

/** Whether the hub lets it be known that the last start of the server, if any, did not fail. */
export async function hasNoFailedStart(start: StartContext, caller: AbortSignal): Promise<boolean> {
  try {
    return !(await firstEvent(start, caller))?.failed;
  } catch (error) {
    if (caller.aborted) throw caller.reason;
    // Of a server that neither runs nor failed, hubs say 400: it is not starting.
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

/** The Spawner's words, where the hub passes them on; never its HTML. */
const reasonOf = (event: ProgressEvent | undefined): string | undefined =>
  messageOf(event)
    ?.replace(/^Spawn failed(: |$)/, "")
    .trim()
    .replace(/\.$/, "") || undefined;

/** The message of an event, which a Spawner may send as anything. */
const messageOf = (event: ProgressEvent | undefined): string | undefined =>
  typeof event?.message === "string" ? event.message : undefined;

/** An event for an error. Who iterates a start has it as the hub sent it. */
const withoutSecretsOf = <Event extends ProgressEvent | undefined>(
  { secrets }: StartContext,
  event: Event,
): Event => redactedValue(event, redactor(secrets)) as Event;

function spawnFailed(
  { eventLog, secrets }: StartContext,
  message: string,
  {
    event,
    reason,
    cause,
  }: {
    event?: ProgressEvent | undefined;
    reason?: string | undefined;
    cause?: JupyterHubError | undefined;
  },
): SpawnFailedError {
  if (event) eventLog.add(event);
  const redact = redactor(secrets);
  const events = eventLog.items.map((one) => redactedValue(one, redact) as ProgressEvent);
  const { status, hubMessage, method, url, hubVersion } = cause ?? {};
  return new SpawnFailedError(message, {
    status,
    hubMessage: hubMessage ?? messageOf(event && events.at(-1)),
    method,
    url,
    hubVersion,
    cause,
    reason,
    events,
  });
}
