/**
 * The parts that all methods share: the options of a call, a function that sends the call, and one deadline for several
 * requests.
 *
 * Guarantees that unknown options and invalid timeouts are refused before anything is sent.
 */
import { operations } from "../../generated/operations.gen.js";
import { hubVersion, type ApiClient } from "../core/api-client.js";
import type { CallMeta } from "../core/call-context.js";
import { InvalidInputError, TimeoutError } from "../core/errors.js";
import {
  callKeys,
  checkBag,
  checkKeys,
  inputHints,
  type KeyHints,
  type Keys,
  type KeysOf,
} from "../core/known-keys.js";
import { DeadlinePassed, checkTimeout, withDeadline } from "../core/deadline.js";
import { captureCallSite } from "../core/network-errors.js";
import type { ClientContext } from "../core/options.js";
import type { Options } from "../core/raw-call.js";

export type { ClientContext };

/** Options of one call, besides its input. */
export interface CallOptions {
  /** Aborts the call, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /**
   * Milliseconds for the whole call, retries included. The client's `timeout` (30,000 ms by default) limits each
   * attempt: a longer time here does not raise it.
   */
  timeout?: number | undefined;
  /** Headers for this call only. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** The options of a generated function, besides its input. */
export interface GeneratedOptions extends Options<{ url: string }, true> {
  client: ApiClient;
  meta?: CallMeta;
}

/** Converts the options of a call to those of a generated function. */
export function requestOptions(
  { client }: ClientContext,
  call: CallOptions = {},
  headers?: Readonly<Record<string, string>>,
): GeneratedOptions {
  checkCall(call);
  // An AbortController has its signal as an inherited property.
  const { signal, timeout, headers: own } = call;
  return { signal, timeout, headers: { ...own, ...headers }, client, throwOnError: true };
}

/** Returns the hub's version: from its last response or, if there is none yet, from a new request. */
export const knownVersion = async (hub: ClientContext, call?: CallOptions): Promise<string> =>
  hubVersion(hub, requestOptions(hub, call));

/** A generated function, which sends the request of one operation. */
export type GeneratedFunction<Input, Value> = (
  options: GeneratedOptions & Input,
) => Promise<{ data: Value; response: Response }>;

/** Calls a generated function and resolves with the value of the response. */
export const send = async <Input, Value>(
  hub: ClientContext,
  operation: GeneratedFunction<Input, Value>,
  input: Input,
  call?: CallOptions,
  headers?: Readonly<Record<string, string>>,
): Promise<Value> =>
  (await operation(Object.assign(requestOptions(hub, call, headers), input))).data;

/**
 * Throws an {@link InvalidInputError} for unknown or invalid options.
 * @param known the keys of a method that has more options than {@link CallOptions}
 */
export function checkCall(
  call: CallOptions & { concurrency?: number | undefined },
  known: KeysOf<CallOptions> & Keys = callKeys,
): void {
  checkKeys("options of the call", call, known, callHints);
  checkTimeout(call.timeout);
  const { concurrency = 1, headers } = call;
  if (!(concurrency >= 1)) throw new InvalidInputError("The concurrency must be at least 1.");
  if (headers !== undefined) checkBag("headers of the call", headers);
}

/**
 * Throws an {@link InvalidInputError} for unknown keys. Not needed for input that is sent unchanged: sending checks it.
 */
export const checkInput = (input: object, known: Keys): void =>
  checkKeys("input", input, known, inputHints);

const callHints: KeyHints = {
  elsewhere: (key) =>
    key === "server" || Object.keys(operations).some((one) => Object.hasOwn(keysOf(one), key))
      ? "an input, before the options"
      : undefined,
};

/** The keys of an operation's query and body, without those that a method sets itself. */
export function keysOf(operation: string, ...own: string[]): Keys {
  const { query, body } = operations[operation] ?? {};
  const keys = Object.entries({ ...query, ...body });
  return Object.fromEntries(keys.filter(([key]) => !own.includes(key)));
}

/** Returns the body as an option, or no option if the body is empty. For an operation that needs no body. */
export function omitEmpty<Body extends object>(body: Body): { body?: Body } {
  checkBag("input", body);
  return Object.keys(body).length > 0 ? { body } : {};
}

/**
 * Runs several requests as one call: its `timeout` limits all of them together.
 * @param late the beginning of the error's message, such as "The server of ada was not ready"
 * @param timeout the default of the call's `timeout`, in milliseconds. Without either, there is no limit
 */
export async function withSharedDeadline<Value>(
  late: string,
  call: CallOptions,
  work: (call: CallOptions & { signal: AbortSignal }) => Promise<Value>,
  timeout?: number,
): Promise<Value> {
  const atCallSite = captureCallSite(withSharedDeadline);
  checkCall(call);
  const { signal: caller, timeout: own = timeout, ...rest } = call;
  try {
    return await withDeadline(own, caller, (signal) => work({ ...rest, signal }));
  } catch (error) {
    if (caller?.aborted) throw error;
    if (!(error instanceof DeadlinePassed)) throw atCallSite(error);
    const { timeout, outcome, cause } = error;
    throw atCallSite(
      new TimeoutError(`${late} within ${timeout} ms.`, { timeout, outcome, cause }),
    );
  }
}
