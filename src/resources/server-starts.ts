/**
 * What starts servers and tells how that goes: the options of it, and the way from a method of
 * `hub.servers` to its workflow.
 */
import type { ProgressEvent, Server } from "../../generated/types.gen.js";
import { InvalidInputError, TimeoutError } from "../core/errors.js";
import { captureCallSite } from "../core/network-errors.js";
import { callKeys, type KeysOf } from "../core/known-keys.js";
import { Secrets } from "../core/redact.js";
import { withCleanup } from "../core/deadline.js";
import { Action } from "../workflows/action.js";
import { EventLog } from "../workflows/event-log.js";
import { RateLimitGate } from "../workflows/rate-limit-gate.js";
import { mapConcurrent, type ConcurrencyOptions } from "../workflows/map-concurrent.js";
import { progressEvents } from "../workflows/progress.js";
import { retryWhileUnavailable, startTimeout, stopTimeout } from "../workflows/server-state.js";
import { startServer, type Start } from "../workflows/start-server.js";
import { sendStop, stopServer } from "../workflows/stop-server.js";
import { checkCall, withSharedDeadline, type CallOptions, type ResourceContext } from "./call.js";
import {
  nameOf,
  createServerOperations,
  serverOf,
  startKeys,
  createStartBody,
  type ServerInput,
  type StartServerInput,
} from "./server-operations.js";

/** Options of a start. */
export interface StartServerOptions extends CallOptions {
  /** Milliseconds until the server must be ready. @default 900_000 */
  timeout?: number | undefined;
  /**
   * What to do when the server runs already: take it, or fail with the hub's 400. By default it is taken
   * when no `user_options` are asked for, or those that it runs with.
   */
  ifRunning?: "join" | "fail" | undefined;
  /**
   * What becomes of the spawn when the signal aborts or the time is over: it is left to itself, or
   * cancelled by a `DELETE` (scope `delete:servers`) if this call began it, never if it only joined it. The
   * call then rejects after that was answered, or 15,000 ms later. @default "leave"
   */
  onAbort?: "leave" | "cancel" | undefined;
}

/** Options of a restart. */
export interface RestartServerOptions extends StartServerOptions {
  /** Milliseconds until the server must be ready again. @default 1_200_000 */
  timeout?: number | undefined;
}

/** Options of many starts. */
export interface StartManyOptions extends StartServerOptions {
  /** Milliseconds that each server has until it must be ready. @default 900_000 */
  timeout?: number | undefined;
  /** How many servers may be starting at once. @default 8 */
  concurrency?: number | undefined;
}

/** Options of many stops. */
export interface StopManyOptions extends CallOptions {
  /** Milliseconds that each server has until it must be gone. @default 300_000 */
  timeout?: number | undefined;
  /** How many servers may be stopping at once. @default 8 */
  concurrency?: number | undefined;
}

/**
 * A start under way. Await it for the server, or iterate it for what happens meanwhile; both are about
 * one and the same start, which is sent when the method is called.
 */
export interface ServerStart extends Promise<Server>, AsyncIterable<ProgressEvent> {}

/** One of many servers to start: the name of a user, or a user with a server and its input. */
export type StartTarget = string | (StartServerInput & { user: string });

/** One of many servers to stop: the name of a user, or a user and a server. */
export type StopTarget = string | (ServerInput & { user: string });

/** A list, a generator or any other iterable, also an asynchronous one. */
export type Targets<Target> = Iterable<Target> | AsyncIterable<Target>;

/** The result of one of many starts. */
export type StartResult = {
  /** The owner of the server. */
  user: string;
  /** The server's name; empty for the default server. */
  serverName: string;
} & ({ server: Server; error?: undefined } | { server?: undefined; error: unknown });

/** The result of one of many stops. Without an error, the server is stopped. */
export interface StopResult {
  /** The owner of the server. */
  user: string;
  /** The server's name; empty for the default server. */
  serverName: string;
  /** Why the server was not stopped. */
  error?: unknown;
}

const startOptionKeys: KeysOf<StartServerOptions> = {
  ...callKeys,
  ifRunning: true,
  onAbort: true,
};
const startManyKeys: KeysOf<StartManyOptions> = { ...startOptionKeys, concurrency: true };
const stopManyKeys: KeysOf<StopManyOptions> = { ...callKeys, concurrency: true };

/** How many servers start or stop at once, unless the call says otherwise. */
export const defaultConcurrency = 8;
/** How long the end of a spawn may take, in milliseconds, when its caller has given up on it. */
export const cancelTimeout = 15_000;

type ProgressLog = EventLog<ProgressEvent>;

export const start = (
  hub: ResourceContext,
  user: string,
  input: StartServerInput,
  call: StartServerOptions,
): ServerStart =>
  new Action<Server, ProgressEvent>((eventLog) => runStart(hub, user, input, call, { eventLog }));

/** Where a start is told, what keeps it back, and whether the server is to be stopped before. */
interface StartParts {
  eventLog: ProgressLog;
  gate?: RateLimitGate;
  restarts?: boolean;
}

