/**
 * What became of a call that changes something and whose answer was lost.
 *
 * It is never sent again: the state is read. Where that shows that it was done, the call succeeds; where it
 * does not, the error stands, with its `outcome: "unknown"`, for the caller to look into.
 */
import { NotFoundError, isJupyterHubError } from "../core/errors.js";
import { containsAll } from "../core/json.js";
import type { CallOptions } from "./call.js";

/** What is found to have been done although the answer was lost; undefined where that cannot be told. */
export type Reconciled<Value> = { value: Value } | undefined;

/** Sends a call that changes something; where its answer is lost, `look` reads whether it was done. */
export async function reconcile<Value>(
  call: CallOptions | undefined,
  write: (call: CallOptions | undefined) => Promise<Value>,
  look: (call: CallOptions) => Promise<Reconciled<Value>>,
): Promise<Value> {
  const begun = Date.now();
  try {
    return await write(call);
  } catch (error) {
    if (!isJupyterHubError(error) || error.outcome !== "unknown") throw error;
    const timeout = call?.timeout && call.timeout - (Date.now() - begun);
    if (timeout !== undefined && timeout <= 0) throw error;
    const found = await look({ ...call, timeout }).catch(() => undefined);
    if (call?.signal?.aborted) throw call.signal.reason;
    if (!found) throw error;
    return found.value;
  }
}

/** For deletions: done when what was deleted is no longer there. */
export const ifDeleted = (reading: Promise<unknown>): Promise<Reconciled<void>> =>
  reading.then(
    () => undefined,
    (error: unknown) => (isDeleted(error) ? { value: undefined } : undefined),
  );

/** Whether an error says that something is no longer there. */
export const isDeleted = (error: unknown): boolean =>
  // To tokens whose scopes do not reach it, hubs say the same of what is there.
  error instanceof NotFoundError && !error.hubMessage?.startsWith("No access");

/** For deletions that a listing shows: done when nothing remains. */
export const ifAbsent = (remains: boolean): Reconciled<void> =>
  remains ? undefined : { value: undefined };

/** For creations and changes: done when the model has what was asked for. */
export const ifMatches = async <Model extends object>(
  reading: Promise<Model>,
  wanted: object | ((model: Model) => boolean),
): Promise<Reconciled<Model>> => {
  const value = await reading;
  return (typeof wanted === "function" ? wanted(value) : containsAll(value, wanted))
    ? { value }
    : undefined;
};
