/** Error messages that name the cause and say what to change. */
import { createServer as createTlsServer } from "node:https";
import { createServer as createHttpServer } from "node:http";
import { describe, expect, it } from "vitest";
import { ConnectionError, ForbiddenError, JupyterHub } from "../../src/index.js";
import { selfSigned } from "./certificate.js";
import { answer, answering, hubOf, listening, page, refusal, rejectionOf } from "./helpers.js";

const messageOf = async (promise: PromiseLike<unknown>): Promise<string> =>
  ((await rejectionOf(promise)) as Error).message;

describe("the error of a redirect", () => {
  const api = "https://hub.example.org/hub/api/users/ada";
  it.each([
    ["to https", "https://hub.example.com/hub/api/users/ada", 'url: "https://hub.example.com".'],
    ["below a prefix", "/jupyter/hub/api/users/ada", 'url: "https://hub.example.org/jupyter".'],
    ["with an additional slash", `${api}/`, "Only a slash at the end differs"],
    ["to a page for a stopped server", "/hub/user/ada/lab/hub/api/users", "JupyterHub.discover"],
    ["to a login page", "https://sso.example.org/realms/login?x=1", "It leads to a login page"],
    ["to anything else", "https://example.org/", "Check the url"],
    ["that is malformed", "http://[", "Check the url"],
  ])("explains a redirect %s, or says to check the url", async (_, location, advice) => {
    const moved = () => new Response(null, { status: 302, headers: { Location: location } });
    const message = await messageOf(hubOf(answering(moved)).users.get("ada"));
    expect(message).toContain("was redirected");
    expect(message).toContain(advice);
  });
});

describe("a Jupyter server that is no hub", () => {
  it("is identified as a Jupyter server in the error", async () => {
    const headers = { "Content-Security-Policy": "report-uri /user/ada/api/security/csp-report" };
    const hub = hubOf(answering(() => page(404, { headers })));
    expect(await messageOf(hub.users.get("ada"))).toContain("It is a Jupyter server and no hub");
  });
});

describe("the error of a failed connection", () => {
  it("advises using http if the port does not speak TLS", async () => {
    await using server = await listening(createHttpServer((_, response) => response.end()));
    const url = server.url.replace("http:", "https:");
    const error = await rejectionOf(new JupyterHub({ url, token: "t" }).users.get("ada"));
    expect(error).toBeInstanceOf(ConnectionError);
    expect((error as Error).message).toContain("begin the url with http://");
  });

  it("advises using https if a port with TLS refuses plain http", async () => {
    await using server = await listening(createTlsServer(selfSigned("localhost")));
    const hub = new JupyterHub({ url: server.url, token: "t", retry: 0 });
    expect(await messageOf(hub.users.get("ada"))).toContain("begin the url with https://");
  });

  it.each([
    ["ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE", "client certificate"],
    ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "client certificate"],
    ["UND_ERR_SOCKET", "internal_ssl"],
  ])(
    "advises using the public address if the server may require a client certificate: %s",
    async (code, advice) => {
      const cause = Object.assign(new Error("x"), { code });
      const hub = hubOf(
        answering(() => Promise.reject(new TypeError("fetch failed", { cause }))),
        { retry: 0 },
      );
      expect(await messageOf(hub.users.get("ada"))).toContain(advice);
    },
  );
});

describe("the expired login of a user", () => {
  it("leads to a ForbiddenError that says that the user must log in, and does not renew the token", async () => {
    const recorded: (string | undefined)[] = [];
    const hub = hubOf(
      answering(() => refusal(403, "auth has expired for ada, login again", { version: "5.5.4" })),
      { token: (refused) => (recorded.push(refused), "t") },
    );
    const error = await rejectionOf(hub.users.get("ada"));
    expect(error).toBeInstanceOf(ForbiddenError);
    expect((error as Error).message).toContain("they must log in to the hub again");
    expect(recorded).toEqual([undefined]);
  });
});

describe("a message of the hub", () => {
  it("is quoted without the dots at its end", async () => {
    const hub = hubOf(answering(() => refusal(400, "ada's server is not starting..")));
    expect(await messageOf(hub.users.get("ada"))).toMatch(/is not starting$/);
  });
});

describe("the error of a call that times out in the queue", () => {
  it("says that the call was not sent", async () => {
    const release: (() => void)[] = [];
    const hub = hubOf(
      answering(
        () => new Promise((resolve) => release.push(() => resolve(answer({ name: "ada" })))),
      ),
      { maxConcurrency: 1 },
    );
    const first = hub.users.get("ada");
    const message = await messageOf(hub.users.get("grace", {}, { timeout: 20 }));
    release.forEach((one) => one());
    await first;
    expect(message).toContain("not sent within 20 ms, since maxConcurrency calls were in flight");
  });
});
