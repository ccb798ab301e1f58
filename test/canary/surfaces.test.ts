/**
 * Secrets in places that the canary's calls do not cover: invalid input, options, links, printed clients, requests to
 * servers, and real sockets.
 */
import { describe, expect, it } from "vitest";
import { deleteShareCode, postOauthToken, postUserTokens } from "../../src/api.js";
import { JupyterHub, type JupyterHubOptions } from "../../src/index.js";
import { faulty } from "../faults/faulty.js";
import { rows } from "../faults/rows.js";
import { defaultServer, newToken } from "../../src/testing/mock/models.js";
import { answer, answering, hubOf, origin, rejectionOf } from "../unit/helpers.js";
import { rawCalls } from "./calls.js";
import { faults, type Sent } from "./faults.js";
import { found, planted, shown } from "./planted-secrets.js";

const { token } = planted;

/** Returns the secrets in the error that a function throws or its promise rejects with. */
async function leaksOf(fail: () => unknown): Promise<string[]> {
  const error = await rejectionOf((async () => fail())());
  return found(shown(error));
}

describe("the error for invalid input", () => {
  const secret = planted.password;
  const unfit = [secret, [secret], { auth: secret, auth_state: secret, expires_in: secret }];

  it.each(rawCalls.filter(({ key }) => !key.endsWith("/progress")))(
    "quotes no secret of a request: $key",
    async ({ call, path, query }) => {
      const fetch = answering(() => answer({ version: "6.1.1" }));
      const { client } = hubOf(fetch);
      const lone = `${secret}\uD800`;
      const requests = [
        ...unfit.map((body) => ({ path, query, body })),
        { path: Object.fromEntries(Object.keys(path).map((name) => [name, lone])), query },
        { path, query: { state: secret, limit: secret, offset: [secret] } },
        { path, query, headers: { "X-Y": `${secret}\n` } },
        { path, query, body: { a: 1n, password: secret } },
      ];
      for (const request of requests) {
        const { error } = (await call({ client, ...request })) as { error?: unknown };
        expect(found(shown(error))).toEqual([]);
      }
    },
  );

  it.each<[string, JupyterHubOptions]>([
    ["a token of two words", { token: `${token} ${token}` }],
    ["a token that is an array", { token: [token] as never }],
    ["a header with a line break", { headers: { "X-Y": `${token}\n${token}` } }],
    ["a password in the url", { url: `https://ada:${token}@hub.example.org` }],
    ["a token in the url", { url: `${origin}/?token=${token}` }],
    ["a token as the url", { url: token }],
    ["a public url with a token", { publicUrl: `${origin}/?token=${token}` }],
    ["both kinds of credentials", { token, auth: "cookie" }],
    ["half an OAuth client", { oauth: { clientId: "a", clientSecret: token } as never }],
    ["a token as the timeout", { token, timeout: token as never }],
  ])("quotes no secret: %s", async (_, options) => {
    expect(await leaksOf(() => new JupyterHub({ url: origin, ...options }))).toEqual([]);
    expect(
      await leaksOf(() => hubOf(answering()).withOptions(options).users.list({ limit: 0 })),
    ).toEqual([]);
  });

  it.each([`${origin}/user/ada/lab?token=${token}`, `${origin}/hub/#${token}`, token])(
    "quotes no secret from a link, example %#",
    async (link) => {
      const fetch = answering(() => new Response("", { status: 404 }));
      expect(await leaksOf(() => JupyterHub.discover(link, { token, fetch }))).toEqual([]);
      expect(fetch.requests.filter(({ url }) => found(url).length > 0)).toEqual([]);
    },
  );

  it("quotes no secret from the callback URL of a login", async () => {
    const hub = hubOf(answering(), {
      oauth: { clientId: "a", clientSecret: token, redirectUri: "https://b.example" },
    });
    const attempt = { state: planted["share code"], verifier: planted["PKCE verifier"] };
    for (const query of [`state=x&code=${token}`, `code=${token}`, `state=${token}&error=x`]) {
      const callback = `https://b.example/?${query}`;
      expect(await leaksOf(() => hub.oauth.exchangeCode(callback, attempt))).toEqual([]);
    }
  });
});

describe("a printed client", () => {
  const model = { ...newToken, token: planted["token of an answer"] };
  const hub = hubOf(
    answering(({ method, url }) =>
      url.endsWith("/api/")
        ? answer({ version: "6.1.1" })
        : method === "POST"
          ? answer(model, { status: 201 })
          : answer(defaultServer),
    ),
    { token },
  );

  it("does not show its own token, nor do the printed results of its methods", async () => {
    const given = [
      await hub.tokens.createTemporary("ada"),
      await hub.tokens.login("ada", { password: planted.password }),
      await hub.servers.connect("ada"),
      hub.users.list(),
      hub.withOptions({ token: planted["another token"] }),
    ];
    const leaks = given.flatMap((one) => found(shown(one), "token of an answer"));
    expect(leaks).toEqual([]);
    expect(found(shown(given[0]))).not.toEqual([]);
  });

  it("does not show the tokens that it received from the hub", async () => {
    await hub.servers.fetch("ada", "/api/kernels").catch(() => undefined);
    expect([hub, ...Object.values(hub)].flatMap((part) => found(shown(part)))).toEqual([]);
  });
});

