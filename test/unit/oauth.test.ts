/** OAuth logins with the hub: the link, the stored attempt, and the code of the callback. */
import { createHash } from "node:crypto";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  AuthenticationError,
  ForbiddenError,
  InvalidInputError,
  JupyterHub,
  type OAuthAttempt,
  type OAuthOptions,
} from "../../src/index.js";
import { answer, answering, api, expectNoSecret, origin, rejectionOf, secrets } from "./helpers.js";

afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

const oauth: OAuthOptions = {
  clientId: "service-portal",
  clientSecret: secrets.password,
  redirectUri: "https://portal.example.org/callback",
};
const portalOf = (fetch: typeof globalThis.fetch = answering()) =>
  new JupyterHub({ url: origin, oauth, fetch }).oauth;
const queryOf = (url: string): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(url.split("?")[1]));

describe("the link to the hub's login", () => {
  it("leads to the hub's authorization page, with the client's id and redirect URI", async () => {
    const fetch = answering();
    const { url, state } = await portalOf(fetch).authorizeUrl();
    expect(url).toMatch(/^https:\/\/hub\.example\.org\/hub\/api\/oauth2\/authorize\?/);
    expect(queryOf(url)).toEqual({
      client_id: "service-portal",
      response_type: "code",
      redirect_uri: oauth.redirectUri,
      state,
      code_challenge: expect.any(String) as string,
      code_challenge_method: "S256",
    });
    expect(fetch.sent()).toEqual([]);
  });

  it("starts with the hub's public address", async () => {
    const url = "http://hub:8081/prefix/hub/api";
    const hub = new JupyterHub({ url, publicUrl: `${origin}/prefix`, oauth });
    const link = await hub.oauth.authorizeUrl();
    expect(link.url).toMatch(/^https:\/\/hub\.example\.org\/prefix\/hub\/api\/oauth2\/authorize\?/);
  });

  it("contains the scopes", async () => {
    const scopes = ["read:users!user", "access:services!service=portal"];
    const { url } = await portalOf().authorizeUrl({ scopes });
    expect(queryOf(url)["scope"]).toBe(scopes.join(" "));
  });

  it("contains the verifier's hash, but neither the verifier nor the client's secret", async () => {
    const { url, verifier } = await portalOf().authorizeUrl();
    expect(verifier).toMatch(/^[\w-]{43}$/);
    const hash = createHash("sha256").update(verifier).digest("base64url");
    expect(queryOf(url)["code_challenge"]).toBe(hash);
    expect(url).not.toContain(verifier);
    expect(url).not.toContain(oauth.clientSecret);
  });

  it("comes with a random state and verifier", async () => {
    const portal = portalOf();
    const links = await Promise.all(Array.from({ length: 50 }, () => portal.authorizeUrl()));
    const values = links.flatMap(({ state, verifier }) => [state, verifier]);
    expect(new Set(values).size).toBe(100);
    expect(links[0]?.state).toMatch(/^[\w-]{43}$/);
  });

  it.each([
    "https://elsewhere.example",
    "//elsewhere.example",
    "/\\elsewhere.example",
    "\\\\elsewhere.example",
    "/\t/elsewhere.example",
    "/\n\\elsewhere.example",
    " //elsewhere.example",
    "javascript:alert(1)",
    "charts",
    "",
    "//[",
    "/.//elsewhere.example",
    "/charts/..//elsewhere.example",
    "/%2e//elsewhere.example",
    "/\ud800",
  ])("is refused if `next` is not a path of the same site: %j", async (next) => {
    const error = await rejectionOf(portalOf().authorizeUrl({ next }));
    expect(error).toBeInstanceOf(InvalidInputError);
  });

  it.each([null, 7, {}, ["/charts"], new URL("https://portal.example.org/charts")])(
    "is refused if `next` is not a string: %j",
    async (next) => {
      const error = await rejectionOf(portalOf().authorizeUrl({ next: next as unknown as string }));
      expect(error).toBeInstanceOf(InvalidInputError);
      expect((error as Error).message).toMatch(/`next` must be a string, not /);
    },
  );

  it.each([null, "read:users!user", {}, [7]])(
    "is refused if `scopes` is not an array of strings: %j",
    async (scopes) => {
      const error = await rejectionOf(portalOf().authorizeUrl({ scopes: scopes as unknown as [] }));
      expect(error).toBeInstanceOf(InvalidInputError);
      expect((error as Error).message).toBe("`scopes` must be an array of strings.");
    },
  );

  it("encodes its values, so that they add no parameter", async () => {
    const more = "x&redirect_uri=https://evil.example#y";
    const given = { clientId: more, clientSecret: "x", redirectUri: more };
    const hub = new JupyterHub({ url: origin, oauth: given });
    const { url } = await hub.oauth.authorizeUrl({ next: "/a?redirect_uri=b", scopes: [more] });
    expect(new URL(url).hash).toBe("");
    const query = new URL(url).searchParams;
    expect([...query.keys()]).toEqual([...new Set(query.keys())]);
    expect(query.getAll("redirect_uri")).toEqual([more]);
    expect(query.get("scope")).toBe(more);
  });

  it.each(["clientId", "clientSecret", "redirectUri"])(
    "cannot be created if the %s is a number",
    (key) => {
      const wrong = () => new JupyterHub({ url: origin, oauth: { ...oauth, [key]: 7 } });
      expect(wrong).toThrow("oauth needs a clientId, a clientSecret and a redirectUri.");
    },
  );

  it("needs crypto.subtle, which pages over plain http lack", async () => {
    vi.stubGlobal("crypto", { getRandomValues: crypto.getRandomValues.bind(crypto) });
    const error = await rejectionOf(portalOf().authorizeUrl());
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(/https/);
  });

  it("needs the oauth option", async () => {
    const error = await rejectionOf(new JupyterHub({ url: origin }).oauth.authorizeUrl());
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(/Give the client `oauth`/);
  });

  it.each(["clientId", "clientSecret", "redirectUri"])(
    "cannot be created if the %s is empty",
    (key) => {
      const without = () => new JupyterHub({ url: origin, oauth: { ...oauth, [key]: "" } });
      expect(without).toThrow(InvalidInputError);
      expect(without).toThrow("oauth needs a clientId, a clientSecret and a redirectUri.");
    },
  );
});

