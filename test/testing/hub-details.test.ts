/** Details of hubs: what a real hub 6.1.1 answered to the same requests. */
import { describe, expect, it } from "vitest";
import { FakeHub } from "../../src/testing/index.js";
import { ask, openFake } from "./hubs.js";

interface Seen {
  status: number;
  body: unknown;
}

/** Sends a request with a JSON body; by default, with the token that has all scopes. */
async function send(
  fake: FakeHub,
  operation: string,
  body?: unknown,
  token = fake.token,
): Promise<Seen> {
  const response = await ask(fake, operation, {
    headers: { Authorization: `token ${token}` },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, body: text === "" ? undefined : JSON.parse(text) };
}

const people = { time: "manual", users: [{ name: "ada", servers: [""] }, "bob"] } as const;

describe("a share", () => {
  it("of the scope `servers` does not let its user start the server, since tokens do not expand it", async () => {
    const fake = new FakeHub(people);
    await send(fake, "PUT /users/ada/servers/gpu");
    await send(fake, "POST /shares/ada/gpu", {
      user: "bob",
      scopes: ["access:servers", "read:servers", "servers"],
    });
    const bob = fake.tokenFor("bob");
    const self = await send(fake, "GET /user", undefined, bob);
    const { scopes } = self.body as { scopes: string[] };
    expect(scopes.filter((scope) => scope.includes("ada/gpu")).toSorted()).toEqual([
      "access:servers!server=ada/gpu",
      "read:servers!server=ada/gpu",
      "servers!server=ada/gpu",
    ]);
    expect(await send(fake, "POST /users/ada/servers/gpu", undefined, bob)).toEqual({
      status: 404,
      body: { status: 404, message: "No access to resources or resources not found" },
    });
  });

  it("of the scope `servers` does not let its user read the server", async () => {
    const fake = new FakeHub(people);
    await send(fake, "POST /shares/ada/", { user: "bob", scopes: ["servers"] });
    const read = await send(fake, "GET /users/ada/server", undefined, fake.tokenFor("bob"));
    expect(read.status).toBe(404);
  });

  it("with a group adds no scopes to the tokens of the members", async () => {
    const fake = new FakeHub({ ...people, groups: [{ name: "team", users: ["bob"] }] });
    await send(fake, "POST /shares/ada/", { group: "team" });
    const self = await send(fake, "GET /user", undefined, fake.tokenFor("bob"));
    const { scopes } = self.body as { scopes: string[] };
    expect(scopes).not.toContain("access:servers!server=ada/");
  });

  it("with a group lets a member create a token for the server, but the token has no access", async () => {
    const fake = new FakeHub({ ...people, groups: [{ name: "team", users: ["bob"] }] });
    await send(fake, "POST /shares/ada/", { group: "team" });
    const made = await send(fake, "POST /users/bob/tokens", {
      scopes: ["access:servers!server=ada/"],
    });
    expect(made.status).toBe(201);
    const { scopes } = made.body as { scopes: string[] };
    expect(scopes.toSorted()).toEqual(["read:users:groups!user=bob", "read:users:name!user=bob"]);
  });

  it("follows its server when the server gets another name", async () => {
    const fake = new FakeHub(people);
    await send(fake, "PUT /users/ada/servers/gpu");
    await send(fake, "POST /shares/ada/gpu", { user: "bob" });
    await send(fake, "POST /share-codes/ada/gpu");
    await send(fake, "PATCH /users/ada/servers/gpu", { name: "tpu" });
    const item = { scopes: ["access:servers!server=ada/tpu"] };
    for (const list of ["/shares/ada/tpu", "/share-codes/ada/tpu"]) {
      expect((await send(fake, `GET ${list}`)).body).toMatchObject({ items: [item] });
    }
  });

  it("follows its server when the owner gets another name", async () => {
    const fake = new FakeHub(people);
    await send(fake, "POST /shares/ada/", { user: "bob" });
    await send(fake, "PATCH /users/ada", { name: "lovelace" });
    expect((await send(fake, "GET /shares/lovelace")).body).toMatchObject({
      items: [{ scopes: ["access:servers!server=lovelace/"] }],
    });
  });
});

describe("a group", () => {
  it.each<[string, object]>([
    ["POST /groups/staff", { users: ["bob", "bob"] }],
    ["POST /groups/staff", { users: ["bob", "BOB"] }],
    ["POST /groups", { groups: ["staff"], users: ["bob", "ada", "bob"] }],
  ])("is not created with a user given twice: %s %j", async (operation, body) => {
    const fake = new FakeHub(people);
    expect(await send(fake, operation, body)).toEqual({
      status: 500,
      body: { status: 500, message: "Internal Server Error" },
    });
    expect((await send(fake, "GET /groups/staff")).status).toBe(404);
  });
});

describe("a display name", () => {
  it.each([" ", " lab", "lab ", "my  lab"])(
    "must not begin or end with a space or have two in a row: '%s'",
    async (display_name) => {
      const { fake } = openFake();
      expect(await send(fake, "PUT /users/ada/servers/lab", { display_name })).toEqual({
        status: 400,
        body: { status: 400, message: `Invalid display_name: '${display_name}'` },
      });
    },
  );
});

describe("a time", () => {
  it("of a whole second has no fraction", async () => {
    const { fake } = openFake();
    await send(fake, "POST /users/ada/activity", { last_activity: "2029-12-31T10:00:00Z" });
    expect((await send(fake, "GET /users/ada")).body).toMatchObject({
      last_activity: "2029-12-31T10:00:00Z",
    });
  });

  it.each(["2029-02-30", "2029-01-01T24:00:00"])(
    "that does not exist is refused: %s",
    async (at) => {
      const { fake } = openFake();
      expect(await send(fake, "POST /users/ada/activity", { last_activity: at })).toEqual({
        status: 400,
        body: { status: 400, message: `Not a valid timestamp: '${at}'` },
      });
    },
  );

  it.each(["2029-12-31T10:00:00 +0200", "20291231T10"])("may be written as %s", async (at) => {
    const { fake } = openFake();
    const reported = await send(fake, "POST /users/ada/activity", { last_activity: at });
    expect(reported.status).toBe(200);
  });
});

describe("the address of a server", () => {
  it.each([
    ["o'brien", "o%27brien"],
    ["(a)", "%28a%29"],
    ["a*b!", "a%2Ab%21"],
  ])("encodes the name %s", async (name, encoded) => {
    const fake = new FakeHub({ time: "manual", users: [name] });
    expect((await send(fake, `GET /users/${name}/server`)).body).toMatchObject({
      url: `/user/${encoded}/`,
      progress_url: `/hub/api/users/${encoded}/server/progress`,
    });
  });
});

describe("a parameter of a query", () => {
  it.each([
    "name_filter=ada%20",
    "name_filter=%20ada",
    "sort=name%20",
    "state=%20inactive",
    "include_stopped_servers=%200",
  ])("is read without spaces around it: %s", async (query) => {
    const { fake } = openFake();
    const listed = await send(fake, `GET /users?${query}`);
    expect(listed).toMatchObject({ status: 200, body: [{ name: "ada", servers: {} }] });
    const [user] = listed.body as { servers: object }[];
    expect(user?.servers).toEqual({});
  });
});

describe("a token", () => {
  it.each(["self!user=ada", "inherit!user=ada", "self!group=team"])(
    "cannot have the scope %s",
    async (scope) => {
      const { fake } = openFake();
      expect(await send(fake, "POST /users/ada/tokens", { scopes: [scope] })).toEqual({
        status: 400,
        body: {
          status: 400,
          message: `Not assigning requested scopes ${scope} not held by User ada`,
        },
      });
    },
  );
});

describe("a service that is created at run time", () => {
  it("has a prefix if it has a url", async () => {
    const { fake } = openFake();
    const made = await send(fake, "POST /services/web", { url: "http://127.0.0.1:9" });
    expect(made).toMatchObject({ status: 201, body: { prefix: "/services/web/" } });
  });

  it.each([
    { oauth_client_id: "service-web" },
    { oauth_client_id: "service-web", api_token: "secret-of-web" },
    { oauth_no_confirm: true, api_token: "secret-of-web" },
  ])("cannot be an OAuth client without a url or redirect address: %j", async (body) => {
    const { fake } = openFake();
    expect(await send(fake, "POST /services/web", body)).toEqual({
      status: 400,
      body: { status: 400, message: "Failed to create service web" },
    });
  });
});

describe("a body", () => {
  it("with a byte order mark is refused", async () => {
    const { fake } = openFake();
    const body = new TextEncoder().encode('\ufeff{"users":["ada"]}');
    const response = await ask(fake, "POST /groups/staff", { body });
    expect([response.status, await response.json()]).toEqual([
      400,
      { status: 400, message: "Invalid JSON in body of request" },
    ]);
  });
});

describe("a token from OAuth", () => {
  const options = {
    time: "manual",
    users: ["ada"],
    services: [{ name: "webapp" }],
    roles: { user: ["self", "access:services!service=webapp"] },
  } as const;
  const exchange = async (fake: FakeHub, without?: string): Promise<Seen> => {
    const { code, clientId, clientSecret } = fake.authorizationCode("ada", ["read:users!user"]);
    const form = new URLSearchParams({
      grant_type: "authorization_code",
      client_id: clientId,
      client_secret: clientSecret,
      code,
      redirect_uri: "https://webapp.example/oauth_callback",
    });
    if (without !== undefined) form.delete(without);
    const headers = { "Content-Type": "application/x-www-form-urlencoded" };
    const response = await ask(fake, "POST /oauth2/token", { headers, body: form.toString() });
    return { status: response.status, body: await response.json() };
  };

  it("comes with the requested scopes as they were written, and with access to the service", async () => {
    const { body } = await exchange(new FakeHub(options));
    const { scope } = body as { scope: string };
    expect(scope.split(" ").toSorted()).toEqual([
      "access:services!service=webapp",
      "read:users!user",
      "read:users:groups!user",
      "read:users:name!user",
    ]);
  });

  it("has access to the service, and names the service as its client", async () => {
    const fake = new FakeHub(options);
    await exchange(fake);
    const { body } = await send(fake, "GET /users/ada/tokens");
    expect(body).toMatchObject({
      api_tokens: [
        {
          oauth_client: "JupyterHub service webapp",
          scopes: expect.arrayContaining(["access:services!service=webapp"]) as unknown,
        },
      ],
    });
  });

  it("is refused without a code, as an invalid request", async () => {
    expect(await exchange(new FakeHub(options), "code")).toEqual({
      status: 400,
      body: { error: "invalid_request", error_description: "Missing code parameter." },
    });
  });
});
