/** Tests `auth: "cookie"` in a page of the hub, with stubs for the parts of a browser that the client reads. */
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { JupyterHub } from "../../src/index.js";
import {
  answer,
  answering,
  origin,
  page,
  refusal,
  rejectionOf,
  secrets,
  type Respond,
} from "./helpers.js";

/** Stubs a page at `path`, with the cookies that scripts can read and the `jhdata` of the hub's page template. */
function open(path: string, cookie = "", jhdata?: object): void {
  vi.stubGlobal("location", { origin, pathname: path });
  vi.stubGlobal("document", { cookie });
  vi.stubGlobal("jhdata", jhdata);
}

beforeEach(() => open("/hub/home", `other=1; _xsrf=${secrets.value}`));
afterEach(() => {
  vi.unstubAllGlobals();
});

const inPage = (fetch: typeof globalThis.fetch): JupyterHub =>
  new JupyterHub({ url: origin, auth: "cookie", fetch, retry: 0 });

const xsrf = (message: string) => refusal(403, message);
const missing = "'_xsrf' argument missing from GET";

describe("a page with the hub's cookie", () => {
  it("sends the XSRF token and the cookie with every HTTP method, and no API token", async () => {
    const inits: (RequestInit | undefined)[] = [];
    const fetch = answering(() => answer({}));
    const hub = inPage((input, init) => {
      inits.push(init);
      return fetch(input, init);
    });
    await hub.users.get("ada");
    await hub.users.create("ada");
    await hub.groups.setProperties("lab", {});
    await hub.users.delete("ada");
    for (const { headers } of fetch.requests) {
      expect(headers.get("X-XSRFToken")).toBe(secrets.value);
      expect(headers.has("Authorization")).toBe(false);
      expect(headers.has("User-Agent")).toBe(false);
    }
    expect(inits.map((init) => init?.credentials)).toEqual(Array(4).fill("same-origin"));
  });

  it("sends every write with the JSON content type, even without a body, since hubs ignore the cookie otherwise", async () => {
    const fetch = answering(() => answer({}));
    const hub = inPage(fetch);
    await hub.users.get("ada");
    await hub.users.create("ada");
    await hub.users.create("ada", { admin: true });
    await hub.users.delete("ada");
    expect(fetch.requests.map(({ headers }) => headers.get("Content-Type"))).toEqual([
      null,
      "application/json",
      "application/json",
      "application/json",
    ]);
  });

  it.each<[string, string, string, object | undefined, string | null]>([
    [
      "the XSRF token of the cookie on a page of the hub",
      "/hub/x",
      "_xsrf=a",
      { xsrf_token: "b" },
      "a",
    ],
    [
      "the token of the page's template on other pages",
      "/services/x/",
      "_xsrf=a",
      { xsrf_token: "b" },
      "b",
    ],
    ["the token of the page's template without a cookie", "/hub/x", "", { xsrf_token: "b" }, "b"],
    [
      "no token if neither the cookie nor the template has one",
      "/hub/x",
      "x_xsrf=a",
      { xsrf_token: "" },
      null,
    ],
  ])("sends %s", async (_, path, cookie, jhdata, token) => {
    open(path, cookie, jhdata);
    const fetch = answering();
    await inPage(fetch).users.get("ada");
    expect(fetch.requests[0]?.headers.get("X-XSRFToken")).toBe(token);
  });

  it("by default, uses the hub that served the page", () => {
    open("/prefix/hub/admin", "", { base_url: "/prefix/hub/" });
    expect(new JupyterHub({ auth: "cookie" }).url).toBe(`${origin}/prefix/hub/api`);
  });
});

