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
import { nothing, optional, through, valueOf, type CallOptions, type Hub } from "./call.js";

/** Whether the proxy and people's servers end with the hub; what is left out is as its configuration says. */
export type ShutdownInput = NonNullable<PostShutdownData["body"]>;

export const info = (hub: Hub, call?: CallOptions): Promise<HubInfo> =>
  valueOf(getInfo(through(hub, call)));

export const whoami = (hub: Hub, call?: CallOptions): Promise<RequestIdentity> =>
  valueOf(getCurrentUser(through(hub, call)));

export const health = (hub: Hub, call?: CallOptions): Promise<void> =>
  nothing(getHealth(through(hub, call)));

export const metrics = (hub: Hub, call?: CallOptions): Promise<string> =>
  valueOf(getMetrics(through(hub, call)));

export const shutdown = (
  hub: Hub,
  input: ShutdownInput,
  call?: CallOptions,
): Promise<ShutdownAnswer> => valueOf(postShutdown({ ...through(hub, call), ...optional(input) }));
