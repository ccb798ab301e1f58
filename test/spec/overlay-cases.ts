/** A small document with every type of value, and overlays for it in one line. */
import type { Json, JsonObject } from "../../scripts/json.js";
import { applyOverlay, OverlayError } from "../../scripts/overlay.js";

/** A new copy for every call, so that tests cannot affect each other. */
export const smallDocument = (): JsonObject => ({
  info: { title: "Hub", contact: null },
  tags: [
    { name: "users", kind: "tag" },
    { name: "groups", kind: "tag", note: "old" },
    { name: "proxy", kind: "tag" },
  ],
  User: { type: "string", enum: ["a", "b"], minimum: 0, flag: false },
  Group: { type: "object", properties: { name: { type: "string" } } },
  Empty: {},
});

export interface Action {
  target: string;
  update?: Json;
  remove?: boolean;
  "x-was"?: Json;
  "x-why"?: string;
}

/** An overlay of these actions, each with a reason unless it says otherwise. */
const overlayOf = (actions: readonly Action[]): JsonObject => ({
  overlay: "1.0.0",
  actions: actions.map((action) => ({ "x-why": "It is so.", ...action })),
});

export const apply = (...actions: Action[]): JsonObject =>
  applyOverlay(smallDocument(), overlayOf(actions));

/** The problems of an overlay; empty if it applies. */
export function problemsOf(...actions: Action[]): readonly string[] {
  try {
    apply(...actions);
    return [];
  } catch (error) {
    if (error instanceof OverlayError) return error.problems;
    throw error;
  }
}
