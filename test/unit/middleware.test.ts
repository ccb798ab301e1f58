/** Middleware: what it receives, what it may change, and how its errors are handled. */
import { inspect } from "node:util";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { postGroup, postUserTokens, deleteShareCode } from "../../src/api.js";
import {
  ConnectionError,
  JupyterHubError,
  InvalidInputError,
  TimeoutError,
  UnexpectedResponseError,
  type AttemptContext,
  type HubRequest,
  type JupyterHubOptions,
  type Middleware,
} from "../../src/index.js";
import {
  answer,
  answering,
  api,
  expectNoSecret,
  hubOf,
  origin,
  page,
  refusal,
  rejectionOf,
  secrets,
  signalled,
} from "./helpers.js";

beforeEach(() => {
  // No delay between attempts.
  vi.spyOn(Math, "random").mockReturnValue(0);
});
afterEach(() => {
  vi.restoreAllMocks();
});

const ada = () => answer({ name: "ada" });

/** A client with this middleware, and a hub that always succeeds. */
function hubWith(...middleware: Middleware[]) {
  const fetch = answering(ada);
  return { hub: hubOf(fetch, { middleware }), fetch };
}

describe("middleware", () => {
  it("is nested, with the first one outermost", async () => {
    const log: string[] = [];
    const named =
      (name: string): Middleware =>
      async (request, next) => {
        log.push(`${name} before`);
        const response = await next(request);
        log.push(`${name} after`);
        return response;
      };
    const { hub } = hubWith(named("outer"), named("middle"), named("inner"));
    expect(await hub.users.get("ada")).toEqual({ name: "ada" });
    expect(log).toEqual([
      "outer before",
      "middle before",
      "inner before",
      "inner after",
      "middle after",
      "outer after",
    ]);
  });

  it("may be a single function", async () => {
    const fetch = answering(ada);
    const middleware: Middleware = (request, next) => {
      request.headers.set("X-Trace", "7");
      return next();
    };
    await hubOf(fetch, { middleware }).users.get("ada");
    expect(fetch.requests[0]?.headers.get("X-Trace")).toBe("7");
  });

  it.each<[string, Middleware]>([
    [
      "in the headers of its request",
      ({ headers }, next) => {
        headers.set("Authorization", `Bearer ${secrets.value}`);
        return next();
      },
    ],
    [
      "in new headers for next()",
      (_, next) => next({ headers: new Headers({ "X-Session": secrets.value }) }),
    ],
  ])("may set a token %s, and no error contains the token", async (_, middleware) => {
    const fetch = answering(({ headers }) => refusal(403, [...headers].join(", ")));
    const error = await rejectionOf(hubOf(fetch, { middleware }).users.get("ada"));
    expect(String(error)).toContain("[redacted]");
    expectNoSecret(error);
  });

  it("runs for each attempt", async () => {
    const seen: [AttemptContext, HubRequest][] = [];
    const answers = [() => page(503), () => refusal(401, null), ada];
    const fetch = answering(() => answers.shift()!());
    const hub = hubOf(fetch, {
      retry: 3,
      token: (refused) => (refused ? "renewed" : secrets.token),
      middleware: (request, next, context) => {
        // Each attempt has new headers, without the changes of the attempt before.
        expect(request.headers.has("X-Attempt")).toBe(false);
        request.headers.set("X-Attempt", String(context.attempt));
        seen.push([context, request]);
        return next(request);
      },
    });
    await hub.users.get("ada");
    const operation = "GET /users/{name}";
    expect(seen.map(([{ operation, url, attempt }]) => ({ operation, url, attempt }))).toEqual(
      [1, 2, 3].map((attempt) => ({ operation, url: `${api}/users/ada`, attempt })),
    );
    expect(seen.map(([, { headers }]) => headers.get("Authorization"))).toEqual([
      `Bearer ${secrets.token}`,
      `Bearer ${secrets.token}`,
      "Bearer renewed",
    ]);
    expect(fetch.requests.map(({ headers }) => headers.get("X-Attempt"))).toEqual(["1", "2", "3"]);
  });

  it("receives method, URL, headers and body", async () => {
    let given: unknown;
    const { hub } = hubWith((request, next) => {
      const { method, url, headers, body } = request;
      given = [method, url, body, headers.get("Content-Type"), headers.get("Authorization")];
      return next();
    });
    const body = { users: ["ada"] };
    await postGroup({ client: hub.client, path: { name: "a b" }, body, throwOnError: true });
    const bearer = `Bearer ${secrets.token}`;
    const url = `${api}/groups/a%20b`;
    expect(given).toEqual(["POST", url, JSON.stringify(body), "application/json", bearer]);
  });

  it.each<[string, (request: HubRequest) => Partial<HubRequest> | undefined]>([
    ["the request", (request) => request],
    ["nothing", () => undefined],
    ["a spread copy, which is empty", (request) => ({ ...request })],
  ])("sends the request unchanged if it passes %s to next()", async (_, changes) => {
    const { hub, fetch } = hubWith(
      (request, next) => next(changes(request)),
      (_, next) => next(),
    );
    const { client } = hub;
    const body = { users: ["ada"] };
    await postGroup({ client, path: { name: "lab" }, body, throwOnError: true });
    const [request] = fetch.requests;
    expect(request).toMatchObject({ method: "POST", url: `${api}/groups/lab` });
    expect(request?.headers.get("Authorization")).toBe(`Bearer ${secrets.token}`);
    expect(await request?.json()).toEqual(body);
  });

  it("may replace parts of the request", async () => {
    const { hub, fetch } = hubWith(
      (request, next) => next({ url: `${request.url}?x=1`, body: '{"users":["grace"]}' }),
      (request, next) => {
        expect(request.url).toBe(`${api}/groups/lab?x=1`);
        return next({ headers: new Headers({ "X-Only": "1" }) });
      },
    );
    await postGroup({ client: hub.client, path: { name: "lab" }, body: { users: ["ada"] } });
    const [request] = fetch.requests;
    expect(request).toMatchObject({ method: "POST", url: `${api}/groups/lab?x=1` });
    expect(await request?.json()).toEqual({ users: ["grace"] });
    expect([...request!.headers.keys()].filter((name) => name !== "content-type")).toEqual([
      "x-only",
    ]);
  });

  it("may remove the body", async () => {
    const { hub, fetch } = hubWith((_, next) => next({ body: null }));
    await postGroup({ client: hub.client, path: { name: "lab" }, body: { users: [] } });
    expect(await fetch.requests[0]?.text()).toBe("");
  });

  it.each([
    "https://evil.example/hub/api/users/ada",
    `${origin}/hub/home`,
    `${api}/../home`,
    `${api}/%2e%2e/home`,
    `${api}@evil.example/`,
    `${api}x/users`,
    "http://hub.example.org/hub/api/users/ada",
  ])("cannot send the token to %s", async (url) => {
    const { hub, fetch } = hubWith((_, next) => next({ url }));
    const error = await rejectionOf(hub.users.get("ada"));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toBe(`GET ${api}/users/ada would leave the hub's API.`);
    expect(fetch.requests).toEqual([]);
  });

  it("sends requests that do not follow redirects", async () => {
    const fetch = answering(() => page(302, { headers: { Location: "https://evil.example/" } }));
    const hub = hubOf(fetch, { middleware: (_, next) => next() });
    expect(await rejectionOf(hub.users.get("ada"))).toBeInstanceOf(UnexpectedResponseError);
    expect(fetch.requests.map(({ redirect }) => redirect)).toEqual(["manual"]);
  });

  it("may return a response of its own", async () => {
    const { hub, fetch } = hubWith(() => Promise.resolve(answer({ name: "from a cache" })));
    expect(await hub.users.get("ada")).toEqual({ name: "from a cache" });
    expect(fetch.requests).toEqual([]);
    const refusing = hubWith(() => Promise.resolve(refusal(404, "No such user")));
    expect(await rejectionOf(refusing.hub.users.get("ada"))).toMatchObject({ status: 404 });
    const posing = hubWith(() => Promise.resolve(page()));
    expect(await rejectionOf(posing.hub.users.get("ada"))).toBeInstanceOf(UnexpectedResponseError);
  });

  it("may read a clone of the response, and replace it", async () => {
    const { hub } = hubWith(async (_, next) => {
      const response = await next();
      const { name } = (await response.clone().json()) as { name: string };
      return new Response(JSON.stringify({ name: name.toUpperCase() }), response);
    });
    expect(await hub.users.get("ada")).toEqual({ name: "ADA" });
  });

  it("may retry by calling next() repeatedly", async () => {
    let count = 0;
    const fetch = answering(() => (++count < 3 ? page(503) : ada()));
    const middleware: Middleware = async (_, next) => {
      let response = await next();
      while (response.status === 503) response = await next();
      return response;
    };
    expect(await hubOf(fetch, { middleware }).users.get("ada")).toEqual({ name: "ada" });
  });

  it("receives a signal that aborts when the attempt is aborted", async () => {
    let reason: unknown;
    const { hub } = hubWith((_, __, { signal }) => {
      return new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => {
          reason = signal.reason;
          reject(new Error("ignored"));
        });
      });
    });
    const controller = new AbortController();
    const rejected = rejectionOf(hub.users.get("ada", {}, { signal: controller.signal }));
    await new Promise(setImmediate);
    controller.abort("enough");
    expect(await rejected).toBe("enough");
    expect(reason).toBe("enough");
  });
});

