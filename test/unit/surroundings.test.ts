/** The client among odd middleware, runtimes, proxies and inputs. */
import { Readable } from "node:stream";
import { runInNewContext } from "node:vm";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  deleteUserServerName,
  getUser,
  getUsers,
  patchUser,
  postGroup,
  postUserServer,
  postUserTokens,
  postUsers,
} from "../../src/api.js";
import { parseRetryAfter } from "../../src/core/error-mapping.js";
import { JupyterHub, type JupyterHubOptions } from "../../src/index.js";
import {
  answer,
  answering,
  expectNoSecret,
  hubOf,
  origin,
  page,
  refusal,
  rejectionOf,
  secrets,
} from "./helpers.js";

const path = { name: "lab" };

describe("a middleware that calls another hub after next()", () => {
  /** A middleware that reports each response to another hub, which refuses the report. */
  const reportingTo = (respond: () => Response): JupyterHubOptions => {
    const other = hubOf(answering(respond), { token: "another-token" });
    return {
      middleware: async (_, next) => {
        const response = await next();
        await other.users.get("reporter");
        return response;
      },
    };
  };

  // The hub has created the group. docs/networks.md: a write is retried only if the hub did nothing.
  it("does not repeat a write if the other hub answers 429 with Retry-After", async () => {
    const busy = () => refusal(429, null, { headers: { "Retry-After": "0" } });
    const fetch = answering();
    const { client } = hubOf(fetch, { ...reportingTo(busy), retry: 3 });
    await postGroup({ client, path });
    expect(fetch.sent()).toEqual(["POST /groups/lab"]);
  });

  // SECURITY.md: a start is never sent again. The hub has accepted this client's token.
  it.each([
    ["a start", postUserServer, "POST /users/lab/server"],
    ["another write", postGroup, "POST /groups/lab"],
  ] as const)("does not repeat %s if the other hub rejects its token", async (_, send, sent) => {
    const fetch = answering();
    let calls = 0;
    const token = () => `token-${(calls += 1)}`;
    const refused = () => refusal(403, "Missing or invalid credentials.");
    const { client } = hubOf(fetch, { ...reportingTo(refused), token });
    await send({ client, path });
    expect(fetch.sent()).toEqual([sent]);
  });

  // A middleware's other errors after next() have this outcome.
  it('leaves a write with the outcome "unknown" if the other hub answers 404', async () => {
    const { client } = hubOf(
      answering(),
      reportingTo(() => refusal(404, "No such user")),
    );
    const { error } = await postGroup({ client, path });
    expect(error).toMatchObject({ outcome: "unknown" });
  });
});

describe("a middleware", () => {
  // A token in replaced headers is a token as well: the 403 is about its scopes.
  it("may put the token into new headers, and a 403 is then a ForbiddenError with scopes", async () => {
    const fetch = answering(() => refusal(403, "requires any of [read:users, read:users:name]"));
    const hub = new JupyterHub({
      url: origin,
      fetch,
      middleware: (request, next) => {
        const headers = new Headers(request.headers);
        headers.set("Authorization", `Bearer ${secrets.token}`);
        return next({ headers });
      },
    });
    expect(await rejectionOf(hub.users.get("ada"))).toMatchObject({
      name: "ForbiddenError",
      requiredScopes: ["read:users", "read:users:name"],
    });
  });

  // SECURITY.md: errors hold no value of a header that was sent.
  it("may remove a secret header after next(), and errors do not quote its value", async () => {
    const fetch = answering((request) => refusal(400, `Key ${request.headers.get("X-Key")}`));
    const hub = hubOf(fetch, {
      middleware: async (request, next) => {
        request.headers.set("X-Key", secrets.value);
        const response = await next();
        request.headers.delete("X-Key");
        return response;
      },
    });
    expectNoSecret(await rejectionOf(hub.users.get("ada")));
  });

  // The Fetch standard calls a body that is disturbed or locked unusable. The connection did not fail.
  it("that returns a response with a locked body fails as a middleware, not as a connection", async () => {
    const fetch = answering();
    const hub = hubOf(fetch, {
      middleware: async (_, next) => {
        const response = await next();
        response.body?.getReader();
        return response;
      },
    });
    const error = await rejectionOf(hub.users.get("ada"));
    expect(String(error)).toContain("a middleware failed");
  });
});

