/** After a 202, a ready server is certain to run only once it answers at its address or 1,200 ms have passed. */
import { describe, expect, it, vi } from "vitest";
import { SpawnFailedError } from "../../src/index.js";
import { FakeHub, redirectTo, type Fate } from "./fake-hub.js";
import { failure, pass, settled, useClock, watch } from "./time.js";

useClock();

const post = "POST /users/ada/server";
const ready: Fate = [[0, "ready"]];
const login = "/hub/api/oauth2/authorize?client_id=jupyterhub-user-ada&redirect_uri=";
const hubUrl = "http://hub.test.local/hub/";

/** Starts a server that is ready at once, and returns how long the start takes. */
async function durationOf(hub: FakeHub, server?: string, status = 202): Promise<number> {
  const path = server === undefined ? post : `POST /users/ada/servers/${server}`;
  hub.next(path, { status, fate: ready });
  const begun = Date.now();
  await settled(hub.client().servers.start("ada", { server }));
  return Date.now() - begun;
}

describe("a start whose server becomes ready", () => {
  it.each<[where: string, location: string, server?: string]>([
    ["a page of the server", "/user/ada/lab?"],
    ["an absolute address of the server", "http://hub.test.local/user/ada/tree"],
    ["the hub's login for the server", `${login}%2Fuser%2Fada%2Foauth_callback&response_type=code`],
    ["a page of a named server", "/user/ada/gpu/lab", "gpu"],
    ["the hub's login for a named server", `${login}%2Fuser%2Fada%2Fgpu%2Foauth_callback`, "gpu"],
  ])("resolves at once if the server's address redirects to %s", async (_, location, server) => {
    const hub = new FakeHub();
    hub.atAddress = async () => redirectTo(location);
    expect(await durationOf(hub, server)).toBeLessThan(100);
  });

  it("resolves at once if the server's address answers with a page of a Jupyter server", async () => {
    const hub = new FakeHub();
    const headers = { "X-JupyterHub-Version": "6.1.1" };
    hub.atAddress = async () => new Response("<h1>Jupyter Server</h1>", { headers });
    expect(await durationOf(hub)).toBeLessThan(100);
  });

  it.each<[what: string, answer: () => Response | Promise<Response>, server?: string]>([
    ["redirects to the hub's page about the server", () => redirectTo("/hub/user/ada/")],
    ["redirects to itself", () => redirectTo("/user/ada/?ticket=1")],
    ["redirects to another scheme", () => redirectTo("https://hub.test.local/user/ada/lab")],
    ["redirects to a gateway's login", () => redirectTo("/oauth2/start?rd=%2Fuser%2Fada%2Flab")],
    [
      "redirects to another login, with a callback below the server's address",
      () => redirectTo("https://sso.example/authorize?redirect_uri=%2Fuser%2Fada%2Fcallback"),
    ],
    ["redirects to the login of another server", () => redirectTo(`${login}%2Fuser%2Feve%2Fx`)],
    ["redirects to a login with an empty redirect_uri", () => redirectTo(login)],
    [
      "redirects to the login of the default server, though a named server starts",
      () => redirectTo(`${login}%2Fuser%2Fada%2Foauth_callback`),
      "gpu",
    ],
    ["redirects to a malformed address", () => redirectTo("http://[")],
    ["answers 200, as the login page of a gateway does", () => new Response("log in")],
    [
      "answers 503 with a page of the hub",
      () => new Response(null, { status: 503, headers: { "X-JupyterHub-Version": "6.1.1" } }),
    ],
    ["cannot be reached", () => Promise.reject(new TypeError("fetch failed"))],
    ["never answers", () => new Promise<Response>(() => undefined)],
  ])("resolves after 1,200 ms if the server's address %s", async (_, answer, server) => {
    const hub = new FakeHub();
    hub.atAddress = async () => answer();
    const duration = await durationOf(hub, server);
    expect(duration).toBeGreaterThanOrEqual(1200);
    expect(duration).toBeLessThan(1300);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("sends no token, cookie or header of the client to the server's address, and follows no redirect", async () => {
    const hub = new FakeHub();
    const requests: [input: unknown, init: RequestInit | undefined][] = [];
    hub.atAddress = async (input, init) => {
      requests.push([input, init]);
      return redirectTo("/user/ada/lab");
    };
    hub.next(post, { status: 202, fate: ready });
    const client = hub.client({ headers: { "X-Gateway-Key": "a-key" } });
    await settled(client.servers.start("ada", {}, { headers: { "X-Trace": "1" } }));
    const signal = expect.any(AbortSignal) as AbortSignal;
    expect(requests).toEqual([["http://hub.test.local/user/ada/", { redirect: "manual", signal }]]);
  });

  it("uses the server's full_url as its address if the client knows only a private address of the hub", async () => {
    const hub = new FakeHub();
    const addresses: unknown[] = [];
    const full_url = "https://public.example/user/ada/";
    const model = { name: "", ready: true, pending: null, url: "/user/ada/", full_url };
    hub.next(post, { status: 202, fate: ready });
    hub.next("GET /users/ada/server", { status: 200, body: model });
    hub.atAddress = async (input) => {
      addresses.push(input);
      return redirectTo("https://public.example/user/ada/lab");
    };
    await settled(hub.client({ publicUrl: "http://hub:8081/hub/" }).servers.start("ada"));
    expect(addresses).toEqual([full_url]);
  });

  it("sends nothing to the server's address after a 201 (no check needed) or in a web page (it waits instead)", async () => {
    const hub = new FakeHub();
    let count = 0;
    hub.atAddress = async () => {
      count += 1;
      return redirectTo("/user/ada/lab");
    };
    expect(await durationOf(hub, undefined, 201)).toBeLessThan(100);
    vi.stubGlobal("location", new URL(`${hubUrl}home`));
    try {
      hub.become("", [[0, "stopped"]]);
      expect(await durationOf(hub)).toBeGreaterThanOrEqual(1200);
    } finally {
      vi.unstubAllGlobals();
    }
    expect(count).toBe(0);
  });

  it("does not resolve at once if fetch follows a redirect to the hub's login page", async () => {
    const hub = new FakeHub();
    hub.atAddress = async () => {
      const login = new Response("log in", { headers: { "X-JupyterHub-Version": "6.1.1" } });
      return Object.defineProperty(login, "redirected", { value: true });
    };
    expect(await durationOf(hub)).toBeGreaterThanOrEqual(1200);
  });

  it("cancels the body of the response from the server's address", async () => {
    const hub = new FakeHub();
    let count = 0;
    const cancel = (): void => void (count += 1);
    hub.atAddress = async () => new Response(new ReadableStream({ cancel }), { status: 200 });
    await durationOf(hub);
    expect(count).toBe(1);
  });

  it("aborts its request to the server's address when the start is aborted", async () => {
    const hub = new FakeHub();
    let signal: AbortSignal | undefined | null;
    hub.atAddress = async (_, init) => {
      signal = init?.signal;
      return new Promise<Response>(() => undefined);
    };
    hub.next(post, { status: 202, fate: ready });
    const controller = new AbortController();
    const { signal: caller } = controller;
    const started = watch(hub.client().servers.start("ada", {}, { signal: caller }));
    await pass(600);
    expect([started.settled, signal?.aborted]).toEqual([false, false]);
    controller.abort("enough");
    await pass(0);
    expect(started.error).toBe("enough");
    expect([signal?.aborted, vi.getTimerCount()]).toEqual([true, 0]);
  });

  it("rejects if it was cancelled and the hub, not the server, answers at the server's address", async () => {
    const hub = new FakeHub();
    hub.next(post, {
      status: 202,
      fate: [
        [0, "ready"],
        [1000, "stopped"],
      ],
    });
    expect(await failure(hub.client().servers.start("ada"))).toBeInstanceOf(SpawnFailedError);
  });
});
