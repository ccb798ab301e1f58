/** The end of the hub's process, at a restart or a shutdown: it discards what a hub keeps only in memory. */
import { liveOf } from "./server-life.js";
import { isRouted } from "./server-address.js";
import type { World } from "./world.js";

/**
 * Ends the process. Running servers keep running. A server that is starting or stopping, or whose start was cancelled,
 * counts as stopped afterwards.
 */
export function endProcess(world: World): void {
  world.process.abort();
  world.process = new AbortController();
  for (const server of world.servers()) {
    const { live } = server;
    if (!live) continue;
    if (live.start) {
      live.start.outcome = "cancelled";
      live.start.cancel.abort();
    }
    if (!isRouted(server)) {
      if (live.token !== undefined) world.tokens.delete(live.token);
      server.active = false;
      server.started = null;
    }
    server.live = undefined;
    if (!server.active) continue;
    Object.assign(liveOf(server), { state: live.state, behaviour: live.behaviour });
    if (live.token !== undefined) liveOf(server).token = live.token;
  }
}
