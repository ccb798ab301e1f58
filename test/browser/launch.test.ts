/** Runs the example launch page (examples/launch) on a hub: a login, a start, and its progress in the page. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it, vi } from "vitest";
import type { Page } from "playwright-core";
import { freePort } from "../hubs/scratch.js";
import { release } from "../hubs/hub-fixture.js";
import { openBrowser, submitLogin } from "./browser.js";
import { openHub, prefix } from "./hub.js";

const root = fileURLToPath(new URL("../..", import.meta.url));
const screenshots = join(root, ".cache/screenshots");
const command = [process.execPath, "--import", "tsx", "examples/launch/main.ts"];
const url = `http://127.0.0.1:${await freePort()}`;
const launch = `${prefix}/services/launch/`;
const service = {
  name: "launch",
  url,
  command,
  cwd: root,
  oauth_client_allowed_scopes: ["servers!user"],
};
const fixture = openHub(() => ({
  extraConfig: `
c.JupyterHub.services.append(${JSON.stringify(service)})
c.JupyterHub.load_roles.append(
    {"name": "visitors", "users": ["ada", "bea"], "scopes": ["access:services!service=launch"]}
)
`,
}));
const { visitor } = openBrowser();

let origin = "";
beforeAll(async () => {
  ({ origin } = new URL(fixture.real.publicUrl));
  // The hub answers before its services are ready.
  const status = async () => (await fetch(`${origin}${launch}me`)).status;
  await vi.waitFor(async () => expect(await status()).toBe(401), {
    timeout: 30_000,
    interval: 100,
  });
  mkdirSync(screenshots, { recursive: true });
});

/** Opens the launch page as a user who logs in on the way. */
async function openLaunchPage(user: string): Promise<Page> {
  const page = await (await visitor()).newPage();
  await page.goto(origin + launch);
  await submitLogin(page, user, fixture.real.password);
  await page.waitForURL(/oauth2\/authorize/);
  await page.click('[type="submit"]');
  await page.waitForURL((at) => at.pathname === launch);
  return page;
}

describe("the launch page", () => {
  it("starts the user's server, shows its progress and links to it", async () => {
    // The hub starts the server with the options of this earlier start.
    await fixture.hub.users.ensure("ada");
    await fixture.hub.servers.start("ada", { user_options: { behave: "slow", seconds: 4 } });
    await fixture.hub.servers.stop("ada");
    const page = await openLaunchPage("ada");
    // The page shows this progress while the server starts, and no link yet.
    await page.waitForSelector("progress[value='40'] + ol:has-text('Slowly: 40 %') + p[hidden]", {
      state: "attached",
    });
    await page.screenshot({ path: join(screenshots, `launch-${release}.png`) });
    await page.waitForSelector("p:not([hidden]) a");
    const messages = await page.locator("li").allTextContents();
    expect(messages[0]).toBe("Server requested");
    expect(messages).toContain("Slowly: 20 %");
    expect(messages.at(-1)).toBe(`Server ready at ${prefix}/user/ada/`);
    expect(await page.locator("progress").evaluate((bar: HTMLProgressElement) => bar.value)).toBe(
      100,
    );
    const link = await page.locator("a").evaluate((anchor: HTMLAnchorElement) => anchor.href);
    expect(link).toBe(`${origin}${prefix}/user/ada/`);
  });

  it("refuses to start a server without a login or for a page of another site", async () => {
    const start = (from: string) =>
      fetch(`${origin}${launch}launch`, { method: "POST", headers: { Origin: from } });
    expect((await start(origin)).status).toBe(401);
    expect((await start("https://elsewhere.example")).status).toBe(403);
  });

  it("shows why a server does not start", async () => {
    await fixture.hub.users.ensure("bea");
    await fixture.hub.servers
      .start("bea", { user_options: { behave: "fail" } })
      .catch(() => undefined);
    const page = await openLaunchPage("bea");
    await page.waitForSelector("li:last-child:has-text('did not start')");
    expect(await page.locator("p").isHidden()).toBe(true);
  });
});
