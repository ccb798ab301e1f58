/**
 * Pages that use a token and whose origin is not the hub's. Browsers let such a page call only hubs that allow its
 * origin.
 *
 * The hub that allows the origin is configured exactly as the error message recommends.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { release, since } from "../hubs/hub-fixture.js";
import { openBrowser } from "./browser.js";
import { servePages } from "./bundle.js";
import { everyMethod, listed, slowStart, type PageOptions } from "./calls.js";
import { openHub, prefix, type OpenHub } from "./hub.js";

const pages = await servePages();
afterAll(() => pages[Symbol.asyncDispose]());
const { visitor } = openBrowser();

let page: Page;
beforeAll(async () => {
  page = await (await visitor()).newPage();
  await page.goto(`${pages.origin}/`);
});

const admin = ({ real }: OpenHub): PageOptions => ({ url: real.url, token: real.tokens.admin });

let configuration: string | undefined;

describe("a hub that does not allow the page's origin", () => {
  const opened = openHub();

  if (since("5.0")) {
    it("returns its version", async () => {
      const call = (url: string) => new jupyterhub.JupyterHub({ url }).version();
      expect(await page.evaluate(call, opened.real.url)).toBe(release);
    });
  }

  it("causes ConnectionError, whose message shows the configuration to add", async () => {
    const errors = await page.evaluate(async (options) => {
      const hub = new jupyterhub.JupyterHub({ ...options, retry: 0 });
      return [
        await failure(hub.whoami()),
        await failure(hub.users.list()),
        await failure(hub.users.create("ada")),
        await failure(hub.users.delete("ada")),
      ];
    }, admin(opened));
    for (const error of errors) {
      expect(error?.name).toBe("ConnectionError");
      expect(error?.message).toContain(`it does not allow pages of ${pages.origin}. In its`);
      configuration = /c\.JupyterHub\.tornado_settings = .*\}\}/.exec(error?.message ?? "")?.[0];
    }
  });
});

describe("a hub that allows the page's origin", () => {
  const opened = openHub(() => ({ extraConfig: configuration ?? "" }));
  const headers = new Set<string>();

  it("accepts every HTTP method, with and without a body", async () => {
    page.on("request", (request) => {
      for (const name of Object.keys(request.headers())) headers.add(name);
    });
    const group = await page.evaluate(everyMethod, admin(opened));
    expect(group).toMatchObject({ users: ["ada"], properties: { quota: 5 } });
  });

  it("paginates a listing", async () => {
    expect(await page.evaluate(listed, admin(opened))).toEqual(["admin", "ada", "bea", "cleo"]);
  });

  it("starts a server, streams its progress and stops it", async () => {
    const { events, lasted, ...rest } = await page.evaluate(slowStart, admin(opened));
    expect(events).toEqual(expect.arrayContaining([20, 40, 60, 80, 100]));
    // The start takes four seconds.
    expect(lasted).toBeGreaterThan(1000);
    expect(rest).toEqual({ ready: true, url: `${prefix}/user/ada/`, server: null });
  });

  it("receives only headers that the recommended configuration allows", () => {
    // Preflight requests do not list the browser's own headers.
    const own = /^(sec-.*|user-agent|referer|origin|accept-language)$/;
    expect([...headers].filter((name) => !own.test(name)).toSorted()).toEqual([
      "accept",
      "authorization",
      "content-type",
    ]);
  });

  it("causes the usual errors when it refuses a call, though the page cannot read its version header", async () => {
    const errors = await page.evaluate(async (options) => {
      const { JupyterHub } = jupyterhub;
      const hub = new JupyterHub(options);
      const wrong = new JupyterHub({ ...options, token: "made-up" });
      const none = new JupyterHub({ ...options, token: undefined });
      return [
        await failure(hub.users.get("nobody")),
        await failure(hub.users.create("ada")),
        await failure(hub.servers.start("nobody")),
        await failure(wrong.whoami()),
        await failure(wrong.users.create("eve")),
        await failure(none.users.list()),
        await failure(none.users.delete("ada")),
      ];
    }, admin(opened));
    expect(errors.map((error) => error?.name)).toEqual([
      "NotFoundError",
      "ConflictError",
      "NotFoundError",
      ...Array<string>(4).fill("AuthenticationError"),
    ]);
  });

  if (!since("5.0")) {
    it("causes ConnectionError if it lacks a route, with a message that says the hub may be too old", async () => {
      const error = await page.evaluate(
        (options) => failure(new jupyterhub.JupyterHub(options).shares.list("ada")),
        { ...admin(opened), retry: 0 },
      );
      expect(error).toMatchObject({ name: "ConnectionError" });
      expect(error?.message).toContain("Unless the hub is down or older than 5.0, it");
    });
  }
});
