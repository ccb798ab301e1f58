/** A small document with every type of value, and short functions that apply overlays to it. */
import type { Json, JsonObject } from "../../scripts/json.js";
import { applyOverlay, OverlayError } from "../../scripts/overlay.js";

/** Returns a new document on every call, so that tests cannot affect each other. */
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

/** Returns an overlay with these actions. Adds an `x-why` to each action that has none. */
const overlayOf = (actions: readonly Action[]): JsonObject => ({
  overlay: "1.0.0",
  actions: actions.map((action) => ({ "x-why": "It is so.", ...action })),
});

export const apply = (...actions: Action[]): JsonObject =>
  applyOverlay(smallDocument(), overlayOf(actions));

/** Returns the problems of an overlay with these actions, or an empty list if the overlay applies. */
export function problemsOf(...actions: Action[]): readonly string[] {
  try {
    apply(...actions);
    return [];
  } catch (error) {
    if (error instanceof OverlayError) return error.problems;
    throw error;
  }
}
