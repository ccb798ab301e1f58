/** What a real hub shows of its models to tokens of single scopes, so that no field is called required that one lacks. */
import { beforeAll, describe, expect, it } from "vitest";
import { openStory, since } from "./story.js";

const story = openStory("scopes");

const scopes = [
  "list:users",
  "read:users",
  "read:users:name",
  "read:users:groups",
  "read:users:activity",
  "read:servers",
  "read:roles",
  "read:roles:users",
  "read:roles:groups",
  "read:roles:services",
  "admin:auth_state",
  "admin:users",
  "admin:servers",
  "list:groups",
  "read:groups",
  "read:groups:name",
  "groups",
  "list:services",
  "read:services",
  "read:services:name",
];
const paths = [
  "/user",
  "/users",
  "/users/ada",
  "/groups",
  "/groups/astronomy",
  "/services",
  "/services/webapp",
];

if (since("3.0")) {
  describe("a token of one scope", () => {
    beforeAll(async () => {
      const { groups, servers, users } = story.hub;
      await users.create("ada");
      await servers.start("ada");
      await groups.create("astronomy", { users: ["ada"] });
    });

    it.each(scopes)("%s is shown what it reaches, and refused the rest", async (scope) => {
      const { token } = await story.hub.tokens.create(story.real.adminUser, { scopes: [scope] });
      const headers = { Authorization: `token ${token}` };
      const statuses = [];
      for (const path of paths) statuses.push((await story.plain(path, { headers })).status);
      expect(statuses[0]).toBe(200);
      expect(statuses.filter((status) => ![200, 403, 404].includes(status))).toEqual([]);
    });
  });
} else {
  describe("a hub before 3.0", () => {
    it("does not limit tokens to scopes", async () => {
      expect(await story.hub.supports("token-scopes")).toBe(false);
    });
  });
}
