/**
 * A real hub behind a proxy that removes the hub's version header or answers some requests itself, and a client whose
 * url leads to the hub's pages.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JupyterHub, UnexpectedResponseError, RateLimitError } from "jupyterhub-client";
import { alteringProxy, type AlteringProxy, type Interfere } from "./altering-proxy.js";
import { signalled } from "../unit/helpers.js";
import { failure, itSince, useHubFixture, release, since } from "./hub-fixture.js";

const fixture = useHubFixture("altering-proxy");
let proxy: AlteringProxy;
beforeAll(async () => {
  proxy = await alteringProxy(fixture.real.url, ["x-jupyterhub-version"]);
});
afterAll(() => proxy[Symbol.asyncDispose]());

/** A client that uses the proxy. */
const clientOf = (retry?: number): JupyterHub =>
  new JupyterHub({
    url: proxy.url + new URL(fixture.real.url).pathname,
    token: fixture.real.tokens.admin,
    retry,
  });

/**
 * Makes the proxy answer the next matching request in place of the hub. The returned promise resolves after the answer.
 */
function answerOnce(matches: RegExp, status: number, headers: Record<string, string>) {
  const { when, tell } = signalled();
  const interfere: Interfere = ({ method, url }, response) => {
    if (!matches.test(`${method} ${url}`)) return false;
    proxy.interfere = () => false;
    response.writeHead(status, headers).end("<!DOCTYPE html><p>Not now</p>", () => tell());
    return true;
  };
  proxy.interfere = interfere;
  return when;
}

describe("a hub whose version header a proxy removes", () => {
  it("returns its version in the body of GET /, which feature checks request only once", async () => {
    const requestedUrls: string[] = [];
    proxy.interfere = ({ url = "" }) => {
      requestedUrls.push(url);
      return false;
    };
    const hub = clientOf();
    expect(await hub.supports("shares")).toBe(since("5.0"));
    expect(await hub.supports("shares")).toBe(since("5.0"));
    expect(await hub.version()).toBe(release);
    proxy.interfere = () => false;
    expect(requestedUrls.map((url) => url.replace(/^.*\/hub\/api/, ""))).toEqual(["/", "/"]);
  });

  it("carries out writes and returns their results", async () => {
    const hub = clientOf();
    expect(await hub.users.create("ada")).toMatchObject({ name: "ada" });
    const { token } = await hub.tokens.create("ada", { note: "from behind a proxy" });
    expect(await hub.tokens.identify(token)).toMatchObject({ name: "ada" });
    await hub.groups.create("astronomy");
    await hub.groups.addUsers("astronomy", { users: ["ada"] });
    expect((await hub.users.list()).map(({ name }) => name)).toContain("ada");
    await hub.groups.delete("astronomy");
    expect(await failure(hub.users.get("nobody"))).toMatchObject({ name: "NotFoundError" });
    expect(await failure(hub.users.create("ada"))).toMatchObject({ name: "ConflictError" });
  });

  it("starts and stops a server", async () => {
    const hub = clientOf();
    const server = await hub.servers.start("ada", { user_options: { behave: "slow", seconds: 1 } });
    expect(server.ready).toBe(true);
    await hub.servers.stop("ada");
    expect(await hub.servers.list("ada")).toEqual([]);
  });
});

describe("a gateway that answers one request itself", () => {
  const html = { "Content-Type": "text/html" };
  const later = { ...html, "Retry-After": "1" };

  it("makes the client retry a read after a 429, and a write after a 429 with Retry-After", async () => {
    const hub = clientOf();
    let answered = answerOnce(/^GET /, 429, html);
    expect((await hub.users.get("ada")).name).toBe("ada");
    await answered;
    answered = answerOnce(/^POST /, 429, later);
    expect((await hub.users.create("grace")).name).toBe("grace");
    await answered;
    answered = answerOnce(/^POST /, 429, html);
    expect(await failure(hub.users.create("emmy"))).toBeInstanceOf(RateLimitError);
    await answered;
    answered = answerOnce(/^DELETE /, 429, later);
    await hub.users.delete("grace");
    await answered;
  });

  it.each([
    ["429", 429, {}],
    ["521", 521, {}],
    ["530 with Retry-After", 530, { "Retry-After": "1" }],
  ])(
    "does not make a start or a stop in progress fail if it answers with a %s",
    async (_, status, headers) => {
      // Without retries, so that the start and the stop must handle the failure.
      const { servers } = clientOf(0);
      const answer = { ...html, ...headers };
      // The start takes longer than the hub holds the request, so that the client polls afterwards.
      const slow = servers.start("ada", { user_options: { behave: "slow", seconds: 4 } });
      await slow[Symbol.asyncIterator]().next();
      let answered = answerOnce(/^GET .*\/users\/ada/, status, answer);
      expect((await slow).ready).toBe(true);
      await answered;
      await servers.stop("ada");

      await servers.start("ada", { user_options: { behave: "slow-stop", seconds: 2 } });
      answered = answerOnce(/^GET .*\/users\/ada/, status, answer);
      await servers.stop("ada");
      await answered;
      expect(await servers.list("ada")).toEqual([]);
    },
  );
});

describe("a client url that leads to the hub's pages instead of its API", () => {
  const calls: Record<string, (hub: JupyterHub) => PromiseLike<unknown>> = {
    GET: (hub) => hub.users.get("ada"),
    POST: (hub) => hub.users.create("emmy"),
    PATCH: (hub) => hub.users.update("ada", { admin: false }),
    DELETE: (hub) => hub.users.delete("ada"),
  };
  let wrong: AlteringProxy;
  beforeAll(async () => {
    wrong = await alteringProxy(fixture.real.url);
  });
  afterAll(() => wrong[Symbol.asyncDispose]());

  it.each(Object.keys(calls))(
    "makes a %s reject with an error that says to check the url",
    async (method) => {
      const { pathname } = new URL(fixture.real.url);
      const url = `${wrong.url}${pathname.replace(/api$/, "home")}`;
      const hub = new JupyterHub({ url, token: fixture.real.tokens.admin, retry: 0 });
      const error = await failure(calls[method]!(hub));
      expect(error).toBeInstanceOf(UnexpectedResponseError);
      expect((error as Error).message).toContain("Check the url");
    },
  );

  itSince("2.0")("is not confused with a hub that refuses metrics with a page", async () => {
    const { url, tokens } = fixture.real;
    const hub = new JupyterHub({ url, token: tokens.admin });
    const { token } = await hub.tokens.create("ada", {});
    const error = await failure(new JupyterHub({ url, token }).metrics());
    expect(error).toMatchObject({ name: "ForbiddenError", requiredScopes: ["read:metrics"] });
  });
});
