/** `servers.fetch`: which calls reuse a connection, which paths are refused, and the requests that it sends. */
import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, describe, expect, it, vi } from "vitest";

import {
  AuthenticationError,
  ConnectionError,
  InvalidInputError,
  JupyterHub,
  TimeoutError,
  type JupyterHubOptions,
  type Middleware,
} from "../../src/index.js";
import {
  answer,
  answering,
  origin,
  refusal,
  rejectionOf,
  secrets,
  serve,
  signalled,
} from "./helpers.js";

afterEach(() => {
  vi.restoreAllMocks();
});

const ownerOf = (headers: Headers): string =>
  (headers.get("Authorization") ?? headers.get("Cookie") ?? "nobody").replace(/^Bearer /, "");

interface Situation {
  /** Returns the owner of a token. By default, a token's value is the name of its owner. */
  whose?: (token: string) => string | undefined;
  /** The names of ada's servers. */
  names?: string[];
  version?: string;
}

/** A hub with ada's servers. Each token that it creates is named after the caller. */
function hubWith({ whose = (token) => token, names = [""], version = "6.1.1" }: Situation = {}) {
  const server = (name: string) => ({
    name,
    url: `/user/ada/${name && `${name}/`}`,
    ready: true,
    pending: null,
  });
  const fetch = answering(async ({ method, url, headers }) => {
    const { pathname } = new URL(url);
    if (pathname.startsWith("/user/")) return answer({}, { version: null });
    if (pathname.endsWith("/api/")) return answer({ version }, { version });
    const owner = whose(ownerOf(headers));
    if (owner === undefined) return refusal(403, "Missing or invalid credentials.");
    if (pathname.endsWith("/api/user")) {
      return answer({ kind: "user", name: owner, scopes: ["tokens"] }, { version });
    }
    if (method === "POST") return answer({ id: "a7", token: `of-${owner}` }, { status: 201 });
    const servers = Object.fromEntries(names.map((name) => [name, server(name)]));
    const [, recorded] = /\/servers\/([^/]+)$/.exec(pathname) ?? [];
    if (recorded) return answer(server(recorded), { version });
    if (pathname.endsWith("/server")) return answer(server(""), { version });
    return answer({ name: "ada", servers }, { version });
  });
  const paths = () => fetch.requests.map(({ method, url }) => `${method} ${new URL(url).pathname}`);
  return {
    fetch,
    paths,
    /** The Authorization headers that ada's servers received. */
    seen: () =>
      fetch.requests
        .filter(({ url }) => url.includes("/user/ada/"))
        .map(({ headers }) => headers.get("Authorization")),
    made: () => paths().filter((path) => path.startsWith("POST ")).length,
    client: (options: JupyterHubOptions = {}) =>
      new JupyterHub({ url: origin, token: secrets.token, retry: 0, fetch, ...options }),
  };
}

/** Returns `token`, which returns the current caller's token, and `as`, which runs a function as a given caller. */
const acting = () => {
  const session = new AsyncLocalStorage<string>();
  return { as: session.run.bind(session), token: () => session.getStore() };
};

