/** `JupyterHub.discover()`: finds the hub behind a link. */
import { describe, expect, it, vi } from "vitest";
import { discover } from "../../src/core/discover.js";
import {
  ConnectionError,
  HubError,
  InvalidInputError,
  JupyterHub,
  UnexpectedResponseError,
  NotFoundError,
  TimeoutError,
  type JupyterHubOptions,
} from "../../src/index.js";
import {
  answer,
  answering,
  expectNoSecret,
  page,
  refusal,
  rejectionOf,
  secrets,
  serve,
  type Respond,
} from "./helpers.js";

const link = "https://h.example/prefix/user/ada/lab";

describe("discover()", () => {
  it("stops at the first address at which it finds a hub", async () => {
    const requested: string[] = [];
    const found = await discover(link, async (url) => {
      requested.push(url);
      if (requested.length < 2) throw new UnexpectedResponseError("x");
      return "found";
    });
    expect(requested).toEqual(["https://h.example/prefix/hub/api", "https://h.example/hub/api"]);
    expect(found).toBe("found");
  });

  it.each([new UnexpectedResponseError("x"), new NotFoundError("x"), new HubError("x")])(
    "tries the next address after %s",
    async (error) => {
      const ask = vi.fn().mockRejectedValueOnce(error).mockResolvedValue("6.1.1");
      expect(await discover(link, ask)).toBe("6.1.1");
      expect(ask).toHaveBeenLastCalledWith("https://h.example/hub/api");
    },
  );

  it.each([
    new ConnectionError("x"),
    new TimeoutError("x", { timeout: 1 }),
    new InvalidInputError("x"),
    new Error("of the program"),
    "an abort's reason",
  ])("stops at an error that would occur at every address: %s", async (error) => {
    const ask = vi.fn().mockRejectedValue(error);
    expect(await rejectionOf(discover(link, ask))).toBe(error);
    expect(ask).toHaveBeenCalledOnce();
  });

  it("rejects with an error that lists all tried addresses and has the last error as cause", async () => {
    const last = new UnexpectedResponseError("the last");
    const ask = vi.fn().mockRejectedValue(last);
    const error = await rejectionOf(discover("https://h.example/a/b", ask));
    expect(error).toBeInstanceOf(UnexpectedResponseError);
    expect((error as Error).message).toBe(
      "No hub was found behind the link, at https://h.example/a/b/hub/api, https://h.example/hub/api, " +
        "https://h.example/a/hub/api. If its address is another, give it to new JupyterHub as the `url`.",
    );
    expect((error as Error).cause).toBe(last);
  });

  it("rejects with a short message for a long link", async () => {
    const ask = vi.fn().mockRejectedValue(new UnexpectedResponseError("x"));
    const long = `https://h.example${"/abcdefgh".repeat(800)}/${"x".repeat(700)}`;
    const { message } = (await rejectionOf(discover(long, ask))) as Error;
    expect(ask).toHaveBeenCalledTimes(5);
    expect(message.length).toBeLessThan(4100);
    expect(message).toMatch(/give it to new JupyterHub as the `url`\.$/);
  });

  it("refuses a link of 40,000 characters, without a request", async () => {
    const ask = vi.fn().mockRejectedValue(new UnexpectedResponseError("x"));
    const error = await rejectionOf(discover(`https://h.example/${"a/".repeat(20_000)}`, ask));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message.length).toBeLessThan(250);
    expect(ask).not.toHaveBeenCalled();
  });
});

