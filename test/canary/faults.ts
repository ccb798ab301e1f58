/**
 * The faults of the canary: those of the fault table, simulated without sockets; the errors of other runtimes' `fetch`;
 * and responses in which a hub or gateway quotes the request.
 */
import { inspect } from "node:util";
import type { Middleware } from "../../src/index.js";
import { rows } from "../faults/rows.js";
import type { Exchange, Respond } from "../faults/faulty.js";
import { planted } from "./planted-secrets.js";

/** A request as `fetch` receives it. */
export interface Sent {
  /** The number of the request within its call, from 1. */
  count: number;
  method: string;
  url: string;
  headers: Headers;
  body: string;
  signal: AbortSignal;
}

export interface Fault {
  name: string;
  /** Returns the response to a request, or fails. */
  respond: (sent: Sent) => Response | Promise<Response>;
  middleware?: Middleware;
}

const ofHub = { "X-JupyterHub-Version": "6.1.1" };
const json = { "Content-Type": "application/json", ...ofHub };
const html = { "Content-Type": "text/html" };

/** A whole request as one text, as a debugging page shows it. */
export const quoted = ({ method, url, headers, body }: Sent): string =>
  [`${method} ${url}`, ...[...headers].map((pair) => pair.join(": ")), "", body].join("\n");

/** The body of a request in Python's notation. */
const repr = ({ body }: Sent): string => body.replaceAll('"', "'");

const refuse =
  (status: number, words: (sent: Sent) => string): Fault["respond"] =>
  (sent) =>
    new Response(JSON.stringify({ status, message: words(sent) }), { status, headers: json });

const escaped = (text: string): string => text.replaceAll("&", "&amp;").replaceAll('"', "&quot;");
const page =
  (status: number, headers: Record<string, string>): Fault["respond"] =>
  (sent) =>
    new Response(`<!DOCTYPE html><pre>${escaped(quoted(sent))}</pre>${quoted(sent)}`, {
      status,
      headers: { ...html, ...headers },
    });
const redirect =
  (location: (sent: Sent) => string): Fault["respond"] =>
  (sent) =>
    new Response(null, { status: 302, headers: { ...ofHub, Location: location(sent) } });
const answers =
  (body: (sent: Sent) => string, headers: Record<string, string> = json): Fault["respond"] =>
  (sent) =>
    new Response(body(sent), { headers });
const fails =
  (error: (sent: Sent) => unknown): Fault["respond"] =>
  async (sent) => {
    throw error(sent);
  };
const well: Fault["respond"] = answers(() => `{"name": "ada"}`);

const pathOf = ({ url }: Sent): string => url.replace(/^https?:\/\/[^/]+/, "");
const bearer = (sent: Sent): string => sent.headers.get("Authorization") ?? "";

/** The decoded user and password in the credentials for a proxy. */
const basicOf = ({ headers }: Sent): string =>
  atob((headers.get("Proxy-Authorization") ?? "").replace(/^Basic /, ""));

const cookiesOf = ({ headers }: Sent): string[] =>
  (headers.get("Cookie") ?? "")
    .split("; ")
    .map((cookie) => decodeURIComponent(cookie.replace(/^\w+=/, "")));

/** All strings and numbers in a JSON body. */
function valuesOf({ body }: Sent): string[] {
  const values: string[] = [];
  try {
    JSON.parse(body, (_, value: unknown) => {
      if (typeof value === "string" || typeof value === "number") values.push(String(value));
      return value;
    });
  } catch {
    // The body is not JSON: it is a form or empty.
  }
  return values;
}

let started: Sent | undefined;
/**
 * A hub with a failing Spawner. The failure event repeats the requests that started the server and opened the stream.
 */
const spawning: Fault["respond"] = (sent) => {
  const { method, url } = sent;
  if (method === "POST") {
    started = sent;
    return new Response("", { status: 202, headers: ofHub });
  }
  if (!url.endsWith("/progress")) {
    const model = { name: "", url: "/user/ada/", ready: false, pending: null, stopped: true };
    return new Response(JSON.stringify(model), { headers: json });
  }
  const all = `${started ? `${quoted(started)} ${valuesOf(started).join(" ")}` : ""} ${quoted(sent)}`;
  const event = { progress: 100, failed: true, message: all, html_message: all, [all]: [all] };
  const headers = { "Content-Type": "text/event-stream", ...ofHub };
  return new Response(`data: ${JSON.stringify(event)}\n\n`, { headers });
};

