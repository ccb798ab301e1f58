/** The results and errors of raw functions, and the options that they refuse. */
import { describe, expect, it } from "vitest";
import * as raw from "../../src/api.js";
import { sendAsIs } from "../../src/core/api-client.js";
import { ConflictError, InvalidInputError, JupyterHub, type TokenSource } from "../../src/index.js";
import {
  answer,
  answering,
  api,
  expectNoSecret,
  hubOf,
  origin,
  refusal,
  rejectionOf,
  secrets,
  serve,
} from "./helpers.js";

const path = { name: "ada" };
const { createClient, getUser, postUser, postUserServer } = raw;

describe("a raw function", () => {
  it("resolves with the data and the response, but not with the request, which holds the token", async () => {
    const fetch = answering(() => answer({ name: "ada" }, { headers: { "X-Extra": "1" } }));
    const answered = await getUser({ client: hubOf(fetch).client, path });
    const { data, error, response } = answered;
    expect(data).toEqual({ name: "ada" });
    expect(error).toBeUndefined();
    expect(answered).not.toHaveProperty("request");
    expect(response?.status).toBe(200);
    expect(response?.headers.get("X-Extra")).toBe("1");
  });

  it.each([{}, { throwOnError: false as const }])(
    "resolves with the hub's error unless throwOnError is true: %j",
    async (options) => {
      const fetch = answering(() => refusal(409, "User ada already exists"));
      const answered = await postUser({ client: hubOf(fetch).client, path, ...options });
      expect(answered.data).toBeUndefined();
      expect(answered.error).toMatchObject({ name: "ConflictError", status: 409 });
      expect(answered.response?.status).toBe(409);
      expectNoSecret(answered.error);
    },
  );

  it("resolves with an error and no response if no request could be sent", async () => {
    const { client } = hubOf(answering());
    expect(await getUser({ client, path: { name: ".." } })).toEqual({
      error: expect.objectContaining({ name: "InvalidInputError" }),
      response: undefined,
    });
  });

  it("resolves with an error and no response if no response arrived", async () => {
    const fetch = answering(() => Promise.reject(new TypeError("fetch failed")));
    const answered = await getUser({ client: hubOf(fetch).client, path });
    expect(answered.error).toMatchObject({ name: "ConnectionError" });
    expect(answered.response).toBeUndefined();
  });

  it("resolves with the abort reason as the error", async () => {
    const reason = { why: "enough" };
    const signal = AbortSignal.abort(reason);
    const { error } = await getUser({ client: hubOf(answering()).client, path, signal });
    expect(error).toBe(reason);
  });

  it("rejects if throwOnError is true", async () => {
    const fetch = answering(() => refusal(404, null));
    const call = getUser({ client: hubOf(fetch).client, path, throwOnError: true });
    await expect(call).rejects.toMatchObject({ name: "NotFoundError", status: 404 });
  });

  it("accepts a client from createClient(), without a JupyterHub object", async () => {
    const fetch = answering(() => answer({ name: "ada" }));
    const client = createClient({ url: origin, token: secrets.token, fetch });
    expect((await getUser({ client, path, throwOnError: true })).data).toEqual({ name: "ada" });
    expect(fetch.requests[0]?.headers.get("Authorization")).toBe(`Bearer ${secrets.token}`);
  });

  it("sends a body unchecked if the options contain sendAsIs, which marks a body built for this hub's version", async () => {
    const fetch = answering(() => answer("", { status: 202, version: "5.5.4", type: null }));
    const { client } = hubOf(fetch);
    const body = { user_options: { cpu: 2 }, limit: -1 } as object;
    await postUserServer({ client, path, body, ...sendAsIs, throwOnError: true });
    expect(fetch.sent()).toEqual(["POST /users/ada/server"]);
    expect(await fetch.requests[0]?.json()).toEqual(body);
  });
});