describe("a middleware that calls next() after its attempt has ended", () => {
  /** A client whose middleware calls `next()` after `resumed.tell()`. `late` resolves with the error of `next()`. */
  function slow(options: JupyterHubOptions = {}) {
    const resumed = signalled();
    const begun = signalled();
    const late = signalled<unknown>();
    const fetch = vi.fn(async () => ada());
    const middleware: Middleware = async (_, next) => {
      begun.tell();
      await resumed.when;
      const response = next();
      late.tell(await rejectionOf(response));
      return response;
    };
    return { hub: hubOf(fetch, { middleware, ...options }), fetch, begun, resumed, late };
  }

  it("sends nothing after an abort, even with a fetch that ignores signals", async () => {
    const { hub, fetch, begun, resumed, late } = slow();
    const controller = new AbortController();
    const rejected = rejectionOf(hub.users.create("ada", {}, { signal: controller.signal }));
    await begun.when;
    controller.abort("enough");
    expect(await rejected).toBe("enough");
    resumed.tell();
    expect(await late.when).toBe("enough");
    expect(fetch).not.toHaveBeenCalled();
  });

  it("sends nothing after a timeout", async () => {
    const { hub, fetch, resumed, late } = slow({ timeout: 5 });
    expect(await rejectionOf(hub.users.create("ada"))).toBeInstanceOf(TimeoutError);
    resumed.tell();
    await late.when;
    expect(fetch).not.toHaveBeenCalled();
  });
});

