/**
 * Reads the progress events of a start.
 *
 * Guarantees the events of one start up to the last one (`ready` or `failed`), over several connections if needed: a
 * hub repeats all events to each, and known ones are skipped as long as they are equal. Skips data that is not a JSON
 * object, such as the `NaN` of some Spawners. The number and length of the events is limited.
 */
import type { ProgressEvent } from "../../generated/types.gen.js";
import { ConnectionError, UnexpectedResponseError } from "../core/errors.js";
import { parseJson } from "../core/json.js";
import { isUnavailable } from "../core/retry.js";
import { parseEventStream } from "../core/event-stream.js";
import { delay, pollDelays } from "../core/deadline.js";

/** Opens the progress stream of a start. */
export type OpenProgress = (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;

/** How many connections in a row may have no new event. */
const maxEmptyConnections = 4;

/** The most events of one start, and the most characters of all of them. Starts have some dozens. */
export const maxEvents = 10_000;
export const maxEventsLength = 2 ** 22;

/** Whether an event is the last one of a start. */
export const isFinal = ({ ready, failed }: ProgressEvent): boolean => Boolean(ready || failed);

/** Yields the events of a start. Throws the hub's refusal of the stream, or the loss of the connection. */
export async function* progressEvents(
  open: OpenProgress,
  signal: AbortSignal,
): AsyncGenerator<ProgressEvent, void> {
  const seen: string[] = [];
  let length = 0;
  let attemptsLeft = maxEmptyConnections;
  for (const wait of pollDelays()) {
    const known = seen.length;
    let loss: unknown;
    try {
      let position = 0;
      for await (const data of parseEventStream(await open(signal))) {
        const event = parseJson(data) as ProgressEvent | null | undefined;
        if (typeof event !== "object" || !event || Array.isArray(event)) continue;
        if (position < known && data === seen[position]) {
          position += 1;
          continue;
        }
        position = known;
        length += data.length;
        if (seen.length === maxEvents || length > maxEventsLength) throw tooManyEvents();
        seen.push(data);
        yield event;
        if (isFinal(event)) return;
      }
    } catch (error) {
      if (signal.aborted || !isUnavailable(error)) throw error;
      loss = error;
    }
    attemptsLeft = seen.length > known ? maxEmptyConnections : attemptsLeft - 1;
    if (attemptsLeft === 0) {
      throw loss ?? new ConnectionError("The hub ends its progress stream before the last event.");
    }
    await delay(wait, signal);
  }
}

const tooManyEvents = (): UnexpectedResponseError =>
  new UnexpectedResponseError(
    `The progress of a start has more than ${maxEvents} events or ${maxEventsLength} characters.`,
  );
