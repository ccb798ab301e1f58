/**
 * Edge cases of the generated client, used through the package's main export: the requests that it builds, and the
 * responses that it parses.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { describe, expect, it } from "vitest";
import { JupyterHub, type JupyterHubOptions } from "../../src/index.js";
import { rejectionOf, secrets, serve, signalled } from "./helpers.js";

type Answer = (response: ServerResponse, request: IncomingMessage) => void;
const ofHub = { "X-JupyterHub-Version": "6.1.1" };
const json = { ...ofHub, "Content-Type": "application/json" };

/** Starts a real server that responds with `answer`. Returns a client for it, and the requests that it received. */
async function hubAt(answer: Answer, options: JupyterHubOptions = {}) {
  const requests: {
    method: string;
    url: string;
    headers: IncomingMessage["headers"];
    body: string;
  }[] = [];
  const server = await serve(async (request, response) => {
    const { method = "", url = "", headers } = request;
    requests.push({ method, url, headers, body: await text(request) });
    answer(response, request);
  });
  const hub = new JupyterHub({ url: server.url, token: secrets.token, retry: 0, ...options });
  return { hub, requests, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

describe("the parser of responses", () => {
  const call = (hub: JupyterHub) => hub.client.get({ url: "/beyond", throwOnError: true });

  it.each<[what: string, answer: Answer, value: unknown]>([
    ["no content", (response) => response.writeHead(204, ofHub).end(), undefined],
    [
      "no content with a Content-Length",
      (response) => response.writeHead(204, { ...ofHub, "Content-Length": "0" }).end(),
      undefined,
    ],
  ])(
    "resolves with undefined for an operation whose response has no body: %s",
    async (_, answer, value) => {
      await using server = await hubAt(answer);
      expect(await server.hub.groups.delete("astronomy")).toBe(value);
    },
  );

  it.each([
    ["an object", '{"a": null, "b": [1, null]}', { a: null, b: [1, null] }],
    ["a list", "[1, null, {}]", [1, null, {}]],
    ["an empty list", "[]", []],
  ])("returns JSON, null values included: %s", async (_, body, value) => {
    await using server = await hubAt((response) => response.writeHead(200, json).end(body));
    expect((await call(server.hub)).data).toEqual(value);
  });

  it.each(["null", "1", '"text"', "{", "<p>"])(
    "refuses a body that is neither a JSON object nor a JSON list: %s",
    async (body) => {
      await using server = await hubAt((response) => response.writeHead(200, json).end(body));
      const error = await rejectionOf(call(server.hub));
      expect(error).toMatchObject({ name: "UnexpectedResponseError", status: 200 });
      expect(error).not.toHaveProperty("cause");
    },
  );

  it("logs invalid JSON as a failure, and does not quote it", async () => {
    const logged: unknown[] = [];
    const logger = { debug: (_: string, fields: object) => logged.push(fields) };
    const body = `{"token": "${secrets.value}"`;
    await using server = await hubAt((response) => response.writeHead(200, json).end(body), {
      logger,
    });
    const error = await rejectionOf(server.hub.users.get("ada"));
    expect(String((error as Error).stack)).not.toContain(secrets.value);
    expect(logged).toEqual([
      expect.objectContaining({ status: 200, error: "UnexpectedResponseError" }),
    ]);
  });

  it("passes an event stream on unchanged", async () => {
    await using server = await hubAt((response) => {
      response.writeHead(200, { ...ofHub, "Content-Type": "text/event-stream" });
      response.end('data: {"progress": 100, "ready": true}\n\n');
    });
    const events = [];
    for await (const event of server.hub.servers.progress("ada")) events.push(event);
    expect(events).toEqual([{ progress: 100, ready: true }]);
  });

  it("rejects with the abort reason if the signal aborts while the body is read", async () => {
    const begun = signalled();
    await using server = await hubAt((response) => {
      response.writeHead(200, json);
      response.write('{"name": "a', () => begun.tell());
    });
    const controller = new AbortController();
    const reading = rejectionOf(server.hub.users.get("ada", {}, { signal: controller.signal }));
    await begun.when;
    const reason = { why: "enough" };
    controller.abort(reason);
    expect(await reading).toBe(reason);
  });

  it.each([null, 0, ""])(
    "rejects with the abort reason itself, even if it is %j",
    async (reason) => {
      await using server = await hubAt(() => undefined);
      const controller = new AbortController();
      const reading = rejectionOf(server.hub.users.get("ada", {}, { signal: controller.signal }));
      controller.abort(reason);
      expect(await reading).toBe(reason);
    },
  );
});

describe("the builder of requests", () => {
  const ok: Answer = (response) => response.writeHead(200, json).end("{}");

  it("encodes the keys and values of a query, and omits null and undefined values", async () => {
    await using server = await hubAt(ok);
    const query = { "a&b": "c=d", none: null, not: undefined, list: ["x", "y"] };
    await server.hub.client.get({ url: "/beyond", query, throwOnError: true });
    expect(server.requests[0]?.url).toBe("/hub/api/beyond?a%26b=c%3Dd&list=x&list=y");
  });

  it("accepts a url without a leading slash", async () => {
    await using server = await hubAt(ok);
    await server.hub.client.get({ url: "beyond/x", throwOnError: true });
    expect(server.requests[0]?.url).toBe("/hub/api/beyond/x");
  });

  it("refuses a call with a query both in its url and in `query`", async () => {
    await using server = await hubAt(ok);
    const query = { limit: 1 };
    const error = await rejectionOf(
      server.hub.client.get({ url: "/users?state=active", query, throwOnError: true }),
    );
    expect(error).toMatchObject({ name: "InvalidInputError" });
    expect((error as Error).message).toContain("either in the url or in `query`");
    expect(server.requests).toEqual([]);
  });

  it.each(["content-type", "Content-Type", "CONTENT-TYPE"])(
    "sends Content-Type only once if the call's headers contain %s",
    async (name) => {
      await using server = await hubAt(ok);
      const headers = { [name]: "application/json" };
      await server.hub.groups.setProperties("astronomy", { a: 1 }, { headers });
      expect(server.requests[0]?.headers["content-type"]).toBe("application/json");
    },
  );

  it("sends no Content-Type without a body", async () => {
    await using server = await hubAt((response) => response.writeHead(204, ofHub).end());
    await server.hub.users.delete("ada");
    expect(server.requests[0]?.headers["content-type"]).toBeUndefined();
  });

  it("sends the same body when it retries", async () => {
    let count = 0;
    await using server = await hubAt(
      (response) => {
        count += 1;
        if (count === 1) response.writeHead(429, { ...json, "Retry-After": "0" }).end("{}");
        else response.writeHead(201, json).end('[{"name": "ada"}]');
      },
      { retry: 1 },
    );
    await server.hub.users.createMany({ usernames: ["ada"] });
    expect(server.requests.map(({ body }) => body)).toEqual(
      Array(2).fill(JSON.stringify({ usernames: ["ada"] })),
    );
    expect(new Set(server.requests.map(({ headers }) => headers.authorization)).size).toBe(1);
  });

  it("leaves no listener on a signal that many calls share", async () => {
    await using server = await hubAt(ok);
    const { signal } = new AbortController();
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...given: Parameters<typeof add>) => {
      listeners += 1;
      add(...given);
    };
    signal.removeEventListener = (...given: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...given);
    };
    for (let index = 0; index < 20; index += 1) await server.hub.users.get("ada", {}, { signal });
    expect(listeners).toBe(0);
  });
});
