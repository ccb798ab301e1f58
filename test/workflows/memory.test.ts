/** An iterated listing of any length needs little memory. */
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { JupyterHub } from "../../src/index.js";
import { serve } from "../unit/helpers.js";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

const heap = (): number => {
  collect();
  return process.memoryUsage().heapUsed / 1e6;
};

const user = (index: number): object => ({
  name: `user-${index}@university.example.org`,
  kind: "user",
  admin: false,
  groups: [`course-${index % 50}`],
  server: null,
  pending: null,
  created: new Date(index * 1000).toISOString(),
  last_activity: null,
  servers: {
    "": { name: "", ready: true, url: `/user/${index}/`, user_options: { profile: "small" } },
  },
  auth_state: null,
});

it("iterating over 100,000 users grows the heap by less than 10 MB", async () => {
  const total = 100_000;
  await using server = await serve((request, response) => {
    const query = new URL(request.url ?? "", "http://x").searchParams;
    const [offset, limit] = [Number(query.get("offset")), Number(query.get("limit"))];
    const count = Math.min(limit, total - offset);
    const items = Array.from({ length: count }, (_, index) => user(offset + index));
    const next = offset + limit < total ? { offset: offset + limit, limit, url: "" } : null;
    response.setHeader("Content-Type", "application/json");
    response.setHeader("X-JupyterHub-Version", "6.1.1");
    response.end(JSON.stringify({ items, _pagination: { offset, limit, total, next } }));
  });
  const hub = new JupyterHub({ url: server.url, token: "a-token" });
  // The first iteration loads modules and fills caches, which do not count.
  for await (const _ of hub.users.list()) break;

  const before = heap();
  let [count, most] = [0, 0];
  for await (const { name } of hub.users.list()) {
    if (name !== `user-${count}@university.example.org`) throw new Error(`${name} is out of place`);
    count += 1;
    if (count % 5000 === 0) most = Math.max(most, heap() - before);
  }
  expect(count).toBe(total);
  expect(most).toBeLessThan(10);

  // The limit proves something only if all users at once need more memory.
  const everybody = await hub.users.list();
  expect(heap() - before).toBeGreaterThan(30);
  expect(everybody).toHaveLength(total);
});