describe("a connection of servers.fetch", () => {
  it("serves only its own caller, even while several callers send requests", async () => {
    const hub = hubWith();
    const { as, token } = acting();
    const { servers } = hub.client({ token });
    const people = ["alice", "bob", "alice", "bob"];
    await Promise.all(people.map((one) => as(one, () => servers.fetch("ada", "/api"))));
    expect(hub.seen().toSorted()).toEqual([
      "Bearer of-alice",
      "Bearer of-alice",
      "Bearer of-bob",
      "Bearer of-bob",
    ]);
    expect(hub.made()).toBe(2);
  });

  it("is created with the token with which the client found out who the user is", async () => {
    const hub = hubWith();
    const answers = ["alice", "bob", "bob", "bob"];
    let recorded = 0;
    const { servers } = hub.client({ token: () => answers[recorded++] });
    await servers.fetch("ada", "/api");
    expect(recorded).toBe(1);
    await servers.fetch("ada", "/api");
    expect(hub.seen()).toEqual(["Bearer of-alice", "Bearer of-bob"]);
  });

  it("is shared by different tokens of the same user", async () => {
    const hub = hubWith({ whose: () => "alice" });
    let recorded = 0;
    const { servers } = hub.client({ token: () => `token-${recorded++}` });
    for (let count = 0; count < 10; count += 1) await servers.fetch("ada", "/api");
    await Promise.all(Array.from({ length: 10 }, () => servers.fetch("ada", "/api")));
    expect([recorded, hub.made(), hub.seen().length]).toEqual([20, 1, 20]);
  });

  it("serves the requests of only one token if the hub does not report the token's owner", async () => {
    const hub = hubWith({ whose: () => "" });
    const { as, token } = acting();
    const { servers } = hub.client({ token });
    for (const one of ["alice", "bob", "alice"]) await as(one, () => servers.fetch("ada", "/api"));
    expect(hub.made()).toBe(2);
  });

  const acts: Middleware = (request, next) => {
    request.headers.set("Authorization", `Bearer ${people.shift()}`);
    return next();
  };
  let people: string[] = [];
  it.each<[string, JupyterHubOptions]>([
    ["a middleware", { middleware: acts }],
    ["a middleware in place of a client token", { middleware: acts, token: undefined }],
  ])(
    "is never reused for a request with %s, which may make the request come from another user",
    async (_, options) => {
      const hub = hubWith();
      const { servers } = hub.client(options);
      for (const one of ["alice", "bob"]) {
        people = Array.from({ length: 9 }, () => one);
        await servers.fetch("ada", "/api");
      }
      expect(hub.seen()).toEqual(["Bearer of-alice", "Bearer of-bob"]);
    },
  );

  it.each(["Authorization", "authorization", "COOKIE"])(
    "is never reused if the client has a header that may make a request come from another user: %s",
    async (name) => {
      const hub = hubWith();
      const { servers } = hub.client({ headers: { [name]: "Bearer alice" } });
      for (let count = 0; count < 2; count += 1) await servers.fetch("ada", "/api");
      expect(hub.made()).toBe(2);
    },
  );

  it("is never reused for a call with headers of its own", async () => {
    const hub = hubWith();
    const { servers } = hub.client();
    for (const one of ["alice", "bob"]) {
      const headers = { authorization: `Bearer ${one}` };
      await servers.fetch("ada", "/api", {}, { headers });
    }
    expect(hub.seen()).toEqual(["Bearer of-alice", "Bearer of-bob"]);
  });
});

describe("a token that the hub rejects", () => {
  const whose = (token: string) => (token === "stale" ? undefined : token);

  it.each<[string, JupyterHubOptions]>([
    ["is renewed once for two callers with the same token", {}],
    [
      "is renewed once for two callers, even if no connection is reused",
      { middleware: (_, next) => next() },
    ],
  ])("%s", async (_, options) => {
    const hub = hubWith({ whose });
    const recorded: (string | undefined)[] = [];
    const token = (refused?: string) => {
      recorded.push(refused);
      return refused === undefined ? "stale" : "alice";
    };
    const { servers } = hub.client({ token, ...options });
    await Promise.all([servers.fetch("ada", "/a"), servers.fetch("ada", "/b")]);
    expect(recorded.filter((one) => one === "stale")).toHaveLength(1);
    expect(hub.seen()).toEqual(["Bearer of-alice", "Bearer of-alice"]);
  });

  it("leads to an AuthenticationError if the token function has no other token", async () => {
    const hub = hubWith({ whose });
    const { servers } = hub.client({ token: () => "stale" });
    expect(await rejectionOf(servers.fetch("ada", "/a"))).toBeInstanceOf(AuthenticationError);
    expect(hub.made()).toBe(0);
  });
});

