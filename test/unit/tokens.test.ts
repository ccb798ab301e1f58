/** Temporary tokens, and logins with a password. */
import { describe, expect, it } from "vitest";
import {
  AuthenticationError,
  HubError,
  InvalidInputError,
  JupyterHub,
  type LoginInput,
} from "../../src/index.js";
import {
  answer,
  answering,
  expectNoSecret,
  hubOf,
  origin,
  refusal,
  rejectionOf,
  secrets,
} from "./helpers.js";

const bodyOf = async (request: Request | undefined): Promise<unknown> => request?.json();
const create = "POST /users/ada/tokens";
const revoke = "DELETE /users/ada/tokens/a7";

describe("a temporary token", () => {
  const lending = (end: () => Response) =>
    answering(({ method }) =>
      method === "POST" ? answer({ token: secrets.value, id: "a7" }, { status: 201 }) : end(),
    );
  const gone = () => answer("", { status: 204, type: null });

  it("is revoked at the end of its `await using` block", async () => {
    const fetch = lending(gone);
    {
      await using token = await hubOf(fetch).tokens.createTemporary("ada", { note: "a while" });
      expect(token).toMatchObject({ token: secrets.value, id: "a7" });
      expect(fetch.sent()).toEqual([create]);
    }
    expect(fetch.sent()).toEqual([create, revoke]);
  });

  it.each([
    [{}, { expires_in: 3600 }],
    [
      { expires_in: undefined, note: "x" },
      { expires_in: 3600, note: "x" },
    ],
    [{ expires_in: 60 }, { expires_in: 60 }],
  ])("always expires: the input %j is sent as %j", async (input, sent) => {
    const fetch = lending(gone);
    await hubOf(fetch).tokens.createTemporary("ada", input);
    expect(await bodyOf(fetch.requests[0])).toEqual(sent);
  });

  it.each([0, -1, 1.5, Infinity])(
    "is refused with a lifetime of %j seconds",
    async (expires_in) => {
      const fetch = lending(gone);
      const error = await rejectionOf(hubOf(fetch).tokens.createTemporary("ada", { expires_in }));
      expect(error).toBeInstanceOf(InvalidInputError);
      expect(fetch.sent()).toEqual([]);
    },
  );

  it("is revoked after an error in its block, and the error is thrown", async () => {
    const fetch = lending(gone);
    const work = async (): Promise<void> => {
      await using _ = await hubOf(fetch).tokens.createTemporary("ada");
      throw new Error("the work failed");
    };
    await expect(work()).rejects.toThrow("the work failed");
    expect(fetch.sent()).toEqual([create, revoke]);
  });

  it("is revoked even if the signal that was given for its creation is aborted", async () => {
    const fetch = lending(gone);
    const controller = new AbortController();
    {
      await using _ = await hubOf(fetch).tokens.createTemporary("ada", {}, controller);
      controller.abort();
    }
    expect(fetch.sent()).toEqual([create, revoke]);
  });

  it("causes no error at the end of its block if it is already revoked", async () => {
    const fetch = lending(() => refusal(404, "Not found"));
    {
      await using _ = await hubOf(fetch).tokens.createTemporary("ada");
    }
    expect(fetch.sent()).toEqual([create, revoke]);
  });

  it("causes an error if the hub's 404 to the revocation says that the client's scopes may not cover the token", async () => {
    const words = "No access to resources or resources not found";
    const fetch = lending(() => refusal(404, words));
    const work = async (): Promise<void> => {
      await using _ = await hubOf(fetch).tokens.createTemporary("ada");
    };
    const error = await rejectionOf(work());
    expect(error).toMatchObject({ name: "NotFoundError", hubMessage: words });
    expectNoSecret(error);
  });

  it("causes an error if it cannot be revoked", async () => {
    const fetch = lending(() => refusal(500, "database is locked"));
    const work = async (): Promise<void> => {
      await using _ = await hubOf(fetch).tokens.createTemporary("ada");
    };
    const error = await rejectionOf(work());
    expect(error).toBeInstanceOf(HubError);
    expectNoSecret(error);
  });
});

