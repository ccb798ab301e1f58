/** A real hub behind a proxy that removes its header, answers in its place, or shows a page. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { JupyterHub, UnexpectedResponseError, RateLimitError } from "jupyterhub-client";
import { alteringProxy, type AlteringProxy, type Interfere } from "./altering-proxy.js";
import { signalled } from "../unit/helpers.js";
import { failure, itSince, openStory, release, since } from "./story.js";

const story = openStory("altered");
let proxy: AlteringProxy;
beforeAll(async () => {
  proxy = await alteringProxy(story.real.url, ["x-jupyterhub-version"]);
});
afterAll(() => proxy[Symbol.asyncDispose]());

/** A client of the hub by way of the proxy. */
const clientOf = (retry?: number): JupyterHub =>
  new JupyterHub({
    url: proxy.url + new URL(story.real.url).pathname,
    token: story.real.tokens.admin,
    retry,
  });

/** Answers once in place of the hub, to the first request that matches; resolves when it has. */
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
  it("says its version at its root, and is asked for it once", async () => {
    const asked: string[] = [];
    proxy.interfere = ({ url = "" }) => {
      asked.push(url);
      return false;
    };
    const hub = clientOf();
    expect(await hub.supports("shares")).toBe(since("5.0"));
    expect(await hub.supports("shares")).toBe(since("5.0"));
    expect(await hub.version()).toBe(release);
    proxy.interfere = () => false;
    expect(asked.map((url) => url.replace(/^.*\/hub\/api/, ""))).toEqual(["/", "/"]);
  });

  it("carries out writes, and their results arrive", async () => {
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

describe("a gateway that answers once in place of the hub", () => {
  const html = { "Content-Type": "text/html" };
  const later = { ...html, "Retry-After": "1" };

  it("with a 429 delays a read, and a write that it says when to repeat", async () => {
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
    ["530 with a time to wait", 530, { "Retry-After": "1" }],
  ])("with a %s does not end a start or a stop that is under way", async (_, status, headers) => {
    // Without retries, so that what follows the start and the stop must bear it.
    const { servers } = clientOf(0);
    const answer = { ...html, ...headers };
    // Longer than the hub lets the request wait, so that it is followed.
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
  });
});

describe("a url that leads to pages of the hub in place of its API", () => {
  const calls: Record<string, (hub: JupyterHub) => PromiseLike<unknown>> = {
    GET: (hub) => hub.users.get("ada"),
    POST: (hub) => hub.users.create("emmy"),
    PATCH: (hub) => hub.users.update("ada", { admin: false }),
    DELETE: (hub) => hub.users.delete("ada"),
  };
  let wrong: AlteringProxy;
  beforeAll(async () => {
    wrong = await alteringProxy(story.real.url);
  });
  afterAll(() => wrong[Symbol.asyncDispose]());

  it.each(Object.keys(calls))("is named for %s as what is wrong", async (method) => {
    const { pathname } = new URL(story.real.url);
    const url = `${wrong.url}${pathname.replace(/api$/, "home")}`;
    const hub = new JupyterHub({ url, token: story.real.tokens.admin, retry: 0 });
    const error = await failure(calls[method]!(hub));
    expect(error).toBeInstanceOf(UnexpectedResponseError);
    expect((error as Error).message).toContain("Check the url");
  });

  itSince("2.0")("does not hide that metrics are refused with a page", async () => {
    const { url, tokens } = story.real;
    const hub = new JupyterHub({ url, token: tokens.admin });
    const { token } = await hub.tokens.create("ada", {});
    const error = await failure(new JupyterHub({ url, token }).metrics());
    expect(error).toMatchObject({ name: "ForbiddenError", requiredScopes: ["read:metrics"] });
  });
});
