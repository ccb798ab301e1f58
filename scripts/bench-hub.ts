/**
 * A hub with 10,000 users for the benchmark, in its own process. It sends a page of users after `LATENCY` milliseconds
 * (50 by default), and reports a starting server as ready after the same time. It answers all other requests at once.
 * It prints its address on standard output and ends when standard input closes.
 */
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

const latency = Number(process.env["LATENCY"] ?? 50);
const total = 10_000;
const most = 200;

const users = Array.from({ length: total }, (_, index) => ({
  name: `user-${index}`,
  kind: "user",
  admin: false,
  groups: ["everybody"],
  server: null,
  pending: null,
  created: new Date(index * 1000).toISOString(),
  last_activity: null,
  servers: {},
}));

/**
 * Streams the progress of a start: the server is ready after the latency. The ready event holds the time at which it
 * was sent.
 */
function sendProgress(response: ServerResponse): void {
  response.setHeader("Content-Type", "text/event-stream");
  response.setHeader("X-JupyterHub-Version", "6.1.1");
  const send = (event: object): boolean => response.write(`data: ${JSON.stringify(event)}\n\n`);
  send({ progress: 0, message: "Server requested" });
  setTimeout(() => {
    const sentAt = performance.timeOrigin + performance.now();
    send({ progress: 100, ready: true, url: "/user/ada/", sentAt });
    response.end();
  }, latency);
}

const one = JSON.stringify({ ...users[0], name: "ada" });

const server = createServer((request, response) => {
  if (request.url === "/hub/api/users/ada") {
    response.setHeader("Content-Type", "application/json");
    response.setHeader("X-JupyterHub-Version", "6.1.1");
    return response.end(one);
  }
  if (request.url?.endsWith("/progress")) return sendProgress(response);
  if (request.method === "POST") {
    response.writeHead(202, { "X-JupyterHub-Version": "6.1.1", "Content-Type": "text/plain" });
    return response.end();
  }
  if (request.url?.endsWith("/server")) {
    response.writeHead(200, {
      "X-JupyterHub-Version": "6.1.1",
      "Content-Type": "application/json",
    });
    return response.end('{"name": "", "ready": true, "pending": null, "url": "/user/ada/"}');
  }
  const query = new URL(request.url ?? "", "http://hub").searchParams;
  const offset = Number(query.get("offset"));
  const limit = Math.min(Number(query.get("limit")), most);
  const next = offset + limit < total ? { offset: offset + limit, limit, url: "" } : null;
  const items = users.slice(offset, offset + limit);
  const body = JSON.stringify({ items, _pagination: { offset, limit, total, next } });
  setTimeout(() => {
    response.setHeader("Content-Type", "application/json");
    response.setHeader("X-JupyterHub-Version", "6.1.1");
    response.end(body);
  }, latency);
});

server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
});
process.stdin.on("close", () => process.exit()).resume();
