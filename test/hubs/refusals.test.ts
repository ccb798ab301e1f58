/**
 * What a real hub says to requests that it refuses: every operation that it has, without credentials,
 * with unknown ones, with too few scopes, with scopes for others, for things that do not exist, and with
 * bodies that it cannot read. The answers are judged by the report after the run.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { operationsOf } from "../../scripts/document.js";
import { keyOf } from "../../scripts/operation-table.js";
import { projectionOf } from "../../scripts/projection.js";
import { corrected } from "../mock/documents.js";
import { mockCopy } from "../mock/mock-copy.js";
import { sampleRequests } from "../mock/sample.js";
import { operationOf } from "./recorder.js";
import { openStory, release, since } from "./story.js";

const story = openStory("refusals");

const document = projectionOf(corrected(), release);
const samples = sampleRequests(mockCopy(document, { version: release }))
  // Ending the hub is another story; its pages are for browsers.
  .filter(({ key }) => !/\/shutdown|\/oauth2\//.test(key))
  .map(({ key, path, init }) => ({
    key: key.replace("/hub/api", ""),
    // Names that nothing on this hub has.
    path: `${key.replace(/^\w+ \/hub\/api/, "").replaceAll(/\{(\w+)\}/g, "no-$1")}${new URL(path, "http://x").search}`,
    method: String(init.method),
    headers: { "Content-Type": "application/json" },
    body: init.body ?? null,
  }));
/** What the limited tokens may do all the same. */
const allowed = {
  reader: ["GET /user", "GET /users", "GET /authorizations/token/{token}"],
  filtered: ["GET /user", "GET /authorizations/token/{token}"],
};
/** The sets of scopes of which an operation needs one. */
const scopesOf = (method: string, path: string): string[][] => {
  const key = operationOf(method, path);
  const found = operationsOf(document).find((one) => keyOf(one) === key);
  const alternatives = (found?.operation["security"] ?? []) as { oauth2?: string[] }[];
  // Before 6.0 there is one scope for all that is done with servers.
  const nameOf = (scope: string): string =>
    scope === "start:servers" && !since("6.0") ? "servers" : scope;
  return alternatives.flatMap(({ oauth2 }) => (oauth2 ? [oauth2.map(nameOf)] : []));
};
/** Lets a scope reach something, and nothing that the samples ask for. */
const filterOf = (key: string): string =>
  key.includes(" /groups")
    ? "!group=others"
    : key.includes(" /services")
      ? "!service=reader"
      : "!user=ada";
const isPublic = (key: string): boolean => ["GET /", "GET /health"].includes(key);
const asked = samples.filter(({ key }) => !isPublic(key));
/** Those that name what they are about, of which scopes may reach some; making a token is forbidden instead. */
const named = asked.filter(
  ({ key }) =>
    /^\w+ \/(users|groups|services|shares|share-codes)\/\{/.test(key) &&
    key !== "POST /users/{name}/tokens",
);

describe("a real hub", () => {
  beforeAll(async () => {
    await story.hub.users.createMany({ usernames: ["ada", "grace"] });
  });

  const strangers: [string, () => Record<string, string>][] = [
    ["no credentials", () => ({})],
    ["unknown credentials", () => ({ Authorization: "token 0123456789abcdef0123456789abcdef" })],
  ];
  it.each(strangers)("refuses every operation to %s", async (_, credentials) => {
    for (const { path, method, headers, body } of asked) {
      const request = new Request(story.real.url + path, { method, headers, body });
      for (const [name, value] of Object.entries(credentials())) request.headers.set(name, value);
      const { status } = await story.recorder.fetch(request);
      // The login of 1.x tries the body, and that of 2.0 and newer is gone.
      expect([path, status]).toEqual([path, path.endsWith("/authorizations/token") ? status : 403]);
    }
  });

  if (since("2.0")) {
    it.each(["reader", "filtered"] as const)(
      "answers the %s within its scopes alone",
      async (role) => {
        for (const { key, path, method, headers, body } of asked) {
          const Authorization = `token ${story.real.tokens[role]}`;
          const { status } = await story.plain(path, {
            method,
            headers: { ...headers, Authorization },
            body,
          });
          if (!allowed[role].includes(key)) expect([key, 403, 404]).toContain(status);
        }
      },
    );
  }

  // Older ones have other scopes than the document names.
  if (since("5.0")) {
    it("does not find what scopes are filtered to exclude", async () => {
      for (const { key, path, method, headers, body } of named) {
        const [needed = []] = scopesOf(method, path);
        const scopes = needed.map((scope) => scope + filterOf(key));
        const { token } = await story.hub.tokens.create(story.real.adminUser, { scopes });
        const Authorization = `token ${token}`;
        const init = { method, headers: { ...headers, Authorization }, body };
        expect([key, (await story.plain(path, init)).status]).toEqual([key, 404]);
      }
    });
  }

  it("says so of what does not exist", async () => {
    for (const { key, path, method, headers, body } of asked) {
      const { status } = await story.plain(path, { method, headers, body });
      if (method !== "GET" || !key.includes("{")) continue;
      // Hubs from 2.0 to 4.1 fail at services that they do not know.
      const fails = key === "GET /services/{name}" && since("2.0") && !since("5.0");
      expect([key, status]).toEqual([key, fails ? 500 : 404]);
    }
  });

  it("refuses bodies that it cannot read", async () => {
    for (const { key, path, method, headers, body } of asked) {
      if (body === null) continue;
      for (const broken of ['{"half": ', "[1]"]) {
        const { status } = await story.plain(path, { method, headers, body: broken });
        if (broken.startsWith("{") && !/authorizations|proxy/.test(key))
          expect([key, status >= 400]).toEqual([key, true]);
      }
    }
  });

  it("refuses what is no number, where it wants one", async () => {
    if (!since("2.0")) return;
    for (const path of ["/users?limit=many", "/groups?offset=some", "/proxy?limit=1.5"]) {
      expect((await story.plain(path)).status).toBe(400);
    }
  });

  if (since("5.0")) {
    it("lets in whoever has the scopes that the document names", async () => {
      for (const { key, path, method, headers, body } of asked) {
        // Of a user who does not exist, that is forbidden with any scope.
        if (key === "POST /users/{name}/tokens") continue;
        for (const scopes of scopesOf(method, path)) {
          // Any token will do.
          if (scopes.includes("(no_scope)")) continue;
          const { token } = await story.hub.tokens.create(story.real.adminUser, { scopes });
          const init = { method, headers: { ...headers, Authorization: `token ${token}` }, body };
          const { status } = await story.plain(path, init);
          expect([key, scopes, status]).not.toEqual([key, scopes, 403]);
        }
      }
    });
  }
});
