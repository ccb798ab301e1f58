/** A real hub behind a real proxy, as people reach it: servers at their URLs, and what the proxy says when it must answer itself. */
import { describe, expect, it } from "vitest";
import { HubError, JupyterHub, UnexpectedResponseError } from "jupyterhub-client";
import { failure, openStory } from "./story.js";

const story = openStory("routed", { proxy: "configurable-http-proxy", database: "file" });

/** A client on the hub's own port, past the proxy, as services beside the hub have it. */
const beside = (): JupyterHub =>
  new JupyterHub({
    url: story.real.directUrl,
    token: story.real.tokens.admin,
    fetch: story.recorder.fetch,
  });
const statusAt = async (url: string): Promise<number> =>
  (await fetch(url, { redirect: "manual" })).status;

describe("behind a proxy", () => {
  let ada = "";

  it("a server is reached at its URL once it is started", async () => {
    const { hub } = story;
    await hub.users.create("ada");
    const server = await hub.servers.start("ada");
    ada = new URL(server.url, hub.publicUrl).href;
    expect(ada).toBe(`${story.real.publicUrl}user/ada/`);
    expect(await statusAt(ada)).toBe(200);
  });

  it("its route is listed with where it leads, page by page too", async () => {
    const routes = await story.hub.proxy.listRoutes({ limit: 1 });
    const mine = routes.find(({ routespec }) => routespec === "/user/ada/");
    expect(mine).toMatchObject({ data: { user: "ada", server_name: "" } });
    expect(await statusAt(mine?.target ?? "")).toBe(200);
    expect(routes.map(({ routespec }) => routespec)).toContain("/");
  });

  it("a hub that its proxy does not let in fails at its routes, and at nothing else", async () => {
    const { proxy, users } = story.hub;
    expect(await failure(proxy.update({ auth_token: "not its token" }))).toBeInstanceOf(HubError);
    expect(await failure(proxy.listRoutes())).toBeInstanceOf(HubError);
    expect(await failure(proxy.sync())).toBeInstanceOf(HubError);
    expect((await users.get("ada")).name).toBe("ada");
    await proxy.update({ auth_token: story.real.proxy?.token ?? "" });
    expect((await proxy.listRoutes()).length).toBeGreaterThan(1);
  });

  it("a proxy that has forgotten its routes is no hub, until the hub tells it again", async () => {
    await story.real.proxy?.restart();
    expect(await statusAt(ada)).toBe(404);
    expect(await failure(story.hub.version())).toBeInstanceOf(UnexpectedResponseError);
    await beside().proxy.sync();
    expect(await story.hub.version()).toBe(story.real.version);
    expect(await statusAt(ada)).toBe(200);
  });

  it("an outage of the hub is a HubError, and over when the hub is back with its users", async () => {
    await story.real.kill();
    expect(await failure(story.hub.users.get("ada"))).toBeInstanceOf(HubError);
    expect(await failure(story.hub.users.get("ada"))).toMatchObject({ status: 503 });
    await story.real.restart();
    expect((await story.hub.users.get("ada")).name).toBe("ada");
    expect((await story.hub.servers.start("ada")).ready).toBe(true);
    expect(await statusAt(ada)).toBe(200);
  });

  it("a stopped server's URL leads to the hub again", async () => {
    await story.hub.servers.stop("ada");
    expect(await statusAt(ada)).not.toBe(200);
  });
});
