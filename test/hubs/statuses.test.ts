/**
 * Sends the requests of the tables below, most of them invalid, to a real hub and checks the statuses of the responses.
 * refused-requests.test.ts covers credentials, scopes and unknown names. The report after the run validates the
 * responses, and lists declared statuses that did not occur.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { loginByForm } from "./login.js";
import { itSince, useHubFixture, since } from "./hub-fixture.js";

// With this limit, a start ends before the hub answers the POST, even on a slow machine.
const extraConfig = 'c.JupyterHub.tornado_settings["slow_spawn_timeout"] = 30';
const fixture = useHubFixture("statuses", { extraConfig });

/** The request, its body, the expected status on hubs 5 and 6, and the first release that has the operation. */
type Row = [request: string, body: unknown, status: number, version?: string];

/** Stands for a truncated JSON body. Other values are sent as JSON. */
const half = Symbol("half a body");

const pages: Row[] = [
  "/users",
  "/groups",
  "/proxy",
  "/users/ada/shared",
  "/groups/astronomy/shared",
  "/shares/ada",
  "/shares/ada/lab",
  "/share-codes/ada",
  "/share-codes/ada/lab",
].map((path) => [`GET ${path}?limit=many`, undefined, 400]);

const bodies: Row[] = [
  ["POST /users", half, 400],
  ["POST /users/hedy", half, 400],
  ["PATCH /users/ada", half, 400],
  ["POST /users/ada/activity", half, 400],
  ["POST /users/ada/tokens", half, 400],
  ["POST /users/ada/server", half, 400],
  ["PATCH /users/ada/server", half, 400, "6.0"],
  ["DELETE /users/ada/server", half, 400],
  ["POST /users/ada/servers/lab", half, 400],
  ["PUT /users/ada/servers/attic", half, 400, "6.0"],
  ["PATCH /users/ada/servers/lab", half, 400, "6.0"],
  ["DELETE /users/ada/servers/lab", half, 400],
  ["POST /groups", half, 400],
  ["POST /groups/optics", half, 400],
  ["POST /groups/astronomy/users", half, 400],
  ["DELETE /groups/astronomy/users", half, 400],
  ["PUT /groups/astronomy/properties", half, 400],
  ["POST /shares/ada/lab", half, 400],
  ["PATCH /shares/ada/lab", half, 400],
  ["POST /share-codes/ada/lab", half, 400],
  ["POST /services/board", half, 400],
  ["PATCH /proxy", half, 400],
  ["POST /shutdown", half, 400],
];

const values: Row[] = [
  ["POST /users", { usernames: [5] }, 500],
  ["PATCH /users/grace", { groups: ["astronomy"] }, 500],
  ["POST /users/ada/tokens", { expires_in: 1e15 }, 500],
  ["POST /users/grace/server", { behave: "fail" }, 500],
  ["DELETE /users/ada/server", [1], 500],
  ["PATCH /users/ada/server", { colour: "red" }, 500, "6.0"],
  ["DELETE /users/ada/servers/lab", [1], 500],
  ["PATCH /users/ada/servers/lab", { colour: "red" }, 500, "6.0"],
  ["POST /groups", { groups: ["optics"], users: [5] }, 500],
  ["POST /groups/optics", { users: [5] }, 500],
  ["POST /groups/astronomy/users", { users: [5] }, 500],
  ["DELETE /groups/astronomy/users", { users: [5] }, 500],
  ["POST /shares/ada/lab", { user: "grace", scopes: ["no:such:scope"] }, 500],
  ["PATCH /shares/ada/lab", { user: "grace", scopes: ["no:such:scope"] }, 500],
  ["POST /share-codes/ada/lab", { scopes: ["no:such:scope"] }, 500],
  ["POST /services/board", { oauth_client_allowed_scopes: ["no:such:scope"] }, 500],
  ["POST /shutdown", { proxy: [] }, 500],
];

const states: Row[] = [
  ["POST /groups", { groups: ["astronomy"] }, 409],
  ["DELETE /groups/nobody", undefined, 404],
  ["GET /users/ada/servers/lab/progress", undefined, since("6.0") ? 404 : 400],
  ["POST /shares/ada/nowhere", { user: "grace" }, 404],
  ["PATCH /shares/ada/nowhere", { user: "grace" }, 404],
  ["PATCH /users/ada/server", { name: "lab" }, 409, "6.0"],
  ["PUT /users/ada/servers/attic", {}, 201, "6.0"],
  ["GET /users/ada/servers/attic/progress", undefined, 400, "6.0"],
  ["PATCH /users/ada/servers/attic", { name: "lab" }, 409, "6.0"],
  ["POST /users/grace/server", { behave: "refuse" }, 409],
  ["POST /users/grace/server", { behave: "refuse", status: 507 }, 507],
  ["POST /users/grace/servers/lab", { behave: "refuse", status: 502 }, 502],
  ["DELETE /users/admin", undefined, 400],
  ["POST /users/ada/server", { behave: "slow-stop" }, 201],
  ["DELETE /users/ada/server", undefined, 202],
];

