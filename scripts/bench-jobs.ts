/**
 * Compares this package with alternative clients on a real hub. Each client does the same complete jobs.
 *
 * The clients take turns, and each job runs in its own process, so that the CPU time is that of one client only and all
 * clients find the hub in the same state. The hub's servers are ready after two seconds and use no CPU, so that
 * differences come from the clients.
 */
import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { JupyterHub } from "jupyterhub-client";
import { startHub, type RunningHub } from "../test/hubs/hub.js";
import { ensurePythonPeers } from "../test/hubs/venv.js";
import { addTable, limit } from "./bench-output.js";
import { releases } from "./known-releases.js";

const rounds = 3;
const totalUsers = 5_000;

const clients = {
  ours: "node",
  "raw fetch": "node",
  "openapi-fetch": "node",
  ky: "node",
  requests: "python",
  "jh-client": "python",
} as const;
type Client = keyof typeof clients;

const jobs = {
  get: "Getting 1,000 users",
  list: "Listing 5,000 users",
  create: "Creating and deleting 200 users",
  start: "Starting and stopping 20 servers",
} as const;
type Job = keyof typeof jobs;

const notes: Readonly<Record<Job, string>> = {
  get: `One after the other. Median of ${rounds} runs, as in the other jobs.`,
  list: "In pages of 200, the largest that the hub allows.",
  create: "One request creates the users; each is deleted by one, one after the other.",
  start:
    "Each server takes two seconds to start and one to stop. Ours follows the progress stream and resolves when the " +
    "server is certain to stay; the others look every second.",
};

/** The output of one run. */
interface Run {
  /** In milliseconds, like `cpu`. */
  wall: number;
  cpu: number;
  /** What went wrong: the client's error, or what is wrong with the job's result. */
  fault?: string;
}

/** A Spawner whose servers take two seconds to start and one second to stop. */
const quickSpawner = `
import asyncio, os
from urllib.parse import urlparse
from jupyterhub.spawner import Spawner

class QuickSpawner(Spawner):
    running = False

    async def start(self):
        await asyncio.sleep(2)
        self.running = True
        return ("127.0.0.1", urlparse(os.environ["HUB_URL"]).port)

    async def poll(self):
        return None if self.running else 0

    async def stop(self, now=False):
        await asyncio.sleep(1)
        self.running = False

c.JupyterHub.spawner_class = QuickSpawner
c.JupyterHub.concurrent_spawn_limit = 100
`;

async function run(client: Client, job: Job, hub: RunningHub, python: string): Promise<Run> {
  const folder = import.meta.dirname;
  const [program, ...args] =
    clients[client] === "python"
      ? [python, join(folder, "bench_jobs.py")]
      : [process.execPath, "--import", "tsx", join(folder, "bench-job.ts")];
  const env = { ...process.env, BENCH_HUB_URL: hub.url, BENCH_HUB_TOKEN: hub.tokens.admin };
  const { stdout } = await promisify(execFile)(program, [...args, client, job], {
    env,
    timeout: 120_000,
  });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as Run;
}

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

/** The limit for the time of the health check, in milliseconds: 99 of 100 checks must be faster. */
const mostForHealth = 1_000;

/**
 * Measures the hub's health check while our client lists the hub's users, and adds the results to the benchmark's
 * tables. Returns whether the check is within its limit.
 */
async function checkHealth(hub: RunningHub): Promise<boolean> {
  const { users } = new JupyterHub({ url: hub.url, token: hub.tokens.admin });
  const rows: string[][] = [];
  let areKept = true;
  for (const concurrency of [1, 2, 8]) {
    const times: number[] = [];
    const state = { isListing: true };
    const listing = (async () => {
      for (let round = 0; round < rounds; round += 1) await users.list({}, { concurrency });
      state.isListing = false;
    })();
    while (state.isListing) {
      const begun = performance.now();
      await (await fetch(`${hub.publicUrl}hub/health`)).arrayBuffer();
      times.push(performance.now() - begun);
    }
    await listing;
    const p99 = times.toSorted((a, b) => a - b)[Math.floor(times.length * 0.99)] ?? Number.NaN;
    areKept &&= p99 <= mostForHealth;
    rows.push([
      `${concurrency} in flight`,
      `${median(times).toFixed(0)} ms`,
      `${p99.toFixed(0)} ms`,
      limit(`${mostForHealth} ms`, p99 <= mostForHealth),
    ]);
  }
  addTable({
    title: "The hub's health check meanwhile",
    note: `\`GET /hub/health\`, one after the other, while ours lists ${totalUsers.toLocaleString("en")} users.`,
    columns: ["pages", "median", "99th percentile", "at most"],
    rows,
  });
  return areKept;
}

/**
 * Runs the jobs, and adds the results to the benchmark's tables. Returns whether our client did each job without a
 * fault and the hub stayed responsive.
 */
export async function compareJobs(): Promise<boolean> {
  const [newest = ""] = releases.toReversed();
  const python = await ensurePythonPeers();
  await using hub = await startHub(newest, { extraConfig: quickSpawner });
  const admin = new JupyterHub({ url: hub.url, token: hub.tokens.admin });
  const names = Array.from({ length: totalUsers - 1 }, (_, index) => `user-${index}`);
  for (let at = 0; at < names.length; at += 500) {
    await admin.users.createMany({ usernames: names.slice(at, at + 500) });
  }
  let isComplete = true;
  for (const [job, title] of Object.entries(jobs) as [Job, string][]) {
    const runs = new Map<Client, Run[]>();
    for (let round = 0; round < rounds; round += 1) {
      for (const client of Object.keys(clients) as Client[]) {
        const result = await run(client, job, hub, python);
        runs.set(client, [...(runs.get(client) ?? []), result]);
      }
    }
    const base = median((runs.get("raw fetch") ?? []).map(({ wall }) => wall));
    const rows = [...runs].map(([client, results]) => {
      const wall = median(results.map((one) => one.wall));
      const cpu = median(results.map((one) => one.cpu));
      const fault = results.find((one) => one.fault)?.fault;
      if (client === "ours" && fault) isComplete = false;
      const name = clients[client] === "python" ? `${client} (Python)` : client;
      return [
        name,
        `${(wall / 1000).toFixed(2)} s`,
        (wall / base).toFixed(2),
        `${(cpu / 1000).toFixed(2)} s`,
        fault ?? "",
      ];
    });
    addTable({
      title: `${title}, on JupyterHub ${newest}`,
      note: notes[job],
      columns: ["client", "time", "ratio", "CPU of the client", "wrong or missing"],
      rows,
    });
  }
  return (await checkHealth(hub)) && isComplete;
}