describe("in a service that a hub started", () => {
  const environment = {
    JUPYTERHUB_API_URL: "http://127.0.0.1:8081/prefix/hub/api",
    JUPYTERHUB_API_TOKEN: secrets.token,
    JUPYTERHUB_CLIENT_ID: "service-portal",
    JUPYTERHUB_OAUTH_CALLBACK_URL: "/prefix/services/portal/oauth_callback",
    JUPYTERHUB_BASE_URL: "/prefix/",
    JUPYTERHUB_HOST: "",
    JUPYTERHUB_PUBLIC_HUB_URL: "",
  };
  const page = "/prefix/hub/api/oauth2/authorize";

  it.each([
    ["a path if the hub and its services share an origin", {}, page],
    [
      "at the hub's host if services have hosts of their own",
      { JUPYTERHUB_HOST: origin },
      `${origin}${page}`,
    ],
    [
      "at the hub's public address if it has one",
      { JUPYTERHUB_PUBLIC_HUB_URL: `${origin}/prefix/hub/` },
      `${origin}${page}`,
    ],
  ])("the link to the login is %s", async (_, more, expected) => {
    for (const [name, value] of Object.entries({ ...environment, ...more }))
      vi.stubEnv(name, value);
    const { url } = await new JupyterHub().oauth.authorizeUrl();
    expect(url.split("?")[0]).toBe(expected);
    expect(queryOf(url)).toMatchObject({
      client_id: "service-portal",
      redirect_uri: "/prefix/services/portal/oauth_callback",
    });
  });

  it("the code is exchanged with the service's token and redirect URI", async () => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const fetch = answering(() => answer({ access_token: "t", expires_in: 1, scope: "" }));
    const hub = new JupyterHub({ fetch });
    const attempt = await hub.oauth.authorizeUrl();
    await hub.oauth.exchangeCode(`/cb?code=c&state=${attempt.state}`, attempt);
    expect(fetch.requests[0]?.url).toBe(`${environment.JUPYTERHUB_API_URL}/oauth2/token`);
    expect(Object.fromEntries(new URLSearchParams(await fetch.requests[0]?.text()))).toMatchObject({
      client_secret: secrets.token,
      redirect_uri: "/prefix/services/portal/oauth_callback",
    });
  });

  it("the environment's OAuth settings are not used for another hub", async () => {
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const hub = new JupyterHub({ url: "https://elsewhere.example" });
    await expect(hub.oauth.authorizeUrl()).rejects.toBeInstanceOf(InvalidInputError);
  });
});

