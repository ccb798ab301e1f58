/** The progress stream of a start: the Spawner's events, then the outcome. */
import type { Call } from "./call.js";
import type { Clock } from "./clock.js";
import type { Endpoint, Endpoints } from "./endpoints.js";
import { isReady, serverUrl } from "./models.js";
import { HttpError, type Reply } from "./replies.js";
import type { Server, Spawner, Start } from "./records.js";
import { failureText, logName } from "./server-life.js";
import { timedEvents } from "./spawner.js";
import { theUser } from "./users.js";

const endpoint: Endpoint = { scopes: ["read:servers"], of: "server", handle: watch };

export const progress: Endpoints = {
  "GET /users/{name}/server/progress": endpoint,
  "GET /users/{name}/servers/{server_name}/progress": endpoint,
};

const keepAliveMs = 8000;
const keepAlive = "\n\n";
const written = (event: unknown): string => `data: ${JSON.stringify(event)}\n\n`;

function watch(call: Call): Reply {
  const server = theUser(call).servers.get(call.param("server_name"));
  const { live } = server ?? {};
  if (!server || !live) throw new HttpError(404);
  const { start } = live;
  if (!isReady(server) && start === undefined) {
    throw new HttpError(400, `${logName(server)} is not starting...`);
  }
  return {
    status: 200,
    headers: { "Content-Type": "text/event-stream", "Cache-Control": "no-cache" },
    stream: events(call, server, live, start),
  };
}

async function* events(
  call: Call,
  server: Server,
  live: Spawner,
  start: Start | undefined,
): AsyncGenerator<string> {
  yield keepAlive;
  if (start?.outcome === "pending") {
    yield written({ progress: 0, message: "Server requested" });
    const { clock } = call.world;
    for (const { at, event } of timedEvents(live.behaviour)) {
      yield* untilTime(clock, start, start.at + at, call.request.signal);
      if (ended(start)) break;
      const { ready: _, ...shown } = event;
      yield written(shown);
    }
    yield* untilTime(clock, start, Infinity, call.request.signal);
  }
  // The reader has left, or the hub's process has ended: nobody reads on.
  if (call.request.signal.aborted) return;
  yield written(isReady(server) ? readyEvent(call, server) : failedEvent(call, live, start));
}

// A function, because TypeScript would not expect the outcome to change during a wait.
const ended = ({ outcome }: Start): boolean => outcome !== "pending";

/** Waits until a time, or until the start ends if that is earlier, and sends keep-alive data meanwhile. */
async function* untilTime(
  clock: Clock,
  start: Start,
  time: number,
  signal: AbortSignal,
): AsyncGenerator<string> {
  while (!ended(start) && clock.now() < time && !signal.aborted) {
    const enough = new AbortController();
    const wait = Math.min(time - clock.now(), keepAliveMs);
    await Promise.race([
      start.ended,
      clock.sleep(wait, { signal: AbortSignal.any([signal, enough.signal]) }),
    ]);
    enough.abort();
    if (!ended(start) && clock.now() < time) yield keepAlive;
  }
}

function readyEvent(call: Call, server: Server): Record<string, unknown> {
  const url = serverUrl(call.world, server);
  return {
    progress: 100,
    ready: true,
    message: `Server ready at ${url}`,
    html_message: `Server ready at <a href="${url}">${url}</a>`,
    url,
  };
}

const failedEvent = (
  call: Call,
  live: Spawner,
  start: Start | undefined,
): Record<string, unknown> => ({
  progress: 100,
  failed: true,
  message: failureText(call.world, { ...live, ...(start && { start }) }),
});
