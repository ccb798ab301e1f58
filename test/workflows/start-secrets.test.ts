/** Errors redact secrets in the events of a Spawner, and the client reads only a limited number of events. */
import { describe, expect, it } from "vitest";
import { JupyterHub, type ProgressEvent } from "../../src/index.js";
import { printed, serve, signalled } from "../unit/helpers.js";
import { FakeHub, type Answer, type Fate } from "./fake-hub.js";
import { failure, settled, useClock } from "./time.js";
import { post, ready, soon, story, stream } from "./watching.js";

const option = 'planted "option" wörd';
const token = "planted-client-token";
const key = "planted-gateway-key";
const user_options = { image: option, env: [{ DB_PASSWORD: 12345678 }], size: "l" };
const echo = `image ${option} with ${JSON.stringify(option)}, 12345678, Bearer ${token} and ${key}`;

describe.each(["5.5.4", "6.1.1"])("a secret in the message of a Spawner on hub %s", (version) => {
  useClock();
  const start = (hub: FakeHub) =>
    hub.client({ token }).servers.start("ada", { user_options }, { headers: { "X-Gateway": key } });

  const after: [string, Answer][] = [
    ["after a 202", { status: 202, fate: soon("stopped") }],
    ["after a 500", { status: 500, message: echo, fate: soon("stopped") }],
    [
      "after a status that the Spawner raises",
      {
        status: 409,
        message: echo,
        fate: [
          [0, "spawn"],
          [0, "stopped"],
        ] as Fate,
      },
    ],
  ];
  it.each(after)("is redacted in the error %s", async (_, answer) => {
    const hub = new FakeHub(version);
    hub.why = echo;
    hub.tale = [
      [
        100,
        {
          progress: 10,
          message: echo,
          html_message: echo,
          more: { [option]: [echo] },
        } as Partial<ProgressEvent>,
      ],
    ];
    hub.next(post, answer);
    const error = await failure(start(hub));
    expect(error).toMatchObject({
      name: "SpawnFailedError",
      message: expect.stringContaining("The server of ada failed to start: image [redacted]"),
      reason: expect.stringMatching(/^image \[redacted\] with /),
    });
    expect(printed(error)).not.toMatch(/planted|12345678/);
  });

  it("is kept in the events of an iteration, but redacted in its error", async () => {
    const hub = new FakeHub(version);
    hub.tale = [[100, { progress: 10, message: echo }]];
    hub.next(post, { status: 202, fate: soon("stopped") });
    const { reported, error } = await settled(story(start(hub)));
    expect(reported[1]?.message).toBe(echo);
    expect((error as { events: ProgressEvent[] }).events[1]?.message).toMatch(
      /^image \[redacted\]/,
    );
  });

  it("is redacted in the error if the hub refuses the start", async () => {
    const hub = new FakeHub(version);
    hub.next(post, { status: 400, message: `No ${echo}` });
    const error = await failure(start(hub));
    expect(error).toMatchObject({ hubMessage: expect.stringMatching(/^No image \[redacted\]/) });
    expect(printed(error)).not.toMatch(/planted|12345678/);
  });

  it("is kept if it is too short to be recognised as one", async () => {
    const hub = new FakeHub(version);
    hub.why = "size l is too large";
    hub.next(post, { status: 202, fate: soon("stopped") });
    expect(await failure(start(hub))).toMatchObject({ reason: "size l is too large" });
  });

  it.each([5, { a: 1 }, ["x"], null])(
    "cannot appear in the reason if the message is not a string: %j",
    async (message) => {
      const hub = new FakeHub(version);
      const event = { progress: 100, failed: true, message } as never;
      hub.next(stream, { status: 200, stream: [event] }, { status: 200, stream: [event] });
      hub.next(post, { status: 202, fate: soon("stopped") });
      expect(await failure(start(hub))).toMatchObject({
        name: "SpawnFailedError",
        reason: undefined,
      });
    },
  );
});

describe("an endless stream of events", () => {
  const heap = (): number => process.memoryUsage().heapUsed / 1e6;
  const big = { progress: 1, message: "x".repeat(100_000) };

  /** Serves a hub whose progress stream never ends. `left` resolves when the client closes the stream. */
  async function endless(event: (count: number) => object) {
    const left = signalled();
    let ready = false;
    const server = await serve((request, response) => {
      const headers = { "X-JupyterHub-Version": "6.1.1" };
      if (request.method === "POST") return void response.writeHead(202, headers).end();
      if (request.url?.endsWith("/progress")) {
        response.writeHead(200, { ...headers, "Content-Type": "text/event-stream" });
        let count = 0;
        const write = (): void => {
          while (response.write(`data: ${JSON.stringify(event(count++))}\n\n`));
        };
        response.on("drain", write);
        response.on("close", () => {
          ready = true;
          left.tell();
        });
        return write();
      }
      const model = { name: "", url: "/user/ada/", ready, pending: ready ? null : "spawn" };
      const body = request.url === "/hub/api/" ? { version: "6.1.1" } : model;
      response.writeHead(200, { ...headers, "Content-Type": "application/json" });
      response.end(JSON.stringify(body));
    });
    const hub = new JupyterHub({ url: server.url, token: "a-token" });
    return { hub, left: left.when, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
  }

  it.each<[string, (count: number) => object, number]>([
    ["small events", (count) => ({ progress: count % 100 }), 10_000],
    ["large events", () => big, 41],
  ])("is closed by a start, which then continues: %s", async (_, event, most) => {
    await using server = await endless(event);
    const before = heap();
    const start = server.hub.servers.start("ada");
    expect(await start).toMatchObject({ ready: true });
    await server.left;
    const { reported, error } = await story(start);
    expect(error).toBeUndefined();
    expect(reported).toHaveLength(most + 1);
    expect(reported.at(-1)).toMatchObject({ progress: ready.progress, ready: true });
    expect(heap() - before).toBeLessThan(100);
  });

  it("makes servers.progress throw an error that names the limit", async () => {
    await using server = await endless((count) => ({ progress: count % 100 }));
    const { reported, error } = await story(server.hub.servers.progress("ada"));
    expect(reported).toHaveLength(10_000);
    expect(error).toMatchObject({
      name: "UnexpectedResponseError",
      message: expect.stringMatching(/more than 10000 events or 4194304 characters/),
    });
    await server.left;
  });
});

it("servers.progress rejects if the events of all its connections together exceed the limit", async () => {
  let connections = 0;
  await using server = await serve((request, response) => {
    const isStream = request.url?.endsWith("/progress");
    response.writeHead(200, {
      "X-JupyterHub-Version": "6.1.1",
      "Content-Type": isStream ? "text/event-stream" : "application/json",
    });
    if (!isStream) return void response.end('{"version": "6.1.1"}');
    connections += 1;
    const message = "x".repeat(1e6);
    response.end(`data: ${JSON.stringify({ progress: connections, message })}\n\n`);
  });
  const hub = new JupyterHub({ url: server.url, token: "a-token" });
  const { error } = await story(hub.servers.progress("ada"));
  expect(error).toMatchObject({ name: "UnexpectedResponseError" });
  expect(connections).toBe(5);
});
