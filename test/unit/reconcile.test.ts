/** Writes whose response is lost: the client reads the hub's state, and never repeats the write. */
import { afterEach, describe, expect, it, vi } from "vitest";
import type { JupyterHub } from "../../src/index.js";
import { answer, answering, hubOf, refusal, rejectionOf } from "./helpers.js";

const lost = () =>
  new TypeError("fetch failed", {
    cause: Object.assign(new Error("reset"), { code: "ECONNRESET" }),
  });

/** Returns a fetch that loses the responses to writes, and answers GETs with the models in `state`, by path. */
const losing = (state: Record<string, unknown>) =>
  answering(({ method, url }) => {
    if (method !== "GET") throw lost();
    const path = decodeURIComponent(new URL(url).pathname.replace("/hub/api", ""));
    return path in state ? answer(state[path]) : refusal(404, null);
  });

const page = (...items: object[]) => ({
  items,
  _pagination: { offset: 0, limit: 200, total: items.length, next: null },
});
const access = "access:servers!server=ada/gpu";
const share = (...scopes: string[]) => ({
  server: { name: "gpu", user: { name: "ada" } },
  scopes,
  user: { name: "grace" },
  group: null,
  kind: "user",
});
const withGrace = { server: "gpu", user: "grace" } as const;

interface Case {
  /** Makes the write. */
  call: (hub: JupyterHub) => Promise<unknown>;
  /** The hub's models by path if the write was carried out (`done`), and if not (`undone`). */
  done: Record<string, unknown>;
  undone: Record<string, unknown>;
  /** The result of the call if the write was carried out; undefined if the call returns nothing. */
  value?: unknown;
}

const ada = (rest: object = {}) => ({ name: "ada", kind: "user", admin: false, ...rest });
const group = (rest: object = {}) => ({ name: "lab", kind: "group", users: [], ...rest });

const version = { "/": { version: "6.1.1" } };
const gpu = (rest: object = {}) => ({ name: "gpu", user_options: {}, ready: false, ...rest });