// fetch() reads its arguments before it returns. The checks of a call are of no use if the values may change after them.
describe("an input that changes after the call", () => {
  it("does not change the query", async () => {
    const fetch = answering(() => answer([]));
    const { client } = hubOf(fetch);
    const query = { offset: 0 };
    const calls: Promise<unknown>[] = [];
    for (; query.offset < 100; query.offset += 50) calls.push(getUsers({ client, query }));
    await Promise.all(calls);
    expect(fetch.sent()).toEqual(["GET /users?offset=0", "GET /users?offset=50"]);
  });

  it("does not change the query of a method", async () => {
    const fetch = answering(() => answer({ name: "ada", version: "6.1.1" }));
    const input = { include_stopped_servers: true };
    const call = hubOf(fetch).users.get("ada", input);
    input.include_stopped_servers = false;
    await call;
    expect(fetch.sent().at(-1)).toBe("GET /users/ada?include_stopped_servers=true");
  });

  it("does not change the options of a start", async () => {
    const fetch = answering(({ method }) =>
      method === "POST" ? answer("", { status: 201 }) : answer({ version: "6.1.1", ready: true }),
    );
    const user_options = { profile: "small" };
    const start = hubOf(fetch).servers.start("ada", { user_options });
    user_options.profile = "large";
    await start;
    const sent = fetch.requests.find(({ method }) => method === "POST");
    expect(await sent?.json()).toEqual({ user_options: { profile: "small" } });
  });

  // SECURITY.md: names do not change the route of a request.
  it("does not change the route", async () => {
    const fetch = answering(() => answer("", { status: 204 }));
    const path = { name: "ada", server_name: "gpu" };
    const call = deleteUserServerName({ client: hubOf(fetch).client, path });
    path.server_name = "..";
    await call;
    expect(fetch.sent()).toEqual(["DELETE /users/ada/servers/gpu"]);
  });

  it("does not change the headers", async () => {
    const fetch = answering(() => answer({ name: "ada" }));
    const headers = { "X-Request-Id": "first" };
    const call = getUser({ client: hubOf(fetch).client, path, headers });
    headers["X-Request-Id"] = "second";
    await call;
    expect(fetch.requests[0]?.headers.get("X-Request-Id")).toBe("first");
  });

  it("does not change what is nested in the body", async () => {
    const fetch = answering(() => answer({ version: "6.1.1" }));
    const user_options = { profile: "small" };
    const call = postUserServer({ client: hubOf(fetch).client, path, body: { user_options } });
    user_options.profile = "large";
    await call;
    const sent = fetch.requests.find(({ method }) => method === "POST");
    expect(await sent?.json()).toEqual({ user_options: { profile: "small" } });
  });

  // A program may clear a password as soon as it has passed it on.
  it("does not prevent the redaction of the secrets that were sent", async () => {
    const fetch = answering(async (request) => refusal(400, `Bad: ${await request.text()}`));
    const body = { auth: { username: "ada", password: secrets.password as string } };
    const call = postUserTokens({ client: hubOf(fetch).client, path, body });
    body.auth = { username: "", password: "" };
    expectNoSecret((await call).error);
  });
});

// The client itself goes on with the headers that it was created with.
it("the headers of a derived client do not change with the object that its parent's options had", async () => {
  const fetch = answering(() => answer({ name: "ada" }));
  const headers = { "X-Gateway-Key": "first" };
  const hub = hubOf(fetch, { headers });
  headers["X-Gateway-Key"] = "second";
  await hub.users.get("ada");
  await hub.withOptions({ timeout: 1000 }).users.get("ada");
  const sent = fetch.requests.map((request) => request.headers.get("X-Gateway-Key"));
  expect(sent).toEqual(["first", "first"]);
});

