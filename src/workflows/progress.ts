/**
 * The progress of a start: its events, read from the hub, and a promise that is also an iterable of them.
 *
 * Guarantees the events of one start up to the last one (`ready` or `failed`), over several connections if needed: a
 * hub repeats all events on each connection, and those that equal the known events are skipped. Skips data that is not
 * a JSON object, such as the `NaN` of some Spawners. The number and the length of the events are limited.
 */
import type { ProgressEvent } from "../../generated/types.gen.js";
import { ConnectionError, UnexpectedResponseError } from "../core/errors.js";
import { parseJson } from "../core/json.js";
import { captureCallSite } from "../core/network-errors.js";
import { isUnavailable } from "../core/retry.js";
import { parseEventStream } from "../core/event-stream.js";
import { delay, pollDelays } from "../core/deadline.js";

/** Opens the progress stream of a start. */
export type OpenProgress = (signal: AbortSignal) => Promise<ReadableStream<Uint8Array>>;

/** The maximum number of connections in a row without a new event. */
const maxEmptyConnections = 4;

/** The limits for one start: the number of its events, and of characters in them. A start has some dozens of events. */
export const maxEvents = 10_000;
export const maxEventsLength = 2 ** 22;

/** Whether an event is the last one of a start. */
export const isFinal = ({ ready, failed }: ProgressEvent): boolean => Boolean(ready || failed);

/** Yields the events of a start. Throws if the hub refuses the stream, or if reconnecting fails. */
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

/**
 * Events, buffered for any number of iterations.
 *
 * Guarantees that each iteration yields all events from the first one on, then ends (after `end`) or throws (after
 * `fail`), and that stopping one iteration does not affect the others.
 */
export class EventLog<Event> implements AsyncIterable<Event> {
  readonly items: Event[] = [];
  #finish: (() => void) | undefined;
  #waiting: (() => void)[] = [];

  #wake(): void {
    for (const resume of this.#waiting.splice(0)) resume();
  }

  readonly add = (event: Event): void => {
    this.items.push(event);
    this.#wake();
  };

  /** Ends each iteration once it has yielded the last event. */
  readonly end = (): void => this.#end(() => undefined);

  /** Makes the iterations throw an error after the last event. */
  readonly fail = (error: unknown): void =>
    this.#end(() => {
      throw error;
    });

  #end(finish: () => void): void {
    this.#finish = finish;
    this.#wake();
  }

  [Symbol.asyncIterator](onLeave?: () => void): AsyncIterator<Event, undefined> {
    const done = { done: true, value: undefined } as const;
    const reader = { position: 0, isOver: false };
    return {
      next: async () => {
        while (!reader.isOver && reader.position === this.items.length && !this.#finish) {
          await new Promise<void>((resume) => this.#waiting.push(resume));
        }
        if (reader.isOver) return done;
        if (reader.position < this.items.length) {
          return { done: false, value: this.items[reader.position++] as Event };
        }
        reader.isOver = true;
        this.#finish?.();
        return done;
      },
      return: async () => {
        reader.isOver = true;
        this.#wake();
        onLeave?.();
        return done;
      },
    };
  }
}

/**
 * A promise that is also an iterable of events. Guarantees that the work begins when the action is created and runs
 * once, whether the action is awaited, iterated, both or neither. Iterations end when the promise settles: if it
 * rejects, they throw its error, so that callers who iterate need not handle the rejection as well. Errors contain the
 * call site.
 */
export class Action<Value, Event> extends Promise<Value> implements AsyncIterable<Event> {
  /** `then` returns an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  readonly #eventLog: EventLog<Event>;

  /** Runs `work` at once, with the log to which `work` adds its events. */
  constructor(work: (eventLog: EventLog<Event>) => Promise<Value>) {
    const eventLog = new EventLog<Event>();
    const atCallSite = captureCallSite(Action);
    super((resolve, reject) => {
      const done = work(eventLog).catch((error: unknown) => {
        throw atCallSite(error);
      });
      done.then(eventLog.end, eventLog.fail);
      done.then(resolve, reject);
    });
    this.#eventLog = eventLog;
  }

  /** Yields the events from the first one on. Then ends or, if the promise rejects, throws its error. */
  [Symbol.asyncIterator](): AsyncIterator<Event, undefined> {
    this.catch(() => undefined);
    return this.#eventLog[Symbol.asyncIterator]();
  }
}