describe("a middleware that fails", () => {
  it.each<[string, Middleware]>([
    [
      "throws",
      () => {
        throw new Error("no");
      },
    ],
    ["rejects", () => Promise.reject(new Error("no"))],
    [
      "throws after the response",
      async (_, next) => {
        await next();
        throw new Error("no");
      },
    ],
  ])("makes the call reject without a retry if it %s", async (_, middleware) => {
    const fetch = answering(ada);
    let count = 0;
    const counted: Middleware = (_, next) => {
      count += 1;
      return next();
    };
    const hub = hubOf(fetch, { retry: 3, middleware: [counted, middleware] });
    const error = await rejectionOf(hub.users.get("ada"));
    expect(error).toMatchObject({ name: "JupyterHubError", method: "GET" });
    expect((error as Error).message).toBe(`GET ${api}/users/ada: a middleware failed.`);
    expect((error as Error).cause).toMatchObject({ message: "no" });
    expect(count).toBe(1);
    expectNoSecret(error);
  });

  it("aborts the attempt, so that an unread response is closed", async () => {
    let attempt: AbortSignal | undefined;
    const fetch = answering((_, signal) => {
      attempt = signal;
      return ada();
    });
    const middleware: Middleware = async (_, next) => {
      await next();
      throw new Error("no");
    };
    await rejectionOf(hubOf(fetch, { middleware }).users.get("ada"));
    expect(attempt?.aborted).toBe(true);
  });

  it.each<[string, unknown]>([
    ["nothing", undefined],
    ["null", null],
    ["an object that is not a Response", { status: 200 }],
    ["a response whose body was read", "read"],
  ])("makes the call reject if it returns %s", async (_, given) => {
    const { hub } = hubWith(async (_, next) => {
      if (given !== "read") return given as Response;
      const response = await next();
      await response.text();
      return response;
    });
    const error = await rejectionOf(hub.users.get("ada"));
    expect(error).toBeInstanceOf(JupyterHubError);
    expect((error as Error).cause).toMatchObject({
      message: "It returned no Response with an unread body. Return what next() resolves with",
    });
  });

  it("does not prevent a retry if it rethrows the error of next()", async () => {
    let count = 0;
    const fetch = answering(() => {
      if (++count < 3) throw new TypeError("fetch failed");
      return ada();
    });
    const seen: unknown[] = [];
    const middleware: Middleware = async (_, next) => {
      try {
        return await next();
      } catch (error) {
        seen.push(error);
        throw error;
      }
    };
    expect(await hubOf(fetch, { middleware, retry: 3 }).users.get("ada")).toEqual({ name: "ada" });
    expect(seen).toEqual([expect.any(ConnectionError), expect.any(ConnectionError)]);
  });
});

describe("the arguments of a middleware", () => {
  it("show no secret, however they are printed", async () => {
    const given: unknown[] = [];
    const { hub } = hubWith(
      (request, next, context) => {
        given.push(request, context);
        return next(request);
      },
      (request, next, context) => {
        given.push(request, context);
        return next();
      },
    );
    const { client } = hub;
    const auth = { username: "ada", password: secrets.password };
    await postUserTokens({ client, path: { name: "ada" }, body: { auth } });
    await hub.users.get("ada");
    const path = { owner: "ada", server_name: "gpu" };
    await deleteShareCode({ client, path, query: { code: secrets.value } });
    expect(given).toHaveLength(12);
    for (const one of given) {
      expectNoSecret(one);
      for (const text of [
        String(one),
        JSON.stringify({ one }),
        inspect(one, { showHidden: true, depth: 9 }),
        inspect(Object.getOwnPropertyDescriptors(one)),
        JSON.stringify(Object.entries(one as object)),
      ]) {
        expect(Object.values(secrets).filter((secret) => text.includes(secret))).toEqual([]);
      }
    }
  });
});
