/**
 * What `assertContract` checks, such as bodies of every kind, and what it passes on unchecked: requests to other
 * servers and failures of proxies.
 */
import { Readable } from "node:stream";
import { afterEach, describe, expect, it, vi } from "vitest";
import { InvalidInputError } from "../../src/index.js";
import { assertContract, ContractError, FakeHub, type Fetch } from "../../src/testing/index.js";
import { clientOf, rejection } from "./hubs.js";

const fake = new FakeHub({ users: ["ada"], groups: ["staff"] });
const json = { "Content-Type": "application/json" };
const authorized = { ...json, Authorization: `token ${fake.token}` };
const create = (name: string): string => JSON.stringify({ usernames: [name] });

/** Returns a fetch function that always sends the given response, in place of a hub. */
const answering =
  (body: BodyInit | null, init: ResponseInit): Fetch =>
  async () =>
    new Response(body, init);

describe("assertContract", () => {
  it.each([
    "/user/ada/",
    "/user/ada/gpu/api/kernels",
    "/prefix/user/ada/",
    "/user/ada/proxy/8000/hub/api/anything",
  ])("does not check a request to a user's server: %s", async (path) => {
    const fetch = assertContract(answering("kernels", { status: 200 }), { version: "6" });
    expect((await fetch(`https://hub.example.test${path}`)).status).toBe(200);
    expect([fetch.violations, fetch.calls]).toEqual([[], []]);
  });

  it("checks an unknown path of the API that begins with `user`", async () => {
    const fetch = assertContract(fake.fetch, { version: "6" });
    expect(await rejection(fetch(`${fake.url}/user/ada`))).toBeInstanceOf(ContractError);
  });

  it("with the option `url`, checks only requests to the hub at this URL", async () => {
    const fetch = assertContract(fake.fetch, { version: "6", url: `${fake.url}/` });
    expect((await fetch("https://elsewhere.test/api")).status).toBe(404);
    expect(await rejection(fetch(`${fake.url}/nowhere`))).toBeInstanceOf(ContractError);
  });

  it.each(["nonsense", "/hub/api", ""])("refuses the option `url` at once if it is %j", (url) => {
    const wrap = (): unknown => assertContract(fake.fetch, { version: "6", url });
    expect(wrap).toThrow(InvalidInputError);
    expect(wrap).toThrow("The url of assertContract must be absolute");
  });
});

describe("a temporary failure", () => {
  const temporary = [429, 502, 503, 504];

  it.each(temporary)("that a test declares on the fake hub is not checked: %i", async (status) => {
    const failing = new FakeHub();
    const fetch = assertContract(failing.fetch, { version: "6" });
    failing.fail({ operation: "GET /users", status, headers: { "Retry-After": "1" } });
    const headers = { Authorization: `token ${failing.token}` };
    expect((await fetch(`${failing.url}/users`, { headers })).status).toBe(status);
    expect(fetch.violations).toEqual([]);
  });

  it.each(temporary)("of a proxy is not checked: %i", async (status) => {
    const fetch = assertContract(answering("<h1>Failure</h1>", { status }), { version: "6" });
    const start = fetch(`${fake.url}/users/ada/server`, { method: "POST" });
    expect((await start).status).toBe(status);
    expect(fetch.violations).toEqual([]);
  });

  it("of the hub itself is checked if the operation declares its status", async () => {
    const headers = { ...json, "X-JupyterHub-Version": "6.1.1" };
    const wrong = answering('{"status":"429"}', { status: 429, headers });
    const fetch = assertContract(wrong, { version: "6" });
    const error = await rejection(fetch(`${fake.url}/users/ada/server`, { method: "POST" }));
    expect((error as ContractError).violations).toContain("response 429 /status: must be integer");
  });
});

describe("the body of a request", () => {
  const bodies: [kind: string, body: () => RequestInit["body"]][] = [
    ["a stream", () => new Blob([create("eve")]).stream()],
    ["a Node stream", () => Readable.from([create("carl")]) as unknown as ReadableStream],
  ];

  it.each(bodies)("can be %s", async (_, body) => {
    const fetch = assertContract(fake.fetch, { version: "6" });
    const init = { method: "POST", headers: authorized, body: body(), duplex: "half" };
    expect((await fetch(new URL(`${fake.url}/users`), init as RequestInit)).status).toBe(201);
    expect(fetch.calls).toEqual(["POST /users"]);
  });

  it("can come from a Request object", async () => {
    const fetch = assertContract(fake.fetch, { version: "6" });
    const init = { method: "POST", headers: authorized, body: create("bob") };
    expect((await fetch(new Request(`${fake.url}/users`, init))).status).toBe(201);
  });

  it("can be a form, which is checked as well", async () => {
    const fetch = assertContract(fake.fetch, { version: "6" });
    const body = new URLSearchParams({ grant_type: "authorization_code", colour: "red" });
    const error = await rejection(fetch(`${fake.url}/oauth2/token`, { method: "POST", body }));
    expect(error).toMatchObject({ operation: "POST /oauth2/token" });
    expect((error as ContractError).violations).toContain("request body /colour: is not declared");
  });
});

describe("the contract", () => {
  const module = "../../generated/contract.gen.js";
  afterEach(() => {
    vi.doUnmock(module);
    vi.resetModules();
  });

  it("is loaded before the first request", async () => {
    vi.resetModules();
    const load = vi.fn(() => ({ contracts: {} }));
    vi.doMock(module, load);
    const fresh = await import("../../src/testing/contract/assert-contract.js");
    fresh.assertContract(fake.fetch, { version: "6" });
    await expect.poll(() => load.mock.calls.length).toBe(1);
  });
});

it.each(["6", "5", "4.1"])(
  "this package's client conforms to the contract of hub %s",
  async (version) => {
    const slow = { slowSpawnTimeout: 0, spawner: { seconds: 0.05 } };
    const hubToUse = new FakeHub({ version, users: ["ada"], groups: ["staff"], ...slow });
    const fetch = assertContract(hubToUse.fetch, { version });
    const hub = clientOf(hubToUse, { fetch: fetch as typeof globalThis.fetch });
    for await (const _ of hub.servers.start("ada")) {
      // Reading the progress checks its events.
    }
    await hub.users.list();
    await hub.tokens.create("ada", { note: "for a test", expires_in: 60 });
    await hub.groups.addUsers("staff", { users: ["ada"] });
    await hub.servers.stop("ada");
    await expect(hub.users.get("nobody")).rejects.toThrow("404");
    expect(fetch.violations).toEqual([]);
    expect(new Set(fetch.calls).size).toBeGreaterThan(5);
  },
);
