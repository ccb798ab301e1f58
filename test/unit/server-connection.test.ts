/** Connections to servers: their address and token, and how a server that does not run is recognised. */
import { describe, expect, it, vi } from "vitest";
import {
  AuthenticationError,
  ConnectionError,
  InvalidInputError,
  JupyterHub,
  NotFoundError,
  ServerNotRunningError,
  UnsupportedByHubError,
  type JupyterHubOptions,
} from "../../src/index.js";
import {
  answer,
  answering,
  expectNoSecret,
  origin,
  page,
  refusal,
  rejectionOf,
  secrets,
} from "./helpers.js";

interface Situation {
  version?: string;
  /** The server's address in the hub's model. */
  url?: string;
  /** One value for each read of the server's model: true if the server is ready. */
  ready?: boolean[];
  /** The server's response. */
  serves?: (request: Request) => Response;
}

/** Returns a fetch that answers for a hub and for its server at `url`. */
const cluster = ({ version = "6.1.1", url = "/user/ada/", ready = [], serves }: Situation = {}) =>
  answering(async (request) => {
    const { pathname } = new URL(request.url);
    const isApi = pathname.includes("/hub/api/");
    if (!isApi) return serves?.(request) ?? answer({ from: "the server" }, { version: null });
    if (pathname.endsWith("/api/")) return answer({ version }, { version });
    if (pathname.endsWith("/tokens")) {
      return answer({ id: "a7", token: secrets.value }, { status: 201, version });
    }
    const name = url.split("/")[3] ?? "";
    const server = { name, url, ready: ready.shift() ?? true, pending: null };
    const isUser = /\/users\/[^/]+$/.test(pathname);
    return answer(isUser ? { name: "ada", servers: { [name]: server } } : server, { version });
  });

const hubAt = (fetch: typeof globalThis.fetch, options: JupyterHubOptions = {}) =>
  new JupyterHub({ url: origin, token: secrets.token, retry: 0, fetch, ...options });
const pathOf = ({ method, url }: Request): string => `${method} ${new URL(url).pathname}`;

