/** The example service as a hub runs it: configured by environment variables, behind the hub's proxy. */
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { Cookies, consent, loginByForm } from "./login.js";
import { useHubFixture, since } from "./hub-fixture.js";

const fromHere = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const command = [
  process.execPath,
  fromHere("../../node_modules/tsx/dist/cli.mjs"),
  fromHere("../../examples/service/main.ts"),
];
const extraConfig = `
import socket
with socket.socket() as probe:
    probe.bind(("127.0.0.1", 0))
    port = probe.getsockname()[1]
c.JupyterHub.services.append({
    "name": "portal",
    "url": f"http://127.0.0.1:{port}",
    "command": ${JSON.stringify(command)},
    "oauth_no_confirm": True,
})
c.JupyterHub.load_groups = {"portal": ["ada"]}
c.JupyterHub.load_roles += [
    {"name": "portal-users", "groups": ["portal"], "scopes": ["access:services!service=portal"]},
    {"name": "portal", "services": ["portal"], "scopes": ["tokens!group=portal"]},
]
`;
const prefix = "services/portal/";

if (since("3.0")) {
  const fixture = useHubFixture("service-run", { proxy: "configurable-http-proxy", extraConfig });
  let ada: Cookies;
  const cookies = new Cookies();

  const open = async (path: string): Promise<Response> => {
    const url = new URL(path, fixture.real.publicUrl);
    const headers = { Accept: "text/html", Cookie: cookies.header() };
    const response = await fetch(url, { headers, redirect: "manual" });
    for (const line of response.headers.getSetCookie()) cookies.absorb(line);
    return response;
  };
  const location = (response: Response): string => response.headers.get("Location") ?? "";

  beforeAll(async () => {
    await fixture.hub.users.ensure("ada");
    ada = await loginByForm(fixture.real.publicUrl + "hub", "ada", fixture.real.password);
    // The hub answers before its services are ready.
    await vi.waitFor(async () => expect((await open(prefix)).status).toBe(302), {
      timeout: 30_000,
      interval: 200,
    });
  });

  describe("a browser, with the hub and the service on one origin", () => {
    it("is redirected to the hub by a relative URL, and then back to the requested page", async () => {
      const link = location(await open(`${prefix}me?year=1843`));
      expect(link).toMatch(/^\/hub\/api\/oauth2\/authorize\?client_id=service-portal&/);
      const callback = await consent(new URL(link, fixture.real.publicUrl).href, ada);
      expect(callback.href.startsWith(`${fixture.real.publicUrl}${prefix}oauth_callback?`)).toBe(
        true,
      );
      const answer = await open(callback.href);
      expect(location(answer)).toBe(`/${prefix}me?year=1843`);
      expect(await (await open(location(answer))).json()).toEqual({ kind: "user", name: "ada" });
    });
  });

  it("a page of the service can log the user out and revoke the token; a page of another site cannot", async () => {
    const { origin } = new URL(fixture.real.publicUrl);
    const logout = async (from: string): Promise<number> => {
      const url = new URL(`${prefix}logout`, fixture.real.publicUrl);
      const headers = { Cookie: cookies.header(), Origin: from };
      return (await fetch(url, { method: "POST", headers, body: new URLSearchParams() })).status;
    };
    const clients = async () =>
      (await fixture.hub.tokens.list("ada")).map(({ oauth_client: client }) => client);
    expect(await clients()).toContain("JupyterHub service portal");
    expect(await logout("https://elsewhere.example")).toBe(403);
    expect((await open(`${prefix}me`)).status).toBe(200);
    expect(await logout(origin)).toBe(200);
    expect((await open(`${prefix}me`)).status).toBe(302);
    expect(await clients()).not.toContain("JupyterHub service portal");
  });

  it("an unknown token is refused with a response that does not contain the hub's address", async () => {
    const headers = { Authorization: "token unknown" };
    const answer = await fetch(`${fixture.real.publicUrl}${prefix}me`, { headers });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toEqual({ message: "Log in, or send a token of the hub" });
  });

  it("a token of the hub is accepted in place of a login", async () => {
    const scopes = ["access:services!service=portal"];
    const { token } = await fixture.hub.tokens.create("ada", { scopes });
    const headers = { Authorization: `token ${token}` };
    const answer = await fetch(`${fixture.real.publicUrl}${prefix}me`, { headers });
    expect(await answer.json()).toEqual({ kind: "user", name: "ada" });
  });
}
