/** The headers and options of a request, and redirects, which are never followed. */
import { describe, expect, it } from "vitest";
import {
  deleteUser,
  getOauthAuthorize,
  getUser,
  postOauthToken,
  postUserTokens,
} from "../../src/api.js";
import { JupyterHub } from "../../src/index.js";
import {
  answer,
  answering,
  api,
  expectNoSecret,
  hubOf,
  rejectionOf,
  secrets,
  serve,
} from "./helpers.js";

const namesOf = (request: Request | undefined): string[] =>
  [...(request?.headers.keys() ?? [])].toSorted();

describe("a request", () => {
  it("has only headers that hubs allow in requests from other origins (CORS)", async () => {
    const fetch = answering(({ url }) => answer(url.includes("/groups?") ? [] : {}));
    const hub = hubOf(fetch);
    await hub.users.get("ada");
    await hub.groups.list();
    await hub.users.delete("ada");
    await hub.proxy.sync();
    await hub.users.update("ada", { admin: true });
    const own = ["accept", "authorization", "user-agent"];
    expect(fetch.requests.map(namesOf)).toEqual([
      own,
      own,
      own,
      own,
      ["accept", "authorization", "content-type", "user-agent"],
    ]);
    expect(fetch.requests[4]?.headers.get("Content-Type")).toBe("application/json");
  });

  it("accepts the media types of its operation", async () => {
    const fetch = answering(() => answer([]));
    const hub = hubOf(fetch);
    await hub.users.get("ada");
    await hub.users.list();
    await hub.metrics();
    expect(fetch.requests.map(({ headers }) => headers.get("Accept"))).toEqual([
      "application/json",
      "application/jupyterhub-pagination+json",
      "text/plain, text/html, application/json",
    ]);
  });

  it("has no token for a public operation", async () => {
    const fetch = answering(() => answer({ version: "6.1.1" }));
    const hub = hubOf(fetch);
    await hub.version();
    await hub.health();
    const body = { grant_type: "authorization_code", client_id: "x", code: "y" } as never;
    await postOauthToken({ client: hub.client, body, throwOnError: true });
    const auth = { username: "ada", password: secrets.password };
    const path = { name: "ada" };
    await postUserTokens({ client: hub.client, path, body: { auth }, throwOnError: true });
    expect(fetch.requests.map(({ headers }) => headers.has("Authorization"))).toEqual(
      Array(4).fill(false),
    );
    expect(fetch.requests[2]?.headers.get("Content-Type")).toBe(
      "application/x-www-form-urlencoded",
    );
  });

  it("has no token if the client has none", async () => {
    const fetch = answering();
    await hubOf(fetch, { token: undefined }).users.get("ada");
    expect(namesOf(fetch.requests[0])).toEqual(["accept", "user-agent"]);
  });

  it("of tokens.identify has the token that is to be identified, not the client's token", async () => {
    const fetch = answering();
    await hubOf(fetch).tokens.identify("another");
    expect(fetch.requests[0]?.headers.get("Authorization")).toBe("Bearer another");
  });

  it("has the client's headers, unless the call replaces them", async () => {
    const fetch = answering();
    const headers = { "X-Gateway": "client", "X-Both": "client", accept: "application/x" };
    const hub = hubOf(fetch, { headers });
    await hub.users.get("ada");
    await hub.users.get("ada", {}, { headers: { "x-both": "call", "X-Call": "call" } });
    const [first, second] = fetch.requests.map((request) => Object.fromEntries(request.headers));
    expect(first).toMatchObject({ "x-gateway": "client", "x-both": "client" });
    expect(first).toMatchObject({ accept: "application/x" });
    expect(first).not.toHaveProperty("x-call");
    expect(second).toMatchObject({ "x-gateway": "client", "x-both": "call", "x-call": "call" });
  });

  it.each(["content-type", "Content-Type", "CONTENT-TYPE"])(
    "has only one %s header if the call sets it, whatever the case of the name",
    async (name) => {
      const fetch = answering();
      const hub = hubOf(fetch);
      const headers = { [name]: "application/json; charset=utf-8" };
      await hub.users.create("ada", { admin: true }, { headers });
      const { client } = hub;
      await postUserTokens({ client, path: { name: "ada" }, body: {}, headers });
      expect(fetch.requests.map((request) => request.headers.get("Content-Type"))).toEqual(
        Array(2).fill("application/json; charset=utf-8"),
      );
    },
  );

  it("has the client's token if the password in the body is null", async () => {
    const fetch = answering();
    const { client } = hubOf(fetch);
    await postUserTokens({ client, path: { name: "ada" }, body: { auth: null } });
    expect(fetch.requests[0]?.headers.get("Authorization")).toBe(`Bearer ${secrets.token}`);
  });

  it("never follows redirects", async () => {
    const fetch = answering(() => answer({ version: "6.1.1" }));
    const hub = hubOf(fetch);
    await hub.version();
    await hub.users.get("ada");
    await hub.users.create("ada", { admin: true });
    await hub.users.delete("ada");
    await getUser({ client: hub.client, path: { name: "ada" }, throwOnError: true });
    expect(fetch.requests.map(({ redirect }) => redirect)).toEqual(Array(5).fill("manual"));
  });

  const getting = ({ client }: JupyterHub, url: string) => client.get({ url, throwOnError: true });

  it.each(["/../../hub/home", "/users/../../../evil", "/%2e%2e/%2E./x"])(
    "is refused if its raw url would leave the API: %s",
    async (url) => {
      const fetch = answering();
      const error = await rejectionOf(getting(hubOf(fetch), url));
      expect(error).toMatchObject({ name: "InvalidInputError" });
      expect((error as Error).message).toContain("would leave the hub's API");
      expect(fetch.sent()).toEqual([]);
    },
  );

  it("to an absolute URL is refused, and one to //host stays below the API", async () => {
    const fetch = answering();
    await getting(hubOf(fetch), "//evil.example/x");
    expect(fetch.requests.map(({ url }) => url)).toEqual([`${api}//evil.example/x`]);
    const refused = getting(hubOf(fetch), "https://evil.example/x");
    await expect(refused).rejects.toMatchObject({ name: "InvalidInputError" });
    expect(fetch.requests).toHaveLength(1);
  });
});