describe("a connection", () => {
  it.each<[string, Situation, JupyterHubOptions, string]>([
    ["below the hub's origin", {}, {}, `${origin}/user/ada/`],
    ["below the hub's prefix", { url: "/pre/user/ada/" }, {}, `${origin}/pre/user/ada/`],
    [
      "at the hub's public address",
      {},
      { url: "http://hub:8081", publicUrl: "https://people.example.org" },
      "https://people.example.org/user/ada/",
    ],
    [
      "at an origin of its own",
      { url: "https://ada.hub.example.org/user/ada/" },
      {},
      "https://ada.hub.example.org/user/ada/",
    ],
    // The hub's proxy compares encoded paths.
    [
      "encoded as the hub encodes it",
      { url: "/user/a%21b@c%2Bd/" },
      {},
      `${origin}/user/a%21b@c%2Bd/`,
    ],
    ["with a slash at its end", { url: "/user/ada" }, {}, `${origin}/user/ada/`],
  ])("leads to the server's address: %s", async (_, situation, options, baseUrl) => {
    const hub = hubAt(cluster(situation), options);
    const settings = await hub.servers.connect("ada");
    expect(settings).toMatchObject({ baseUrl, wsUrl: baseUrl.replace("http", "ws") });
  });

  it.each([
    ["/user/ada/a?b#c/", "a?b#c", "/user/ada/a%3Fb%23c/"],
    ["/user/ada/!@~'(*)%41/", "!@~'(*)%41", "/user/ada/%21@~%27%28%2A%29%2541/"],
    ["/user/ada/%21@~%27%28%2A%29%2541/", "!@~'(*)%41", "/user/ada/%21@~%27%28%2A%29%2541/"],
  ])("encodes a server's name that an old hub leaves unencoded: %s", async (url, server, path) => {
    const fetch = answering(({ method }) =>
      method === "POST"
        ? answer({ id: "a7", token: secrets.value })
        : answer(
            {
              version: "3.1.1",
              name: "ada",
              servers: { [server]: { name: server, url, ready: true } },
            },
            { version: "3.1.1" },
          ),
    );
    const { baseUrl } = await hubAt(fetch).servers.connect("ada", { server });
    expect(baseUrl).toBe(origin + path);
  });

  it.each([
    [{}, "/user/ada/", "access:servers!server=ada/"],
    [{ server: "gpu" }, "/user/ada/gpu/", "access:servers!server=ada/gpu"],
  ])("has a new token that is valid for its server only: %j", async (input, url, scope) => {
    const fetch = cluster({ url });
    const { token } = await hubAt(fetch).servers.connect("ada", input);
    expect(token).toBe(secrets.value);
    const recorded = fetch.requests.at(-1);
    expect(pathOf(recorded!)).toBe("POST /hub/api/users/ada/tokens");
    expect(await recorded?.json()).toEqual({
      note: "To reach a server",
      expires_in: 3600,
      scopes: [scope],
    });
  });

  it("has a token with the given lifetime, and never one that does not expire", async () => {
    const fetch = cluster();
    const { servers } = hubAt(fetch);
    await servers.connect("ada", { expires_in: 60 });
    expect(await fetch.requests.at(-1)?.json()).toMatchObject({ expires_in: 60 });
    const error = await rejectionOf(servers.connect("ada", { expires_in: 0 }));
    expect(error).toBeInstanceOf(InvalidInputError);
  });

  it("has the client's own token with useClientToken", async () => {
    const fetch = cluster({ version: "2.3.1" });
    const hub = hubAt(fetch);
    const { token } = await hub.servers.connect("ada", {}, { useClientToken: true });
    expect(token).toBe(secrets.token);
    expect(fetch.requests.map(pathOf)).not.toContain("POST /hub/api/users/ada/tokens");
    const without = hubAt(fetch, { token: undefined });
    await expect(
      without.servers.connect("ada", {}, { useClientToken: true }),
    ).rejects.toBeInstanceOf(InvalidInputError);
  });

  it("needs useClientToken on a hub that cannot limit a token to one server", async () => {
    const error = await rejectionOf(hubAt(cluster({ version: "2.3.1" })).servers.connect("ada"));
    expect(error).toBeInstanceOf(UnsupportedByHubError);
  });

  it("puts a token into a URL only with appendToken", async () => {
    const { servers } = hubAt(cluster());
    expect(await servers.connect("ada")).toMatchObject({ appendToken: false });
    const recorded = await servers.connect("ada", {}, { appendToken: true });
    expect(recorded.appendToken).toBe(true);
  });

  it("never puts the client's own token into a URL", async () => {
    const fetch = cluster();
    const both = { useClientToken: true, appendToken: true };
    const error = await rejectionOf(hubAt(fetch).servers.connect("ada", {}, both));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(/useClientToken and appendToken exclude each other/);
    expect(fetch.requests).toEqual([]);
  });

  it("is refused for a server that does not run", async () => {
    const { servers } = hubAt(cluster({ ready: [false] }));
    expect(await rejectionOf(servers.connect("ada"))).toBeInstanceOf(ServerNotRunningError);
  });

  it("is refused for a server that does not exist", async () => {
    const nothing = answering(() => refusal(404, null));
    const named = hubAt(nothing).servers.connect("ada", { server: "gpu" });
    expect(await rejectionOf(named)).toBeInstanceOf(NotFoundError);
    // Before 6.0, hubs may omit a default server that does not run.
    const unlisted = cluster({ version: "5.5.4", url: "/user/ada/other/" });
    const error = await rejectionOf(hubAt(unlisted).servers.connect("ada"));
    expect(error).toBeInstanceOf(ServerNotRunningError);
  });

  it.each([
    "https://elsewhere.example/user/ada/",
    "//elsewhere.example/user/ada/",
    "/\\elsewhere.example/user/ada/",
    "https://hub.example.org@elsewhere.example/user/ada/",
    "https://ada:x@hub.example.org/user/ada/",
    "wss://hub.example.org/user/ada/",
    "ws://hub.example.org/user/ada/",
  ])("is refused if the server's model has the url %s, and creates no token", async (url) => {
    const fetch = cluster({ url });
    const error = await rejectionOf(hubAt(fetch).servers.connect("ada"));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(/neither at https:\/\/hub\.example\.org, .*publicUrl/);
    expect(fetch.requests.map(pathOf)).not.toContain("POST /hub/api/users/ada/tokens");
    const sent = hubAt(fetch).servers.fetch("ada", "api", {}, { useClientToken: true });
    expect(await rejectionOf(sent)).toBeInstanceOf(InvalidInputError);
    expect(fetch.requests.every((request) => request.url.startsWith(`${origin}/hub/api/`))).toBe(
      true,
    );
  });

  it("is refused over plain http to a public host, unless allowInsecure is set", async () => {
    const fetch = cluster({ url: "http://ada.hub.example.org/user/ada/" });
    const error = await rejectionOf(hubAt(fetch).servers.connect("ada"));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(/unencrypted/);
    const allowed = hubAt(fetch, { allowInsecure: true }).servers.connect("ada");
    expect((await allowed).baseUrl).toBe("http://ada.hub.example.org/user/ada/");
  });

  it.each([
    "https://elsewhere.example/user/ada/api",
    `${origin}/user/grace/api`,
    `${origin}/user/ada`,
    `${origin}/user/ada/../grace/api`,
    `${origin}/user/ada/%2e%2e/grace/api`,
    `${origin}/hub/api/users`,
    "http://hub.example.org/user/ada/api",
  ])("sends nothing to %s", async (url) => {
    const fetch = cluster();
    const settings = await hubAt(fetch).servers.connect("ada");
    const before = fetch.requests.length;
    await expect(settings.fetch(url)).rejects.toBeInstanceOf(InvalidInputError);
    await expect(settings.fetch(new Request(url))).rejects.toBeInstanceOf(InvalidInputError);
    expect(fetch.requests).toHaveLength(before);
  });

  it.each<[string, RequestInfo | URL, RequestInit?]>([
    ["an address", `https://[${secrets.value}`],
    ["an address with a password", `https://a:${secrets.value}@hub.example.org/user/ada/`],
    ["a header", "api", { headers: { "X-Y": `${secrets.value}\n${secrets.value}` } }],
    ["a method", "api", { method: `${secrets.value} ${secrets.value}` }],
    ["a body", "api", { body: secrets.value }],
  ])("sends nothing if %s is malformed, and does not quote it", async (_, input, init) => {
    const fetch = cluster();
    const { fetch: send } = await hubAt(fetch).servers.connect("ada");
    const before = fetch.requests.length;
    const error = await rejectionOf(send(input, init));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(/^The server of ada cannot be sent this request: /);
    expectNoSecret(error);
    expect(fetch.requests).toHaveLength(before);
  });

  it("sends requests only to addresses below the server's own", async () => {
    const fetch = cluster();
    const settings = await hubAt(fetch).servers.connect("ada");
    await settings.fetch("api/kernels");
    expect(fetch.requests.at(-1)?.url).toBe(`${settings.baseUrl}api/kernels`);
    await expect(settings.fetch("/api/kernels")).rejects.toBeInstanceOf(InvalidInputError);
    await expect(settings.fetch("../grace/")).rejects.toBeInstanceOf(InvalidInputError);
  });

  it("does not replace the Authorization header of a request", async () => {
    const fetch = cluster();
    const settings = await hubAt(fetch).servers.connect("ada");
    const headers = { Authorization: `token ${settings.token}` };
    await settings.fetch(new Request(`${settings.baseUrl}api`, { headers }));
    expect(fetch.requests.at(-1)?.headers.get("Authorization")).toBe(headers.Authorization);
  });
});