/** The errors that runtimes, or libraries that replace their `fetch`, throw if a connection fails. */
const platforms: [string, (sent: Sent) => unknown][] = [
  [
    "Node for a malformed header, whose parser keeps the text",
    (sent) =>
      new TypeError("fetch failed", {
        cause: Object.assign(new Error("Invalid header token"), {
          code: "HPE_INVALID_HEADER_TOKEN",
          data: Buffer.from(quoted(sent)),
        }),
      }),
  ],
  [
    "Bun, which keeps the URL",
    ({ url }) =>
      Object.assign(new Error("Unable to connect. Is the computer able to access the url?"), {
        code: "ConnectionRefused",
        path: url,
      }),
  ],
  [
    "Deno, which quotes the URL",
    ({ url }) => new TypeError(`error sending request for url (${url}): Connection refused`),
  ],
  [
    "node-fetch, which quotes the URL",
    ({ url }) =>
      Object.assign(new Error(`request to ${url} failed, reason: connect ECONNREFUSED`), {
        code: "ECONNREFUSED",
        type: "system",
      }),
  ],
  [
    "a library that quotes the URL, with the platform's error as its cause",
    ({ url }) => new Error(`GET ${url}`, { cause: new TypeError("fetch failed") }),
  ],
  [
    "a library whose errors keep their request",
    (sent) =>
      Object.assign(new Error("Request failed"), {
        request: new Request(sent.url, { method: sent.method, headers: sent.headers }),
        options: { headers: Object.fromEntries(sent.headers), body: sent.body },
        config: sent,
      }),
  ],
  ["a library whose errors quote their request", (sent) => new Error(quoted(sent))],
  ["a library that throws a string", quoted],
  [
    "a library whose error has its request as its name",
    (sent) => Object.assign(new Error("no"), { name: quoted(sent) }),
  ],
  [
    "a library whose error has the token as its code",
    (sent) => Object.assign(new Error("no"), { code: bearer(sent).replace(/^\S+ /, "") }),
  ],
  [
    "a library whose stack quotes its request",
    (sent) => Object.assign(new Error("no"), { stack: `Error: ${quoted(sent)}\n    at x` }),
  ],
  ["a browser", () => new TypeError("Failed to fetch")],
  ["a program that throws undefined", () => undefined],
];

/** Responses that repeat the request. They come from hubs, proxies and other sites. */
const echoes: [string, Fault["respond"]][] = [
  [
    "a hub's message that quotes the keys of a body",
    refuse(400, (sent) => `Invalid JSON keys: ${repr(sent)}`),
  ],
  ["a hub's message that quotes a body", refuse(400, (sent) => `Invalid JSON data: ${repr(sent)}`)],
  ...[400, 401, 403, 404, 405, 409, 418, 429, 500, 503].map(
    (status): [string, Fault["respond"]] => [
      `a gateway's refusal that quotes the request: ${status}`,
      refuse(status, quoted),
    ],
  ),
  ["a gateway that quotes the token", refuse(403, (sent) => `Bad token: ${bearer(sent)}`)],
  ["a gateway that quotes decoded Basic credentials", refuse(407, basicOf)],
  ["a gateway that quotes each cookie", refuse(400, (sent) => cookiesOf(sent).join(" and "))],
  [
    "a gateway that quotes the values of a body",
    refuse(400, (sent) => valuesOf(sent).join(" or ")),
  ],
  [
    "a Response whose headers throw the request",
    (sent) =>
      Object.defineProperty(new Response("{}"), "headers", {
        get: () => {
          throw new TypeError(quoted(sent), { cause: quoted(sent) });
        },
      }),
  ],
  ["a Spawner that quotes the request", spawning],
  ["a gateway that quotes the URL", refuse(404, (sent) => `Nothing at ${sent.url}`)],
  ["a gateway that quotes the body", refuse(400, (sent) => `What is ${sent.body}?`)],
  [
    "an OAuth error that quotes the request",
    (sent) =>
      new Response(JSON.stringify({ error: "invalid_request", error_description: quoted(sent) }), {
        status: 400,
        headers: json,
      }),
  ],
  [
    "a redirect to a login page, with the request's path in the query",
    redirect((sent) => `/hub/login?next=${pathOf(sent)}`),
  ],
  [
    "a redirect to a login page, with the request's encoded path in the query",
    redirect((sent) => `/hub/login?next=${encodeURIComponent(pathOf(sent))}`),
  ],
  ["a redirect to https", redirect(({ url }) => url.replace(/^http:/, "https:"))],
  ["a redirect to another host", redirect((sent) => `https://elsewhere.example${pathOf(sent)}`)],
  [
    "a redirect to another host, with the token in the path",
    redirect((sent) => `https://elsewhere.example/${encodeURIComponent(bearer(sent))}`),
  ],
  [
    "a redirect to another host, with the token in the fragment",
    redirect((sent) => `https://elsewhere.example/#${encodeURIComponent(bearer(sent))}`),
  ],
  ...[200, 400, 403, 404, 500, 502].flatMap((status): [string, Fault["respond"]][] => [
    [`a page that quotes the request: ${status}`, page(status, {})],
    [`a hub's page that quotes the request: ${status}`, page(status, ofHub)],
  ]),
  ["invalid JSON", answers((sent) => `{"message": ${quoted(sent)}`)],
  ["plain text", answers(quoted, { "Content-Type": "text/plain" })],
  ["JSON of another shape", answers((sent) => JSON.stringify({ hello: quoted(sent) }))],
  ["a JSON list of another shape", answers((sent) => JSON.stringify([quoted(sent)]))],
  ["a JSON list that contains null", answers(() => "[null]")],
  [
    "a page of a listing that contains null",
    answers(() => `{"items": [null], "_pagination": {"offset": 0, "limit": 9, "total": 1}}`),
  ],
  [
    "a new token in a body that is cut off",
    answers(() => `{"id": "a7", "token": "${planted["token of an answer"]}`),
  ],
  [
    "a stream whose data is not an event",
    answers((sent) => `data: ${quoted(sent)}\n\n`, {
      "Content-Type": "text/event-stream",
      ...ofHub,
    }),
  ],
];

