/** Event streams that send their pieces while the fake time advances. */

/** Text to send unchanged, an event, a wait in milliseconds (Infinity: forever), or an error that ends the stream. */
export type Piece = string | object | number | Error;

/** Returns a stream of the pieces. Calls `over` once, when the stream has ended or is cancelled. */
export function streamOf(pieces: readonly Piece[], over: () => void): ReadableStream<Uint8Array> {
  const left = new AbortController();
  const rest = [...pieces];
  let isOver = false;
  const finish = (): void => {
    if (!isOver) over();
    isOver = true;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const piece = rest.shift();
          if (typeof piece === "number") {
            await elapse(piece, left.signal);
          } else if (piece instanceof Error) {
            finish();
            throw piece;
          } else if (piece === undefined) {
            finish();
            return controller.close();
          } else {
            const text = typeof piece === "string" ? piece : `data: ${JSON.stringify(piece)}\n\n`;
            return controller.enqueue(new TextEncoder().encode(text));
          }
        }
      },
      cancel() {
        finish();
        left.abort();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Resolves after the given milliseconds. If the signal is aborted, rejects with its reason, as fetch does. */
export const elapse = (
  milliseconds: number,
  signal: AbortSignal | null | undefined,
): Promise<void> =>
  new Promise((resolve, reject) => {
    if (milliseconds <= 0) return resolve();
    const abort = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as unknown);
    };
    const done = (): void => {
      signal?.removeEventListener("abort", abort);
      resolve();
    };
    const timer = milliseconds === Infinity ? undefined : setTimeout(done, milliseconds);
    signal?.addEventListener("abort", abort, { once: true });
  });