describe("a WebSocket of a connection", () => {
  /** Returns a substitute for the WebSocket class, which records the arguments of its constructor. */
  const recording = (more: object = {}) => {
    const made: unknown[][] = [];
    class Recording {
      readonly readyState = 0;
      constructor(...options: unknown[]) {
        made.push(options);
      }
    }
    Object.assign(Recording.prototype, more);
    return { made, WebSocket: Recording };
  };
  const headers = { Authorization: `Bearer ${secrets.value}` };
  const url = "wss://hub.example.org/user/ada/api/kernels/1/channels";

  it.each<[string, object, unknown[]]>([
    ["the runtime's WebSocket", {}, [url, { protocols: ["v1"], headers }]],
    ["the package ws", { on: () => {} }, [url, ["v1"], { headers }]],
  ])("sends the token in a header, with %s", async (_, more, expected) => {
    const { made, WebSocket } = recording(more);
    const settings = await hubAt(cluster()).servers.connect("ada", {}, { WebSocket });
    const opened = new settings.WebSocket!(url, ["v1"]);
    expect(opened).toBeInstanceOf(WebSocket);
    expect(made).toEqual([expected]);
  });

  it.each([
    "wss://elsewhere.example/user/ada/x",
    "wss://hub.example.org/user/grace/x",
    `wss://[${secrets.value}`,
  ])("is not opened to %s", async (url) => {
    const { made, WebSocket } = recording();
    const settings = await hubAt(cluster()).servers.connect("ada", {}, { WebSocket });
    const opening = async () => new settings.WebSocket!(url);
    const error = await rejectionOf(opening());
    expect(error).toBeInstanceOf(InvalidInputError);
    expectNoSecret(error);
    expect(made).toEqual([]);
  });
});

