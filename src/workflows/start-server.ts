/**
 * Starts a server and waits until it is ready.
 *
 * Guarantees that a start resolves with a ready server or rejects with the hub's reason, and that a spawn is never
 * repeated after a failure or a lost response (hubs shut down after a number of failed spawns in a row). The progress
 * stream is the first to report a result, but the server's model decides: after a 201, the server may still be pending,
 * and after a 500, the spawn may still be in progress. After a cancellation, the stream and the model report `ready`
 * for about one second. Only a request to the server's address shows that the start was cancelled: the hub responds
 * instead of the server.
 */
import type { ProgressEvent, Server } from "../../generated/types.gen.js";
import { BadRequestError, HubError, RateLimitError } from "../core/errors.js";
import { asJson, equal } from "../core/json.js";
import { maxRetryAfter } from "../core/retry.js";
import { DeadlinePassed, withCleanup, delay, pollDelays, withDeadline } from "../core/deadline.js";
import {
  spawnErrorOf,
  hasNoFailedStart,
  toSpawnFailedError,
  type StartOutcome,
  type StartContext,
} from "./spawn-error.js";
import { isFinal, progressEvents } from "./progress.js";
import {
  cancelGracePeriod,
  hasUnknownOutcome,
  readServer,
  readServerAfter,
  waitUntilIdle,
  type RateLimitGate,
  type ServerOperations,
} from "./server-state.js";

/** One start: what its caller wants, and its state. */
export interface Start extends StartContext {
  /** The `user_options` that the caller wants, if any. */
  wanted: object | null | undefined;
  /** What to do if the server already runs or is starting. */
  ifRunning: "join" | "fail" | undefined;
  /** Whether an abort cancels the spawn, if this start began it. */
  cancelsOnAbort: boolean;
  /** Whether this start began the spawn; known only with `cancelsOnAbort`. */
  ownsSpawn?: boolean;
  /** The last 429, while the start waits for its `Retry-After`. */
  rateLimit?: RateLimitError | undefined;
  /** Delays starts after a 429. */
  gate: RateLimitGate;
  /**
   * Resolves with the last event of the progress stream. The property is undefined until the stream is read, and again
   * after the stream has ended without `ready`.
   */
  progress?: Promise<ProgressEvent | undefined> | undefined;
}

/** Starts the server, or joins a pending start, and resolves when it is ready. */
export const startServer = (start: Start, caller: AbortSignal): Promise<Server> =>
  withCleanup(caller, ({ signal }) => startAndWait(start, signal));

async function startAndWait(start: Start, signal: AbortSignal): Promise<Server> {
  const { operations } = start;
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
  // After an error, another call may have started the server.
  const failed = typeof sent.answer === "number" ? undefined : sent.answer;
  if ((sent.joins || failed) && !mayJoin(start, server)) {
    throw new BadRequestError(
      `${operations.what} was started by another call, with other user_options.`,
      { reason: "already-running", cause: failed },
    );
  }
  return server;
}

interface Sent {
  answer: StartOutcome;
  /** Whether another start was already pending. */
  joins: boolean;
}

/** Sends the start request, and repeats it until the hub accepts it. Waits for a pending stop, and after a 429. */
async function send(start: Start, signal: AbortSignal): Promise<Sent> {
  const { operations, gate } = start;
  const waits = pollDelays();
  for (;;) {
    await gate.waitUntilOpen(signal);
    // A hub answers 202 to a second start and ignores its options. Only the model shows that it is the second.
    const needsModel = start.wanted || start.cancelsOnAbort;
    const before = needsModel ? await readServer(operations, signal) : undefined;
    const joins = before?.pending === "spawn";
    try {
      // If the server already ran or was pending, this start did not begin the spawn, whatever the response.
      const onSent = (): void => {
        start.ownsSpawn = !before?.ready && !before?.pending;
      };
      const answer = await followMeanwhile(start, operations.start(signal, onSent), signal);
      start.rateLimit = undefined;
      return { answer, joins };
    } catch (error) {
      if (signal.aborted) throw error;
      // Some hubs answer 500 and go on waiting for the server.
      if (hasUnknownOutcome(error) || error instanceof HubError) return { answer: error, joins };
      // A refused start has changed nothing, so it may be sent again.
      start.ownsSpawn = false;
      if (error instanceof RateLimitError && (error.retryAfter ?? Infinity) <= maxRetryAfter) {
        const failed = await toSpawnFailedError(error, start, signal);
        if (failed) throw failed;
        start.rateLimit = error;
        await gate.backOff(error.retryAfter ?? 0, signal);
      } else if (error instanceof BadRequestError && error.reason === "pending") {
        const seen = await waitUntilIdle(operations, waits, signal);
        // Either the pending action has just ended, or a Spawner failed with this message.
        if (!seen && !(await hasNoFailedStart(start, signal))) throw error;
      } else throw error;
    }
  }
}

