/** Requests to servers in rare cases: replaced connections, lost bodies, headers of the call, malformed models. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { JupyterHubError, ServerNotRunningError } from "../../src/index.js";
import { answer, answering, hubOf, origin, refusal, rejectionOf, signalled } from "./helpers.js";

afterEach(() => {
  vi.useRealTimers();
});

interface Cluster {
  /** Properties that replace those of ada's server in the hub's model. */
  model?: object;
  /** Returns true if the server is ready at this read of its model; the first read is 0. */
  ready?: (read: number) => boolean;
  /** The server's response. */
  serves?: (request: Request, signal: AbortSignal) => Response | Promise<Response>;
  /** The hub's response; undefined for the usual one. */
  api?: (request: Request) => Response | undefined;
}

/** A fetch that answers for a hub and for ada's server. */
function cluster({ model, ready = () => true, serves, api }: Cluster) {
  let reads = 0;
  return answering(async (request, signal) => {
    const { pathname } = new URL(request.url);
    if (!pathname.includes("/hub/api/")) {
      return serves?.(request, signal) ?? answer({ from: "the server" }, { version: null });
    }
    const own = api?.(request);
    if (own) return own;
    if (pathname.endsWith("/api/")) return answer({ version: "6.1.1" });
    if (pathname.endsWith("/tokens")) {
      return answer({ id: "a1", token: "server-token" }, { status: 201 });
    }
    const isReady = ready(reads);
    reads += 1;
    const server = { name: "", url: "/user/ada/", ready: isReady, pending: null, ...model };
    const isUser = /\/users\/[^/]+$/.test(pathname);
    return answer(isUser ? { name: "ada", servers: { "": server } } : server);
  });
}

/** The proxy's response if no server is at the address. */
const gone = () => answer("", { status: 503, version: null, type: "text/html" });

/** The hub's responses to `POST /users/ada/tokens`: numbered tokens with these lifetimes in milliseconds. */
function numberedTokens(lifetimes: readonly number[]) {
  const created: string[] = [];
  return {
    created,
    api: ({ url }: Request) => {
      if (!url.endsWith("/tokens")) return undefined;
      const lifetime = lifetimes[created.length] ?? 3_600_000;
      created.push(`server-token-${created.length + 1}`);
      const times = {
        created: new Date(0).toISOString(),
        expires_at: new Date(lifetime).toISOString(),
      };
      return answer({ id: "a1", token: created.at(-1), ...times }, { status: 201 });
    },
  };
}

describe("a connection that is no longer valid", () => {
  it("is replaced only once, even if several requests find it expired at the same time", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const tokens = numberedTokens([100]);
    const { servers } = hubOf(cluster({ api: tokens.api }));
    await servers.fetch("ada", "/api");
    vi.advanceTimersByTime(120);
    await Promise.all([1, 2, 3, 4].map(() => servers.fetch("ada", "/api")));
    expect(tokens.created).toHaveLength(2);
  });

  it("is replaced only once, even if the server refuses several requests one after the other", async () => {
    const { when, tell } = signalled();
    const tokens = numberedTokens([]);
    const isFirst = ({ headers }: Request) =>
      headers.get("Authorization") === "Bearer server-token-1";
    const fetch = cluster({
      serves: async (request) => {
        if (request.url.endsWith("/slow")) await when;
        return answer({}, { status: isFirst(request) ? 401 : 200, version: null });
      },
      api: (request) =>
        request.url.endsWith("/user") && isFirst(request)
          ? refusal(403, "Missing or invalid credentials.")
          : tokens.api(request),
    });
    const { servers } = hubOf(fetch);
    const slow = servers.fetch("ada", "/slow");
    await servers.fetch("ada", "/fast");
    await servers.fetch("ada", "/fast");
    tell();
    await slow;
    await servers.fetch("ada", "/fast");
    expect(tokens.created).toHaveLength(2);
  });
});

describe("a stopped server leads to a ServerNotRunningError", () => {
  it("even behind a gateway that refuses requests without the call's headers", async () => {
    const headers = { "X-Gateway-Key": "east" };
    const fetch = cluster({
      ready: (read) => read === 0,
      serves: gone,
      api: (request) =>
        request.headers.has("X-Gateway-Key")
          ? undefined
          : answer("<p>No key</p>", { status: 403, type: "text/html", version: null }),
    });
    const error = await rejectionOf(hubOf(fetch).servers.fetch("ada", "/api", {}, { headers }));
    expect(error).toBeInstanceOf(ServerNotRunningError);
  });

  it("even if only the call has an Authorization header", async () => {
    const fetch = cluster({
      ready: (read) => read === 0,
      serves: gone,
      api: ({ url, headers }) =>
        url.endsWith("/api/") || headers.has("Authorization")
          ? undefined
          : refusal(403, "Missing or invalid credentials."),
    });
    const call = { headers: { Authorization: "Bearer of-the-call" } };
    const hub = hubOf(fetch, { token: undefined });
    const connection = await hub.servers.connect("ada", {}, call);
    const error = await rejectionOf(connection.fetch(`${origin}/user/ada/api`));
    expect(error).toBeInstanceOf(ServerNotRunningError);
  });
});

describe("a 503 whose body is lost", () => {
  const lost = () =>
    new Response(
      new ReadableStream({ pull: (controller) => controller.error(new TypeError("terminated")) }),
      { status: 503, headers: { "Content-Type": "text/html" } },
    );

  it("leads to a ServerNotRunningError if the server has stopped", async () => {
    const fetch = cluster({ ready: (read) => read === 0, serves: lost });
    const error = await rejectionOf(hubOf(fetch).servers.fetch("ada", "/api"));
    expect(error).toBeInstanceOf(ServerNotRunningError);
  });

  it("is returned as the response if the server runs", async () => {
    const response = await hubOf(cluster({ serves: lost })).servers.fetch("ada", "/api");
    expect(response.status).toBe(503);
  });
});

it("the signal of a Request aborts the request, even if the signal of the init is undefined", async () => {
  const { when, tell } = signalled();
  const fetch = cluster({
    serves: (_, signal) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason as Error));
        tell();
      }),
  });
  const connection = await hubOf(fetch).servers.connect("ada");
  const controller = new AbortController();
  const request = new Request(`${origin}/user/ada/api`, { signal: controller.signal });
  const init: { signal?: AbortSignal | undefined } = { signal: undefined };
  const sent = connection.fetch(request, init as RequestInit);
  await when;
  controller.abort();
  expect(await rejectionOf(sent)).toBe(controller.signal.reason);
});

it.each([
  ["a malformed full_url", { full_url: "http://[" }, { url: "http://10.0.0.1" }],
  ["no url", { url: undefined }, {}],
])("a server's model with %s leads to a JupyterHubError", async (_, model, options) => {
  const error = await rejectionOf(hubOf(cluster({ model }), options).servers.connect("ada"));
  expect(error).toBeInstanceOf(JupyterHubError);
});

it("a call whose own Authorization header is refused does not renew the client's token", async () => {
  const refused: unknown[] = [];
  const fetch = cluster({
    api: ({ headers }) =>
      headers.get("Authorization") === "Bearer client-token"
        ? undefined
        : refusal(403, "Missing or invalid credentials."),
  });
  const hub = hubOf(fetch, {
    token: async (token) => {
      if (token) refused.push(token);
      return "client-token";
    },
  });
  const call = { headers: { Authorization: "Bearer of-the-call" } };
  const error = await rejectionOf(hub.servers.connect("ada", {}, call));
  expect(error).toMatchObject({ name: "AuthenticationError" });
  expect(refused).toEqual([]);
});