describe("a request to a server", () => {
  const asking = (fetch: typeof globalThis.fetch, path = "/api", init?: RequestInit) =>
    hubAt(fetch).servers.fetch("ada", path, init);

  it("resolves with the server's answer, whatever its status", async () => {
    const teapot = cluster({ serves: () => answer({ message: "no" }, { status: 418 }) });
    expect((await asking(teapot)).status).toBe(418);
    expect(await (await asking(cluster())).json()).toEqual({ from: "the server" });
  });

  it("is sent below the server's address, with the server's token and the given init", async () => {
    const fetch = cluster();
    const body = JSON.stringify({ name: "python3" });
    await asking(fetch, "/api/kernels?x=1", { method: "POST", body, headers: { "X-A": "1" } });
    const { url, method, headers, redirect } = fetch.requests.at(-1)!;
    expect([method, url]).toEqual(["POST", `${origin}/user/ada/api/kernels?x=1`]);
    expect(headers.get("Authorization")).toBe(`Bearer ${secrets.value}`);
    expect(headers.get("X-A")).toBe("1");
    expect(redirect).toBe("manual");
    expect(await fetch.requests.at(-1)?.text()).toBe(body);
  });

  it("sends no cookie of a page, since the server would accept the cookie in place of the token", async () => {
    const credentialsIn = async (page: boolean) => {
      if (page) vi.stubGlobal("location", new URL(`${origin}/hub/home`));
      const fetch = cluster();
      await asking(fetch, "/api", { credentials: "include" }).finally(() => vi.unstubAllGlobals());
      return fetch.requests.at(-1)?.credentials;
    };
    expect(await credentialsIn(true)).toBe("omit");
    expect(await credentialsIn(false)).toBe("include");
  });

  it.each(["api", "/api", "//api", "./api"])(
    "accepts a path with or without a leading slash: %s",
    async (path) => {
      const fetch = cluster();
      await asking(fetch, path);
      expect(fetch.requests.at(-1)?.url).toBe(`${origin}/user/ada/api`);
    },
  );

  it.each(["../grace/api", "/../../hub/api/users", "/%2e%2e/grace", "..\\grace"])(
    "is refused if its path leaves the server: %s",
    async (path) => {
      const fetch = cluster();
      expect(await rejectionOf(asking(fetch, path))).toBeInstanceOf(InvalidInputError);
      expect(fetch.requests.map(pathOf)).toEqual([
        "GET /hub/api/",
        "GET /hub/api/users/ada",
        "POST /hub/api/users/ada/tokens",
      ]);
    },
  );

  it("reuses one connection for each server", async () => {
    const fetch = cluster();
    const { servers } = hubAt(fetch);
    await Promise.all([servers.fetch("ada", "/a"), servers.fetch("ada", "/b")]);
    await servers.fetch("ada", "/c", {}, { server: "" });
    const tokens = () => fetch.requests.filter(({ url }) => url.endsWith("/tokens")).length;
    expect(tokens()).toBe(1);
    await servers.fetch("ada", "/a", {}, { server: "gpu" });
    expect(tokens()).toBe(2);
  });

  describe("its connection", () => {
    /** A hub that creates a token for each caller. The token's value names its owner. */
    const minting = () =>
      answering(async ({ method, url, headers }) => {
        if (url.includes("/user/")) return answer({});
        if (url.endsWith("/api/")) return answer({ version: "6.1.1" });
        const owner = headers.get("Authorization")?.slice(7) ?? "nobody";
        if (url.endsWith("/api/user")) return answer({ kind: "user", name: owner });
        const token = `of-${owner}`;
        if (method === "POST") return answer({ id: "a7", token }, { status: 201 });
        return answer({ name: "", url: "/user/ada/", ready: true, pending: null });
      });
    const tokensAt = (fetch: ReturnType<typeof answering>) =>
      fetch.requests
        .filter(({ url }) => url.includes("/user/"))
        .map(({ headers }) => headers.get("Authorization"));
    const made = (fetch: ReturnType<typeof answering>) =>
      fetch.requests.filter(({ method }) => method === "POST").length;

    it("serves only the caller that it was created for", async () => {
      const fetch = minting();
      let caller = "ada";
      const { servers } = hubAt(fetch, { token: () => Promise.resolve(caller) });
      for (caller of ["ada", "grace", "ada", "grace"]) await servers.fetch("ada", "/api");
      expect(tokensAt(fetch)).toEqual(
        ["ada", "grace", "ada", "grace"].map((n) => `Bearer of-${n}`),
      );
      expect(made(fetch)).toBe(2);
    });

    it("is not reused with useClientToken: each request gets the client's current token", async () => {
      const fetch = minting();
      let caller = "ada";
      const { servers } = hubAt(fetch, { token: () => caller });
      for (caller of ["ada", "grace"])
        await servers.fetch("ada", "/api", {}, { useClientToken: true });
      expect(tokensAt(fetch)).toEqual(["Bearer ada", "Bearer grace"]);
    });

    it("is not reused in a page or with a middleware, since each request may come from another user", async () => {
      vi.stubGlobal("location", new URL(`${origin}/hub/home`));
      const inPage = minting();
      const page = hubAt(inPage, { token: undefined, auth: "cookie" });
      vi.unstubAllGlobals();
      const fetch = minting();
      const other = hubAt(fetch, { token: undefined, middleware: (_, next) => next() });
      for (const { servers } of [page, page, other, other]) await servers.fetch("ada", "/api");
      expect([made(inPage), made(fetch)]).toEqual([2, 2]);
    });

    it("is not reused if the token function fails", async () => {
      const fetch = minting();
      let fails = false;
      const token = () => {
        if (fails) throw new Error("no session");
        return "ada";
      };
      const { servers } = hubAt(fetch, { token });
      await servers.fetch("ada", "/api");
      fails = true;
      const error = await rejectionOf(servers.fetch("ada", "/api"));
      expect(error).toBeInstanceOf(AuthenticationError);
      expect(tokensAt(fetch)).toHaveLength(1);
    });
  });

  it.each([
    [401, true, 1],
    [403, true, 1],
    [401, false, 2],
    [403, false, 2],
  ])(
    "with the response %i (token known to the hub: %s), and the next request, create %i tokens in all",
    async (...row) => {
      const [status, isKnown, made] = row;
      const refuses = cluster({ serves: () => answer({ message: "no" }, { status }) });
      const fetch = answering((request) => {
        const isRequested = request.url.endsWith("/api/user");
        return isRequested && !isKnown
          ? refusal(403, "Missing or invalid credentials.")
          : refuses(request);
      });
      const { servers } = hubAt(fetch);
      expect((await servers.fetch("ada", "/a")).status).toBe(status);
      await servers.fetch("ada", "/b");
      expect(fetch.requests.filter(({ url }) => url.endsWith("/tokens"))).toHaveLength(made);
    },
  );

  it("that is aborted does not abort another request that waits for the same connection", async () => {
    const controller = new AbortController();
    const { servers } = hubAt(cluster());
    const first = servers.fetch("ada", "/a", { signal: controller.signal });
    const second = servers.fetch("ada", "/b");
    controller.abort(new Error("enough"));
    await expect(first).rejects.toThrow("enough");
    expect((await second).status).toBe(200);
  });

  it("rejects with a ConnectionError without secrets if the connection fails", async () => {
    const fetch = cluster({
      serves: () => {
        throw new TypeError("fetch failed");
      },
    });
    const error = await rejectionOf(asking(fetch));
    expect(error).toBeInstanceOf(ConnectionError);
    expectNoSecret(error);
  });

  it("rejects with an error without the Authorization header's token, even if fetch's error quotes it", async () => {
    const fetch = cluster({
      serves: ({ headers }) => {
        throw new TypeError(`fetch failed with ${headers.get("Authorization")}`);
      },
    });
    const headers = { Authorization: `token ${secrets.password}` };
    const error = await rejectionOf(asking(fetch, "/api", { headers }));
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).cause).toMatchObject({ message: "fetch failed with token [redacted]" });
    expectNoSecret(error);
  });
});

