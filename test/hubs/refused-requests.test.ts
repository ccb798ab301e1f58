/**
 * Requests that a real hub refuses: every operation without credentials, with invalid ones, with too few scopes, with
 * scopes for other resources, for resources that do not exist, and with unreadable bodies. The report after the run
 * validates the responses.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { samples } from "./samples.js";
import { useHubFixture, since } from "./hub-fixture.js";

const fixture = useHubFixture("refused-requests");

/** The operations that the limited tokens may use. */
const allowed = {
  reader: ["GET /user", "GET /users", "GET /authorizations/token/{token}"],
  filtered: ["GET /user", "GET /authorizations/token/{token}"],
};
/** Returns a filter that limits a scope to resources that the samples do not use. */
const filterOf = (key: string): string =>
  key.includes(" /groups")
    ? "!group=others"
    : key.includes(" /services")
      ? "!service=reader"
      : "!user=ada";
const isPublic = (key: string): boolean => ["GET /", "GET /health"].includes(key);
const requests = samples
  // The shutdown is tested elsewhere.
  .filter(({ key }) => !isPublic(key) && key !== "POST /shutdown")
  .map((sample) => ({
    ...sample,
    headers: { "Content-Type": "application/json" },
    // Names that do not exist on this hub.
    path: sample.path((parameter) => `no-${parameter}`),
  }));
/**
 * Operations on a named resource. Hubs answer 404 if the token's scopes do not cover the resource. The creation of a
 * token is left out, since hubs answer 403 to it.
 */
const named = requests.filter(
  ({ key }) =>
    /^\w+ \/(users|groups|services|shares|share-codes)\/\{/.test(key) &&
    key !== "POST /users/{name}/tokens",
);

describe("a real hub", () => {
  beforeAll(async () => {
    await fixture.hub.users.createMany({ usernames: ["ada", "grace"] });
  });

  const invalidCredentials: [string, () => Record<string, string>][] = [
    ["without credentials", () => ({})],
    [
      "with unknown credentials",
      () => ({ Authorization: "token 0123456789abcdef0123456789abcdef" }),
    ],
  ];
  it.each(invalidCredentials)("refuses every operation %s", async (_, credentials) => {
    for (const { path, method, headers, body } of requests) {
      const request = new Request(fixture.real.url + path, { method, headers, body });
      for (const [name, value] of Object.entries(credentials())) request.headers.set(name, value);
      const { status } = await fixture.recorder.fetch(request);
      // Any status is right for the login of hubs 1.x: it reads the body, and hubs since 2.0 do not have it.
      expect([path, status]).toEqual([path, path.endsWith("/authorizations/token") ? status : 403]);
    }
  });

  if (since("2.0")) {
    it.each(["reader", "filtered"] as const)(
      "lets the %s token use only the operations that its scopes cover",
      async (role) => {
        for (const { key, path, method, headers, body } of requests) {
          const Authorization = `token ${fixture.real.tokens[role]}`;
          const { status } = await fixture.plain(path, {
            method,
            headers: { ...headers, Authorization },
            body,
          });
          if (!allowed[role].includes(key)) expect([key, 403, 404]).toContain(status);
        }
      },
    );
  }

  if (since("3.0")) {
    it("answers 404 for resources outside a scope's filter", async () => {
      for (const { key, path, method, headers, body, scopes: alternatives } of named) {
        const [needed = []] = alternatives;
        const scopes = needed.map((scope) => scope + filterOf(key));
        const { token } = await fixture.hub.tokens.create(fixture.real.adminUser, { scopes });
        const Authorization = `token ${token}`;
        const init = { method, headers: { ...headers, Authorization }, body };
        expect([key, (await fixture.plain(path, init)).status]).toEqual([key, 404]);
      }
    });
  }

  it("answers 404 for resources that do not exist", async () => {
    for (const { key, path, method, headers, body } of requests) {
      const { status } = await fixture.plain(path, { method, headers, body });
      if (method !== "GET" || !key.includes("{")) continue;
      // Hubs from 2.0 to 4.1 answer 500 to unknown services.
      const fails = key === "GET /services/{name}" && since("2.0") && !since("5.0");
      expect([key, status]).toEqual([key, fails ? 500 : 404]);
    }
  });

  it("refuses bodies that are not JSON", async () => {
    for (const { key, path, method, headers, body } of requests) {
      if (body === null) continue;
      for (const broken of ['{"half": ', "[1]"]) {
        const { status } = await fixture.plain(path, { method, headers, body: broken });
        if (broken.startsWith("{") && !/authorizations|proxy/.test(key))
          expect([key, status >= 400]).toEqual([key, true]);
      }
    }
  });

  it("refuses text where it expects a number", async () => {
    if (!since("2.0")) return;
    for (const path of ["/users?limit=many", "/groups?offset=some", "/proxy?limit=1.5"]) {
      expect((await fixture.plain(path)).status).toBe(400);
    }
  });
});