describe("a rejected XSRF token", () => {
  it("leads to one retry with the token of the current cookie", async () => {
    const fetch = answering(({ headers }) => {
      if (headers.get("X-XSRFToken") === "fresh") return answer({ name: "ada" });
      open("/hub/home", "_xsrf=fresh");
      return xsrf("XSRF cookie does not match GET argument");
    });
    expect(await inPage(fetch).users.get("ada")).toMatchObject({ name: "ada" });
    expect(fetch.sent()).toEqual(["GET /users/ada", "GET /users/ada"]);
  });

  it("is replaced by the token of a page of the hub, and later calls reuse the new token", async () => {
    open("/services/x/", "", { xsrf_token: "stale" });
    const fetch = answering(({ url, headers }) => {
      if (url === `${origin}/hub/home`) return page(200, { version: "6.1.1", headers: {} });
      return headers.get("X-XSRFToken") === "fresh" ? answer({}) : xsrf(missing);
    });
    const withPage: typeof globalThis.fetch = async (input, init) => {
      const response = await fetch(input, init);
      return String(input) === `${origin}/hub/home`
        ? answer('<script>window.jhdata = { xsrf_token: "fresh", }</script>', { type: "text/html" })
        : response;
    };
    const hub = inPage(withPage);
    await hub.users.get("ada");
    await hub.users.get("ada");
    expect(fetch.requests.map(({ url }) => url.replace(origin, ""))).toEqual([
      "/hub/api/users/ada",
      "/hub/home",
      "/hub/api/users/ada",
      "/hub/api/users/ada",
    ]);
  });

  it("needs only one request for a new token if several calls are rejected at the same time", async () => {
    open("/services/x/");
    const fetch = answering(({ url, headers }) => {
      if (url.endsWith("/hub/home")) {
        return answer('jhdata = { xsrf_token: "fresh" }', { type: "text/html" });
      }
      return headers.get("X-XSRFToken") === "fresh" ? answer({}) : xsrf(missing);
    });
    const hub = inPage(fetch);
    await Promise.all(["ada", "bea", "cleo"].map((name) => hub.users.get(name)));
    expect(fetch.requests.filter(({ url }) => url.endsWith("/hub/home"))).toHaveLength(1);
    expect(fetch.requests).toHaveLength(3 + 1 + 3);
  });

  it("leads to an XsrfError if the hub's page cannot be loaded", async () => {
    const fetch = answering(({ url }) =>
      url.endsWith("/home") ? Promise.reject(new TypeError("Failed to fetch")) : xsrf(missing),
    );
    const error = await rejectionOf(inPage(fetch).users.get("ada"));
    expect(error).toMatchObject({ name: "XsrfError", status: 403 });
  });

  it("leads to an XsrfError if the hub's page has no token", async () => {
    const fetch = answering(({ url }) => (url.endsWith("/home") ? page() : xsrf(missing)));
    const error = await rejectionOf(inPage(fetch).users.delete("ada"));
    expect(error).toMatchObject({ name: "XsrfError", status: 403 });
    expect(fetch.requests).toHaveLength(2);
  });

  it("leads to an AuthenticationError if nobody is logged in", async () => {
    const fetch = answering(({ url }) =>
      url.endsWith("/home")
        ? answer("", { status: 302, headers: { Location: "/hub/login" } })
        : xsrf(missing),
    );
    const error = await rejectionOf(inPage(fetch).users.get("ada"));
    expect(error).toMatchObject({ name: "AuthenticationError" });
    expect((error as Error).message).toContain("Nobody is logged in");
  });
});

describe("the request for a new XSRF token", () => {
  const asksPage =
    (home: Respond): Respond =>
    (request, signal) =>
      request.url === `${origin}/hub/home` ? home(request, signal) : xsrf(missing);

  it("is aborted after the timeout of an attempt", async () => {
    let requested: AbortSignal | undefined;
    const fetch = answering(
      asksPage((_, signal) => {
        requested = signal;
        return new Promise(() => {});
      }),
    );
    const hub = new JupyterHub({ url: origin, auth: "cookie", fetch, retry: 0, timeout: 5 });
    expect(await rejectionOf(hub.users.get("ada"))).toMatchObject({ name: "XsrfError" });
    expect(requested?.aborted).toBe(true);
  });

  it.each<[string, Respond]>([
    ["fails", () => Promise.reject(new TypeError("Failed to fetch"))],
    [
      "loses its connection",
      () =>
        new Response(
          new ReadableStream({ pull: (controller) => controller.error(new TypeError("broke")) }),
        ),
    ],
    ["returns a page without a token", () => page()],
  ])("does not hide the XsrfError of the call if the request %s", async (_, home) => {
    const hub = inPage(answering(asksPage(home)));
    expect(await rejectionOf(hub.users.get("ada"))).toMatchObject({ name: "XsrfError" });
  });
});

describe("JupyterHub.discover() in a page", () => {
  it("searches for the hub without the XSRF token, and returns a client that sends the token", async () => {
    vi.stubEnv("JUPYTERHUB_API_TOKEN", secrets.token);
    const fetch = answering(() => answer({ version: "6.1.1" }));
    const hub = await JupyterHub.discover(`${origin}/user/ada/lab`, { auth: "cookie", fetch });
    await hub.users.get("ada");
    expect(fetch.requests.map(({ headers }) => headers.get("X-XSRFToken"))).toEqual([
      null,
      secrets.value,
    ]);
    expect(fetch.requests.some(({ headers }) => headers.has("Authorization"))).toBe(false);
    vi.unstubAllEnvs();
  });
});

