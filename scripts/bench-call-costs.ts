/**
 * Measures the cost of one call with this package and with alternative clients. `bench-call-costs.ts URL` calls the hub
 * at this URL and a stubbed `fetch`, and for both prints the median time, CPU time and heap of each client as JSON.
 *
 * Each round runs a small batch of calls with every client, in random order. So other load on the machine, and garbage
 * that the previous client left, affect all clients alike. Benchmark libraries are not used, since they run one client
 * after the other and measure no CPU time.
 */
import { create as createAxios } from "axios";
import ky from "ky";
import createFetchClient from "openapi-fetch";
import { createClient as createGenerated } from "../.cache/tsc/generated/client/client.gen.js";
import { getUser } from "../.cache/tsc/generated/sdk.gen.js";
import type { ApiClient } from "jupyterhub-client/api";
import { JupyterHub } from "jupyterhub-client";

/** The cost of one call: `wall` and `cpu` in microseconds. */
export interface Cost {
  wall: number;
  cpu: number;
  /** Kilobytes of heap that a call allocates. */
  heap: number;
}

type Send = typeof fetch;
type Way = (url: string, send: Send) => () => Promise<{ name: string }>;

const headers = { Authorization: "Bearer a-token", Accept: "application/json" };
const path = { name: "ada" };
const clientOf = (url: string, send: Send): JupyterHub =>
  new JupyterHub({ url, token: "a-token", fetch: send });

const ways: Readonly<Record<string, Way>> = {
  "raw fetch": (url, send) => async () =>
    (await send(`${url}/hub/api/users/ada`, { headers })).json(),
  "raw fetch with a signal and a timer": (url, send) => async () => {
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), 30_000);
    try {
      const { signal } = controller;
      return await (await send(`${url}/hub/api/users/ada`, { headers, signal })).json();
    } finally {
      clearTimeout(timer);
    }
  },
  "the bare generated client": (url, send) => {
    const settings = { baseUrl: `${url}/hub/api`, headers, fetch: send };
    const client = createGenerated(settings) as unknown as ApiClient;
    return async () => (await getUser({ client, path, throwOnError: true })).data;
  },
  "ours, a method": (url, send) => {
    const hub = clientOf(url, send);
    return () => hub.users.get("ada");
  },
  "ours, a raw operation": (url, send) => {
    const { client } = clientOf(url, send);
    return async () => (await getUser({ client, path, throwOnError: true })).data;
  },
  "openapi-fetch": (url, send) => {
    const client = createFetchClient<Paths>({ baseUrl: `${url}/hub/api`, headers, fetch: send });
    return async () => (await client.GET("/users/{name}", { params: { path } })).data!;
  },
  // axios uses its own HTTP code for Node, unless `fetch` is stubbed.
  axios: (url, send) => {
    const stubbed = send === fetch ? {} : { adapter: "fetch" as const, env: { fetch: send } };
    const api = createAxios({ baseURL: `${url}/hub/api`, headers, timeout: 30_000, ...stubbed });
    return async () => (await api.get<{ name: string }>("users/ada")).data;
  },
  ky: (url, send) => {
    const api = ky.create({ prefixUrl: `${url}/hub/api`, headers, timeout: 30_000, fetch: send });
    return () => api.get("users/ada").json();
  },
};

/** The types of the measured operation, in the form that openapi-fetch needs. */
interface Paths {
  "/users/{name}": {
    get: {
      parameters: { path: { name: string } };
      responses: { 200: { content: { "application/json": { name: string } } } };
    };
  };
}

const rounds = 40;
const warmUp = 20;
const batch = 40;

async function costs(url: string, send: Send): Promise<Record<string, Cost>> {
  const calls = Object.entries(ways).map(([name, way]) => ({
    name,
    call: way(url, send),
    wall: [] as number[],
    cpu: [] as number[],
    heap: [] as number[],
  }));
  for (let round = -warmUp; round < rounds; round += 1) {
    for (const { call, wall, cpu, heap } of shuffled(calls)) {
      const heapBefore = process.memoryUsage().heapUsed;
      const begun = performance.now();
      const before = process.cpuUsage();
      for (let index = 0; index < batch; index += 1) {
        if ((await call()).name !== "ada") throw new Error("Another user than asked for");
      }
      const { user, system } = process.cpuUsage(before);
      if (round < 0) continue;
      cpu.push((user + system) / batch);
      wall.push(((performance.now() - begun) * 1000) / batch);
      const allocated = process.memoryUsage().heapUsed - heapBefore;
      // Negative if garbage was collected during the batch.
      if (allocated > 0) heap.push(allocated / 1024 / batch);
    }
  }
  return Object.fromEntries(
    calls.map(({ name, wall, cpu, heap }) => [
      name,
      { wall: median(wall), cpu: median(cpu), heap: median(heap) },
    ]),
  );
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  const keyed = items.map((item) => ({ item, key: Math.random() }));
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item);
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** A `fetch` that resolves at once with a hub's response for one user. */
const stub: Send = async () =>
  new Response('{"name": "ada", "kind": "user", "admin": false}', {
    headers: { "Content-Type": "application/json", "X-JupyterHub-Version": "6.1.1" },
  });

/** The costs of every client, by name. */
export interface Costs {
  loopback: Record<string, Cost>;
  stubbed: Record<string, Cost>;
}

const loopback = await costs(process.argv[2] ?? "", fetch);
const stubbed = await costs("http://localhost", stub);
console.log(JSON.stringify({ loopback, stubbed } satisfies Costs));
