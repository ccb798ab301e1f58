/** Tokens for a password and tokens for a while, on a real hub. */
import { beforeAll, describe, expect, it } from "vitest";
import { AuthenticationError, BadRequestError, ForbiddenError } from "jupyterhub-client";
import { failure, itBefore, itSince, openStory } from "./story.js";

const story = openStory("tokens");
const anonymous = () => story.as(undefined);

beforeAll(async () => {
  await story.hub.users.createMany({ usernames: ["ada", "grace"] });
});

describe("a login", () => {
  it("makes a client that acts as the user", async () => {
    const { password } = story.real;
    const { client, token, id } = await anonymous().tokens.login("ada", {
      password,
      note: "from a test",
      expires_in: 600,
    });
    expect((await client.whoami()).name).toBe("ada");
    expect(await story.hub.tokens.get("ada", id)).toMatchObject({ note: "from a test" });
    expect((await story.as(token).users.get("ada")).name).toBe("ada");
    await client.tokens.revoke("ada", id);
    expect(await failure(client.whoami())).toBeInstanceOf(AuthenticationError);
  });

  it("with a wrong password is refused, also to a client whose own token could", async () => {
    for (const hub of [anonymous(), story.hub]) {
      const error = await failure(hub.tokens.login("ada", { password: "wrong" }));
      expect(error).toBeInstanceOf(AuthenticationError);
      expect((error as Error).message).toContain("The user or password is wrong");
    }
  });

  it("of nobody whom the hub knows is refused", async () => {
    const { password } = story.real;
    const error = await failure(anonymous().tokens.login("nobody", { password }));
    expect(error).toBeInstanceOf(AuthenticationError);
  });

  itSince("2.0")("takes a name as the hub has it", async () => {
    const { password } = story.real;
    const error = await failure(anonymous().tokens.login("Ada", { password }));
    expect(error).toBeInstanceOf(ForbiddenError);
    expect((error as Error).message).toMatch(/Ada not found/);
  });

  itSince("3.0")("makes a token of few scopes", async () => {
    const { password } = story.real;
    const scopes = ["read:users:name!user", "access:servers!server=ada/"];
    const { client } = await anonymous().tokens.login("ada", { password, scopes });
    const { scopes: held } = await client.whoami();
    expect(held).toEqual(expect.arrayContaining(["access:servers!server=ada/"]));
    expect(held).not.toContain("servers!user=ada");
    expect(await failure(client.tokens.list("ada"))).toBeInstanceOf(ForbiddenError);
    const beyond = anonymous().tokens.login("ada", { password, scopes: ["admin:users"] });
    expect(await failure(beyond)).toBeInstanceOf(BadRequestError);
  });

  itBefore("3.0")("refuses to make one of scopes that the hub would ignore", async () => {
    const { password } = story.real;
    const error = await failure(
      anonymous().tokens.login("ada", { password, scopes: ["read:users"] }),
    );
    expect(error).toMatchObject({ name: "UnsupportedByHubError", since: "3.0" });
  });
});

describe("a temporary token", () => {
  it("works in its block, and never after it", async () => {
    let client;
    {
      await using lent = await story.hub.tokens.createTemporary("grace", { expires_in: 60 });
      client = story.as(lent.token);
      expect((await client.whoami()).name).toBe("grace");
      expect(await story.hub.tokens.get("grace", lent.id)).toMatchObject({
        expires_at: expect.any(String) as string,
      });
    }
    expect(await failure(client.whoami())).toBeInstanceOf(AuthenticationError);
  });

  it("may be gone before its block ends", async () => {
    await using lent = await story.hub.tokens.createTemporary("grace");
    await story.hub.tokens.revoke("grace", lent.id);
  });
});
