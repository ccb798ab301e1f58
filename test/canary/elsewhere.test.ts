/**
 * The token is sent to the hub's API only: not to the target of a redirect, not to an address in a response, and not
 * unencrypted to a public host. Uses two real servers: a hub, and another one that must not receive the token.
 */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { JupyterHub } from "../../src/index.js";
import { ada, defaultServer, newToken } from "../../src/testing/mock/models.js";
import { answer, answering, rejectionOf, serve, type Listening } from "../unit/helpers.js";
import { planted } from "./planted-secrets.js";

const { token } = planted;
let another: Listening;
let received: string[] = [];
beforeAll(async () => {
  another = await serve(({ url, headers }, response) => {
    received.push(`${url} ${JSON.stringify(headers)}`);
    response.end();
  });
});
afterAll(() => another[Symbol.asyncDispose]());
beforeEach(() => {
  received = [];
});
afterEach(() => {
  vi.unstubAllEnvs();
});

/**
 * The hub's responses. Each key is the beginning of a request's method and path, such as "GET /users". The hub answers
 * any other request with ada's model.
 */
type Responses = Record<
  string,
  (elsewhere: string) => { status?: number; location?: string; body?: unknown }
>;

/**
 * Makes a call to a hub that sends these responses. Returns the requests that the hub received, and the outcome of the
 * call.
 */
async function recorded(responses: Responses, call: (hub: JupyterHub) => PromiseLike<unknown>) {
  const requests: string[] = [];
  const authorization: (string | undefined)[] = [];
  await using server = await serve(({ method, url = "", headers }, response) => {
    const path = url.replace("/hub/api", "");
    requests.push(`${method} ${path}`);
    authorization.push(headers.authorization);
    const respond = Object.entries(responses).find(([start]) =>
      `${method} ${path}`.startsWith(start),
    )?.[1];
    const { status = 200, location, body = ada } = respond?.(another.url) ?? {};
    const stream = typeof body === "string";
    response.writeHead(status, {
      "Content-Type": stream ? "text/event-stream" : "application/json",
      "X-JupyterHub-Version": "6.1.1",
      ...(location && { Location: location }),
    });
    response.end(stream ? body : JSON.stringify(body));
  });
  const hub = new JupyterHub({ url: server.url, token, retry: 0 });
  const outcome = await call(hub).then(
    (value) => value,
    (error: unknown) => error,
  );
  return { requests, authorization, outcome };
}