describe("the path of a request to the default server", () => {
  const names = ["", "gpu", "two words", "é"];

  it.each([
    "gpu/api",
    "/gpu",
    "./gpu/api",
    "gpu?x=1",
    "gpu#x",
    "%67pu/api",
    "gpu%2Fapi",
    "%2Fgpu/api",
    "/./gpu",
    "api/../gpu/api",
    "api/%2e%2e/gpu/api",
    "gpu\\api",
    "two%20words/api",
    "two words/api",
    "%C3%A9/api",
    "é",
  ])("is refused if it leads to another server of the user: %s", async (path) => {
    const hub = hubWith({ names });
    const { servers } = hub.client();
    for (const call of [
      () => servers.fetch("ada", path),
      () => servers.fetch("ada", path, {}, { useClientToken: true }),
      async () => (await servers.connect("ada")).fetch(path),
    ]) {
      const error = await rejectionOf(call());
      expect(error).toBeInstanceOf(InvalidInputError);
      expect((error as Error).message).toMatch(
        /the user's server of that name|cannot be sent|leads elsewhere/,
      );
    }
    expect(hub.seen()).toEqual([]);
  });

  it.each(["wss://hub.example.org/user/ada/gpu/api", "wss://hub.example.org/user/ada/%67pu/"])(
    "is refused for a WebSocket if it leads to another server: %s",
    async (url) => {
      const call = { WebSocket: EventTarget };
      const { WebSocket } = await hubWith({ names }).client().servers.connect("ada", {}, call);
      expect(await rejectionOf((async () => new WebSocket!(url))())).toBeInstanceOf(
        InvalidInputError,
      );
    },
  );

  it.each(["1.2.2", "2.3.1", "5.5.4", "6.1.1"])(
    "is refused on hub %s if it leads to another server",
    async (version) => {
      const hub = hubWith({ names, version });
      const call = hub.client().servers.fetch("ada", "gpu/api", {}, { useClientToken: true });
      expect(await rejectionOf(call)).toBeInstanceOf(InvalidInputError);
      expect(hub.seen()).toEqual([]);
    },
  );

  it.each(["api/gpu", "gpus/api", "api/..%2Fgpu", "", "%FF/gpu", "%2567pu/api"])(
    'is accepted unless it leads to another server or contains "..": %s',
    async (path) => {
      const hub = hubWith({ names });
      const outcome = hub.client().servers.fetch("ada", path);
      if (path.includes("..")) expect(await rejectionOf(outcome)).toBeInstanceOf(InvalidInputError);
      else expect((await outcome).status).toBe(200);
    },
  );

  it("is not checked if the token's scopes do not include the user's model", async () => {
    const hub = hubWith({ names });
    const fetch: typeof globalThis.fetch = (input, init) =>
      String(input).split("?")[0]!.endsWith("/users/ada")
        ? Promise.resolve(refusal(404, null))
        : hub.fetch(input as string, init);
    const { servers } = hub.client({ fetch });
    expect((await servers.fetch("ada", "gpu/api")).status).toBe(200);
  });

  it("is checked, but the path of a request to a named server is not: it may begin with a server's name", async () => {
    const hub = hubWith({ names });
    const response = await hub.client().servers.fetch("ada", "gpu/api", {}, { server: "gpu" });
    expect(response.status).toBe(200);
    expect(hub.paths().at(-1)).toBe("GET /user/ada/gpu/gpu/api");
  });
});

describe("fetch is called with a URL and an init, which every implementation accepts", () => {
  const stream = (text: string) =>
    new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode(text));
        controller.close();
      },
    });
  const body = "planted";

  it.each<[string, (address: string) => [RequestInfo | URL, RequestInit?]]>([
    ["an address and an init", (address) => [address, { method: "POST", body }]],
    ["a URL", (address) => [new URL(address), { method: "POST", body }]],
    ["a Request", (address) => [new Request(address, { method: "POST", body })]],
    ["a Request and an init", (address) => [new Request(address), { method: "POST", body }]],
    ["a stream", (address) => [address, { method: "POST", body: stream(body) }]],
    [
      "a Request of another implementation",
      (address) => [
        {
          url: address,
          method: "POST",
          headers: { "X-A": "1" },
          arrayBuffer: async () => new TextEncoder().encode(body).buffer,
        } as unknown as Request,
      ],
    ],
  ])("if the request is given as %s", async (_, given) => {
    const sent: string[] = [];
    await using server = await serve(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      sent.push(`${request.method} ${request.headers.authorization} ${Buffer.concat(chunks)}`);
      response.end();
    });
    const calls: unknown[][] = [];
    const hub = hubWith();
    const fetch = (async (...call: Parameters<typeof globalThis.fetch>) => {
      const url = String(call[0]);
      if (!url.includes("/user/ada/")) return hub.fetch(url, call[1]);
      calls.push(call);
      return globalThis.fetch(url.replace(origin, server.url), call[1]);
    }) as typeof globalThis.fetch;
    const settings = await hub.client({ fetch }).servers.connect("ada");
    await settings.fetch(...given(`${settings.baseUrl}api`));
    expect(calls).toMatchObject([["https://hub.example.org/user/ada/api", { method: "POST" }]]);
    expect(sent).toEqual([`POST Bearer of-${secrets.token} ${body}`]);
  });
});

