/** Turns the results and errors of handlers into HTTP responses of the release. */
import { HttpError, type Reply } from "./replies.js";
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
    if (!(error instanceof HttpError)) throw error;
    return errorResponse(world, method, error);
  }
}

export function errorResponse(world: World, method: string, error: HttpError): Response {
  const { status, said, headers } = error;
  const message = said ?? (world.since("6.0") ? null : (phrases[status] ?? "Unknown Error"));
  const body = `{"status": ${status}, "message": ${JSON.stringify(message)}}`;
  const isHead = method === "HEAD";
  return new Response(isHead ? null : body, {
    status,
    headers: {
      ...usualHeaders(world),
      ...headers,
      ...(isHead && { "Content-Length": String(body.length) }),
    },
  });
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

/** Returns a stream of these texts as bytes. Cancelling the stream ends the iteration of the texts. */
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