describe("a redirect", () => {
  it.each(
    [301, 302, 303, 307, 308].flatMap((status) => [
      [status, "GET"],
      [status, "DELETE"],
    ]),
  )(
    "with status %i of a %s request is not followed, and leads to an UnexpectedResponseError",
    async (status, method) => {
      let reached = 0;
      await using target = await serve((_, response) => {
        reached += 1;
        response.end();
      });
      await using server = await serve((_, response) => {
        response.writeHead(status as number, {
          Location: `${target.url}/hub/login?next=${secrets.value}#x`,
          "X-JupyterHub-Version": "6.1.1",
        });
        response.end();
      });
      const { client } = new JupyterHub({ url: server.url, token: secrets.token });
      const call = method === "GET" ? getUser : deleteUser;
      const error = await rejectionOf(call({ client, path: { name: "ada" }, throwOnError: true }));
      expect(error).toMatchObject({ name: "UnexpectedResponseError", status });
      expect((error as Error).message).toContain(
        ` was redirected to ${target.url}/hub/login, which`,
      );
      expect((error as Error).message).toContain("leads to a login page");
      expectNoSecret(error);
      expect(reached).toBe(0);
    },
  );

  it.each([
    ["/hub/login?next=x", " was redirected to https://hub.example.org/hub/login, which"],
    [
      `//ada:${secrets.password}@evil.example/x`,
      " was redirected to https://evil.example/x, which",
    ],
    ["http://[", " was redirected, which"],
    ["", " was redirected, which"],
  ])("to %j is reported without its secrets", async (Location, words) => {
    const headers = { Location };
    const hub = hubOf(answering(() => new Response(null, { status: 302, headers })));
    const error = await rejectionOf(hub.users.get("ada"));
    expect((error as Error).message).toContain(words);
    expectNoSecret(error);
  });

  it("from the OAuth authorization page leads to an error that does not suggest checking the client's `url`", async () => {
    const headers = { Location: `/hub/login?next=${secrets.value}` };
    const { client } = hubOf(answering(() => new Response(null, { status: 302, headers })));
    const query = { client_id: "x", response_type: "code" };
    const { error } = await getOauthAuthorize({ client, query } as never);
    expect(error).toMatchObject({ name: "UnexpectedResponseError", status: 302 });
    expect((error as Error).message).toContain(
      " was redirected to https://hub.example.org/hub/login, as hubs do with browsers.",
    );
    expect((error as Error).message).not.toMatch(/never|Check the url/);
    expectNoSecret(error);
  });

  it("is recognised in browsers, which hide its target", async () => {
    const hidden = Object.defineProperties(new Response(null), {
      type: { value: "opaqueredirect" },
      status: { value: 0 },
    });
    const error = await rejectionOf(hubOf(answering(() => hidden)).users.get("ada"));
    expect(error).toMatchObject({ name: "UnexpectedResponseError" });
    expect((error as Error).message).toContain("was redirected, which");
  });
});
