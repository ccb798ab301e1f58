/** Authorization codes of a fake hub. */
import { describe, expect, it } from "vitest";
import type { AuthorizationCode, FakeHub } from "../../src/testing/index.js";
import { ask, clientOf, openFake } from "./hubs.js";

async function exchange(fake: FakeHub, given: AuthorizationCode): Promise<Response> {
  const { code, clientId, clientSecret } = given;
  const form = new URLSearchParams({
    grant_type: "authorization_code",
    client_id: clientId,
    client_secret: clientSecret,
    code,
  });
  return fake.fetch(`${fake.url}/oauth2/token`, { method: "POST", body: form });
}

describe("an authorization code", () => {
  it("is exchanged for a token of the user's session, but only once", async () => {
    const { fake } = openFake();
    const code = fake.authorizationCode("ada", ["read:users!user"]);
    const { access_token: token } = (await (await exchange(fake, code)).json()) as {
      access_token: string;
    };
    const identity = await clientOf(fake, { token }).whoami();
    expect(identity).toMatchObject({ name: "ada", session_id: expect.any(String) });
    const again = await exchange(fake, code);
    expect([again.status, await again.json()]).toEqual([400, { error: "invalid_grant" }]);
  });

  it("can be exchanged only within five minutes", async () => {
    const { fake } = openFake();
    const [first, second] = [fake.authorizationCode("ada", []), fake.authorizationCode("ada", [])];
    await fake.advance(300_000);
    expect((await exchange(fake, first)).status).toBe(200);
    await fake.advance(1);
    expect((await exchange(fake, second)).status).toBe(400);
  });

  it("is invalid after its user is deleted", async () => {
    const { fake } = openFake();
    const code = fake.authorizationCode("ada", ["read:users!user"]);
    await ask(fake, "DELETE /users/ada");
    expect((await exchange(fake, code)).status).toBe(400);
  });
});
