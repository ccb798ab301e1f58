/** What every method shares: the options of a call, and the way from a generated function to its value. */
import { operations } from "../../generated/operations.gen.js";
import type { ApiClient } from "../core/api-client.js";
import { TimeoutError } from "../core/errors.js";
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

/** Options of one call, beside what it sends. */
export interface CallOptions {
  /** Aborts the call, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds for the whole call; the client's own `timeout` bounds each attempt of it. */
  timeout?: number | undefined;
  /** Headers for this call alone. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** The parts of a client that resources use. */
export interface ResourceContext {
  readonly client: ApiClient;
  /** The value of an `Authorization` header with a token. */
  authorization(token: string): string;
  /** The hub's version: that of its last response, or requested. */
  version(call?: CallOptions): Promise<string>;
}

/** The options of a generated function for a call of ours. */
export type GeneratedOptions = { client: ApiClient; throwOnError: true } & {
  signal?: AbortSignal;
  timeout?: number;
  headers?: Record<string, string>;
};

export function requestOptions(
  hub: ResourceContext,
  call?: CallOptions,
  headers?: Record<string, string>,
): GeneratedOptions {
  if (call !== undefined) checkCall(call);
  return {
    client: hub.client,
    throwOnError: true,
    ...(call?.signal && { signal: call.signal }),
    ...(call?.timeout !== undefined && { timeout: call.timeout }),
    ...((call?.headers || headers) && { headers: { ...call?.headers, ...headers } }),
  };
}

/** Refuses unknown options of a call and a timeout of 0. `known`: the options of a method with more than every call. */
export function checkCall(call: CallOptions, known: KeysOf<CallOptions> & Keys = callKeys): void {
  checkKeys("options of the call", call, known, callHints);
  checkTimeout(call.timeout);
}

/** Refuses unknown keys of an input, where a method does not send it as it is. */
export const checkInput = (input: object, known: Keys): void =>
  checkKeys("input", input, known, inputHints);

const callHints: KeyHints = {
  elsewhere: (key) =>
    key === "server" || Object.keys(operations).some((one) => Object.hasOwn(keysOf(one), key))
      ? "an input, before the options"
      : undefined,
};

/** The keys of an operation's query and body, less those that a method fills in by itself. */
export function keysOf(operation: string, ...own: string[]): Keys {
  const { query, body } = operations[operation] ?? {};
  const keys = Object.entries({ ...query, ...body });
  return Object.fromEntries(keys.filter(([key]) => !own.includes(key)));
}

/** The value of an answer. */
export const dataOf = async <Value>(answer: Promise<{ data: Value }>): Promise<Value> =>
  (await answer).data;

/** The body of an operation that may do without one. */
export function omitEmpty<Body extends object>(body: Body): { body?: Body } {
  checkBag("input", body);
  return Object.keys(body).length > 0 ? { body } : {};
}

/** For operations whose answer is empty. */
export const discardResult = async (answer: Promise<unknown>): Promise<void> => {
  await answer;
};

/**
 * Several requests as one call: the call's `timeout` bounds them together, and `late` says what was not
 * done in it.
 */
export async function withSharedDeadline<Value>(
  late: string,
  call: CallOptions,
  work: (call: CallOptions & { signal: AbortSignal }) => Promise<Value>,
): Promise<Value> {
  const atCallSite = captureCallSite(withSharedDeadline);
  checkCall(call);
  const { signal: caller, timeout, ...rest } = call;
  try {
    return await withDeadline(timeout, caller, (signal) => work({ ...rest, signal }));
  } catch (error) {
    if (!(error instanceof DeadlinePassed)) throw atCallSite(error);
    const { timeout, outcome, cause } = error;
    throw atCallSite(
      new TimeoutError(`${late} within ${timeout} ms.`, { timeout, outcome, cause }),
    );
  }
}
