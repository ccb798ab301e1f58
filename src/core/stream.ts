/**
 * A stream as the caller gets it.
 *
 * Promises that it errors as a call rejects: when it stands still for as long as an attempt may take, when
 * the connection is lost, and at once when the caller aborts. However it ends, its connection is closed and
 * nothing listens to the caller's signal any longer.
 */
import { onAbort } from "./abort.js";
import { errorFromThrown, connectionError } from "./network-errors.js";
import type { CallContext } from "./call-context.js";
import { DeadlinePassed, withDeadline } from "./deadline.js";

/** `timeout` is the milliseconds that may pass without a byte while one is waited for. */
export function withIdleTimeout(
  stream: ReadableStream<Uint8Array>,
  timeout: number,
  call: CallContext,
  signal: AbortSignal | undefined,
): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  let isOpen = true;
  let unsubscribe = (): void => undefined;
  const close = (reason: unknown): Promise<void> => {
    isOpen = false;
    unsubscribe();
    return reader.cancel(reason).catch(() => undefined);
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        unsubscribe = onAbort(signal, (reason) => {
          controller.error(reason);
          void close(reason);
        });
      },
      async pull(controller) {
        try {
          const { done, value } = await withDeadline(timeout, undefined, () => reader.read());
          // Closed in the meantime, by an abort or by who reads.
          if (!isOpen) return;
          if (!done) return controller.enqueue(value);
          unsubscribe();
          controller.close();
        } catch (error) {
          void close(error);
          throw error instanceof DeadlinePassed
            ? errorFromThrown(error, call, true)
            : connectionError(error, call);
        }
      },
      cancel: close,
    },
    // Nothing is read before it is asked for: the wait for a byte is the reader's.
    { highWaterMark: 0 },
  );
}
