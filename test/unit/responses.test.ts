/** Which responses are accepted as the hub's, and which are not. */
import { describe, expect, it } from "vitest";
import { getOauthAuthorize, postOauthToken } from "../../src/api.js";
import type { JupyterHub } from "../../src/index.js";
import {
  answer,
  answering,
  api,
  expectNoSecret,
  hubOf,
  page,
  refusal,
  rejectionOf,
  secrets,
  type Respond,
} from "./helpers.js";

type Call = (hub: JupyterHub) => Promise<unknown>;
const get: Call = (hub) => hub.users.get("ada");
const del: Call = (hub) => hub.users.delete("ada");
const health: Call = (hub) => hub.health();
const metrics: Call = (hub) => hub.metrics();
const foreign =
  (status: number, body: unknown, type = "application/json"): Respond =>
  () =>
    answer(body, { status, type, version: null });
const metricsPage = "<h1>403 : Access to metrics requires scope &#39;read:metrics&#39;</h1>";

describe("a response", () => {
  it.each<[what: string, respond: Respond, call: Call, name: string]>([
    ["a page", () => page(), get, "UnexpectedResponseError"],
    [
      "a page of the hub itself",
      () => page(200, { version: "6.1.1" }),
      get,
      "UnexpectedResponseError",
    ],
    ["a 404 page", () => page(404), get, "UnexpectedResponseError"],
    ["a 403 page", () => page(403), get, "UnexpectedResponseError"],
    ["a 401 page", () => page(401), get, "UnexpectedResponseError"],
    ["a page of a proxy whose hub is down", () => page(503), get, "HubError"],
    ["a page of a gateway", () => page(502), get, "HubError"],
    ["a page of a server that failed", () => page(500), get, "HubError"],
    ["JSON of a gateway", foreign(504, { error: "timeout" }), get, "HubError"],
    ["empty, without a type", foreign(200, "", ""), get, "UnexpectedResponseError"],
    ["an empty body of type JSON", foreign(200, ""), get, "UnexpectedResponseError"],
    ["an empty body from the hub", () => answer(""), get, "UnexpectedResponseError"],
    ["a 204 without content", () => answer("", { status: 204 }), get, "UnexpectedResponseError"],
    ["plain text", foreign(200, "ok", "text/plain"), get, "UnexpectedResponseError"],
    ["text without a type", foreign(200, "ok", ""), get, "UnexpectedResponseError"],
    ["JSON of another API", foreign(404, { detail: "Not Found" }), get, "UnexpectedResponseError"],
    [
      "JSON with an error, but not a hub's",
      foreign(404, { error: "Not Found" }),
      get,
      "UnexpectedResponseError",
    ],
    [
      "JSON of GitHub",
      foreign(404, { message: "", status: "404" }),
      get,
      "UnexpectedResponseError",
    ],
    [
      "a hub's error body of another type",
      foreign(404, { status: 404, message: null }, "text/plain"),
      get,
      "UnexpectedResponseError",
    ],
    ["JSON null", foreign(404, null), get, "UnexpectedResponseError"],
    ["a JSON string", foreign(404, '"status message"'), get, "UnexpectedResponseError"],
    ["broken JSON", foreign(404, "{"), get, "UnexpectedResponseError"],
    ["a 404 in plain text", foreign(404, "404", "text/plain"), get, "UnexpectedResponseError"],
    ["a page instead of health", () => page(), health, "UnexpectedResponseError"],
    ["a 404 page instead of health", () => page(404), health, "UnexpectedResponseError"],
    [
      "an empty 404 page instead of health",
      foreign(404, "", "text/html"),
      health,
      "UnexpectedResponseError",
    ],
    ["a page instead of health while the hub is down", () => page(503), health, "HubError"],
    ["a page instead of metrics", () => page(), metrics, "UnexpectedResponseError"],
    [
      "a 403 page that is not the hub's instead of metrics",
      () => page(403),
      metrics,
      "UnexpectedResponseError",
    ],
    [
      "a 404 in plain text instead of metrics",
      foreign(404, "404", "text/plain"),
      metrics,
      "UnexpectedResponseError",
    ],
    ["a page in response to a deletion", () => page(), del, "UnexpectedResponseError"],
    ["a hub's refusal", () => refusal(404, null), get, "NotFoundError"],
    [
      "a hub's refusal without the version header",
      () => refusal(404, null, { version: null }),
      get,
      "NotFoundError",
    ],
    [
      "a hub's refusal of metrics",
      foreign(403, metricsPage, "text/html"),
      metrics,
      "ForbiddenError",
    ],
  ])("is rejected if it is %s", async (_, respond, call, name) => {
    const error = await rejectionOf(call(hubOf(answering(respond))));
    expect(error).toMatchObject({ name });
    if (name === "UnexpectedResponseError")
      expect((error as Error).message).toContain("Check the url");
    if (name === "HubError") expect((error as Error).message).toContain("the hub may be down");
    expectNoSecret(error);
  });

  it.each<[what: string, respond: Respond, call: Call, value: unknown]>([
    ["JSON", () => answer({ name: "ada" }), get, { name: "ada" }],
    [
      "JSON whose version header a proxy removed",
      foreign(200, { name: "ada" }),
      get,
      { name: "ada" },
    ],
    ["JSON with a charset", foreign(200, {}, "Application/JSON; charset=UTF-8"), get, {}],
    ["no content", () => answer("", { status: 204, type: null }), del, undefined],
    ["no content whose version header a proxy removed", foreign(204, "", ""), del, undefined],
    [
      "an empty body of type JSON, as from POST /proxy",
      () => answer(""),
      (hub) => hub.proxy.sync(),
      undefined,
    ],
    ["an empty page, as from /health", () => answer("", { type: "text/html" }), health, undefined],
    [
      "an empty page whose version header a proxy removed",
      foreign(200, "", "text/html"),
      health,
      undefined,
    ],
    ["text, as from /metrics", foreign(200, "a 1", "text/plain; version=0.0.4"), metrics, "a 1"],
  ])("may be %s", async (_, respond, call, value) => {
    expect(await call(hubOf(answering(respond)))).toEqual(value);
  });

  it("to GET / is refused if it comes from another API", async () => {
    const fetch = answering(foreign(200, { hello: "world" }));
    const error = await rejectionOf(hubOf(fetch).version());
    expect(error).toMatchObject({ name: "UnexpectedResponseError", status: 200, url: `${api}/` });
    expect((error as Error).message).toContain("JSON without a version: some other API");
  });

  it("may be a page, such as OAuth's consent page, if it has the hub's version header", async () => {
    const call = (version: string | null) => {
      const { client } = hubOf(answering(() => page(200, { version })));
      return getOauthAuthorize({ client, query: {} as never });
    };
    expect((await call("6.1.1")).data).toContain("<!DOCTYPE html>");
    expect((await call(null)).error).toMatchObject({ name: "UnexpectedResponseError" });
  });

  it.each([
    ['{"name": "ada", "user_options": {"share": NaN}}', true],
    ['[{"up": -Infinity}, {"down": Infinity}]', true],
    [`{"name": "${secrets.value} \\" NaN", "share": NaN}`, true],
    ['{"name": "NaN" "kind": "user"}', false],
    [`{"share": NaN, "name": "${secrets.value}`, false],
    ["{NaN: 1}", false],
  ])(
    "with the invalid JSON %j leads to an error; the error mentions NaN or Infinity: %s",
    async (text, is) => {
      const error = await rejectionOf(get(hubOf(answering(() => answer(text)))));
      expect(error).toMatchObject({ name: "UnexpectedResponseError", status: 200 });
      expect((error as Error).message).toMatch(
        is
          ? /holds NaN or Infinity, which JSON does not have\..* user_options/
          : /not that of a hub/,
      );
      expectNoSecret(error);
    },
  );

  it("may be empty for a route that the package does not know", async () => {
    const fetch = answering(() => answer("", { status: 204, type: null }));
    const call = { url: "/extension/{name}", path: { name: "ada" } };
    expect(await hubOf(fetch).client.delete(call)).toMatchObject({ data: undefined });
    expect((await hubOf(fetch).client.delete(call)).error).toBeUndefined();
  });

  it("from OAuth's token route may be an error in OAuth's format", async () => {
    const { client } = hubOf(answering(foreign(401, { error: "invalid_client" })));
    const body = { grant_type: "authorization_code", client_id: "x", code: "y" } as never;
    const error = await rejectionOf(postOauthToken({ client, body, throwOnError: true }));
    expect(error).toMatchObject({ name: "AuthenticationError", hubMessage: "invalid_client" });
  });
});
