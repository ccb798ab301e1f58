/** A test proxy in front of a real hub: forwards every request and can change the response. */
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import { listening, type Listening } from "../unit/helpers.js";

/** Answers a request in place of the hub and returns true, or returns false so that the proxy forwards it. */
export type Interfere = (request: IncomingMessage, response: ServerResponse) => boolean;

export interface AlteringProxy extends Listening {
  /** The handler that receives each request first, and may answer it. */
  interfere: Interfere;
}

/**
 * Starts a proxy that forwards requests to the hub at `target` and removes the headers in `removed` from the responses.
 * Streams are not buffered.
 */
export async function alteringProxy(
  target: string,
  removed: readonly string[] = [],
): Promise<AlteringProxy> {
  const server = createServer((incoming, outgoing) => {
    if (proxy.interfere(incoming, outgoing)) return;
    const { method, url, headers } = incoming;
    const forwarded = request(new URL(url ?? "/", target), { method, headers }, (answer) => {
      const kept = Object.entries(answer.headers).filter(([name]) => !removed.includes(name));
      outgoing.writeHead(answer.statusCode ?? 502, Object.fromEntries(kept));
      outgoing.flushHeaders();
      answer.pipe(outgoing);
    });
    forwarded.on("error", () => outgoing.destroy());
    outgoing.on("close", () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  const proxy: AlteringProxy = { ...(await listening(server)), interfere: () => false };
  return proxy;
}
