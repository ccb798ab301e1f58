/** Runs `checkHub` on a real hub with users, servers, groups, tokens and shares. Hubs since 5.0 show no deviations. */
import { beforeAll, describe, expect, it } from "vitest";
import { checkHub } from "jupyterhub-client/testing";
import { itSince, release, since, useHubFixture } from "./hub-fixture.js";

const fixture = useHubFixture("check-hub");

describe("checkHub", () => {
  beforeAll(async () => {
    const { users, groups, servers, tokens, shares } = fixture.hub;
    await users.createMany({ usernames: ["ada", "bob"] });
    await groups.create("staff", { users: ["ada"] });
    await servers.start("ada");
    await tokens.create("ada", { note: "for a check" });
    if (since("5.0")) {
      await shares.grant("ada", { user: "bob" });
      await shares.grant("ada", { group: "staff" });
    }
  });

  it("sends every GET operation with a token that has all permissions", async () => {
    const report = await checkHub(fixture.hub);
    console.log(
      `${report.version} against ${report.contract}: ${report.requests} requests, ` +
        `${report.checked.length} operations, ${report.deviations.length} deviations`,
    );
    expect(report.contract).toBe(release);
    // Before 5.0, hubs are known to deviate: test/hubs/deviations.yaml.
    if (since("5.0")) expect(report.deviations).toEqual([]);
    expect(report.checked).toContain("GET /users/{name}/server/progress");
  });

  itSince("3.0")("sends the GET operations that a user's token allows", async () => {
    const { token } = await fixture.hub.tokens.create("ada", { scopes: ["read:users!user"] });
    const report = await checkHub(fixture.as(token));
    expect(report.skipped["GET /users"]).toBe("the token lacks list:users");
    if (since("5.0")) expect(report.deviations).toEqual([]);
  });
});
