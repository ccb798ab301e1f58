/** Users, their tokens and permissions on a real hub. */
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
import { failure, itBefore, itSince, useHubFixture, since } from "./hub-fixture.js";

const fixture = useHubFixture("users");

describe("users", () => {
  it("are created one by one, several at once, and by `ensure`", async () => {
    const { hub } = fixture;
    expect(await hub.users.create("ada", { admin: false })).toMatchObject({ name: "ada" });
    const created = await hub.users.createMany({ usernames: ["ada", "grace", "linus"] });
    expect(created.map(({ name }) => name)).toEqual(["grace", "linus"]);
    expect((await hub.users.ensure("ada")).name).toBe("ada");
    expect((await hub.users.ensure("hedy")).name).toBe("hedy");
  });

  it("cannot be created twice: the error is ConflictError", async () => {
    const { hub } = fixture;
    expect(await failure(hub.users.create("ada"))).toBeInstanceOf(ConflictError);
    const all = hub.users.createMany({ usernames: ["ada"] });
    expect(await failure(all)).toBeInstanceOf(ConflictError);
  });

  it("are all listed, even in small pages", async () => {
    const users = await fixture.hub.users.list({ limit: 2 });
    const names = users.map(({ name }) => name);
    expect(names).toEqual([fixture.real.adminUser, "ada", "grace", "linus", "hedy"]);
  });

  it.each([
    ["1.3", { state: "active" }],
    ["2.3", { name_filter: "ad" }],
    ["3.0", { include_stopped_servers: true }],
    ["5.0", { sort: "-name" }],
  ] as const)(
    "of hubs since %s can be listed with %j, an input that the client rejects for older hubs",
    async (version, input) => {
      fixture.sent();
      const answer = fixture.hub.users.list(input);
      if (since(version)) {
        expect(Array.isArray(await answer)).toBe(true);
      } else {
        expect(await failure(answer)).toBeInstanceOf(UnsupportedByHubError);
        expect(fixture.sent()).toEqual(["GET / 200"]);
      }
    },
  );

  itSince("5.0")("are sorted in the requested order", async () => {
    const users = await fixture.hub.users.list({ sort: "-name", name_filter: "ad" });
    expect(users.map(({ name }) => name)).toEqual([fixture.real.adminUser, "ada"]);
    const wrong = fixture.plain("/users?sort=admin");
    expect((await wrong).status).toBe(400);
  });

  it("are updated and renamed", async () => {
    const { hub } = fixture;
    expect((await hub.users.update("linus", { admin: true })).admin).toBe(true);
    expect((await hub.users.update("linus", { name: "torvalds" })).name).toBe("torvalds");
    expect(await failure(hub.users.get("linus"))).toBeInstanceOf(NotFoundError);
    const taken = hub.users.update("torvalds", { name: "ada" });
    expect(await failure(taken)).toBeInstanceOf(BadRequestError);
  });

  it("store their authentication state", async () => {
    const { auth_state } = await fixture.hub.users.update("ada", { auth_state: { upstream: "x" } });
    expect(auth_state).toEqual({ upstream: "x" });
    expect((await fixture.hub.users.get("ada")).auth_state).toEqual({ upstream: "x" });
  });

  it("survive a rename to the same name, by a method and by a raw function", async () => {
    const { hub } = fixture;
    expect((await hub.users.update("grace", { name: "grace" })).name).toBe("grace");
    const options = { client: hub.client, path: { name: "grace" }, throwOnError: true } as const;
    await api.patchUser({ ...options, body: { name: "grace" } });
    expect((await hub.users.get("grace")).name).toBe("grace");
  });

  it("can be reported as active now, but not as active in the future", async () => {
    await fixture.hub.users.reportActivity("grace", { last_activity: new Date().toISOString() });
    expect((await fixture.hub.users.get("grace")).last_activity).not.toBeNull();
    const future = { last_activity: new Date(Date.now() + 86_400_000).toISOString() };
    const refused = fixture.hub.users.reportActivity("grace", future);
    expect(await failure(refused)).toBeInstanceOf(BadRequestError);
  });

  it("can be deleted only once: after that, the error is NotFoundError", async () => {
    await fixture.hub.users.delete("torvalds");
    const again = fixture.hub.users.delete("torvalds");
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
  ])("named %j are addressed correctly", async (name) => {
    expect((await fixture.hub.users.create(name)).name).toBe(name);
    expect((await fixture.hub.users.get(name)).name).toBe(name);
    await fixture.hub.users.delete(name);
  });

  it("whose names contain a slash are addressed correctly, but the hub refuses them", async () => {
    const error = await failure(fixture.hub.users.create("a/b"));
    expect(error).toBeInstanceOf(BadRequestError);
    expect(error).toMatchObject({ hubMessage: expect.stringContaining("a/b") });
  });
});

