/**
 * Reads a stream of server-sent events, strictly as the HTML standard says.
 *
 * Promises the same events however the bytes are cut into chunks, and that the connection is closed when
 * the reading ends, by its end or before. An event that the stream does not finish is lost. Names, ids
 * and retry times of events are not read: hubs send none.
 */
import { UnexpectedResponseError } from "./errors.js";

/** The most that one event may hold, in UTF-16 code units. Those of hubs are some hundred. */
export const maxEventLength = 2 ** 20;

/** The data of each event, as it comes. Throws what the stream throws. */
export async function* parseEventStream(
  stream: ReadableStream<Uint8Array>,
): AsyncGenerator<string, void> {
  const reader = stream.getReader();
  // Takes a byte-order mark away, and keeps the first bytes of a character for the next chunk.
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
      // The second half of a line end that was cut in two.
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
    // Of a stream that failed, the same failure would come again.
    reader.cancel().catch(() => undefined);
  }
}

const tooLong = (): UnexpectedResponseError =>
  new UnexpectedResponseError(
    `A stream holds an event of more than ${maxEventLength} characters, which no hub sends.`,
  );
