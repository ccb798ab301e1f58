/** Pages of the hub's own origin: the package acts for the logged-in user, with the hub's cookie. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BrowserContext, Page } from "playwright-core";
import { release } from "../hubs/hub-fixture.js";
import { everyMethod, everyRequest, listed, slowStart } from "./calls.js";
import { openHub, prefix } from "./hub.js";
import { logIn, openBrowser, submitLogin, withClient } from "./browser.js";
import { browserFile, servePages } from "./bundle.js";

const pages = await servePages();
afterAll(() => pages[Symbol.asyncDispose]());

const service = { name: "page", url: pages.origin };
// Makes the hub serve its own files and, in its static folder, browser.js.
const extraConfig = `
import shutil
from jupyterhub._data import DATA_FILES_PATH
shutil.copytree(DATA_FILES_PATH, "share")
shutil.copy(${JSON.stringify(browserFile)}, "share/static/jupyterhub-client.js")
c.JupyterHub.data_files_path = "share"
c.JupyterHub.services.append(${JSON.stringify(service)})
`;
const fixture = openHub(() => ({ extraConfig }));
const { visitor } = openBrowser();
const cookie = { auth: "cookie" } as const;

/** Opens a page of a service: it has the hub's origin, but does not use the hub's templates. */
const openService = async (context: BrowserContext): Promise<Page> => {
  const page = await context.newPage();
  await page.goto(`${fixture.real.publicUrl}services/page/`);
  return page;
};

describe("a page without a build step", () => {
  it("imports browser.js from the hub's static folder", async () => {
    const page = await logIn(await visitor(), fixture.real, "admin");
    const file = `${new URL(fixture.real.publicUrl).pathname}hub/static/jupyterhub-client.js`;
    const content = `import * as jupyterhub from "${file}"; Object.assign(globalThis, { jupyterhub });`;
    await page.addScriptTag({ type: "module", content });
    await page.waitForFunction(() => "jupyterhub" in globalThis);
    const name = await page.evaluate(async () => {
      return (await new jupyterhub.JupyterHub({ auth: "cookie" }).whoami()).name;
    });
    expect(name).toBe("admin");
  });
});

describe("a page of the hub with a logged-in admin", () => {
  let page: Page;
  const requests: string[] = [];
  beforeAll(async () => {
    const context = await visitor();
    page = await withClient(await logIn(context, fixture.real, "admin"));
    page.on("request", (request) => {
      const { pathname } = new URL(request.url());
      requests.push(`${request.method()} ${pathname.replace(prefix, "")}`);
    });
  });

  it("discovers its hub", async () => {
    const url = await page.evaluate(() => new jupyterhub.JupyterHub({ auth: "cookie" }).url);
    expect(url).toBe(fixture.real.url);
  });

  it("returns the logged-in user and the hub's version", async () => {
    const seen = await page.evaluate(async () => {
      const hub = new jupyterhub.JupyterHub({ auth: "cookie" });
      return { version: await hub.version(), identity: await hub.whoami() };
    });
    expect(seen.version).toBe(release);
    expect(seen.identity).toMatchObject({ kind: "user", name: "admin", admin: true });
  });

  it("sends each request exactly once, for every HTTP method, with and without a body", async () => {
    requests.length = 0;
    const group = await page.evaluate(everyMethod, cookie);
    expect(group).toMatchObject({ users: ["ada"], properties: { quota: 5 } });
    expect(requests).toEqual(everyRequest);
  });

  it("paginates a listing", async () => {
    expect(await page.evaluate(listed, cookie)).toEqual(["admin", "ada", "bea", "cleo"]);
  });

  it("starts a server, streams its progress and stops it", async () => {
    const { events, lasted, ...rest } = await page.evaluate(slowStart, cookie);
    expect(events).toEqual(expect.arrayContaining([20, 40, 60, 80, 100]));
    // The start takes four seconds.
    expect(lasted).toBeGreaterThan(1000);
    expect(rest).toEqual({ ready: true, url: `${prefix}/user/ada/`, server: null });
  });

  it("maps the hub's refusals to errors", async () => {
    const seen = await page.evaluate(async () => {
      const hub = new jupyterhub.JupyterHub({ auth: "cookie" });
      return [await failure(hub.users.get("nobody")), await failure(hub.users.create("ada"))];
    });
    expect(seen.map((error) => error?.name)).toEqual(["NotFoundError", "ConflictError"]);
  });

  it("uses a given token in place of the login, and fails if the token is invalid", async () => {
    const { token } = await fixture.hub.tokens.create("bea");
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
          await failure(wrong.users.delete("cleo")),
          await failure(cookies.tokens.identify("made-up")),
          await failure(new JupyterHub({ url }).whoami()),
        ],
      };
    }, token);
    expect(seen).toMatchObject({ right: "bea", identified: "bea" });
    for (const error of seen.wrong) expect(error).toMatchObject({ name: "AuthenticationError" });
    expect((await fixture.hub.users.list()).map(({ name }) => name)).toContain("cleo");
  });
});

