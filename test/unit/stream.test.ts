/** Streams from a real server: how their data arrive, and every way in which a stream can end. */
import { getEventListeners } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  ConnectionError,
  JupyterHub,
  UnexpectedResponseError,
  TimeoutError,
  type JupyterHubOptions,
} from "../../src/index.js";
import {
  answer,
  answering,
  expectNoSecret,
  origin,
  rejectionOf,
  secrets,
  serve,
  signalled,
} from "./helpers.js";

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const url = "/users/{name}/server/progress";
const path = { name: "ada" };

/** Requests the progress stream of a spawn, and returns it. */
const progress = async (hub: JupyterHub, options: object = {}): Promise<ReadableStream> => {
  const call = { url, path, parseAs: "stream" as const, throwOnError: true as const, ...options };
  return (await hub.client.get(call)).data as ReadableStream;
};

/** Starts a server that sends this response. Returns a client, and a promise that resolves when a connection closes. */
async function serving(
  respond: (response: ServerResponse, request: IncomingMessage) => void,
  options: JupyterHubOptions = {},
) {
  const closed = signalled();
  const seen: string[] = [];
  const server = await serve((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    request.socket.once("close", () => closed.tell());
    response.setHeader("X-JupyterHub-Version", "6.1.1");
    respond(response, request);
  });
  const hub = new JupyterHub({ url: server.url, token: secrets.token, retry: 0, ...options });
  return { hub, seen, closed: closed.when, [Symbol.asyncDispose]: server[Symbol.asyncDispose] };
}

const events = (response: ServerResponse): ServerResponse => {
  response.setHeader("Content-Type", "text/event-stream");
  response.flushHeaders();
  return response;
};

const decoder = new TextDecoder();

/** Returns the next chunk as text, or undefined at the end of the stream. */
async function next(reader: ReadableStreamDefaultReader): Promise<string | undefined> {
  const { done, value } = await reader.read();
  return done ? undefined : decoder.decode(value as Uint8Array);
}

describe("a stream", () => {
  it("passes data on as they arrive, and ends when the hub ends it", async () => {
    let respond!: ServerResponse;
    await using server = await serving((response) => (respond = events(response)));
    const reader = (await progress(server.hub)).getReader();
    for (const text of ["data: {}\n\n", "data: é\n\n"]) {
      respond.write(text);
      expect(await next(reader)).toBe(text);
    }
    respond.end();
    expect(await next(reader)).toBeUndefined();
    expect(server.seen).toEqual(["GET /hub/api/users/ada/server/progress"]);
  });

  it("is requested with an Accept header that lists the media types of its operation", async () => {
    let accept: string | undefined;
    await using server = await serving((response, { headers }) => {
      accept = headers.accept;
      events(response).end();
    });
    await (await progress(server.hub)).cancel();
    expect(accept).toBe("text/event-stream, application/json");
  });

  it("does not count towards maxConcurrency once its headers have arrived", async () => {
    await using server = await serving(
      (response, request) => {
        if (request.url?.endsWith("progress")) return events(response);
        response.setHeader("Content-Type", "application/json").end('{"name": "ada"}');
      },
      { maxConcurrency: 1 },
    );
    const streams = [await progress(server.hub), await progress(server.hub)];
    expect(await server.hub.users.get("ada")).toEqual({ name: "ada" });
    await Promise.all(streams.map((stream) => stream.cancel()));
  });

  it("is not limited by the timeout of the attempt or the call while data arrive", async () => {
    let respond!: ServerResponse;
    await using server = await serving((response) => (respond = events(response)), {
      timeout: 1000,
    });
    const reader = (await progress(server.hub, { timeout: 2000 })).getReader();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    for (let count = 0; count < 5; count += 1) {
      const read = next(reader);
      await vi.advanceTimersByTimeAsync(900);
      respond.write("x");
      expect(await read).toBe("x");
    }
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
    await reader.cancel();
  });

  it("may be read late: only the time of a pending read counts towards the timeout", async () => {
    let respond!: ServerResponse;
    await using server = await serving((response) => (respond = events(response)), {
      timeout: 1000,
    });
    const reader = (await progress(server.hub)).getReader();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    expect(vi.getTimerCount()).toBe(0);
    await vi.advanceTimersByTimeAsync(5000);
    respond.write("late");
    expect(await next(reader)).toBe("late");
    vi.useRealTimers();
    await reader.cancel();
  });
});

