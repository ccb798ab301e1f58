/** Requests that few clients send. The answers are those of a real hub 6.1.1. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { FakeHub } from "../../src/testing/index.js";
import { ask, openFake } from "./hubs.js";

describe("a fake hub", () => {
  it.each<[string, string, string | undefined, number, string]>([
    ["a number for names", "POST /users", '{"usernames":5}', 500, ""],
    ["an object for names", "POST /users", '{"usernames":{"bob":1}}', 201, '"bob"'],
    ["a number for groups", "POST /groups", '{"groups":5}', 500, ""],
    ["an object for groups", "POST /groups", '{"groups":{"staff":1}}', 201, '"staff"'],
    ["a huge offset", "GET /users?offset=1000000000000000000000", undefined, 500, ""],
    ["a number as a note", "POST /users/ada/tokens", '{"note":5}', 201, '"note":"5"'],
    ["an object as a note", "POST /users/ada/tokens", '{"note":{"a":1}}', 500, ""],
    ["true as a lifetime", "POST /users/ada/tokens", '{"expires_in":true}', 201, ""],
    ["a lifetime beyond 9999", "POST /users/ada/tokens", '{"expires_in":1e12}', 500, ""],
    ["no scope", "POST /users/ada/tokens", '{"scopes":["(no_scope)"]}', 400, "not held by User"],
    [
      "a number as display name",
      "PATCH /users/ada/servers/gpu",
      '{"display_name":5}',
      400,
      "string",
    ],
    ["a number as server name", "PATCH /users/ada/servers/gpu", '{"name":5}', 500, ""],
  ])("answers %s as a real hub does: %s %s", async (_, operation, body, status, part) => {
    const { fake } = openFake();
    await ask(fake, "PUT /users/ada/servers/gpu");
    const response = await ask(fake, operation, body === undefined ? {} : { body });
    expect([response.status, await response.text()]).toEqual([
      status,
      expect.stringContaining(part),
    ]);
    expect((await ask(fake, "GET /users/ada/tokens")).status).toBe(200);
  });

  it("uses the last value of a repeated query parameter, also in its list of requests", async () => {
    const { fake } = openFake({ users: ["ada", "grace", "linus"] });
    const response = await ask(fake, "GET /users?limit=1&limit=2");
    expect(await response.json()).toHaveLength(2);
    expect(fake.requests[0]?.query).toEqual({ limit: "2" });
  });

  it("answers 403 to a token with the scheme Basic, and lists no owner for the request", async () => {
    const { fake } = openFake();
    const headers = { Authorization: `Basic ${fake.token}` };
    expect((await ask(fake, "GET /user", { headers })).status).toBe(403);
    expect(fake.requests.at(-1)?.by).toBeUndefined();
  });

  it("sets the url of each response to the address of the request", async () => {
    const { fake } = openFake();
    expect((await ask(fake, "GET /users")).url).toBe(`${fake.url}/users`);
  });
});

describe("a reported activity", () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    ["2029-12-31T10:00:00", "2029-12-31T10:00:00"],
    ["2029-12-31T10:00:00+02:00", "2029-12-31T08:00:00"],
    ["20291231T100000Z", "2029-12-31T10:00:00"],
    ["20291231T100000", "2029-12-31T10:00:00"],
    ["2029-12-31", "2029-12-31T00:00:00"],
    ["Mon, 31 Dec 2029 10:00:00 GMT", "2029-12-31T10:00:00"],
  ])(
    "at %s is parsed as a hub parses it, in whatever time zone the test runs",
    async (given, expected) => {
      vi.stubEnv("TZ", "America/New_York");
      const { fake } = openFake();
      const body = JSON.stringify({ last_activity: given });
      expect((await ask(fake, "POST /users/ada/activity", { body })).status).toBe(200);
      const user = (await (await ask(fake, "GET /users/ada")).json()) as { last_activity: string };
      expect(user.last_activity).toBe(`${expected}Z`);
    },
  );
});

describe("a service that is created at run time", () => {
  const create = async (fake: FakeHub, name: string, body: object, token = fake.token) =>
    ask(fake, `POST /services/${name}`, {
      headers: { Authorization: `token ${token}` },
      body: JSON.stringify(body),
    });

  it.each(["a%2Fb", "%252e%252e", "%20x"])("cannot be named %s", async (name) => {
    const response = await create(openFake().fake, name, { admin: false });
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining("Failed to create service"),
    ]);
  });

  it.each<[string, object, number]>([
    ["an OAuth client whose id does not begin with service-", { oauth_client_id: "x" }, 400],
    ["an OAuth client with unknown scopes", { oauth_client_allowed_scopes: ["nope"] }, 500],
  ])("cannot have %s", async (_, body, status) => {
    const { fake } = openFake();
    expect((await create(fake, "web", body)).status).toBe(status);
    expect((await ask(fake, "GET /services/web")).status).toBe(404);
  });

  it.each(["short", "x".repeat(65)])(
    "exists although its token %s is invalid and the response is 500",
    async (secret) => {
      const { fake } = openFake();
      expect((await create(fake, "web", { api_token: secret })).status).toBe(500);
      expect((await ask(fake, "GET /services/web")).status).toBe(200);
    },
  );

  it("does not take over a token that already has an owner", async () => {
    const { fake } = openFake();
    expect((await create(fake, "web", { api_token: fake.token })).status).toBe(201);
    expect((await ask(fake, "GET /users")).status).toBe(200);
  });

  it.each<[object]>([
    [{ admin: true, api_token: "a-token-of-evil" }],
    [{ oauth_client_allowed_scopes: ["admin:users"] }],
  ])("cannot have permissions that its creator lacks: %j", async (body) => {
    const services = [{ name: "registry", roles: ["registry"] }];
    const fake = new FakeHub({ services, roles: { registry: ["admin:services"] } });
    const response = await create(fake, "evil", body, fake.tokenFor("registry"));
    expect([response.status, await response.text()]).toEqual([
      400,
      expect.stringContaining("not held by Service registry"),
    ]);
  });
});
