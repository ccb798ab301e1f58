/**
 * Starts and stops of one server or of many: their options and results, and the functions that run the workflows.
 *
 * Handles deadlines, cancellation and call sites. `workflows/` decides what is sent and when a server is ready.
 */
import type { ProgressEvent, Server } from "../../generated/types.gen.js";
import { InvalidInputError, TimeoutError, type JupyterHubError } from "../core/errors.js";
import { asJson, withoutUndefined } from "../core/json.js";
import { captureCallSite } from "../core/network-errors.js";
import { callKeys, checkBag, type Keys, type KeysOf } from "../core/known-keys.js";
import { Secrets } from "../core/redact.js";
import { withCleanup } from "../core/deadline.js";
import { mapConcurrent } from "../workflows/map-concurrent.js";
import { EventLog, progressEvents } from "../workflows/progress.js";
import { RateLimitGate, startTimeout, stopTimeout } from "../workflows/server-state.js";
import { startServer, type Start } from "../workflows/start-server.js";
import { sendStop, stopServer } from "../workflows/stop-server.js";
import { checkCall, withSharedDeadline, type CallOptions, type ClientContext } from "./call.js";
import {
  createServerOperations,
  createStartBody,
  serverKeys,
  serverOf,
  serverRef,
  startKeys,
  type ServerInput,
  type StartServerInput,
} from "./server-operations.js";

/** Options of a start. */
export interface StartServerOptions extends CallOptions {
  /** Milliseconds until the server must be ready. @default 900_000 */
  timeout?: number | undefined;
  /**
   * What to do if the server already runs or is starting. `"join"` resolves with it, whatever its `user_options`.
   * `"fail"` rejects with a `BadRequestError` (`reason: "already-running"`): at once if the server runs, and once it is
   * ready if it is starting with `user_options` other than yours.
   * @default `"join"` without `user_options` or if the server has the same ones, else `"fail"`
   */
  ifRunning?: "join" | "fail" | undefined;
  /**
   * What happens to the spawn if the signal aborts or the timeout passes. `"leave"` lets the spawn continue at the hub.
   * `"cancel"` sends a `DELETE` (scope `delete:servers`) if this call began the spawn, not if it joined one; the call
   * then rejects after the response to the `DELETE`, or after 15,000 ms.
   * @default "leave"
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
  /** Milliseconds until a server must be ready, for each server. @default 900_000 */
  timeout?: number | undefined;
  /** The maximum number of concurrent starts. @default 8 */
  concurrency?: number | undefined;
}

/** Options of many stops. */
export interface StopManyOptions extends CallOptions {
  /** Milliseconds until a server must have stopped, for each server. @default 300_000 */
  timeout?: number | undefined;
  /** The maximum number of concurrent stops. @default 8 */
  concurrency?: number | undefined;
}

/** A start in progress: the method sends it at once. Await it for the server, or iterate over it for its events. */
export interface ServerStart extends Promise<Server>, AsyncIterable<ProgressEvent> {}

/** A server to start: the name of its user, or an object with the user, the server and its input. */
export type StartTarget = string | (StartServerInput & { user: string });

/** A server to stop: the name of its user, or an object with the user and the server. */
export type StopTarget = string | (ServerInput & { user: string });

/** An array, a generator or any other iterable, synchronous or asynchronous, but not a string. */
export type Targets<Target> = (Iterable<Target> & object) | AsyncIterable<Target>;

/** The result of one of many starts: the server or the error. */
export type StartResult = Omit<StopResult, "error"> & (Started | NotStarted);

type Started = {
  /** The server, which is ready; undefined after an error. */
  server: Server;
  error?: undefined;
};

type NotStarted = {
  server?: undefined;
  /** The reason why the server was not started; undefined if it was. */
  error: JupyterHubError;
};

