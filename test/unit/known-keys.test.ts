/** Unknown keys: their errors, which arguments besides inputs are checked, and keys that only a newer hub knows. */
import { describe, expect, it } from "vitest";
import { createClient, getUsers, postUserServer, postUserTokens } from "../../src/api.js";
import { checkKeys } from "../../src/core/known-keys.js";
import { sendAsIs } from "../../src/core/api-client.js";
import {
  hasScope,
  InvalidInputError,
  JupyterHub,
  type JupyterHubOptions,
  type RequestIdentity,
} from "../../src/index.js";
import {
  answer,
  answering,
  expectNoSecret,
  hubOf,
  origin,
  rejectionOf,
  secrets,
} from "./helpers.js";

type Bag = Record<string, unknown>;

/** The message of the error for `bag` if only the keys in `known` are allowed; "none" if there is no error. */
function refusalOf(bag: unknown, ...known: string[]): string {
  const keys = Object.fromEntries(known.map((key) => [key, true]));
  try {
    checkKeys("bag", bag, keys);
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInputError);
    return (error as Error).message;
  }
  return "none";
}

describe("an unknown key", () => {
  it.each<[given: string, meant: string | undefined, known: string[]]>([
    ["scope", "scopes", ["expires_in", "note", "roles", "scopes"]],
    ["expires", "expires_in", ["note", "expires_in"]],
    ["expiresIn", "expires_in", ["note", "expires_in"]],
    ["UserOptions", "user_options", ["server", "user_options"]],
    ["status", "state", ["state", "sort"]],
    ["timout", "timeout", ["signal", "timeout"]],
    ["tokn", "token", ["token", "url"]],
    ["user", "users", ["groups", "users"]],
    ["ids", "id", ["code", "id"]],
    ["x", undefined, ["id", "url"]],
    ["usr", "user", ["user", "users"]],
    ["completely_different", undefined, ["state", "sort"]],
    ["xy".repeat(10_000), undefined, ["state", "sort"]],
  ])("%s is reported with the closest known key, if one is close", (given, meant, known) => {
    const message = refusalOf({ [given]: 1 }, ...known);
    const found = /Did you mean `(.*?)`\?/.exec(message)?.[1];
    expect(found).toBe(meant);
  });

  it.each(["ifRunning", "onAbort", "concurrency"])(
    "of an input is reported as an option of the call: %s",
    async (key) => {
      const hub = hubOf(answering());
      const error = await rejectionOf(hub.servers.start("ada", { [key]: "fail" }));
      expect(String(error)).toContain("It belongs in the options of the call.");
    },
  );

  it("is quoted on one line, and shortened", () => {
    expect(refusalOf({ "a\nb": 1 })).toContain("Unknown key `a\\nb` in the bag.");
    expect(refusalOf({ ["k".repeat(1000)]: 1 })).toBe(
      `Unknown key \`${"k".repeat(60)}\` in the bag. Known keys: none.`,
    );
  });

  it.each<[what: string, bag: unknown]>([
    ["inherited", Object.create({ unknown: 1 })],
    ["a symbol", { [Symbol("unknown")]: 1 }],
  ])("is ignored if it is %s", (_, bag) => {
    expect(refusalOf(bag, "known")).toBe("none");
  });

  it("is ignored if it is on a polluted Object.prototype", () => {
    // oxlint-disable-next-line eslint/no-extend-native -- removed below
    Object.defineProperty(Object.prototype, "polluted", {
      value: 1,
      enumerable: true,
      configurable: true,
      writable: true,
    });
    try {
      expect(refusalOf({ known: 1 }, "known")).toBe("none");
      // A key that the table of known keys inherits is not a known key.
      expect(refusalOf(JSON.parse('{ "polluted": 1 }'), "known")).toContain("`polluted`");
    } finally {
      delete (Object.prototype as Bag)["polluted"];
    }
  });

  it.each(["constructor", "__proto__", "toString"])("is also reported if it is named %s", (key) => {
    const bag: unknown = JSON.parse(`{ "${key}": 1 }`);
    expect(refusalOf(bag, "known")).toContain(`Unknown key \`${key}\``);
  });
});

describe("a value that is no plain object", () => {
  it.each<[value: unknown, kind: string]>([
    [null, "null"],
    ["text", "of type string"],
    [7, "of type number"],
    [() => 1, "of type function"],
    [["known"], "an array"],
    [new Map([["known", 1]]), "of type Map"],
    [new URLSearchParams("known=1"), "of type URLSearchParams"],
    [Promise.resolve({ known: 1 }), "of type Promise"],
    [new AbortController().signal, "of type AbortSignal"],
  ])("is refused with an error that names its type: %s", (value, kind) => {
    expect(refusalOf(value, "known")).toBe(
      `The bag must be an object, not ${kind}. Known keys: \`known\`.`,
    );
  });

  it("is accepted if it inherits a known key, as an AbortController inherits `signal`", () => {
    expect(refusalOf(new AbortController(), "signal")).toBe("none");
  });
});