/** Requests with null values, which hubs treat as absent. */
const nothings: Row[] = [
  ["POST /users/ada/tokens", { roles: null, scopes: null, auth: null, expires_in: null }, 201],
  ["POST /users/ada/activity", { last_activity: new Date().toISOString(), servers: null }, 200],
  ["POST /shares/ada/lab", { user: "grace", group: null, scopes: null }, 200],
  ["POST /share-codes/ada/lab", { scopes: null }, 200],
];

/** Requests that hubs refuse, mostly because keys are missing or conflict. */
const refused: Row[] = [
  ["POST /users", { usernames: [] }, 400],
  ["POST /users/ada/activity", {}, 400],
  // Hub 2.3 answers 404.
  ["POST /users/ada/tokens", { roles: ["no-such-role"] }, 400],
  ["PATCH /users/ada/servers/lab", {}, 400, "6.0"],
  ["PATCH /users/ada/server", {}, 400, "6.0"],
  ...["POST", "PATCH"].flatMap((method): Row[] => [
    [`${method} /shares/ada/lab`, {}, 400],
    [`${method} /shares/ada/lab`, { user: null }, 400],
    [`${method} /shares/ada/lab`, { user: "grace", group: "astronomy" }, 400],
  ]),
];

describe("a real hub", () => {
  let token = "";
  beforeAll(async () => {
    const { groups, servers, tokens, users } = fixture.hub;
    await users.createMany({ usernames: ["ada", "grace"] });
    await groups.create("astronomy", { users: ["ada"] });
    for (const input of [{}, { server: "lab" }]) {
      await servers.start("ada", input);
      await servers.stop("ada", input);
    }
    // The token of a user, since one row tries to delete the token's owner.
    ({ token } = await tokens.create(fixture.real.adminUser));
  });

  describe.each([
    ["refuses a limit that is not a number", pages],
    ["refuses a truncated body", bodies],
    ["answers 500 to unexpected values", values],
    ["treats null as absent", nothings],
    ["refuses bodies with missing or conflicting keys", refused],
    ["answers according to its state", states],
  ])("%s", (_, rows) => {
    it.each(rows)("%s", async (request, content, expected, version = "5.0") => {
      const [method = "", path = ""] = request.split(" ");
      const headers = { Authorization: `token ${token}`, "Content-Type": "application/json" };
      const body =
        content === half ? '{"half": ' : content === undefined ? null : JSON.stringify(content);
      const { status } = await fixture.plain(path, { method, headers, body });
      // The report validates the responses of older hubs.
      if (since("5.0") && since(version)) expect(status).toBe(expected);
    });
  });

  it("asks for consent to an OAuth login, unless the application is unknown or is another user's server", async () => {
    const cookies = await loginByForm(fixture.real.url, "ada", fixture.real.password);
    const authorize = async (client: string, Cookie: string): Promise<Response> => {
      const path = `/oauth2/authorize?client_id=${client}&response_type=code`;
      return fixture.plain(path, { headers: { Authorization: "", Cookie } });
    };
    const { clientId } = fixture.real.oauth;
    await fixture.hub.servers.start("grace", { user_options: {} });
    for (const [client, expected] of [
      [clientId, 200],
      ["nobody", 400],
      // Before 2.0 the server itself asks the hub for permissions.
      ["jupyterhub-user-grace", since("2.0") ? 403 : 200],
    ] as const) {
      expect([client, (await authorize(client, cookies.header())).status]).toEqual([
        client,
        expected,
      ]);
    }
    const anonymous = await authorize(clientId, "");
    expect(anonymous.status).toBe(302);
    expect(anonymous.headers.get("Location")).toMatch(/\/hub\/login\?/);
  });

  itSince("5.0")("identifies users by cookie, without a token id", async () => {
    const cookies = await loginByForm(fixture.real.url, "ada", fixture.real.password);
    const headers = {
      Authorization: "",
      Cookie: cookies.header(),
      "X-XSRFToken": cookies.xsrf ?? "",
    };
    const identity = await fixture.plain("/user", { headers });
    expect(await identity.json()).toMatchObject({ name: "ada", token_id: null });
  });

  it("refuses a shutdown without credentials", async () => {
    const { status } = await fixture.recorder.fetch(`${fixture.real.url}/shutdown`, {
      method: "POST",
    });
    expect(status).toBe(403);
  });
});