describe("an abort of servers.fetch", () => {
  it("prevents requests to the hub, even if the token function resolves after the abort", async () => {
    const { fetch, paths } = hubWith();
    const token = signalled<string>();
    const getToken = vi.fn(() => token.when);
    const hub = new JupyterHub({ url: origin, token: getToken, fetch });
    const controller = new AbortController();
    const { signal } = controller;
    const rejected = rejectionOf(hub.servers.fetch("ada", "/api/status", { signal }));
    controller.abort("enough");
    expect(await rejected).toBe("enough");
    token.tell("ada");
    await new Promise(setImmediate);
    expect(getToken).toHaveBeenCalledOnce();
    expect(paths()).toEqual([]);
  });
});

describe("the options of servers.fetch", () => {
  it.each([{ sever: "gpu" }, { timout: 5 }, { method: "POST" }])(
    "are refused if they are unknown: %j",
    async (options) => {
      const hub = hubWith();
      const error = await rejectionOf(hub.client().servers.fetch("ada", "/a", {}, options as {}));
      expect(error).toBeInstanceOf(InvalidInputError);
      expect((error as Error).message).toContain(Object.keys(options)[0]);
      expect(hub.fetch.requests).toEqual([]);
    },
  );

  it.each([{ server: "gpu" }, { useClientToken: true }])(
    "are refused in init, where fetch would ignore them: %j",
    async (init) => {
      const hub = hubWith();
      const error = await rejectionOf(hub.client().servers.fetch("ada", "/a", init as RequestInit));
      expect(error).toBeInstanceOf(InvalidInputError);
      expect((error as Error).message).toContain("fourth argument");
      expect(hub.fetch.requests).toEqual([]);
    },
  );

  it("do not replace the properties of init", async () => {
    const hub = hubWith();
    let passed: unknown;
    const fetch: typeof globalThis.fetch = (input, init) => {
      if (String(input).includes("/user/")) passed = init;
      return hub.fetch(input as string, init);
    };
    const init = { cache: "no-store", cf: { cacheTtl: 5 } } as RequestInit;
    await hub.client({ fetch }).servers.fetch("ada", "/api", init);
    expect(passed).toMatchObject(init);
  });

  it("include a timeout, which limits the time until the server answers", async () => {
    const hub = hubWith();
    const fetch: typeof globalThis.fetch = (input, init) =>
      String(input).includes("/user/")
        ? new Promise((_, reject) => {
            init?.signal?.addEventListener("abort", () => reject(init.signal?.reason as Error));
          })
        : hub.fetch(input as string, init);
    const call = hub.client({ fetch }).servers.fetch("ada", "/api", {}, { timeout: 20 });
    const error = await rejectionOf(call);
    expect(error).toBeInstanceOf(TimeoutError);
    expect((error as Error).message).toBe("The server of ada did not answer within 20 ms.");
  });

  it.each(["init", "options"])(
    "may contain a signal, and so may init: the signal of the %s aborts the request and the response's body",
    async (where) => {
      const hub = hubWith();
      const signals: AbortSignal[] = [];
      const fetch: typeof globalThis.fetch = (input, init) => {
        if (String(input).includes("/user/")) signals.push(init?.signal as AbortSignal);
        return hub.fetch(input as string, init);
      };
      const { servers } = hub.client({ fetch });
      const controller = new AbortController();
      const own = { signal: controller.signal };
      await servers.fetch("ada", "/a", ...(where === "init" ? [own] : [{}, own]));
      expect(signals[0]?.aborted).toBe(false);
      controller.abort();
      expect(signals[0]?.aborted).toBe(true);
    },
  );

  it.each([undefined, 5, null])(
    "cannot replace the path, which must be a string: the path %s is refused",
    async (path) => {
      const error = await rejectionOf(
        hubWith()
          .client()
          .servers.fetch("ada", path as never),
      );
      expect(error).toBeInstanceOf(InvalidInputError);
    },
  );
});

