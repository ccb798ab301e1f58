/**
 * The README's counterparts of Python recipes, as they stand there, one after the other on a real hub: what
 * each sends, and what has become of it.
 */
import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { JupyterHub } from "jupyterhub-client";
import { openStory, since } from "./story.js";

const story = openStory("recipes");

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const section = /^## From Python recipes\n(.*?)^## /ms.exec(readme)?.[1] ?? "";
const recipes = [...section.matchAll(/```ts\n(.*?)```/gs)].map(([, code = ""]) => code);

/** What each recipe has sent and what it has made, in their order. */
const sent: string[][] = [];
const made: Record<string, unknown> = {};

beforeAll(async () => {
  await story.hub.users.create("mrossi");
  await story.hub.groups.create("group-b");
  story.sent();
  const { url, adminUser, password } = story.real;
  const program = recipes
    .map((code) => `${code}\nafter();`)
    .join("\n")
    .replace("https://hub.example.org", url)
    .replace('"admin"', JSON.stringify(adminUser));
  class Recorded extends JupyterHub {
    constructor(options: ConstructorParameters<typeof JupyterHub>[0]) {
      super({ ...options, fetch: story.recorder.fetch });
    }
  }
  const { constructor: AsyncFunction } = async function () {};
  const given = { JupyterHub: Recorded, password, after: () => sent.push(story.sent()) };
  const run = AsyncFunction(
    ...Object.keys(given),
    `${program}\nreturn { token, groups, labs };`,
  ) as (...given: unknown[]) => Promise<object>;
  Object.assign(made, await run(...Object.values(given)));
});

describe("the recipes of the README", () => {
  it("are as many as there are in Python", () => {
    expect(recipes).toHaveLength(6);
    expect(sent).toHaveLength(6);
  });

  it("get a token for a password", async () => {
    expect(sent[0]).toEqual(["POST /users/{name}/tokens 201"].map(ofThisHub));
    const { adminUser } = story.real;
    expect(await story.as(made["token"] as string).whoami()).toMatchObject({ name: adminUser });
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
    expect(await story.hub.groups.get("group-a")).toMatchObject({ users: [] });
  });

  it("start a named server, with its options", async () => {
    expect(made["labs"]).toMatchObject({ name: "labs", ready: true });
    const server = await story.hub.servers.get("mrossi", { server: "labs" });
    expect(server).toMatchObject({ user_options: { profile: "profile_1_slug" } });
  });
});

/** Hubs before 2.0 answer 200 to what makes a token. */
function ofThisHub(sent: string): string {
  return since("2.0") ? sent : sent.replace("201", "200");
}
