/**
 * `bench-job.ts CLIENT JOB` runs one job of bench-jobs.ts. It prints as JSON the job's time, its CPU time and the
 * fault, if any.
 *
 * The jobs of raw fetch, openapi-fetch and ky contain what users of these clients write by hand: loops that request
 * pages until there are no more, and that poll a server every second until it is ready.
 */
import ky from "ky";
import createFetchClient from "openapi-fetch";
import { JupyterHub } from "jupyterhub-client";

const url = process.env["BENCH_HUB_URL"] ?? "";
const token = process.env["BENCH_HUB_TOKEN"] ?? "";
const [, , client = "", job = ""] = process.argv;

const someUsers = Array.from({ length: 1_000 }, (_, index) => `user-${index}`);
const newUsers = Array.from({ length: 200 }, (_, index) => `new-${index}`);
const starting = someUsers.slice(0, 20);
const total = 5_000;

type Jobs = Readonly<Record<string, () => Promise<string | undefined>>>;

const wrongUnless = (isRight: boolean, fault: string): string | undefined =>
  isRight ? undefined : fault;

function ourJobs(): Jobs {
  const hub = new JupyterHub({ url, token, maxConcurrency: starting.length });
  return {
    async get() {
      for (const name of someUsers) await hub.users.get(name);
      return undefined;
    },
    async list() {
      const users = await hub.users.list();
      return wrongUnless(users.length >= total, `${users.length} users of ${total}`);
    },
    async create() {
      await hub.users.createMany({ usernames: newUsers });
      for (const name of newUsers) await hub.users.delete(name);
      return undefined;
    },
    async start() {
      let failed = 0;
      const all = { concurrency: starting.length };
      for await (const { error } of hub.servers.startMany(starting, {}, all))
        failed += error ? 1 : 0;
      for await (const { error } of hub.servers.stopMany(starting, {}, all))
        failed += error ? 1 : 0;
      return wrongUnless(failed === 0, `${failed} failed`);
    },
  };
}

type Send = (method: string, path: string, body?: unknown) => Promise<unknown>;

interface UserModel {
  servers: Readonly<Record<string, { ready: boolean; pending: string | null }>>;
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));

function jobsByHand(send: Send): Jobs {
  const poll = async (name: string, isDone: (user: UserModel) => boolean): Promise<void> => {
    while (!isDone((await send("GET", `/users/${name}`)) as UserModel)) await pause(1_000);
  };
  return {
    async get() {
      for (const name of someUsers) await send("GET", `/users/${name}`);
      return undefined;
    },
    async list() {
      const users: unknown[] = [];
      for (;;) {
        const page = (await send("GET", `/users?offset=${users.length}&limit=200`)) as unknown[];
        users.push(...page);
        if (page.length < 200) break;
      }
      return wrongUnless(users.length >= total, `${users.length} users of ${total}`);
    },
    async create() {
      await send("POST", "/users", { usernames: newUsers });
      for (const name of newUsers) await send("DELETE", `/users/${name}`);
      return undefined;
    },
    async start() {
      await Promise.all(
        starting.map(async (name) => {
          await send("POST", `/users/${name}/server`);
          await poll(name, ({ servers }) => servers[""]?.ready === true);
        }),
      );
      await Promise.all(
        starting.map(async (name) => {
          await send("DELETE", `/users/${name}/server`);
          await poll(name, ({ servers }) => !servers[""]);
        }),
      );
      return undefined;
    },
  };
}

const headers = { Authorization: `Bearer ${token}` };

const sendByFetch: Send = async (method, path, body) => {
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  const response = await fetch(url + path, { method, headers, ...init });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
  const text = await response.text();
  return text ? (JSON.parse(text) as unknown) : undefined;
};

const sendByKy: Send = async (method, path, body) => {
  const options = body === undefined ? {} : { json: body };
  const text = await ky(url + path, { method, headers, timeout: 60_000, ...options }).text();
  return text ? (JSON.parse(text) as unknown) : undefined;
};

function sendByOpenapiFetch(): Send {
  const api = createFetchClient<Record<string, Record<string, object>>>({ baseUrl: url, headers });
  return async (method, path, body) => {
    const request = { body, parseAs: "text" } as never;
    const { data, response } = await api.request(method.toLowerCase() as never, path, request);
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status}`);
    return data ? (JSON.parse(data as string) as unknown) : undefined;
  };
}

const jobs = {
  ours: ourJobs,
  "raw fetch": () => jobsByHand(sendByFetch),
  "openapi-fetch": () => jobsByHand(sendByOpenapiFetch()),
  ky: () => jobsByHand(sendByKy),
}[client];
const work = jobs?.()[job];
if (!work) throw new Error("Usage: bench-job.ts CLIENT JOB");
const begun = performance.now();
const before = process.cpuUsage();
const fault = await work().catch((error: unknown) => String(error).slice(0, 120));
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({ wall: performance.now() - begun, cpu: (user + system) / 1000, fault }),
);
