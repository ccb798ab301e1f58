/** Finds out from a test's rule how a server starts or stops. */
import { checkBehaviour } from "./option-rules.js";
import type { SpawnerBehaviour, SpawnerRule, SpawnRequest } from "./spawner.js";

/**
 * Wraps an error that a test's Spawner function has thrown. `fetch` rejects with the original error, because no
 * response of a hub corresponds to it.
 */
export class SpawnerError extends Error {}

export function behaviourOf(rule: SpawnerRule, start: SpawnRequest): SpawnerBehaviour {
  if (typeof rule !== "function") return rule;
  try {
    const behaviour = rule(start);
    checkBehaviour(behaviour);
    return behaviour;
  } catch (cause) {
    throw new SpawnerError("The Spawner function has thrown an error.", { cause });
  }
}

/**
 * The seconds that a stop takes, from the current rule or, if this is a function, from the behaviour that was chosen at
 * the server's start.
 */
export const stopSecondsOf = (rule: SpawnerRule, atStart: SpawnerBehaviour): number =>
  (typeof rule === "function" ? atStart : rule).stopSeconds ?? 0;
