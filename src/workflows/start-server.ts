/**
 * Starting a server, to the end.
 *
 * Promises that a start resolves with a server that is ready, or rejects with the hub's reason; and that
 * a spawn is sent once and never again after a failure or a lost answer (hubs give up on themselves after
 * a number of failed spawns in a row). The stream of progress tells early what happens; the hub's model
 * decides: a 201 may be pending still, a 500 may be a spawn under way, and a start that somebody cancels
 * is called ready for a second, on the stream and in the model alike.
 */
import type { ProgressEvent, Server } from "../../generated/types.gen.js";
import { BadRequestError, HubError, RateLimitError } from "../core/errors.js";
import { asJson, equal } from "../core/json.js";
import { DeadlinePassed, withCleanup, delay, pollDelays, withDeadline } from "../core/deadline.js";
import {
  spawnErrorOf,
  hasNoFailedStart,
  toSpawnFailedError,
  type StartOutcome,
  type StartContext,
} from "./spawn-error.js";
import type { RateLimitGate } from "./rate-limit-gate.js";
import { isFinal, progressEvents } from "./progress.js";
import {
  cancelGracePeriod,
  hasUnknownOutcome,
  readServer,
  readServerAfter,
  waitUntilIdle,
  type ServerOperations,
} from "./server-state.js";

/** One start, as its caller wants it, and how far it has come. */
export interface Start extends StartContext {
  /** The `user_options` that the caller asked for, if any. */
  wanted: Readonly<Record<string, unknown>> | null | undefined;
  /** Whether a server that runs already will do. */
  ifRunning: "join" | "fail" | undefined;
  /** Whether it must be known whose the spawn is. */
  cancelsOnAbort: boolean;
  /** Whether this start began a spawn; known if it `cancels`. */
  ownsSpawn?: boolean;
  /** The hub's refusal, while it puts this start off. */
  rateLimit?: RateLimitError | undefined;
  /** What keeps starts back while the hub is busy. */
  gate: RateLimitGate;
}

/** Starts the server, or joins its start, and resolves with it when it is ready. */
export async function startServer(start: Start, signal: AbortSignal): Promise<Server> {
  const { operations, wanted, ifRunning } = start;
  let sent: Sent;
  try {
    sent = await send(start, signal);
  } catch (error) {
    if (signal.aborted) throw error;
    if (error instanceof BadRequestError && error.reason === "already-running") {
      return joinRunning(start, error, signal);
    }
    throw (await toSpawnFailedError(error, start, signal)) ?? error;
  }
  const server = await untilReady(start, sent.answer, signal);
  const lost = hasUnknownOutcome(sent.answer) ? sent.answer : undefined;
  const mayJoin = ifRunning === "join" || !wanted;
  if ((sent.joins || lost) && !mayJoin && !equal(asJson(wanted), server.user_options)) {
    throw new BadRequestError(
      `${operations.what} was started by another call, with other user_options than those asked for.`,
      { reason: "already-running", cause: lost },
    );
  }
  return server;
}

interface Sent {
  answer: StartOutcome;
  /** Whether it found a start of somebody else's under way. */
  joins: boolean;
}

/** The longest wait that a hub may ask for. */
const longestWait = 60_000;

/** Sends the start until the hub takes it: what is pending, and what keeps the hub busy, is waited for. */
async function send(start: Start, signal: AbortSignal): Promise<Sent> {
  const { operations, gate } = start;
  const waits = pollDelays();
  for (;;) {
    await gate.waitUntilOpen(signal);
    // A hub answers 202 to a start while another is under way, and takes no notice of its options.
    const asks = start.wanted || start.cancelsOnAbort;
    const before = asks ? await operations.model(signal) : undefined;
    const joins = before?.pending === "spawn";
    try {
      // What runs already, or is on its way, is not this start's, even when no answer says so.
      start.ownsSpawn = !before?.ready && !before?.pending;
      const answer = await operations.start(signal);
      start.rateLimit = undefined;
      return { answer, joins };
    } catch (error) {
      if (signal.aborted) throw error;
      // Some hubs answer 500 while they go on waiting for the server: that is an answer, too.
      if (hasUnknownOutcome(error) || error instanceof HubError) return { answer: error, joins };
      // What was refused has changed nothing, so it may be sent again.
      start.ownsSpawn = false;
      if (error instanceof RateLimitError && (error.retryAfter ?? Infinity) <= longestWait) {
        start.rateLimit = error;
        await gate.backOff(error.retryAfter ?? 0, signal);
      } else if (error instanceof BadRequestError && error.reason === "pending") {
        const seen = await waitUntilIdle(operations, waits, signal);
        // It may be over by now; or these are the words of a Spawner that failed.
        if (!seen && !(await hasNoFailedStart(start, signal))) throw error;
      } else throw error;
    }
  }
}