describe("a token function that fails leaks no secret", () => {
  const ways: [string, (hub: JupyterHub) => PromiseLike<unknown>][] = [
    ["a call", (hub) => hub.users.get("ada")],
    ["a listing", (hub) => hub.users.list()],
    ["servers.fetch", (hub) => hub.servers.fetch("ada", "/api")],
    ["servers.connect", (hub) => hub.servers.connect("ada", {}, { useClientToken: true })],
  ];
  const causes: [string, (refused: string | undefined) => unknown][] = [
    ["quotes its token", () => new Error(`The session of ${token} is over`)],
    ["quotes the refused token", (refused) => new Error(`Nothing after ${refused}`)],
    [
      "keeps and quotes its own request",
      () =>
        Object.assign(
          new Error(
            `POST https://login.example/token?refresh_token=${encodeURIComponent(token)} ` +
              `{"client_secret": "${planted["service's token"]}"} Bearer ${planted["proxy's token"]}`,
          ),
          { config: { headers: { Authorization: planted["another token"] } }, code: token },
        ),
    ],
    [
      "has a cause that quotes its token",
      () => new Error("no", { cause: new Error(`not ${token}`) }),
    ],
    ["throws a string", () => `not ${token}`],
    ["throws an object", () => ({ token })],
  ];
  it.each(
    ways.flatMap(([way, call]) => causes.map(([what, cause]) => ({ way, what, call, cause }))),
  )("in $way, when it $what", async ({ call, cause }) => {
    const fetch = answering(({ url }) =>
      url.endsWith("/api/")
        ? answer({ version: "6.1.1" })
        : answer({ status: 403, message: "Missing or invalid credentials." }, { status: 403 }),
    );
    let recorded = 0;
    const given = (refused?: string) => {
      if (recorded++ > 0) throw cause(refused);
      return token;
    };
    const hub = new JupyterHub({ url: origin, fetch, token: given, retry: 0 });
    const error = await rejectionOf(call(hub));
    expect(recorded).toBe(2);
    expect(error).toMatchObject({ name: "AuthenticationError" });
    expect((error as Error).message).toMatch(/the token function failed/i);
    expect(found(shown(error))).toEqual([]);
  });
});

describe("a request to a server leaks no secret", () => {
  it.each(faults.filter(({ middleware }) => !middleware))(
    "if it fails with: $name",
    async (fault) => {
      const model = { ...newToken, token: planted["token of an answer"] };
      const hub = hubOf(
        async (input, init) => {
          const { url, method, headers, signal } = new Request(input, init);
          if (url.includes("/user/")) {
            const sent: Sent = { count: 1, url, method, headers, body: "", signal };
            return fault.respond(sent);
          }
          if (url.endsWith("/api/")) return answer({ version: "6.1.1" });
          return method === "POST" ? answer(model, { status: 201 }) : answer(defaultServer);
        },
        { token },
      );
      const signal = AbortSignal.timeout(20);
      const outcome = await hub.servers.fetch("ada", "/api/kernels", { signal }).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect([outcome, hub.servers].flatMap((one) => found(shown(one)))).toEqual([]);
    },
  );
});

describe("an invalid request to a server leaks no secret", () => {
  const model = { ...newToken, token: planted["token of an answer"] };
  const { servers } = hubOf(
    answering(({ method, url }) => {
      if (url.endsWith("/api/")) return answer({ version: "6.1.1" });
      return method === "POST" ? answer(model, { status: 201 }) : answer(defaultServer);
    }),
    { token },
  );
  const headers = { "X-Y": `${token}\n${token}` };
  const address = `https://[${planted.password}`;
  // Node 20 has no WebSocket of its own.
  const settings = servers.connect("ada", {}, { WebSocket: EventTarget });

  it.each<[string, () => Promise<unknown>]>([
    ["a header of servers.fetch", () => servers.fetch("ada", "/api", { headers })],
    ["a method of servers.fetch", () => servers.fetch("ada", "/api", { method: planted.password })],
    ["a header of settings.fetch", async () => (await settings).fetch("api", { headers })],
    ["an address", async () => (await settings).fetch(address)],
    ["an address of another host", async () => (await settings).fetch(`https://x/?${token}`)],
    ["an address of a WebSocket", async () => new (await settings).WebSocket!(address)],
  ])("in %s", async (_, call) => {
    const error = await rejectionOf(call());
    expect(error).toMatchObject({ name: "InvalidInputError" });
    expect(found(shown(error))).toEqual([]);
  });
});

describe("a call over real sockets leaks no secret", () => {
  const path = { name: "ada" };
  const calls = [
    (hub: JupyterHub) =>
      deleteShareCode({
        client: hub.client,
        path: { owner: "ada", server_name: "" },
        query: { code: planted["share code"] },
        throwOnError: true,
      }),
    (hub: JupyterHub) =>
      postUserTokens({
        client: hub.client,
        path,
        body: { auth: { username: "ada", password: planted.password } },
        throwOnError: true,
      }),
    (hub: JupyterHub) =>
      postOauthToken({
        client: hub.client,
        body: {
          client_id: "a",
          client_secret: planted["client secret"],
          grant_type: "authorization_code",
          code: planted["OAuth code"],
          redirect_uri: "https://b.example",
          code_verifier: planted["PKCE verifier"],
        },
        throwOnError: true,
      }),
  ];
  const quick = rows.filter(([fault, respond]) => respond && !/64 MB|, once/.test(fault));
  it.each(quick)("if it fails with: %s", async (_, respond) => {
    await using server = await faulty(respond as NonNullable<typeof respond>);
    const hub = new JupyterHub({ url: server.url, token, retry: 0, timeout: 100 });
    const outcomes = await Promise.allSettled(calls.map((call) => call(hub)));
    const errors = outcomes.flatMap((one) => (one.status === "rejected" ? [one.reason] : []));
    expect(errors.length).toBeGreaterThan(0);
    expect(errors.flatMap((error) => found(shown(error)))).toEqual([]);
  });
});
