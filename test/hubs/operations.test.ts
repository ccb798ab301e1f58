/**
 * Every operation of the corrected document, sent by the built package to a real hub.
 *
 * One story from an empty hub to its shutdown, so the order matters. At the end, no operation may be
 * left out, and none may have answered with a status that the document does not know.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as api from "../../dist/src/api.js";
import {
  AuthenticationError,
  BadRequestError,
  ConflictError,
  ForbiddenError,
  JupyterHub,
  NotAHubError,
  NotFoundError,
  SpawnFailedError,
  UnsupportedByHubError,
} from "../../dist/src/index.js";
import { startHub, type RunningHub } from "./hub.js";
import { authorizeInBrowser, loginByForm } from "./login.js";
import { declaredStatuses, operations, record, type Recorder } from "./recorder.js";

const version = process.env["HUB_VERSION"] ?? "6";

/** The error that a promise rejects with; undefined when it does not. */
const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

describe(`JupyterHub ${version}`, () => {
  let real: RunningHub;
  let recorder: Recorder;
  let hub: JupyterHub;

  beforeAll(async () => {
    real = await startHub(version);
    recorder = record(real.url);
    hub = new JupyterHub({ url: real.url, token: real.tokens.admin, fetch: recorder.fetch });
  });
  afterAll(async () => {
    await real?.stop();
  });

  const as = (token: string | undefined): JupyterHub =>
    new JupyterHub({ url: real.url, token, fetch: recorder.fetch });
  /** What the package has no method for yet. */
  const plain = (path: string, init: RequestInit = {}): Promise<Response> =>
    recorder.fetch(real.url + path, {
      ...init,
      headers: { Authorization: `Bearer ${real.tokens.admin}`, ...init.headers },
    });
  const events = async (path: string): Promise<Record<string, unknown>[]> => {
    const response = await plain(path);
    expect(response.headers.get("Content-Type")).toBe("text/event-stream");
    const lines = (await response.text()).split("\n").filter((line) => line.startsWith("data: "));
    return lines.map((line) => JSON.parse(line.slice(6)) as Record<string, unknown>);
  };

  describe("the hub itself", () => {
    it("tells its version and what it supports to anyone", async () => {
      const anonymous = as(undefined);
      expect(await anonymous.version()).toBe(real.version);
      expect(await anonymous.supports("shares")).toBe(true);
      await anonymous.health();
    });

    it("is found behind a link to one of its pages", async () => {
      const { origin } = new URL(real.url);
      const found = await JupyterHub.from(`${origin}/user/ada/lab/tree`, { fetch: recorder.fetch });
      expect(found.url).toBe(real.url);
    });

    it("says whose token it is, what it runs on, and its metrics", async () => {
      const identity = await hub.whoami();
      expect(identity.kind).toBe("service");
      expect(identity.scopes).toContain("admin:users");
      expect((await hub.info()).version).toBe(real.version);
      expect(await hub.metrics()).toContain("# TYPE jupyterhub_");
    });
  });

  describe("users", () => {
    it("are created one by one, several at once, and when they are missing", async () => {
      expect(await hub.users.create("ada", { admin: false })).toMatchObject({
        name: "ada",
        kind: "user",
      });
      const created = await hub.users.createMany({ usernames: ["ada", "grace", "linus"] });
      expect(created.map(({ name }) => name)).toEqual(["grace", "linus"]);
      expect((await hub.users.ensure("ada")).name).toBe("ada");
      expect((await hub.users.ensure("hedy")).name).toBe("hedy");
    });

    it("are a conflict when they exist", async () => {
      expect(await failure(hub.users.create("ada"))).toBeInstanceOf(ConflictError);
      expect(await failure(hub.users.createMany({ usernames: ["ada"] }))).toBeInstanceOf(
        ConflictError,
      );
    });

    it("are listed completely, however small the pages are", async () => {
      const names = (await hub.users.list({ limit: 2 })).map(({ name }) => name);
      expect(names).toEqual([real.adminUser, "ada", "grace", "linus", "hedy"]);
      const found = await hub.users.list({
        name_filter: "ad",
        sort: "-name",
        include_stopped_servers: true,
      });
      expect(found.map(({ name }) => name)).toEqual([real.adminUser, "ada"]);
      expect(await hub.users.list({ state: "active" })).toEqual([]);
    });

    it("are changed and renamed", async () => {
      expect((await hub.users.update("linus", { admin: true })).admin).toBe(true);
      expect((await hub.users.update("linus", { name: "torvalds" })).name).toBe("torvalds");
      expect(await failure(hub.users.get("linus"))).toBeInstanceOf(NotFoundError);
    });

    it("survive a rename to the name that they have, by a method and by a raw function", async () => {
      expect((await hub.users.update("grace", { name: "grace" })).name).toBe("grace");
      const options = { client: hub.client, path: { name: "grace" }, throwOnError: true } as const;
      await api.patchUser({ ...options, body: { name: "grace" } });
      expect((await hub.users.get("grace")).name).toBe("grace");
    });

    it("are deleted, once", async () => {
      await hub.users.delete("torvalds");
      expect(await failure(hub.users.delete("torvalds"))).toBeInstanceOf(NotFoundError);
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
      expect((await hub.users.create(name)).name).toBe(name);
      expect((await hub.users.get(name)).name).toBe(name);
      await hub.users.delete(name);
    });

    it("of a name with a slash reach the hub as themselves, and it refuses them", async () => {
      const error = await failure(hub.users.create("a/b"));
      expect(error).toBeInstanceOf(BadRequestError);
      expect(error).toMatchObject({ hubMessage: expect.stringContaining("a/b") });
    });
  });

  describe("tokens", () => {
    it("are made, listed, identified and revoked", async () => {
      const input = { note: "for a test", expires_in: 600, scopes: ["read:users:name!user=ada"] };
      const { token, id } = await hub.tokens.create("ada", input);
      expect((await hub.tokens.list("ada")).map((one) => one.id)).toContain(id);
      expect(await hub.tokens.get("ada", id)).toMatchObject({
        id,
        user: "ada",
        note: "for a test",
      });
      expect(await hub.tokens.identify(token)).toMatchObject({
        kind: "user",
        name: "ada",
        token_id: id,
      });
      await hub.tokens.revoke("ada", id);
      expect(await failure(hub.tokens.identify(token))).toBeInstanceOf(AuthenticationError);
      expect(await failure(hub.tokens.get("ada", id))).toBeInstanceOf(NotFoundError);
    });
  });

  describe("credentials", () => {
    it.each([
      ["none", undefined],
      ["ones that the hub does not know", "0123456789abcdef0123456789abcdef"],
    ])("%s are an AuthenticationError on every kind of route", async (_, token) => {
      const stranger = as(token);
      const calls = [
        stranger.whoami(),
        stranger.users.list(),
        stranger.users.get("ada"),
        stranger.info(),
      ];
      const failures = await Promise.all(calls.map(failure));
      for (const error of failures) expect(error).toBeInstanceOf(AuthenticationError);
    });

    it("with too few scopes are a ForbiddenError that names the scopes", async () => {
      const error = await failure(as(real.tokens.reader).users.create("nobody"));
      expect(error).toBeInstanceOf(ForbiddenError);
      expect((error as ForbiddenError).requiredScopes).toEqual(["admin:users"]);
    });

    it("with scopes for others are a NotFoundError", async () => {
      const limited = as(real.tokens.filtered);
      expect((await limited.users.get("ada")).name).toBe("ada");
      expect(await failure(limited.users.get("grace"))).toBeInstanceOf(NotFoundError);
    });
  });

  describe("servers", () => {
    it("are created without being started, once", async () => {
      const input = { server: "gpu", display_name: "The big one", user_options: { size: "large" } };
      expect(await hub.servers.create("ada", input)).toMatchObject({ name: "gpu", stopped: true });
      expect(await failure(hub.servers.create("ada", input))).toBeInstanceOf(ConflictError);
      expect(await failure(hub.servers.create("ada", {}))).toBeInstanceOf(ConflictError);
    });

    it("start and resolve when they are ready, default and named", async () => {
      expect(await hub.servers.start("ada")).toMatchObject({ name: "", ready: true });
      const gpu = await hub.servers.start("ada", {
        server: "gpu",
        user_options: { size: "small" },
      });
      expect(gpu).toMatchObject({ name: "gpu", ready: true, user_options: { size: "small" } });
      expect(await hub.servers.get("ada")).toMatchObject({ name: "", ready: true });
      expect(await hub.servers.get("ada", { server: "gpu" })).toMatchObject({
        display_name: "The big one",
      });
      const names = (await hub.servers.list("ada")).map(({ name }) => name);
      expect(names.toSorted()).toEqual(["", "gpu"]);
    });

    it("are joined when they run, unless other options are asked for", async () => {
      expect((await hub.servers.start("ada", { server: "gpu" })).ready).toBe(true);
      const same = { server: "gpu", user_options: { size: "small" } };
      expect((await hub.servers.start("ada", same)).ready).toBe(true);
      const other = { server: "gpu", user_options: { size: "huge" } };
      expect(await failure(hub.servers.start("ada", other))).toMatchObject({
        reason: "already-running",
      });
    });

    it("are waited for when they start slowly", async () => {
      const input = { server: "slow", user_options: { behave: "slow", seconds: 4 } };
      expect(await hub.servers.start("grace", input)).toMatchObject({ name: "slow", ready: true });
      expect(recorder.seen).toContainEqual({
        operation: "POST /users/{name}/servers/{server_name}",
        status: 202,
      });
      await hub.servers.delete("grace", { server: "slow" });
    });

    it("that fail are a SpawnFailedError, and are asked for once", async () => {
      const before = recorder.seen.length;
      const input = { server: "fail", user_options: { behave: "fail" } };
      expect(await failure(hub.servers.start("grace", input))).toBeInstanceOf(SpawnFailedError);
      const posts = recorder.seen
        .slice(before)
        .filter(({ operation }) => operation.startsWith("POST"));
      expect(posts).toHaveLength(1);
    });

    it("that are stopping are waited for before they start again", async () => {
      const input = { server: "late", user_options: { behave: "slow-stop", seconds: 3 } };
      await hub.servers.start("grace", input);
      const stopped = hub.servers.stop("grace", { server: "late" });
      expect((await hub.servers.restart("grace", { server: "late" })).ready).toBe(true);
      await stopped;
      await hub.servers.delete("grace", { server: "late" });
    });

    it("tell how their start went", async () => {
      expect((await events("/users/ada/server/progress")).at(-1)).toMatchObject({ ready: true });
      expect((await events("/users/ada/servers/gpu/progress")).at(-1)).toMatchObject({
        ready: true,
      });
    });

    it("report activity", async () => {
      const now = new Date().toISOString();
      await hub.users.reportActivity("ada", { servers: { gpu: { last_activity: now } } });
      const { last_activity } = await hub.servers.get("ada", { server: "gpu" });
      expect(Date.parse(String(last_activity))).toBe(Date.parse(now));
    });

    it("restart, stop, change and go", async () => {
      expect((await hub.servers.restart("ada")).ready).toBe(true);
      await hub.servers.stop("ada");
      expect((await hub.servers.get("ada")).stopped).toBe(true);
      await hub.servers.update("ada", { user_options: { size: "tiny" } });
      await hub.servers.stop("ada", { server: "gpu" });
      const changed = await hub.servers.update("ada", {
        server: "gpu",
        name: "cpu",
        display_name: "CPU",
      });
      expect(changed).toMatchObject({ name: "cpu", display_name: "CPU" });
      await hub.servers.delete("ada", { server: "cpu" });
      expect(await failure(hub.servers.get("ada", { server: "cpu" }))).toBeInstanceOf(
        NotFoundError,
      );
    });

    it("are stopped with their user when that is asked for", async () => {
      await hub.users.create("margaret");
      await hub.servers.start("margaret", { server: "one" });
      await hub.users.delete("margaret", {}, { stopServers: true });
      expect(await failure(hub.users.get("margaret"))).toBeInstanceOf(NotFoundError);
    });
  });

  describe("groups", () => {
    it("are created, listed, filled, described and deleted", async () => {
      expect((await hub.groups.create("astronomy", { users: ["ada"] })).users).toEqual(["ada"]);
      expect(await hub.groups.createMany({ groups: ["optics", "rocketry"] })).toHaveLength(2);
      expect(await failure(hub.groups.create("optics"))).toBeInstanceOf(ConflictError);
      const names = (await hub.groups.list({ limit: 1 })).map(({ name }) => name);
      expect(names).toEqual(["astronomy", "optics", "rocketry"]);
      expect((await hub.groups.addUsers("optics", { users: ["ada", "grace"] })).users).toHaveLength(
        2,
      );
      expect((await hub.groups.removeUsers("optics", { users: ["ada"] })).users).toEqual(["grace"]);
      expect((await hub.groups.setProperties("optics", { quota: 5 })).properties).toEqual({
        quota: 5,
      });
      expect((await hub.groups.get("optics")).properties).toEqual({ quota: 5 });
      await hub.groups.delete("rocketry");
      expect(await failure(hub.groups.get("rocketry"))).toBeInstanceOf(NotFoundError);
    });
  });

  describe("shares", () => {
    it("are granted to users and groups, listed, and left", async () => {
      await hub.servers.start("ada", { server: "lab" });
      const share = await hub.shares.grant("ada", { server: "lab", user: "grace" });
      expect(share.scopes).toEqual(["access:servers!server=ada/lab"]);
      await hub.shares.grant("ada", { server: "lab", group: "astronomy" });
      expect(await hub.shares.list("ada")).toHaveLength(2);
      expect(await hub.shares.list("ada", { server: "lab", limit: 1 })).toHaveLength(2);
      expect(await hub.shares.listForUser("grace")).toEqual([share]);
      expect(await hub.shares.getForUser("grace", "ada", { server: "lab" })).toEqual(share);
      expect(await hub.shares.listForGroup("astronomy")).toHaveLength(1);
      const forGroup = await hub.shares.getForGroup("astronomy", "ada", { server: "lab" });
      expect(forGroup.group).toEqual({ name: "astronomy" });
      await hub.shares.leave("grace", "ada", { server: "lab" });
      await hub.shares.leaveGroup("astronomy", "ada", { server: "lab" });
      expect(await hub.shares.list("ada")).toEqual([]);
    });

    it("are taken back in part and as a whole", async () => {
      const scopes = ["access:servers", "read:servers"];
      await hub.shares.grant("ada", { server: "lab", user: "grace", scopes });
      const input = { server: "lab", user: "grace" };
      const rest = await hub.shares.revoke("ada", { ...input, scopes: ["read:servers"] });
      expect(rest?.scopes).toEqual(["access:servers!server=ada/lab"]);
      expect(await hub.shares.revoke("ada", input)).toBeUndefined();
      await hub.shares.grant("ada", input);
      await hub.shares.revokeAll("ada", { server: "lab" });
      expect(await hub.shares.list("ada", { server: "lab" })).toEqual([]);
    });

    it("of the default server go by a route that ends in a slash", async () => {
      await hub.servers.start("ada");
      expect((await hub.shares.grant("ada", { user: "grace" })).server.name).toBe("");
      expect(await hub.shares.list("ada", { server: "" })).toHaveLength(1);
      await hub.shares.revokeAll("ada");
      expect(await hub.shares.list("ada")).toEqual([]);
    });

    it("are given out as codes, which are listed and revoked", async () => {
      const input = { server: "lab", expires_in: 600 };
      const code = await hub.shareCodes.create("ada", input);
      expect(code.accept_url).toContain(code.code);
      const second = await hub.shareCodes.create("ada", input);
      expect(await hub.shareCodes.list("ada")).toHaveLength(2);
      await hub.shareCodes.revoke("ada", { server: "lab", id: code.id });
      await hub.shareCodes.revoke("ada", { server: "lab", code: second.code });
      await hub.shareCodes.create("ada", input);
      expect(await hub.shareCodes.list("ada", { server: "lab" })).toHaveLength(1);
      await hub.shareCodes.revokeAll("ada", { server: "lab" });
      expect(await hub.shareCodes.list("ada", { server: "lab" })).toEqual([]);
    });
  });

  describe("services and the proxy", () => {
    it("registers, lists and deletes services", async () => {
      const input = { info: { about: "a test" }, display: false };
      expect(await hub.services.create("board", input)).toMatchObject({
        name: "board",
        kind: "service",
      });
      expect(await failure(hub.services.create("board"))).toBeInstanceOf(ConflictError);
      expect((await hub.services.get("board")).info).toEqual({ about: "a test" });
      const names = (await hub.services.list()).map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(["board", "webapp"]));
      await hub.services.delete("board");
      expect(await failure(hub.services.get("board"))).toBeInstanceOf(NotFoundError);
      expect(await failure(hub.services.delete("webapp"))).toMatchObject({ status: 405 });
    });

    it("lists the proxy's routes, mends them, and is told of a new proxy", async () => {
      const routes = await hub.proxy.routes({ limit: 1 });
      expect(routes.map(({ routespec }) => routespec)).toEqual(
        expect.arrayContaining(["/", "/user/ada/"]),
      );
      await hub.proxy.sync();
      await hub.proxy.update({ auth_token: "a-token-of-the-proxy" });
    });
  });

  describe("operations without a method", () => {
    it("refuses the login of 1.x, which ended with 2.0", async () => {
      const body = { username: "ada", password: real.password };
      const { error, response } = await api.postAuthToken({ client: hub.client, body });
      expect(response?.status).toBe(404);
      expect(error).toBeInstanceOf(UnsupportedByHubError);
    });

    it("identifies tokens and cookies in the path", async () => {
      const { token } = await hub.tokens.create("ada");
      const options = { client: hub.client, throwOnError: true } as const;
      expect((await api.getAuthToken({ ...options, path: { token } })).data).toMatchObject({
        name: "ada",
      });
      const cookies = await loginByForm(real.url, "ada", real.password);
      const cookie_name = "jupyterhub-hub-login";
      const path = { cookie_name, cookie_value: cookies.get(cookie_name) ?? "" };
      expect((await api.getAuthCookie({ ...options, path })).data).toMatchObject({ name: "ada" });
    });

    it("sends a browser's authorisation through the login page, and exchanges its code for a token", async () => {
      const { clientId, clientSecret, redirectUri } = real.oauth;
      const query = { client_id: clientId, response_type: "code", redirect_uri: redirectUri };
      // Without the cookies of a browser: off to the login page, which no API call follows.
      const { error } = await api.getOauthAuthorize({ client: hub.client, query });
      expect(error).toBeInstanceOf(NotAHubError);

      const cookies = await loginByForm(real.url, "ada", real.password);
      const code = await authorizeInBrowser(real.url, cookies, {
        clientId,
        redirectUri,
        state: "a-state",
      });
      const { data } = await api.postOauthToken({
        client: hub.client,
        throwOnError: true,
        body: {
          grant_type: "authorization_code",
          client_id: clientId,
          client_secret: clientSecret,
          code,
          redirect_uri: redirectUri,
        },
      });
      expect(data.token_type).toBe("Bearer");
      expect(await hub.tokens.identify(data.access_token)).toMatchObject({ name: "ada" });
    });
  });

  describe("the end", () => {
    it("shuts down when it is told to", async () => {
      const { message } = await hub.shutdown({ servers: true });
      expect(message).toBe("Shutting down Hub");
      await real.exited;
    });

    it("has seen every operation of the document, and answered none with a status that is not in it", () => {
      const statuses = new Map<string, Set<number>>();
      for (const { operation, status } of recorder.seen) {
        statuses.set(operation, (statuses.get(operation) ?? new Set()).add(status));
      }
      const lines = operations.map(
        (key) => `${key}  ${[...(statuses.get(key) ?? ["not sent"])].join(" ")}`,
      );
      const sent = operations.filter((key) => statuses.has(key)).length;
      console.log(
        `${lines.join("\n")}\n${sent} of ${operations.length} operations on JupyterHub ${real.version}`,
      );

      expect(operations.filter((operation) => !statuses.has(operation))).toEqual([]);
      const undeclared = [...statuses].flatMap(([operation, seen]) =>
        [...seen]
          .filter((status) => !declaredStatuses(operation).includes(String(status)))
          .map((status) => `${operation} ${status}`),
      );
      expect(undeclared).toEqual([]);
    });
  });
});