describe("a login", () => {
  const created = () => answer({ token: "a-new-token", id: "a7" }, { status: 201 });
  const password = secrets.password;

  it("sends the password in the body, and not the client's token", async () => {
    const fetch = answering(created);
    await hubOf(fetch).tokens.login("ada", { password, note: "nightly", expires_in: 60 });
    expect(fetch.sent()).toEqual([create]);
    expect(fetch.requests[0]?.headers.get("Authorization")).toBe(null);
    expect(await bodyOf(fetch.requests[0])).toEqual({
      note: "nightly",
      expires_in: 60,
      auth: { username: "ada", password },
    });
  });

  it.each([{}, [[null]], { token: 7 }, { token: "" }])(
    "rejects after the response %j, and does not fall back to the client's token",
    async (body) => {
      const fetch = answering(() => answer(body, { status: 201 }));
      const error = await rejectionOf(hubOf(fetch).tokens.login("ada", { password }));
      expect(error).toMatchObject({ name: "UnexpectedResponseError" });
      expectNoSecret(error);
    },
  );

  it("resolves with a token, and with a client that uses the token on the same hub", async () => {
    const fetch = answering((request) => (request.method === "POST" ? created() : answer()));
    const hub = hubOf(fetch, { url: `${origin}/prefix`, headers: { "X-Gateway": "open" } });
    const { client, token, id } = await hub.tokens.login("ada", { password });
    expect({ token, id, url: client.url }).toEqual({
      token: "a-new-token",
      id: "a7",
      url: hub.url,
    });
    expect(client).toBeInstanceOf(JupyterHub);
    await client.whoami();
    const { url, headers } = fetch.requests[1]!;
    expect(url).toBe(`${origin}/prefix/hub/api/user`);
    expect(headers.get("Authorization")).toBe("Bearer a-new-token");
    expect(headers.get("X-Gateway")).toBe("open");
  });

  // If a request has a token, hubs do not check the password in its body.
  it.each(["Bearer", "token", "BEARER"])(
    "sends the password but no token, even if an Authorization header with a token of the type %s is given",
    async (type) => {
      const fetch = answering(created);
      const headers = { authorization: `${type} ${secrets.token}` };
      const hub = new JupyterHub({ url: origin, fetch, headers });
      await hub.tokens.login("ada", { password });
      await hub.tokens.login("ada", { password }, { headers });
      expect(fetch.requests.map(({ headers }) => headers.get("Authorization"))).toEqual([
        null,
        null,
      ]);
    },
  );

  it("keeps an Authorization header that is not a token, such as Basic credentials for a gateway", async () => {
    const fetch = answering(created);
    const headers = { Authorization: "Basic Z2F0ZTpvcGVu" };
    await hubOf(fetch, { token: undefined, headers }).tokens.login("ada", { password });
    expect(fetch.requests[0]?.headers.get("Authorization")).toBe(headers.Authorization);
  });

  it.each(["Forbidden", null])(
    "with a wrong password rejects with AuthenticationError if the hub's message is %j",
    async (message) => {
      const fetch = answering(() => refusal(403, message));
      const error = await rejectionOf(hubOf(fetch).tokens.login("ada", { password }));
      expect(error).toBeInstanceOf(AuthenticationError);
      expect((error as Error).message).toContain("The user or password is wrong");
      expectNoSecret(error);
    },
  );

  it.each([undefined, null, 7])(
    "is refused without a request if the password is %j",
    async (password) => {
      const fetch = answering(created);
      const input = { password } as unknown as LoginInput;
      const error = await rejectionOf(hubOf(fetch).tokens.login("ada", input));
      expect(error).toBeInstanceOf(InvalidInputError);
      expect(fetch.sent()).toEqual([]);
    },
  );
});
