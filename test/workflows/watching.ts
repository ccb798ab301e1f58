/** Records the events of a start and their times. */
import type { ProgressEvent } from "../../src/index.js";
import type { Fate } from "./fake-hub.js";

export const post = "POST /users/ada/server";
export const stream = "GET /users/ada/server/progress";
export const model = "GET /users/ada/server";

export const requested = { progress: 0, message: "Server requested" };
export const starting = { progress: 50, message: "Starting" };
export const ready = {
  progress: 100,
  ready: true,
  message: "Server ready at /user/ada/",
  url: "/user/ada/",
};
export const failed = { progress: 100, failed: true, message: "Spawn failed: No GPU is left" };

/** The states of a server that spawns, and after two seconds is ready or has stopped. */
export const soon = (state: "ready" | "stopped"): Fate => [
  [0, "spawn"],
  [2000, state],
];

/** Reads all events of an iteration. Returns them with their times, and the error that ended the iteration, if any. */
export async function story(events: AsyncIterable<ProgressEvent>) {
  const begun = Date.now();
  const reported: ProgressEvent[] = [];
  const times: number[] = [];
  let error: unknown;
  try {
    for await (const event of events) {
      reported.push(event);
      times.push(Date.now() - begun);
    }
  } catch (thrown) {
    error = thrown;
  }
  return { reported, times, error, ended: Date.now() - begun };
}
