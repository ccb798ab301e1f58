/**
 * A real hub behind a real proxy, as users reach it: servers at their URLs, and the proxy's own responses.
 */
import { describe, expect, it } from "vitest";
import {
  HubError,
  JupyterHub,
  SpawnFailedError,
  UnexpectedResponseError,
  type Server,
} from "jupyterhub-client";
import { isServedAt } from "../../src/core/server-client.js";
import { failure, itSince, useHubFixture } from "./hub-fixture.js";

const fixture = useHubFixture("behind-proxy", {
  proxy: "configurable-http-proxy",
  database: "file",
});

/** Returns a client that calls the hub's own port, as services on the same machine do. */
const beside = (): JupyterHub =>
  new JupyterHub({
    url: fixture.real.directUrl,
    token: fixture.real.tokens.admin,
    fetch: fixture.recorder.fetch,
  });
const statusAt = async (url: string): Promise<number> =>
  (await fetch(url, { redirect: "manual" })).status;

const modelOf = async (server: string): Promise<Server | undefined> =>
  (await fixture.hub.users.get("ada")).servers?.[server];

describe("a hub behind configurable-http-proxy", () => {
  let ada = "";

  it("routes the URL of a started server to the server", async () => {
    const { hub } = fixture;
    await hub.users.create("ada");
    const server = await hub.servers.start("ada");
    ada = new URL(server.url, hub.publicUrl).href;
    expect(ada).toBe(`${fixture.real.publicUrl}user/ada/`);
    expect(await statusAt(ada)).toBe(302);
    expect(await statusAt(`${ada}lab`)).toBe(200);
  });

  it("lists the server's route and the route's target, even in pages of one route", async () => {
    const routes = await fixture.hub.proxy.listRoutes({ limit: 1 });
    const mine = routes.find(({ routespec }) => routespec === "/user/ada/");
    expect(mine).toMatchObject({ data: { user: "ada", server_name: "" } });
    expect(await statusAt(mine?.target ?? "")).toBe(200);
    expect(routes.map(({ routespec }) => routespec)).toContain("/");
  });

  it("fails only in calls about routes if the proxy rejects the hub's token", async () => {
    const { proxy, users } = fixture.hub;
    expect(await failure(proxy.update({ auth_token: "not its token" }))).toBeInstanceOf(HubError);
    expect(await failure(proxy.listRoutes())).toBeInstanceOf(HubError);
    expect(await failure(proxy.sync())).toBeInstanceOf(HubError);
    expect((await users.get("ada")).name).toBe("ada");
    await proxy.update({ auth_token: fixture.real.proxy?.token ?? "" });
    expect((await proxy.listRoutes()).length).toBeGreaterThan(1);
  });

  it("is unreachable after the proxy lost its routes, until the hub syncs them", async () => {
    await fixture.real.proxy?.restart();
    expect(await statusAt(ada)).toBe(404);
    expect(await failure(fixture.hub.version())).toBeInstanceOf(UnexpectedResponseError);
    await beside().proxy.sync();
    expect(await fixture.hub.version()).toBe(fixture.real.version);
    expect(await statusAt(`${ada}lab`)).toBe(200);
  });

  it("causes HubError while it is down, and works after a restart", async () => {
    await fixture.real.kill();
    expect(await failure(fixture.hub.users.get("ada"))).toBeInstanceOf(HubError);
    expect(await failure(fixture.hub.users.get("ada"))).toMatchObject({ status: 503 });
    await fixture.real.restart();
    expect((await fixture.hub.users.get("ada")).name).toBe("ada");
    expect((await fixture.hub.servers.start("ada")).ready).toBe(true);
    expect(await statusAt(`${ada}lab`)).toBe(200);
  });

  it("no longer routes the URL of a stopped server to the server", async () => {
    await fixture.hub.servers.stop("ada");
    expect(await statusAt(`${ada}lab`)).not.toBe(200);
  });

  // On a busy machine, the server may need more than the 1.2 seconds that the client waits for it.
  const patient = { retry: 2 };
  it(
    "gets only one request for the server's model after a slow start, since the server answers at its address",
    patient,
    async () => {
      for (const input of [{}, { server: "slow" }]) {
        const user_options = { behave: "slow", seconds: 4 };
        fixture.sent();
        try {
          await fixture.hub.servers.start("ada", { ...input, user_options });
          const sent = fixture.sent();
          const begun = sent.findIndex((one) => /^POST .* 202$/.test(one));
          expect(begun).toBeGreaterThanOrEqual(0);
          // The client reads the model a second time only if the server does not answer at its address yet.
          const reads = sent.slice(begun + 1).filter((one) => !one.includes("/progress"));
          expect(reads).toHaveLength(1);
        } finally {
          await fixture.hub.servers.stop("ada", input);
        }
      }
    },
  );

  itSince("5.0")(
    "answers itself at the address of a server that looks ready though its start was cancelled",
    async () => {
      const { hub, real } = fixture;
      const server = "cancelled";
      const user_options = { behave: "slow", seconds: 20 };
      const start = failure(hub.servers.start("ada", { server, user_options }));
      await expect.poll(async () => (await modelOf(server))?.pending).toBe("spawn");
      const stopped = hub.servers.stop("ada", { server });
      await expect.poll(async () => (await modelOf(server))?.ready).toBe(true);
      const { signal } = new AbortController();
      const address = `${real.publicUrl}user/ada/${server}/`;
      expect(await isServedAt(address, hub.publicUrl, fetch, signal)).toBe(false);
      await stopped;
      expect(await start).toBeInstanceOf(SpawnFailedError);
    },
  );
});
