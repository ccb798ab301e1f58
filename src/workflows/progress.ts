/**
 * What a hub tells of a start, event by event.
 *
 * Promises the events of one stream up to its last one (`ready` or `failed`), over as many connections
 * as that takes: a hub tells everything again to each, so what was given already is passed over while it
 * is the same. What is no JSON object is passed over, too: a Spawner can make a hub send `NaN`. Keeps a
 * limited number of events; a stream with more is an error.
 */
import type { ProgressEvent } from "../../generated/types.gen.js";
import { ConnectionError, NotAHubError } from "../core/errors.js";
import { isAway } from "../core/retry.js";
import { eventData } from "../core/sse.js";
import { pause, pauses } from "../core/time.js";

/** Opens a stream of the events of a start. */
export type OpenProgress = (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;

/** How many connections in a row may bring nothing new. */
const fruitless = 4;

/** The most events of one start, and the most characters of all of them. Starts have some dozens. */
export const maxEvents = 10_000;
export const maxEventsLength = 2 ** 22;

/** Whether a start ends with this event. */
export const isLast = ({ ready, failed }: ProgressEvent): boolean => Boolean(ready || failed);

/** The events of a start. Throws what the hub refuses the stream with, or the loss of the connection. */
export async function* progressEvents(
  open: OpenProgress,
  signal: AbortSignal,
): AsyncGenerator<ProgressEvent, void> {
  const given: string[] = [];
  let length = 0;
  const waits = pauses();
  for (let left = fruitless; ;) {
    const known = given.length;
    let loss: unknown;
    try {
      let position = 0;
      for await (const data of eventData(await open(signal))) {
        const event = eventOf(data);
        if (!event) continue;
        if (position < known && data === given[position]) {
          position += 1;
          continue;
        }
        position = known;
        length += data.length;
        if (given.length === maxEvents || length > maxEventsLength) throw tooMany();
        given.push(data);
        yield event;
        if (isLast(event)) return;
      }
    } catch (error) {
      if (signal.aborted || !isAway(error)) throw error;
      loss = error;
    }
    left = given.length > known ? fruitless : left - 1;
    if (left === 0) {
      throw loss ?? new ConnectionError("The hub ends its progress stream before the last event.");
    }
    await pause(waits.next().value, signal);
  }
}

const tooMany = (): NotAHubError =>
  new NotAHubError(
    `The progress of a start has more than ${maxEvents} events or ${maxEventsLength} characters, which no hub sends.`,
  );

function eventOf(data: string): ProgressEvent | undefined {
  try {
    const event = JSON.parse(data) as ProgressEvent | null;
    return typeof event === "object" && event && !Array.isArray(event) ? event : undefined;
  } catch {
    return undefined;
  }
}
