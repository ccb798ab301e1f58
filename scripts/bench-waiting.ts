/**
 * Measures the delay between the moment at which a server is ready and the moment at which a program knows it: from the
 * ready event or from the promise of `servers.start`, directly or through a proxy that holds back streams. For
 * comparison, also measures a program that polls every second.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { JupyterHub } from "jupyterhub-client";
import { FakeHub } from "jupyterhub-client/testing";
import { addTable, limit } from "./bench-output.js";

/** The seconds that the servers take to start. With these, a program that polls every second is 0.1 to 0.9 s late. */
const spawnSeconds = [2.1, 2.3, 2.5, 2.7, 2.9];

/** Starts a proxy that passes on a response only when it is complete. */
async function startBufferingProxy(target: string): Promise<{ url: string; close: () => void }> {
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { method = "GET", headers } = request;
    const { authorization } = headers;
    const answer = await fetch(target + request.url, {
      method,
      headers: authorization === undefined ? {} : { authorization },
      redirect: "manual",
    });
    const body = Buffer.from(await answer.arrayBuffer());
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(body);
  };
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close().closeAllConnections() };
}

type Wait = (hub: JupyterHub) => Promise<void>;

const byEvent: Wait = async (hub) => {
  const start = hub.servers.start("ada");
  // The promise is measured in `byPromise`, so its rejection is ignored here.
  start.catch(() => undefined);
  for await (const event of start) if (event.ready) return;
};

const byPromise: Wait = async (hub) => void (await hub.servers.start("ada"));

const byPolling: Wait = async (hub) => {
  await hub.users.get("ada");
  await hub.client.post({ url: "/users/{name}/server", path: { name: "ada" } });
  for (;;) {
    const { servers } = await hub.users.get("ada");
    if (servers?.[""]?.ready) return;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
};

/**
 * Returns the milliseconds between the moment at which the server is ready and the end of `wait`: one value for each
 * duration in `spawnSeconds`.
 */
async function delays(wait: Wait, isBuffered: boolean): Promise<number[]> {
  const times: number[] = [];
  for (const seconds of spawnSeconds) {
    await using fake = new FakeHub({ users: ["ada"], slowSpawnTimeout: 0.1 });
    fake.spawner({ seconds });
    const direct = new URL(await fake.listen()).origin;
    const proxy = isBuffered ? await startBufferingProxy(direct) : undefined;
    const hub = new JupyterHub({ url: proxy?.url ?? direct, token: fake.token });
    const begun = performance.now();
    await wait(hub);
    times.push(performance.now() - begun - seconds * 1000);
    proxy?.close();
  }
  return times;
}

const variants = [
  { name: "ours, the ready event", wait: byEvent, isBuffered: false, atMost: 100 },
  { name: "ours, the promise", wait: byPromise, isBuffered: false, atMost: 100 },
  { name: "a look every second", wait: byPolling, isBuffered: false },
  { name: "ours, the ready event, buffered", wait: byEvent, isBuffered: true, atMost: 2000 },
  { name: "ours, the promise, buffered", wait: byPromise, isBuffered: true, atMost: 2100 },
] satisfies { name: string; wait: Wait; isBuffered: boolean; atMost?: number }[];

/** Measures each variant, and adds the results to the benchmark's tables. Returns false if a limit is exceeded. */
export async function compareWaiting(): Promise<boolean> {
  const rows = await Promise.all(
    variants.map(async ({ name, wait, isBuffered, atMost = Infinity }) => {
      const times = (await delays(wait, isBuffered)).toSorted((a, b) => a - b);
      const [middle = NaN, last = NaN] = [times[2], times.at(-1)];
      const isKept = last <= atMost;
      const cells = [name, `${middle.toFixed(0)} ms`, `${last.toFixed(0)} ms`];
      return {
        cells: [...cells, atMost === Infinity ? "" : limit(`${atMost} ms`, isKept)],
        isKept,
      };
    }),
  );
  addTable({
    title: "Knowing that a server is ready",
    note:
      `From the moment at which a server of a fake hub is ready (after ${spawnSeconds.join(", ")} s). "Buffered" is ` +
      "a proxy that holds back the progress stream until it ends. Since hubs report a cancelled start as ready for a " +
      "second, the promise also waits until the server answers at its address, or for 1.2 s if it does not.",
    columns: ["", "median", "slowest", "at most"],
    rows: rows.map(({ cells }) => cells),
  });
  return rows.every(({ isKept }) => isKept);
}
