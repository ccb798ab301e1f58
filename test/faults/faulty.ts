/** Servers that fail on purpose, at any byte of a response. They count requests and track open connections. */
import type { Socket } from "node:net";
import { serveSocket, signalled, type Listening } from "../unit/helpers.js";

/** One request, and the functions that respond to it. */
export interface Exchange {
  /** The number of this request: 1 for the first request to the server. */
  count: number;
  method: string;
  path: string;
  socket: Socket;
  /** Sends a complete response, after which the connection may stay open. */
  reply(status: number, headers: readonly string[], body?: string | Buffer): void;
}

export type Respond = (exchange: Exchange) => void;

export interface Faulty extends Listening {
  /** The number of requests so far. */
  requests(): number;
  /** Resolves when all connections are closed, except those on which the last response was complete. */
  silent(): Promise<void>;
}

export async function faulty(respond: Respond): Promise<Faulty> {
  const busy = new Map<Socket, Promise<void>>();
  let count = 0;
  const server = await serveSocket((socket) => {
    const { when, tell } = signalled();
    let received = "";
    socket.once("close", () => {
      busy.delete(socket);
      tell();
    });
    socket.on("data", (data) => {
      received += data.toString("latin1");
      const [, head, body] = /^(.*?)\r\n\r\n(.*)$/s.exec(received) ?? [];
      const length = Number(/content-length: (\d+)/i.exec(head ?? "")?.[1] ?? 0);
      if (head === undefined || (body ?? "").length < length) return;
      received = "";
      count += 1;
      busy.set(socket, when);
      const [method = "", path = ""] = head.split(" ");
      const reply: Exchange["reply"] = (status, headers, body = "") => {
        const size = `Content-Length: ${Buffer.byteLength(body)}`;
        busy.delete(socket);
        socket.write([`HTTP/1.1 ${status} -`, ...headers, size, "", ""].join("\r\n"));
        socket.write(body);
      };
      respond({ count, method, path, socket, reply });
    });
  });
  return {
    ...server,
    requests: () => count,
    silent: async () => {
      await Promise.all(busy.values());
    },
  };
}
