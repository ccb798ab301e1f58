/** The faults: what a server does, and the expected outcome of a call. */
import type { Respond } from "./faulty.js";

const json = "Content-Type: application/json";
const html = "Content-Type: text/html";
const ofHub = "X-JupyterHub-Version: 6.1.1";
const chunked = "Transfer-Encoding: chunked";
const model = '{"name": "ada"}';
const page = "<!DOCTYPE html><p>Service unavailable</p>";

const well: Respond = ({ reply, method }) =>
  reply(method === "GET" ? 200 : 201, [json, ofHub], model);
const head = (...lines: string[]): string =>
  ["HTTP/1.1 200 OK", json, ofHub, ...lines, "", ""].join("\r\n");

/** Applies the fault only to the first request. */
const once =
  (fault: Respond): Respond =>
  (exchange) =>
    (exchange.count === 1 ? fault : well)(exchange);
const proxy =
  (status: number): Respond =>
  ({ reply }) =>
    reply(status, [html], page);
const busy =
  (...retryAfter: string[]): Respond =>
  ({ reply }) =>
    reply(429, [json, ofHub, ...retryAfter], '{"status": 429, "message": "Too many"}');
const reset: Respond = ({ socket }) => void socket.resetAndDestroy();
const resetInBody: Respond = ({ socket }) =>
  void socket.write(`${head("Content-Length: 100")}{"na`, () => socket.resetAndDestroy());
const says =
  (body: string, ...headers: string[]): Respond =>
  ({ reply }) =>
    reply(200, [ofHub, ...headers], body);
const inOneSecond = (): string => `Retry-After: ${new Date(Date.now() + 1000).toUTCString()}`;
const big = 64 * 1024 * 1024;

/** The target of redirects to another origin. */
export const elsewhere = { url: "" };

/** A fault, and the outcomes of a GET and a write, such as `HubError 503 ×4`: that error after four requests. */
export type Row = [fault: string, respond: Respond | undefined, get: string, write: string];

const lost = "ConnectionError ×1, outcome unknown";
export const rows: Row[] = [
  ["connection refused", undefined, "ConnectionError ×0", "ConnectionError ×0"],
  ["reset before the headers, once", once(reset), "value ×2", lost],
  ["reset before the headers, always", reset, "ConnectionError ×4", lost],
  ["closed before the headers", ({ socket }) => void socket.end(), "ConnectionError ×4", lost],
  [
    "closed within the headers",
    ({ socket }) => void socket.end("HTTP/1.1 200 OK\r\nContent-"),
    "ConnectionError ×4",
    lost,
  ],
  ["reset within the body, once", once(resetInBody), "value ×2", lost],
  ["reset within the body, always", resetInBody, "ConnectionError ×4", lost],
  [
    "closed within the body",
    ({ socket }) => void socket.end(`${head("Content-Length: 100")}${model}`),
    "ConnectionError ×4",
    lost,
  ],
  [
    "closed within a chunk",
    ({ socket }) => void socket.end(`${head(chunked)}ff\r\n${model}`),
    "ConnectionError ×4",
    lost,
  ],
  [
    "a response that is not HTTP",
    ({ socket }) => void socket.end("SSH-2.0-x\r\n"),
    "ConnectionError ×1",
    lost,
  ],
  [
    "truncated JSON",
    says('{"name": "a', json),
    "UnexpectedResponseError 200 ×1",
    "UnexpectedResponseError 200 ×1, outcome unknown",
  ],
  [
    "invalid JSON",
    says("{name: ada}", json),
    "UnexpectedResponseError 200 ×1",
    "UnexpectedResponseError 200 ×1, outcome unknown",
  ],
  [
    "an empty JSON body",
    says("", json),
    "UnexpectedResponseError 200 ×1",
    "UnexpectedResponseError 200 ×1, outcome unknown",
  ],
  [
    "HTML with 200",
    ({ reply }) => reply(200, [html], page),
    "UnexpectedResponseError 200 ×1",
    "UnexpectedResponseError 200 ×1, outcome unknown",
  ],
  [
    "a redirect to a login page",
    ({ reply }) => reply(302, [ofHub, "Location: /hub/login?next=x"]),
    "UnexpectedResponseError 302 ×1",
    "UnexpectedResponseError 302 ×1",
  ],
  [
    "a redirect to another origin",
    ({ reply }) => reply(307, [ofHub, `Location: ${elsewhere.url}/hub/login`]),
    "UnexpectedResponseError 307 ×1",
    "UnexpectedResponseError 307 ×1",
  ],
  ...[502, 503, 504].flatMap((status): Row[] => [
    [
      `HTML with ${status}, once`,
      once(proxy(status)),
      "value ×2",
      `HubError ${status} ×1, outcome unknown`,
    ],
    [
      `HTML with ${status}, always`,
      proxy(status),
      `HubError ${status} ×4`,
      `HubError ${status} ×1, outcome unknown`,
    ],
  ]),
  ["429 with a delay in seconds, once", once(busy("Retry-After: 1")), "value ×2", "value ×2"],
  [
    "429 with a delay as a date, once",
    once((exchange) => busy(inOneSecond())(exchange)),
    "value ×2",
    "value ×2",
  ],
  [
    "429 with a delay of a year",
    busy("Retry-After: 31536000"),
    "RateLimitError 429 ×1",
    "RateLimitError 429 ×1",
  ],
  [
    "429 with an invalid delay, once",
    once(busy("Retry-After: soon")),
    "value ×2",
    "RateLimitError 429 ×1",
  ],
  ["429 without a delay, once", once(busy()), "value ×2", "RateLimitError 429 ×1"],
  ["429 without a delay, always", busy(), "RateLimitError 429 ×4", "RateLimitError 429 ×1"],
  ["no headers in time", () => {}, "TimeoutError ×1", "TimeoutError ×1, outcome unknown"],
  [
    "no body in time",
    ({ socket }) => void socket.write(head("Content-Length: 15")),
    "TimeoutError ×1",
    "TimeoutError ×1, outcome unknown",
  ],
  [
    "a body that never ends",
    ({ socket }) => {
      socket.write(head(chunked));
      const dripping = setInterval(() => socket.write("1\r\n \r\n"), 10).unref();
      socket.once("close", () => clearInterval(dripping));
    },
    "TimeoutError ×1",
    "TimeoutError ×1, outcome unknown",
  ],
  [
    "a body of 64 MB",
    ({ reply }) => {
      const [before, after] = ['{"name": "ada", "state": "', '"}'] as const;
      reply(200, [json, ofHub], before + "x".repeat(big - before.length - after.length) + after);
    },
    "value ×1",
    "value ×1",
  ],
];

