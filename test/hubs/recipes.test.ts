/**
 * Runs the TypeScript code of docs/python-recipes.md, one recipe after the other, on a real hub. Checks the requests
 * and their effects.
 */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { JupyterHub } from "jupyterhub-client";
import { useHubFixture, since } from "./hub-fixture.js";

const fixture = useHubFixture("recipes");

const page = readFileSync(new URL("../../docs/python-recipes.md", import.meta.url), "utf8");
const recipes = [...page.matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""]) => code);

/** `sent` has the requests of each recipe, in order. `made` has the recipes' results: `token`, `groups` and `labs`. */
const sent: string[][] = [];
const made: Record<string, unknown> = {};

beforeAll(async () => {
  await fixture.hub.users.create("mrossi");
  await fixture.hub.groups.create("group-b");
  fixture.sent();
  const { url, adminUser, password } = fixture.real;
  const program = recipes
    .map((code) => `${code}\nafter();`)
    .join("\n")
    .replace("https://hub.example.org", url)
    .replace('"admin"', JSON.stringify(adminUser));
  class Recorded extends JupyterHub {
    constructor(options: ConstructorParameters<typeof JupyterHub>[0]) {
      super({ ...options, fetch: fixture.recorder.fetch });
    }
  }
  const { constructor: AsyncFunction } = async function () {};
  const given = { JupyterHub: Recorded, password, after: () => sent.push(fixture.sent()) };
  const run = AsyncFunction(
    ...Object.keys(given),
    `${program}\nreturn { token, groups, labs };`,
  ) as (...given: unknown[]) => Promise<object>;
  Object.assign(made, await run(...Object.values(given)));
});

describe("the recipes of docs/python-recipes.md", () => {
  it("all run, and there are six of them", () => {
    expect(recipes).toHaveLength(6);
    expect(sent).toHaveLength(6);
  });

  it("get a token for a password", async () => {
    expect(sent[0]).toEqual(["POST /users/{name}/tokens 201"].map(ofThisHub));
    const { adminUser } = fixture.real;
    expect(await fixture.as(made["token"] as string).whoami()).toMatchObject({ name: adminUser });
  });

  it("list all groups", () => {
    expect(made["groups"]).toMatchObject([{ name: "group-b" }]);
  });

  it("create a group, add a user and remove the user", async () => {
    expect(sent.slice(2, 5)).toEqual([
      ["POST /groups/{name} 201"],
      ["POST /groups/{name}/users 200"],
      ["DELETE /groups/{name}/users 200"],
    ]);
    expect(await fixture.hub.groups.get("group-a")).toMatchObject({ users: [] });
  });

  it("start a named server with the given options", async () => {
    expect(made["labs"]).toMatchObject({ name: "labs", ready: true });
    const server = await fixture.hub.servers.get("mrossi", { server: "labs" });
    expect(server).toMatchObject({ user_options: { profile: "profile_1_slug" } });
  });
});

/** Adapts an expected status to the tested hub: hubs before 2.0 answer 200, not 201, to the creation of a token. */
function ofThisHub(sent: string): string {
  return since("2.0") ? sent : sent.replace("201", "200");
}