/** Turns a responder of the fault table, which writes to a socket, into one that returns a `Response`. */
function withoutSocket(respond: Respond | undefined): Fault["respond"] {
  if (!respond) return fails(() => broken("ECONNREFUSED"));
  return ({ count, method, url, signal }) =>
    new Promise((resolve, reject) => {
      let text = "";
      const answer: { body?: ReadableStreamDefaultController<Uint8Array> } = {};
      const closed: (() => void)[] = [];
      const end = (error?: Error): void => {
        try {
          if (error) answer.body?.error(error);
          else answer.body?.close();
        } catch {
          // The stream has already ended.
        }
        if (error) reject(error);
        for (const run of closed.splice(0)) run();
      };
      signal.addEventListener("abort", () => end(signal.reason as Error), { once: true });
      const write = (data: string, written?: () => void): void => {
        if (answer.body) {
          answer.body.enqueue(Buffer.from(data));
        } else {
          text += data;
          const [, head, rest = ""] = /^(HTTP.*?)\r\n\r\n(.*)$/s.exec(text) ?? [];
          if (head === undefined) return;
          const [, ...lines] = head.split("\r\n");
          const headers = lines.map((line): [string, string] => {
            const [, name = "", value = ""] = /^([^:]*): (.*)$/.exec(line) ?? [];
            return [name, value];
          });
          const stream = new ReadableStream<Uint8Array>({
            start(controller) {
              answer.body = controller;
              controller.enqueue(Buffer.from(rest));
            },
          });
          resolve(new Response(stream, { headers }));
        }
        // Later, as on a network.
        if (written) setImmediate(written);
      };
      const socket = {
        write,
        // In the fault table, a response that ends this way is incomplete.
        end: (data = "") => {
          write(data);
          setImmediate(() => end(broken("UND_ERR_SOCKET")));
        },
        destroy: () => end(broken("UND_ERR_SOCKET")),
        resetAndDestroy: () => end(broken("ECONNRESET")),
        once: (_: string, run: () => void) => closed.push(run),
      };
      const reply: Exchange["reply"] = (status, lines, body = "") => {
        const headers = lines.map((line) => line.split(": ", 2) as [string, string]);
        resolve(new Response(String(body), { status, headers }));
      };
      respond({
        count,
        method,
        path: new URL(url).pathname,
        reply,
        socket: socket as unknown as Exchange["socket"],
      });
    });
}

const broken = (code: string): TypeError =>
  new TypeError("fetch failed", { cause: Object.assign(new Error("broke"), { code }) });

/** Returns the arguments of a middleware, printed in every way. */
const reported = (...given: unknown[]): string =>
  given
    .flatMap((one) => [
      inspect(one, { depth: 9, showHidden: true }),
      JSON.stringify(one),
      String(one),
      `${JSON.stringify(Object.entries(one as object))}`,
    ])
    .join("\n");

const failing: [string, Middleware][] = [
  [
    "throws its arguments",
    (request, _, context) => {
      throw Object.assign(new Error(reported(request, context), { cause: request }), {
        request,
        context,
      });
    },
  ],
  [
    "throws a copy of its request",
    (request) => {
      throw Object.assign(new Error("no"), { request: { ...request }, cause: request });
    },
  ],
  [
    "fails after the response",
    async (request, next) => {
      const response = await next(request);
      throw new Error(reported(request, response.status), { cause: request });
    },
  ],
  [
    "sends the request to another host",
    (_, next) => next({ url: "https://elsewhere.example/hub/api/users" }),
  ],
  ["returns nothing", () => Promise.resolve(undefined as never)],
];

/** Matches the only row of the fault table that is skipped: it is slow, and repeats nothing of the request. */
const big = /64 MB/;

export const faults: readonly Fault[] = [
  ...rows
    .filter(([name]) => !big.test(name))
    .map(([name, respond]) => ({ name, respond: withoutSocket(respond) })),
  ...platforms.map(([name, error]) => ({ name: `an error of ${name}`, respond: fails(error) })),
  ...echoes.map(([name, respond]) => ({ name, respond })),
  ...failing.map(([name, middleware]) => ({
    name: `a middleware that ${name}`,
    respond: well,
    middleware,
  })),
];