describe("the response of an application that looks like a proxy's error", () => {
  it.each([424, 503])(
    "is returned with its status %i, since the hub reports that the server runs",
    async (status) => {
      const hub = hubWith();
      const fetch: typeof globalThis.fetch = async (input, init) =>
        String(input).includes("/user/ada/")
          ? answer("busy", { status, type: "text/html", version: null })
          : hub.fetch(input, init);
      const response = await hub.client({ fetch }).servers.fetch("ada", "/proxy/8080/");
      expect(response.status).toBe(status);
      expect(await response.text()).toBe("busy");
    },
  );

  it("has its body cancelled if the hub does not respond", async () => {
    const hub = hubWith();
    let cancelled = false;
    let isDown = false;
    const fetch: typeof globalThis.fetch = async (input, init) => {
      if (!String(input).includes("/user/ada/")) {
        if (isDown) throw new TypeError("fetch failed");
        return hub.fetch(input, init);
      }
      isDown = true;
      const body = new ReadableStream({ cancel: () => void (cancelled = true) });
      return new Response(body, { status: 503 });
    };
    const error = await rejectionOf(hub.client({ fetch }).servers.fetch("ada", "/api"));
    expect(error).toBeInstanceOf(ConnectionError);
    expect(cancelled).toBe(true);
  });
});

describe("the lifetime of a token for a server", () => {
  const limited = (maximum: number, created: unknown[]) => {
    const hub = hubWith();
    const fetch: typeof globalThis.fetch = async (input, init) => {
      if (init?.method !== "POST") return hub.fetch(input, init);
      const body = JSON.parse(String(init.body)) as { expires_in?: number };
      created.push(body.expires_in);
      if ((body.expires_in ?? 0) > maximum) {
        return refusal(400, `expires_in: ${body.expires_in} must not exceed ${maximum}`);
      }
      const now = Date.now();
      const expires_at = new Date(now + maximum * 1000).toISOString();
      const token = {
        id: "a7",
        token: `t${created.length}`,
        created: new Date(now).toISOString(),
        expires_at,
      };
      return answer(token, { status: 201 });
    };
    return hub.client({ fetch });
  };

  it("is the hub's maximum if the maximum is shorter than an hour", async () => {
    const created: unknown[] = [];
    const { servers, tokens } = limited(600, created);
    await servers.fetch("ada", "/api");
    await servers.connect("ada");
    await tokens.createTemporary("ada");
    expect(created).toEqual([3600, undefined, 3600, undefined, 3600, undefined]);
  });

  it("is the given one; if it exceeds the hub's maximum, the error names the maximum", async () => {
    const created: unknown[] = [];
    const { servers } = limited(600, created);
    const error = await rejectionOf(servers.connect("ada", { expires_in: 900 }));
    expect((error as Error).message).toContain("must not exceed 600");
    expect(created).toEqual([900]);
  });

  it("limits how long a connection is reused", async () => {
    const created: unknown[] = [];
    const { servers } = limited(600, created);
    const clock = vi.spyOn(performance, "now").mockReturnValue(0);
    await servers.fetch("ada", "/api");
    clock.mockReturnValue(539_000);
    await servers.fetch("ada", "/api");
    expect(created).toHaveLength(2);
    clock.mockReturnValue(541_000);
    await servers.fetch("ada", "/api");
    expect(created).toHaveLength(4);
  });
});