describe("a value in user_options that JSON converts to a string", () => {
  // SECURITY.md: every string of at least 8 characters in user_options is redacted. These are strings when sent.
  it.each<[what: string, value: unknown]>([
    ["a URL", new URL(`https://git:${secrets.value}@git.example.org/course`)],
    ["an object with toJSON()", { toJSON: () => secrets.value }],
    ["a String object", Object(secrets.value)],
  ])("is redacted in errors if it is %s", async (_, repository) => {
    const fetch = answering(async (request) =>
      request.method === "GET"
        ? answer({ version: "6.1.1" })
        : refusal(400, `Bad: ${await request.text()}`),
    );
    const body = { user_options: { repository } };
    const { error } = await postUserServer({ client: hubOf(fetch).client, path, body });
    expect(error).toMatchObject({ name: "BadRequestError" });
    expectNoSecret(error);
  });
});

describe("the client's token in a path", () => {
  // SECURITY.md: errors and logs replace the tokens of headers, also in properties. `url` is documented as redacted.
  it.each<[what: string, call: (hub: JupyterHub) => Promise<unknown>]>([
    ["that was passed as a name", (hub) => hub.users.get(secrets.token)],
    [
      "of a route that the package does not know",
      (hub) => hub.client.get({ url: `/extension/${secrets.token}`, throwOnError: true }),
    ],
  ])("is redacted in errors and logs: one %s", async (_, call) => {
    const logged: unknown[] = [];
    const logger = { debug: (...entry: unknown[]) => logged.push(entry) };
    const fetch = answering(() => refusal(404, "Not Found"));
    expectNoSecret(await rejectionOf(call(hubOf(fetch, { logger }))));
    expectNoSecret(logged);
  });
});

// The reason belongs to the caller: a program may abort its other calls with the error of the first that failed.
describe("an error of this package as the reason of an abort", () => {
  const failed = () => rejectionOf(hubOf(answering(() => refusal(404, null))).users.get("ada"));

  it("keeps its stack", async () => {
    const reason = (await failed()) as Error;
    const { stack } = reason;
    const call = { signal: AbortSignal.abort(reason) };
    expect(await rejectionOf(hubOf(answering()).servers.stop("ada", {}, call))).toBe(reason);
    expect(reason.stack).toBe(stack);
  });

  it("may be frozen", async () => {
    const reason = Object.freeze(await failed());
    const call = { signal: AbortSignal.abort(reason) };
    expect(await rejectionOf(hubOf(answering()).servers.stop("ada", {}, call))).toBe(reason);
  });
});

describe("options with inherited values", () => {
  // known-keys.ts accepts an AbortController, since it inherits the known key `signal`.
  it("abort the call if they are an AbortController", async () => {
    const controller = new AbortController();
    const reason = new Error("enough");
    controller.abort(reason);
    const hub = hubOf(answering(() => answer({ name: "ada" })));
    expect(await rejectionOf(hub.users.get("ada", {}, controller))).toBe(reason);
  });

  // The constructor uses inherited options, and withOptions() keeps all options that it does not change.
  it("are kept by withOptions()", async () => {
    const fetch = answering(() => answer({ name: "ada" }));
    const shared: JupyterHubOptions = { fetch, headers: { "X-Gateway-Key": "key" }, retry: 0 };
    const options = Object.assign(Object.create(shared), { url: "http://127.0.0.1:1", token: "t" });
    const hub = new JupyterHub(options as JupyterHubOptions);
    await hub.users.get("ada");
    await hub.withOptions({ timeout: 1000 }).users.get("ada");
    expect(fetch.requests.map(({ headers }) => headers.get("X-Gateway-Key"))).toEqual([
      "key",
      "key",
    ]);
  });
});

describe("a 504 in JSON without the hub's version header", () => {
  // Spring's gateways answer so. The hub may have received the request, whatever the client has learned before.
  it('leaves a write with the outcome "unknown" if the hub sent the header before', async () => {
    const fetch = answering(({ method }) =>
      method === "GET"
        ? answer({ name: "ada" })
        : refusal(504, "Response took longer than timeout", { version: null }),
    );
    const { client } = hubOf(fetch);
    const cold = await postGroup({ client, path });
    expect(cold.error).toMatchObject({ name: "HubError", outcome: "unknown" });
    await getUser({ client, path });
    const warm = await postGroup({ client, path });
    expect(warm.error).toMatchObject({ name: "HubError", outcome: "unknown" });
  });
});

