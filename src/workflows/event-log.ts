/**
 * Items that come in time, kept for whoever asks.
 *
 * Every iteration gives all of them from the first one on, then ends as the feed does: quietly, or by
 * throwing its error. An iteration that is left takes nothing from the others.
 */
export class EventLog<Item> implements AsyncIterable<Item> {
  readonly items: Item[] = [];
  #end: (() => void) | undefined;
  #wake!: () => void;
  #news!: Promise<void>;

  constructor() {
    this.#await();
  }

  #await(): void {
    this.#news = new Promise((resolve) => (this.#wake = resolve));
  }

  #tell(): void {
    this.#wake();
    this.#await();
  }

  /** Gives an item to all iterations. */
  readonly add = (item: Item): void => {
    this.items.push(item);
    this.#tell();
  };

  /** Ends the feed after the items that it has. */
  readonly end = (): void => this.#finish(() => undefined);

  /** Ends it with an error. */
  readonly fail = (error: unknown): void =>
    this.#finish(() => {
      throw error;
    });

  #finish(end: () => void): void {
    this.#end = end;
    this.#tell();
  }

  [Symbol.asyncIterator](left?: () => void): AsyncIterator<Item, undefined> {
    const finished = { done: true, value: undefined } as const;
    const at = { position: 0, over: false };
    return {
      next: async () => {
        while (!at.over && at.position === this.items.length && !this.#end) await this.#news;
        if (at.over) return finished;
        if (at.position < this.items.length) {
          return { done: false, value: this.items[at.position++] as Item };
        }
        at.over = true;
        this.#end?.();
        return finished;
      },
      return: async () => {
        at.over = true;
        this.#tell();
        left?.();
        return finished;
      },
    };
  }
}
