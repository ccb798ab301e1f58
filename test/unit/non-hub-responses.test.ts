/** Responses that do not come from a hub, and invalid features and inputs. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { isJupyterHubError, JupyterHub, type Feature } from "../../src/index.js";
import { answer, answering, hubOf, rejectionOf, secrets, serve } from "./helpers.js";

describe("an API that responds with JSON but is not a hub's", () => {
  it.each<[string, (hub: JupyterHub) => PromiseLike<unknown>]>([
    ["version", (hub) => hub.version()],
    ["users.list", (hub) => hub.users.list()],
    ["servers.list", (hub) => hub.servers.list("ada")],
    ["servers.start", (hub) => hub.servers.start("ada")],
    ["tokens.list", (hub) => hub.tokens.list("ada")],
    ["tokens.createTemporary", (hub) => hub.tokens.createTemporary("ada")],
    ["services.list", (hub) => hub.services.list()],
  ])("is refused by %s", async (_, call) => {
    await using server = await serve((_, response) => {
      response.setHeader("Content-Type", "application/json");
      response.end('{"hello":"world"}');
    });
    const hub = new JupyterHub({ url: server.url, token: secrets.token, retry: 0 });
    expect(await rejectionOf(call(hub))).toMatchObject({ name: "UnexpectedResponseError" });
  });

  it.each(["null", "1", '"a"', "true"])(
    "causes a JupyterHubError if the body is %s",
    async (body) => {
      const hub = hubOf(answering(() => answer(body)));
      for (const call of [hub.tokens.list("ada"), hub.services.list(), hub.servers.list("ada")]) {
        expect(isJupyterHubError(await rejectionOf(call))).toBe(true);
      }
    },
  );
});

describe("a client", () => {
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  it.each(["sharess", "", undefined, "constructor"])(
    "refuses the unknown feature %j, and lists the features",
    async (feature) => {
      const fetch = answering();
      const error = await rejectionOf(hubOf(fetch).supports(feature as Feature));
      expect(error).toMatchObject({ name: "InvalidInputError", message: /shares/ });
      expect(fetch.requests).toEqual([]);
    },
  );

  it.each([{ appName: "Café ☕" }, { appName: "a\nb" }, { fetch: "x" as never }])(
    "refuses an invalid option: %j",
    (options) => {
      expect(() => hubOf(answering(), options)).toThrow(
        expect.objectContaining({ name: "InvalidInputError" }),
      );
    },
  );

  it("can have a token function that uses another client, even with maxConcurrency 1", async () => {
    const fetch = answering(() => answer({ token: "renewed", name: "ada" }));
    const source = hubOf(fetch, { maxConcurrency: 1 });
    const hub = hubOf(fetch, {
      maxConcurrency: 1,
      token: async () => (await source.tokens.create("ada")).token,
    });
    expect((await hub.users.get("ada")).name).toBe("ada");
    expect(fetch.requests.at(-1)?.headers.get("Authorization")).toBe("Bearer renewed");
  });

  it("does not use the environment's token if the client comes from discover()", async () => {
    vi.stubEnv("JUPYTERHUB_API_TOKEN", secrets.token);
    const fetch = answering(() => answer({ version: "6.1.1", name: "ada" }));
    const hub = await JupyterHub.discover("https://elsewhere.example/user/ada/lab", { fetch });
    await hub.users.get("ada");
    expect(fetch.requests.map(({ headers }) => headers.get("Authorization"))).toEqual([null, null]);
  });

  it("requests the version with the call's headers, but without the token", async () => {
    const fetch = answering(() => answer({ version: "6.1.1" }));
    const call = { headers: { "X-Gateway": "east" } };
    await hubOf(fetch).users.get("ada", { include_stopped_servers: true }, call);
    expect(fetch.sent()).toEqual(["GET /", "GET /users/ada?include_stopped_servers=true"]);
    expect(fetch.requests.map(({ headers }) => headers.get("X-Gateway"))).toEqual(["east", "east"]);
    expect(fetch.requests[0]?.headers.get("Authorization")).toBeNull();
  });
});

describe("a malformed input in place of a server's name", () => {
  const misunderstood = ["gpu", null, ["gpu"], { server_name: "gpu" }, { server: null }];
  const destructive: Record<string, (hub: JupyterHub, input: never) => PromiseLike<unknown>> = {
    "servers.stop": (hub, input) => hub.servers.stop("ada", input),
    "servers.delete": (hub, input) => hub.servers.delete("ada", input),
    "shares.revokeAll": (hub, input) => hub.shares.revokeAll("ada", input),
    "shareCodes.revokeAll": (hub, input) => hub.shareCodes.revokeAll("ada", input),
    "shares.removeForUser": (hub, input) => hub.shares.removeForUser("grace", "ada", input),
    "shares.removeForGroup": (hub, input) => hub.shares.removeForGroup("astronomy", "ada", input),
  };

  it.each(Object.keys(destructive))("does not make %s act on the default server", async (name) => {
    const fetch = answering();
    const call = destructive[name] as (hub: JupyterHub, input: never) => PromiseLike<unknown>;
    for (const input of misunderstood) {
      const error = await rejectionOf(call(hubOf(fetch), input as never));
      expect(error).toMatchObject({ name: "InvalidInputError" });
    }
    expect(fetch.requests).toEqual([]);
  });
});
