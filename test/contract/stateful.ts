/**
 * Puts a little state before a witness: whether the server that a workflow starts or stops runs.
 *
 * Prism forgets every request, so a stop would poll for ever. Requests still go to the witness, which
 * judges them; only what the hub says of the server is answered here.
 */
import { HUB_VERSION, ada, defaultServer, gpu } from "../mock/models.js";
import type { ContractRecorder } from "../mock/contract-recorder.js";

/** What the hub tells of a start that goes well. */
export const events = [
  { progress: 0, message: "Server requested" },
  { progress: 100, ready: true, message: "Server ready at /user/ada/", url: "/user/ada/" },
];
const stream = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");

const serverRoute = /\/users\/[^/]+\/server(s\/[^/]+)?$/;

export interface StatefulOptions {
  version?: string;
  /** The document has no route for the default server's model, though the hub does (A13). */
  withoutDefaultModel?: boolean;
}

export function stateful(
  recorder: ContractRecorder,
  { version = HUB_VERSION, withoutDefaultModel = false }: StatefulOptions = {},
): typeof fetch {
  let running = true;
  const answer = (status: number, body: unknown): Response =>
    Response.json(body, { status, headers: { "X-JupyterHub-Version": version } });

  return async (input, init) => {
    const request = new Request(input, init);
    const { pathname } = new URL(request.url);
    // A server's own address, of which the documents know nothing.
    if (pathname.startsWith("/user/")) return Response.json([]);
    const isModel = request.method === "GET" && serverRoute.test(pathname);
    const isUser = request.method === "GET" && pathname.endsWith("/users/ada");
    if (pathname.endsWith("/progress")) {
      await recorder(request);
      return new Response(stream, {
        headers: { "Content-Type": "text/event-stream", "X-JupyterHub-Version": version },
      });
    }
    if (!(isModel && withoutDefaultModel && pathname.endsWith("/server"))) {
      const response = await recorder(request.clone());
      if (!response.ok || !(isModel || isUser || serverRoute.test(pathname))) return response;
      if (request.method === "DELETE" && response.ok) running = false;
      if (request.method === "POST" && response.ok) running = true;
      if (!isModel && !isUser) return response;
    }
    if (isUser) return answer(200, running ? ada : { ...ada, server: null, servers: {} });
    const model = pathname.endsWith("/server") ? defaultServer : gpu;
    return running ? answer(200, model) : answer(404, { status: 404, message: null });
  };
}
