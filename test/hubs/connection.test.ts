/** Connections to running and stopped servers behind a real proxy. */
import { beforeAll, describe, expect, it } from "vitest";
import {
  InvalidInputError,
  JupyterHub,
  NotFoundError,
  ServerNotRunningError,
} from "jupyterhub-client";
import { failure, itBefore, itSince, useHubFixture, since } from "./hub-fixture.js";

const fixture = useHubFixture("connection", {
  proxy: "configurable-http-proxy",
  // Older hubs do not know this setting, and ignore it.
  extraConfig: "c.JupyterHub.token_expires_in_max_seconds = 1800",
});

/** Names that the hub and JavaScript encode differently. Hubs since 6.0 allow fewer server names. */
const odd = { user: "ada@(home)!*'~ +%C3", server: since("6.0") ? "gpu-2" : "g+u!@(1)~" };
// Before 3.0, no token can be limited to one server.
const call = since("3.0") ? {} : { useClientToken: true };
const here = (url: string): string => url.replace(fixture.real.publicUrl, "/");

beforeAll(async () => {
  await fixture.hub.users.create("ada");
  await fixture.hub.users.create(odd.user);
});

describe("a connection to a running server", () => {
  it("uses the server's address and a token that is limited to this server", async () => {
    const { servers } = fixture.hub;
    await servers.start("ada");
    const { baseUrl, token, fetch } = await servers.connect("ada", {}, call);
    expect(here(baseUrl)).toBe("/user/ada/");
    expect(await (await fetch(`${baseUrl}api/status`)).text()).toBe("ok");
    if (!since("3.0")) return;
    const { scopes, kind } = await fixture.as(token).whoami();
    expect(kind).toBe("user");
    expect(scopes.filter((scope) => !/^read:users:(name|groups)!/.test(scope))).toEqual([
      "access:servers!server=ada/",
    ]);
    const made = (await fixture.hub.tokens.list("ada")).find(
      ({ note }) => note === "To reach a server",
    );
    expect(made?.expires_at).toEqual(expect.any(String));
  });

  itSince("5.0")(
    "has a token with the hub's maximum lifetime if the call gives no lifetime",
    async () => {
      const { servers, tokens } = fixture.hub;
      await servers.connect("ada");
      await using lent = await tokens.createTemporary("ada", { note: "lent" });
      const made = (await tokens.list("ada")).filter(({ note }) =>
        ["To reach a server", "lent"].includes(note ?? ""),
      );
      for (const { created, expires_at } of made) {
        const seconds = (Date.parse(expires_at ?? "") - Date.parse(created)) / 1000;
        expect(seconds).toBeCloseTo(1800, -1);
      }
      expect(made.map(({ id }) => id)).toContain(lent.id);
    },
  );

  itSince("5.0")("rejects a lifetime above the hub's maximum, which the error names", async () => {
    const error = await failure(fixture.hub.servers.connect("ada", { expires_in: 3600 }));
    expect(error).toMatchObject({
      name: "BadRequestError",
      message: expect.stringMatching(/1800/),
    });
  });

  itSince("5.0")("reaches a server that its owner shares, with a token of the caller", async () => {
    const { servers, shares, tokens, users } = fixture.hub;
    await users.create("guest");
    const guest = fixture.as((await tokens.create("guest")).token);
    expect(await failure(guest.servers.fetch("ada", "/api/status"))).toBeInstanceOf(NotFoundError);
    await shares.grant("ada", { user: "guest" });
    expect(await (await guest.servers.fetch("ada", "/api/status")).text()).toBe("ok");
    const { baseUrl, token } = await guest.servers.connect("ada");
    expect(here(baseUrl)).toBe("/user/ada/");
    const { name, scopes } = await fixture.as(token).whoami();
    expect(name).toBe("guest");
    expect(scopes).toContain("access:servers!server=ada/");
    await servers.stop("ada");
    expect(await failure(guest.servers.connect("ada"))).toBeInstanceOf(ServerNotRunningError);
    await servers.start("ada");
  });

  it("works with unusual user and server names", async () => {
    const { servers } = fixture.hub;
    for (const server of ["", odd.server]) {
      await servers.start(odd.user, { server });
      const response = await servers.fetch(odd.user, "/api/status", {}, { ...call, server });
      expect(await response.text()).toBe("ok");
    }
  });

  it("does not send a request that the proxy would route to another server", async () => {
    const { servers } = fixture.hub;
    await servers.start("ada", { server: "other" });
    const { baseUrl, fetch } = await servers.connect("ada", {}, call);
    for (const path of ["other/api/status", "%6Fther/api/status", "other%2Fapi%2Fstatus"]) {
      expect(await failure(fetch(baseUrl + path))).toBeInstanceOf(InvalidInputError);
      const sent = servers.fetch("ada", path, {}, call);
      expect(await failure(sent)).toBeInstanceOf(InvalidInputError);
    }
    // The proxy decodes the path before it routes, so that a plain request does reach the other server until it dies.
    const routes = await fixture.hub.proxy.listRoutes();
    const { target = "" } = routes.find(({ routespec }) => routespec === "/user/ada/other/")!;
    const raw = async () => (await globalThis.fetch(`${baseUrl}%6Fther/api/status`)).status;
    expect(await raw()).toBe(200);
    await globalThis.fetch(`${target}/die`).catch(() => undefined);
    expect(await raw()).not.toBe(200);
    expect((await fetch(`${baseUrl}api/status`)).status).toBe(200);
    await servers.stop("ada", { server: "other" });
  });

  itBefore("3.0")("needs the client's own token on hubs before 3.0", async () => {
    const error = await failure(fixture.hub.servers.connect("ada"));
    expect(error).toMatchObject({ name: "UnsupportedByHubError", since: "3.0" });
  });
});

