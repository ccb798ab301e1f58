/** Pages of the hub's own origin: the package acts there as whoever is logged in, by the hub's cookie. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BrowserContext, Page } from "playwright-core";
import { openStory, release } from "../hubs/story.js";
import { logIn, openBrowser, submitLogin, withClient } from "./browser.js";
import { servePages } from "./bundle.js";

const pages = await servePages();
afterAll(() => pages[Symbol.asyncDispose]());

// One of the hubs has a prefix, of characters that may be encoded and of some that must be.
const prefix = release.startsWith("5.") ? "/@/space%20word" : "";
const story = openStory("own-page", {
  proxy: "configurable-http-proxy",
  prefix,
  extraConfig: `c.JupyterHub.services.append({"name": "page", "url": "${pages.origin}"})`,
});
const { visitor } = openBrowser();

/** A service of the hub is a page of its origin that none of its templates made. */
const openService = async (context: BrowserContext): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(`${story.real.publicUrl}services/page/`);
  return page;
};

describe("a page of the hub, with an admin logged in", () => {
  let page: Page;
  const methods: string[] = [];
  beforeAll(async () => {
    const context = await visitor();
    page = await withClient(await logIn(context, story.real, "admin"));
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      methods.push(`${request.method()} ${pathname.replace(prefix, "")}`);
    });
  });

  it("finds its hub", async () => {
    const url = await page.evaluate(() => new jupyterhub.JupyterHub({ auth: "cookie" }).url);
    expect(url).toBe(story.real.url);
  });

  it("knows who is there, and what version the hub is", async () => {
    const seen = await page.evaluate(async () => {
      const hub = new jupyterhub.JupyterHub({ auth: "cookie" });
      return { version: await hub.version(), identity: await hub.whoami() };
    });
    expect(seen.version).toBe(release);
    expect(seen.identity).toMatchObject({ kind: "user", name: "admin", admin: true });
  });

  it("reads and writes with every method, with a body and without, each sent once", async () => {
    methods.length = 0;
    const seen = await page.evaluate(async () => {
      const hub = new jupyterhub.JupyterHub({ auth: "cookie" });
      await hub.users.create("ada");
      await hub.users.createMany({ usernames: ["grace"] });
      await hub.users.update("ada", { admin: true });
      await hub.groups.create("lab", { users: ["ada"] });
      await hub.groups.setProperties("lab", { quota: 5 });
      const group = await hub.groups.get("lab");
      await hub.groups.removeUsers("lab", { users: ["ada"] });
      await hub.groups.delete("lab");
      await hub.users.delete("grace");
      return group;
    });
    expect(seen).toMatchObject({ users: ["ada"], properties: { quota: 5 } });
    expect(methods).toEqual([
      "POST /hub/api/users/ada",
      "POST /hub/api/users",
      "PATCH /hub/api/users/ada",
      "POST /hub/api/groups/lab",
      "PUT /hub/api/groups/lab/properties",
      "GET /hub/api/groups/lab",
      "DELETE /hub/api/groups/lab/users",
      "DELETE /hub/api/groups/lab",
      "DELETE /hub/api/users/grace",
    ]);
  });

  it("lists page by page", async () => {
    const names = await page.evaluate(async () => {
      const hub = new jupyterhub.JupyterHub({ auth: "cookie" });
      await hub.users.createMany({ usernames: ["bea", "cleo", "dora"] });
      return (await hub.users.list({ limit: 2 })).map(({ name }) => name);
    });
    expect(names).toEqual(["admin", "ada", "bea", "cleo", "dora"]);
  });

  it("starts a server, follows its progress as it comes, and stops it", async () => {
    const seen = await page.evaluate(async () => {
      const { JupyterHub, api } = jupyterhub;
      const hub = new JupyterHub({ auth: "cookie" });
      const started = hub.servers.start("ada", { user_options: { behave: "slow", seconds: 4 } });
      let pending = false;
      while (!pending) pending = (await hub.users.get("ada")).pending === "spawn";
      const { data } = await hub.client.get({
        url: "/users/{name}/server/progress",
        path: { name: "ada" },
        parseAs: "stream",
        throwOnError: true,
      });
      let events = "";
      let parts = 0;
      const reader = (data as ReadableStream<Uint8Array>)
        .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
        .getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) break;
        events += value;
        parts += 1;
      }
      const { ready, url } = await started;
      await hub.servers.stop("ada");
      const { server } = await hub.users.get("ada");
      return { events, parts, ready, url, server, raw: typeof api.getUsers };
    });
    expect(seen.events).toMatch(/"progress": ?20[^]*"ready": ?true/);
    expect(seen.parts).toBeGreaterThan(1);
    expect(seen).toMatchObject({ ready: true, url: `${prefix}/user/ada/`, server: null });
  });

  it("is refused as the hub refuses, by what is wrong", async () => {
    const seen = await page.evaluate(async () => {
      const hub = new jupyterhub.JupyterHub({ auth: "cookie" });
      return [
        await failure(hub.users.get("nobody")),
        await failure(hub.users.create("ada")),
      ];
    });
    expect(seen.map((error) => error?.name)).toEqual(["NotFoundError", "ConflictError"]);
  });

  it("with a token acts as the token's owner, and with a wrong one as nobody", async () => {
    const { token } = await story.hub.tokens.create("bea");
    const seen = await page.evaluate(async (token) => {
      const { JupyterHub } = jupyterhub;
      const url = new JupyterHub({ auth: "cookie" }).url;
      const cookies = new JupyterHub({ auth: "cookie" });
      const right = new JupyterHub({ url, token });
      const wrong = new JupyterHub({ url, token: "made-up" });
      return {
        right: (await right.whoami()).name,
        identified: (await cookies.tokens.identify(token)).name,
        wrong: [
          await failure(wrong.whoami()),
          await failure(wrong.users.list()),
          await failure(wrong.users.create("eve")),
          await failure(wrong.users.delete("dora")),
          await failure(cookies.tokens.identify("made-up")),
          await failure(new JupyterHub({ url }).whoami()),
        ],
      };
    }, token);
    expect(seen).toMatchObject({ right: "bea", identified: "bea" });
    for (const error of seen.wrong) expect(error).toMatchObject({ name: "AuthenticationError" });
    expect((await story.hub.users.list()).map(({ name }) => name)).toContain("dora");
  });
});