describe("a 403 response to a client that uses the page's cookie", () => {
  it.each([
    ["Missing or invalid credentials.", "AuthenticationError", "Nobody is logged in"],
    ["Action is not authorized; requires any of [list:users]", "ForbiddenError", "list:users"],
  ])("with the message %j becomes the error %s", async (message, name, words) => {
    const error = await rejectionOf(inPage(answering(() => refusal(403, message))).users.list());
    expect(error).toMatchObject({ name });
    expect((error as Error).message).toContain(words);
  });
});

describe('auth: "cookie" is refused', () => {
  it("for a hub of another origin, before anything is sent", () => {
    const options = { url: "https://other.example", auth: "cookie" } as const;
    expect(() => new JupyterHub(options)).toThrow(/the hub's own origin, https:\/\/other\.example/);
  });

  it("outside a page", () => {
    vi.unstubAllGlobals();
    expect(() => new JupyterHub({ url: origin, auth: "cookie" })).toThrow(/is for pages/);
  });

  it.each([{ auth: "cookie", token: secrets.token }, { auth: "token" }])(
    "together with a token; any other value of auth is refused too (case %#)",
    (options) => {
      expect(() => new JupyterHub({ url: origin, ...options } as object)).toThrow(
        'The auth must be "cookie", without a token',
      );
    },
  );
});

describe("a page with a token", () => {
  it("gets advice about CORS if it cannot reach a hub of another origin, since browsers hide the cause", async () => {
    vi.stubGlobal("location", { origin: "https://page.example", pathname: "/" });
    const fetch = answering(() => Promise.reject(new TypeError("Failed to fetch")));
    const options = { url: origin, token: secrets.token, fetch, retry: 0 };
    const error = await rejectionOf(new JupyterHub(options).users.get("ada"));
    expect(error).toMatchObject({ name: "ConnectionError" });
    expect((error as Error).message).toContain(
      "Unless the hub is down, it does not allow pages of",
    );
    expect((error as Error).message).toContain(
      'c.JupyterHub.tornado_settings = {"headers": {"Access-Control-Allow-Origin": "https://page.example"',
    );
  });

  it("sends no cookie, because hubs would accept the cookie if they do not know the token", async () => {
    let sent: RequestInit | undefined;
    const hub = new JupyterHub({
      url: origin,
      token: secrets.token,
      fetch: async (_, init) => {
        sent = init;
        return answer({});
      },
    });
    await hub.users.get("ada");
    expect(sent?.credentials).toBe("omit");
    expect(new Headers(sent?.headers).has("X-XSRFToken")).toBe(false);
  });
});

describe("a call with its own credentials, in a page with the hub's cookie", () => {
  const kept = (respond: () => Response) => {
    const sent: { credentials: unknown; xsrf: string | null; authorization: string | null }[] = [];
    const hub = inPage((_, init) => {
      const headers = new Headers(init?.headers);
      sent.push({
        credentials: init?.credentials,
        xsrf: headers.get("X-XSRFToken"),
        authorization: headers.get("Authorization"),
      });
      return Promise.resolve(respond());
    });
    return { hub, sent };
  };
  const created = () => answer({ id: "a1", token: "a-new-token" }, { status: 201 });

  it("sends a password without the cookie, which the hub would prefer to the password", async () => {
    const { hub, sent } = kept(created);
    await hub.tokens.login("ada", { password: secrets.password });
    expect(sent).toEqual([{ credentials: "omit", xsrf: null, authorization: null }]);
  });

  it("sends a token without the cookie, which the hub would accept in place of the token", async () => {
    const { hub, sent } = kept(() => answer({ name: "ada" }));
    await hub.tokens.identify(secrets.token);
    expect(sent[0]).toMatchObject({
      credentials: "omit",
      authorization: `Bearer ${secrets.token}`,
    });
  });

  it("sends a token with the authScheme of the client", async () => {
    const fetch = answering(() => answer({ name: "ada" }));
    const hub = new JupyterHub({ url: origin, auth: "cookie", authScheme: "token", fetch });
    await hub.tokens.identify(secrets.token);
    expect(fetch.requests[0]?.headers.get("Authorization")).toBe(`token ${secrets.token}`);
  });

  it("logs in and returns a client that sends the new token in place of the cookie", async () => {
    const { hub, sent } = kept(created);
    const { client } = await hub.tokens.login("ada", { password: secrets.password });
    await client.users.get("ada");
    expect(sent[1]).toEqual({
      credentials: "omit",
      xsrf: null,
      authorization: "Bearer a-new-token",
    });
  });

  it('goes back to sending the cookie after withOptions({ auth: "cookie" })', async () => {
    const { hub, sent } = kept(() => answer({ name: "ada" }));
    await hub
      .withOptions({ token: secrets.token })
      .withOptions({ auth: "cookie" })
      .users.get("ada");
    expect(sent[0]).toEqual({
      credentials: "same-origin",
      xsrf: secrets.value,
      authorization: null,
    });
  });
});
