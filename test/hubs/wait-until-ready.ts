// Waits until a process answers. If the process ends first or takes too long, stops it and rejects with the reason and
// the end of its log.

import { setTimeout as sleep } from "node:timers/promises";
import type { ProcessGroup } from "./process-group.js";

/** Calls `ready` until it returns true. `ready` may reject while nothing listens yet. */
export async function waitUntilReady(
  what: string,
  group: ProcessGroup,
  readyMs: number,
  ready: () => Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + readyMs;
  while (group.running() && Date.now() < deadline) {
    if (await ready().catch(() => false)) return;
    await sleep(50);
  }
  const why = group.running()
    ? `did not answer within ${readyMs / 1000} s`
    : `ended (code ${await group.exited}) before it answered`;
  await group.stop();
  const log = group.log().trimEnd().split("\n").slice(-20).join("\n");
  throw new Error(`${what} ${why}. The end of its log:\n${log}`);
}
