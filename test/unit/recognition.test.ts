/** How a hub's responses are recognised, with and without the version header, which proxies may remove. */
import { gzipSync } from "node:zlib";
import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { JupyterHub } from "../../src/index.js";
import { rejectionOf, secrets, serve, signalled } from "./helpers.js";

type Call = (hub: JupyterHub) => PromiseLike<unknown>;
interface Reply {
  status: number;
  type?: string;
  body?: string;
  headers?: Record<string, string>;
}

const json = "application/json";
const html = "text/html; charset=UTF-8";
const page = "<!DOCTYPE html><p>Hello</p>";
const model = '{"name": "ada"}';

const calls = {
  get: (hub) => hub.users.get("ada"),
  create: (hub) => hub.users.create("ada"),
  update: (hub) => hub.users.update("ada", { admin: true }),
  delete: (hub) => hub.users.delete("ada"),
  sync: (hub) => hub.proxy.sync(),
  token: (hub) => hub.tokens.create("ada"),
  health: (hub) => hub.health(),
  metrics: (hub) => hub.metrics(),
} satisfies Record<string, Call>;

function send(response: ServerResponse, { status, type, body = "", headers }: Reply): void {
  response.writeHead(status, { ...(type && { "Content-Type": type }), ...headers });
  response.end(body);
}

/** Returns the result or the error of a call to a server that responds with `reply`. */
async function outcome(call: Call, reply: Reply, retry = 0): Promise<unknown> {
  await using server = await serve((_, response) => send(response, reply));
  const hub = new JupyterHub({ url: server.url, token: secrets.token, retry });
  return await call(hub).then(
    (value) => ({ value }),
    (error: unknown) => error,
  );
}

const ofHub = { "X-JupyterHub-Version": "6.1.1" };

describe("a successful response without the version header", () => {
  it.each<[keyof typeof calls, string, Reply, unknown]>([
    ["get", "JSON", { status: 200, type: json, body: model }, { name: "ada" }],
    ["create", "JSON", { status: 201, type: json, body: model }, { name: "ada" }],
    ["token", "JSON", { status: 201, type: json, body: '{"token": "t"}' }, { token: "t" }],
    ["delete", "without content", { status: 204 }, undefined],
    ["sync", "an empty body labelled JSON", { status: 200, type: json }, undefined],
    ["health", "an empty page", { status: 200, type: html }, undefined],
    ["metrics", "text", { status: 200, type: "text/plain; version=0.0.4", body: "a 1" }, "a 1"],
  ])("to %s is accepted if it is %s", async (name, _, reply, value) => {
    expect(await outcome(calls[name], reply)).toEqual({ value });
  });

  it.each<[keyof typeof calls, string, Reply]>([
    ["get", "a page", { status: 200, type: html, body: page }],
    ["get", "text", { status: 200, type: "text/plain", body: "ok" }],
    ["get", "without content", { status: 204 }],
    ["delete", "a page", { status: 200, type: html, body: page }],
    ["health", "a page", { status: 200, type: html, body: page }],
    ["metrics", "a page", { status: 200, type: html, body: page }],
  ])("to %s is refused if it is %s", async (name, _, reply) => {
    expect(await outcome(calls[name], reply)).toMatchObject({ name: "UnexpectedResponseError" });
  });

  it("to GET / contains the version, which the client remembers", async () => {
    const urls: (string | undefined)[] = [];
    await using server = await serve(({ url }, response) => {
      urls.push(url);
      const body = url === "/hub/api/" ? '{"version": "4.1.6"}' : model;
      send(response, { status: 200, type: json, body });
    });
    const hub = new JupyterHub({ url: server.url, token: secrets.token });
    await hub.users.get("ada", { include_stopped_servers: true });
    await hub.users.get("ada", { include_stopped_servers: true });
    expect(await hub.supports("shares")).toBe(false);
    expect(urls.filter((url) => url === "/hub/api/")).toHaveLength(1);
  });
});

