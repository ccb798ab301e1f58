/** The hub itself on a real hub: what it says of itself, services, the proxy, operations without a method, its end. */
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
import { failure, itBefore, itSince, openStory, release, since } from "./story.js";

const story = openStory("hub-itself");

describe("the hub itself", () => {
  it("tells its version and what it supports to anyone", async () => {
    const anonymous = story.as(undefined);
    expect(await anonymous.version()).toBe(release);
    expect(await anonymous.supports("server-models")).toBe(since("6.0"));
  });

  it("is found behind a link to one of its pages", async () => {
    const { origin } = new URL(story.real.url);
    const options = { fetch: story.recorder.fetch };
    const found = await JupyterHub.discover(`${origin}/user/ada/lab/tree`, options);
    expect(found.url).toBe(story.real.url);
  });

  it("says what it runs on", async () => {
    expect((await story.hub.info()).version).toBe(release);
  });

  // 1.2 fails at whoami of a service: see `users` for that of people.
  itSince("1.5")("says whose token it is", async () => {
    const identity = await story.hub.whoami();
    if (since("2.0")) expect(identity.kind).toBe("service");
    expect(identity.name).toBe("admin");
    if (since("2.0")) expect(identity.scopes).toContain("admin:users");
  });

  itSince("1.4")("is alive, and tells its metrics", async () => {
    await story.as(undefined).health();
    expect(await story.hub.metrics()).toContain("# TYPE ");
  });

  itBefore("1.4")("has no route for its health under the API", async () => {
    expect(await failure(story.hub.health())).toBeInstanceOf(UnsupportedByHubError);
    expect(await failure(story.hub.metrics())).toBeInstanceOf(UnsupportedByHubError);
  });
});

describe("services and the proxy", () => {
  it("are listed", async () => {
    const names = (await story.hub.services.list()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["admin", "reader", "webapp"]));
    expect((await story.hub.services.get("webapp")).name).toBe("webapp");
    const unknown = story.hub.services.get("no-such-service");
    // Hubs from 2.0 to 4.1 fail at it.
    const fails = since("2.0") && !since("5.0");
    expect(await failure(unknown)).toBeInstanceOf(fails ? HubError : NotFoundError);
  });

  itSince("5.0")("are registered and deleted", async () => {
    const { services } = story.hub;
    const input = { info: { about: "a test" }, display: false };
    expect(await services.create("board", input)).toMatchObject({ name: "board", kind: "service" });
    expect(await failure(services.create("board"))).toBeInstanceOf(ConflictError);
    expect((await services.get("board")).info).toEqual({ about: "a test" });
    await services.delete("board");
    expect(await failure(services.get("board"))).toBeInstanceOf(NotFoundError);
    expect(await failure(services.delete("webapp"))).toMatchObject({ status: 405 });
  });

  itBefore("5.0")("are not registered", async () => {
    const error = await failure(story.hub.services.create("board"));
    expect(error).toBeInstanceOf(UnsupportedByHubError);
  });

  it("route, mend themselves, and change", async () => {
    const { proxy, servers, users } = story.hub;
    await users.create("ada");
    await servers.start("ada");
    const specs = (await proxy.listRoutes({ limit: 1 })).map(({ routespec }) => routespec);
    expect(specs).toEqual(expect.arrayContaining(["/", "/user/ada/"]));
    await proxy.sync();
    await proxy.update({ auth_token: "a-token-of-the-proxy" });
  });
});

describe("operations without a method", () => {
  itSince("2.0")("refuse the login of 1.x, which ended with 2.0", async () => {
    const body = { username: "ada", password: story.real.password };
    const { error, response } = await api.postAuthToken({ client: story.hub.client, body });
    expect(response?.status).toBe(404);
    expect(error).toBeInstanceOf(UnsupportedByHubError);
  });

  itBefore("2.0")("log in with a password", async () => {
    const body = { username: "ada", password: story.real.password };
    const options = { client: story.hub.client, throwOnError: true } as const;
    const { data } = await api.postAuthToken({ ...options, body });
    expect((await story.hub.tokens.identify(String(data.token))).name).toBe("ada");
  });

  it("identify tokens and cookies in the path", async () => {
    const { token } = await story.hub.tokens.create("ada");
    const options = { client: story.hub.client, throwOnError: true } as const;
    const byToken = await api.getAuthToken({ ...options, path: { token } });
    expect(byToken.data.name).toBe("ada");
    const cookies = await loginByForm(story.real.url, "ada", story.real.password);
    const cookie_name = "jupyterhub-hub-login";
    const path = { cookie_name, cookie_value: cookies.get(cookie_name) ?? "" };
    expect((await api.getAuthCookie({ ...options, path })).data.name).toBe("ada");
    const stale = { cookie_name, cookie_value: "stale" };
    const { error } = await api.getAuthCookie({ client: story.hub.client, path: stale });
    expect(error).toBeInstanceOf(NotFoundError);
  });

  it("send a browser's authorisation through the login page, and exchange its code for a token", async () => {
    const { clientId, clientSecret, redirectUri } = story.real.oauth;
    const query = { client_id: clientId, response_type: "code", redirect_uri: redirectUri };
    const { client } = story.hub;
    // Without the cookies of a browser: off to the login page, which no API call follows.
    const { error } = await api.getOauthAuthorize({ client, query });
    expect(error).toBeInstanceOf(UnexpectedResponseError);
    expect((error as Error).message).toMatch(/\/hub\/login, as hubs do with browsers/);

    const cookies = await loginByForm(story.real.url, "ada", story.real.password);
    const request = { clientId, redirectUri, state: "a-state" };
    const code = await authorizeInBrowser(story.real.url, cookies, request);
    const body = {
      grant_type: "authorization_code" as const,
      client_id: clientId,
      client_secret: clientSecret,
      code,
      redirect_uri: redirectUri,
    };
    const { data } = await api.postOauthToken({ client, throwOnError: true, body });
    expect(data.token_type).toBe("Bearer");
    expect((await story.hub.tokens.identify(data.access_token)).name).toBe("ada");

    const again = await api.postOauthToken({ client, body });
    expect(again.response?.status).toBe(400);
    const impostor = await api.postOauthToken({
      client,
      body: { ...body, client_secret: "wrong" },
    });
    expect(impostor.response?.status).toBe(401);
  });
});

describe("the end", () => {
  it("comes when it is asked for", async () => {
    const { message } = await story.hub.shutdown({ servers: true });
    expect(message).toBe("Shutting down Hub");
    await story.real.exited;
  });
});
