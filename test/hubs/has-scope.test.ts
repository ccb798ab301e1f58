/** Compares `hasScope` with the real permissions of a token on a hub. */
import { beforeAll, describe, expect, it } from "vitest";
import { hasScope } from "jupyterhub-client";
import { useHubFixture, since } from "./hub-fixture.js";

const fixture = useHubFixture("has-scope");

/** Requests, each with the scope that it requires and the groups of the user whom it is about. */
const requests: [scope: string, method: string, path: string, groups?: string[]][] = [
  ["read:hub", "GET", "/info"],
  ["proxy", "GET", "/proxy"],
  ["read:tokens!user=ada", "GET", "/users/ada/tokens", ["staff"]],
  ["read:tokens!user=grace", "GET", "/users/grace/tokens", ["students"]],
  ["read:users:name!user=ada", "GET", "/users/ada", ["staff"]],
  ["users:activity!user=ada", "POST", "/users/ada/activity", ["staff"]],
  ["users:activity!user=grace", "POST", "/users/grace/activity", ["students"]],
  ["read:servers!server=ada/", "GET", "/users/ada/server/progress", ["staff"]],
  ["read:servers!server=ada/gpu", "GET", "/users/ada/servers/gpu/progress", ["staff"]],
  ["read:servers!server=grace/", "GET", "/users/grace/server/progress", ["students"]],
  ["start:servers!server=ada/", "POST", "/users/ada/server", ["staff"]],
  ["start:servers!server=grace/", "POST", "/users/grace/server", ["students"]],
  ["read:groups:name!group=staff", "GET", "/groups/staff"],
  ["read:groups:name!group=students", "GET", "/groups/students"],
  ["read:services:name!service=webapp", "GET", "/services/webapp"],
  ["read:services:name!service=reader", "GET", "/services/reader"],
];

const ofTheAdmin: string[][] = [
  [],
  ["inherit"],
  ["read:hub", "proxy"],
  ["read:users"],
  ["users!user=ada"],
  ["users!group=students"],
  ["admin:users"],
  ["tokens"],
  ["read:tokens!user=ada"],
  ["read:tokens!group=staff"],
  ["servers"],
  ["read:servers!user=grace"],
  ["servers!user=ada"],
  ["servers!server=ada/"],
  ["servers!server=ada/gpu", "read:tokens!group=students"],
  ["servers!group=staff"],
  ["admin:servers!user=ada", "servers!server=grace/"],
  ["groups!group=staff"],
  ["admin:groups"],
  ["read:services!service=webapp"],
  ["list:services"],
];
const ofAda: string[][] = [
  ["inherit"],
  ["self"],
  ["read:tokens!user"],
  ["servers!server=ada/gpu"],
  ["servers!user=ada", "users:activity!user"],
];

if (since("3.0")) {
  describe("hasScope", () => {
    beforeAll(async () => {
      const { groups, servers, users } = fixture.hub;
      await users.createMany({ usernames: ["ada", "grace"] });
      await groups.create("staff", { users: ["ada"] });
      await groups.create("students", { users: ["grace"] });
      await servers.start("ada");
      await servers.start("ada", { server: "gpu" });
      await servers.start("grace");
    });

    const tokens = [
      ...ofTheAdmin.map((scopes) => ({ owner: "admin", scopes })),
      ...ofAda.map((scopes) => ({ owner: "ada", scopes })),
    ];
    const answers = new Set<boolean>();
    it.each(tokens)(
      "agrees with the hub on a token of $owner with the scopes $scopes",
      async ({ owner, scopes }) => {
        const { token } = await fixture.hub.tokens.create(owner, { scopes });
        const identity = await fixture.as(token).whoami();
        const said: Record<string, boolean> = {};
        const done: Record<string, boolean> = {};
        for (const [scope, method, path, groups] of requests) {
          const { status } = await fixture.plain(path, {
            method,
            headers: { Authorization: `Bearer ${token}` },
            ...(path.endsWith("/activity") && {
              body: JSON.stringify({ last_activity: "2020-01-01T00:00:00Z" }),
            }),
          });
          // Users may always read their own name.
          if (owner === "ada" && path === "/users/ada") continue;
          said[scope] = hasScope(identity, scope, { groups });
          done[scope] = status !== 403 && status !== 404;
          answers.add(done[scope]);
        }
        expect(said).toEqual(done);
      },
    );

    it("is compared both with requests that the hub allows and with requests that it refuses", () => {
      expect([...answers].toSorted()).toEqual([false, true]);
    });
  });
}
