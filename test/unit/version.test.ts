/** The comparison of JupyterHub versions, and the calls that an older hub does not support. */
import { describe, expect, it } from "vitest";
import { postAuthToken, postShareCode, postUserServer, postUserTokens } from "../../src/api.js";
import { UnsupportedByHubError } from "../../src/core/errors.js";
import { isAtLeast } from "../../src/core/version.js";
import type { JupyterHub } from "../../src/index.js";
import { answer, answering, hubOf, refusal, rejectionOf, secrets } from "./helpers.js";

describe("isAtLeast()", () => {
  it.each([
    ["6.1.1", "6.0"],
    ["6.0.0", "6.0"],
    ["6.0.0b2", "6.0"],
    ["6.0.0.dev", "6.0"],
    ["10.0.0", "9.1"],
    ["5.10.0", "5.9"],
    ["5.0", "5.0.0"],
    ["5", "5.0"],
    ["1.4.2", "1.4"],
  ])("%s is at least %s", (version, since) => {
    expect(isAtLeast(version, since)).toBe(true);
  });

  it.each([
    ["5.5.4", "6.0"],
    ["5.9.9", "5.10"],
    ["1.2.2", "1.3"],
    ["1.2", "1.2.1"],
    ["9.9.9", "10.0"],
    ["", "1.0"],
    ["unknown", "1.0"],
  ])("%s is older than %s", (version, since) => {
    expect(isAtLeast(version, since)).toBe(false);
  });
});

/** Returns a client, and the `fetch` of its hub, which has this version and answers every request with success. */
const hubAt = (version: string) => {
  const fetch = answering(({ url }) =>
    answer(url.endsWith("/hub/api/") ? { version } : url.includes("/users?") ? [] : {}, {
      version,
    }),
  );
  return { fetch, hub: hubOf(fetch) };
};

type Call = (hub: JupyterHub) => PromiseLike<unknown>;
const path = { name: "ada" };
const gated: [key: string, since: string, before: string, call: Call][] = [
  ["state", "1.3", "1.2.2", (hub) => hub.users.list({ state: "active" })],
  ["name_filter", "2.3", "2.2.2", (hub) => hub.users.list({ name_filter: "a" })],
  [
    "include_stopped_servers",
    "3.0",
    "2.3.1",
    (hub) => hub.users.get("ada", { include_stopped_servers: true }),
  ],
  ["sort", "5.0", "4.1.6", (hub) => hub.users.list({ sort: "-last_activity" })],
  ["roles", "2.0", "1.5.1", (hub) => hub.tokens.create("ada", { roles: ["user"] })],
  ["scopes", "3.0", "2.3.1", (hub) => hub.tokens.create("ada", { scopes: [] })],
  [
    "user_options",
    "6.0",
    "5.5.4",
    ({ client }) =>
      postUserServer({ client, path, body: { user_options: {} }, throwOnError: true }),
  ],
];

describe("an argument that an older hub ignores or misreads", () => {
  it.each(gated)(
    "%s, which needs hub %s, is not sent to hub %s",
    async (key, since, before, call) => {
      const { fetch, hub } = hubAt(before);
      const error = await rejectionOf(call(hub));
      expect(error).toBeInstanceOf(UnsupportedByHubError);
      expect(error).toMatchObject({ since, until: undefined, hubVersion: before });
      expect((error as Error).message).toContain(
        `needs JupyterHub ${since} or newer; this hub is ${before}.`,
      );
      expect((error as Error).message).toContain(`\`${key}\``);
      expect(fetch.sent()).toEqual(["GET /"]);
    },
  );

  it.each(gated)(
    "%s is sent to hub %s, after one request for the version",
    async (_, since, __, call) => {
      const { fetch, hub } = hubAt(`${since}.0`);
      await call(hub);
      expect(fetch.sent()).toHaveLength(2);
      expect(fetch.sent()[0]).toBe("GET /");
      await call(hub);
      expect(fetch.sent().filter((sent) => sent === "GET /")).toHaveLength(1);
    },
  );

  it("is checked against the version in the header of an earlier response, without a further request", async () => {
    const { fetch, hub } = hubAt("1.2.2");
    await hub.users.get("ada");
    await expect(hub.users.list({ state: "ready" })).rejects.toBeInstanceOf(UnsupportedByHubError);
    expect(fetch.sent()).toEqual(["GET /users/ada"]);
  });

  it("is checked against the version in the last response, since a hub may be upgraded", async () => {
    let version = "1.2.2";
    const fetch = answering(() => answer([], { version }));
    const hub = hubOf(fetch);
    await hub.users.list();
    version = "1.3.0";
    await hub.users.list();
    expect(await hub.users.list({ state: "ready" })).toEqual([]);
  });

  it("makes the client request the version first, without a token", async () => {
    const { fetch, hub } = hubAt("6.1.1");
    await hub.users.list({ state: "active" });
    const [versionRequest, call] = fetch.requests;
    expect(versionRequest?.headers.has("Authorization")).toBe(false);
    expect(call?.headers.has("Authorization")).toBe(true);
  });

  it("is sent to any hub if its value is false, as in `include_stopped_servers: false`", async () => {
    const { fetch, hub } = hubAt("1.2.2");
    await hub.users.get("ada", { include_stopped_servers: false });
    expect(fetch.sent()).toEqual(["GET /users/ada?include_stopped_servers=false"]);
  });

  it("is not checked if it is undefined", async () => {
    const { fetch, hub } = hubAt("1.2.2");
    const body = { scopes: undefined } as never;
    await postUserTokens({ client: hub.client, path, body, throwOnError: true });
    expect(fetch.sent()).toEqual(["POST /users/ada/tokens"]);
  });

  it("is not confused with one that every hub knows: auth_state is sent to hubs of any version", async () => {
    const { fetch, hub } = hubAt("1.2.2");
    await hub.users.update("ada", { auth_state: { upstream: "x" } });
    expect(fetch.sent()).toEqual(["PATCH /users/ada"]);
  });

  it("is not sent if the hub's version is unknown", async () => {
    const fetch = answering(() => answer({ name: "some other API" }, { version: null }));
    const error = await rejectionOf(hubOf(fetch).users.list({ state: "active" }));
    expect(error).toMatchObject({ name: "UnexpectedResponseError" });
    expect(fetch.sent()).toEqual(["GET /"]);
  });
});

