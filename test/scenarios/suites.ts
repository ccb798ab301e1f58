/** Every scenario, grouped by the hub that it needs. The scenarios of a suite run in this order on the same hub. */
import { isAtLeast } from "../../src/core/version.js";
import { groups } from "./groups.js";
import { hubItself } from "./hub-itself.js";
import { limited } from "./limited.js";
import { paging } from "./paging.js";
import type { Scenario, Suite } from "./scenario.js";
import { scopeEffects } from "./scopes.js";
import { servers } from "./servers.js";
import { services } from "./services.js";
import { shares } from "./shares.js";
import { tokens } from "./tokens.js";
import { namelessUser, users } from "./users.js";

export const suites: readonly Suite[] = [
  {
    name: "standard",
    scenarios: [
      ...hubItself,
      ...users,
      ...groups,
      ...tokens,
      ...services,
      ...scopeEffects,
      ...servers,
      ...shares,
      ...paging,
      ...namelessUser,
    ],
  },
  {
    name: "limited",
    config: [
      "c.JupyterHub.concurrent_spawn_limit = 1",
      "c.JupyterHub.active_server_limit = 2",
      "c.JupyterHub.named_server_limit_per_user = 1",
      "c.JupyterHub.api_page_default_limit = 2",
      "c.JupyterHub.api_page_max_limit = 3",
      'c.JupyterHub.tornado_settings["spawn_throttle_retry_range"] = (2, 3)',
      // Hubs before 5.0 ignore this option.
      "c.JupyterHub.token_expires_in_max_seconds = 3600",
    ],
    scenarios: limited,
  },
];

/** Returns the scenarios and steps of a suite that apply to a release. */
export function scenariosOf(suite: Suite, version: string): Scenario[] {
  const has = ({ since, before }: { since?: string; before?: string }): boolean =>
    (since === undefined || isAtLeast(version, since)) &&
    (before === undefined || !isAtLeast(version, before));
  return suite.scenarios
    .filter(has)
    .map((scenario) => ({ ...scenario, steps: scenario.steps.filter(has) }))
    .filter(({ steps }) => steps.length > 0);
}
