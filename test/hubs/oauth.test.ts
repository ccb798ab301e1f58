/** Logging a person in with a real hub: its login form, its consent page, and the token for the code. */
import { beforeAll, describe, expect, it } from "vitest";
import { AuthenticationError, InvalidInputError, JupyterHub } from "jupyterhub-client";
import { consent, loginByForm, type Cookies } from "./login.js";
import { failure, itBefore, itSince, openStory, since } from "./story.js";

const redirectUri = "https://webapp.example/oauth_callback";
const story = openStory("oauth", { redirectUri });
let ada: Cookies;

/** The application that the hub knows as its service webapp; `more` makes it misbehave. */
const webapp = (more: Partial<{ clientSecret: string; redirectUri: string }> = {}) => {
  const { clientId, clientSecret } = story.real.oauth;
  const oauth = { clientId, clientSecret, redirectUri, ...more };
  return new JupyterHub({ url: story.real.url, fetch: story.recorder.fetch, oauth }).oauth;
};

/** A link, and where the browser of Ada, who agrees, is sent by it. */
const visited = async (input: Parameters<ReturnType<typeof webapp>["authorizeUrl"]>[0] = {}) => {
  const attempt = await webapp().authorizeUrl(input);
  const { href } = await consent(attempt.url, ada);
  return { attempt, callback: href };
};

beforeAll(async () => {
  await story.hub.users.create("ada");
  ada = await loginByForm(story.real.url, "ada", story.real.password);
});

describe("a login with the hub", () => {
  it("leads back, and to a client that acts as the user", async () => {
    const next = "/charts?of=ada lovelace&ü=%2F;+#top";
    const { attempt, callback } = await visited({ next });
    expect(callback).toMatch(/^https:\/\/webapp\.example\/oauth_callback\?/);
    const login = await webapp().exchangeCode(callback, attempt);
    expect(login.next).toBe("/charts?of=ada%20lovelace&%C3%BC=%2F;+#top");
    expect(login.expires_in).toBeGreaterThanOrEqual(3600);
    expect(await login.client.whoami()).toMatchObject({ kind: "user", name: "ada" });
    expect((await story.as(login.token).whoami()).name).toBe("ada");
  });

  itSince("3.0")("grants what was asked for, and who the user is", async () => {
    const { attempt, callback } = await visited({ scopes: ["read:servers!user"] });
    const { client, scopes } = await webapp().exchangeCode(callback, attempt);
    expect(scopes).toEqual(expect.arrayContaining(["read:servers!user"]));
    const held = (await client.whoami()).scopes;
    expect(held).toEqual(
      expect.arrayContaining(["read:servers!user=ada", "access:services!service=webapp"]),
    );
    expect(held).not.toContain("read:users:activity!user=ada");
  });

  it("by another browser's link is refused before anything is sent", async () => {
    const { callback } = await visited();
    const other = await webapp().authorizeUrl();
    story.sent();
    expect(await failure(webapp().exchangeCode(callback, other))).toBeInstanceOf(InvalidInputError);
    expect(await failure(webapp().exchangeCode(callback, undefined))).toBeInstanceOf(
      InvalidInputError,
    );
    expect(story.sent()).toEqual([]);
  });

  it("by a code that was used is refused", async () => {
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
  itSince("6.0")("with another verifier is refused", async () => {
    expect(await failure(withOtherVerifier())).toBeInstanceOf(AuthenticationError);
  });
  itBefore("6.0")("with another verifier is not noticed by the hub", async () => {
    expect(await failure(withOtherVerifier())).toBeUndefined();
  });

  it("with another secret is refused, and says what to check", async () => {
    const { attempt, callback } = await visited();
    const error = await failure(
      webapp({ clientSecret: "another-secret" }).exchangeCode(callback, attempt),
    );
    expect(error).toBeInstanceOf(AuthenticationError);
    expect((error as Error).message).toMatch(/Check the client's id and secret/);
  });

  it("with another redirect address is refused, for the code and in the browser", async () => {
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
    it("that asks for more than the application may is sent back with the hub's words", async () => {
      const { attempt, callback } = await visited({ scopes: ["admin:users"] });
      const error = await failure(webapp().exchangeCode(callback, attempt));
      expect(error).toMatchObject({ name: "ForbiddenError" });
    });
  }
});
