/** The way to a server behind a real proxy: to one that runs, and what comes of it when it does not. */
import { beforeAll, describe, expect, it } from "vitest";
import { InvalidInputError, NotFoundError, ServerNotRunningError } from "jupyterhub-client";
import { failure, itBefore, itSince, openStory, since } from "./story.js";

const story = openStory("connection", { proxy: "configurable-http-proxy" });

/** Names that the hub and JavaScript escape differently; a hub of 6 has fewer for servers. */
const odd = { user: "ada@(home)!*'~ +%C3", server: since("6.0") ? "gpu-2" : "g+u!@(1)~" };
// Before 3.0 no token can be made for one server.
const call = since("3.0") ? {} : { useClientToken: true };
const here = (url: string): string => url.replace(story.real.publicUrl, "/");

beforeAll(async () => {
  await story.hub.users.create("ada");
  await story.hub.users.create(odd.user);
});

describe("a server that runs", () => {
  it("is reached at its address, with a token that reaches it alone", async () => {
    const { servers } = story.hub;
    await servers.start("ada");
    const { baseUrl, token, fetch } = await servers.connect("ada", {}, call);
    expect(here(baseUrl)).toBe("/user/ada/");
    expect(await (await fetch(`${baseUrl}api/status`)).text()).toBe("ok");
    if (!since("3.0")) return;
    const { scopes, kind } = await story.as(token).whoami();
    expect(kind).toBe("user");
    expect(scopes.filter((scope) => !/^read:users:(name|groups)!/.test(scope))).toEqual([
      "access:servers!server=ada/",
    ]);
    const made = (await story.hub.tokens.list("ada")).find(
      ({ note }) => note === "To reach a server",
    );
    expect(made?.expires_at).toEqual(expect.any(String));
  });

  it("is reached by whatever name it and its user have", async () => {
    const { servers } = story.hub;
    for (const server of ["", odd.server]) {
      await servers.start(odd.user, { server });
      const response = await servers.fetch(odd.user, "/api/status", {}, { ...call, server });
      expect(await response.text()).toBe("ok");
    }
  });

  it("is not sent what the proxy would give to another server of the user", async () => {
    const { servers } = story.hub;
    await servers.start("ada", { server: "other" });
    const { baseUrl, fetch } = await servers.connect("ada", {}, call);
    for (const path of ["other/api/status", "%6Fther/api/status", "other%2Fapi%2Fstatus"]) {
      expect(await failure(fetch(baseUrl + path))).toBeInstanceOf(InvalidInputError);
      const sent = servers.fetch("ada", path, {}, call);
      expect(await failure(sent)).toBeInstanceOf(InvalidInputError);
    }
    // The proxy decodes before it routes. With the other server gone, that is what the path leads to.
    const routes = await story.hub.proxy.listRoutes();
    const { target = "" } = routes.find(({ routespec }) => routespec === "/user/ada/other/")!;
    const raw = async () => (await globalThis.fetch(`${baseUrl}%6Fther/api/status`)).status;
    expect(await raw()).toBe(200);
    await globalThis.fetch(`${target}/die`).catch(() => undefined);
    expect(await raw()).not.toBe(200);
    expect((await fetch(`${baseUrl}api/status`)).status).toBe(200);
    await servers.stop("ada", { server: "other" });
  });

  itBefore("3.0")("has no token of its own on this hub", async () => {
    const error = await failure(story.hub.servers.connect("ada"));
    expect(error).toMatchObject({ name: "UnsupportedByHubError", since: "3.0" });
  });
});

describe("a server that does not run", () => {
  it("has no connection", async () => {
    await story.hub.users.create("grace");
    const error = await failure(story.hub.servers.connect("grace", {}, call));
    expect(error).toBeInstanceOf(ServerNotRunningError);
    const named = story.hub.servers.connect("grace", { server: "gpu" }, call);
    expect(await failure(named)).toBeInstanceOf(NotFoundError);
    const nobody = story.hub.servers.connect("nobody", {}, call);
    expect(await failure(nobody)).toBeInstanceOf(NotFoundError);
  });

  itSince("3.0")("has none by a name that ran once", async () => {
    const { servers } = story.hub;
    await servers.start("grace", { server: "once" });
    await servers.stop("grace", { server: "once" });
    const error = await failure(servers.connect("grace", { server: "once" }));
    expect(error).toBeInstanceOf(ServerNotRunningError);
  });

  it.each(["GET", "POST", "DELETE"])(
    "any more is told so to a connection of when it did: %s",
    async (method) => {
      const { servers } = story.hub;
      await servers.start("ada");
      const { baseUrl, fetch } = await servers.connect("ada", {}, call);
      await servers.fetch("ada", "/api/status", {}, call);
      await servers.stop("ada");
      const ask = () => fetch(`${baseUrl}api/status`, { method });
      expect(await failure(ask())).toBeInstanceOf(ServerNotRunningError);
      const again = servers.fetch("ada", "/api/status", { method }, call);
      expect(await failure(again)).toBeInstanceOf(ServerNotRunningError);
    },
  );

  it("has died, and the hub does not know it yet", async () => {
    const { servers, proxy } = story.hub;
    await servers.start("ada");
    const { baseUrl, fetch } = await servers.connect("ada", {}, call);
    const { target = "" } = (await proxy.listRoutes()).find(
      ({ routespec }) => routespec === "/user/ada/",
    )!;
    await globalThis.fetch(`${target}/die`).catch(() => undefined);
    expect(await failure(fetch(`${baseUrl}api/status`))).toBeInstanceOf(ServerNotRunningError);
  });
});