/** Returns whether this start may resolve with a server that another call started. */
const mayJoin = ({ ifRunning, wanted }: Start, server: Server): boolean =>
  ifRunning === "join" || !wanted || equal(asJson(wanted), server.user_options);

async function joinRunning(
  start: Start,
  refusal: BadRequestError,
  signal: AbortSignal,
): Promise<Server> {
  const { operations, ifRunning, eventLog } = start;
  if (ifRunning === "fail") throw refusal;
  const server = await readServer(operations, signal);
  if (!server?.ready) throw refusal;
  if (!mayJoin(start, server)) {
    throw new BadRequestError(
      `${operations.what} already runs, with other user_options. Use servers.restart, or pass ifRunning: "join".`,
      { ...refusal, cause: refusal },
    );
  }
  eventLog.add(readyEvent(server));
  return server;
}

/** Waits until the server of an accepted start is ready. */
async function untilReady(
  start: Start,
  answer: StartOutcome,
  signal: AbortSignal,
): Promise<Server> {
  const { operations, eventLog } = start;
  // After a 201, `ready` is certain. After a 202, it may be that of a cancelled start.
  let certain = answer === 201;
  let last: ProgressEvent | undefined;
  let streams = true;
  const follows = async (): Promise<void> => {
    streams = false;
    last = await progressOf(start, signal);
  };
  if (answer === 202) await follows();
  const waits = pollDelays();
  for (;;) {
    const server = await readServerAfter(answer, operations, signal);
    if (isReady(server)) {
      if (!eventLog.items.at(-1)?.ready) eventLog.add(readyEvent(server));
      if (certain || (await isServed(server, operations, signal))) return server;
      certain = true;
    } else if (isPending(server)) {
      certain = false;
      if (streams) await follows();
      else await delay(waits.next().value, signal);
    } else throw await spawnErrorOf(start, { server, answer, last }, signal);
  }
}

/**
 * Whether the server itself responds at its address. If it does not, returns false only after the time that hubs need
 * to remove the server of a cancelled start.
 */
const isServed = (
  server: Server,
  operations: ServerOperations,
  caller: AbortSignal,
): Promise<boolean> =>
  withCleanup(caller, async ({ signal }) => {
    const waited = delay(cancelGracePeriod, signal).then(() => false);
    const served = operations.isServed(server, signal).then((isServed) => isServed || waited);
    return Promise.race([served, waited]);
  });

/** How long the progress stream may be silent before the model is polled, in milliseconds. */
const silenceTimeout = 2000;
/** How long the response to a start may take before the progress stream is opened, in milliseconds. */
const progressDelay = 500;

/** Awaits the response to a start, which a hub may delay for ten seconds, and follows the progress meanwhile. */
async function followMeanwhile<Value>(
  start: Start,
  response: Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
  const timer = setTimeout(
    () => void progressOf(start, signal).catch(() => undefined),
    progressDelay,
  );
  try {
    return await response;
  } finally {
    clearTimeout(timer);
  }
}

/** Resolves with the last event of the start's progress stream; undefined if the stream does not reach its end. */
function progressOf(start: Start, signal: AbortSignal): Promise<ProgressEvent | undefined> {
  start.progress ??= followProgress(start, signal).then((last) => {
    // Unless the last event is `ready`, a later call opens the stream again.
    if (!last?.ready) start.progress = undefined;
    return last;
  });
  return start.progress;
}

/** Adds the events of the progress stream to the event log, up to the last one. */
async function followProgress(
  { operations, eventLog }: Start,
  caller: AbortSignal,
): Promise<ProgressEvent | undefined> {
  const logged = eventLog.items.length;
  try {
    return await withCleanup(caller, async ({ signal }) => {
      const events = progressEvents(operations.progress, signal);
      try {
        for (let position = 0; ; position++) {
          const { value: event } = await nextEvent(events.next(), operations, signal);
          // A reopened stream repeats its events. The model, not a `failed` event, decides whether a start has failed.
          const isRepeated = position < logged || eventLog.items.at(-1)?.ready;
          if (event && !event.failed && !isRepeated) eventLog.add(event);
          if (!event || isFinal(event)) return event || undefined;
        }
      } finally {
        void events.return();
      }
    });
  } catch {
    // Without a stream, for whatever reason, the model is polled.
    if (caller.aborted) throw caller.reason;
    return undefined;
  }
}

/**
 * Returns the next event. While the stream is silent, polls the model; returns no event once the server is no longer
 * pending.
 */
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

/** The ready event of a server whose progress stream did not send one. */
const readyEvent = ({ url }: Server): ProgressEvent => ({
  progress: 100,
  ready: true,
  message: `Server ready at ${url}`,
  url,
});
