/**
 * Something that a hub does and tells about: a promise of its result, and an iterable of its events.
 *
 * Promises that it runs once, from the moment that it is made, whether it is awaited, iterated, both or
 * neither; and that an iteration ends as the promise does. Whoever iterates has the error there, so that
 * the promise need not be handled as well; whoever does neither has an ordinary unhandled rejection. An
 * error of ours says where the action was begun.
 */
import { captureCallSite } from "../core/network-errors.js";
import { EventLog } from "./event-log.js";

export class Action<Value, Event> extends Promise<Value> implements AsyncIterable<Event> {
  /** What `then` makes is an ordinary promise. */
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  readonly #feed: EventLog<Event>;

  /** Runs `work` at once, with the events so far and a way to add to them. */
  constructor(work: (eventLog: EventLog<Event>) => Promise<Value>) {
    const eventLog = new EventLog<Event>();
    const at = captureCallSite(Action);
    super((resolve, reject) => {
      const done = work(eventLog).catch((error: unknown) => {
        throw at(error);
      });
      done.then(eventLog.end, eventLog.fail);
      done.then(resolve, reject);
    });
    this.#feed = eventLog;
  }

  /** The events from the first one on, then the end or the error of the promise. */
  [Symbol.asyncIterator](): AsyncIterator<Event, undefined> {
    this.catch(() => undefined);
    return this.#feed[Symbol.asyncIterator]();
  }
}
