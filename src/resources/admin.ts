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
import { isAway } from "../core/retry.js";
import { pause, pauses } from "../core/time.js";
import {
  checkCall,
  nothing,
  optional,
  through,
  together,
  valueOf,
  type CallOptions,
  type Hub,
} from "./call.js";

/** How long a hub may take to answer, in milliseconds, unless the call says otherwise. */
export const readyTimeout = 60_000;

/** Whether the proxy and people's servers end with the hub; what is left out is as its configuration says. */
export type ShutdownInput = NonNullable<PostShutdownData["body"]>;

export const info = async (hub: Hub, call?: CallOptions): Promise<HubInfo> =>
  valueOf(getInfo(through(hub, call)));

export const whoami = async (hub: Hub, call?: CallOptions): Promise<RequestIdentity> =>
  valueOf(getCurrentUser(through(hub, call)));

export const health = async (hub: Hub, call?: CallOptions): Promise<void> =>
  nothing(getHealth(through(hub, call)));

export const metrics = async (hub: Hub, call?: CallOptions): Promise<string> =>
  valueOf(getMetrics(through(hub, call)));

export const shutdown = async (
  hub: Hub,
  input: ShutdownInput,
  call?: CallOptions,
): Promise<ShutdownAnswer> => valueOf(postShutdown({ ...through(hub, call), ...optional(input) }));

/** Asks until it is answered, for as long as nobody answers or a proxy does in the hub's place. */
export async function ready(
  ask: (call: CallOptions) => Promise<unknown>,
  call: CallOptions,
): Promise<void> {
  checkCall(call);
  const { timeout = readyTimeout, ...rest } = call;
  let last: Error | undefined;
  try {
    await together("The hub did not answer", { ...rest, timeout }, async (call) => {
      const waits = pauses(250);
      for (;;) {
        try {
          await ask(call);
          return;
        } catch (error) {
          if (call.signal.aborted || !isAway(error)) throw error;
          last = error as Error;
          await pause(waits.next().value, call.signal);
        }
      }
    });
  } catch (error) {
    if (!(error instanceof TimeoutError && last)) throw error;
    throw new TimeoutError(`${error.message} ${last.message}`, { timeout, cause: last });
  }
}
