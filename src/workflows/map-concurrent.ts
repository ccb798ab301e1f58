/**
 * The same for many names, a few at a time.
 *
 * Promises one result a name, in the order in which they come; that no more are under way, or done and
 * not taken yet, than asked for; and that nothing more is begun once the iteration is left. An abort ends
 * it with the signal's reason, once what is under way has heeded it.
 */
import { onAbort } from "../core/abort.js";

/** How many at once, and what ends them all. */
export interface ConcurrencyOptions {
  concurrency: number;
  signal: AbortSignal | undefined;
}

export async function* mapConcurrent<Result>(
  names: Iterable<string>,
  { concurrency, signal: caller }: ConcurrencyOptions,
  run: (name: string, signal: AbortSignal) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const underWay = new Map<AbortController, Promise<readonly [AbortController, Result]>>();
  const throwIfAborted = async (): Promise<void> => {
    if (!caller?.aborted) return;
    await Promise.all(underWay.values());
    throw caller.reason;
  };
  const next = async (): Promise<Result> => {
    const [own, result] = await Promise.race(underWay.values());
    underWay.delete(own);
    await throwIfAborted();
    return result;
  };
  const unsubscribe = onAbort(caller, (reason) => {
    for (const own of underWay.keys()) own.abort(reason);
  });
  try {
    for (const name of names) {
      if (underWay.size >= concurrency) yield await next();
      await throwIfAborted();
      const own = new AbortController();
      underWay.set(
        own,
        run(name, own.signal).then((result) => [own, result] as const),
      );
    }
    while (underWay.size > 0) yield await next();
  } finally {
    unsubscribe();
  }
}