describe("a page that none of the hub's templates made", () => {
  it("acts as whoever is logged in, and looks for the XSRF token once", async () => {
    const context = await visitor();
    await logIn(context, story.real, "ada");
    const page = await openService(context);
    const requests: string[] = [];
    page.on("request", (request) => requests.push(new URL(request.url()).pathname));
    const name = await page.evaluate(async (url) => {
      const hub = new jupyterhub.JupyterHub({ auth: "cookie", url });
      await Promise.all([hub.whoami(), hub.whoami(), hub.whoami()]);
      await hub.users.update("bea", { admin: true });
      return (await hub.whoami()).name;
    }, story.real.url);
    expect(name).toBe("ada");
    expect(requests.filter((path) => path.endsWith("/hub/home"))).toHaveLength(1);
  });
});

describe("a stale XSRF token", () => {
  it("is replaced when the user has logged in anew in another tab", async () => {
    const context = await visitor();
    const page = await withClient(await logIn(context, story.real, "ada"));
    const service = await openService(context);
    await service.evaluate(async (url) => {
      const hub = new jupyterhub.JupyterHub({ auth: "cookie", url });
      await hub.whoami();
      Object.assign(globalThis, { hub });
    }, story.real.url);
    await context.clearCookies();
    await logIn(context, story.real, "ada");
    const names = [
      await page.evaluate(async () => {
        const hub = new jupyterhub.JupyterHub({ auth: "cookie" });
        await hub.users.update("cleo", { admin: true });
        return (await hub.whoami()).name;
      }),
      await service.evaluate(async () => {
        const { hub } = globalThis as unknown as { hub: InstanceType<typeof jupyterhub.JupyterHub> };
        await hub.users.update("dora", { admin: true });
        return (await hub.whoami()).name;
      }),
    ];
    expect(names).toEqual(["ada", "ada"]);
  });

  it("whose cookie was gone is replaced once a page of the hub has been opened", async () => {
    const context = await visitor();
    const page = await withClient(await logIn(context, story.real, "ada"));
    await context.clearCookies({ name: "_xsrf" });
    await (await context.newPage()).goto(`${story.real.publicUrl}hub/home`);
    const name = await page.evaluate(async () => {
      Reflect.deleteProperty(globalThis, "jhdata");
      const hub = new jupyterhub.JupyterHub({ auth: "cookie", url: location.href.split("/hub/")[0] });
      return (await hub.whoami()).name;
    });
    expect(name).toBe("ada");
  });
});

describe("nobody", () => {
  const refusals = (page: Page) =>
    page.evaluate(async (url) => {
      const hub = new jupyterhub.JupyterHub({ auth: "cookie", url });
      return [
        await failure(hub.whoami()),
        await failure(hub.users.get("ada")),
        await failure(hub.users.list()),
        await failure(hub.users.create("eve")),
        await failure(hub.users.delete("dora")),
      ];
    }, story.real.url);

  it("is logged in: an AuthenticationError, on the login page and on others", async () => {
    const context = await visitor();
    const page = await context.newPage();
    await page.goto(`${story.real.publicUrl}hub/login`);
    await withClient(page);
    for (const place of [page, await openService(context)]) {
      for (const error of await refusals(place)) {
        expect(error).toMatchObject({ name: "AuthenticationError" });
      }
    }
  });

  it("is logged in any more: an AuthenticationError, until somebody logs in again", async () => {
    const context = await visitor();
    const page = await withClient(await logIn(context, story.real, "ada"));
    const other = await context.newPage();
    await other.goto(`${story.real.publicUrl}hub/logout`);
    for (const error of await refusals(page)) {
      expect(error).toMatchObject({ name: "AuthenticationError" });
    }
    await other.goto(`${story.real.publicUrl}hub/login`);
    await submitLogin(other, "ada", story.real.password);
    await other.waitForURL(/\/(user\/ada|hub)\//);
    const call = () => failure(new jupyterhub.JupyterHub({ auth: "cookie" }).whoami());
    expect(await page.evaluate(call)).toBeUndefined();
  });
});
