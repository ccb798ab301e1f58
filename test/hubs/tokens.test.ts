/** Tokens that are created with a password, and temporary tokens, on a real hub. */
import { beforeAll, describe, expect, it } from "vitest";
import { AuthenticationError, BadRequestError, ForbiddenError } from "jupyterhub-client";
import { failure, itBefore, itSince, useHubFixture } from "./hub-fixture.js";

const fixture = useHubFixture("tokens");
const anonymous = () => fixture.as(undefined);

beforeAll(async () => {
  await fixture.hub.users.createMany({ usernames: ["ada", "grace"] });
});

describe("a login", () => {
  it("creates a token and a client that acts as the user", async () => {
    const { password } = fixture.real;
    const { client, token, id } = await anonymous().tokens.login("ada", {
      password,
      note: "from a test",
      expires_in: 600,
    });
    expect((await client.whoami()).name).toBe("ada");
    expect(await fixture.hub.tokens.get("ada", id)).toMatchObject({ note: "from a test" });
    expect((await fixture.as(token).users.get("ada")).name).toBe("ada");
    await client.tokens.revoke("ada", id);
    expect(await failure(client.whoami())).toBeInstanceOf(AuthenticationError);
  });

  it("is refused with a wrong password, even if the client's own token may create tokens", async () => {
    for (const hub of [anonymous(), fixture.hub]) {
      const error = await failure(hub.tokens.login("ada", { password: "wrong" }));
      expect(error).toBeInstanceOf(AuthenticationError);
      expect((error as Error).message).toContain("The user or password is wrong");
    }
  });

  it("is refused for an unknown user", async () => {
    const { password } = fixture.real;
    const error = await failure(anonymous().tokens.login("nobody", { password }));
    expect(error).toBeInstanceOf(AuthenticationError);
  });

  itSince("2.0")(
    "is refused for a name that differs from the normalised one, such as Ada for ada",
    async () => {
      const { password } = fixture.real;
      const error = await failure(anonymous().tokens.login("Ada", { password }));
      expect(error).toBeInstanceOf(ForbiddenError);
      expect((error as Error).message).toMatch(/Ada not found/);
    },
  );

  itSince("3.0")("creates a token with only the requested scopes", async () => {
    const { password } = fixture.real;
    const scopes = ["read:users:name!user", "access:servers!server=ada/"];
    const { client } = await anonymous().tokens.login("ada", { password, scopes });
    const { scopes: held } = await client.whoami();
    expect(held).toEqual(expect.arrayContaining(["access:servers!server=ada/"]));
    expect(held).not.toContain("servers!user=ada");
    expect(await failure(client.tokens.list("ada"))).toBeInstanceOf(ForbiddenError);
    const beyond = anonymous().tokens.login("ada", { password, scopes: ["admin:users"] });
    expect(await failure(beyond)).toBeInstanceOf(BadRequestError);
  });

  itBefore("3.0")("does not create a token with scopes that the hub would ignore", async () => {
    const { password } = fixture.real;
    const error = await failure(
      anonymous().tokens.login("ada", { password, scopes: ["read:users"] }),
    );
    expect(error).toMatchObject({ name: "UnsupportedByHubError", since: "3.0" });
  });
});

describe("a temporary token", () => {
  it("works inside its `await using` block and is revoked at the end of the block", async () => {
    let client;
    {
      await using lent = await fixture.hub.tokens.createTemporary("grace", { expires_in: 60 });
      client = fixture.as(lent.token);
      expect((await client.whoami()).name).toBe("grace");
      expect(await fixture.hub.tokens.get("grace", lent.id)).toMatchObject({
        expires_at: expect.any(String) as string,
      });
    }
    expect(await failure(client.whoami())).toBeInstanceOf(AuthenticationError);
  });

  it("may be revoked before its block ends, without an error at the end", async () => {
    await using lent = await fixture.hub.tokens.createTemporary("grace");
    await fixture.hub.tokens.revoke("grace", lent.id);
  });
});