const events = ["HTTP/1.1 200 OK", "Content-Type: text/event-stream", ofHub, chunked, "", ""];
const streaming = `${events.join("\r\n")}9\r\ndata: {}\n\r\n`;

/** The faults of a stream that is read until it ends. */
export const streams: [fault: string, respond: Respond, outcome: string][] = [
  ["a stream that ends", ({ socket }) => void socket.end(`${streaming}0\r\n\r\n`), "value ×1"],
  [
    "a stream reset before it begins",
    (exchange) =>
      exchange.count === 1 ? reset(exchange) : exchange.socket.end(`${streaming}0\r\n\r\n`),
    "value ×2",
  ],
  [
    "a stream that is reset",
    ({ socket }) => void socket.write(streaming, () => socket.resetAndDestroy()),
    "ConnectionError ×1",
  ],
  ["a stream that breaks off", ({ socket }) => void socket.end(streaming), "ConnectionError ×1"],
  [
    "a stream without a byte in time",
    ({ socket }) => void socket.write(streaming),
    "TimeoutError ×1",
  ],
  [
    "a refusal in place of a stream",
    ({ reply }) => reply(404, [json, ofHub], '{"status": 404, "message": "No such user"}'),
    "NotFoundError 404 ×1",
  ],
  ["JSON in place of a stream", well, "UnexpectedResponseError 200 ×1"],
  [
    "a page in place of a stream",
    ({ reply }) => reply(200, [html], page),
    "UnexpectedResponseError 200 ×1",
  ],
];

const event = (value: object): string => {
  const text = `data: ${JSON.stringify(value)}\n\n`;
  return `${text.length.toString(16)}\r\n${text}\r\n`;
};
const requested = event({ progress: 0, message: "Server requested" });
const ready = event({ progress: 100, ready: true, url: "/user/ada/" });
const begins = `${events.join("\r\n")}${requested}`;
const reported: Respond = ({ socket }) => void socket.write(`${begins}${ready}0\r\n\r\n`);
const server = '{"name": "", "ready": true, "pending": null, "url": "/user/ada/"}';

/**
 * Responds like a hub that accepts a start. `progress` sends the first progress stream, and `after` sends each later
 * one.
 */
const starting = (progress: Respond, after: Respond = progress, model = server): Respond => {
  let streams = 0;
  return (exchange) => {
    const { method, path, reply } = exchange;
    if (path === "/user/ada/") return reply(302, ["Location: /user/ada/lab"]);
    if (path.endsWith("/progress")) return (streams++ === 0 ? progress : after)(exchange);
    if (path.endsWith("/api/")) return reply(200, [json, ofHub], '{"version": "6.1.1"}');
    if (method === "POST") return reply(202, [ofHub, "Content-Type: text/plain"]);
    return reply(200, [json, ofHub], model);
  };
};
const refusing =
  (status: number): Respond =>
  ({ reply }) =>
    reply(status, [json, ofHub], `{"status": ${status}, "message": "no"}`);
const cut =
  (more = ""): Respond =>
  ({ socket }) =>
    void socket.write(begins + more, () => socket.resetAndDestroy());

/**
 * The faults of a start. The counted requests are the POST, the progress streams, the reads of the server's model, and
 * one to the server's address.
 */
export const starts: [fault: string, respond: () => Respond, outcome: string][] = [
  ["no fault occurs", () => starting(reported), "value ×4"],
  ["its stream is cut, once", () => starting(cut(), reported), "value ×5"],
  ["its stream is cut within an event", () => starting(cut("9\r\ndata: {"), reported), "value ×5"],
  [
    "its stream ends too early, once",
    () => starting(({ socket }) => void socket.write(`${begins}0\r\n\r\n`), reported),
    "value ×5",
  ],
  ["its stream is refused with 400", () => starting(refusing(400)), "value ×4"],
  ["its stream is refused with 403", () => starting(refusing(403)), "value ×4"],
  ["its stream is refused with 404", () => starting(refusing(404)), "value ×4"],
  ["its stream is JSON", () => starting(well), "value ×4"],
  [
    "its stream sends only keepalives",
    () =>
      starting(({ socket }) => {
        socket.write(begins);
        const alive = setInterval(() => socket.write("2\r\n\n\n\r\n"), 10).unref();
        socket.once("close", () => clearInterval(alive));
      }),
    "value ×5",
  ],
  ["the POST's response is lost", () => lostStart(server), "value ×4"],
  [
    "the POST's response is lost, and no server starts",
    () => lostStart('{"name": "", "ready": false, "pending": null}'),
    "ConnectionError ×3, outcome unknown",
  ],
];

/** Responds like a hub whose response to the POST of a start is lost. */
function lostStart(model: string): Respond {
  const rest = starting(reported, reported, model);
  return (exchange) => (exchange.method === "POST" ? reset : rest)(exchange);
}
