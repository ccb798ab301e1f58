/** The example of a service (examples/service), its users logging in with a real hub. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import { JupyterHub } from "jupyterhub-client";
import { createService } from "../../examples/service/app.js";
import { Cookies, consent, loginByForm } from "./login.js";
import { openStory, since } from "./story.js";

const origin = "https://portal.example";
const prefix = "/services/portal/";
const redirectUri = `${origin}${prefix}oauth_callback`;
const clientSecret = "a-secret-of-the-portal";
// Ada and Lin may use the portal, Grace may not. The portal may revoke tokens of Ada's group, and not Lin's.
const extraConfig = `
c.JupyterHub.services.append({
    "name": "portal",
    "api_token": "${clientSecret}",
    "oauth_client_id": "service-portal",
    "oauth_redirect_uri": "${redirectUri}",
    "oauth_no_confirm": True,
})
c.JupyterHub.load_groups = {"portal": ["ada"]}
c.JupyterHub.load_roles += [
    {"name": "portal-users", "users": ["ada", "lin"], "scopes": ["access:services!service=portal"]},
    {"name": "portal", "services": ["portal"], "scopes": ["tokens!group=portal"]},
]
`;

if (since("3.0")) {
  const story = openStory("service", { extraConfig });
  let app: ReturnType<typeof createService>;
  let ada: Cookies;

  beforeAll(async () => {
    await story.hub.users.ensure("ada");
    await story.hub.users.ensure("grace");
    await story.hub.users.ensure("lin");
    const oauth = { clientId: "service-portal", clientSecret, redirectUri };
    const { url } = story.real;
    const hub = new JupyterHub({ url, token: clientSecret, oauth, fetch: story.recorder.fetch });
    app = createService({ hub, name: "portal", prefix });
    ada = await loginByForm(story.real.url, "ada", story.real.password);
  });

  /** A browser as far as the service is concerned. */
  const browser = () => {
    const cookies = new Cookies();
    return {
      cookies,
      async open(link: string, init: RequestInit = {}) {
        const headers = { Accept: "text/html", Cookie: cookies.header(), ...init.headers };
        const response = await app.request(new URL(link, origin).href, { ...init, headers });
        for (const line of response.headers.getSetCookie()) cookies.absorb(line);
        return response;
      },
    };
  };
  /** Submits the form that logs out, as a page of this origin does. */
  const logout = (
    visitor: ReturnType<typeof browser>,
    headers = { Origin: origin } as Record<string, string>,
  ) =>
    visitor.open(`${prefix}logout`, {
      method: "POST",
      headers: {
        Host: new URL(origin).host,
        "Content-Type": "application/x-www-form-urlencoded",
        ...headers,
      },
    });
  const location = (response: Response): string => response.headers.get("Location") ?? "";

  /** Logs a user in, from a page of the service; the answer is the one to the callback. */
  const loggedIn = async (visitor: ReturnType<typeof browser>, link: string, user = ada) => {
    const callback = await consent(location(await visitor.open(link)), user);
    return { callback: callback.href, answer: await visitor.open(callback.href) };
  };

  describe("a browser", () => {
    it("is sent to the hub and back to the page that it wanted", async () => {
      const visitor = browser();
      const { answer } = await loggedIn(visitor, `${prefix}me?year=1843`);
      expect(answer.status).toBe(302);
      expect(location(answer)).toBe(`${prefix}me?year=1843`);
      const page = await visitor.open(location(answer));
      expect(await page.json()).toMatchObject({ kind: "user", name: "ada" });
    });

    it("gets cookies that no script, no other site and no other service sees", async () => {
      const visitor = browser();
      const { answer } = await loggedIn(visitor, prefix);
      const session = answer.headers.getSetCookie().find((line) => line.startsWith("session="));
      expect(session).toMatch(/; Path=\/services\/portal\/; HttpOnly; Secure; SameSite=Lax$/);
    });

    it("is let in by no cookie that was made up or changed", async () => {
      const visitor = browser();
      await loggedIn(visitor, prefix);
      const [, value = ""] = /session=([^;]+)/.exec(visitor.cookies.header()) ?? [];
      for (const forged of ["x", `x${value}`, ""]) {
        const headers = { Cookie: `session=${forged}`, Accept: "application/json" };
        const { status } = await app.request(origin + prefix, { headers });
        expect(status).toBe(401);
      }
    });

    it("is out again after it has logged out", async () => {
      const visitor = browser();
      await loggedIn(visitor, prefix);
      const before = visitor.cookies.header();
      expect((await logout(visitor)).status).toBe(200);
      const { status } = await app.request(origin + prefix, { headers: { Cookie: before } });
      expect(status).toBe(401);
    });

    it("leaves no token of its own behind when it logs out, and those of others", async () => {
      const owned = async () =>
        (await story.hub.tokens.list("ada")).map(({ oauth_client: client }) => client);
      const visitor = browser();
      await loggedIn(visitor, prefix);
      await story.hub.tokens.create("ada", { note: "to be kept" });
      const client = "JupyterHub service portal";
      expect(await owned()).toContain(client);
      await logout(visitor);
      expect(await owned()).not.toContain(client);
      expect((await owned()).length).toBeGreaterThan(0);
    });

    it("is out also where the service may not revoke its token, which the log tells", async () => {
      const lin = await loginByForm(story.real.url, "lin", story.real.password);
      const visitor = browser();
      await loggedIn(visitor, prefix, lin);
      const before = visitor.cookies.header();
      const log = vi.spyOn(console, "error").mockImplementation(() => {});
      expect((await logout(visitor)).status).toBe(200);
      expect(log).toHaveBeenCalledOnce();
      log.mockRestore();
      const { status } = await app.request(origin + prefix, { headers: { Cookie: before } });
      expect(status).toBe(401);
    });

    it.each<[string, Record<string, string>]>([
      ["another site", { Origin: "https://elsewhere.example", "Sec-Fetch-Site": "cross-site" }],
      [
        "another site, in a browser without Sec-Fetch-Site",
        { Origin: "https://elsewhere.example" },
      ],
      ["another port", { Origin: `${origin}:8443`, "Sec-Fetch-Site": "same-site" }],
      ["a subdomain", { Origin: "https://mallory.portal.example", "Sec-Fetch-Site": "same-site" }],
      ["a page without an origin", { Origin: "null" }],
      ["an origin that is none", { Origin: "portal.example" }],
      ["nowhere", {}],
    ])("is not logged out by a form of %s", async (_, headers) => {
      const visitor = browser();
      await loggedIn(visitor, prefix);
      const answer = await logout(visitor, headers);
      expect(answer.status).toBe(403);
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect((await visitor.open(prefix)).status).toBe(200);
    });

    it.each<[string, Record<string, string>]>([
      ["its origin", { Origin: origin }],
      ["its origin, behind a proxy that ends TLS", { Origin: origin.replace("s:", ":") }],
      ["its browser", { "Sec-Fetch-Site": "same-origin" }],
    ])("is logged out by a form of the service, which %s tells", async (_, headers) => {
      const visitor = browser();
      await loggedIn(visitor, prefix);
      expect((await logout(visitor, headers)).status).toBe(200);
    });

    it.each([
      "https://elsewhere.example/",
      "//elsewhere.example/",
      "/\\elsewhere.example/",
      "/services/other/",
      `${prefix}../other/`,
      "/hub/home",
    ])("is not led to %s", async (next) => {
      const link = `${prefix}login?next=${encodeURIComponent(next)}`;
      const { answer } = await loggedIn(browser(), link);
      expect(location(answer)).toBe(prefix);
    });
  });

  describe("a callback", () => {
    const refused = async (visitor: ReturnType<typeof browser>, link: string) => {
      const answer = await visitor.open(link);
      expect(answer.status).toBe(403);
      expect(answer.headers.getSetCookie().join()).not.toContain("session=");
    };

    it("with another state lets nobody in", async () => {
      const visitor = browser();
      const callback = await consent(location(await visitor.open(prefix)), ada);
      callback.searchParams.set("state", "made-up");
      await refused(visitor, callback.href);
    });

    it("in another browser lets nobody in", async () => {
      const callback = await consent(location(await browser().open(prefix)), ada);
      await refused(browser(), callback.href);
    });

    it("is good for once", async () => {
      const visitor = browser();
      const { callback } = await loggedIn(visitor, prefix);
      await refused(visitor, callback);
    });
  });

  describe("a token", () => {
    const asked = async (owner: string, scopes: string[] | undefined) => {
      const { token } = await story.hub.tokens.create(owner, scopes ? { scopes } : {});
      return app.request(`${origin}${prefix}me`, { headers: { Authorization: `Bearer ${token}` } });
    };

    it("that may use the service comes in", async () => {
      const answer = await asked("ada", ["access:services!service=portal"]);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ name: "ada" });
    });

    it("that may not stays out", async () => {
      expect((await asked("ada", ["read:users!user"])).status).toBe(403);
      expect((await asked("grace", undefined)).status).toBe(403);
    });

    it("that the hub does not know stays out, and so does none", async () => {
      for (const headers of [{ Authorization: "Bearer unknown" }, {}]) {
        const answer = await app.request(`${origin}${prefix}me`, { headers });
        expect(answer.status).toBe(401);
        expect(await answer.json()).toEqual({ message: "Log in, or send a token of the hub" });
      }
    });

    it.each([
      ["a token that is unknown", `${prefix}me`, { Authorization: "Bearer unknown" }],
      ["a token that is malformed", `${prefix}me`, { Authorization: "Bearer ü" }],
      ["a callback of nobody", `${prefix}oauth_callback?code=x&state=y`, {}],
    ])("is refused without a word of where the hub is: %s", async (_, path, headers) => {
      const answer = await app.request(origin + path, { headers });
      expect([401, 403]).toContain(answer.status);
      const text = await answer.text();
      expect(text).not.toContain("http");
      expect(text).not.toContain("hub/api");
    });
  });

  it("who may not use the service is told so by the hub", async () => {
    const grace = await loginByForm(story.real.url, "grace", story.real.password);
    const link = location(await browser().open(prefix));
    await expect(consent(link, grace)).rejects.toThrow("The hub did not authorize: 403.");
  });
}
