/** A real hub with a subdomain for each user: the addresses of servers. */
import { describe, expect, it } from "vitest";
import { InvalidInputError, JupyterHub } from "jupyterhub-client";
import { failure, itBefore, itSince, since, useHubFixture } from "./hub-fixture.js";

const extraConfig = `
c.JupyterHub.subdomain_host = "http://hub.localhost:" + env["HUB_URL"].rsplit(":", 1)[1]
`;
const fixture = useHubFixture("subdomains", { extraConfig });
// Before 3.0, no token can be limited to one server.
const call = since("3.0") ? {} : { useClientToken: true };

describe("a hub with subdomains", () => {
  it("serves each user's servers at a subdomain, and `connect` uses its address", async () => {
    const { url, tokens } = fixture.real;
    await fixture.hub.users.create("ada");
    await fixture.hub.servers.start("ada");
    const { port } = new URL(url);
    const publicUrl = `http://hub.localhost:${port}`;
    const { fetch } = fixture.recorder;
    const hub = new JupyterHub({ url, publicUrl, token: tokens.admin, fetch });
    const { baseUrl } = await hub.servers.connect("ada", {}, call);
    expect(baseUrl).toBe(`http://ada.hub.localhost:${port}/user/ada/`);
  });

  itSince("5.0")(
    "gives servers a full_url, which a client with the hub's private address connects to",
    async () => {
      const { baseUrl } = await fixture.hub.servers.connect("ada");
      expect(baseUrl).toBe(`http://ada.hub.localhost:${new URL(fixture.real.url).port}/user/ada/`);
    },
  );

  itBefore("5.0")(
    "allows no connection by a client that has only the hub's private address",
    async () => {
      const before = await fixture.hub.tokens.list("ada");
      const error = await failure(fixture.hub.servers.connect("ada", {}, call));
      expect(error).toBeInstanceOf(InvalidInputError);
      expect((error as Error).message).toContain("Check publicUrl.");
      expect(await fixture.hub.tokens.list("ada")).toHaveLength(before.length);
    },
  );
});
