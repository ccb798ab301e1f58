/** Progress streams that are cut, silent, refused or abandoned, over real sockets. No connection stays open. */
import type { Socket } from "node:net";
import { describe, expect, it } from "vitest";
import { JupyterHub, type JupyterHubOptions, type ProgressEvent } from "../../src/index.js";
import { expectNoSecret, secrets, serveSocket, signalled } from "./helpers.js";

const head = (status: string, type: string, ...more: string[]): string =>
  [
    `HTTP/1.1 ${status}`,
    "X-JupyterHub-Version: 6.1.1",
    `Content-Type: ${type}`,
    ...more,
    "",
    "",
  ].join("\r\n");
const events = head("200 OK", "text/event-stream", "Transfer-Encoding: chunked");
const chunk = (text: string): string => `${Buffer.byteLength(text).toString(16)}\r\n${text}\r\n`;
const end = chunk("");
const event = (value: object): string => chunk(`data: ${JSON.stringify(value)}\n\n`);
const json = (status: string, body: object): string => {
  const text = JSON.stringify(body);
  return head(status, "application/json", `Content-Length: ${text.length}`) + text;
};

const requested = { progress: 0, message: "Server requested" };
const half = { progress: 50, message: "Hälfte" };
const ready = { progress: 100, ready: true, url: "/user/ada/" };

/** Responds to a request by writing to its socket. */
type Respond = (socket: Socket) => void;
const send =
  (...texts: string[]): Respond =>
  (socket) =>
    void socket.write(texts.join(""));
const sendAndCut =
  (...texts: string[]): Respond =>
  (socket) =>
    void socket.write(texts.join(""), () => socket.resetAndDestroy());

