/**
 * Helpers of the unit tests: a fetch that responds as a hub does, real servers that close at the end of their test, and
 * the search for secrets in a test's results.
 */
import { createServer, type RequestListener } from "node:http";
import {
  createServer as createSocketServer,
  type AddressInfo,
  type Server,
  type Socket,
} from "node:net";
import { inspect } from "node:util";
import { expect } from "vitest";
import { JupyterHub, type JupyterHubOptions } from "../../src/index.js";

/** Values that the tests use as secrets. None of them may occur in errors, logs or printed values. */
export const secrets = {
  token: "planted-token-5f0c81",
  password: "planted-password-77ab1e",
  value: "planted-value-c0ffee",
} as const;

export const origin = "https://hub.example.org";
export const api = `${origin}/hub/api`;

export const environmentNames = [
  "JUPYTERHUB_API_URL",
  "JUPYTERHUB_API_TOKEN",
  "JUPYTERHUB_PUBLIC_HUB_URL",
  "JUPYTERHUB_CLIENT_ID",
  "JUPYTERHUB_OAUTH_CALLBACK_URL",
  "JUPYTERHUB_HOST",
  "JUPYTERHUB_BASE_URL",
] as const;
// The tests may run inside a server that a hub started, where these variables are set.
for (const name of environmentNames) delete process.env[name];

export interface AnswerOptions {
  status?: number;
  /** The value of X-JupyterHub-Version; null for a response without it. */
  version?: string | null;
  /** The media type; null for a response without it. */
  type?: string | null;
  headers?: Record<string, string>;
}

/** A hub's response, with its version header. Serialises the body as JSON unless it is a string. */
export function answer(body: unknown = {}, options: AnswerOptions = {}): Response {
  const { status = 200, version = "6.1.1", type = "application/json", headers = {} } = options;
  const text = typeof body === "string" ? body : JSON.stringify(body);
  // Response adds a media type to a string, but not to bytes.
  const bytes = new TextEncoder().encode(text);
  return new Response(status === 204 ? null : bytes, {
    status,
    headers: {
      ...(type !== null && { "Content-Type": type }),
      ...(version !== null && { "X-JupyterHub-Version": version }),
      ...headers,
    },
  });
}

/** A hub's error response. */
export const refusal = (status: number, message: string | null, options: AnswerOptions = {}) =>
  answer({ status, message }, { ...options, status });

/** An HTML page of a proxy or of another site. */
export const page = (status = 200, options: AnswerOptions = {}): Response =>
  answer("<!DOCTYPE html><p>Hello</p>", { status, type: "text/html", version: null, ...options });

export type Respond = (request: Request, signal: AbortSignal) => Response | Promise<Response>;

/** A fetch that records its requests and answers them with `respond`. */
export function answering(respond: Respond = () => answer()) {
  const requests: Request[] = [];
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    requests.push(request);
    return respond(request, init?.signal as AbortSignal);
  };
  return Object.assign(fetch, {
    requests,
    /** The method of each request and its path below the API, in order. */
    sent: (): string[] =>
      requests.map(({ method, url }) => `${method} ${url.replace(/^.*?\/hub\/api/, "")}`),
  });
}

/** A client that sends its requests with `fetch`, and does not retry. */
export const hubOf = (
  fetch: typeof globalThis.fetch,
  options: JupyterHubOptions = {},
): JupyterHub => new JupyterHub({ url: origin, token: secrets.token, fetch, retry: 0, ...options });

/** The error that a promise rejects with. */
export async function rejectionOf(promise: PromiseLike<unknown>): Promise<unknown> {
  const outcome = await promise.then(
    (value) => ({ value }),
    (reason: unknown) => ({ reason }),
  );
  if ("reason" in outcome) return outcome.reason;
  throw new Error(`Resolved with ${inspect(outcome.value)} instead of rejecting.`);
}

/** Prints a value in every way in which a log may print it; for an error, also its stack and its causes. */
export function printed(value: unknown): string {
  const texts = [inspect(value, { depth: 20, showHidden: true }), JSON.stringify(value)];
  for (let error = value; error instanceof Error; error = error.cause) {
    texts.push(
      String(error),
      error.stack ?? "",
      inspect(error, { depth: 20 }),
      JSON.stringify(error),
    );
  }
  return texts.join("\n");
}

/** Asserts that no printed form of a value contains one of `secrets`. */
export function expectNoSecret(value: unknown): void {
  const text = printed(value);
  expect(Object.values(secrets).filter((secret) => text.includes(secret))).toEqual([]);
}

export interface Listening extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  url: string;
}

/** Makes a server listen on a free port of this machine; `await using` closes the server. */
export async function listening(server: Server): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** A real HTTP server; `await using` closes it. */
export const serve = (listener: RequestListener): Promise<Listening> =>
  listening(createServer(listener));

/** A real TCP server, for responses that a test writes byte by byte; `await using` closes it. */
export const serveSocket = (onConnection: (socket: Socket) => void): Promise<Listening> =>
  listening(createSocketServer(onConnection));

/** A promise, and the function that resolves it. */
export function signalled<Value = void>(): { when: Promise<Value>; tell: (value: Value) => void } {
  let tell!: (value: Value) => void;
  const when = new Promise<Value>((resolve) => (tell = resolve));
  return { when, tell };
}