/** The result of one of many stops. Without an error, the server has stopped. */
export interface StopResult {
  /** The owner of the server. */
  user: string;
  /** The server's name; empty for the default server. */
  serverName: string;
  /** The reason why the server was not stopped; undefined if it was. */
  error?: JupyterHubError | undefined;
}

const startOptionKeys: KeysOf<StartServerOptions> = {
  ...callKeys,
  ifRunning: true,
  onAbort: true,
};

/** The default number of concurrent starts or stops. */
export const defaultConcurrency = 8;
/** How long the cancellation of a start may take, in milliseconds. */
export const cancelTimeout = 15_000;

interface StartParts {
  /** Receives the events. */
  eventLog: EventLog<ProgressEvent>;
  /** Delays starts after a 429. */
  gate?: RateLimitGate;
  /** Whether to stop the server first. */
  restarts?: boolean;
}

/** Starts a server, as `servers.start` and (with `restarts`) `servers.restart` do. */
export async function start(
  hub: ClientContext,
  user: string,
  input: StartServerInput,
  call: StartServerOptions,
  { eventLog, gate = new RateLimitGate(), restarts = false }: StartParts,
): Promise<Server> {
  const ref = serverRef(user, input, startKeys);
  checkCall(call, startOptionKeys);
  const wanted = optionsOf(input);
  const { display_name } = input;
  const { ifRunning, onAbort, ...rest } = call;
  const cancelsOnAbort = onAbort === "cancel";
  let run: Start | undefined;
  let hasFailed = false;
  try {
    return await withSharedDeadline(
      `${ref.what} was not ready`,
      rest,
      async ({ signal, ...shared }) => {
        const own = { display_name, user_options: wanted };
        const payload = await createStartBody(hub, own, { ...shared, signal });
        const secrets = new Secrets();
        secrets.addInput({ user_options: wanted });
        const operations = createServerOperations(hub, ref, shared, { start: payload, secrets });
        if (restarts) await stopServer(operations, false, signal);
        run = { operations, wanted, ifRunning, cancelsOnAbort, gate, eventLog, secrets };
        return startServer(run, signal).catch((error: unknown) => {
          hasFailed = !signal.aborted;
          throw error;
        });
      },
      restarts ? stopTimeout + startTimeout : startTimeout,
    );
  } catch (error) {
    // A failed spawn has ended: there is nothing to cancel.
    if (run?.ownsSpawn && cancelsOnAbort && !hasFailed) {
      const { operations } = run;
      await withSharedDeadline("", {}, ({ signal }) => sendStop(operations, signal), cancelTimeout)
        // The start's own error is more useful.
        .catch(() => undefined);
    }
    if (error instanceof TimeoutError) error.cause ??= run?.rateLimit;
    throw error;
  }
}

/** Returns a copy of the user options: a program may change its own object while the start goes on. */
function optionsOf({ user_options }: StartServerInput): StartServerInput["user_options"] {
  if (user_options === undefined || user_options === null) return user_options;
  checkBag("user_options", user_options);
  try {
    return asJson(user_options) as Record<string, unknown>;
  } catch {
    throw new InvalidInputError("The user_options cannot be converted to JSON.");
  }
}

/** Stops a server, as `servers.stop` does; with `remove`, as `servers.delete` does. */
export async function stop(
  hub: ClientContext,
  user: string,
  input: ServerInput,
  call: CallOptions,
  remove = false,
): Promise<void> {
  const ref = serverRef(user, input);
  await withSharedDeadline(
    `${ref.what} was not ${remove ? "deleted" : "stopped"}`,
    call,
    ({ signal, ...shared }) =>
      stopServer(createServerOperations(hub, ref, shared, { remove }), remove, signal),
    stopTimeout,
  );
}

