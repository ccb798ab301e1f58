/** Users, their tokens, and what credentials may do, on a real hub. */
import { describe, expect, it } from "vitest";
import * as api from "jupyterhub-client/api";
import {
  AuthenticationError,
  BadRequestError,
  ConflictError,
  ForbiddenError,
  InvalidInputError,
  NotFoundError,
  UnsupportedByHubError,
} from "jupyterhub-client";
import { failure, itBefore, itSince, openStory, since } from "./story.js";

const story = openStory("users");

describe("users", () => {
  it("are created one by one, several at once, and when they are missing", async () => {
    const { hub } = story;
    expect(await hub.users.create("ada", { admin: false })).toMatchObject({ name: "ada" });
    const created = await hub.users.createMany({ usernames: ["ada", "grace", "linus"] });
    expect(created.map(({ name }) => name)).toEqual(["grace", "linus"]);
    expect((await hub.users.ensure("ada")).name).toBe("ada");
    expect((await hub.users.ensure("hedy")).name).toBe("hedy");
  });

  it("are a conflict when they exist", async () => {
    const { hub } = story;
    expect(await failure(hub.users.create("ada"))).toBeInstanceOf(ConflictError);
    const all = hub.users.createMany({ usernames: ["ada"] });
    expect(await failure(all)).toBeInstanceOf(ConflictError);
  });

  it("are listed completely, however small the pages are", async () => {
    const users = await story.hub.users.list({ limit: 2 });
    const names = users.map(({ name }) => name);
    expect(names).toEqual([story.real.adminUser, "ada", "grace", "linus", "hedy"]);
  });

  it.each([
    ["1.3", { state: "active" }],
    ["2.3", { name_filter: "ad" }],
    ["3.0", { include_stopped_servers: true }],
    ["5.0", { sort: "-name" }],
  ] as const)(
    "are selected and sorted since %s by %j, and not sent for before",
    async (version, input) => {
      story.sent();
      const answer = story.hub.users.list(input);
      if (since(version)) {
        expect(Array.isArray(await answer)).toBe(true);
      } else {
        expect(await failure(answer)).toBeInstanceOf(UnsupportedByHubError);
        expect(story.sent()).toEqual(["GET / 200"]);
      }
    },
  );

  itSince("5.0")("come in the order that is asked for", async () => {
    const users = await story.hub.users.list({ sort: "-name", name_filter: "ad" });
    expect(users.map(({ name }) => name)).toEqual([story.real.adminUser, "ada"]);
    const wrong = story.plain("/users?sort=admin");
    expect((await wrong).status).toBe(400);
  });

  it("are changed and renamed", async () => {
    const { hub } = story;
    expect((await hub.users.update("linus", { admin: true })).admin).toBe(true);
    expect((await hub.users.update("linus", { name: "torvalds" })).name).toBe("torvalds");
    expect(await failure(hub.users.get("linus"))).toBeInstanceOf(NotFoundError);
    const taken = hub.users.update("torvalds", { name: "ada" });
    expect(await failure(taken)).toBeInstanceOf(BadRequestError);
  });

  it("keep the authentication state that they are given", async () => {
    const { auth_state } = await story.hub.users.update("ada", { auth_state: { upstream: "x" } });
    expect(auth_state).toEqual({ upstream: "x" });
    expect((await story.hub.users.get("ada")).auth_state).toEqual({ upstream: "x" });
  });

  it("survive a rename to the name that they have, by a method and by a raw function", async () => {
    const { hub } = story;
    expect((await hub.users.update("grace", { name: "grace" })).name).toBe("grace");
    const options = { client: hub.client, path: { name: "grace" }, throwOnError: true } as const;
    await api.patchUser({ ...options, body: { name: "grace" } });
    expect((await hub.users.get("grace")).name).toBe("grace");
  });

  it("are reported as active", async () => {
    await story.hub.users.reportActivity("grace", { last_activity: new Date().toISOString() });
    expect((await story.hub.users.get("grace")).last_activity).not.toBeNull();
    const future = { last_activity: new Date(Date.now() + 86_400_000).toISOString() };
    const refused = story.hub.users.reportActivity("grace", future);
    expect(await failure(refused)).toBeInstanceOf(BadRequestError);
  });

  it("are deleted, once", async () => {
    await story.hub.users.delete("torvalds");
    const again = story.hub.users.delete("torvalds");
    expect(await failure(again)).toBeInstanceOf(NotFoundError);
  });

  it.each([
    "ada lovelace",
    "a\\b",
    "what?",
    "#1",
    "100%",
    "a+b",
    "ada@example.org",
    "o'neil",
    "a(b)",
    "🦉",
    "%2e%2e x",
  ])("of the name %j reach the hub as themselves", async (name) => {
    expect((await story.hub.users.create(name)).name).toBe(name);
    expect((await story.hub.users.get(name)).name).toBe(name);
    await story.hub.users.delete(name);
  });

  it("of a name with a slash reach the hub as themselves, and it refuses them", async () => {
    const error = await failure(story.hub.users.create("a/b"));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ hubMessage: expect.stringContaining("a/b") });
  });
});