describe("a page with the version header and a 4xx status", () => {
  const pageOfHub = (status: number): Reply => ({ status, type: html, body: page, headers: ofHub });

  it.each(
    (["get", "create", "update", "delete", "token", "sync"] as const).flatMap((name) =>
      [403, 404, 405].map((status) => [name, status] as const),
    ),
  )("is not accepted as an API response to %s: %i", async (name, status) => {
    const error = await outcome(calls[name], pageOfHub(status));
    expect(error).toMatchObject({ name: "UnexpectedResponseError", status });
    expect((error as Error).message).toMatch(/Check the url: JupyterHub\.\w+\(link\) finds/);
  });

  it("is accepted as the API's refusal of metrics", async () => {
    expect(await outcome(calls.metrics, pageOfHub(403))).toMatchObject({ name: "ForbiddenError" });
  });

  it("causes an UnsupportedByHubError if the hub is too old for the operation", async () => {
    const headers = { "X-JupyterHub-Version": "1.2.2" };
    const error = await outcome(calls.health, { ...pageOfHub(404), headers });
    expect(error).toMatchObject({ name: "UnsupportedByHubError", since: "1.4" });
  });
});

describe("a 429 of a gateway", () => {
  it.each([
    ["text", "text/plain", "slow down"],
    ["a page", html, page],
    ["JSON", json, '{"error": "slow down"}'],
  ])("is a RateLimitError if its body is %s", async (_, type, body) => {
    const reply = { status: 429, type, body };
    const write = await outcome(calls.create, { ...reply, headers: { "Retry-After": "90" } });
    expect(write).toMatchObject({ name: "RateLimitError", retryAfter: 90_000, outcome: undefined });
    expect(await outcome(calls.get, reply)).toMatchObject({
      name: "RateLimitError",
      retryAfter: undefined,
    });
  });
});

describe("the limit maxResponseBytes", () => {
  const maxResponseBytes = 10_000;
  const hubAt = (url: string): JupyterHub =>
    new JupyterHub({ url, token: secrets.token, retry: 0, maxResponseBytes });

  it("refuses a response that does not end, and closes its connection", async () => {
    const closed = signalled();
    await using server = await serve((_, response) => {
      response.writeHead(200, { "Content-Type": json, ...ofHub });
      const more = (): void => {
        if (!response.destroyed) response.write("x".repeat(4096), more);
      };
      response.on("close", () => closed.tell());
      more();
    });
    const error = await rejectionOf(hubAt(server.url).users.get("ada"));
    expect(error).toMatchObject({ name: "UnexpectedResponseError", status: 200 });
    expect((error as Error).message).toContain("exceeds 10000 bytes");
    expect((error as Error).message).toContain("maxResponseBytes");
    await closed.when;
  });

  it("refuses a response that is too large only after decompression", async () => {
    const bomb = gzipSync(Buffer.alloc(1_000_000, " "));
    await using server = await serve((_, response) => {
      response.writeHead(200, { "Content-Type": json, "Content-Encoding": "gzip", ...ofHub });
      response.end(bomb);
    });
    expect(bomb.length).toBeLessThan(maxResponseBytes);
    const error = await rejectionOf(hubAt(server.url).users.get("ada"));
    expect((error as Error).message).toContain("exceeds 10000 bytes");
  });

  it("leaves the outcome of a write unknown if its response is too large", async () => {
    await using server = await serve((_, response) => {
      send(response, { status: 201, type: json, body: `"${"x".repeat(20_000)}"`, headers: ofHub });
    });
    const error = await rejectionOf(hubAt(server.url).groups.create("astronomy"));
    expect(error).toMatchObject({ outcome: "unknown" });
  });

  it.each([0, -1, Number.NaN, "1"])("cannot be %s", (limit) => {
    const options = { url: "https://hub.example.org", maxResponseBytes: limit as number };
    expect(() => new JupyterHub(options)).toThrow("maxResponseBytes must be a number above 0");
  });

  it("accepts a response of exactly that many bytes, even if a chunk ends within a character", async () => {
    const name = "é".repeat(4000);
    const body = JSON.stringify({ name });
    await using server = await serve((_, response) => {
      response.writeHead(200, { "Content-Type": json, ...ofHub });
      const bytes = Buffer.from(body);
      response.write(bytes.subarray(0, 100), () => response.end(bytes.subarray(100)));
    });
    const options = {
      url: server.url,
      token: secrets.token,
      maxResponseBytes: Buffer.byteLength(body),
    };
    expect((await new JupyterHub(options).users.get("ada")).name).toBe(name);
  });
});
