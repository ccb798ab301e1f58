/** An OAuth login through a real hub: the login form, the consent page, and the token for the code. */
import { beforeAll, describe, expect, it } from "vitest";
import { AuthenticationError, InvalidInputError, JupyterHub } from "jupyterhub-client";
import { consent, loginByForm, type Cookies } from "./login.js";
import { failure, itBefore, itSince, useHubFixture, since } from "./hub-fixture.js";

const redirectUri = "https://webapp.example/oauth_callback";
const fixture = useHubFixture("oauth", { redirectUri });
let ada: Cookies;

/** Returns the `oauth` methods of a client for the application `webapp`. `more` overrides the OAuth options. */
const webapp = (more: Partial<{ clientSecret: string; redirectUri: string }> = {}) => {
  const { clientId, clientSecret } = fixture.real.oauth;
  const oauth = { clientId, clientSecret, redirectUri, ...more };
  return new JupyterHub({ url: fixture.real.url, fetch: fixture.recorder.fetch, oauth }).oauth;
};

/** Creates a login link and opens it as Ada, who consents. Returns the login attempt and the callback URL. */
const visited = async (input: Parameters<ReturnType<typeof webapp>["authorizeUrl"]>[0] = {}) => {
  const attempt = await webapp().authorizeUrl(input);
  const { href } = await consent(attempt.url, ada);
  return { attempt, callback: href };
};

beforeAll(async () => {
  await fixture.hub.users.create("ada");
  ada = await loginByForm(fixture.real.url, "ada", fixture.real.password);
});

describe("an OAuth login", () => {
  it("redirects to the application, which gets a client that acts as the user", async () => {
    const next = "/charts?of=ada lovelace&ü=%2F;+#top";
    const { attempt, callback } = await visited({ next });
    expect(callback).toMatch(/^https:\/\/webapp\.example\/oauth_callback\?/);
    const login = await webapp().exchangeCode(callback, attempt);
    expect(login.next).toBe("/charts?of=ada%20lovelace&%C3%BC=%2F;+#top");
    expect(login.expires_in).toBeGreaterThanOrEqual(3600);
    expect(await login.client.whoami()).toMatchObject({ kind: "user", name: "ada" });
    expect((await fixture.as(login.token).whoami()).name).toBe("ada");
  });

  itSince("3.0")("grants the requested scopes and identifies the user", async () => {
    const { attempt, callback } = await visited({ scopes: ["read:servers!user"] });
    const { client, scopes } = await webapp().exchangeCode(callback, attempt);
    expect(scopes).toEqual(expect.arrayContaining(["read:servers!user"]));
    const held = (await client.whoami()).scopes;
    expect(held).toEqual(
      expect.arrayContaining(["read:servers!user=ada", "access:services!service=webapp"]),
    );
    expect(held).not.toContain("read:users:activity!user=ada");
  });

  it("rejects a callback whose login began in another browser, without sending a request", async () => {
    const { callback } = await visited();
    const other = await webapp().authorizeUrl();
    fixture.sent();
    expect(await failure(webapp().exchangeCode(callback, other))).toBeInstanceOf(InvalidInputError);
    expect(await failure(webapp().exchangeCode(callback, undefined))).toBeInstanceOf(
      InvalidInputError,
    );
    expect(fixture.sent()).toEqual([]);
  });

  it("rejects a code that was used before", async () => {
    const { attempt, callback } = await visited();
    await webapp().exchangeCode(callback, attempt);
    const error = await failure(webapp().exchangeCode(callback, attempt));
    expect(error).toBeInstanceOf(AuthenticationError);
    expect((error as Error).message).toMatch(/was used before/);
  });

  const withOtherVerifier = async () => {
    const { attempt, callback } = await visited();
    const { verifier } = await webapp().authorizeUrl();
    return webapp().exchangeCode(callback, { ...attempt, verifier });
  };
  itSince("6.0")("rejects the verifier of another login", async () => {
    expect(await failure(withOtherVerifier())).toBeInstanceOf(AuthenticationError);
  });
  itBefore("6.0")(
    "accepts the verifier of another login on hubs before 6.0, which ignore it",
    async () => {
      expect(await failure(withOtherVerifier())).toBeUndefined();
    },
  );

  it("rejects a wrong client secret with a message that says what to check", async () => {
    const { attempt, callback } = await visited();
    const error = await failure(
      webapp({ clientSecret: "another-secret" }).exchangeCode(callback, attempt),
    );
    expect(error).toBeInstanceOf(AuthenticationError);
    expect((error as Error).message).toMatch(/Check the client's id and secret/);
  });

  it("rejects a wrong redirect address, both in the exchange of the code and in the browser", async () => {
    const { attempt, callback } = await visited();
    const elsewhere = webapp({ redirectUri: `${redirectUri}/` });
    const error = await failure(elsewhere.exchangeCode(callback, attempt));
    expect(error).toMatchObject({
      name: "BadRequestError",
      hubMessage: expect.stringMatching(/^Mismatching redirect URI/) as string,
    });
    const { url } = await elsewhere.authorizeUrl();
    await expect(consent(url, ada)).rejects.toThrow("The hub did not authorize: 400.");
  });

  if (since("2.0")) {
    it("rejects with ForbiddenError if it requests more scopes than the application may have", async () => {
      const { attempt, callback } = await visited({ scopes: ["admin:users"] });
      const error = await failure(webapp().exchangeCode(callback, attempt));
      expect(error).toMatchObject({ name: "ForbiddenError" });
    });
  }
});
