/** URLs as errors tell them. */
import { describe, expect, it } from "vitest";
import { getAuthCookie, getAuthToken } from "../../src/api.js";
import { redactedUrl, withoutSecrets } from "../../src/core/redact.js";
import { answering, api, expectNoSecret, hubOf, refusal, rejectionOf, secrets } from "./helpers.js";

describe("the URL of a call, for errors", () => {
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
  ])("of %s with %j is %s", (route, path, expected) => {
    expect(redactedUrl(api, route, path)).toBe(api + expected);
  });

  it("has no query, where a share code would be", async () => {
    const hub = hubOf(answering(() => refusal(404, null)));
    const error = await rejectionOf(hub.shareCodes.revoke("ada", { code: secrets.value }));
    expect(error).toMatchObject({ name: "NotFoundError", url: `${api}/share-codes/ada/` });
    expectNoSecret(error);
  });
});

it("the query of a route that the table lacks is told nowhere", async () => {
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
  // What one is in a URL may hold another.
  [["c%20d", "b c d"], "b%20c%20d", "[redacted]"],
  [["abc"], "abc", "abc"],
])("of the secrets %j in %j remains %j", (all, text, rest) => {
  expect(withoutSecrets(text, all)).toBe(rest);
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
    "the answer is not JSON": () => new Response("<", { headers: { "X-JupyterHub-Version": "6" } }),
    "a proxy redirects it": ({ url }: Request) =>
      new Response(null, { status: 301, headers: { Location: url.replace(/^http:/, "https:") } }),
  };
  it.each(
    Object.entries(calls).flatMap(([name, call]) =>
      Object.entries(failures).map(([when, respond]) => [name, when, call, respond] as const),
    ),
  )("of %s stays out of the error when %s", async (_, __, call, respond) => {
    const fetch = answering(respond);
    const error = await rejectionOf(call(hubOf(fetch)));
    expect(fetch.requests[0]?.url).toContain(secrets.value);
    expectNoSecret(error);
  });
});
