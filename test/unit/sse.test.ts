/** Event streams are parsed as the HTML standard describes, however they are split into chunks. */
import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseEventStream, maxEventLength } from "../../src/core/event-stream.js";
import { UnexpectedResponseError } from "../../src/index.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Returns a stream of these chunks, and an object that counts the pulls and records a cancellation. */
function streamOf(
  chunks: readonly Uint8Array[],
  { open = false, error = undefined as unknown } = {},
) {
  const state = { cancelled: false, pulls: 0 };
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = chunks[state.pulls++];
        if (chunk) controller.enqueue(chunk);
        else if (error !== undefined) controller.error(error);
        else if (!open) controller.close();
        else return new Promise<void>(() => {});
        return undefined;
      },
      cancel() {
        state.cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, state };
}

async function read(chunks: readonly Uint8Array[]): Promise<string[]> {
  const events: string[] = [];
  for await (const data of parseEventStream(streamOf(chunks).stream)) events.push(data);
  return events;
}

const table: [what: string, text: string, events: string[]][] = [
  ["nothing", "", []],
  ["one event", "data: 1\n\n", ["1"]],
  ["several events", "data: 1\n\ndata: 2\n\n", ["1", "2"]],
  ["keepalives", "\n\n\n\ndata: 1\n\n\n\n\n\n", ["1"]],
  ["comments", ": hello\n\n:\ndata: 1\n: again\n\n", ["1"]],
  ["lines that end with CRLF", "data: 1\r\n\r\ndata: 2\r\n\r\n", ["1", "2"]],
  ["lines that end with CR", "data: 1\r\rdata: 2\r\r", ["1", "2"]],
  ["lines with all kinds of ends", "data: 1\r\n\ndata: 2\n\r\ndata: 3\r\n\r", ["1", "2", "3"]],
  ["LF followed by CR, which end two lines", "data: 1\n\rdata: 2\n\r", ["1", "2"]],
  ["several lines of data", "data: a\ndata: b\ndata\ndata: c\n\n", ["a\nb\n\nc"]],
  ["several lines of data that end with CRLF", "data: a\r\ndata: b\r\n\r\n", ["a\nb"]],
  ["empty data", "data:\n\ndata\n\ndata: \n\n", ["", "", ""]],
  ["no space after the colon", 'data:{"a":1}\n\n', ['{"a":1}']],
  ["two spaces after the colon, of which one is content", "data:  a\n\n", [" a"]],
  ["colons in the content", "data: a: b:c\n\n", ["a: b:c"]],
  ["other fields", "event: x\nid: 1\nretry: 5\ndatum: 2\ndata: 1\n\n", ["1"]],
  ["an event with other fields only", "event: x\nid: 1\n\ndata: 1\n\n", ["1"]],
  ["a space before the field, which is part of its name", " data: 1\n\ndata: 2\n\n", ["2"]],
  ["a byte-order mark", "\uFEFFdata: 1\n\n", ["1"]],
  [
    "a second byte-order mark, which is part of a field's name",
    "\uFEFF\uFEFFdata: 1\n\ndata: 2\n\n",
    ["2"],
  ],
  ["characters of many bytes", "data: ä€😀\n\n", ["ä€😀"]],
  [
    "line separators of Unicode, which do not end a line here",
    "data: a\u2028b\u2029c\u0085d\u000Be\n\n",
    ["a\u2028b\u2029c\u0085d\u000Be"],
  ],
  ["a last event without an empty line, which is lost", "data: 1\n\ndata: 2\n", ["1"]],
  ["a last line without a line end, whose event is lost", "data: 1\n\ndata: 2", ["1"]],
  ["a final CR, which ends the event", "data: 1\n\r", ["1"]],
];

describe("a stream", () => {
  it.each(table)("of %s gives the expected events", async (_, text, events) => {
    expect(await read([bytes(text)])).toEqual(events);
  });

  it.each(table)(
    "of %s gives the expected events even if each chunk is a single byte",
    async (_, text, events) => {
      expect(await read([...bytes(text)].map((byte) => Uint8Array.of(byte)))).toEqual(events);
    },
  );

  it("of the same bytes gives the same events, however it is split into chunks", async () => {
    const texts = [
      "data",
      ":",
      " ",
      "\n",
      "\r",
      "\r\n",
      "\n\n",
      "data: ",
      "a",
      "ä",
      "€",
      "😀",
      "\uFEFF",
    ];
    const piece = fc.constantFrom(...texts);
    await fc.assert(
      fc.asyncProperty(
        fc.array(piece, { maxLength: 40 }),
        fc.array(fc.nat(200), { maxLength: 12 }),
        async (pieces, cuts) => {
          const whole = bytes(pieces.join(""));
          const ends = cuts.filter((cut) => cut < whole.length).toSorted((a, b) => a - b);
          const chunks = [...ends, whole.length].map((end, index) =>
            whole.slice(ends[index - 1] ?? 0, end),
          );
          expect(await read(chunks)).toEqual(await read([whole]));
        },
      ),
    );
  });

  it("with an invalid byte gives a replacement character for it, and the later bytes are read as usual", async () => {
    expect(await read([bytes("data: a"), Uint8Array.of(0xff), bytes("b\n\n")])).toEqual([
      "a\uFFFDb",
    ]);
  });

  it("of one event in many chunks is read in linear time", async () => {
    const chunks = Array.from({ length: 1000 }, () => bytes("x".repeat(1000)));
    const events = await read([bytes("data: "), ...chunks, bytes("\n\n")]);
    expect(events.map(({ length }) => length)).toEqual([1_000_000]);
  });

  it.each([
    ["one endless line", "data: ", "x".repeat(1000)],
    ["endlessly many lines", "data: ", `${"x".repeat(990)}\ndata: `],
    ["an endless comment", ": ", "x".repeat(1000)],
  ])("of %s is refused, and its connection is closed", async (_, begin, chunk) => {
    const chunks = Array.from({ length: 2000 }, () => bytes(chunk));
    const { stream, state } = streamOf([bytes(begin), ...chunks], { open: true });
    await expect(parseEventStream(stream).next()).rejects.toThrow(UnexpectedResponseError);
    expect(state.cancelled).toBe(true);
    expect(state.pulls).toBeLessThanOrEqual(Math.ceil(maxEventLength / 900) + 2);
  });
});

describe("the reader", () => {
  it("returns an event as soon as it is complete", async () => {
    const { stream } = streamOf([bytes("data: 1\n\ndata: 2\n")], { open: true });
    expect(await parseEventStream(stream).next()).toEqual({ done: false, value: "1" });
  });

  it("closes the connection when the caller stops iterating", async () => {
    const { stream, state } = streamOf([bytes("data: 1\n\ndata: 2\n\n")], { open: true });
    for await (const data of parseEventStream(stream)) {
      expect(data).toBe("1");
      break;
    }
    expect(state.cancelled).toBe(true);
  });

  it("returns the events that precede an error of the stream, then throws the error", async () => {
    const error = new Error("lost");
    const events = parseEventStream(streamOf([bytes("data: 1\n\ndata: 2")], { error }).stream);
    expect(await events.next()).toEqual({ done: false, value: "1" });
    await expect(events.next()).rejects.toBe(error);
  });
});
