/** The entries of an overlay: neighbouring actions that make one correction for one reason. */
import type { JsonObject } from "./json.js";
import { actionsOf, type OverlayAction } from "./overlay.js";

export interface Entry {
  actions: OverlayAction[];
  /** The reason and the first target: how people find it. */
  name: string;
}

/** The overlay's entries: neighbours that give the same reason for the same place. */
export function entriesOf(overlay: JsonObject): Entry[] {
  const entries: Entry[] = [];
  for (const action of actionsOf(overlay)) {
    const last = entries.at(-1)?.actions[0];
    const stem = (target: string): string => target.replace(/\.(type|schema|allOf|enum)$/, "");
    const belongs =
      last?.["x-why"] === action["x-why"] &&
      last?.["x-seen"] === action["x-seen"] &&
      (stem(last?.target ?? "") === stem(action.target) ||
        stem(last?.target ?? "").startsWith(action.target));
    if (belongs) entries.at(-1)?.actions.push(action);
    else entries.push({ actions: [action], name: `${action.target}: ${action["x-why"] ?? ""}` });
  }
  return entries;
}