describe("a server that does not run", () => {
  const hubPage = (status: number) => page(status, { version: "6.1.1" });
  const redirected = (to: string) =>
    answer("", { status: 302, type: null, headers: { Location: to } });

  const toTheHub = () => redirected("/hub/user/ada/api");
  const signs: [string, () => Response][] = [
    ["a redirect to the login page", () => redirected(`${origin}/hub/login?next=x`)],
    ["a 403 page of the hub", () => hubPage(403)],
    ["a 404 page of the hub", () => hubPage(404)],
    ["a 405 page of the hub", () => hubPage(405)],
    ["the 503 of hubs before 2.0", () => answer({ message: "x" }, { status: 503 })],
  ];

  it.each<[string, () => Response]>([
    ...signs,
    ["a redirect to the hub", toTheHub],
    ["a 424", () => answer({ message: "x" }, { status: 424 })],
    ["a 503 from the proxy", () => page(503)],
  ])("is recognised by %s", async (_, serves) => {
    // The server ran when the connection was created.
    const hub = hubAt(cluster({ ready: [true, false], serves }));
    const error = await rejectionOf(hub.servers.fetch("ada", "/api"));
    expect(error).toBeInstanceOf(ServerNotRunningError);
    expect((error as Error).message).toBe(
      "The server of ada does not run. Start it: servers.start.",
    );
    expectNoSecret(error);
  });

  it.each(signs)(
    "is not inferred from %s if the hub reports that the server runs",
    async (_, serves) => {
      const response = await hubAt(cluster({ serves })).servers.fetch("ada", "/api");
      expect(response.status).toBe(serves().status);
    },
  );

  it.each(["", "/people"])(
    "is recognised by the proxy's 503 with a page of the hub, before the hub notices the stop: prefix %j",
    async (prefix) => {
      const link = `<link href="${prefix}/hub/static/css/style.min.css" />`;
      const serves = (): Response =>
        answer(link, { status: 503, type: "text/html", version: null });
      const hub = hubAt(cluster({ serves }), { publicUrl: origin + prefix });
      const error = await rejectionOf(hub.servers.fetch("ada", "/api"));
      expect(error).toMatchObject({ name: "ServerNotRunningError", status: 503 });
      expect((error as Error).message).toContain("the hub has not noticed yet");
    },
  );

  it.each([403, 404, 405, 424])(
    "is not inferred from a page with status %i that links to files of the hub, if the hub reports that the server runs",
    async (status) => {
      const link = `<link href="/hub/static/css/style.min.css" />`;
      const serves = (): Response => answer(link, { status, type: "text/html", version: null });
      const response = await hubAt(cluster({ serves })).servers.fetch("ada", "/api");
      expect(response.status).toBe(status);
      expect(await response.text()).toBe(link);
    },
  );

  it("is not inferred from a redirect to the hub if the hub reports that the server runs", async () => {
    const error = await rejectionOf(
      hubAt(cluster({ serves: toTheHub })).servers.fetch("ada", "/api"),
    );
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).message).toMatch(/runs, but .* leads to the hub\. Is publicUrl where/);
  });

  it.each<[string, () => Response]>([
    ["an error", () => answer({ message: "Forbidden" }, { status: 403 })],
    ["a redirect", () => redirected("/user/ada/lab")],
    ["a malformed redirect", () => redirected("http://[")],
    ["a success", () => page(200)],
  ])(
    "is not inferred from %s of the server's application, and the hub is not queried",
    async (_, serves) => {
      const fetch = cluster({ ready: [true, false], serves });
      const response = await hubAt(fetch).servers.fetch("ada", "/api");
      expect(response.status).toBe(serves().status);
      expect(fetch.requests.map(pathOf).filter((one) => one.endsWith("/users/ada"))).toHaveLength(
        1,
      );
    },
  );
});
