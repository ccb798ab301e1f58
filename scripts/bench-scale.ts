/** Lists 1,000, 10,000 and 100,000 users of a fake hub: the time per user must not grow with their number. */
import { JupyterHub } from "jupyterhub-client";
import { FakeHub } from "jupyterhub-client/testing";
import { print } from "./bench-output.js";

const numbers = [1_000, 10_000, 100_000];
/** How much longer a user may take on the largest hub than on the smallest one. */
const atMost = 2;

/** A hub that answers pages at once, so that the client's own cost shows. */
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

/** Microseconds for each user, the requests, and the most MB of heap beyond those before the listing. */
async function measure(count: number): Promise<{ time: number; heap: number; requests: number }> {
  const { hub, requests } = hubOf(count);
  // The first listing fills the pages and warms up.
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
  return { time, heap: heap / 2 ** 20, requests: requests() - before.requests };
}

/** Prints the costs. Returns whether they are linear. */
export async function compareSizes(): Promise<boolean> {
  print("\nIterating over all users of a fake hub, without the hub's own time");
  const times: number[] = [];
  for (const count of numbers) {
    const { time, heap, requests } = await measure(count);
    times.push(time);
    print(
      `  ${count.toLocaleString("en").padStart(8)} users   ${time.toFixed(1)} µs per user   ` +
        `${requests} requests   ${heap.toFixed(0)} MB of heap at most`,
    );
  }
  const ratio = times.at(-1)! / times[0]!;
  const isLinear = ratio <= atMost;
  print(
    `  per user, largest to smallest: ${ratio.toFixed(2)}   at most ${atMost}${isLinear ? "" : ": TOO MUCH"}`,
  );
  return isLinear;
}