// From such a page, browsers send no Sec-Fetch headers, and hubs require no XSRF token for reads.
describe("a page over plain http on a public host", () => {
  it("uses the login if no token is given, and fails if a given token is invalid", async () => {
    const { password, publicUrl } = fixture.real;
    const there = { publicUrl: publicUrl.replace("127.0.0.1", "hub.test"), password };
    const page = await withClient(await logIn(await visitor(), there, "ada"));
    const seen = await page.evaluate(async () => {
      const { JupyterHub } = jupyterhub;
      const hub = new JupyterHub({ auth: "cookie" });
      await hub.users.update("bea", { admin: false });
      const token = "made-up";
      const { url } = hub;
      const wrong = new JupyterHub({ url, token, allowInsecure: true });
      const plain = await fetch(`${url}/user`, { headers: { Authorization: `Bearer ${token}` } });
      return {
        url,
        name: (await hub.whoami()).name,
        plain: await plain.json(),
        wrong: await failure(wrong.whoami()),
        identified: await failure(hub.tokens.identify(token)),
        unsafe: await failure(new JupyterHub({ url, token }).whoami()),
      };
    });
    expect(seen.url).toContain("//hub.test:");
    expect(seen).toMatchObject({
      name: "ada",
      // This is the hub's response to an invalid token with a cookie.
      plain: { name: "ada" },
      wrong: { name: "AuthenticationError" },
      identified: { name: "AuthenticationError" },
      unsafe: { name: "InvalidInputError" },
    });
  });
});

describe("a page without the hub's templates", () => {
  it("uses the login, and fetches the XSRF token once", async () => {
    const context = await visitor();
    await logIn(context, fixture.real, "ada");
    const page = await openService(context);
    const requests: string[] = [];
    page.on("request", (request) => requests.push(new URL(request.url()).pathname));
    const name = await page.evaluate(async (url) => {
      const hub = new jupyterhub.JupyterHub({ auth: "cookie", url });
      await Promise.all([hub.whoami(), hub.whoami(), hub.whoami()]);
      await hub.users.update("bea", { admin: true });
      return (await hub.whoami()).name;
    }, fixture.real.url);
    expect(name).toBe("ada");
    expect(requests.filter((path) => path.endsWith("/hub/home"))).toHaveLength(1);
  });
});

describe("an outdated XSRF token", () => {
  it("is replaced after a login in another tab", async () => {
    const context = await visitor();
    const page = await withClient(await logIn(context, fixture.real, "ada"));
    const service = await openService(context);
    await service.evaluate(async (url) => {
      const hub = new jupyterhub.JupyterHub({ auth: "cookie", url });
      await hub.whoami();
      Object.assign(globalThis, { hub });
    }, fixture.real.url);
    await context.clearCookies();
    await logIn(context, fixture.real, "ada");
    const names = [
      await page.evaluate(async () => {
        const hub = new jupyterhub.JupyterHub({ auth: "cookie" });
        await hub.users.update("bea", { admin: true });
        return (await hub.whoami()).name;
      }),
      await service.evaluate(async () => {
        const { hub } = globalThis as unknown as {
          hub: InstanceType<typeof jupyterhub.JupyterHub>;
        };
        await hub.users.update("bea", { admin: true });
        return (await hub.whoami()).name;
      }),
    ];
    expect(names).toEqual(["ada", "ada"]);
  });

  it("is replaced if its cookie was deleted and a page of the hub has set a new one", async () => {
    const context = await visitor();
    const page = await withClient(await logIn(context, fixture.real, "ada"));
    await context.clearCookies({ name: "_xsrf" });
    await (await context.newPage()).goto(`${fixture.real.publicUrl}hub/home`);
    const name = await page.evaluate(async () => {
      Reflect.deleteProperty(globalThis, "jhdata");
      const hub = new jupyterhub.JupyterHub({
        auth: "cookie",
        url: location.href.split("/hub/")[0],
      });
      return (await hub.whoami()).name;
    });
    expect(name).toBe("ada");
  });
});

describe("a page without a login", () => {
  const refusals = (page: Page) =>
    page.evaluate(async (url) => {
      const hub = new jupyterhub.JupyterHub({ auth: "cookie", url });
      return [
        await failure(hub.whoami()),
        await failure(hub.users.get("ada")),
        await failure(hub.users.list()),
        await failure(hub.users.create("eve")),
        await failure(hub.users.delete("cleo")),
      ];
    }, fixture.real.url);

  it("gets AuthenticationError from every call, whether it is the login page or a page of a service", async () => {
    const context = await visitor();
    const page = await context.newPage();
    await page.goto(`${fixture.real.publicUrl}hub/login`);
    await withClient(page);
    for (const place of [page, await openService(context)]) {
      for (const error of await refusals(place)) {
        expect(error).toMatchObject({ name: "AuthenticationError" });
      }
    }
  });

  it("gets AuthenticationError from every call after a logout, and none after a new login", async () => {
    const context = await visitor();
    const page = await withClient(await logIn(context, fixture.real, "ada"));
    const other = await context.newPage();
    await other.goto(`${fixture.real.publicUrl}hub/logout`);
    for (const error of await refusals(page)) {
      expect(error).toMatchObject({ name: "AuthenticationError" });
    }
    await other.goto(`${fixture.real.publicUrl}hub/login`);
    await submitLogin(other, "ada", fixture.real.password);
    await other.waitForURL(/\/(user\/ada|hub)\//);
    const call = () => failure(new jupyterhub.JupyterHub({ auth: "cookie" }).whoami());
    expect(await page.evaluate(call)).toBeUndefined();
  });
});
