/**
 * A real headless browser, and functions that log a user in with the hub's form.
 *
 * Each visitor has separate cookies. The browser has a new profile, and is closed after the tests.
 */
import { existsSync } from "node:fs";
import { afterAll, beforeAll } from "vitest";
import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";
import type * as client from "jupyterhub-client";
import type * as api from "jupyterhub-client/api";
import { bundle } from "./bundle.js";

declare global {
  /** The package, as a global variable of a page that loads it. */
  var jupyterhub: typeof client & { api: typeof api };
  /** Returns the error that a call in a page rejects with. */
  var failure: (call: PromiseLike<unknown>) => Promise<Failure | undefined>;
}

export interface Failure {
  name: string;
  message: string;
  status: number | undefined;
}

/** Returns the path of Chromium. If there is none, throws an error that says how to install it. */
export function executable(): string {
  const named = process.env["CHROMIUM"];
  const path = named ?? "/usr/bin/chromium";
  if (existsSync(path)) return path;
  throw new Error(
    `No Chromium at ${path}: install it (Debian: apt-get install chromium), or name one in CHROMIUM.`,
  );
}

const args = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // To the browser, hub.test is a public host name.
  "--host-resolver-rules=MAP hub.test 127.0.0.1",
];

export interface Visitors {
  /** Adds a visitor without cookies. Returns the browser context of this visitor. */
  visitor(): Promise<BrowserContext>;
}

/** Starts a browser before the tests of a file, and ends it after them. */
export function openBrowser(): Visitors {
  let browser: Browser | undefined;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: executable(), args });
  });
  afterAll(() => browser?.close());
  return {
    async visitor() {
      if (!browser) throw new Error("The browser has not started yet");
      const context = await browser.newContext();
      context.setDefaultTimeout(15_000);
      await context.addInitScript(() => {
        globalThis.failure = async (call) => {
          try {
            await call;
          } catch (error) {
            const { name, message, status } = error as Failure;
            return { name, message, status };
          }
          return undefined;
        };
      });
      return context;
    },
  };
}

/** Logs in with the hub's form. Returns the page, which then shows the hub's home page. */
export async function logIn(
  context: BrowserContext,
  { publicUrl, password }: { publicUrl: string; password: string },
  username: string,
): Promise<Page> {
  const page = await context.newPage();
  await page.goto(`${publicUrl}hub/login?next=${new URL(publicUrl).pathname}hub/home`);
  await submitLogin(page, username, password);
  await page.waitForURL(/\/hub\/home/);
  return page;
}

/** Fills in and submits the hub's login form on the current page. */
export async function submitLogin(page: Page, username: string, password: string): Promise<void> {
  await page.fill('input[name="username"]', username);
  await page.fill('input[name="password"]', password);
  await page.click('input[type="submit"], button[type="submit"]');
}

/** Loads the package into a page of the hub. */
export async function withClient(page: Page): Promise<Page> {
  await page.addScriptTag({ content: await bundle() });
  return page;
}
