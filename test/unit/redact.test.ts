/** Redaction of URLs, inputs, headers, texts and JSON values. */
import { describe, expect, it } from "vitest";
import { getAuthCookie, getAuthToken } from "../../src/api.js";
import {
  maxText,
  redactedUrl,
  redactedValue,
  redactor,
  Secrets,
  withoutSecrets,
} from "../../src/core/redact.js";
import { answering, api, expectNoSecret, hubOf, refusal, rejectionOf, secrets } from "./helpers.js";

describe("the URL of a call in an error", () => {
  it.each([
    ["/users", {}, "/users"],
    ["/users/{name}", { name: "a/b" }, "/users/a%2Fb"],
    ["/shares/{owner}/{server_name}", { owner: "ada", server_name: "" }, "/shares/ada/"],
    ["/users/{name}", { name: "{name}" }, "/users/%7Bname%7D"],
    ["/users/{name}", { name: "\uD83D" }, "/users/[malformed]"],
    ["/authorizations/token/{token}", { token: secrets.token }, "/authorizations/token/[redacted]"],
    [
      "/authorizations/cookie/{cookie_name}/{cookie_value}",
      { cookie_name: "jupyterhub-services", cookie_value: secrets.value },
      "/authorizations/cookie/jupyterhub-services/[redacted]",
    ],
  ])("for the route %s with the values %j, is %s", (route, path, expected) => {
    expect(redactedUrl(api, route, path)).toBe(api + expected);
  });

  it("has no query, which may contain a share code", async () => {
    const hub = hubOf(answering(() => refusal(404, null)));
    const error = await rejectionOf(hub.shareCodes.revoke("ada", { code: secrets.value }));
    expect(error).toMatchObject({ name: "NotFoundError", url: `${api}/share-codes/ada/` });
    expectNoSecret(error);
  });
});

it("redacts the query of an unknown route in errors, logs and the middleware's context", async () => {
  const lines: unknown[] = [];
  const note = (...line: unknown[]): void => void lines.push(line);
  const fetch = answering(({ url }) => refusal(404, `Nothing at ${url}`));
  const hub = hubOf(fetch, {
    logger: { debug: note, warn: note },
    middleware: (_, next, context) => {
      note(context);
      return next();
    },
  });
  const query = `token=${secrets.token}&code=${secrets.value}`;
  const url = `/custom?${query}`;
  const error = await rejectionOf(hub.client.get({ url, throwOnError: true }));
  expect(fetch.sent()).toEqual([`GET /custom?${query}`]);
  expect(error).toMatchObject({ name: "NotFoundError", url: `${api}/custom` });
  expect(lines).toMatchObject([
    [{ operation: "GET /custom", url: `${api}/custom` }],
    [`GET ${api}/custom: 404 NotFoundError`, { operation: "GET /custom", url: `${api}/custom` }],
  ]);
  expectNoSecret([error, lines]);
});

it.each([
  [["pass", "password1"], "password1, pass", "[redacted], [redacted]"],
  [["password1", "pass"], "password1, pass", "[redacted], [redacted]"],
  // The URL encoding of one secret contains the other.
  [["c%20d", "b c d"], "b%20c%20d", "[redacted]"],
  [["abc"], "abc", "abc"],
])("redacts the secrets %j in the text %j: %j", (all, text, rest) => {
  expect(withoutSecrets(text, all)).toBe(rest);
});

describe("the secrets of an input", () => {
  const of = (input: unknown): string[] => {
    const all = new Secrets();
    all.addInput(input);
    return [...all].toSorted();
  };

  it.each(
    [
      ["token", "apiToken", "API_TOKEN", "api-token", "APIToken", "tokens", "refreshToken"],
      ["password", "DB_PASSWORD", "dbPassword", "passwd", "passphrase", "PGPWD", "pin"],
      ["clientSecret", "client_secret", "SECRET_KEY", "secrets"],
      ["api_key", "apiKey", "API-KEY", "key", "ssh_keys", "AWS_SECRET_ACCESS_KEY"],
      ["code", "authCode", "code_verifier", "codeVerifier", "auth_state", "authState"],
      ["credentials", "Authorization", "cookie", "cookie_value", "sessionId", "jwt"],
      ["environment", "env"],
    ].flat(),
  )("include the value of %s", (key) => {
    expect(of({ [key]: "planted" })).toEqual(["planted"]);
    expect(of([{ deep: { [key]: { any: ["planted", 12345678, 123n] } } }])).toEqual([
      "123",
      "12345678",
      "planted",
    ]);
  });

  it("include the values of user_options, except short words, which may occur in Spawner messages", () => {
    const options = {
      image: "a-private-image",
      size: "small",
      uid: 12345678,
      any: [{ pin: "0815" }],
    };
    expect(of({ user_options: options })).toEqual(["0815", "12345678", "a-private-image"]);
    expect(of({ user_options: "a-private-image" })).toEqual(["a-private-image"]);
  });

  it("include all values of a login except short words, whatever their keys", () => {
    const auth = { username: "ada", answer: "a-private-answer", otp: "123456" };
    expect(of({ auth })).toEqual(["123456", "a-private-answer"]);
  });

  it.each(["token_id", "tokenId", "cookie_name", "name", "scopes", "note", "username", "state"])(
    "do not include the value of %s",
    (key) => {
      expect(of({ [key]: "harmless" })).toEqual([]);
    },
  );

  it("are found in circular input, even if a harmless key refers to the same object first", () => {
    const shared: Record<string, unknown> = { any: "planted" };
    shared["self"] = shared;
    expect(of({ name: shared, password: shared })).toEqual(["planted"]);
  });

  it("are collected only once, at the first iteration", () => {
    let reads = 0;
    const input = {
      get password() {
        reads += 1;
        return "planted";
      },
    };
    const all = new Secrets();
    all.addInput(input);
    expect(reads).toBe(0);
    expect([...all, ...all]).toEqual(["planted", "planted"]);
    expect(reads).toBe(1);
  });
});

