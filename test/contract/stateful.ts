/**
 * Adds state to a contract recorder: remembers whether the server runs after a start or a stop.
 *
 * Prism keeps no state, so without this state, a stop would poll forever. Requests still go to the recorder, which
 * validates them. Only responses about the server's state come from here.
 */
import { HUB_VERSION, ada, defaultServer, gpu } from "../../src/testing/mock/models.js";
import type { ContractRecorder } from "../mock/contract-recorder.js";

/** The events of a successful start. */
export const events = [
  { progress: 0, message: "Server requested" },
  { progress: 100, ready: true, message: "Server ready at /user/ada/", url: "/user/ada/" },
];
const stream = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join("");

const serverRoute = /\/users\/[^/]+\/server(s\/[^/]+)?$/;

export interface StatefulOptions {
  version?: string;
  /** True if the document lacks the route for the default server's model, though the hub has it (correction A13). */
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
    // This is the address of a server itself, which the documents do not describe.
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
      // Documents without examples have ids that no hub gives to a token.
      if (response.ok && request.method === "POST" && pathname.endsWith("/tokens")) {
        const token = (await response.json()) as { id: string };
        return answer(response.status, { ...token, ...(!/\d$/.test(token.id) && { id: "a5" }) });
      }
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