describe("a fetch", () => {
  // An unread body of node-fetch keeps its connection open.
  it("whose bodies are Node streams has the stream closed that is refused as no hub's", async () => {
    const body = Readable.from(["<html>"]);
    const fetch = async (): Promise<Response> =>
      Object.defineProperty(page(200), "body", { value: body });
    await hubOf(fetch).client.get({ url: "/new/stream", parseAs: "stream" });
    expect(body.destroyed).toBe(true);
  });

  // Jest runs tests in a realm of their own, with the fetch of the outer realm.
  it("of another realm may reject with errors of that realm", async () => {
    const thrown: unknown = runInNewContext(`
      const cause = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
      new TypeError("fetch failed", { cause });
    `);
    const fetch = () => Promise.reject(thrown as Error);
    const { error } = await postGroup({ client: hubOf(fetch).client, path });
    // Nothing was sent, so the outcome is known.
    expect(error).toMatchObject({ code: "ECONNREFUSED", outcome: undefined });
  });

  // In the Fetch standard, a null body can be read any number of times.
  it("may return the same Response without a body for several calls", async () => {
    const response = answer("", { status: 204 });
    const hub = hubOf(async () => response);
    await hub.users.delete("ada");
    await expect(hub.users.delete("grace")).resolves.toBeUndefined();
  });
});

describe("a failure of the network", () => {
  // undici with HTTP/2 passes on these errors of Node (nodejs/undici#5598). They are lost connections, which are retried.
  it.each(["ERR_HTTP2_STREAM_ERROR", "ERR_HTTP2_GOAWAY_SESSION", "ERR_HTTP2_SESSION_ERROR"])(
    "of HTTP/2 is retried for a read: %s",
    async (code) => {
      let attempts = 0;
      const fetch = answering(() => {
        attempts += 1;
        if (attempts > 1) return answer({ name: "ada" });
        throw new TypeError("fetch failed", { cause: Object.assign(new Error("reset"), { code }) });
      });
      const { error } = await getUser({ client: hubOf(fetch, { retry: 1 }).client, path });
      expect(error).toBeUndefined();
    },
  );

  // Nothing was sent. Bun 1.3.1 has this code for a refused connection.
  it.each(["ConnectionRefused", "FailedToOpenSocket"])(
    "before anything is sent leaves the outcome of a write known, in Bun: %s",
    async (code) => {
      const fetch = () => Promise.reject(Object.assign(new Error("Unable to connect."), { code }));
      const { error } = await postGroup({ client: hubOf(fetch).client, path });
      expect(error).toMatchObject({ name: "ConnectionError", code, outcome: undefined });
    },
  );
});

describe("a stream of a route that the package does not know", () => {
  // `parseAs: "stream"` returns the body as a stream. The version header shows that the hub sent the response.
  it.each(["text/event-stream", "text/plain"])("may have the type %s", async (type) => {
    const fetch = answering(() => answer("data: 1\n\n", { type }));
    const { client } = hubOf(fetch);
    const { data, error } = await client.get({ url: "/extension/events", parseAs: "stream" });
    expect(error).toBeUndefined();
    expect(data).toBeInstanceOf(ReadableStream);
  });
});

describe("a response", () => {
  // The type of a raw call's `response`: undefined if no response arrived.
  it.each<[what: string, status: number]>([
    ["a gateway", 502],
    ["a redirect", 302],
    ["another site", 200],
  ])("of %s is part of the result of a raw function", async (_, status) => {
    const result = await getUsers({ client: hubOf(answering(() => page(status))).client });
    expect(result.error).toMatchObject({ status });
    expect(result.response?.status).toBe(status);
  });

  // A proxy that hides versions may blank the header. The body of GET / has the version.
  it("with an empty version header leaves the hub's version unknown", async () => {
    const fetch = answering(({ url }) =>
      answer(url.endsWith("/api/") ? { version: "6.1.1" } : [], { version: "" }),
    );
    const { client } = hubOf(fetch);
    await getUsers({ client });
    const { error } = await getUsers({ client, query: { sort: "name" } });
    expect(error).toBeUndefined();
  });

  // The Fetch standard's "extract a MIME type" takes the last valid one of a list.
  it("may have its Content-Type twice, once from a proxy", async () => {
    const type = "application/json, application/json; charset=utf-8";
    const fetch = answering(() => answer({ name: "ada" }, { type }));
    await expect(hubOf(fetch).users.get("ada")).resolves.toMatchObject({ name: "ada" });
  });
});

