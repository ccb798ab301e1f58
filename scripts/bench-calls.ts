/**
 * Measures the cost of one call, in this package and in alternatives: time and CPU on loopback, and CPU
 * with a stubbed `fetch`.
 *
 * The clients run in turns, batch by batch, so that other load on the machine affects all of them.
 */
import { create as createAxios } from "axios";
import ky from "ky";
import createFetchClient from "openapi-fetch";
import { createClient as createGenerated } from "../.cache/tsc/generated/client/client.gen.js";
import { getUser } from "../.cache/tsc/generated/sdk.gen.js";
import type { ApiClient } from "jupyterhub-client/api";
import { JupyterHub } from "jupyterhub-client";
import { print } from "./bench-output.js";

/** Microseconds of one call: the median of all rounds. */
interface Cost {
  wall: number;
  cpu: number;
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
  // With its own HTTP code for Node, unless fetch is stubbed.
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

/** The operation, as types for openapi-fetch. */
interface Paths {
  "/users/{name}": {
    get: {
      parameters: { path: { name: string } };
      responses: { 200: { content: { "application/json": { name: string } } } };
    };
  };
}

const ours = Object.keys(ways).filter((name) => name.startsWith("ours"));

async function costs(url: string, send: Send, rounds: number): Promise<Record<string, Cost>> {
  const batch = 400;
  const calls = Object.entries(ways).map(([name, way]) => ({
    name,
    call: way(url, send),
    wall: [] as number[],
    cpu: [] as number[],
  }));
  // The first rounds warm up and do not count.
  for (let round = -3; round < rounds; round += 1) {
    for (const { call, wall, cpu } of calls) {
      const begun = performance.now();
      const before = process.cpuUsage();
      for (let index = 0; index < batch; index += 1) {
        if ((await call()).name !== "ada") throw new Error("Another user than asked for");
      }
      const { user, system } = process.cpuUsage(before);
      if (round < 0) continue;
      cpu.push((user + system) / batch);
      wall.push(((performance.now() - begun) * 1000) / batch);
    }
  }
  return Object.fromEntries(
    calls.map(({ name, wall, cpu }) => [name, { wall: median(wall), cpu: median(cpu) }]),
  );
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** A `fetch` that resolves at once with a user, as a hub would. */
const stub: Send = async () =>
  new Response('{"name": "ada", "kind": "user", "admin": false}', {
    headers: { "Content-Type": "application/json", "X-JupyterHub-Version": "6.1.1" },
  });

/** Prints the cost of one call to the hub at `url`. Returns whether every limit is kept. */
export async function compareCalls(url: string): Promise<boolean> {
  const loopback = await costs(url, fetch, 21);
  const stubbed = await costs("http://localhost", stub, 21);
  print("\nOne call, GET /users/ada (median of 21 rounds of 400 calls)");
  const cell = (cost: number, base: number | undefined): string =>
    `${cost.toFixed(0).padStart(5)} µs ${(cost / (base ?? Number.NaN)).toFixed(2)}`;
  const raw = "raw fetch";
  print(`  ${"".padEnd(37)}   loopback, time   loopback, CPU   fetch stubbed, CPU`);
  for (const name of Object.keys(ways)) {
    const cells = [
      cell(loopback[name]!.wall, loopback[raw]!.wall),
      cell(loopback[name]!.cpu, loopback[raw]!.cpu),
      cell(stubbed[name]!.cpu, stubbed[raw]!.cpu),
    ];
    print(`  ${name.padEnd(37)}    ${cells.join("    ")}`);
  }
  const bare = "the bare generated client";
  const limits = ours.flatMap((name) => [
    [`${name}, time`, loopback[name]!.wall, loopback[bare]!.wall * 1.2, `1.2 × ${bare}`] as const,
    [`${name}, CPU`, loopback[name]!.cpu, loopback[bare]!.cpu * 1.2, `1.2 × ${bare}`] as const,
    [`${name}, time`, loopback[name]!.wall, loopback["ky"]!.wall, "ky"] as const,
    [`${name}, CPU`, loopback[name]!.cpu, loopback["ky"]!.cpu, "ky"] as const,
    [`${name}, CPU with fetch stubbed`, stubbed[name]!.cpu, stubbed["ky"]!.cpu, "ky"] as const,
  ]);
  const exceeded = limits.filter(([, cost, limit]) => cost > limit);
  for (const [what, cost, limit, of] of exceeded) {
    print(`  TOO MUCH: ${what}: ${cost.toFixed(0)} µs, at most ${limit.toFixed(0)} (${of})`);
  }
  return exceeded.length === 0;
}
