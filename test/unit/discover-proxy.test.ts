/**
 * Discovery behind a real configurable-http-proxy. The user Mallory runs a server that imitates a hub. Discovery sends
 * no request to that server, whatever the link is and whether the hub is up or down.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { HubError, JupyterHub } from "../../src/index.js";
import { startProxy, type RunningProxy } from "../hubs/proxy.js";
import { makeScratch } from "../hubs/scratch.js";
import { rejectionOf, secrets, serve, type Listening } from "./helpers.js";

interface Seen {
  path: string;
  authorization: string | undefined;
  xsrf: string | undefined;
}

/** Starts a server that records the requests it receives, and responds like a hub at the paths that match `isApi`. */
async function posing(isApi: RegExp): Promise<Listening & { seen: Seen[] }> {
  const seen: Seen[] = [];
  const server = await serve((request, response) => {
    const { authorization, "x-xsrftoken": xsrf } = request.headers;
    seen.push({ path: request.url ?? "", authorization, xsrf: xsrf?.toString() });
    if (!isApi.test(request.url ?? "")) return response.writeHead(404).end();
    response.setHeader("Content-Type", "application/json");
    response.setHeader("X-JupyterHub-Version", "6.1.1");
    response.end(JSON.stringify({ version: "6.1.1", name: "ada" }));
  });
  return Object.assign(server, { seen });
}

/** Links that the proxy routes to Mallory's server or service. */
const hostile = [
  "/user/mallory/lab",
  "/user/mallory/hub/api",
  "/user/mallory/hub/user/mallory/hub/api",
  "/services/mallory/",
  // The proxy mistakes the first segment for a host.
  "//x/user/mallory/lab",
  "/%75ser/mallory/lab",
  "/%75%73%65%72/mallory",
  "/user%2Fmallory%2Flab",
  "/user%2fmallory/hub/api",
  "/%2Fuser/mallory/lab",
  "/%73ervices/mallory/",
  "/services%2Fmallory/hub/api",
  "/prefix/%2e%2e/%75ser/mallory/lab",
];
/** Links that this proxy routes to the hub, but that another proxy may route elsewhere. */
const ambiguous = [
  "//user/mallory/lab",
  "/%2575ser/mallory/lab",
  "/..%2Fuser/mallory/lab",
  "/%2e%2fuser/mallory/lab",
  "/%5Cuser%5Cmallory/lab",
  "/User/mallory/lab",
  "/user;x/mallory/lab",
];

const scratch = await makeScratch();
let hub: Awaited<ReturnType<typeof posing>>;
let mallory: Awaited<ReturnType<typeof posing>>;
let proxy: RunningProxy;

const route = async (path: string, target: string): Promise<void> => {
  const { status } = await fetch(`${proxy.apiUrl}/api/routes${path}`, {
    method: "POST",
    headers: { Authorization: `token ${proxy.token}` },
    body: JSON.stringify({ target }),
  });
  expect(status).toBe(201);
};

beforeAll(async () => {
  hub = await posing(/^\/hub\/api\//);
  mallory = await posing(/\/hub\/api\//);
  proxy = await startProxy(hub.url, scratch.path);
  await route("/", hub.url);
  await route("/user/mallory", mallory.url);
  await route("/services/mallory", mallory.url);
});
afterAll(async () => {
  await proxy.stop();
  await mallory[Symbol.asyncDispose]();
  scratch.remove();
});
afterEach(() => {
  vi.unstubAllGlobals();
  hub.seen.length = mallory.seen.length = 0;
});

/** The kinds of credentials: a token, or the cookie of a page of the hub. */
const modes = [
  ["token", () => ({ token: secrets.token })],
  [
    "cookie",
    () => {
      vi.stubGlobal("location", { origin: proxy.origin, pathname: "/hub/home" });
      vi.stubGlobal("document", { cookie: `_xsrf=${secrets.value}` });
      return { auth: "cookie" as const };
    },
  ],
] as const;

describe("the proxy", () => {
  it.each(hostile)("routes a browser's request for %j to Mallory's server", async (path) => {
    await fetch(proxy.origin + path);
    expect(mallory.seen).toHaveLength(1);
    expect(hub.seen).toEqual([]);
  });
});

describe.each(modes)("with the hub up, a client with a %s", (mode, options) => {
  it.each([...hostile, ...ambiguous])("finds the hub for the link %j", async (path) => {
    const found = await JupyterHub.discover(proxy.origin + path, { ...options(), retry: 0 });
    expect(found.url).toBe(`${proxy.origin}/hub/api`);
    await found.users.get("ada");
    expect(mallory.seen).toEqual([]);
    const shown =
      mode === "token"
        ? { authorization: `Bearer ${secrets.token}`, xsrf: undefined }
        : { authorization: undefined, xsrf: secrets.value };
    expect(hub.seen.pop()).toEqual({ path: "/hub/api/users/ada", ...shown });
    expect(hub.seen.filter(({ authorization, xsrf }) => authorization ?? xsrf)).toEqual([]);
  });
});

describe("with the hub down", () => {
  beforeAll(() => hub[Symbol.asyncDispose]());

  describe.each(modes)("a client with a %s", (_, options) => {
    it.each([...hostile, ...ambiguous])("finds no hub for the link %j", async (path) => {
      const error = await rejectionOf(
        JupyterHub.discover(proxy.origin + path, { ...options(), retry: 0 }),
      );
      expect(mallory.seen).toEqual([]);
      expect(error).toBeInstanceOf(HubError);
      expect(error).toMatchObject({ status: 503 });
    });
  });
});
