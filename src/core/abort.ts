/**
 * Hears of aborts.
 *
 * Many calls may share a signal, and Node warns of a leak at the eleventh listener that one has: so a signal
 * has one listener of this package, and none when nothing waits for it any longer.
 */
type Listener = (reason: unknown) => void;

const listeners = new WeakMap<AbortSignal, { runs: Set<Listener>; listener: () => void }>();

/** Calls `run` when the signal aborts, or at once if it has. What it returns lets go of the signal. */
export function onAbort(signal: AbortSignal | null | undefined, run: Listener): () => void {
  if (!signal) return () => undefined;
  if (signal.aborted) run(signal.reason);
  else join(signal, run);
  return () => leave(signal, run);
}

function join(signal: AbortSignal, run: Listener): void {
  let shared = listeners.get(signal);
  if (!shared) {
    const runs = new Set<Listener>();
    const listener = (): void => {
      for (const run of runs) run(signal.reason);
    };
    shared = { runs, listener };
    listeners.set(signal, shared);
    signal.addEventListener("abort", listener, { once: true });
  }
  shared.runs.add(run);
}

function leave(signal: AbortSignal, run: Listener): void {
  const shared = listeners.get(signal);
  if (!shared?.runs.delete(run) || shared.runs.size > 0) return;
  signal.removeEventListener("abort", shared.listener);
  listeners.delete(signal);
}
