/**
 * The example of a service (examples/service), run by a hub, and an application elsewhere: people log in
 * to both with the hub, in a browser, by its own form and its own page of consent.
 */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { BrowserContext, Page } from "playwright-core";
import { AuthenticationError, InvalidInputError, JupyterHub } from "jupyterhub-client";
import { freePort } from "../hubs/scratch.js";
import { failure, since } from "../hubs/story.js";
import { openBrowser, submitLogin } from "./browser.js";
import { servePages } from "./bundle.js";
import { openHub, prefix } from "./hub.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = await servePages();
afterAll(() => pages[Symbol.asyncDispose]());

// A hub asks for consent once: each login has somebody of its own.
const people = ["bea", "cleo", "dora", "eve", "fay", "gia", "hana", "ida", "joy"];
const somebody = people.values();
const newcomer = (): string => somebody.next().value ?? "";

const command = [process.execPath, "--import", "tsx", "examples/service/main.ts"];
const url = `http://127.0.0.1:${await freePort()}`;
const portal = `${prefix}/services/portal/`;
const story = openHub(() => ({
  redirectUri: `${pages.origin}/callback`,
  // Grace may not use the portal.
  extraConfig: `
c.JupyterHub.services.append(${JSON.stringify({ name: "portal", url, command, cwd: root })})
c.JupyterHub.load_roles.append(
    {"name": "portal", "users": ${JSON.stringify(["ada", ...people])}, "scopes": ["access:services!service=portal"]}
)
`,
}));
const { visitor } = openBrowser();

let origin = "";
beforeAll(async () => {
  ({ origin } = new URL(story.real.publicUrl));
  // The hub does not wait for its services.
  const status = async () => (await fetch(`${origin}${portal}me`)).status;
  await vi.waitFor(async () => expect(await status()).toBe(401), {
    timeout: 30_000,
    interval: 100,
  });
});

/** Follows a link as far as the hub's page of consent, logging in on the way. */
async function asked(context: BrowserContext, link: string, user = newcomer()): Promise<Page> {
  const page = await context.newPage();
  await page.goto(link);
  await submitLogin(page, user, story.real.password);
  await page.waitForURL(/oauth2\/authorize/);
  return page;
}

const consent = (page: Page): Promise<void> => page.click('[type="submit"]');

/** Consents, but keeps the browser from following the hub's answer: where that would lead. */
async function caught(page: Page): Promise<URL> {
  // Not `page.route`, which sees no redirects.
  const browser = await page.context().newCDPSession(page);
  const paused = new Promise<{ requestId: string; request: { url: string } }>((resolve) => {
    browser.once("Fetch.requestPaused", resolve);
  });
  await browser.send("Fetch.enable", { patterns: [{ urlPattern: "*callback\\?*" }] });
  const consented = consent(page);
  const { requestId, request } = await paused;
  await browser.send("Fetch.failRequest", { requestId, errorReason: "Aborted" });
  await consented;
  await browser.detach();
  return new URL(request.url);
}

/** Follows a link of the portal and consents; the page is then where that leads. */
async function loggedIn(context: BrowserContext, path: string, user = newcomer()): Promise<Page> {
  const page = await asked(context, origin + path, user);
  await consent(page);
  await page.waitForURL((at) => at.pathname.startsWith(portal));
  return page;
}

/** Who the portal takes a browser for. */
const seen = async (context: BrowserContext): Promise<string> => {
  const headers = { Accept: "application/json" };
  const answer = await context.request.get(`${origin}${portal}me`, { headers });
  return answer.ok() ? ((await answer.json()) as { name: string }).name : String(answer.status());
};

