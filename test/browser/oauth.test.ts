/**
 * The example service (examples/service) run by a hub, and an application on another origin. Users log in
 * to both through the hub in a browser, with its login form and its consent page.
 */
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { BrowserContext, Page } from "playwright-core";
import { AuthenticationError, InvalidInputError, JupyterHub } from "jupyterhub-client";
import { freePort } from "../hubs/scratch.js";
import { failure, since } from "../hubs/hub-fixture.js";
import { openBrowser, submitLogin } from "./browser.js";
import { servePages } from "./bundle.js";
import { openHub, prefix } from "./hub.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const pages = await servePages();
afterAll(() => pages[Symbol.asyncDispose]());

// A hub asks each user for consent once, so each login has a new user.
const people = ["bea", "cleo", "dora", "eve", "fay", "gia", "hana", "ida", "joy"];
const somebody = people.values();
const newUserName = (): string => somebody.next().value ?? "";

const command = [process.execPath, "--import", "tsx", "examples/service/main.ts"];
const url = `http://127.0.0.1:${await freePort()}`;
const portal = `${prefix}/services/portal/`;
const fixture = openHub(() => ({
  redirectUri: `${pages.origin}/callback`,
  // Grace has no access to the portal.
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
  ({ origin } = new URL(fixture.real.publicUrl));
  // The hub answers before its services are ready.
  const status = async () => (await fetch(`${origin}${portal}me`)).status;
  await vi.waitFor(async () => expect(await status()).toBe(401), {
    timeout: 30_000,
    interval: 100,
  });
});

/** Follows a link up to the hub's consent page, and logs in on the way. */
async function openConsentPage(
  context: BrowserContext,
  link: string,
  user = newUserName(),
): Promise<Page> {
  const page = await context.newPage();
  await page.goto(link);
  await submitLogin(page, user, fixture.real.password);
  await page.waitForURL(/oauth2\/authorize/);
  return page;
}

const consent = (page: Page): Promise<void> => page.click('[type="submit"]');

/** Consents without following the hub's redirect. Returns the redirect's target. */
async function caught(page: Page): Promise<URL> {
  // `page.route` does not see redirects.
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

/** Follows a link to the portal, logs in and consents. Returns the page, which then shows the link's target. */
async function loggedIn(
  context: BrowserContext,
  path: string,
  user = newUserName(),
): Promise<Page> {
  const page = await openConsentPage(context, origin + path, user);
  await consent(page);
  await page.waitForURL((at) => at.pathname.startsWith(portal));
  return page;
}

/** Returns the name of the user who is logged in to the portal in a browser, or the status of the portal's refusal. */
const seen = async (context: BrowserContext): Promise<string> => {
  const headers = { Accept: "application/json" };
  const answer = await context.request.get(`${origin}${portal}me`, { headers });
  return answer.ok() ? ((await answer.json()) as { name: string }).name : String(answer.status());
};

describe("the example service", () => {
  it("logs a user in through the hub and returns to the requested page", async () => {
    const context = await visitor();
    const page = await loggedIn(context, `${portal}me?year=1843`, "ada");
    expect(page.url()).toBe(`${origin}${portal}me?year=1843`);
    expect(await page.textContent("body")).toContain('"name":"ada"');
    expect(await seen(context)).toBe("ada");
  });

  it.each(["https://elsewhere.example/", "//elsewhere.example/", `${prefix}/hub/home`])(
    "does not redirect to an address outside its own pages: %s",
    async (next) => {
      const context = await visitor();
      const page = await loggedIn(context, `${portal}login?next=${encodeURIComponent(next)}`);
      expect(page.url()).toBe(origin + portal);
    },
  );

  it("rejects a callback whose state is not that of the login", async () => {
    const context = await visitor();
    const page = await openConsentPage(context, origin + portal);
    const callback = await caught(page);
    callback.searchParams.set("state", "made-up");
    expect((await page.goto(callback.href))?.status()).toBe(403);
    expect(await seen(context)).toBe("401");
  });

  it("rejects a code that another browser sends, and a code that was already used", async () => {
    const context = await visitor();
    const page = await openConsentPage(context, origin + portal);
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

  it("shows the hub's refusal to a user without access", async () => {
    const context = await visitor();
    const page = await context.newPage();
    await page.goto(origin + portal);
    const answer = page.waitForResponse(/oauth2\/authorize/);
    await submitLogin(page, "grace", fixture.real.password);
    expect((await answer).status()).toBe(403);
    expect(await seen(context)).toBe("401");
  });

  it("ends its session at logout, and redirects to the hub's login after a logout from the hub", async () => {
    const context = await visitor();
    const page = await loggedIn(context, portal);
    await page.click("button");
    await page.waitForURL(/logout$/);
    expect(await seen(context)).toBe("401");
    await page.goto(`${fixture.real.publicUrl}hub/logout`);
    await page.goto(origin + portal);
    expect(page.url()).toContain(`${prefix}/hub/login?next=`);
  });
});

describe("an application on another origin", () => {
  const application = () => new JupyterHub({ url: fixture.real.url, oauth: fixture.real.oauth });

  /** Logs in as a user and consents. Returns the callback URL, and the login attempt that the application stores. */
  const begun = async (user = newUserName()) => {
    const { oauth } = application();
    const { url, ...attempt } = await oauth.authorizeUrl({ next: "/charts" });
    const page = await openConsentPage(await visitor(), url, user);
    await consent(page);
    await page.waitForURL(/callback\?/);
    return { oauth, attempt, callback: page.url() };
  };

  it("gets a client for the user who consented, but only once for each code", async () => {
    const { oauth, attempt, callback } = await begun("ada");
    const { client, next } = await oauth.exchangeCode(callback, attempt);
    expect((await client.whoami()).name).toBe("ada");
    expect(next).toBe("/charts");
    const replayed = await failure(oauth.exchangeCode(callback, attempt));
    expect(replayed).toBeInstanceOf(AuthenticationError);
  });

  it("rejects a forged state, and still accepts the code with the right state", async () => {
    const { oauth, attempt, callback } = await begun();
    const forged = callback.replace(/state=[^&]*/, "state=made-up");
    expect(await failure(oauth.exchangeCode(forged, attempt))).toBeInstanceOf(InvalidInputError);
    expect((await oauth.exchangeCode(callback, attempt)).next).toBe("/charts");
  });

  if (since("6.0")) {
    it("is refused if it sends a verifier other than that of its login", async () => {
      const { oauth, attempt, callback } = await begun();
      const wrong = { ...attempt, verifier: "x".repeat(43) };
      const error = await failure(oauth.exchangeCode(callback, wrong));
      expect(error).toBeInstanceOf(AuthenticationError);
    });
  }
});
