/**
 * Event streams: an idle timeout for the body of a response, and a parser of server-sent events.
 *
 * Guarantees that a failed read (idle for too long, connection lost, caller's abort) rejects with the same error as a
 * failed call, and that the connection is closed however the reading ends.
 */
import type { CallContext } from "./call-context.js";
import { DeadlinePassed, onAbort, withDeadline } from "./deadline.js";
import { UnexpectedResponseError } from "./errors.js";
import { connectionError, errorFromThrown } from "./network-errors.js";

/** Returns a stream of the same bytes that fails if a reader waits `timeout` milliseconds without receiving a byte. */
export function withIdleTimeout(
  stream: ReadableStream<Uint8Array>,
  timeout: number,
  call: CallContext,
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
        unsubscribe = onAbort(call.caller, (reason) => {
          controller.error(reason);
          void close(reason);
        });
      },
      async pull(controller) {
        try {
          const { done, value } = await withDeadline(timeout, undefined, () => reader.read());
          // Closed meanwhile, by an abort or by the reader.
          if (!isOpen) return;
          if (!done) return controller.enqueue(value);
          unsubscribe();
          controller.close();
        } catch (error) {
          void close(error);
          throw error instanceof DeadlinePassed
            ? errorFromThrown(error, call)
            : connectionError(error, call);
        }
      },
      cancel: close,
    },
    // Reads only while the reader waits, so that only this time counts as idle.
    { highWaterMark: 0 },
  );
}

/** The maximum length of an event, in UTF-16 code units. The events of hubs have a few hundred code units. */
export const maxEventLength = 2 ** 20;

/**
 * Yields the data of each event in a stream. Parses the stream as the HTML standard says; the bytes may be split into
 * chunks anywhere. Skips event names, ids and retry times, which hubs do not send, and an incomplete last event.
 */
export async function* parseEventStream(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string, void> {
  const reader = stream.getReader();
  // Strips a byte-order mark, and keeps the bytes of an incomplete character for the next chunk.
  const decoder = new TextDecoder();
  let line = "";
  let data: string | undefined;
  let afterReturn = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      let text = decoder.decode(value, { stream: true });
      if (text === "") continue;
      // Skips the second half of a line end that was split into two chunks.
      if (afterReturn && text.startsWith("\n")) text = text.slice(1);
      afterReturn = text.endsWith("\r");
      const lines = text.split(/\r\n?|\n/);
      lines[0] = line + lines[0];
      line = lines.pop() ?? "";
      for (const one of lines) {
        if (one === "") {
          if (data !== undefined) yield data;
          data = undefined;
          continue;
        }
        const [, field, content = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(one) ?? [];
        if (field === "data") data = data === undefined ? content : `${data}\n${content}`;
        if ((data?.length ?? 0) > maxEventLength) throw tooLong();
      }
      if ((data?.length ?? 0) + line.length > maxEventLength) throw tooLong();
    }
  } finally {
    // If the stream has failed, `cancel` rejects with the same error.
    reader.cancel().catch(() => undefined);
  }
}

const tooLong = (): UnexpectedResponseError =>
  new UnexpectedResponseError(
    `A stream has an event of more than ${maxEventLength} characters, which no hub sends.`,
  );