/** Iterates over the events of a start, as `servers.progress` does. */
export const progress = (
  hub: ClientContext,
  user: string,
  input: ServerInput,
  call: CallOptions,
  atCallSite = captureCallSite(progress),
): AsyncIterable<ProgressEvent> => ({
  [Symbol.asyncIterator]() {
    const eventLog = new EventLog<ProgressEvent>();
    let leave = (): void => undefined;
    const run = async (): Promise<void> => {
      const ref = serverRef(user, input);
      checkCall(call);
      await withCleanup(call.signal, (own) => {
        leave = () => own.abort();
        return withSharedDeadline(
          `${ref.what} neither started nor failed`,
          { ...call, signal: own.signal },
          async ({ signal, ...shared }) => {
            const { progress } = createServerOperations(hub, ref, shared);
            for await (const event of progressEvents(progress, signal)) eventLog.add(event);
          },
        );
      });
    };
    run().then(eventLog.end, (error) => eventLog.fail(atCallSite(error)));
    return eventLog[Symbol.asyncIterator](() => leave());
  },
});

/** Starts many servers, as `servers.startMany` does. */
export function startMany(
  hub: ClientContext,
  targets: Targets<StartTarget>,
  input: StartServerInput,
  call: StartManyOptions,
): AsyncGenerator<StartResult, void> {
  const gate = new RateLimitGate();
  const startOne = async (user: string, input: StartServerInput, call: StartServerOptions) => {
    const parts = { eventLog: new EventLog<ProgressEvent>(), gate };
    return { server: await start(hub, user, input, call, parts) };
  };
  const inputs = { targets, input, inputKeys: startKeys, call, callKeys: startOptionKeys };
  return forEachServer(inputs, startOne, captureCallSite(startMany));
}

/** Stops many servers, as `servers.stopMany` does. */
export function stopMany(
  hub: ClientContext,
  targets: Targets<StopTarget>,
  input: ServerInput,
  call: StopManyOptions,
): AsyncGenerator<StopResult, void> {
  const stopOne = async (user: string, input: ServerInput, call: CallOptions) => {
    await stop(hub, user, input, call);
    return {};
  };
  const inputs = { targets, input, inputKeys: serverKeys, call, callKeys };
  return forEachServer(inputs, stopOne, captureCallSite(stopMany));
}

interface ManyInputs<Input> {
  targets: Targets<string | (Input & { user: string })>;
  /** The values for keys that a target does not have. */
  input: Input;
  inputKeys: Keys;
  call: StopManyOptions;
  callKeys: KeysOf<CallOptions> & Keys;
}

/** Runs `work` for each target and yields its result or its error. */
async function* forEachServer<Input extends ServerInput, Result extends object>(
  { targets, input, inputKeys, call, callKeys }: ManyInputs<Input>,
  work: (user: string, input: ServerInput, call: CallOptions) => Promise<Result>,
  atCallSite: (error: unknown) => unknown,
): AsyncGenerator<Omit<StopResult, "error"> & (Result | NotStarted), void> {
  serverOf(input, inputKeys);
  checkCall(call, { ...callKeys, concurrency: true });
  checkTargets(targets);
  const { concurrency = defaultConcurrency, ...rest } = call;
  const limits = { concurrency, signal: call.signal };
  yield* mapConcurrent(targets, limits, async (target, signal) => {
    const one = typeof target === "string" ? { user: target } : target;
    const { user, ...own } = { ...input, ...withoutUndefined({ ...one }) } as typeof one & Input;
    const result = { user, serverName: own.server ?? "" };
    try {
      return { ...result, ...(await work(user, own, { ...rest, signal })) };
    } catch (error) {
      // The reason of an abort ends the iteration instead.
      return { ...result, error: atCallSite(error) as JupyterHubError };
    }
  });
}

/** Throws unless the targets are a list. Refuses a single name, although a string is iterable. */
function checkTargets(targets: Targets<unknown>): void {
  const isList =
    typeof targets === "object" &&
    targets !== null &&
    (Symbol.iterator in targets || Symbol.asyncIterator in targets);
  if (isList) return;
  throw new InvalidInputError(
    'The targets must be a list, such as ["ada", { user: "ada", server: "gpu" }].',
  );
}