describe("the secrets of headers", () => {
  const basic = `Basic ${btoa("ada:planted-password")}`;

  it.each<[string, string, string[]]>([
    ["Authorization", "Bearer planted", ["planted"]],
    ["Authorization", "token planted", ["planted"]],
    ["Authorization", "Negotiate planted", ["planted"]],
    ["Proxy-Authorization", "Bearer planted", ["planted"]],
    [
      "Authorization",
      basic,
      [btoa("ada:planted-password"), "ada:planted-password", "planted-password"],
    ],
    ["Proxy-Authorization", basic, ["planted-password"]],
    ["X-Gateway", basic, ["planted-password"]],
    ["X-Gateway", "Bearer planted", ["planted", "Bearer planted"]],
    ["X-Gateway", "planted-key", ["planted-key"]],
    ["X-Key", "123456", ["123456"]],
    [
      "Cookie",
      'a=planted-one; b=planted%20two; c="planted three"',
      ["planted-one", "planted two", "planted three"],
    ],
  ])("are found in %s: %s", (name, value, expected) => {
    const all = new Secrets();
    all.addHeaders(new Headers({ [name]: value }));
    expect([...all]).toEqual(expect.arrayContaining(expected));
  });

  it.each([
    ["Accept", "application/json"],
    ["Content-Type", "application/json"],
    ["User-Agent", "portal jupyterhub-client/0.1.0"],
    ["X-Flag", "true"],
  ])("do not include %s: %s", (name, value) => {
    const all = new Secrets();
    all.addHeaders(new Headers({ [name]: value }));
    expect([...all]).toEqual([]);
  });

  it("may outnumber the arguments that a function can have", () => {
    const many = Array.from({ length: 200_000 }, (_, index) => `planted-${index}`);
    expect(withoutSecrets("is planted-199999 here", many)).toBe("is [redacted] here");
  });

  it("are stored only once each, even if many requests repeat them", () => {
    const all = new Secrets();
    for (let count = 0; count < 1000; count += 1) {
      all.addHeaders(new Headers({ Authorization: `Bearer planted-${count % 3}` }));
    }
    expect([...all]).toHaveLength(3);
  });
});

describe("a redacted text", () => {
  it("is cut to maxText characters if it is longer", () => {
    const text = withoutSecrets("x".repeat(400_000), ["planted"]);
    expect(text).toHaveLength(maxText);
    expect(text).toMatch(/x…$/);
  });

  it.each(["planted-secret", "planted-secret".repeat(500)])(
    "shows no part of a secret that the cut splits: case %#",
    (secret) => {
      for (let before = maxText - 20; before <= maxText; before += 1) {
        const text = withoutSecrets(`${"x".repeat(before)}${secret}yyy`, [secret]);
        expect(text).not.toContain("planted");
      }
    },
  );

  it("shows no part of secrets that overlap each other or themselves", () => {
    expect(withoutSecrets("<abcdefgh>", ["abcdef", "defgh"])).toBe("<[redacted]>");
    expect(withoutSecrets("<ababab>", ["abab"])).toBe("<[redacted]>");
  });
});

describe("a redacted JSON value", () => {
  const redact = redactor(["planted", "4096"]);

  it("shows no secrets in strings, numbers and keys", () => {
    const value = { a: ["planted!"], b: { planted: 4096, c: 7, d: null, e: true } };
    expect(redactedValue(value, redact)).toEqual({
      a: ["[redacted]!"],
      b: { "[redacted]": "[redacted]", c: 7, d: null, e: true },
    });
  });

  it("shows nothing below nine levels", () => {
    const deep = JSON.parse("[".repeat(50_000) + "]".repeat(50_000)) as unknown;
    expect(JSON.stringify(redactedValue(deep, redact))).toMatch(/^\[{9}"\[redacted\]"\]{9}$/);
  });
});

describe("a secret in the path", () => {
  const calls = {
    getAuthToken: (hub: ReturnType<typeof hubOf>) =>
      getAuthToken({ client: hub.client, path: { token: secrets.value }, throwOnError: true }),
    getAuthCookie: (hub: ReturnType<typeof hubOf>) =>
      getAuthCookie({
        client: hub.client,
        path: { cookie_name: "c", cookie_value: secrets.value },
        throwOnError: true,
      }),
  };
  const failures = {
    "the hub refuses": () => refusal(404, null),
    "the connection fails": () => Promise.reject(new TypeError("fetch failed")),
    "the response is not JSON": () =>
      new Response("<", { headers: { "X-JupyterHub-Version": "6" } }),
    "a proxy redirects the call": ({ url }: Request) =>
      new Response(null, { status: 301, headers: { Location: url.replace(/^http:/, "https:") } }),
  };
  it.each(
    Object.entries(calls).flatMap(([name, call]) =>
      Object.entries(failures).map(([when, respond]) => [name, when, call, respond] as const),
    ),
  )("of %s does not occur in the error when %s", async (_, __, call, respond) => {
    const fetch = answering(respond);
    const error = await rejectionOf(call(hubOf(fetch)));
    expect(fetch.requests[0]?.url).toContain(secrets.value);
    expectNoSecret(error);
  });
});
