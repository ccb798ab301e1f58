/**
 * A real hub behind a real proxy, as users reach it: servers at their URLs, and the proxy's own responses.
 */
import { describe, expect, it } from "vitest";
import { HubError, JupyterHub, UnexpectedResponseError } from "jupyterhub-client";
import { failure, useHubFixture } from "./hub-fixture.js";

const fixture = useHubFixture("behind-proxy", {
  proxy: "configurable-http-proxy",
  database: "file",
});

/** A client for the hub's own port, as services on the same machine use it. */
const beside = (): JupyterHub =>
  new JupyterHub({
    url: fixture.real.directUrl,
    token: fixture.real.tokens.admin,
    fetch: fixture.recorder.fetch,
  });
const statusAt = async (url: string): Promise<number> =>
  (await fetch(url, { redirect: "manual" })).status;

describe("a hub behind configurable-http-proxy", () => {
  let ada = "";

  it("routes a started server's URL", async () => {
    const { hub } = fixture;
    await hub.users.create("ada");
    const server = await hub.servers.start("ada");
    ada = new URL(server.url, hub.publicUrl).href;
    expect(ada).toBe(`${fixture.real.publicUrl}user/ada/`);
    expect(await statusAt(ada)).toBe(200);
  });

  it("lists the server's route and target, also paginated", async () => {
    const routes = await fixture.hub.proxy.listRoutes({ limit: 1 });
    const mine = routes.find(({ routespec }) => routespec === "/user/ada/");
    expect(mine).toMatchObject({ data: { user: "ada", server_name: "" } });
    expect(await statusAt(mine?.target ?? "")).toBe(200);
    expect(routes.map(({ routespec }) => routespec)).toContain("/");
  });

  it("fails only on routes if the proxy rejects the hub's token", async () => {
    const { proxy, users } = fixture.hub;
    expect(await failure(proxy.update({ auth_token: "not its token" }))).toBeInstanceOf(HubError);
    expect(await failure(proxy.listRoutes())).toBeInstanceOf(HubError);
    expect(await failure(proxy.sync())).toBeInstanceOf(HubError);
    expect((await users.get("ada")).name).toBe("ada");
    await proxy.update({ auth_token: fixture.real.proxy?.token ?? "" });
    expect((await proxy.listRoutes()).length).toBeGreaterThan(1);
  });

  it("is unreachable after the proxy lost its routes, until a sync", async () => {
    await fixture.real.proxy?.restart();
    expect(await statusAt(ada)).toBe(404);
    expect(await failure(fixture.hub.version())).toBeInstanceOf(UnexpectedResponseError);
    await beside().proxy.sync();
    expect(await fixture.hub.version()).toBe(fixture.real.version);
    expect(await statusAt(ada)).toBe(200);
  });

  it("rejects with HubError while the hub is down, and recovers afterwards", async () => {
    await fixture.real.kill();
    expect(await failure(fixture.hub.users.get("ada"))).toBeInstanceOf(HubError);
    expect(await failure(fixture.hub.users.get("ada"))).toMatchObject({ status: 503 });
    await fixture.real.restart();
    expect((await fixture.hub.users.get("ada")).name).toBe("ada");
    expect((await fixture.hub.servers.start("ada")).ready).toBe(true);
    expect(await statusAt(ada)).toBe(200);
  });

  it("routes a stopped server's URL to the hub again", async () => {
    await fixture.hub.servers.stop("ada");
    expect(await statusAt(ada)).not.toBe(200);
  });
});