/** Starts a hub that sends these responses in turn, the last one repeatedly. Records its requests and open sockets. */
async function progressHub(...responds: Respond[]) {
  const open = new Set<Socket>();
  const closed = signalled();
  let requests = 0;
  const server = await serveSocket((socket) => {
    socket.on("close", () => {
      open.delete(socket);
      closed.tell();
    });
    // A socket counts from its first request on, since Node may keep a spare connection without a request.
    socket.on("data", () => {
      open.add(socket);
      const respond = responds[Math.min(requests, responds.length - 1)];
      requests += 1;
      respond?.(socket);
    });
  });
  const client = (options: JupyterHubOptions = {}): JupyterHub =>
    new JupyterHub({ url: server.url, token: secrets.token, retry: 0, ...options });
  return {
    client,
    open,
    closed: closed.when,
    requests: () => requests,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function reported(stream: AsyncIterable<ProgressEvent>) {
  const all: ProgressEvent[] = [];
  try {
    for await (const one of stream) all.push(one);
    return { all, error: undefined };
  } catch (error) {
    return { all, error };
  }
}

describe("a progress stream", () => {
  it.each<[what: string, responds: Respond[]]>([
    ["in one piece", [send(events, event(requested), event(half), event(ready), end)]],
    [
      "after keepalives",
      [send(events, chunk("\n\n\n\n"), event(requested), event(half), event(ready))],
    ],
    [
      "cut twice between events",
      [
        sendAndCut(events, event(requested)),
        sendAndCut(events, event(requested), event(half)),
        send(events, event(requested), event(half), event(ready)),
      ],
    ],
    [
      "cut within an event",
      [
        sendAndCut(events, event(requested), chunk('data: {"progress": 5')),
        send(events, event(requested), event(half), event(ready)),
      ],
    ],
    [
      "cut within a character",
      [
        (socket) => {
          const bytes = Buffer.from(`data: ${JSON.stringify(half)}\n\n`);
          const cut = bytes.subarray(0, bytes.indexOf(0xc3) + 1);
          socket.write(events + event(requested) + `${cut.length.toString(16)}\r\n`);
          socket.write(cut);
          socket.write("\r\n", () => socket.resetAndDestroy());
        },
        send(events, event(requested), event(half), event(ready)),
      ],
    ],
    [
      "ended before its last event",
      [
        send(events, event(requested), end),
        send(events, event(requested), event(half), event(ready)),
      ],
    ],
  ])("%s gives every event once", async (_, responds) => {
    await using hub = await progressHub(...responds);
    const { all, error } = await reported(hub.client().servers.progress("ada"));
    expect(error).toBeUndefined();
    expect(all).toEqual([requested, half, ready]);
    expect(hub.requests()).toBe(responds.length);
  });

  it.each<[what: string, respond: Respond, error: object]>([
    [
      "no pending start",
      send(json("400 Bad Request", { status: 400, message: "ada is not starting..." })),
      { name: "BadRequestError" },
    ],
    [
      "an unknown server",
      send(json("404 Not Found", { status: 404, message: null })),
      { name: "NotFoundError" },
    ],
    [
      "a missing scope",
      send(json("403 Forbidden", { status: 403, message: "requires any of [read:servers]" })),
      { name: "ForbiddenError", requiredScopes: ["read:servers"] },
    ],
    [
      "JSON instead of a stream",
      send(json("200 OK", { progress: 0 })),
      { name: "UnexpectedResponseError" },
    ],
  ])(
    "rejects if the hub responds with an error or without a stream: %s",
    async (_, respond, expected) => {
      await using hub = await progressHub(respond);
      const { all, error } = await reported(hub.client().servers.progress("ada"));
      expect(all).toEqual([]);
      expect(error).toMatchObject(expected);
      expect(hub.requests()).toBe(1);
      expectNoSecret(error);
    },
  );

  it("rejects with a ConnectionError if it breaks off repeatedly without new events", async () => {
    await using hub = await progressHub(sendAndCut(events, event(requested)));
    const { all, error } = await reported(hub.client().servers.progress("ada"));
    expect(all).toEqual([requested]);
    expect(error).toMatchObject({ name: "ConnectionError" });
    expect(hub.requests()).toBe(5);
    expectNoSecret(error);
  });

  it("rejects with a TimeoutError, after the retries, if no data arrive within the timeout of an attempt", async () => {
    await using hub = await progressHub(send(events, event(requested)));
    const { error } = await reported(hub.client({ timeout: 50 }).servers.progress("ada"));
    expect(error).toMatchObject({ name: "TimeoutError", timeout: 50 });
    expect(hub.requests()).toBe(5);
  });

  it("may last longer than the timeout of an attempt if keep-alive data arrive", async () => {
    await using hub = await progressHub((socket) => {
      socket.write(events + event(requested));
      const alive = setInterval(() => socket.write(chunk("\n\n")), 20);
      socket.on("close", () => clearInterval(alive));
    });
    const stream = hub.client({ timeout: 100 }).servers.progress("ada", {}, { timeout: 500 });
    const { all, error } = await reported(stream);
    expect(all).toEqual([requested]);
    expect(error).toMatchObject({
      name: "TimeoutError",
      message: "The server of ada neither started nor failed within 500 ms.",
    });
    await hub.closed;
    expect(hub.open.size).toBe(0);
  });

  it("closes its connection when the caller stops iterating", async () => {
    await using hub = await progressHub(send(events, event(requested)));
    for await (const one of hub.client().servers.progress("ada")) {
      expect(one).toEqual(requested);
      break;
    }
    await hub.closed;
    expect(hub.open.size).toBe(0);
  });

  it("closes its connection when the caller stops iterating while the stream waits for data", async () => {
    await using hub = await progressHub(send(events, event(requested)));
    const items = hub.client().servers.progress("ada")[Symbol.asyncIterator]();
    await items.next();
    const next = items.next();
    await items.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    await hub.closed;
    expect(hub.open.size).toBe(0);
  });

  it("closes its connection when it is aborted, and throws the reason", async () => {
    await using hub = await progressHub(send(events, event(requested)));
    const controller = new AbortController();
    const { signal } = controller;
    const all: ProgressEvent[] = [];
    const run = (async () => {
      for await (const one of hub.client().servers.progress("ada", {}, { signal })) {
        all.push(one);
        controller.abort("enough");
      }
    })();
    await expect(run).rejects.toBe("enough");
    expect(all).toEqual([requested]);
    await hub.closed;
    expect(hub.open.size).toBe(0);
  });

  it("sends nothing before it is iterated, and nothing for an invalid name", async () => {
    await using hub = await progressHub(send(events, event(ready)));
    const stream = hub.client().servers.progress("ada");
    const { error } = await reported(hub.client().servers.progress(".."));
    expect(error).toMatchObject({ name: "InvalidInputError" });
    expect(hub.requests()).toBe(0);
    expect((await reported(stream)).all).toEqual([ready]);
    expect((await reported(stream)).all).toEqual([ready]);
    expect(hub.requests()).toBe(2);
  });
});