describe("the error of a refused call", () => {
  const forbidden = () => refusal(403, "Forbidden", { version: "5.5.4" });

  it.each<[string, TokenSource | undefined, Record<string, string>, string]>([
    ["is a ForbiddenError if the client has a token", secrets.token, {}, "ForbiddenError"],
    ["is an AuthenticationError if there is no token", undefined, {}, "AuthenticationError"],
    [
      "is a ForbiddenError if the call has a token in its headers",
      undefined,
      { Authorization: "token x" },
      "ForbiddenError",
    ],
  ])("%s", async (_, token, headers, name) => {
    const { client } = hubOf(answering(forbidden), { token });
    const { error } = await postUser({ client, path, headers });
    expect(error).toMatchObject({ name });
    expect((error as Error).message.includes("no token")).toBe(name === "AuthenticationError");
  });

  it("is an AuthenticationError about the user and password if the body has a password", async () => {
    const { client } = hubOf(answering(forbidden));
    const body = { auth: { username: "ada", password: secrets.password } };
    const { error } = await raw.postUserTokens({ client, path, body });
    expect(error).toMatchObject({ name: "AuthenticationError" });
    expect((error as Error).message).toContain("The user or password is wrong");
  });

  it.each([
    ["40", 40_000],
    [undefined, undefined],
  ])(
    "has retryAfter, the Retry-After header in milliseconds: %s becomes %s",
    async (seconds, retryAfter) => {
      const headers = { ...(seconds && { "Retry-After": seconds }) };
      const { client } = hubOf(answering(() => refusal(429, "Too many", { headers })));
      const { error } = await postUserServer({ client, path });
      expect(error).toMatchObject({ name: "RateLimitError", retryAfter });
    },
  );

  it("is passed on unchanged if a custom fetch rejects with an error of this package", async () => {
    const own = new ConflictError("of another client");
    const { error } = await getUser({
      client: hubOf(answering(() => Promise.reject(own))).client,
      path,
    });
    expect(error).toBe(own);
  });
});

describe("an option that would bypass the transport", () => {
  it.each<[string, object]>([
    ["baseUrl", { baseUrl: "https://evil.example" }],
    ["fetch", { fetch: () => Promise.reject(new Error("smuggled")) }],
    ["redirect", { redirect: "follow" }],
    ["method", { method: "DELETE" }],
    ["requestValidator", { requestValidator: () => Promise.reject(new Error("smuggled")) }],
    ["responseTransformer", { responseTransformer: () => Promise.resolve("smuggled") }],
    ["responseValidator", { responseValidator: () => Promise.reject(new Error("smuggled")) }],
    ["responseStyle", { responseStyle: "data" }],
    ["querySerializer", { querySerializer: () => "smuggled" }],
    ["auth", { auth: "smuggled", security: [{ type: "http", scheme: "bearer" }] }],
    ["credentials", { credentials: "include", mode: "no-cors", cache: "force-cache" }],
  ])("is refused: %s", async (key, options) => {
    const fetch = answering();
    const { error } = await getUser({ client: hubOf(fetch).client, path, ...options });
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toContain(
      `Unknown key \`${key}\` in the options of /users/{name}.`,
    );
    expect(fetch.requests).toEqual([]);
  });

  it("is refused, except parseAs, which does not change a JSON response", async () => {
    const { client } = hubOf(answering(() => answer({ name: "ada" })));
    const options = { client, path, ...({ parseAs: "text" } as object) };
    expect((await getUser({ ...options, throwOnError: true })).data).toEqual({ name: "ada" });
  });

  it("cannot send a request to another server", async () => {
    let reached = 0;
    await using other = await serve((_, response) => {
      reached += 1;
      response.end();
    });
    const { client } = new JupyterHub({ url: other.url, token: secrets.token });
    const options = { baseUrl: other.url, redirect: "follow", fetch: globalThis.fetch };
    const { error } = await getUser({ client, path, ...(options as object) });
    expect(error).toMatchObject({ name: "InvalidInputError" });
    expect(reached).toBe(0);
  });
});

describe("hub.client", () => {
  it("has five functions that cannot be replaced", () => {
    const { client } = hubOf(answering());
    expect(Object.keys(client)).toEqual(["get", "post", "put", "patch", "delete"]);
    expect(Object.isFrozen(client)).toBe(true);
  });

  it("can call a route that the package does not know, and checks only the names in its path", async () => {
    const fetch = answering(() => answer({ of: "a newer hub" }));
    const { data } = await hubOf(fetch).client.get({ url: "/new/{thing}", path: { thing: "a/b" } });
    expect(data).toEqual({ of: "a newer hub" });
    expect(fetch.requests[0]?.url).toBe(`${api}/new/a%2Fb`);
    expect(fetch.requests[0]?.headers.get("Authorization")).toBe(`Bearer ${secrets.token}`);
    const refused = hubOf(fetch).client.get({ url: "/new/{thing}", path: { thing: ".." } });
    expect((await refused).error).toMatchObject({ name: "InvalidInputError" });
  });

  it("shares the hub's version, once it is known, with the methods of JupyterHub", async () => {
    const fetch = answering(() => answer({}, { version: "1.2.2" }));
    const hub = hubOf(fetch);
    await getUser({ client: hub.client, path });
    const error = await rejectionOf(hub.users.list({ state: "ready" }));
    expect(error).toMatchObject({ name: "UnsupportedByHubError", hubVersion: "1.2.2" });
    expect(fetch.sent()).toEqual(["GET /users/ada"]);
  });
});