const cases: Record<string, Case> = {
  "servers.create": {
    call: (hub) => hub.servers.create("ada", { server: "gpu", user_options: { size: 1 } }),
    done: { ...version, "/users/ada/servers/gpu": gpu({ user_options: { size: 1 } }) },
    undone: { ...version, "/users/ada/servers/gpu": gpu() },
    value: gpu({ user_options: { size: 1 } }),
  },
  "servers.update to another name": {
    call: (hub) => hub.servers.update("ada", { server: "cpu", name: "gpu" }),
    done: { ...version, "/users/ada/servers/gpu": gpu() },
    undone: { ...version, "/users/ada/servers/cpu": gpu({ name: "cpu" }) },
    value: gpu(),
  },
  "users.create": {
    call: (hub) => hub.users.create("ada", { admin: true }),
    done: { "/users/ada": ada({ admin: true }) },
    undone: { "/users/ada": ada() },
    value: ada({ admin: true }),
  },
  "users.update": {
    call: (hub) => hub.users.update("ada", { admin: true }),
    done: { "/users/ada": ada({ admin: true }) },
    undone: { "/users/ada": ada() },
    value: ada({ admin: true }),
  },
  "users.update to another name": {
    call: (hub) => hub.users.update("ada", { name: "grace" }),
    done: { "/users/grace": ada({ name: "grace" }) },
    undone: { "/users/ada": ada(), "/users/grace": ada({ name: "grace" }) },
    value: ada({ name: "grace" }),
  },
  "users.delete": {
    call: (hub) => hub.users.delete("ada"),
    done: {},
    undone: { "/users/ada": ada() },
  },
  "tokens.revoke": {
    call: (hub) => hub.tokens.revoke("ada", "a1"),
    done: {},
    undone: { "/users/ada/tokens/a1": { id: "a1" } },
  },
  "groups.create": {
    call: (hub) => hub.groups.create("lab", { users: ["ada", "grace"] }),
    done: { "/groups/lab": group({ users: ["grace", "ada"] }) },
    undone: { "/groups/lab": group({ users: ["grace"] }) },
    value: group({ users: ["grace", "ada"] }),
  },
  "groups.delete": {
    call: (hub) => hub.groups.delete("lab"),
    done: {},
    undone: { "/groups/lab": group() },
  },
  "groups.setProperties": {
    call: (hub) => hub.groups.setProperties("lab", { quota: { cpu: 2 } }),
    done: { "/groups/lab": group({ properties: { quota: { cpu: 2 } } }) },
    undone: { "/groups/lab": group({ properties: { quota: { cpu: 1 } } }) },
    value: group({ properties: { quota: { cpu: 2 } } }),
  },
  "groups.addUsers": {
    call: (hub) => hub.groups.addUsers("lab", { users: ["ada"] }),
    done: { "/groups/lab": group({ users: ["grace", "ada"] }) },
    undone: { "/groups/lab": group({ users: ["grace"] }) },
    value: group({ users: ["grace", "ada"] }),
  },
  "groups.removeUsers": {
    call: (hub) => hub.groups.removeUsers("lab", { users: ["ada"] }),
    done: { "/groups/lab": group({ users: ["grace"] }) },
    undone: { "/groups/lab": group({ users: ["grace", "ada"] }) },
    value: group({ users: ["grace"] }),
  },
  "services.create": {
    call: (hub) => hub.services.create("s", { url: "http://s:1/", api_token: "a-secret-token" }),
    done: { "/services/s": { name: "s", kind: "service", url: "http://s:1/" } },
    undone: { "/services/s": { name: "s", kind: "service", url: "http://other:1/" } },
    value: { name: "s", kind: "service", url: "http://s:1/" },
  },
  "services.delete": {
    call: (hub) => hub.services.delete("s"),
    done: {},
    undone: { "/services/s": { name: "s", kind: "service" } },
  },
  "shares.grant": {
    call: (hub) => hub.shares.grant("ada", withGrace),
    done: { "/shares/ada/gpu": page(share(access, "read:servers!server=ada/gpu")) },
    undone: { "/shares/ada/gpu": page(share("read:servers!server=ada/gpu")) },
    value: share(access, "read:servers!server=ada/gpu"),
  },
  "shares.grant without scopes": {
    call: (hub) => hub.shares.grant("ada", withGrace),
    done: { "/shares/ada/gpu": page(share(access)) },
    undone: { "/shares/ada/gpu": page(share("read:servers!server=ada/gpu")) },
    value: share(access),
  },
  "shares.revoke of all": {
    call: (hub) => hub.shares.revoke("ada", withGrace),
    done: { "/shares/ada/gpu": page() },
    undone: { "/shares/ada/gpu": page(share(access)) },
  },
  "shares.revoke of a scope": {
    call: (hub) => hub.shares.revoke("ada", { ...withGrace, scopes: ["read:servers"] }),
    done: { "/shares/ada/gpu": page(share(access)) },
    undone: { "/shares/ada/gpu": page(share(access, "read:servers!server=ada/gpu")) },
    value: share(access),
  },
  "shares.revokeAll": {
    call: (hub) => hub.shares.revokeAll("ada", { server: "gpu" }),
    done: { "/shares/ada/gpu": page() },
    undone: { "/shares/ada/gpu": page(share(access)) },
  },
  "shares.removeForUser": {
    call: (hub) => hub.shares.removeForUser("grace", "ada", { server: "gpu" }),
    done: {},
    undone: { "/users/grace/shared/ada/gpu": share(access) },
  },
  "shares.removeForGroup": {
    call: (hub) => hub.shares.removeForGroup("lab", "ada", { server: "gpu" }),
    done: {},
    undone: { "/groups/lab/shared/ada/gpu": share(access) },
  },
  "shareCodes.revoke": {
    call: (hub) => hub.shareCodes.revoke("ada", { server: "gpu", id: "sc_1" }),
    done: { "/share-codes/ada/gpu": page({ id: "sc_2" }) },
    undone: { "/share-codes/ada/gpu": page({ id: "sc_2" }, { id: "sc_1" }) },
  },
  "shareCodes.revokeAll": {
    call: (hub) => hub.shareCodes.revokeAll("ada", { server: "gpu" }),
    done: { "/share-codes/ada/gpu": page() },
    undone: { "/share-codes/ada/gpu": page({ id: "sc_1" }) },
  },
};

const writesOf = (sent: string[]): string[] => sent.filter((one) => !one.startsWith("GET "));

