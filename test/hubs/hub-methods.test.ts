/**
 * Methods of `hub` on a real hub: version, info, services, the proxy, operations without a method,
 * shutdown.
 */
import { describe, expect, it } from "vitest";
import * as api from "jupyterhub-client/api";
import {
  ConflictError,
  HubError,
  JupyterHub,
  UnexpectedResponseError,
  NotFoundError,
  UnsupportedByHubError,
} from "jupyterhub-client";
import { authorizeInBrowser, loginByForm } from "./login.js";
import { failure, itBefore, itSince, useHubFixture, release, since } from "./hub-fixture.js";

const fixture = useHubFixture("hub-methods");

describe("a hub", () => {
  it("returns its version and features without a token", async () => {
    const anonymous = fixture.as(undefined);
    expect(await anonymous.version()).toBe(release);
    expect(await anonymous.supports("server-models")).toBe(since("6.0"));
  });

  it("is discovered from a link to one of its pages", async () => {
    const { origin } = new URL(fixture.real.url);
    const options = { fetch: fixture.recorder.fetch };
    const found = await JupyterHub.discover(`${origin}/user/ada/lab/tree`, options);
    expect(found.url).toBe(fixture.real.url);
  });

  it("returns information about the software that it runs on", async () => {
    expect((await fixture.hub.info()).version).toBe(release);
  });

  // Hub 1.2 answers 500 to `whoami` with a service's token. users.test.ts calls `whoami` with a user's token.
  itSince("1.5")("returns the owner of the token", async () => {
    const identity = await fixture.hub.whoami();
    if (since("2.0")) expect(identity.kind).toBe("service");
    expect(identity.name).toBe("admin");
    if (since("2.0")) expect(identity.scopes).toContain("admin:users");
  });

  itSince("1.4")("returns its health and metrics", async () => {
    await fixture.as(undefined).health();
    expect(await fixture.hub.metrics()).toContain("# TYPE ");
  });

  itBefore("1.4")("has no health and metrics routes in its API before 1.4", async () => {
    expect(await failure(fixture.hub.health())).toBeInstanceOf(UnsupportedByHubError);
    expect(await failure(fixture.hub.metrics())).toBeInstanceOf(UnsupportedByHubError);
  });
});

describe("the methods of services and the proxy", () => {
  it("list all services and return one by its name", async () => {
    const names = (await fixture.hub.services.list()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["admin", "reader", "webapp"]));
    expect((await fixture.hub.services.get("webapp")).name).toBe("webapp");
    const unknown = fixture.hub.services.get("no-such-service");
    // Hubs from 2.0 to 4.1 answer 500.
    const fails = since("2.0") && !since("5.0");
    expect(await failure(unknown)).toBeInstanceOf(fails ? HubError : NotFoundError);
  });

  itSince("5.0")("register and delete a service", async () => {
    const { services } = fixture.hub;
    const input = { info: { about: "a test" }, display: false };
    expect(await services.create("board", input)).toMatchObject({ name: "board", kind: "service" });
    expect(await failure(services.create("board", { admin: false }))).toBeInstanceOf(ConflictError);
    expect((await services.get("board")).info).toEqual({ about: "a test" });
    await services.delete("board");
    expect(await failure(services.get("board"))).toBeInstanceOf(NotFoundError);
    expect(await failure(services.delete("webapp"))).toMatchObject({ status: 405 });
  });

  itBefore("5.0")("register no service on hubs before 5.0", async () => {
    const error = await failure(fixture.hub.services.create("board", { admin: false }));
    expect(error).toBeInstanceOf(UnsupportedByHubError);
  });

  it("list the proxy's routes, sync them and update the proxy's token", async () => {
    const { proxy, servers, users } = fixture.hub;
    await users.create("ada");
    await servers.start("ada");
    const specs = (await proxy.listRoutes({ limit: 1 })).map(({ routespec }) => routespec);
    expect(specs).toEqual(expect.arrayContaining(["/", "/user/ada/"]));
    await proxy.sync();
    await proxy.update({ auth_token: "a-token-of-the-proxy" });
  });
});

describe("operations without a method", () => {
  itSince("2.0")("reject the login of hubs 1.x, which hubs since 2.0 do not have", async () => {
    const body = { username: "ada", password: fixture.real.password };
    const { error, response } = await api.postAuthToken({ client: fixture.hub.client, body });
    expect(response?.status).toBe(404);
    expect(error).toBeInstanceOf(UnsupportedByHubError);
  });

  itBefore("2.0")("log in with a password", async () => {
    const body = { username: "ada", password: fixture.real.password };
    const options = { client: fixture.hub.client, throwOnError: true } as const;
    const { data } = await api.postAuthToken({ ...options, body });
    expect((await fixture.hub.tokens.identify(String(data.token))).name).toBe("ada");
  });

  it("identify the owner of a token or cookie that the path contains", async () => {
    const { token } = await fixture.hub.tokens.create("ada");
    const options = { client: fixture.hub.client, throwOnError: true } as const;
    const byToken = await api.getAuthToken({ ...options, path: { token } });
    expect(byToken.data.name).toBe("ada");
    const cookies = await loginByForm(fixture.real.url, "ada", fixture.real.password);
    const cookie_name = "jupyterhub-hub-login";
    const path = { cookie_name, cookie_value: cookies.get(cookie_name) ?? "" };
    expect((await api.getAuthCookie({ ...options, path })).data.name).toBe("ada");
    const stale = { cookie_name, cookie_value: "stale" };
    const { error } = await api.getAuthCookie({ client: fixture.hub.client, path: stale });
    expect(error).toBeInstanceOf(NotFoundError);
  });

  it("authorise a browser through the login page and exchange the code for a token", async () => {
    const { clientId, clientSecret, redirectUri } = fixture.real.oauth;
    const query = { client_id: clientId, response_type: "code", redirect_uri: redirectUri };
    const { client } = fixture.hub;
    // Without cookies, the hub redirects to the login page. API calls do not follow this redirect.
    const { error } = await api.getOauthAuthorize({ client, query });
    expect(error).toBeInstanceOf(UnexpectedResponseError);
    expect((error as Error).message).toMatch(/\/hub\/login, as hubs do with browsers/);

    const cookies = await loginByForm(fixture.real.url, "ada", fixture.real.password);
    const request = { clientId, redirectUri, state: "a-state" };
    const code = await authorizeInBrowser(fixture.real.url, cookies, request);
    const body = {
      grant_type: "authorization_code" as const,
      client_id: clientId,
      client_secret: clientSecret,
      code,
      redirect_uri: redirectUri,
    };
    const { data } = await api.postOauthToken({ client, throwOnError: true, body });
    expect(data.token_type).toBe("Bearer");
    expect((await fixture.hub.tokens.identify(data.access_token)).name).toBe("ada");

    const again = await api.postOauthToken({ client, body });
    expect(again.response?.status).toBe(400);
    const impostor = await api.postOauthToken({
      client,
      body: { ...body, client_secret: "wrong" },
    });
    expect(impostor.response?.status).toBe(401);
  });
});

describe("shutdown", () => {
  it("ends the hub", async () => {
    const { message } = await fixture.hub.shutdown({ servers: true });
    expect(message).toBe("Shutting down Hub");
    await fixture.real.exited;
  });
});
