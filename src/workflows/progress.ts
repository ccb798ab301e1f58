/**
 * What a hub tells of a start, event by event.
 *
 * Promises the events of one stream up to its last one (`ready` or `failed`), over as many connections
 * as that takes: a hub tells everything again to each, so what was given already is passed over while it
 * is the same. What is no JSON object is passed over, too: a Spawner can make a hub send `NaN`. Keeps a
 * limited number of events; a stream with more is an error.
 */
import type { ProgressEvent } from "../../generated/types.gen.js";
import { ConnectionError, UnexpectedResponseError } from "../core/errors.js";
import { isUnavailable } from "../core/retry.js";
import { parseEventStream } from "../core/sse.js";
import { delay, pollDelays } from "../core/deadline.js";

/** Opens a stream of the events of a start. */
export type OpenProgress = (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;

/** How many connections in a row may bring nothing new. */
const maxEmptyConnections = 4;

/** The most events of one start, and the most characters of all of them. Starts have some dozens. */
export const maxEvents = 10_000;
export const maxEventsLength = 2 ** 22;

/** Whether a start ends with this event. */
export const isFinal = ({ ready, failed }: ProgressEvent): boolean => Boolean(ready || failed);

/** The events of a start. Throws what the hub refuses the stream with, or the loss of the connection. */
export async function* progressEvents(
  open: OpenProgress,
  signal: AbortSignal,
): AsyncGenerator<ProgressEvent, void> {
  const given: string[] = [];
  let length = 0;
  const waits = pollDelays();
  for (let left = maxEmptyConnections; ;) {
    const known = given.length;
    let loss: unknown;
    try {
      let position = 0;
      for await (const data of parseEventStream(await open(signal))) {
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
        if (isFinal(event)) return;
      }
    } catch (error) {
      if (signal.aborted || !isUnavailable(error)) throw error;
      loss = error;
    }
    left = given.length > known ? maxEmptyConnections : left - 1;
    if (left === 0) {
      throw loss ?? new ConnectionError("The hub ends its progress stream before the last event.");
    }
    await delay(waits.next().value, signal);
  }
}

const tooMany = (): UnexpectedResponseError =>
  new UnexpectedResponseError(
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
