/** Turns the results and errors of handlers into the HTTP responses of the hub's release. */
import { onAbort } from "../../core/deadline.js";
import type { Fault } from "./faults.js";
import { crash, HttpError, type Reply } from "./replies.js";
import { SpawnerError } from "./spawner-rule.js";
import type { World } from "./world.js";

const phrases: Readonly<Record<number, string>> = {
  400: "Bad Request",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  429: "Too Many Requests",
  500: "Internal Server Error",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  507: "Insufficient Storage",
};

export async function responseTo(
  world: World,
  method: string,
  answer: () => Reply | Promise<Reply>,
): Promise<Response> {
  try {
    return responseOf(world, await answer());
  } catch (error) {
    if (error instanceof SpawnerError) throw error.cause;
    return errorResponse(world, method, error instanceof HttpError ? error : crash());
  }
}

/** A response with one of these statuses must not have a body. */
const withoutBody = new Set([204, 205, 304]);

export function errorResponse(world: World, method: string, error: HttpError): Response {
  const { status, said, headers } = error;
  const message = said ?? (world.since("6.0") ? null : (phrases[status] ?? "Unknown Error"));
  const body = `{"status": ${status}, "message": ${JSON.stringify(message)}}`;
  const isHead = method === "HEAD";
  return new Response(isHead || withoutBody.has(status) ? null : body, {
    status,
    headers: {
      ...usualHeaders(world),
      ...headers,
      ...(isHead && { "Content-Length": String(body.length) }),
    },
  });
}

const failuresOfProxies = new Set([429, 502, 503, 504]);

/** A page of a proxy whose hub does not answer. */
export const proxyPage = (status: number): Response =>
  new Response(`<h1>${status} : ${phrases[status]}</h1>`, {
    status,
    headers: { "Content-Type": "text/html" },
  });

/**
 * The response of a declared fault. If proxies and gateways also send its status, it lacks the hub's version header, as
 * their responses do. A 502, 503 or 504 without a message is a proxy's page.
 */
export function faultResponse(
  world: World,
  method: string,
  status: number,
  { message, headers }: Fault,
): Response {
  const isPage = message === undefined && method !== "HEAD" && status > 429;
  const response =
    isPage && failuresOfProxies.has(status)
      ? proxyPage(status)
      : errorResponse(world, method, new HttpError(status, message));
  if (failuresOfProxies.has(status)) response.headers.delete("X-JupyterHub-Version");
  for (const [name, value] of Object.entries(headers ?? {})) response.headers.set(name, value);
  return response;
}

/** Gives a response the address of its request, as `fetch` does. */
export const withUrl = (response: Response, url: string): Response =>
  Object.defineProperty(response, "url", { value: url });

/** Makes an event stream break off when one of the signals aborts, with the reason of the signal. */
export function breakable(response: Response, signals: readonly AbortSignal[]): Response {
  if (!response.body || response.headers.get("Content-Type") !== "text/event-stream") {
    return response;
  }
  const stream = new AbortController();
  // If each stream had its own listener on a shared signal, Node would warn of a leak.
  const subscriptions = signals.map((one) => onAbort(one, (reason) => stream.abort(reason)));
  const { readable, writable } = new TransformStream();
  response.body
    .pipeTo(writable, { signal: stream.signal })
    .catch(() => undefined)
    .finally(() => {
      for (const unsubscribe of subscriptions) unsubscribe();
    });
  return new Response(readable, response);
}

const usualHeaders = ({ settings }: World): Record<string, string> => ({
  "Content-Type": "application/json",
  "X-JupyterHub-Version": settings.version,
  "Access-Control-Allow-Headers": "accept, content-type, authorization",
});

function responseOf(world: World, { status, body, headers, stream }: Reply): Response {
  const all = new Headers({ ...usualHeaders(world), ...headers });
  if (stream) return new Response(bodyOf(stream), { status, headers: all });
  if (body !== undefined) return new Response(JSON.stringify(body), { status, headers: all });
  if (status === 204) all.delete("Content-Type");
  else all.set("Content-Length", "0");
  return new Response(null, { status, headers: all });
}

/** Returns a stream of these texts as bytes. Cancelling the stream ends the iteration over the texts. */
export function bodyOf(texts: AsyncIterable<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const iterator = texts[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}