describe("the refusal of an operation that not every hub has", () => {
  const absent: [what: string, version: string, status: number, since: string, call: Call][] = [
    ["shares", "4.1.6", 404, "5.0", (hub) => hub.shares.list("ada")],
    ["share codes", "4.1.6", 404, "5.0", (hub) => hub.shareCodes.create("ada")],
    ["POST of services", "4.1.6", 405, "5.0", (hub) => hub.services.create("x", { admin: false })],
    ["DELETE of services", "3.1.1", 405, "5.0", (hub) => hub.services.delete("x")],
    ["group properties", "3.1.1", 404, "4.0", (hub) => hub.groups.setProperties("g", {})],
    ["PUT of servers", "5.5.4", 405, "6.0", (hub) => hub.servers.create("ada", { server: "x" })],
    ["health", "1.2.2", 404, "1.4", (hub) => hub.health()],
    ["metrics", "1.3.0", 404, "1.4", (hub) => hub.metrics()],
  ];
  it.each(absent)(
    "is an UnsupportedByHubError if the hub lacks the operation: %s on hub %s (status %i)",
    async (_, version, status, since, call) => {
      const phrase = status === 404 ? "Not Found" : "Method Not Allowed";
      const error = await rejectionOf(
        call(hubOf(answering(() => refusal(status, phrase, { version })))),
      );
      expect(error).toBeInstanceOf(UnsupportedByHubError);
      expect(error).toMatchObject({ status, since, hubVersion: version });
      expect((error as Error).message).toContain(`needs JupyterHub ${since} or newer`);
    },
  );

  it("leads to a NotFoundError if the hub has the operation", async () => {
    const hub = hubOf(answering(() => refusal(404, "No such user: ada", { version: "5.0.0" })));
    await expect(hub.shares.list("ada")).rejects.toMatchObject({ name: "NotFoundError" });
  });

  it("leads to a NotFoundError if the hub's version is unknown", async () => {
    const hub = hubOf(answering(() => refusal(404, "Not Found", { version: null })));
    const error = await rejectionOf(
      postShareCode({
        client: hub.client,
        path: { owner: "ada", server_name: "" },
        throwOnError: true,
      }),
    );
    expect(error).toMatchObject({ name: "NotFoundError" });
  });

  it("leads to an UnsupportedByHubError if newer hubs lack the operation: POST /authorizations/token on hub 6", async () => {
    const message =
      "Deprecated endpoint /hub/api/authorizations/token is removed in JupyterHub 2.0." +
      " Use /hub/api/users/:user/tokens instead.";
    const fetch = answering(() => refusal(404, message));
    const body = { username: "ada", password: secrets.password };
    const error = await rejectionOf(
      postAuthToken({ client: hubOf(fetch).client, body, throwOnError: true }),
    );
    expect(error).toBeInstanceOf(UnsupportedByHubError);
    expect(error).toMatchObject({ since: undefined, until: "2.0", hubVersion: "6.1.1" });
    expect((error as Error).message).toContain("was removed in JupyterHub 2.0; this hub is 6.1.1.");
  });
});

describe("a request for the version", () => {
  it("is sent by each call of version(), and by supports() only if the version is unknown", async () => {
    const { fetch, hub } = hubAt("5.5.4");
    expect(await hub.version()).toBe("5.5.4");
    expect(await hub.version()).toBe("5.5.4");
    expect(await hub.supports("shares")).toBe(true);
    expect(await hub.supports("server-models")).toBe(false);
    expect(fetch.sent()).toEqual(["GET /", "GET /"]);
  });

  it("is sent only once for several calls of supports()", async () => {
    const { fetch, hub } = hubAt("1.2.2");
    expect(await hub.supports("user-states")).toBe(false);
    expect(await hub.supports("health")).toBe(false);
    expect(fetch.sent()).toEqual(["GET /"]);
  });

  it("makes the call that needs it reject with UnexpectedResponseError if the response has no version", async () => {
    const { client } = hubOf(answering());
    const error = await rejectionOf(
      postUserTokens({ client, path, body: { roles: ["user"] }, throwOnError: true }),
    );
    expect(error).toMatchObject({ name: "UnexpectedResponseError" });
  });
});
