/** The token: its format, when a token function is called, and where a token may be sent. */
import { afterEach, describe, expect, it, vi } from "vitest";
import { postUserTokens } from "../../src/api.js";
import { checkToken } from "../../src/core/auth.js";
import { AuthenticationError, InvalidInputError } from "../../src/core/errors.js";
import { JupyterHub, type TokenSource } from "../../src/index.js";
import { answering, expectNoSecret, hubOf, rejectionOf, secrets } from "./helpers.js";

afterEach(() => {
  vi.unstubAllEnvs();
});

const invalid: [unknown, RegExp][] = [
  ["", /must not be empty/],
  [" ", /plain ASCII without spaces/],
  [`Bearer ${secrets.token}`, /without .* "Bearer"/],
  [`token ${secrets.token}`, /plain ASCII without spaces/],
  [`${secrets.token}\n`, /without spaces, line breaks/],
  [`${secrets.token}\r\nX-Injected: 1`, /without spaces, line breaks/],
  [`${secrets.token}é`, /plain ASCII/],
  [`${secrets.token}\0`, /plain ASCII/],
  [null, /must be a string, not null/],
  [7, /must be a string, not of type number/],
  [{ token: secrets.token }, /must be a string, not of type object/],
];

describe("a token", () => {
  it.each(["a", secrets.token, "0123456789abcdef0123456789abcdef", "a+b/c==", "!~"])(
    "may be %s",
    (token) => {
      expect(() => checkToken(token)).not.toThrow();
    },
  );

  it.each(invalid.filter(([token]) => token !== null))(
    "is refused by the constructor if it is malformed, and is not quoted in the error (case %#)",
    (token, message) => {
      let error: unknown;
      try {
        hubOf(answering(), { token: token as string });
      } catch (thrown) {
        error = thrown;
      }
      expect(error).toBeInstanceOf(InvalidInputError);
      expect((error as Error).message).toMatch(message);
      expectNoSecret(error);
    },
  );

  it.each(invalid)(
    "from a token function is refused before a request is sent if it is malformed (case %#)",
    async (token, message) => {
      const fetch = answering();
      const error = await rejectionOf(
        hubOf(fetch, { token: () => token as string }).users.get("a"),
      );
      expect(error).toBeInstanceOf(InvalidInputError);
      expect((error as Error).message).toMatch(message);
      expectNoSecret(error);
      expect(fetch.sent()).toEqual([]);
    },
  );

  it.each(invalid)(
    "is refused by tokens.identify before a request is sent if it is malformed (case %#)",
    async (token) => {
      const fetch = answering();
      const error = await rejectionOf(hubOf(fetch).tokens.identify(token as string));
      expect(error).toBeInstanceOf(InvalidInputError);
      expectNoSecret(error);
      expect(fetch.sent()).toEqual([]);
    },
  );
});

describe("a token function", () => {
  it("is called for each call, and not by the constructor", async () => {
    const fetch = answering();
    let count = 0;
    const token = vi.fn(() => `${secrets.token}-${++count}`);
    const hub = hubOf(fetch, { token });
    expect(token).not.toHaveBeenCalled();
    await hub.users.get("ada");
    await hub.users.get("ada");
    expect(fetch.requests.map(({ headers }) => headers.get("Authorization"))).toEqual([
      `Bearer ${secrets.token}-1`,
      `Bearer ${secrets.token}-2`,
    ]);
  });

  it("may be asynchronous, and may return undefined to send no token", async () => {
    const fetch = answering();
    const tokens = [secrets.token, undefined];
    const hub = hubOf(fetch, { token: () => Promise.resolve(tokens.shift()) });
    await hub.users.get("ada");
    await hub.users.get("ada");
    expect(fetch.requests.map(({ headers }) => headers.get("Authorization"))).toEqual([
      `Bearer ${secrets.token}`,
      null,
    ]);
  });

  it("is not called for a public operation", async () => {
    const token = vi.fn(() => secrets.token);
    await hubOf(answering(), { token }).health();
    expect(token).not.toHaveBeenCalled();
  });

  const failures: [string, TokenSource][] = [
    [
      "throws",
      () => {
        throw new Error("the vault is sealed");
      },
    ],
    ["rejects", () => Promise.reject(new Error("the vault is sealed"))],
  ];
  it.each(failures)(
    "makes the call reject with an AuthenticationError if the function %s",
    async (_, token) => {
      const fetch = answering();
      const error = await rejectionOf(hubOf(fetch, { token }).users.get("ada"));
      expect(error).toBeInstanceOf(AuthenticationError);
      expect((error as Error).message).toMatch(/^GET .*\/users\/ada: the token function failed\.$/);
      expect((error as Error).cause).toMatchObject({ message: "the vault is sealed" });
      expect(fetch.sent()).toEqual([]);
    },
  );

  it("cannot delay a call beyond the call's timeout", async () => {
    const hub = hubOf(answering(), { token: () => new Promise(() => {}) });
    await expect(hub.users.get("ada", {}, { timeout: 1 })).rejects.toMatchObject({
      name: "TimeoutError",
    });
  });
});