describe.each(Object.entries(cases))(
  "%s whose response is lost",
  (_, { call, done, undone, value }) => {
    it("succeeds if a GET shows the change", async () => {
      const fetch = losing(done);
      expect(await call(hubOf(fetch))).toEqual(value);
      expect(writesOf(fetch.sent())).toHaveLength(1);
      expect(fetch.sent().length).toBeGreaterThan(1);
    });

    it("rejects with the connection's error if a GET does not show the change", async () => {
      const fetch = losing(undone);
      expect(await rejectionOf(call(hubOf(fetch)))).toMatchObject({
        name: "ConnectionError",
        outcome: "unknown",
      });
      expect(writesOf(fetch.sent())).toHaveLength(1);
    });

    it("rejects with the connection's error if the GET fails", async () => {
      const fetch = answering(() => {
        throw lost();
      });
      expect(await rejectionOf(call(hubOf(fetch)))).toMatchObject({
        name: "ConnectionError",
        outcome: "unknown",
      });
      expect(writesOf(fetch.sent())).toHaveLength(1);
    });
  },
);

describe("a write that no GET can confirm", () => {
  it.each<[string, (hub: JupyterHub) => Promise<unknown>]>([
    ["a new token, whose value is lost", (hub) => hub.tokens.create("ada")],
    ["a new share code, which is shown once", (hub) => hub.shareCodes.create("ada")],
    ["users created in one request", (hub) => hub.users.createMany({ usernames: ["ada"] })],
    ["groups created in one request", (hub) => hub.groups.createMany({ groups: ["lab"] })],
    [
      "an activity",
      (hub) => hub.users.reportActivity("ada", { last_activity: "2026-01-01T00:00Z" }),
    ],
    ["a check of the proxy", (hub) => hub.proxy.sync()],
    ["a shutdown", (hub) => hub.shutdown()],
  ])("rejects at once: %s", async (_, call) => {
    const fetch = losing({});
    expect(await rejectionOf(call(hubOf(fetch)))).toMatchObject({ outcome: "unknown" });
    expect(fetch.sent()).toHaveLength(1);
  });

  it("rejects if it deletes something that may be outside the token's scopes", async () => {
    const fetch = answering(({ method }) => {
      if (method === "DELETE") throw lost();
      return refusal(404, "No access to resources or resources not found");
    });
    expect(await rejectionOf(hubOf(fetch).users.delete("ada"))).toMatchObject({
      outcome: "unknown",
    });
  });
});

describe("the error of a write that the hub did not carry out", () => {
  it("is final: no GET follows", async () => {
    const fetch = answering(() => refusal(400, "No"));
    expect(await rejectionOf(hubOf(fetch).groups.delete("lab"))).toMatchObject({
      name: "BadRequestError",
      outcome: undefined,
    });
    expect(fetch.sent()).toEqual(["DELETE /groups/lab"]);
  });

  it("is final if the connection was refused, since nothing was sent", async () => {
    const refused = Object.assign(new Error("x"), { code: "ECONNREFUSED" });
    const fetch = answering(() =>
      Promise.reject(new TypeError("fetch failed", { cause: refused })),
    );
    expect(await rejectionOf(hubOf(fetch).groups.delete("lab"))).toMatchObject({
      name: "ConnectionError",
      code: "ECONNREFUSED",
      outcome: undefined,
    });
    expect(fetch.sent()).toEqual(["DELETE /groups/lab"]);
  });
});

describe("the timeout of a call", () => {
  afterEach(() => void vi.useRealTimers());

  it("limits the write and the GET that checks for the change together", async () => {
    vi.useFakeTimers();
    const fetch = answering(async ({ method }) => {
      if (method === "GET") return new Promise<never>(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 700));
      throw lost();
    });
    const begun = performance.now();
    let duration = 0;
    const error = rejectionOf(hubOf(fetch).groups.delete("lab", { timeout: 1000 })).finally(() => {
      duration = performance.now() - begun;
    });
    await vi.runAllTimersAsync();
    expect(await error).toMatchObject({ name: "ConnectionError", outcome: "unknown" });
    expect(duration).toBe(1000);
  });
});

describe("the caller's abort", () => {
  it("ends the GET that checks for the change, and the call rejects with the abort's reason", async () => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const fetch = answering(({ method }) => {
      if (method === "DELETE") throw lost();
      controller.abort(reason);
      return new Promise(() => undefined);
    });
    const { signal } = controller;
    const call = hubOf(fetch).groups.delete("lab", { signal });
    expect(await rejectionOf(call)).toBe(reason);
  });
});