describe("the example of a service", () => {
  it("lets somebody in by the hub's login and consent, to the page that was wanted", async () => {
    const context = await visitor();
    const page = await loggedIn(context, `${portal}me?year=1843`, "ada");
    expect(page.url()).toBe(`${origin}${portal}me?year=1843`);
    expect(await page.textContent("body")).toContain('"name":"ada"');
    expect(await seen(context)).toBe("ada");
  });

  it.each(["https://elsewhere.example/", "//elsewhere.example/", `${prefix}/hub/home`])(
    "leads to no page but its own: %s",
    async (next) => {
      const context = await visitor();
      const page = await loggedIn(context, `${portal}login?next=${encodeURIComponent(next)}`);
      expect(page.url()).toBe(origin + portal);
    },
  );

  it("lets nobody in with another state", async () => {
    const context = await visitor();
    const page = await asked(context, origin + portal);
    const callback = await caught(page);
    callback.searchParams.set("state", "made-up");
    expect((await page.goto(callback.href))?.status()).toBe(403);
    expect(await seen(context)).toBe("401");
  });

  it("lets no other browser in with a code, and nobody with one that was used", async () => {
    const context = await visitor();
    const page = await asked(context, origin + portal);
    const callback = (await caught(page)).href;
    const thief = await visitor();
    const stolen = await (await thief.newPage()).goto(callback);
    expect(stolen?.status()).toBe(403);
    expect(await seen(thief)).toBe("401");
    await page.goto(callback);
    expect(page.url()).toBe(origin + portal);
    expect(people).toContain(await seen(context));
    expect((await page.goto(callback))?.status()).toBe(403);
  });

  it("is not for a user without access, as the hub says", async () => {
    const context = await visitor();
    const page = await context.newPage();
    await page.goto(origin + portal);
    const answer = page.waitForResponse(/oauth2\/authorize/);
    await submitLogin(page, "grace", story.real.password);
    expect((await answer).status()).toBe(403);
    expect(await seen(context)).toBe("401");
  });

  it("lets out who logs out, and wants the hub's login where that is over, too", async () => {
    const context = await visitor();
    const page = await loggedIn(context, portal);
    await page.click("button");
    await page.waitForURL(/logout$/);
    expect(await seen(context)).toBe("401");
    await page.goto(`${story.real.publicUrl}hub/logout`);
    await page.goto(origin + portal);
    expect(page.url()).toContain(`${prefix}/hub/login?next=`);
  });
});

describe("an application elsewhere", () => {
  const application = () => new JupyterHub({ url: story.real.url, oauth: story.real.oauth });

  /** What a browser brings back, and what was kept for it. */
  const begun = async (user = newcomer()) => {
    const { oauth } = application();
    const { url, ...attempt } = await oauth.authorizeUrl({ next: "/charts" });
    const page = await asked(await visitor(), url, user);
    await consent(page);
    await page.waitForURL(/callback\?/);
    return { oauth, attempt, callback: page.url() };
  };

  it("gets a client that acts as who consented, once for a code", async () => {
    const { oauth, attempt, callback } = await begun("ada");
    const { client, next } = await oauth.exchangeCode(callback, attempt);
    expect((await client.whoami()).name).toBe("ada");
    expect(next).toBe("/charts");
    const replayed = await failure(oauth.exchangeCode(callback, attempt));
    expect(replayed).toBeInstanceOf(AuthenticationError);
  });

  it("takes no state but its own, and a code still works after such a try", async () => {
    const { oauth, attempt, callback } = await begun();
    const forged = callback.replace(/state=[^&]*/, "state=made-up");
    expect(await failure(oauth.exchangeCode(forged, attempt))).toBeInstanceOf(InvalidInputError);
    expect((await oauth.exchangeCode(callback, attempt)).next).toBe("/charts");
  });

  if (since("6.0")) {
    it("needs the verifier that it began with", async () => {
      const { oauth, attempt, callback } = await begun();
      const wrong = { ...attempt, verifier: "x".repeat(43) };
      const error = await failure(oauth.exchangeCode(callback, wrong));
      expect(error).toBeInstanceOf(AuthenticationError);
    });
  }
});
