/** What every method shares: the options of a call, and the way from a generated function to its value. */
import type { ApiClient } from "../core/api-client.js";
import { TimeoutError } from "../core/errors.js";
import { DeadlinePassed, withDeadline } from "../core/time.js";

/** Options of one call, beside what it sends. */
export interface CallOptions {
  /** Aborts the call, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Milliseconds for the whole call; the client's own `timeout` bounds each attempt of it. */
  timeout?: number | undefined;
  /** Headers for this call alone. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** A bag without keys, where an operation takes none. */
export type NoInput = Readonly<Record<string, never>>;

/** What resources stand on. */
export interface Hub {
  readonly client: ApiClient;
  /** The hub's version, from its last answer or asked for. */
  version(call?: CallOptions): Promise<string>;
}

/** The options of a generated function for a call of ours. */
export type GeneratedOptions = { client: ApiClient; throwOnError: true } & {
  signal?: AbortSignal;
  timeout?: number;
  headers?: Record<string, string>;
};

export const through = (
  hub: Hub,
  call: CallOptions = {},
  headers?: Record<string, string>,
): GeneratedOptions => ({
  client: hub.client,
  throwOnError: true,
  ...(call.signal && { signal: call.signal }),
  ...(call.timeout !== undefined && { timeout: call.timeout }),
  ...((call.headers || headers) && { headers: { ...call.headers, ...headers } }),
});

/** The value of an answer. */
export const valueOf = async <Value>(answer: Promise<{ data: Value }>): Promise<Value> =>
  (await answer).data;

/** The body of an operation that may do without one. */
export const optional = <Body extends object>(body: Body): { body?: Body } =>
  Object.keys(body).length > 0 ? { body } : {};

/** For operations whose answer is empty. */
export const nothing = async (answer: Promise<unknown>): Promise<void> => {
  await answer;
};

/**
 * Several requests as one call: the call's `timeout` bounds them together, and `late` says what was not
 * done in it.
 */
export async function together<Value>(
  late: string,
  { signal: caller, timeout, ...rest }: CallOptions,
  work: (call: CallOptions & { signal: AbortSignal }) => Promise<Value>,
): Promise<Value> {
  try {
    return await withDeadline(timeout, caller, (signal) => work({ ...rest, signal }));
  } catch (error) {
    if (!(error instanceof DeadlinePassed)) throw error;
    const { timeout, outcome, cause } = error;
    throw new TimeoutError(`${late} within ${timeout} ms.`, { timeout, outcome, cause });
  }
}