describe('a client with authScheme: "token"', () => {
  it("reaches the API and a server", async () => {
    const { url, publicUrl, tokens } = fixture.real;
    const options = { url, publicUrl, token: tokens.admin, authScheme: "token" as const };
    const hub = new JupyterHub(options);
    await hub.servers.start("ada");
    expect((await hub.users.get("ada")).name).toBe("ada");
    expect(await (await hub.servers.fetch("ada", "/api/status", {}, call)).text()).toBe("ok");
  });
});

describe("a connection to a server that does not run", () => {
  it("rejects with ServerNotRunningError", async () => {
    await fixture.hub.users.create("grace");
    const error = await failure(fixture.hub.servers.connect("grace", {}, call));
    expect(error).toBeInstanceOf(ServerNotRunningError);
    const named = fixture.hub.servers.connect("grace", { server: "gpu" }, call);
    expect(await failure(named)).toBeInstanceOf(NotFoundError);
    const nobody = fixture.hub.servers.connect("nobody", {}, call);
    expect(await failure(nobody)).toBeInstanceOf(NotFoundError);
  });

  itSince("3.0")("rejects for a server that ran before", async () => {
    const { servers } = fixture.hub;
    await servers.start("grace", { server: "once" });
    await servers.stop("grace", { server: "once" });
    const error = await failure(servers.connect("grace", { server: "once" }));
    expect(error).toBeInstanceOf(ServerNotRunningError);
  });

  it.each(["GET", "POST", "DELETE"])(
    "makes a %s reject with ServerNotRunningError if the server stopped after the connection was made",
    async (method) => {
      const { servers } = fixture.hub;
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

  it("reports that the server died, though the hub still considers it running", async () => {
    const { servers, proxy } = fixture.hub;
    await servers.start("ada");
    const { baseUrl, fetch } = await servers.connect("ada", {}, call);
    const { target = "" } = (await proxy.listRoutes()).find(
      ({ routespec }) => routespec === "/user/ada/",
    )!;
    await globalThis.fetch(`${target}/die`).catch(() => undefined);
    const error = await failure(fetch(`${baseUrl}api/status`));
    expect(error).toBeInstanceOf(ServerNotRunningError);
    expect((error as Error).message).toContain("does not answer, and the hub has not noticed yet");
  });
});
