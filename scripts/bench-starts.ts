/**
 * How long after a hub says that a server is ready a caller hears of it, by the event and by the promise.
 *
 * The hub is a process of its own (bench-hub.ts), which notes in each `ready` event when it sent it; both
 * read the same clock.
 */
import type { JupyterHub } from "jupyterhub-client";

/** Milliseconds from the sending of the event to its arrival in the program, start by start. */
export async function noticed(hub: JupyterHub, rounds: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const over = new AbortController();
    const start = hub.servers.start("ada", {}, { signal: over.signal });
    for await (const { ready, sentAt } of start) {
      if (!ready) continue;
      times.push(performance.timeOrigin + performance.now() - Number(sentAt));
      break;
    }
    // Whether the server is there to stay is not what is measured.
    over.abort();
  }
  return times;
}

/** Milliseconds from the sending of the event to the end of the promise, start by start. */
export async function resolved(hub: JupyterHub, rounds: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const start = hub.servers.start("ada");
    let sentAt = Number.NaN;
    for await (const event of start) if (event.ready) sentAt = Number(event["sentAt"]);
    await start;
    times.push(performance.timeOrigin + performance.now() - sentAt);
  }
  return times;
}