describe("over plain http", () => {
  const url = "http://hub.example.org";

  it("no token is sent to a public host", async () => {
    const fetch = answering();
    const error = await rejectionOf(hubOf(fetch, { url }).users.get("ada"));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(
      /^A token would be sent to http:\/\/hub\.example\.org unencrypted\. Use https, or set allowInsecure/,
    );
    expectNoSecret(error);
    expect(fetch.sent()).toEqual([]);
  });

  it("no password is sent to a public host", async () => {
    const fetch = answering();
    const { client } = new JupyterHub({ url, fetch });
    const body = { auth: { username: "ada", password: secrets.password } };
    const error = await rejectionOf(
      postUserTokens({ client, path: { name: "ada" }, body, throwOnError: true }),
    );
    expect(error).toBeInstanceOf(InvalidInputError);
    expectNoSecret(error);
    expect(fetch.sent()).toEqual([]);
  });

  it("no token in the headers of a call or of the client is sent to a public host", async () => {
    const fetch = answering();
    const hub = new JupyterHub({ url, fetch });
    await expect(hub.tokens.identify(secrets.token)).rejects.toBeInstanceOf(InvalidInputError);
    const headers = { authorization: `Bearer ${secrets.token}` };
    await expect(hub.users.get("ada", {}, { headers })).rejects.toBeInstanceOf(InvalidInputError);
    const withHeaders = new JupyterHub({ url, fetch, headers });
    await expect(withHeaders.health()).rejects.toBeInstanceOf(InvalidInputError);
    expect(fetch.sent()).toEqual([]);
  });

  it("a request for a public operation is sent to a public host, since it needs no token", async () => {
    const fetch = answering();
    await hubOf(fetch, { url }).health();
    expect(fetch.sent()).toEqual(["GET /health"]);
  });

  it("a token is sent to a public host if allowInsecure is true", async () => {
    const fetch = answering();
    await hubOf(fetch, { url, allowInsecure: true }).users.get("ada");
    expect(fetch.requests[0]?.headers.get("Authorization")).toBe(`Bearer ${secrets.token}`);
  });

  it.each([
    ["there is no url option", {}],
    ["the url option names the same hub", { url: "http://hub.example.org/prefix/" }],
  ])("a token is sent to the hub of JUPYTERHUB_API_URL if %s", async (_, options) => {
    vi.stubEnv("JUPYTERHUB_API_URL", "http://hub.example.org/prefix/hub/api");
    const fetch = answering();
    await new JupyterHub({ ...options, token: secrets.token, fetch }).users.get("ada");
    expect(fetch.sent()).toEqual(["GET /users/ada"]);
  });

  it.each([
    ["the url option is another address", { url }],
    ["allowInsecure is false", { allowInsecure: false }],
  ])(
    "no token is sent to a public host if %s, although JUPYTERHUB_API_URL is set",
    async (_, options) => {
      vi.stubEnv("JUPYTERHUB_API_URL", "http://hub.example.org/prefix/hub/api");
      const fetch = answering();
      const hub = new JupyterHub({ ...options, token: secrets.token, fetch });
      await expect(hub.users.get("ada")).rejects.toBeInstanceOf(InvalidInputError);
      expect(fetch.sent()).toEqual([]);
    },
  );

  it.each(["http://127.0.0.1:8000", "http://hub:8081", "http://[::1]", "http://10.1.2.3/prefix"])(
    "a token is sent to %s, which is not public",
    async (url) => {
      const fetch = answering();
      await hubOf(fetch, { url }).users.get("ada");
      expect(fetch.sent()).toEqual(["GET /users/ada"]);
    },
  );
});
