/** Finds users and services by name, and discards the state that a hub keeps only in memory. */
import type { Owner } from "./records.js";
import { liveOf } from "./server-life.js";
import type { World } from "./world.js";

/** The user with this name, or else the service. */
export function findOwner(world: World, name: string): Owner {
  const owner = world.user(name) ?? world.services.get(name);
  if (!owner) throw new RangeError(`The fake hub has no user and no service named ${name}.`);
  return owner;
}

/** Applies the effects of a restart: running servers keep running, but starting and stopping ones are then stopped. */
export function forget(world: World): void {
  for (const server of world.servers()) {
    const { live } = server;
    if (!live) continue;
    if (live.start) {
      live.start.outcome = "cancelled";
      live.start.cancel.abort();
    }
    if (live.pending) {
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
