/**
 * Reconciles a write whose response was lost.
 *
 * Does not repeat the write, but reads the hub's state. If the state shows the write's result, the call succeeds. If
 * not, the call rejects with the write's error, which has `outcome: "unknown"`.
 */
import { NotFoundError, isJupyterHubError } from "../core/errors.js";
import { containsAll } from "../core/json.js";
import { send, type CallOptions, type GeneratedFunction, type ClientContext } from "./call.js";

/** The result of a write, as read after it; undefined if the hub's state does not show this result. */
export type Reconciled<Value> = { value: Value } | undefined;

/** Sends a write, as `send` does. If its response is lost, `read` finds out whether the hub carried it out. */
export async function write<Input, Value>(
  hub: ClientContext,
  operation: GeneratedFunction<Input, Value>,
  input: Input,
  call: CallOptions | undefined,
  read: (call: CallOptions) => Promise<Reconciled<Value>>,
): Promise<Value> {
  const begun = performance.now();
  try {
    return await send(hub, operation, input, call);
  } catch (error) {
    if (!isJupyterHubError(error) || error.outcome !== "unknown") throw error;
    const timeout = call?.timeout && call.timeout - (performance.now() - begun);
    if (timeout !== undefined && timeout <= 0) throw error;
    const found = await read({ ...call, timeout }).catch(() => undefined);
    call?.signal?.throwIfAborted();
    if (!found) throw error;
    return found.value;
  }
}

/** Confirms a deletion if `reading` rejects because the deleted item does not exist. */
export const ifDeleted = (reading: Promise<unknown>): Promise<Reconciled<undefined>> =>
  reading.then(
    () => undefined,
    (error: unknown) => ifAbsent(!isDeleted(error)),
  );

/** Whether an error says that something does not exist. */
export const isDeleted = (error: unknown): boolean =>
  // For something that exists, but is not in the token's scopes, hubs answer 404 as well.
  error instanceof NotFoundError && !error.hubMessage?.startsWith("No access");

/** Confirms a deletion if nothing remains in a listing. */
export const ifAbsent = (remains: boolean): Reconciled<undefined> =>
  remains ? undefined : { value: undefined };

/** Confirms a creation or a change if the model that was read has the wanted values. */
export const ifMatches = async <Model extends object>(
  reading: Promise<Model>,
  wanted: object | ((model: Model) => boolean),
): Promise<Reconciled<Model>> => {
  const value = await reading;
  return (typeof wanted === "function" ? wanted(value) : containsAll(value, wanted))
    ? { value }
    : undefined;
};