describe("a stream rejects", () => {
  it.each([
    ["the client's timeout", { timeout: 2000 }, 2000],
    ["the default of 30 seconds", {}, 30_000],
  ])("when no data arrive for %s; its connection is closed", async (_, options, time) => {
    await using server = await serving((response) => events(response).write("x"), options);
    const reader = (await progress(server.hub)).getReader();
    expect(await next(reader)).toBe("x");
    // The clock is fake only from here on, since earlier timers belong to the runtime's connection.
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const rejected = rejectionOf(next(reader));
    await vi.advanceTimersByTimeAsync(time - 1);
    expect(vi.getTimerCount()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    const error = await rejected;
    vi.useRealTimers();
    expect(error).toBeInstanceOf(TimeoutError);
    expect(error).toMatchObject({ timeout: time, method: "GET" });
    await server.closed;
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ["is lost", (response) => response.socket?.resetAndDestroy()],
    ["is closed in the middle", (response) => response.socket?.end()],
  ])("when the connection %s", async (_, end) => {
    let respond!: ServerResponse;
    await using server = await serving((response) => (respond = events(response)));
    const reader = (await progress(server.hub)).getReader();
    respond.write("data: {");
    expect(await next(reader)).toBe("data: {");
    end(respond);
    const error = await rejectionOf(next(reader));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(error).toMatchObject({
      method: "GET",
      url: expect.stringMatching(/progress$/) as string,
    });
    expectNoSecret(error);
    await server.closed;
  });

  it.each([[new Error("enough")], ["a word"], [0]])(
    "with the reason, and closes its connection, when the caller aborts during a read: %s",
    async (reason) => {
      await using server = await serving((response) => events(response).write("x"));
      const controller = new AbortController();
      const { signal } = controller;
      const reader = (await progress(server.hub, { signal })).getReader();
      expect(await next(reader)).toBe("x");
      const rejected = rejectionOf(next(reader));
      controller.abort(reason);
      expect(await rejected).toBe(reason);
      expect(getEventListeners(signal, "abort")).toEqual([]);
      await server.closed;
    },
  );

  it("when the caller aborts before the first read; its connection is closed", async () => {
    await using server = await serving((response) => events(response).write("x"));
    const controller = new AbortController();
    const stream = await progress(server.hub, { signal: controller.signal });
    controller.abort("enough");
    await server.closed;
    expect(await rejectionOf(next(stream.getReader()))).toBe("enough");
  });
});

describe("an abort before the response to a request for a stream", () => {
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

  it("prevents the call of the token function", async () => {
    let calls = 0;
    const token = async () => {
      calls += 1;
      throw new Error("the vault is sealed");
    };
    const controller = new AbortController();
    const { signal } = controller;
    const hub = new JupyterHub({ url: origin, token, fetch: answering(() => answer({})) });
    const opened = progress(hub, { signal });
    controller.abort();
    expect(await rejectionOf(opened)).toBe(signal.reason);
    await turn();
    expect(calls).toBe(0);
  });

  it("closes the stream that `fetch` still returns if `fetch` ignores the signal", async () => {
    const requested = signalled();
    const closed = signalled();
    const response = signalled<Response>();
    const fetch = async () => {
      requested.tell();
      return response.when;
    };
    const controller = new AbortController();
    const { signal } = controller;
    const opened = progress(new JupyterHub({ url: origin, token: "t", fetch }), { signal });
    await requested.when;
    controller.abort();
    expect(await rejectionOf(opened)).toBe(signal.reason);
    const headers = { "Content-Type": "text/event-stream", "X-JupyterHub-Version": "6.1.1" };
    response.tell(new Response(new ReadableStream({ cancel: () => closed.tell() }), { headers }));
    await closed.when;
  });
});

describe("a stream leaves nothing behind", () => {
  it.each<[string, (reader: ReadableStreamDefaultReader) => Promise<unknown>]>([
    ["cancelled", (reader) => reader.cancel("of no interest")],
    [
      "cancelled while it is read",
      async (reader) => {
        const read = next(reader);
        await reader.cancel();
        expect(await read).toBeUndefined();
      },
    ],
  ])("when it is %s: its connection is closed", async (_, end) => {
    await using server = await serving((response) => events(response).write("x"));
    const { signal } = new AbortController();
    const reader = (await progress(server.hub, { signal })).getReader();
    expect(await next(reader)).toBe("x");
    await end(reader);
    await server.closed;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("when a loop over it ends with break", async () => {
    await using server = await serving((response) => events(response).write("x"));
    const { signal } = new AbortController();
    const stream = await progress(server.hub, { signal });
    for await (const chunk of stream as unknown as AsyncIterable<Uint8Array>) {
      expect(decoder.decode(chunk)).toBe("x");
      break;
    }
    await server.closed;
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });

  it("when it ends by itself", async () => {
    await using server = await serving((response) => events(response).end("x"));
    const { signal } = new AbortController();
    const stream = await progress(server.hub, { signal });
    expect(await new Response(stream).text()).toBe("x");
    expect(getEventListeners(signal, "abort")).toEqual([]);
  });
});

describe("the response to a request for a stream", () => {
  const json = (status: number, body: unknown) => (response: ServerResponse) => {
    response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(body));
  };

  it.each([
    [400, "ada is not spawning", "BadRequestError"],
    [401, null, "AuthenticationError"],
    [403, "Action is not authorized with current scopes", "ForbiddenError"],
    [404, null, "NotFoundError"],
    [500, "Internal Server Error", "HubError"],
  ])("leads to the usual error for status %i", async (status, message, name) => {
    await using server = await serving(json(status, { status, message }));
    const error = await rejectionOf(progress(server.hub));
    expect(error).toMatchObject({ name, status, hubMessage: message ?? undefined });
  });

  it.each<[string, (response: ServerResponse) => void, RegExp]>([
    ["a 200 with JSON", json(200, { name: "ada" }), /got a response that is no stream\.$/],
    [
      "a login page",
      (response) => {
        response.removeHeader("X-JupyterHub-Version");
        response.setHeader("Content-Type", "text/html").end("<p>Log in</p>");
      },
      /answered 200 with an HTML page, which is not the API/,
    ],
    [
      "a redirect",
      (response) => response.writeHead(302, { Location: "/hub/login?next=x" }).end(),
      /was redirected to .*\/hub\/login, which/,
    ],
    [
      "a 204 without content",
      (response) => response.writeHead(204).end(),
      /answered 204 with nothing, which/,
    ],
  ])("is refused if it is %s", async (_, respond, words) => {
    await using server = await serving(respond);
    const error = await rejectionOf(progress(server.hub));
    expect(error).toBeInstanceOf(UnexpectedResponseError);
    expect((error as Error).message).toMatch(words);
    expect(server.seen).toHaveLength(1);
  });

  it("is refused if it is not from a hub, and its connection is closed", async () => {
    await using server = await serving((response) => {
      response.removeHeader("X-JupyterHub-Version");
      response.setHeader("Content-Type", "application/octet-stream").write("x");
    });
    const call = { url: "/files", parseAs: "stream" as const, throwOnError: true as const };
    expect(await rejectionOf(server.hub.client.get(call))).toBeInstanceOf(UnexpectedResponseError);
    await server.closed;
  });

  it("is refused, and its body is closed, if the body is not a web stream; the error suggests another `fetch`", async () => {
    let closed = 0;
    let sent = 0;
    const body = { destroy: () => (closed += 1) };
    const fetch = async (): Promise<Response> => {
      sent += 1;
      const response = new Response("", { headers: { "Content-Type": "text/event-stream" } });
      return Object.defineProperty(response, "body", { value: body });
    };
    const hub = new JupyterHub({ url: "https://hub.example.org", token: secrets.token, fetch });
    const error = await rejectionOf(progress(hub));
    expect(error).toMatchObject({ name: "InvalidInputError" });
    expect((error as Error).message).toContain(
      "Give the client a `fetch` whose responses have one",
    );
    expect({ closed, sent }).toEqual({ closed: 1, sent: 1 });
  });

  it("does not block other requests before its headers arrive, even with maxConcurrency 1", async () => {
    await using server = await serving(
      (response, request) => {
        if (!request.url?.endsWith("/progress"))
          response.setHeader("Content-Type", "application/json").end("{}");
      },
      { maxConcurrency: 1 },
    );
    const controller = new AbortController();
    const waiting = progress(server.hub, { signal: controller.signal });
    expect(await server.hub.whoami()).toEqual({});
    controller.abort(new Error("enough"));
    await rejectionOf(waiting);
  });

  it("is requested again if a transient error occurs before its headers arrive", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    let count = 0;
    await using server = await serving(
      (response) => {
        count += 1;
        if (count === 1) return void response.socket?.resetAndDestroy();
        if (count === 2) return void response.writeHead(503).end("{}");
        events(response).end("data: {}\n\n");
      },
      { retry: 3 },
    );
    expect(await new Response(await progress(server.hub)).text()).toBe("data: {}\n\n");
    expect(server.seen).toHaveLength(3);
  });
});