async function joinRunning(
  { operations, wanted, ifRunning, eventLog }: Start,
  refusal: BadRequestError,
  signal: AbortSignal,
): Promise<Server> {
  if (ifRunning === "fail") throw refusal;
  const server = await operations.model(signal);
  const joins = ifRunning === "join" || !wanted || equal(asJson(wanted), server?.user_options);
  if (!server?.ready || !joins) throw refusal;
  eventLog.add(readyEvent(server));
  return server;
}

/** Follows the start that a hub has taken until the server is ready. */
async function untilReady(
  start: Start,
  answer: StartOutcome,
  signal: AbortSignal,
): Promise<Server> {
  const { operations, eventLog } = start;
  // What a hub calls started at once is so; what becomes ready later may have been cancelled.
  let certain = answer === 201;
  let last: ProgressEvent | undefined;
  let streams = true;
  const follows = async (): Promise<void> => {
    streams = false;
    last = await followProgress(start, signal);
  };
  if (answer === 202) await follows();
  const waits = pollDelays();
  for (;;) {
    if (last?.ready && !certain) {
      certain = true;
      await delay(cancelGracePeriod, signal);
    }
    const server = await readServerAfter(answer, operations, signal);
    if (isReady(server)) {
      if (!eventLog.items.at(-1)?.ready) eventLog.add(readyEvent(server));
      if (certain) return server;
      certain = true;
      await delay(cancelGracePeriod, signal);
    } else if (isPending(server)) {
      certain = false;
      if (streams) await follows();
      else await delay(waits.next().value, signal);
    } else throw await spawnErrorOf(start, { server, answer, last }, signal);
  }
}

/** How long a stream may tell nothing before the server is looked at, in milliseconds. */
export const silenceTimeout = 30_000;

/** Tells what the stream of the start tells, to its last event; undefined where there is no stream to its end. */
async function followProgress(
  { operations, eventLog }: Start,
  caller: AbortSignal,
): Promise<ProgressEvent | undefined> {
  try {
    return await withCleanup(caller, async ({ signal }) => {
      const events = progressEvents(operations.progress, signal);
      try {
        for (;;) {
          const { value: event } = await nextEvent(events.next(), operations, signal);
          // Whether a start has failed, the model says.
          if (event && !event.failed) eventLog.add(event);
          if (!event || isFinal(event)) return event || undefined;
        }
      } finally {
        void events.return();
      }
    });
  } catch {
    // Without a stream, for whatever reason, the model tells as much.
    if (caller.aborted) throw caller.reason;
    return undefined;
  }
}

/** The next event; nothing when there is none for long, and the server is no longer pending. */
async function nextEvent<Next>(
  next: Promise<Next>,
  operations: ServerOperations,
  signal: AbortSignal,
): Promise<Next | { value: undefined }> {
  for (;;) {
    try {
      return await withDeadline(silenceTimeout, signal, () => next);
    } catch (error) {
      if (!(error instanceof DeadlinePassed)) throw error;
      if (!isPending(await readServer(operations, signal))) return { value: undefined };
    }
  }
}

const isReady = (server: Server | undefined): server is Server =>
  Boolean(server?.ready && !server.pending);

const isPending = (server: Server | undefined): boolean =>
  server?.pending === "spawn" || server?.pending === "check";

/** What the hub's stream would have told. */
const readyEvent = ({ url }: Server): ProgressEvent => ({ progress: 100, ready: true, url });