describe("JupyterHub.discover()", () => {
  /** A site with a hub below `prefix` and 404 pages everywhere else. */
  const hubBelow =
    (prefix: string): Respond =>
    ({ url }) => {
      const { pathname } = new URL(url);
      if (!pathname.startsWith(`${prefix}/hub/api/`)) return page(404);
      return pathname.endsWith("/api/") ? answer({ version: "6.1.1" }) : answer({ name: "ada" });
    };

  it.each([
    ["https://h.example/prefix/user/ada/lab/tree?redirects=1#x", "/prefix", 1],
    ["https://h.example/prefix/hub/spawn/ada", "/prefix", 1],
    ["https://h.example/prefix/hub/api", "/prefix", 1],
    ["https://h.example/prefix/services/x/", "/prefix", 1],
    ["https://h.example/prefix", "/prefix", 1],
    ["https://h.example", "", 1],
    ["https://h.example/welcome", "", 2],
    ["https://h.example/%70refix/hub/home", "/prefix", 1],
  ])("for the link %s, finds the hub below the prefix %j", async (from, prefix, requests) => {
    const fetch = answering(hubBelow(prefix));
    const hub = await JupyterHub.discover(from, { token: secrets.token, fetch });
    expect(hub.url).toBe(`https://h.example${prefix}/hub/api`);
    expect(fetch.requests).toHaveLength(requests);
  });

  it.each<[string, JupyterHubOptions]>([
    ["a token", { token: secrets.token }],
    ["a token function", { token: () => secrets.token }],
    ["a header with credentials", { headers: { Authorization: `Basic ${secrets.password}` } }],
    ["a gateway's key", { headers: { "X-Api-Key": secrets.value } }],
    [
      "a middleware that adds credentials",
      {
        middleware: (request, next) => {
          request.headers.set("Cookie", `session=${secrets.value}`);
          return next();
        },
      },
    ],
  ])("searches without %s, but returns a client that uses it", async (_, options) => {
    const fetch = answering(hubBelow(""));
    const hub = await JupyterHub.discover("https://h.example/welcome", { ...options, fetch });
    const names = fetch.requests.map(({ headers }) => [...headers.keys()].join());
    expect(names).toEqual(["accept,user-agent", "accept,user-agent"]);
    await hub.users.get("ada");
    expect([...(fetch.requests.at(-1)?.headers.values() ?? [])].join()).toMatch(/planted-/);
  });

  it("refuses headers of the call, since servers other than the hub would receive them", async () => {
    const fetch = answering(hubBelow(""));
    const call = { headers: { Authorization: `Bearer ${secrets.token}` } };
    const found = JupyterHub.discover("https://h.example/welcome", { fetch }, call as object);
    await expect(found).rejects.toThrow("Unknown key `headers` in the options of the call.");
    expect(fetch.requests).toEqual([]);
  });

  it("does not call a token function", async () => {
    const token = vi.fn(() => secrets.token);
    await JupyterHub.discover("https://h.example", { token, fetch: answering(hubBelow("")) });
    expect(token).not.toHaveBeenCalled();
  });

  it("uses the options retry, appName and logger for the search", async () => {
    const logger = { debug: vi.fn(), warn: vi.fn() };
    let attempts = 0;
    const fetch = answering((request, signal) =>
      attempts++ === 0
        ? page(503, { headers: { "Retry-After": "0" } })
        : hubBelow("")(request, signal),
    );
    await JupyterHub.discover("https://h.example", {
      fetch,
      retry: 1,
      appName: "finder/1",
      logger,
    });
    expect(logger.warn).toHaveBeenCalledOnce();
    expect(logger.debug).toHaveBeenCalledOnce();
    expect(fetch.requests[1]?.headers.get("User-Agent")).toMatch(/^finder\/1 /);
  });

  it("uses the option timeout for the search", async () => {
    const fetch = answering(() => new Promise(() => {}));
    const error = await rejectionOf(
      JupyterHub.discover("https://h.example", { fetch, timeout: 5 }),
    );
    expect(error).toMatchObject({ name: "TimeoutError", timeout: 5 });
  });

  it("passes headers and publicUrl on to the client that it returns", async () => {
    const fetch = answering(hubBelow(""));
    const options = { fetch, headers: { "X-Gateway": "1" }, publicUrl: "https://people.example" };
    const hub = await JupyterHub.discover("https://h.example", options);
    expect(hub.publicUrl).toBe("https://people.example/hub/");
    await hub.users.get("ada");
    expect(fetch.requests.at(-1)?.headers.get("X-Gateway")).toBe("1");
  });

  it("follows redirects without a token, and returns a client for the final address", async () => {
    await using target = await serve((request, response) => {
      seen.push(`${request.url} ${request.headers.authorization ?? "no token"}`);
      const ok = request.url?.startsWith("/jupyter/hub/api/");
      response.writeHead(ok ? 200 : 404, {
        "Content-Type": "application/json",
        "X-JupyterHub-Version": "6.1.1",
      });
      response.end(JSON.stringify({ version: "6.1.1" }));
    });
    await using entry = await serve((request, response) => {
      response.writeHead(301, { Location: `${target.url}/jupyter${request.url}` }).end();
    });
    const seen: string[] = [];
    const hub = await JupyterHub.discover(`${entry.url}/hub/home`, { token: secrets.token });
    expect(hub.url).toBe(`${target.url}/jupyter/hub/api`);
    expect(seen).toEqual(["/jupyter/hub/api/ no token"]);
  });

  it.each([
    "/user/mallory/hub/api/",
    "/services/x/hub/api/",
    "/hub/user/mallory/hub/api/",
    "/anything",
  ])("does not accept a hub that it reaches through a redirect to %s", async (path) => {
    await using server = await serve((request, response) => {
      if (request.url === path) {
        response.setHeader("Content-Type", "application/json").end('{"version": "6.1.1"}');
      } else response.writeHead(302, { Location: path }).end();
    });
    const error = await rejectionOf(JupyterHub.discover(server.url, { token: secrets.token }));
    expect(error).toBeInstanceOf(UnexpectedResponseError);
  });

  it("tries the next address after a redirect that fetch does not follow", async () => {
    const fetch = answering(({ url }) =>
      url === "https://h.example/hub/api/"
        ? answer({ version: "6.1.1" })
        : new Response(null, { status: 302, headers: { Location: "https://evil.example/" } }),
    );
    const hub = await JupyterHub.discover("https://h.example/a", { fetch });
    expect(hub.url).toBe("https://h.example/hub/api");
    expect(fetch.requests.map(({ url }) => new URL(url).host)).toEqual(["h.example", "h.example"]);
  });

  it("rejects if it finds only an API that is not a hub's", async () => {
    const fetch = answering(() => answer({ version: 2 }, { version: null }));
    const error = await rejectionOf(JupyterHub.discover("https://h.example/a", { fetch }));
    expect(error).toBeInstanceOf(UnexpectedResponseError);
    expect(fetch.requests).toHaveLength(2);
  });

  it.each<[string, Respond, string]>([
    [
      "the connection fails",
      () => Promise.reject(new TypeError("fetch failed")),
      "ConnectionError",
    ],
    ["every address responds with a web page", () => page(), "UnexpectedResponseError"],
    ["every address responds with 404", () => refusal(404, null), "UnexpectedResponseError"],
  ])("rejects if %s", async (_, respond, name) => {
    const token = secrets.token;
    const options = { token, fetch: answering(respond), retry: 0 };
    const error = await rejectionOf(JupyterHub.discover(link, options));
    expect(error).toMatchObject({ name });
    expectNoSecret(error);
  });

  it("rejects without sending a request if the link or an option is invalid", async () => {
    const fetch = answering(hubBelow(""));
    const calls = [
      () => JupyterHub.discover("h.example/user/ada", { fetch }),
      () => JupyterHub.discover("https://h.example", { fetch, timeout: -1 }),
      () => JupyterHub.discover("https://h.example", { fetch, publicUrl: "nowhere" }),
      () => JupyterHub.discover("https://h.example", { fetch, headers: { "X-Key": "\u2028" } }),
      () => JupyterHub.discover("https://h.example", { fetch, auth: "cookie" }),
      () => JupyterHub.discover(`https://h.example/${"a/".repeat(20_000)}`, { fetch }),
    ];
    for (const call of calls) {
      expect(await rejectionOf(call())).toBeInstanceOf(InvalidInputError);
    }
    expect(fetch.requests).toEqual([]);
  });

  it("can be aborted", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    const fetch = answering(() => {
      controller.abort(reason);
      return page(404);
    });
    const { signal } = controller;
    expect(await rejectionOf(JupyterHub.discover(link, { fetch }, { signal }))).toBe(reason);
    expect(fetch.requests).toHaveLength(1);
  });
});