describe("a server of another user", () => {
  function sharedHub(version = "6.1.1") {
    const bodies: unknown[] = [];
    const fetch = answering(async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname.startsWith("/user/")) return answer({}, { version: null });
      if (pathname.endsWith("/api/")) return answer({ version }, { version });
      if (pathname.endsWith("/api/user"))
        return answer({ kind: "user", name: "grace" }, { version });
      if (pathname.endsWith("/users/grace/shared/ada/gpu")) {
        const server = { name: "gpu", url: "/user/ada/gpu/", ready: true, full_url: null };
        return answer({ server, scopes: [] }, { version });
      }
      if (pathname.endsWith("/users/grace/tokens")) {
        bodies.push(await request.json());
        return answer({ id: "a7", token: "of-grace" }, { status: 201, version });
      }
      return refusal(404, null, { version });
    });
    const { servers } = new JupyterHub({ url: origin, token: secrets.token, retry: 0, fetch });
    return { fetch, servers, bodies };
  }

  it("is reached, if shared, with a token that the client's user creates for it", async () => {
    const { fetch, servers, bodies } = sharedHub();
    await servers.fetch("ada", "/api", {}, { server: "gpu" });
    expect(bodies).toMatchObject([{ scopes: ["access:servers!server=ada/gpu"] }]);
    const last = fetch.requests.at(-1)!;
    expect(new URL(last.url).pathname).toBe("/user/ada/gpu/api");
    expect(last.headers.get("Authorization")).toBe("Bearer of-grace");
  });

  it("leads to a NotFoundError if it is not shared with the client's user", async () => {
    const { servers } = sharedHub();
    const other = servers.fetch("ada", "/api", {}, { server: "cpu" });
    expect(await rejectionOf(other)).toMatchObject({ name: "NotFoundError" });
    const old = sharedHub("4.1.6").servers.connect("ada", { server: "gpu" });
    expect(await rejectionOf(old)).toMatchObject({ name: "NotFoundError" });
  });
});

describe("the servers of a hub whose url is an address inside a cluster", () => {
  const cluster = (full_url: string | null) => {
    const fetch = answering(({ method, url }) => {
      const { pathname } = new URL(url);
      if (pathname.startsWith("/user/")) return answer({}, { version: null });
      if (pathname.endsWith("/api/")) return answer({ version: "6.1.1" });
      if (method === "POST") return answer({ id: "a7", token: "t" }, { status: 201 });
      const server = { name: "", url: "/user/ada/", ready: true, pending: null, full_url };
      return answer({ name: "ada", servers: { "": server } });
    });
    return { fetch, options: { url: "http://hub:8081", token: secrets.token, retry: 0, fetch } };
  };

  it("are reached at their full_url", async () => {
    const { options } = cluster("https://hub.example.org/user/ada/");
    const { baseUrl } = await new JupyterHub(options).servers.connect("ada");
    expect(baseUrl).toBe("https://hub.example.org/user/ada/");
  });

  it("are reached at publicUrl if the client has one", async () => {
    const { options } = cluster("https://other.example.org/user/ada/");
    const hub = new JupyterHub({ ...options, publicUrl: origin });
    expect((await hub.servers.connect("ada")).baseUrl).toBe(`${origin}/user/ada/`);
  });

  it("are reached at the hub's address if they have no full_url", async () => {
    const { options } = cluster(null);
    const { baseUrl } = await new JupyterHub(options).servers.connect("ada");
    expect(baseUrl).toBe("http://hub:8081/user/ada/");
  });
});

describe("the option authScheme", () => {
  it("sets the Authorization scheme of every request that has a token", async () => {
    const { client, fetch } = hubWith({ whose: () => "ada" });
    const hub = client({ authScheme: "token" });
    await hub.users.get("ada");
    await hub.tokens.identify("another");
    await hub.servers.fetch("ada", "/api");
    const schemes = fetch.requests.map(
      ({ headers }) => headers.get("Authorization")?.split(" ")[0],
    );
    expect(new Set(schemes)).toEqual(
      new Set(["token", undefined].filter((one) => schemes.includes(one))),
    );
    expect(schemes.filter((scheme) => scheme === "token").length).toBeGreaterThan(3);
  });

  it("sets the Authorization scheme of WebSockets", async () => {
    const { client } = hubWith({ whose: () => "ada" });
    const opened: unknown[] = [];
    const Base = function (_: string, options: { headers: unknown }) {
      opened.push(options.headers);
    };
    const hub = client({ authScheme: "token" });
    const { WebSocket, wsUrl } = await hub.servers.connect("ada", {}, { WebSocket: Base as never });
    expect(new WebSocket!(wsUrl)).toBeDefined();
    expect(opened).toEqual([{ Authorization: expect.stringMatching(/^token /) as string }]);
  });

  it('cannot be a scheme such as "Basic"', () => {
    expect(() => new JupyterHub({ url: origin, authScheme: "Basic" as never })).toThrow(
      InvalidInputError,
    );
  });
});
