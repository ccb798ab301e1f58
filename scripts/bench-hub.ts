/**
 * A hub of 10,000 users for the benchmark, in a process of its own: it answers every request after 50 ms,
 * as one that is far away. Says its address on standard output, and ends when its standard input does.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const latency = 50;
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

const server = createServer((request, response) => {
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