describe("tokens", () => {
  it("are made, listed, identified and revoked", async () => {
    const { hub } = story;
    const { token, id } = await hub.tokens.create("ada", { note: "for a test", expires_in: 600 });
    expect((await hub.tokens.list("ada")).map((one) => one.id)).toContain(id);
    expect(await hub.tokens.get("ada", id)).toMatchObject({ id, user: "ada", note: "for a test" });
    const identity = await hub.tokens.identify(token);
    expect(identity.name).toBe("ada");
    if (since("5.0")) expect(identity.token_id).toBe(id);
    await hub.tokens.revoke("ada", id);
    expect(await failure(hub.tokens.identify(token))).toBeInstanceOf(AuthenticationError);
    expect(await failure(hub.tokens.get("ada", id))).toBeInstanceOf(NotFoundError);
  });

  itSince("3.0")("are limited to scopes", async () => {
    const scopes = ["read:users:name!user=ada"];
    const { token } = await story.hub.tokens.create("ada", { scopes });
    const identity = await story.hub.tokens.identify(token);
    expect(identity.scopes).toContain("read:users:name!user=ada");
    expect(identity.scopes).not.toContain("read:servers!user=ada");
    const unknown = story.hub.tokens.create("ada", { scopes: ["no:such:scope"] });
    // Hubs before 5.0 fail at a scope that they do not know.
    expect(await failure(unknown)).toMatchObject({ status: since("5.0") ? 400 : 500 });
  });

  itBefore("3.0")("are not made when their scopes would be ignored", async () => {
    story.sent();
    const input = { scopes: ["read:users:name!user=ada"] };
    const error = await failure(story.hub.tokens.create("ada", input));
    expect(error).toBeInstanceOf(UnsupportedByHubError);
    expect(story.sent()).toEqual(["GET / 200"]);
  });

  it("of no lifetime, or of half a second, are never asked for", async () => {
    story.sent();
    for (const expires_in of [0, 1.5, -1]) {
      const error = await failure(story.hub.tokens.create("ada", { expires_in }));
      expect(error).toBeInstanceOf(InvalidInputError);
    }
    expect(story.sent()).toEqual([]);
  });

  it("are given for a password by a raw function, which carries no other credentials", async () => {
    const body = { auth: { username: "ada", password: story.real.password } };
    const options = { client: story.hub.client, path: { name: "ada" } };
    if (since("2.0")) {
      const { data } = await api.postUserTokens({ ...options, body, throwOnError: true });
      expect((await story.hub.tokens.identify(data.token)).name).toBe("ada");
    }
    const wrong = { auth: { username: "ada", password: "not the password" } };
    const { error } = await api.postUserTokens({ ...options, body: wrong });
    expect(error).toBeInstanceOf(AuthenticationError);
  });
});

describe("credentials", () => {
  it.each([
    ["none", undefined],
    ["ones that the hub does not know", "0123456789abcdef0123456789abcdef"],
  ])("%s are an AuthenticationError", async (_, token) => {
    const stranger = story.as(token);
    // Before 4.0 a hub answers unknown tokens as it answers those of too few rights: only here not.
    const calls: PromiseLike<unknown>[] = [stranger.whoami()];
    if (since("4.0") || token === undefined) {
      calls.push(stranger.users.get("ada"), stranger.users.list(), stranger.info());
    }
    for (const error of await Promise.all(calls.map(failure))) {
      expect(error).toBeInstanceOf(AuthenticationError);
    }
  });

  itSince("2.0")("with too few scopes are a ForbiddenError that names the scopes", async () => {
    const error = await failure(story.as(story.real.tokens.reader).users.create("nobody"));
    expect(error).toBeInstanceOf(ForbiddenError);
    expect((error as ForbiddenError).requiredScopes).toEqual(["admin:users"]);
  });

  itSince("2.0")("with scopes for others are a NotFoundError", async () => {
    const limited = story.as(story.real.tokens.filtered);
    expect((await limited.users.get("ada")).name).toBe("ada");
    expect(await failure(limited.users.get("grace"))).toBeInstanceOf(NotFoundError);
  });

  itSince("2.0")(
    "that do not reach a user's servers are a ForbiddenError, not an empty list",
    async () => {
      const error = await failure(story.as(story.real.tokens.filtered).servers.list("ada"));
      expect(error).toMatchObject({ name: "ForbiddenError", requiredScopes: ["read:servers"] });
    },
  );

  itSince("2.0")("show of a user what their scopes reach", async () => {
    const own = await story.hub.tokens.create("ada");
    const visible = story.as(own.token);
    expect(await visible.whoami()).toMatchObject({ kind: "user", name: "ada" });
    expect((await story.as(story.real.tokens.reader).users.list()).length).toBeGreaterThan(2);
  });
});