describe("the exchange of a callback's code", () => {
  const exchanged = () =>
    answer({
      access_token: "the-users-token",
      token_type: "Bearer",
      expires_in: 1209600,
      scope: "read:users:name!user=ada access:services!service=portal",
    });
  const back = (query: Record<string, string>): string => `/callback?${new URLSearchParams(query)}`;
  const code = secrets.value;
  const other = (letter: string | undefined): string => (letter === "x" ? "y" : "x");

  it("sends the code in a form, without the client's token", async () => {
    const fetch = answering(exchanged);
    const hub = new JupyterHub({ url: origin, token: secrets.token, oauth, fetch });
    const attempt = await hub.oauth.authorizeUrl();
    await hub.oauth.exchangeCode(back({ code, state: attempt.state }), attempt);
    const [request] = fetch.requests;
    expect(request?.url).toBe(`${api}/oauth2/token`);
    expect(request?.headers.get("Content-Type")).toBe("application/x-www-form-urlencoded");
    expect(request?.headers.get("Authorization")).toBe(null);
    expect(Object.fromEntries(new URLSearchParams(await request?.text()))).toEqual({
      client_id: "service-portal",
      client_secret: oauth.clientSecret,
      grant_type: "authorization_code",
      code,
      redirect_uri: oauth.redirectUri,
      code_verifier: attempt.verifier,
    });
  });

  it("returns a token, and a client that acts as the user", async () => {
    const fetch = answering(({ method }) => (method === "POST" ? exchanged() : answer()));
    const portal = portalOf(fetch);
    const attempt = await portal.authorizeUrl();
    const { client, ...login } = await portal.exchangeCode(
      back({ code, state: attempt.state }),
      attempt,
    );
    expect(login).toEqual({
      token: "the-users-token",
      expires_in: 1209600,
      scopes: ["read:users:name!user=ada", "access:services!service=portal"],
      next: undefined,
    });
    await client.whoami();
    expect(fetch.requests[1]?.headers.get("Authorization")).toBe("Bearer the-users-token");
  });

  it.each([
    ["/", "/"],
    ["/charts?year=1843&of=ada", "/charts?year=1843&of=ada"],
    ["/a b/ü;=&+%2F?ü#top", "/a%20b/%C3%BC;=&+%2F?%C3%BC#top"],
    ["/x.y.z", "/x.y.z"],
    ["/x/../charts?next=//y", "/charts?next=//y"],
    ["/a\r\nSet-Cookie: x", "/aSet-Cookie:%20x"],
    ["/a\\b", "/a/b"],
  ])("returns the login's `next` as browsers parse it: %j becomes %s", async (next, read) => {
    const portal = portalOf(answering(exchanged));
    const attempt = await portal.authorizeUrl({ next });
    expect(attempt.state).toMatch(/^[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]+$/); // fits into a cookie
    const login = await portal.exchangeCode(back({ code, state: attempt.state }), attempt);
    expect(login.next).toBe(read);
  });

  it.each([{}, [[null]], { access_token: "x" }, { scope: "x" }, { access_token: 7, scope: "x" }])(
    "rejects if the hub's response is not a valid token response: %j",
    async (body) => {
      const portal = portalOf(answering(() => answer(body)));
      const attempt = await portal.authorizeUrl();
      const error = await rejectionOf(
        portal.exchangeCode(back({ code, state: attempt.state }), attempt),
      );
      expect(error).toMatchObject({ name: "UnexpectedResponseError" });
    },
  );

  it.each([
    "https://portal.example.org/callback?",
    "http://127.0.0.1:8080/services/portal/oauth_callback?x=1&",
    "/callback?",
    "?",
  ])("accepts a callback that is a whole URL or a part of one: %s", async (start) => {
    const portal = portalOf(answering(exchanged));
    const attempt = await portal.authorizeUrl();
    const callback = `${start}code=${code}&state=${attempt.state}#top`;
    expect(await portal.exchangeCode(callback, attempt)).toMatchObject({
      token: "the-users-token",
    });
  });

  it.each<[string, (state: string) => string, (attempt: OAuthAttempt) => OAuthAttempt | undefined]>(
    [
      ["another state", (state) => other(state[0]) + state.slice(1), (attempt) => attempt],
      [
        "a state that differs at its end",
        (state) => state.slice(0, -1) + other(state.at(-1)),
        (attempt) => attempt,
      ],
      ["a shorter state", (state) => state.slice(0, -1), (attempt) => attempt],
      ["no state in the callback", () => "", (attempt) => attempt],
      ["a longer state", (state) => `${state}x`, (attempt) => attempt],
      ["a state with a page appended", (state) => `${state}.%2Fother`, (attempt) => attempt],
      ["an empty state", () => "", (attempt) => ({ ...attempt, state: "" })],
      ["a state that was not stored", (state) => state, () => undefined],
      ["no verifier", (state) => state, (attempt) => ({ ...attempt, verifier: "" })],
    ],
  )("sends nothing and rejects for %s", async (_, returned, kept) => {
    const fetch = answering(exchanged);
    const portal = portalOf(fetch);
    const attempt = await portal.authorizeUrl();
    const callback = back({ code, state: returned(attempt.state) });
    const error = await rejectionOf(portal.exchangeCode(callback, kept(attempt)));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(/The state is not that of this browser's login/);
    expectNoSecret(error);
    expect(fetch.sent()).toEqual([]);
  });

  it.each(["state", "verifier"] as const)(
    "sends nothing and rejects if the attempt's %s is not a string",
    async (key) => {
      const fetch = answering(exchanged);
      const portal = portalOf(fetch);
      const attempt = await portal.authorizeUrl();
      const callback = back({ code, state: attempt.state });
      for (const value of [7, {}, [attempt[key]], null]) {
        const kept = { ...attempt, [key]: value } as unknown as OAuthAttempt;
        const error = await rejectionOf(portal.exchangeCode(callback, kept));
        expect(error).toBeInstanceOf(InvalidInputError);
        expect((error as Error).message).toMatch(new RegExp(`^The attempt's ${key} must be`));
        expectNoSecret(error);
      }
      expect(fetch.sent()).toEqual([]);
    },
  );

  it.each([undefined, null, 7, new URL("https://portal.example.org/callback?code=x&state=y")])(
    "rejects a callback that is not a string: %j",
    async (callback) => {
      const portal = portalOf();
      const attempt = await portal.authorizeUrl();
      const error = await rejectionOf(portal.exchangeCode(callback as unknown as string, attempt));
      expect(error).toBeInstanceOf(InvalidInputError);
      expect((error as Error).message).toMatch(/^The callback must be a string, not /);
    },
  );

  it.each(["s.%", "s.%ff", "s.%2F%2Fevil.example", "s.https%3A%2F%2Fevil.example", "s."])(
    "rejects a state with an invalid `next` page, even if the stored state is the same: %j",
    async (state) => {
      const fetch = answering(exchanged);
      const portal = portalOf(fetch);
      const { verifier } = await portal.authorizeUrl();
      const error = await rejectionOf(
        portal.exchangeCode(back({ code, state }), { state, verifier }),
      );
      expect(error).toBeInstanceOf(InvalidInputError);
      expect(fetch.sent()).toEqual([]);
    },
  );

  it("rejects with a ForbiddenError and the hub's message if the callback has an error, not a code", async () => {
    const fetch = answering(exchanged);
    const portal = portalOf(fetch);
    const attempt = await portal.authorizeUrl();
    const refused = {
      error: "invalid_scope",
      error_description: "not allowed",
      state: attempt.state,
    };
    const error = await rejectionOf(portal.exchangeCode(back(refused), attempt));
    expect(error).toBeInstanceOf(ForbiddenError);
    expect(error).toMatchObject({ hubMessage: "not allowed" });
    expect(fetch.sent()).toEqual([]);
  });

  it("rejects a callback without a code", async () => {
    const portal = portalOf();
    const attempt = await portal.authorizeUrl();
    const error = await rejectionOf(portal.exchangeCode(back({ state: attempt.state }), attempt));
    expect(error).toBeInstanceOf(InvalidInputError);
  });

  it.each([
    [400, "invalid_grant", /was used before, has expired/],
    [401, "invalid_client", /Check the client's id and secret/],
  ])(
    "rejects with an AuthenticationError if the hub refuses the exchange: %i %s",
    async (status, error, message) => {
      const portal = portalOf(answering(() => answer({ error }, { status })));
      const attempt = await portal.authorizeUrl();
      const failure = await rejectionOf(
        portal.exchangeCode(back({ code, state: attempt.state }), attempt),
      );
      expect(failure).toBeInstanceOf(AuthenticationError);
      expect((failure as Error).message).toMatch(message);
      expectNoSecret(failure);
      expect(String(failure)).not.toContain(attempt.verifier);
    },
  );

  it("does not send the client's secret unencrypted", async () => {
    const fetch = answering(exchanged);
    const { oauth: portal } = new JupyterHub({ url: "http://hub.example.org", oauth, fetch });
    const attempt = await portal.authorizeUrl();
    const error = await rejectionOf(
      portal.exchangeCode(back({ code, state: attempt.state }), attempt),
    );
    expect(error).toBeInstanceOf(InvalidInputError);
    expect(fetch.sent()).toEqual([]);
  });
});

it("a printed client contains no client secret", () => {
  const hub = new JupyterHub({ url: origin, oauth });
  expectNoSecret(hub);
  expectNoSecret(hub.oauth);
});
