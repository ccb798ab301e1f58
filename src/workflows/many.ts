/**
 * The same for many names, a few at a time.
 *
 * Promises one result a name, in the order in which they come; that no more are under way, or done and
 * not taken yet, than asked for; and that nothing more is begun once the iteration is left. An abort ends
 * it with the signal's reason, once what is under way has heeded it.
 */
export async function* each<Result>(
  names: Iterable<string>,
  { concurrency, signal }: { concurrency: number; signal: AbortSignal | undefined },
  run: (name: string) => Promise<Result>,
): AsyncGenerator<Result, void> {
  const underWay = new Map<number, Promise<readonly [number, Result]>>();
  const next = async (): Promise<Result> => {
    const [key, result] = await Promise.race(underWay.values());
    underWay.delete(key);
    if (!signal?.aborted) return result;
    await Promise.all(underWay.values());
    throw signal.reason;
  };
  let begun = 0;
  for (const name of names) {
    if (underWay.size >= concurrency) yield await next();
    signal?.throwIfAborted();
    const key = begun++;
    underWay.set(
      key,
      run(name).then((result) => [key, result] as const),
    );
  }
  while (underWay.size > 0) yield await next();
}