describe("Retry-After", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  // RFC 9110, 5.6.7: recipients must accept all three forms of a date, and each is in UTC.
  it("may be a date in the form of asctime(), which is in UTC", () => {
    vi.stubEnv("TZ", "America/New_York");
    const now = Date.UTC(1994, 10, 6, 8, 49, 7);
    expect(parseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", now)).toBe(30_000);
    expect(parseRetryAfter("Sun Nov  6 08:49:37 1994", now)).toBe(30_000);
  });
});

describe("a logger", () => {
  // TypeScript accepts it, and errors of a logger are ignored. An unhandled rejection ends a Node process.
  it("may have async methods that reject, without an unhandled rejection", async () => {
    const unhandled: unknown[] = [];
    const listener = (reason: unknown) => unhandled.push(reason);
    process.on("unhandledRejection", listener);
    try {
      const logger = { debug: () => Promise.reject(new Error("The disk is full")) };
      await hubOf(answering(), { logger }).users.get("ada");
      await new Promise((resolve) => setImmediate(resolve));
    } finally {
      process.off("unhandledRejection", listener);
    }
    expect(unhandled).toEqual([]);
  });
});

// known-keys.ts refuses such values as a body: "they would be read as empty". Below a key, they are sent as {} or as text.
describe("a value that JSON does not send as the object that it is", () => {
  it.each<[what: string, value: object]>([
    ["a Map", new Map([["profile", "large"]])],
    ["a Promise", Promise.resolve({ profile: "large" })],
    ["a Date", new Date(0)],
    ["a URL", new URL(origin)],
  ])("is refused as user_options: %s", async (_, value) => {
    const fetch = answering(() => answer({ version: "6.1.1" }));
    const body = { user_options: value as Record<string, unknown> };
    const { error } = await postUserServer({ client: hubOf(fetch).client, path, body });
    expect(error).toMatchObject({ name: "InvalidInputError" });
  });

  // It would replace the user's auth_state by an empty one.
  it("is refused as auth_state: a Map", async () => {
    const fetch = answering(() => answer({ name: "lab" }));
    const auth_state = new Map([["access_token", "x"]]) as unknown as Record<string, unknown>;
    const body = { auth_state };
    const { error } = await patchUser({ client: hubOf(fetch).client, path, body });
    expect(error).toMatchObject({ name: "InvalidInputError" });
  });

  // JSON sends null for a hole, and hubs answer 500 to a name that is no string.
  it("is refused as a list of names: an array with holes", async () => {
    const fetch = answering(() => answer([]));
    const body = { usernames: Array.from<string>({ length: 1 }) };
    delete body.usernames[0];
    const { error } = await postUsers({ client: hubOf(fetch).client, body });
    expect(error).toMatchObject({ name: "InvalidInputError" });
  });
});

describe("an invalid argument", () => {
  // README: every method rejects with a JupyterHubError, or with the reason of an abort.
  it("that is given as the signal leads to an InvalidInputError", async () => {
    const signal = new AbortController() as unknown as AbortSignal;
    const hub = hubOf(answering(() => answer({ name: "ada" })));
    const error = await rejectionOf(hub.users.get("ada", {}, { signal }));
    expect(error).toMatchObject({ name: "InvalidInputError" });
  });

  // The constructor's documentation: throws InvalidInputError if an option is invalid.
  it("that is a symbol as appName leads to an InvalidInputError", () => {
    const options = { url: origin, appName: Symbol("x") as unknown as string };
    expect(() => new JupyterHub(options)).toThrow(
      expect.objectContaining({ name: "InvalidInputError" }),
    );
  });
});