async function runStart(
  hub: ResourceContext,
  user: string,
  input: StartServerInput,
  call: StartServerOptions,
  { eventLog, gate = new RateLimitGate(), restarts = false }: StartParts,
): Promise<Server> {
  const server = serverOf(input, startKeys);
  checkCall(call, startOptionKeys);
  const { ifRunning, onAbort, timeout, ...rest } = call;
  const cancelsOnAbort = onAbort === "cancel";
  let run: Start | undefined;
  let failed = false;
  try {
    return await withSharedDeadline(
      `${nameOf(user, server)} was not ready`,
      { ...rest, timeout: timeout ?? (restarts ? stopTimeout + startTimeout : startTimeout) },
      async (call) => {
        const { signal } = call;
        const payload = await retryWhileUnavailable(
          () => createStartBody(hub, user, input, call),
          signal,
        );
        const secrets = new Secrets();
        secrets.addInput({ user_options: input.user_options });
        const operations = createServerOperations(
          hub,
          user,
          server,
          rest,
          { start: payload },
          secrets,
        );
        if (restarts) await stopServer(operations, false, signal);
        run = {
          operations,
          wanted: input.user_options,
          ifRunning,
          cancelsOnAbort,
          gate,
          eventLog,
          secrets,
        };
        return startServer(run, signal).catch((error: unknown) => {
          failed = !signal.aborted;
          throw error;
        });
      },
    );
  } catch (error) {
    // What has failed by itself is no longer there to be cancelled.
    if (cancelsOnAbort && run?.ownsSpawn && !failed) {
      const { operations } = run;
      await withSharedDeadline("", { timeout: cancelTimeout }, ({ signal }) =>
        sendStop(operations, signal),
      ).catch(() => undefined);
    }
    if (error instanceof TimeoutError) error.cause ??= run?.rateLimit;
    throw error;
  }
}

export const restart = (
  hub: ResourceContext,
  user: string,
  input: StartServerInput,
  call: RestartServerOptions,
): ServerStart =>
  new Action<Server, ProgressEvent>((eventLog) =>
    runStart(hub, user, input, call, { eventLog, restarts: true }),
  );

export async function stop(
  hub: ResourceContext,
  user: string,
  input: ServerInput,
  call: CallOptions,
): Promise<void> {
  const server = serverOf(input);
  checkCall(call);
  const { timeout = stopTimeout, ...rest } = call;
  const late = `${nameOf(user, server)} was not stopped`;
  return withSharedDeadline(late, { ...rest, timeout }, ({ signal, ...shared }) =>
    stopServer(createServerOperations(hub, user, server, shared), false, signal),
  );
}

export const progress = (
  hub: ResourceContext,
  user: string,
  input: ServerInput,
  call: CallOptions,
  at = captureCallSite(progress),
): AsyncIterable<ProgressEvent> => ({
  [Symbol.asyncIterator]() {
    const eventLog: ProgressLog = new EventLog();
    let leave = (): void => undefined;
    const run = async (): Promise<void> => {
      const server = serverOf(input);
      checkCall(call);
      await withCleanup(call.signal, (own) => {
        leave = () => own.abort();
        const late = `${nameOf(user, server)} neither started nor failed`;
        return withSharedDeadline(
          late,
          { ...call, signal: own.signal },
          async ({ signal, ...shared }) => {
            const { progress } = createServerOperations(hub, user, server, shared);
            for await (const event of progressEvents(progress, signal)) eventLog.add(event);
          },
        );
      });
    };
    run().then(eventLog.end, (error) => eventLog.fail(at(error)));
    return eventLog[Symbol.asyncIterator](() => leave());
  },
});

// Below, `at` is a parameter: a generator evaluates those when it is called, its body when it is iterated.
export async function* startMany(
  hub: ResourceContext,
  targets: Targets<StartTarget>,
  input: StartServerInput,
  call: StartManyOptions,
  at = captureCallSite(startMany),
): AsyncGenerator<StartResult, void> {
  serverOf(input, startKeys);
  checkCall(call, startManyKeys);
  const { concurrency, ...rest } = call;
  const gate = new RateLimitGate();
  yield* mapConcurrent(checked(targets), limitsOf(concurrency, call), async (target, signal) => {
    const { user, ...own } = { ...input, ...withUser(target) };
    const result = { user, serverName: own.server ?? "" };
    try {
      const parts = { eventLog: new EventLog<ProgressEvent>(), gate };
      return { ...result, server: await runStart(hub, user, own, { ...rest, signal }, parts) };
    } catch (error) {
      return { ...result, error: at(error) };
    }
  });
}

export async function* stopMany(
  hub: ResourceContext,
  targets: Targets<StopTarget>,
  input: ServerInput,
  call: StopManyOptions,
  at = captureCallSite(stopMany),
): AsyncGenerator<StopResult, void> {
  serverOf(input);
  checkCall(call, stopManyKeys);
  const { concurrency, ...rest } = call;
  yield* mapConcurrent(checked(targets), limitsOf(concurrency, call), async (target, signal) => {
    const { user, ...own } = { ...input, ...withUser(target) };
    const result = { user, serverName: own.server ?? "" };
    try {
      await stop(hub, user, own, { ...rest, signal });
      return result;
    } catch (error) {
      return { ...result, error: at(error) };
    }
  });
}

const withUser = <Target extends { user: string }>(
  target: Target | string,
): Target | { user: string } => (typeof target === "string" ? { user: target } : target);

/** Refuses a single name, which could be iterated like a list of names. */
function checked<Target>(targets: Targets<Target>): Targets<Target> {
  const isList =
    typeof targets === "object" &&
    targets !== null &&
    (Symbol.iterator in targets || Symbol.asyncIterator in targets);
  if (isList) return targets;
  throw new InvalidInputError(
    'Give a list, such as ["ada", "grace"] or [{ user: "ada", server: "gpu" }].',
  );
}

function limitsOf(concurrency = defaultConcurrency, { signal }: CallOptions): ConcurrencyOptions {
  if (concurrency >= 1) return { concurrency, signal };
  throw new InvalidInputError("The concurrency must be a number of at least 1.");
}
