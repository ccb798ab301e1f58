/**
 * Maps many items with a concurrency limit.
 *
 * Guarantees one result per item, in the order of completion; a limit for the number of items that are in flight or
 * whose results are unread; and that no further item begins once the consumer stops iterating. The caller's signal
 * aborts the items in flight, even if the consumer has stopped. If the consumer is still iterating, the iteration
 * rejects with the signal's reason once those items have ended.
 */
import { onAbort } from "../core/deadline.js";

export interface ConcurrencyOptions {
  concurrency: number;
  signal: AbortSignal | undefined;
}

export async function* mapConcurrent<Item, Result>(
  items: Iterable<Item> | AsyncIterable<Item>,
  { concurrency, signal: caller }: ConcurrencyOptions,
  run: (item: Item, signal: AbortSignal) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const source =
    Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
  type Finished = { own: AbortController; result: Result };
  const inFlight = new Map<AbortController, Promise<Finished>>();
  const throwIfAborted = async (): Promise<void> => {
    if (!caller?.aborted) return;
    await Promise.all(inFlight.values());
    throw caller.reason;
  };
  let wake = (): void => undefined;
  const unsubscribe = onAbort(caller, (reason) => {
    for (const own of inFlight.keys()) own.abort(reason);
    wake();
  });
  let upcoming: Promise<IteratorResult<Item>> | undefined;
  let isExhausted = false;
  let failure: { reason: unknown } | undefined;
  const take = (): Promise<IteratorResult<Item>> => {
    const next = new Promise<IteratorResult<Item>>((resolve) => resolve(source.next()));
    next.catch((reason: unknown) => (failure = { reason }));
    return next;
  };
  try {
    for (;;) {
      await throwIfAborted();
      if (!isExhausted && inFlight.size < concurrency) upcoming ??= take();
      // New for each race: a long-lived promise would keep the result of every race in memory.
      const aborted = new Promise<void>((resolve) => (wake = resolve));
      // The source may be slow, so results are yielded meanwhile.
      const first = await Promise.race([
        aborted,
        ...(upcoming ? [upcoming] : []),
        ...inFlight.values(),
      ]).catch((error: unknown): IteratorResult<Item> => {
        if (isExhausted || error !== failure?.reason) throw error;
        // The results of the items in flight are yielded before the source's failure is thrown.
        return { done: true, value: undefined };
      });
      await throwIfAborted();
      if (first && "own" in first) {
        inFlight.delete(first.own);
        yield first.result;
      } else if (first) {
        upcoming = undefined;
        isExhausted = Boolean(first.done);
        if (!first.done) {
          const own = new AbortController();
          inFlight.set(
            own,
            run(first.value, own.signal).then((result) => ({ own, result })),
          );
        }
      }
      if (!isExhausted || inFlight.size > 0) continue;
      if (failure) throw failure.reason;
      return;
    }
  } finally {
    void Promise.allSettled(inFlight.values()).then(unsubscribe);
    // A generator whose next item is pending returns only after that item, so nothing waits for it.
    const returned = isExhausted ? undefined : source.return?.();
    if (!upcoming) await returned;
    else Promise.resolve(returned).catch(() => undefined);
  }
}
