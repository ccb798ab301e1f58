/** The example service (examples/service), whose users log in through a real hub. */
import { beforeAll, describe, expect, it, vi } from "vitest";
import { JupyterHub } from "jupyterhub-client";
import { createService } from "../../examples/service/app.js";
import { Cookies, consent, loginByForm } from "./login.js";
import { useHubFixture, since } from "./hub-fixture.js";

const origin = "https://portal.example";
const prefix = "/services/portal/";
const redirectUri = `${origin}${prefix}oauth_callback`;
const clientSecret = "a-secret-of-the-portal";
// Ada and Lin have access to the portal, Grace does not. The portal may revoke the tokens of Ada, who is in its group,
// but not those of Lin.
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
  const fixture = useHubFixture("service", { extraConfig });
  let app: ReturnType<typeof createService>;
  let ada: Cookies;

  beforeAll(async () => {
    await fixture.hub.users.ensure("ada");
    await fixture.hub.users.ensure("grace");
    await fixture.hub.users.ensure("lin");
    const oauth = { clientId: "service-portal", clientSecret, redirectUri };
    const { url } = fixture.real;
    const hub = new JupyterHub({ url, token: clientSecret, oauth, fetch: fixture.recorder.fetch });
    app = createService({ hub, name: "portal", prefix });
    ada = await loginByForm(fixture.real.url, "ada", fixture.real.password);
  });

  /** Returns a minimal browser, with its own cookies, that sends its requests to the service. */
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
  /** Submits the logout form. By default, the headers are those of a page of the service. */
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

  /** Logs a user in from a page of the service. Returns the callback URL and the service's response to it. */
  const loggedIn = async (visitor: ReturnType<typeof browser>, link: string, user = ada) => {
    const callback = await consent(location(await visitor.open(link)), user);
    return { callback: callback.href, answer: await visitor.open(callback.href) };
  };

  describe("a browser", () => {
    it("is redirected to the hub and back to the requested page", async () => {
      const visitor = browser();
      const { answer } = await loggedIn(visitor, `${prefix}me?year=1843`);
      expect(answer.status).toBe(302);
      expect(location(answer)).toBe(`${prefix}me?year=1843`);
      const page = await visitor.open(location(answer));
      expect(await page.json()).toMatchObject({ kind: "user", name: "ada" });
    });

    it("gets cookies that scripts, other sites and other services cannot read", async () => {
      const visitor = browser();
      const { answer } = await loggedIn(visitor, prefix);
      const session = answer.headers.getSetCookie().find((line) => line.startsWith("session="));
      expect(session).toMatch(/; Path=\/services\/portal\/; HttpOnly; Secure; SameSite=Lax$/);
    });

    it("is refused if it sends a forged or modified cookie", async () => {
      const visitor = browser();
      await loggedIn(visitor, prefix);
      const [, value = ""] = /session=([^;]+)/.exec(visitor.cookies.header()) ?? [];
      for (const forged of ["x", `x${value}`, ""]) {
        const headers = { Cookie: `session=${forged}`, Accept: "application/json" };
        const { status } = await app.request(origin + prefix, { headers });
        expect(status).toBe(401);
      }
    });

    it("cannot use its old cookie after logout", async () => {
      const visitor = browser();
      await loggedIn(visitor, prefix);
      const before = visitor.cookies.header();
      expect((await logout(visitor)).status).toBe(200);
      const { status } = await app.request(origin + prefix, { headers: { Cookie: before } });
      expect(status).toBe(401);
    });

    it("loses only its own token for the service at logout; the user's other tokens remain", async () => {
      const owned = async () =>
        (await fixture.hub.tokens.list("ada")).map(({ oauth_client: client }) => client);
      const visitor = browser();
      await loggedIn(visitor, prefix);
      await fixture.hub.tokens.create("ada", { note: "to be kept" });
      const client = "JupyterHub service portal";
      expect(await owned()).toContain(client);
      await logout(visitor);
      expect(await owned()).not.toContain(client);
      expect((await owned()).length).toBeGreaterThan(0);
    });

    it("is logged out even if the token cannot be revoked, and the failure is logged", async () => {
      const lin = await loginByForm(fixture.real.url, "lin", fixture.real.password);
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
      ["an invalid origin", { Origin: "portal.example" }],
      ["a page without origin headers", {}],
    ])("is not logged out by a form from %s", async (_, headers) => {
      const visitor = browser();
      await loggedIn(visitor, prefix);
      const answer = await logout(visitor, headers);
      expect(answer.status).toBe(403);
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect((await visitor.open(prefix)).status).toBe(200);
    });

    it.each<[string, Record<string, string>]>([
      ["the Origin header", { Origin: origin }],
      [
        "the Origin header, behind a proxy that terminates TLS",
        { Origin: origin.replace("s:", ":") },
      ],
      ["the Sec-Fetch-Site header", { "Sec-Fetch-Site": "same-origin" }],
    ])("is logged out by a form of the service, which is recognised by %s", async (_, headers) => {
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
    ])("is not redirected to %s after a login", async (next) => {
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

    it("is refused if its state is not that of the login", async () => {
      const visitor = browser();
      const callback = await consent(location(await visitor.open(prefix)), ada);
      callback.searchParams.set("state", "made-up");
      await refused(visitor, callback.href);
    });

    it("is refused in a browser other than the one that began the login", async () => {
      const callback = await consent(location(await browser().open(prefix)), ada);
      await refused(browser(), callback.href);
    });

    it("works only once", async () => {
      const visitor = browser();
      const { callback } = await loggedIn(visitor, prefix);
      await refused(visitor, callback);
    });
  });

  describe("a token", () => {
    const fetchAs = async (owner: string, scopes: string[] | undefined) => {
      const { token } = await fixture.hub.tokens.create(owner, scopes ? { scopes } : {});
      return app.request(`${origin}${prefix}me`, { headers: { Authorization: `Bearer ${token}` } });
    };

    it("with access to the service is accepted", async () => {
      const answer = await fetchAs("ada", ["access:services!service=portal"]);
      expect(answer.status).toBe(200);
      expect(await answer.json()).toMatchObject({ name: "ada" });
    });

    it("without access to the service is refused", async () => {
      expect((await fetchAs("ada", ["read:users!user"])).status).toBe(403);
      expect((await fetchAs("grace", undefined)).status).toBe(403);
    });

    it("is refused if it is missing, or unknown to the hub", async () => {
      for (const headers of [{ Authorization: "Bearer unknown" }, {}]) {
        const answer = await app.request(`${origin}${prefix}me`, { headers });
        expect(answer.status).toBe(401);
        expect(await answer.json()).toEqual({ message: "Log in, or send a token of the hub" });
      }
    });

    it.each([
      ["an unknown token", `${prefix}me`, { Authorization: "Bearer unknown" }],
      ["a malformed token", `${prefix}me`, { Authorization: "Bearer ü" }],
      ["the code of a callback without a login", `${prefix}oauth_callback?code=x&state=y`, {}],
    ])(
      "is refused, like an OAuth code, with a response that does not contain the hub's address: %s",
      async (_, path, headers) => {
        const answer = await app.request(origin + path, { headers });
        expect([401, 403]).toContain(answer.status);
        const text = await answer.text();
        expect(text).not.toContain("http");
        expect(text).not.toContain("hub/api");
      },
    );
  });

  it("a user without access to the service sees the hub's refusal", async () => {
    const grace = await loginByForm(fixture.real.url, "grace", fixture.real.password);
    const link = location(await browser().open(prefix));
    await expect(consent(link, grace)).rejects.toThrow("The hub did not authorize: 403.");
  });
}
