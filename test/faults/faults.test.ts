/**
 * The faults that a call must survive. Each row has a server that fails in one way, and for a GET and a POST the
 * expected outcome and number of requests. Every call ends in time, and leaves behind no connection, timer or unhandled
 * rejection.
 */
import { createServer } from "node:net";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { getUser, postGroup } from "../../src/api.js";
import { JupyterHub, isJupyterHubError } from "../../src/index.js";
import { expectNoSecret, secrets } from "../unit/helpers.js";
import { faulty, type Faulty } from "./faulty.js";
import { elsewhere, rows, starts, streams } from "./rows.js";

/** The target of redirects to another origin. */
let another: Faulty;
beforeAll(async () => {
  another = await faulty(({ socket }) => socket.destroy());
  elsewhere.url = another.url;
});
afterAll(() => another[Symbol.asyncDispose]());

/** Timeouts in milliseconds: of one attempt, for faults that never end; and of a whole call. */
const patience = 250;
const deadline = 15_000;
const slow = /in time|never ends/;

const calls = {
  get: (hub: JupyterHub) =>
    getUser({ client: hub.client, path: { name: "ada" }, timeout: deadline, throwOnError: true }),
  write: (hub: JupyterHub) =>
    postGroup({
      client: hub.client,
      path: { name: "lab" },
      body: { users: ["ada"] },
      timeout: deadline,
      throwOnError: true,
    }),
};

/** Reads a stream to its end. */
async function readStream(hub: JupyterHub): Promise<{ data: unknown }> {
  const url = "/users/{name}/server/progress";
  const { data } = await hub.client.get({
    url,
    path: { name: "ada" },
    parseAs: "stream",
    throwOnError: true,
  });
  expect(await new Response(data as ReadableStream).text()).toBe("data: {}\n");
  return { data: { name: "ada" } };
}

/** The outcome of a call in a few words, with the number of requests. */
async function outcomeOf(
  call: Promise<{ data: unknown }>,
  requests: () => number,
): Promise<string> {
  try {
    const { data } = await call;
    expect(data).toMatchObject({ name: "ada" });
    return `value ×${requests()}`;
  } catch (error) {
    if (!isJupyterHubError(error)) throw error;
    expectNoSecret(error);
    const { name, status, outcome } = error;
    const certain = outcome ? `, outcome ${outcome}` : "";
    return `${name}${status ? ` ${status}` : ""} ×${requests()}${certain}`;
  }
}

/** The timers that keep this process alive. */
const timers = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === "Timeout").length;

/** Waits for one turn of the event loop. */
const turn = () => new Promise(setImmediate);

/** A server that was closed: connections to its port are refused. */
async function refusing(): Promise<Faulty> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => 0,
    silent: () => Promise.resolve(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

const rejections: unknown[] = [];
const keep = (reason: unknown): void => void rejections.push(reason);
beforeAll(() => void process.on("unhandledRejection", keep));
afterAll(() => void process.off("unhandledRejection", keep));
beforeEach(() => {
  // No delay between attempts, except for `Retry-After`.
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** The outcomes of each fault, by the kind of call. */
const seen = new Map<string, Record<string, string>>();
const note = (fault: string, kind: string, outcome: string): void =>
  void seen.set(fault, { ...seen.get(fault), [kind]: outcome });
const pad = (text: string | undefined, width: number): string => (text ?? "").padEnd(width);

afterAll(() => {
  const lines = [...seen].map(([fault, { get, write, stream }]) =>
    stream ? `  ${pad(fault, 34)}${stream}` : `  ${pad(fault, 34)}${pad(get, 28)}${write ?? ""}`,
  );
  const title = `  ${pad("fault", 34)}${pad("GET", 28)}POST`;
  // oxlint-disable-next-line no-console
  console.log([title, ...lines].join("\n"));
});

/** Runs a call against a failing server, and checks that the call leaves nothing behind. */
async function survived(
  server: Faulty,
  run: (hub: JupyterHub) => Promise<string>,
  timeout: number,
): Promise<string> {
  const before = timers();
  const begun = performance.now();
  const hub = new JupyterHub({ url: server.url, token: secrets.token, timeout });
  const outcome = await run(hub);
  expect(performance.now() - begun).toBeLessThan(deadline);
  await server.silent();
  // Unhandled rejections are reported at the next turn of the event loop.
  await turn();
  expect(rejections).toEqual([]);
  // Vitest has short timers of its own. A timer that a call leaves behind would run for seconds.
  const end = performance.now() + 2000;
  while (timers() > before && performance.now() < end) await turn();
  expect(timers()).toBeLessThanOrEqual(before);
  return outcome;
}

describe.each(["get", "write"] as const)("a %s call survives the fault", (kind) => {
  it.each(rows)("%s", async (fault, respond, get, write) => {
    await using server = respond ? await faulty(respond) : await refusing();
    const outcome = await survived(
      server,
      (hub) => outcomeOf(calls[kind](hub), server.requests),
      slow.test(fault) ? patience : deadline,
    );
    note(fault, kind, outcome);
    expect(outcome).toBe({ get, write }[kind]);
    expect(another.requests()).toBe(0);
  });
});

describe("reading a stream to its end settles as expected for", () => {
  it.each(streams)("%s", async (fault, respond, expected) => {
    await using server = await faulty(respond);
    const outcome = await survived(
      server,
      (hub) => outcomeOf(readStream(hub), server.requests),
      slow.test(fault) ? patience : deadline,
    );
    note(fault, "stream", outcome);
    expect(outcome).toBe(expected);
  });
});

/** The timeout of a start in milliseconds, including the time to confirm that the server is ready. */
const startTime = 2500;

describe("a start settles as expected if", () => {
  it.each(starts)("%s", async (fault, respond, expected) => {
    await using server = await faulty(respond());
    const outcome = await survived(
      server,
      (hub) => {
        const started = hub.servers.start("ada", {}, { timeout: startTime });
        return outcomeOf(
          started.then(({ ready }) => ({ data: { name: ready ? "ada" : "nobody" } })),
          server.requests,
        );
      },
      deadline,
    );
    note(fault, "stream", outcome);
    expect(outcome).toBe(expected);
  });
});
