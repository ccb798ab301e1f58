/** The hub itself: what it is, whether it is well, and its end. */
import {
  getCurrentUser,
  getHealth,
  getInfo,
  getMetrics,
  postShutdown,
} from "../../generated/sdk.gen.js";
import type {
  HubInfo,
  PostShutdownData,
  RequestIdentity,
  ShutdownAnswer,
} from "../../generated/types.gen.js";
import { TimeoutError } from "../core/errors.js";
import { isUnavailable } from "../core/retry.js";
import { delay, pollDelays } from "../core/deadline.js";
import {
  checkCall,
  discardResult,
  omitEmpty,
  requestOptions,
  withSharedDeadline,
  dataOf,
  type CallOptions,
  type ResourceContext,
} from "./call.js";

/** How long a hub may take to answer, in milliseconds, unless the call says otherwise. */
export const readyTimeout = 60_000;

/** Whether the proxy and people's servers end with the hub; what is left out is as its configuration says. */
export type ShutdownInput = NonNullable<PostShutdownData["body"]>;

export const info = async (hub: ResourceContext, call?: CallOptions): Promise<HubInfo> =>
  dataOf(getInfo(requestOptions(hub, call)));

export const whoami = async (hub: ResourceContext, call?: CallOptions): Promise<RequestIdentity> =>
  dataOf(getCurrentUser(requestOptions(hub, call)));

export const health = async (hub: ResourceContext, call?: CallOptions): Promise<void> =>
  discardResult(getHealth(requestOptions(hub, call)));

export const metrics = async (hub: ResourceContext, call?: CallOptions): Promise<string> =>
  dataOf(getMetrics(requestOptions(hub, call)));

export const shutdown = async (
  hub: ResourceContext,
  input: ShutdownInput,
  call?: CallOptions,
): Promise<ShutdownAnswer> =>
  dataOf(postShutdown({ ...requestOptions(hub, call), ...omitEmpty(input) }));

/** Asks until it is answered, for as long as nobody answers or a proxy does in the hub's place. */
export async function waitUntilReady(
  ask: (call: CallOptions) => Promise<unknown>,
  call: CallOptions,
): Promise<void> {
  checkCall(call);
  const { timeout = readyTimeout, ...rest } = call;
  let last: Error | undefined;
  try {
    await withSharedDeadline("The hub did not answer", { ...rest, timeout }, async (call) => {
      const waits = pollDelays(250);
      for (;;) {
        try {
          await ask(call);
          return;
        } catch (error) {
          if (call.signal.aborted || !isUnavailable(error)) throw error;
          last = error as Error;
          await delay(waits.next().value, call.signal);
        }
      }
    });
  } catch (error) {
    if (!(error instanceof TimeoutError && last)) throw error;
    throw new TimeoutError(`${error.message} ${last.message}`, { timeout, cause: last });
  }
}
