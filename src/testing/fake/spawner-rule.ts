/** Asks the rule that a test has declared how a server starts or stops. */
import { checkBehaviour } from "./option-rules.js";
import type { SpawnerBehaviour, SpawnerRule, SpawnRequest } from "./spawner.js";

/** Holds what a Spawner function of a test has thrown. The test gets this error, since a hub has none like it. */
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

/** The seconds that a stop takes: as the rule says now, or as the rule's function said at the start. */
export const stopSecondsOf = (rule: SpawnerRule, atStart: SpawnerBehaviour): number =>
  (typeof rule === "function" ? atStart : rule).stopSeconds ?? 0;