describe("tokens", () => {
  it("are created, listed, identified and revoked", async () => {
    const { hub } = fixture;
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
    const { token } = await fixture.hub.tokens.create("ada", { scopes });
    const identity = await fixture.hub.tokens.identify(token);
    expect(identity.scopes).toContain("read:users:name!user=ada");
    expect(identity.scopes).not.toContain("read:servers!user=ada");
    const unknown = fixture.hub.tokens.create("ada", { scopes: ["no:such:scope"] });
    // Hubs before 5.0 answer 500 to an unknown scope.
    expect(await failure(unknown)).toMatchObject({ status: since("5.0") ? 400 : 500 });
  });

  itBefore("3.0")("are not created on hubs that would ignore their scopes", async () => {
    fixture.sent();
    const input = { scopes: ["read:users:name!user=ada"] };
    const error = await failure(fixture.hub.tokens.create("ada", input));
    expect(error).toBeInstanceOf(UnsupportedByHubError);
    expect(fixture.sent()).toEqual(["GET / 200"]);
  });

  it("are never requested with a lifetime that is zero, negative or fractional", async () => {
    fixture.sent();
    for (const expires_in of [0, 1.5, -1]) {
      const error = await failure(fixture.hub.tokens.create("ada", { expires_in }));
      expect(error).toBeInstanceOf(InvalidInputError);
    }
    expect(fixture.sent()).toEqual([]);
  });

  it("can be created by a raw function with a password in place of a token", async () => {
    const body = { auth: { username: "ada", password: fixture.real.password } };
    const options = { client: fixture.hub.client, path: { name: "ada" } };
    if (since("2.0")) {
      const { data } = await api.postUserTokens({ ...options, body, throwOnError: true });
      expect((await fixture.hub.tokens.identify(data.token)).name).toBe("ada");
    }
    const wrong = { auth: { username: "ada", password: "not the password" } };
    const { error } = await api.postUserTokens({ ...options, body: wrong });
    expect(error).toBeInstanceOf(AuthenticationError);
  });
});

describe("credentials", () => {
  it.each([
    ["missing credentials", undefined],
    ["unknown credentials", "0123456789abcdef0123456789abcdef"],
  ])("%s are rejected with AuthenticationError", async (_, token) => {
    const unknownClient = fixture.as(token);
    // Before 4.0, only the response to `whoami` shows whether a token is unknown or lacks permissions.
    const calls: PromiseLike<unknown>[] = [unknownClient.whoami()];
    if (since("4.0") || token === undefined) {
      calls.push(unknownClient.users.get("ada"), unknownClient.users.list(), unknownClient.info());
    }
    for (const error of await Promise.all(calls.map(failure))) {
      expect(error).toBeInstanceOf(AuthenticationError);
    }
  });

  itSince("2.0")(
    "with too few scopes are rejected with ForbiddenError, which lists the missing scopes",
    async () => {
      const error = await failure(fixture.as(fixture.real.tokens.reader).users.create("nobody"));
      expect(error).toBeInstanceOf(ForbiddenError);
      expect((error as ForbiddenError).requiredScopes).toEqual(["admin:users"]);
    },
  );

  itSince("2.0")(
    "are rejected with NotFoundError if their scopes are for other users",
    async () => {
      const limited = fixture.as(fixture.real.tokens.filtered);
      expect((await limited.users.get("ada")).name).toBe("ada");
      expect(await failure(limited.users.get("grace"))).toBeInstanceOf(NotFoundError);
    },
  );

  itSince("2.0")(
    "are rejected with ForbiddenError, not an empty list, if they do not cover a user's servers",
    async () => {
      const error = await failure(fixture.as(fixture.real.tokens.filtered).servers.list("ada"));
      expect(error).toMatchObject({ name: "ForbiddenError", requiredScopes: ["read:servers"] });
    },
  );

  itSince("2.0")("show the part of a user that their scopes cover", async () => {
    const own = await fixture.hub.tokens.create("ada");
    const visible = fixture.as(own.token);
    expect(await visible.whoami()).toMatchObject({ kind: "user", name: "ada" });
    expect((await fixture.as(fixture.real.tokens.reader).users.list()).length).toBeGreaterThan(2);
  });
});