describe("the token is not sent", () => {
  it.each([301, 302, 303, 307, 308])(
    "to the target of a %i redirect to another origin",
    async (status) => {
      const redirect = (elsewhere: string) => ({ status, location: `${elsewhere}/hub/api/users` });
      const responses = {
        GET: redirect,
        POST: redirect,
        DELETE: redirect,
        PATCH: redirect,
        PUT: redirect,
      };
      for (const call of [
        (hub: JupyterHub) => hub.users.get("ada"),
        (hub: JupyterHub) => hub.users.list(),
        (hub: JupyterHub) => hub.users.create("ada"),
        (hub: JupyterHub) => hub.users.delete("ada"),
        (hub: JupyterHub) => hub.users.update("ada", { admin: true }),
        (hub: JupyterHub) => hub.tokens.login("ada", { password: planted.password }),
        (hub: JupyterHub) => hub.servers.start("ada"),
      ]) {
        expect((await recorded(responses, call)).outcome).toMatchObject({
          name: "UnexpectedResponseError",
        });
      }
      expect(received).toEqual([]);
    },
  );

  it("when discover follows a redirect", async () => {
    const redirect = (elsewhere: string) => ({ status: 302, location: `${elsewhere}/hub/api/` });
    await recorded({ GET: redirect }, (hub) => JupyterHub.discover(`${hub.url}/users`, { token }));
    expect(received.length).toBeGreaterThan(0);
    expect(
      received.filter((one) => /authorization|cookie/i.test(one) || one.includes(token)),
    ).toEqual([]);
  });

  it("to another origin that a listing gives as the address of its next page", async () => {
    const responses: Responses = {
      "GET /users?offset=0": (elsewhere) => ({
        body: {
          items: [ada],
          _pagination: {
            offset: 0,
            limit: 1,
            total: 2,
            next: { offset: 1, limit: 1, url: `${elsewhere}/hub/api/users?offset=1&limit=1` },
          },
        },
      }),
      "GET /users?offset=1": () => ({
        body: {
          items: [{ ...ada, name: "grace" }],
          _pagination: { offset: 1, limit: 1, total: 2, next: null },
        },
      }),
    };
    const { requests, outcome } = await recorded(responses, (hub) => hub.users.list({ limit: 1 }));
    expect(outcome).toMatchObject([{ name: "ada" }, { name: "grace" }]);
    expect(requests).toHaveLength(2);
    expect(received).toEqual([]);
  });

  it("to another origin that a server's model gives as the address of the server and its progress", async () => {
    const model = (elsewhere: string) => ({
      ...defaultServer,
      progress_url: `${elsewhere}/hub/api/users/ada/server/progress`,
      full_url: `${elsewhere}/user/ada/`,
      full_progress_url: `${elsewhere}/hub/api/users/ada/server/progress`,
    });
    const responses: Responses = {
      "POST /users/ada/server": (elsewhere) => ({ status: 202, body: model(elsewhere) }),
      "GET /users/ada/server/progress": (elsewhere) => ({
        body: `data: ${JSON.stringify({ progress: 100, ready: true, url: `${elsewhere}/user/ada/` })}\n\n`,
      }),
      "GET /users/ada/server": (elsewhere) => ({ body: model(elsewhere) }),
      "GET /": () => ({ body: { version: "6.1.1" } }),
    };
    const { requests, outcome } = await recorded(responses, (hub) => hub.servers.start("ada"));
    expect(outcome).toMatchObject({ ready: true });
    expect(requests).toContain("GET /users/ada/server/progress");
    // A start checks whether the server answers, and sends no header of the client for this.
    expect(received).toHaveLength(1);
    expect(received[0]).toMatch(/^\/user\/ada\/ /);
    expect(received[0]).not.toMatch(/authorization|cookie|jupyterhub-client/i);
  });

  it("to a server at another origin, for which no token is created either", async () => {
    const responses: Responses = {
      "GET /users/ada?include_stopped_servers=true": (elsewhere) => ({
        body: {
          ...ada,
          servers: { "": { ...defaultServer, url: `${elsewhere}/user/ada/` } },
        },
      }),
      "POST /users/ada/tokens": () => ({ status: 201, body: newToken }),
      "GET /": () => ({ body: { version: "6.1.1" } }),
    };
    for (const useClientToken of [false, true]) {
      const { outcome, requests } = await recorded(responses, (hub) =>
        hub.servers.fetch("ada", "/api/kernels", {}, { useClientToken }),
      );
      expect(outcome).toMatchObject({ name: "InvalidInputError" });
      expect(requests).not.toContain("POST /users/ada/tokens");
    }
    expect(received).toEqual([]);
  });

  it("to a server at the hub's origin, which receives a new token instead", async () => {
    const responses: Responses = {
      "GET /users/ada?include_stopped_servers=true": () => ({
        body: { ...ada, servers: { "": defaultServer } },
      }),
      "POST /users/ada/tokens": () => ({ status: 201, body: newToken }),
      "GET /": () => ({ body: { version: "6.1.1" } }),
    };
    const { authorization } = await recorded(responses, (hub) =>
      hub.servers.fetch("ada", "/api/kernels"),
    );
    expect(authorization.pop()).toBe(`Bearer ${String(newToken["token"])}`);
  });

  it.each(["http://hub.example.org", "http://8.8.8.8", "http://[2001:db8::1]", "http://a.b.c"])(
    "over plain http to a public host: %s",
    async (url) => {
      const fetch = answering(() => answer({ version: "6.1.1" }));
      const hub = new JupyterHub({ url, token, fetch });
      for (const call of [
        hub.whoami(),
        hub.users.list(),
        hub.users.delete("ada"),
        hub.tokens.identify(token),
        hub.tokens.login("ada", { password: planted.password }),
        hub.servers.fetch("ada", "/api"),
      ]) {
        expect(await rejectionOf(call)).toMatchObject({ name: "InvalidInputError" });
      }
      expect(fetch.requests.map(({ url }) => new URL(url).pathname)).toEqual(
        fetch.requests.map(() => "/hub/api/"),
      );
      expect(fetch.requests.some(({ headers }) => headers.has("Authorization"))).toBe(false);
    },
  );

  it.each<[string, Record<string, string>, (hub: JupyterHub) => JupyterHub]>([
    [
      "from JUPYTERHUB_PUBLIC_HUB_URL",
      { PUBLIC_HUB_URL: "http://hub.example.org/hub/" },
      (hub) => hub,
    ],
    ["from JUPYTERHUB_HOST", { HOST: "http://hub.example.org" }, (hub) => hub],
    [
      "from an option of a derived client",
      {},
      (hub) => hub.withOptions({ publicUrl: "http://hub.example.org/hub/" }),
    ],
    [
      "from an option that replaces the environment's https address",
      { PUBLIC_HUB_URL: "https://hub.example.org/hub/" },
      (hub) => hub.withOptions({ retry: 0 }).withOptions({ publicUrl: "http://hub.example.org" }),
    ],
    [
      "that is also the address of the API",
      { API_URL: "http://hub.example.org/hub/api" },
      (h) => h,
    ],
  ])("to a server over plain http at a public address %s", async (_, variables, made) => {
    const all = { API_URL: "http://hub:8081/hub/api", API_TOKEN: token, ...variables };
    for (const [name, value] of Object.entries(all)) vi.stubEnv(`JUPYTERHUB_${name}`, value);
    const fetch = answering(({ method, url }) =>
      method === "POST"
        ? answer(newToken, { status: 201 })
        : answer(url.endsWith("/api/") ? { version: "6.1.1" } : defaultServer),
    );
    const { servers } = made(new JupyterHub({ fetch }));
    for (const call of [
      () => servers.fetch("ada", "/api/kernels"),
      () => servers.fetch("ada", "/api/kernels", {}, { useClientToken: true }),
      () => servers.connect("ada", {}, { useClientToken: true }),
    ]) {
      expect(await rejectionOf(call())).toMatchObject({
        name: "InvalidInputError",
        message: expect.stringMatching(/http:\/\/hub\.example\.org unencrypted/) as string,
      });
    }
    expect(fetch.requests.filter(({ url }) => url.includes("/user/"))).toEqual([]);
  });
});