describe("the options of a client", () => {
  const options = { tokn: secrets.token } as JupyterHubOptions;
  const meant = /^Unknown key `tokn` in the options of the client\. Did you mean `token`\?/;

  it.each<[what: string, make: () => unknown]>([
    ["new JupyterHub()", () => new JupyterHub({ url: origin, ...options })],
    ["hub.withOptions()", () => hubOf(answering()).withOptions(options)],
    ["createClient()", () => createClient({ url: origin, ...options })],
  ])("are checked by %s", (_, make) => {
    expect(make).toThrow(InvalidInputError);
    expect(make).toThrow(meant);
  });

  it("are checked by JupyterHub.discover() before it sends anything", async () => {
    const fetch = answering(() => answer({ version: "6.1.1" }));
    const error = await rejectionOf(JupyterHub.discover(origin, { fetch, ...options }));
    expect((error as Error).message).toMatch(meant);
    expectNoSecret(error);
    const url = { url: origin } as JupyterHubOptions;
    await expect(JupyterHub.discover(origin, { fetch, ...url })).rejects.toThrow(
      "Unknown key `url`",
    );
    expect(fetch.requests).toEqual([]);
  });

  it("are also checked inside the oauth option", () => {
    const oauth = { clientId: "c", clientSecret: secrets.password, redirectURL: "https://x/" };
    const make = () => hubOf(answering(), { oauth: oauth as never });
    expect(make).toThrow(
      /^Unknown key `redirectURL` in the oauth option\. Did you mean `redirectUri`/,
    );
  });
});

describe("the keys of an argument that is not an input", () => {
  it("are checked by the page() of a listing, which would otherwise return the first page", async () => {
    const fetch = answering(() => answer([]));
    const page = hubOf(fetch)
      .users.list()
      .page({ ofset: 100 } as object);
    await expect(page).rejects.toThrow("Did you mean `offset`?");
    expect(fetch.requests).toEqual([]);
  });

  it("are checked in hasScope's third argument, the context", () => {
    const identity = { scopes: [] } as unknown as RequestIdentity;
    const ask = () => hasScope(identity, "users!user=ada", { group: ["staff"] } as object);
    expect(ask).toThrow("Did you mean `groups`?");
  });
});

describe("the headers of a call", () => {
  it.each([new Headers({ "X-Key": "1" }), [["X-Key", "1"]], new Map([["X-Key", "1"]])])(
    "are refused unless they are an object of names and values: %s",
    async (headers) => {
      const fetch = answering();
      const call = { headers: headers as unknown as Record<string, string> };
      const error = await rejectionOf(hubOf(fetch).users.get("ada", {}, call));
      expect(error).toBeInstanceOf(InvalidInputError);
      expect(fetch.sent()).toEqual([]);
    },
  );
});

describe("a key that only a newer hub knows", () => {
  const path = { name: "ada" };
  const newer = { newer_key: [1] };
  const allowUnknownKeys = true;

  it("is refused with advice on how to send it", async () => {
    const fetch = answering();
    const body = { note: "", ...newer };
    const { error } = await postUserTokens({ client: hubOf(fetch).client, path, body });
    expect((error as Error).message).toContain("with `allowUnknownKeys: true`");
    expect(fetch.requests).toEqual([]);
  });

  it("is sent in a body if allowUnknownKeys is set", async () => {
    const fetch = answering(() => answer({ id: "a1", token: "t" }, { status: 201 }));
    const { client } = hubOf(fetch);
    const body = { note: "x", ...newer };
    const { data } = await postUserTokens({
      client,
      path,
      body,
      allowUnknownKeys,
      throwOnError: true,
    });
    expect(data).toMatchObject({ id: "a1" });
    expect(await fetch.requests[0]?.json()).toEqual({ note: "x", newer_key: [1] });
  });

  it("is sent in a query if allowUnknownKeys is set", async () => {
    const fetch = answering(() => answer([], { version: "6.1.1" }));
    const query = { name_filter: "a", ...newer };
    const { client } = hubOf(fetch);
    await getUsers({ client, query: { limit: 5 }, throwOnError: true });
    await getUsers({ client, query, allowUnknownKeys, throwOnError: true });
    expect(fetch.sent()).toContain("GET /users?name_filter=a&newer_key=1");
  });

  it("can be allowed in the body, while known keys and options are still checked", async () => {
    const fetch = answering();
    const { client } = hubOf(fetch);
    const body = { expires_in: 0, ...newer };
    const { error } = await postUserTokens({ client, path, body, allowUnknownKeys });
    expect((error as Error).message).toContain("`expires_in` must be a whole number");
    const misspelt = { client, path, allowUnknownKeys, ...({ timout: 1 } as object) };
    expect((await postUserTokens(misspelt)).error).toBeInstanceOf(InvalidInputError);
    expect(fetch.requests).toEqual([]);
  });

  it("is sent unchecked to a route that the package does not know", async () => {
    const fetch = answering(() => answer({ of: "a newer hub" }));
    const { client } = hubOf(fetch);
    await client.post({ url: "/newer/{name}", path, query: { a: 1 }, body: newer });
    expect(fetch.sent()).toEqual(["POST /newer/ada?a=1"]);
    expect(fetch.requests[0]?.headers.get("Content-Type")).toBe("application/json");
    expect(await fetch.requests[0]?.json()).toEqual(newer);
  });

  it("is sent unchecked in the body of a server start on a hub before 6.0, where it is a user option", async () => {
    const fetch = answering(() => answer("", { status: 201, version: "5.4.4" }));
    const { client } = hubOf(fetch);
    const options = { client, path, body: { profile: "large", display_name: 3 } as object };
    await postUserServer({ ...options, ...sendAsIs, throwOnError: true });
    expect(await fetch.requests[0]?.json()).toEqual(options.body);
  });
});

describe("a query in the url of an unknown route", () => {
  it("is not quoted in an error, since it may be a secret", async () => {
    const { client } = hubOf(answering());
    const url = `/custom?token=${secrets.value}`;
    const { error } = await client.get({ url, path: { name: "ada" } });
    expect((error as Error).message).toContain("in the path of /custom.");
    expectNoSecret(error);
  });
});
