/** An operation with progress, such as a start: a promise of its result, and an iterable of its events. */
import { captureCallSite } from "../core/network-errors.js";

/**
 * Events, buffered for any number of iterations.
 *
 * Guarantees that each iteration yields all events from the first one on, then ends or throws as the log does, and that
 * leaving one does not affect the others.
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

  /** Ends the iterations after the last event. */
  readonly end = (): void => this.#end(() => undefined);

  /** Ends them with an error. */
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
 * Guarantees that the work runs once, from the creation on, whether the action is awaited, iterated, both or neither.
 * Iterations end as the promise does. An iteration throws the error, so the promise need not be handled then. Errors
 * contain the call site.
 */
export class Action<Value, Event> extends Promise<Value> implements AsyncIterable<Event> {
  /** `then` returns an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  readonly #eventLog: EventLog<Event>;

  /** Runs `work` at once. It adds its events to the log. */
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

  /** Yields the events from the first one on, then ends or throws as the promise does. */
  [Symbol.asyncIterator](): AsyncIterator<Event, undefined> {
    this.catch(() => undefined);
    return this.#eventLog[Symbol.asyncIterator]();
  }
}
