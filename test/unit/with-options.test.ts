/** `hub.withOptions()`: another client of the same hub. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { InvalidInputError, JupyterHub, type JupyterHubOptions } from "../../src/index.js";
import {
  answer,
  answering,
  expectNoSecret,
  hubOf,
  origin,
  page,
  rejectionOf,
  secrets,
} from "./helpers.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Returns the URL and the headers of a request that a client sends. */
async function sentBy(hub: JupyterHub, fetch: ReturnType<typeof answering>) {
  fetch.requests.length = 0;
  await hub.users.get("ada");
  const { url, headers } = fetch.requests[0]!;
  return { url, ...Object.fromEntries(headers) } as Record<string, string>;
}

const everything = (fetch: typeof globalThis.fetch): JupyterHubOptions => ({
  publicUrl: "https://people.example/prefix",
  fetch,
  headers: { "X-Gateway": "1" },
  appName: "report/2",
  timeout: 1234,
  retry: 0,
  maxConcurrency: 2,
});

describe("hub.withOptions()", () => {
  it("sends nothing, and does not change the client", async () => {
    const fetch = answering();
    const hub = hubOf(fetch, everything(fetch));
    const before = await sentBy(hub, fetch);
    fetch.requests.length = 0;
    hub.withOptions({ token: "other", headers: { "X-Gateway": "2" }, appName: "other" });
    expect(fetch.requests).toEqual([]);
    expect(await sentBy(hub, fetch)).toEqual(before);
  });

  it.each<[string, JupyterHubOptions]>([
    ["no options", {}],
    [
      "only undefined options",
      {
        token: undefined,
        fetch: undefined,
        headers: undefined,
        appName: undefined,
        publicUrl: undefined,
      },
    ],
  ])("keeps every option if it gets %s", async (_, options) => {
    const fetch = answering();
    const hub = hubOf(fetch, everything(fetch));
    const other = hub.withOptions(options);
    expect(other).toBeInstanceOf(JupyterHub);
    expect(other).not.toBe(hub);
    expect([other.url, other.publicUrl]).toEqual([hub.url, hub.publicUrl]);
    expect(await sentBy(other, fetch)).toEqual(await sentBy(hub, fetch));
  });

  it("replaces only the given options", async () => {
    const fetch = answering();
    const hub = hubOf(fetch, everything(fetch));
    const other = await sentBy(hub.withOptions({ token: "other" }), fetch);
    expect(other).toEqual({ ...(await sentBy(hub, fetch)), authorization: "Bearer other" });
    // All headers are one option: new headers replace all previous ones.
    const headed = await sentBy(hub.withOptions({ headers: { "X-Other": "1" } }), fetch);
    expect(headed).toMatchObject({ "x-other": "1", authorization: `Bearer ${secrets.token}` });
    expect(headed).not.toHaveProperty("x-gateway");
    expect(hub.withOptions({ publicUrl: "https://other.example" }).publicUrl).toBe(
      "https://other.example/hub/",
    );
  });

  it("replaces timeout, retry and middleware", async () => {
    vi.spyOn(Math, "random").mockReturnValue(0);
    const fetch = answering(() => page(503));
    const hub = hubOf(fetch, { retry: 0 });
    await rejectionOf(hub.withOptions({ retry: 2 }).users.get("ada"));
    expect(fetch.requests).toHaveLength(3);
    const middleware = vi.fn(() => Promise.resolve(answer({ name: "ada" })));
    expect(await hub.withOptions({ middleware }).users.get("ada")).toEqual({ name: "ada" });
    const slow = hubOf(() => new Promise(() => {})).withOptions({ timeout: 5 });
    expect(await rejectionOf(slow.users.get("ada"))).toMatchObject({ timeout: 5 });
    vi.restoreAllMocks();
  });

  it("refuses a url, since a token belongs to one hub", () => {
    const options = { url: "https://evil.example" } as JupyterHubOptions;
    expect(() => hubOf(answering()).withOptions(options)).toThrow(
      /^Unknown key `url` in the options of the client\./,
    );
  });

  it("keeps options from the environment, even after the environment changes", async () => {
    vi.stubEnv("JUPYTERHUB_API_URL", "http://hub.example.org/hub/api");
    vi.stubEnv("JUPYTERHUB_API_TOKEN", secrets.token);
    vi.stubEnv("JUPYTERHUB_PUBLIC_HUB_URL", "https://people.example/hub/");
    const fetch = answering();
    const hub = new JupyterHub({ fetch });
    const before = await sentBy(hub, fetch);
    expect(before["authorization"]).toBe(`Bearer ${secrets.token}`);
    for (const name of ["API_URL", "API_TOKEN", "PUBLIC_HUB_URL"]) {
      vi.stubEnv(`JUPYTERHUB_${name}`, undefined);
    }
    const other = hub.withOptions({ retry: 1 });
    expect(other.publicUrl).toBe("https://people.example/hub/");
    expect(await sentBy(other, fetch)).toEqual(before);
  });

  it("can replace the page's cookie by a token, and a token by the page's cookie", async () => {
    vi.stubEnv("JUPYTERHUB_API_TOKEN", "of-the-environment");
    vi.stubGlobal("location", new URL(`${origin}/hub/home`));
    const fetch = answering();
    const cookie = new JupyterHub({ url: origin, auth: "cookie", fetch });
    expect(await sentBy(cookie.withOptions({ retry: 0 }), fetch)).not.toHaveProperty(
      "authorization",
    );
    const other = cookie.withOptions({ token: secrets.token });
    expect((await sentBy(other, fetch))["authorization"]).toBe(`Bearer ${secrets.token}`);
    const back = other.withOptions({ auth: "cookie" });
    expect(await sentBy(back, fetch)).not.toHaveProperty("authorization");
    vi.unstubAllGlobals();
  });

  it("can be chained", async () => {
    const fetch = answering();
    const other = hubOf(fetch)
      .withOptions({ appName: "one" })
      .withOptions({ headers: { "X-Gateway": "1" } });
    expect(await sentBy(other, fetch)).toMatchObject({
      "user-agent": expect.stringMatching(/^one jupyterhub-client/) as string,
      "x-gateway": "1",
      authorization: `Bearer ${secrets.token}`,
    });
  });

  it.each<[string, JupyterHubOptions]>([
    ["token", { token: "two words" }],
    ["retry", { retry: -1 }],
    ["timeout", { timeout: 0 }],
  ])("refuses an invalid %s", (_, options) => {
    expect(() => hubOf(answering()).withOptions(options)).toThrow(InvalidInputError);
  });

  it("returns a client that shares the concurrency limit of the first one, unless it gets its own limit", async () => {
    let open = 0;
    let most = 0;
    const fetch = answering(async () => {
      most = Math.max(most, ++open);
      await new Promise(setImmediate);
      open -= 1;
      return answer({ name: "ada" });
    });
    const mostOf = async (...hubs: JupyterHub[]): Promise<number> => {
      most = 0;
      await Promise.all([...hubs, ...hubs, ...hubs].map((hub) => hub.users.get("ada")));
      return most;
    };
    const hub = hubOf(fetch, { maxConcurrency: 2 });
    const other = hub.withOptions({ token: "other" });
    expect(await mostOf(hub, other, other.withOptions({ retry: 0 }))).toBe(2);
    expect(await mostOf(hub, hub.withOptions({ maxConcurrency: 3 }))).toBe(5);
    expect(await mostOf(hub, hubOf(fetch, { maxConcurrency: 2 }))).toBe(4);
  });

  it("returns a client that prints no secret", () => {
    expectNoSecret(hubOf(answering()).withOptions({ headers: { "X-Gateway": secrets.value } }));
  });
});
