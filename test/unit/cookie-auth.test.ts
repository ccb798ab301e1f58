/** `auth: "cookie"`: a page of the hub, here with the parts of a browser that are looked at. */
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

/** A page at `path`, with the cookies that scripts see there and what JupyterHub's template put into it. */
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
  it("sends the XSRF token with every method, the cookie, and no token", async () => {
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

  it("labels every change as JSON, with or without a body, since hubs drop the cookie's user otherwise", async () => {
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
    ["its cookie on a page of the hub", "/hub/x", "_xsrf=a", { xsrf_token: "b" }, "a"],
    ["the page's own elsewhere", "/services/x/", "_xsrf=a", { xsrf_token: "b" }, "b"],
    ["the page's own where there is no cookie", "/hub/x", "", { xsrf_token: "b" }, "b"],
    ["none where there is none", "/hub/x", "x_xsrf=a", { xsrf_token: "" }, null],
  ])("takes %s", async (_, path, cookie, jhdata, token) => {
    open(path, cookie, jhdata);
    const fetch = answering();
    await inPage(fetch).users.get("ada");
    expect(fetch.requests[0]?.headers.get("X-XSRFToken")).toBe(token);
  });

  it("finds the hub that served it", () => {
    open("/prefix/hub/admin", "", { base_url: "/prefix/hub/" });
    expect(new JupyterHub({ auth: "cookie" }).url).toBe(`${origin}/prefix/hub/api`);
  });
});

describe("a stale XSRF token", () => {
  it("is replaced by the one that the cookie has by now, once", async () => {
    const fetch = answering(({ headers }) => {
      if (headers.get("X-XSRFToken") === "fresh") return answer({ name: "ada" });
      open("/hub/home", "_xsrf=fresh");
      return xsrf("XSRF cookie does not match GET argument");
    });
    expect(await inPage(fetch).users.get("ada")).toMatchObject({ name: "ada" });
    expect(fetch.sent()).toEqual(["GET /users/ada", "GET /users/ada"]);
  });

  it("or the one in a page of the hub, which is kept for the calls after", async () => {
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

  it("is looked for once by calls that are refused at the same time", async () => {
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

  it("that cannot be looked for stays an XsrfError", async () => {
    const fetch = answering(({ url }) =>
      url.endsWith("/home") ? Promise.reject(new TypeError("Failed to fetch")) : xsrf(missing),
    );
    const error = await rejectionOf(inPage(fetch).users.get("ada"));
    expect(error).toMatchObject({ name: "XsrfError", status: 403 });
  });

  it("that cannot be replaced is an XsrfError", async () => {
    const fetch = answering(({ url }) => (url.endsWith("/home") ? page() : xsrf(missing)));
    const error = await rejectionOf(inPage(fetch).users.delete("ada"));
    expect(error).toMatchObject({ name: "XsrfError", status: 403 });
    expect(fetch.requests).toHaveLength(2);
  });

  it("is an AuthenticationError where nobody is logged in", async () => {
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

describe("the question for another XSRF token", () => {
  const asksPage =
    (home: Respond): Respond =>
    (request, signal) =>
      request.url === `${origin}/hub/home` ? home(request, signal) : xsrf(missing);

  it("ends with the time of an attempt", async () => {
    let asked: AbortSignal | undefined;
    const fetch = answering(
      asksPage((_, signal) => {
        asked = signal;
        return new Promise(() => {});
      }),
    );
    const hub = new JupyterHub({ url: origin, auth: "cookie", fetch, retry: 0, timeout: 5 });
    expect(await rejectionOf(hub.users.get("ada"))).toMatchObject({ name: "XsrfError" });
    expect(asked?.aborted).toBe(true);
  });

  it.each<[string, Respond]>([
    ["fails", () => Promise.reject(new TypeError("Failed to fetch"))],
    [
      "breaks off",
      () =>
        new Response(
          new ReadableStream({ pull: (controller) => controller.error(new TypeError("broke")) }),
        ),
    ],
    ["brings a page without one", () => page()],
  ])("leaves the hub's refusal where it %s", async (_, home) => {
    const hub = inPage(answering(asksPage(home)));
    expect(await rejectionOf(hub.users.get("ada"))).toMatchObject({ name: "XsrfError" });
  });
});

describe("a page's client from a link", () => {
  it("finds the hub without a cookie's token, and has it afterwards", async () => {
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

describe("a refusal to a page with a cookie", () => {
  it.each([
    ["Missing or invalid credentials.", "AuthenticationError", "Nobody is logged in"],
    ["Action is not authorized; requires any of [list:users]", "ForbiddenError", "list:users"],
  ])("%s is a %s", async (message, name, words) => {
    const error = await rejectionOf(inPage(answering(() => refusal(403, message))).users.list());
    expect(error).toMatchObject({ name });
    expect((error as Error).message).toContain(words);
  });
});

describe("cookies are refused", () => {
  it("for a hub of another origin, before anything is sent", () => {
    const options = { url: "https://other.example", auth: "cookie" } as const;
    expect(() => new JupyterHub(options)).toThrow(/the hub's own origin, https:\/\/other\.example/);
  });

  it("outside of a page", () => {
    vi.unstubAllGlobals();
    expect(() => new JupyterHub({ url: origin, auth: "cookie" })).toThrow(/is for pages/);
  });

  it.each([{ auth: "cookie", token: secrets.token }, { auth: "token" }])(
    "with what does not go together: %#",
    (options) => {
      expect(() => new JupyterHub({ url: origin, ...options } as object)).toThrow(
        'The auth can be "cookie", without a token',
      );
    },
  );
});

describe("a page with a token", () => {
  it("of another origin is told how a hub allows it, when the browser tells nothing", async () => {
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

  it("sends no cookie, which hubs would take for somebody where they do not know the token", async () => {
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

describe("credentials of a call's own, in a page with the hub's cookie", () => {
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

  it("a password goes without the cookie, whose user the hub would take", async () => {
    const { hub, sent } = kept(created);
    await hub.tokens.login("ada", { password: secrets.password });
    expect(sent).toEqual([{ credentials: "omit", xsrf: null, authorization: null }]);
  });

  it("so does a token, in whose place the hub would take the cookie's user", async () => {
    const { hub, sent } = kept(() => answer({ name: "ada" }));
    await hub.tokens.identify(secrets.token);
    expect(sent[0]).toMatchObject({
      credentials: "omit",
      authorization: `Bearer ${secrets.token}`,
    });
  });

  it("a login is a client with the token in the place of the cookie", async () => {
    const { hub, sent } = kept(created);
    const { client } = await hub.tokens.login("ada", { password: secrets.password });
    await client.users.get("ada");
    expect(sent[1]).toEqual({
      credentials: "omit",
      xsrf: null,
      authorization: "Bearer a-new-token",
    });
  });

  it("and the cookie takes the place of a token again", async () => {
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
