/** Measures the cost of large hubs: how time, requests and memory grow with the number of users or servers. */
import { JupyterHub } from "jupyterhub-client";
import { FakeHub } from "jupyterhub-client/testing";
import { addTable, limit } from "./bench-output.js";

const numbers = [1_000, 10_000, 100_000];
/** The maximum ratio of the time per user on the largest hub to that on the smallest one. */
const atMost = 2;

/** Returns the client of a hub that sends cached pages at once, so that only the client's own cost is measured. */
function hubOf(count: number): { hub: JupyterHub; requests: () => number } {
  const names = Array.from({ length: count }, (_, index) => `user-${index}`);
  const fake = new FakeHub({ users: names });
  const pages = new Map<string, { body: string; init: ResponseInit }>();
  let requests = 0;
  const fetch: typeof globalThis.fetch = async (input, init) => {
    requests += 1;
    const known = pages.get(String(input));
    if (known) return new Response(known.body, known.init);
    const response = await fake.fetch(input, init);
    const body = await response.text();
    pages.set(String(input), {
      body,
      init: { status: response.status, headers: response.headers },
    });
    return new Response(body, response);
  };
  const hub = new JupyterHub({ url: fake.url, token: fake.token, fetch });
  return { hub, requests: () => requests };
}

interface Cost {
  /** Microseconds per user or server. */
  time: number;
  /** The maximum growth of the heap, in bytes. */
  heap: number;
  requests: number;
}

async function iterate(count: number): Promise<Cost> {
  const { hub, requests } = hubOf(count);
  // The first listing fills the cache of pages and warms up the code.
  for await (const _ of hub.users.list()) continue;
  const before = { requests: requests(), heap: process.memoryUsage().heapUsed };
  let seen = 0;
  let heap = 0;
  const begun = performance.now();
  for await (const _ of hub.users.list()) {
    seen += 1;
    if (seen % 1_000 === 0) heap = Math.max(heap, process.memoryUsage().heapUsed - before.heap);
  }
  const time = ((performance.now() - begun) * 1000) / count;
  if (seen !== count) throw new Error(`${seen} users instead of ${count}`);
  return { time, heap, requests: requests() - before.requests };
}

/** Starts `count` servers at once, on a fake hub that is called over HTTP. Each server takes two seconds to start. */
async function startAll(count: number): Promise<Cost & { sockets: number }> {
  const names = Array.from({ length: count }, (_, index) => `user-${index}`);
  const fake = new FakeHub({ users: names, concurrentSpawnLimit: count });
  fake.spawner({ seconds: 2 });
  await using _ = fake;
  const hub = new JupyterHub({
    url: await fake.listen(),
    token: fake.token,
    maxConcurrency: count,
  });
  const before = process.memoryUsage().heapUsed;
  let heap = 0;
  let sockets = 0;
  const sample = setInterval(() => {
    heap = Math.max(heap, process.memoryUsage().heapUsed - before);
    const open = process.getActiveResourcesInfo().filter((one) => one === "TCPSocketWrap");
    // Both ends of each connection are in this process.
    sockets = Math.max(sockets, open.length / 2);
  }, 50);
  const begun = performance.now();
  await Promise.all(names.map((name) => hub.servers.start(name)));
  clearInterval(sample);
  const time = ((performance.now() - begun) * 1000) / count;
  return { time, heap, requests: fake.requests.length, sockets: Math.round(sockets) };
}

const megabytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(0)} MB`;

/**
 * Measures hubs with many users or servers, and adds the results to the benchmark's tables. Returns whether the time
 * per user is within its limit.
 */
export async function compareSizes(): Promise<boolean> {
  const costs: Cost[] = [];
  for (const count of numbers) costs.push(await iterate(count));
  const ratio = costs.at(-1)!.time / costs[0]!.time;
  const isLinear = ratio <= atMost;
  addTable({
    title: "Iterating over all users",
    note:
      "A fake hub that answers at once: what the client itself costs. " +
      `For each user, the largest hub takes ${ratio.toFixed(2)} times as long as the smallest, ` +
      `${limit(`at most ${atMost}`, isLinear)}.`,
    columns: ["users", "time for each", "requests", "heap at most"],
    rows: costs.map(({ time, heap, requests }, index) => [
      numbers[index]!.toLocaleString("en"),
      `${time.toFixed(1)} µs`,
      String(requests),
      megabytes(heap),
    ]),
  });
  const rows: string[][] = [];
  for (const count of [100, 1_000]) {
    const { time, heap, requests, sockets } = await startAll(count);
    const total = `${((time * count) / 1e6).toFixed(1)} s`;
    rows.push([
      count.toLocaleString("en"),
      total,
      String(requests),
      String(sockets),
      megabytes(heap),
    ]);
  }
  addTable({
    title: "Starting many servers at once",
    note:
      "`servers.start` of all users at the same time, on a fake hub over HTTP in the same process, whose servers take " +
      "two seconds. With `maxConcurrency` as large as their number. The heap includes that of the hub.",
    columns: ["servers", "until all are ready", "requests", "sockets at most", "heap at most"],
    rows,
  });
  return isLinear;
}
