/** How the addresses of the API, the hub's pages and servers are derived, and which hosts are private. */
import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/core/errors.js";
import {
  apiCandidates,
  apiUrl,
  isPrivateHost,
  pageUrl,
  serverAddress,
} from "../../src/core/url.js";
import { expectNoSecret, secrets } from "./helpers.js";

const refusalOf = (act: () => unknown): unknown => {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("Nothing was thrown.");
};

describe("the address of the API", () => {
  it.each([
    ["https://hub.example.org", "https://hub.example.org/hub/api"],
    ["https://hub.example.org/", "https://hub.example.org/hub/api"],
    ["https://hub.example.org/hub", "https://hub.example.org/hub/api"],
    ["https://hub.example.org/hub/", "https://hub.example.org/hub/api"],
    ["https://hub.example.org/hub/api", "https://hub.example.org/hub/api"],
    ["https://hub.example.org/hub/api/", "https://hub.example.org/hub/api"],
    ["https://hub.example.org/hub/api///", "https://hub.example.org/hub/api"],
    ["https://example.org/prefix", "https://example.org/prefix/hub/api"],
    ["https://example.org/prefix/", "https://example.org/prefix/hub/api"],
    ["https://example.org/prefix/hub", "https://example.org/prefix/hub/api"],
    ["https://example.org/prefix/hub/api/", "https://example.org/prefix/hub/api"],
    ["https://example.org/a/b/c", "https://example.org/a/b/c/hub/api"],
    ["https://example.org/@/space%20word/", "https://example.org/@/space%20word/hub/api"],
    ["https://example.org/@/space word/", "https://example.org/@/space%20word/hub/api"],
    ["https://example.org/github", "https://example.org/github/hub/api"],
    ["https://example.org/hubs", "https://example.org/hubs/hub/api"],
    ["http://127.0.0.1:8081/hub/api", "http://127.0.0.1:8081/hub/api"],
    ["http://localhost:8000", "http://localhost:8000/hub/api"],
    ["http://[::1]:8081/hub/", "http://[::1]:8081/hub/api"],
    ["https://hub.example.org:443/", "https://hub.example.org/hub/api"],
    ["https://hub.example.org:8443", "https://hub.example.org:8443/hub/api"],
    ["HTTPS://HUB.Example.ORG/Prefix", "https://hub.example.org/Prefix/hub/api"],
    [" https://hub.example.org\n", "https://hub.example.org/hub/api"],
    ["https://bücher.example/", "https://xn--bcher-kva.example/hub/api"],
    // A hub that runs inside a user's server, as developers of hubs run it.
    ["https://example.org/user/ada/proxy/8000", "https://example.org/user/ada/proxy/8000/hub/api"],
    ["https://example.org/user/ada/hub/api", "https://example.org/user/ada/hub/api"],
    ["https://example.org/%75ser/ada", "https://example.org/%75ser/ada/hub/api"],
  ])("for %j is %s", (url, expected) => {
    expect(apiUrl(url)).toBe(expected);
  });

  it.each([
    ["", /must be an absolute URL/],
    ["/hub/api", /must be an absolute URL/],
    ["hub.example.org", /must be an absolute URL/],
    ["//hub.example.org", /must be an absolute URL/],
    ["https://", /must be an absolute URL/],
    ["https://hub.example.org:99999", /must be an absolute URL/],
    ["localhost:8000", /must be an absolute URL with http/],
    ["ftp://hub.example.org", /must be an absolute URL with http/],
    ["file:///hub/api", /must be an absolute URL with http/],
    ["javascript:alert(1)", /must be an absolute URL with http/],
    ["https://ada@hub.example.org", /must not contain a user or password/],
    ["https://:x@hub.example.org", /must not contain a user or password/],
    ["https://hub.example.org/?next=/hub", /must not have a query or fragment/],
    ["https://hub.example.org/hub/home#servers", /must not have a query or fragment/],
    ["https://hub.example.org/user/ada/", /page of a user's server.*JupyterHub\.discover/],
    ["https://hub.example.org/user/ada/lab/tree/notes", /page of a user's server/],
    ["https://hub.example.org/prefix/user/ada/gpu/lab", /page of a user's server/],
  ])("cannot be derived from %j", (url, message) => {
    const error = refusalOf(() => apiUrl(url));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(/^The url /);
  });

  it.each([
    ["a long path", `https://hub.example.org/${"a/".repeat(20_000)}`],
    ["a long query", `https://hub.example.org/?${secrets.value.repeat(2000)}`],
    ["text that is not a URL", "x".repeat(1_000_000)],
  ])(
    "cannot be derived from a url that is too long, which the error does not quote: %s",
    (_, url) => {
      const error = refusalOf(() => apiUrl(url));
      expect(error).toBeInstanceOf(InvalidInputError);
      expect((error as Error).message).toMatch(/^The url has \d+ characters; at most 8000 are/);
      expect((error as Error).message.length).toBeLessThan(250);
      expectNoSecret(error);
    },
  );

  it.each([undefined, null, 8000, {}])(
    "cannot be derived from %j, which is not a string",
    (url) => {
      expect(() => apiUrl(url as unknown as string)).toThrow(InvalidInputError);
    },
  );

  it.each([
    `https://ada:${secrets.password}@hub.example.org`,
    `https://hub.example.org/?token=${secrets.token}`,
    `hub.example.org/?token=${secrets.token}`,
    `ftp://ada:${secrets.password}@hub.example.org`,
  ])(
    "cannot be derived from an invalid url, which the error does not quote, since it may contain a secret: %#",
    (url) => {
      expectNoSecret(refusalOf(() => apiUrl(url)));
    },
  );
});

describe("the public address", () => {
  it.each([
    ["https://hub.example.org", "https://hub.example.org/hub/"],
    ["https://example.org/prefix/hub/api", "https://example.org/prefix/hub/"],
    ["https://example.org/prefix/hub/", "https://example.org/prefix/hub/"],
    ["https://example.org/api", "https://example.org/api/hub/"],
  ])("derived from %s is %s", (url, expected) => {
    expect(pageUrl(url)).toBe(expected);
  });

  it("is called publicUrl in the error if it is invalid", () => {
    expect(() => pageUrl("hub")).toThrow("The publicUrl must be an absolute URL");
  });
});

describe("the possible API addresses for a link", () => {
  const root = ["/hub/api"];
  const prefixed = ["/prefix/hub/api", "/hub/api"];

  it.each<[string, string, string[]]>([
    ["an origin", "https://h.example", root],
    ["an origin with a slash", "https://h.example/", root],
    ["a page of the hub", "https://h.example/hub/spawn/ada?next=%2F#x", root],
    ["a user's server", "https://h.example/user/ada/lab", root],
    ["a service", "https://h.example/services/x/", root],
    ["a prefix", "https://h.example/prefix", prefixed],
    ["two prefixes", "https://h.example/a/b/", ["/a/b/hub/api", "/hub/api", "/a/hub/api"]],
    ["a user's server below a prefix", "https://h.example/prefix/user/ada/tree", prefixed],
    ["the API", "https://h.example/prefix/hub/api", prefixed],
    ["a file with a percent sign", "https://h.example/prefix/user/ada/100%.txt", prefixed],
    [
      "an encoded prefix",
      "https://h.example/@/space%20word/hub/home",
      ["/@/space%20word/hub/api", "/hub/api", "/@/hub/api"],
    ],
    ["a prefix that needs no encoding", "https://h.example/%70refix/hub", prefixed],
    [
      "segments that begin like reserved ones",
      "https://h.example/hubs/users",
      ["/hubs/users/hub/api", "/hub/api", "/hubs/hub/api"],
    ],
  ])("are the expected ones for %s: %s", (_, link, paths) => {
    expect(apiCandidates(link)).toEqual(paths.map((path) => `https://h.example${path}`));
  });

  it.each([
    "/user/mallory/hub/api",
    "/services/mallory/hub/api",
    "/hub/user/mallory/hub/api",
    "//user/mallory/lab",
    "/%75ser/mallory/lab",
    "/%75%73%65%72/mallory/lab",
    "/use%72%2Fmallory/lab",
    "/%2Fuser%2fmallory%2Flab",
    "/%2e%2fuser/mallory",
    "/..%2Fuser/mallory",
    "/%252e%252e/user/mallory",
    "/%2575ser/mallory/lab",
    "/%252575ser/mallory/lab",
    "/%5Cuser%5Cmallory/lab",
    "\\user\\mallory\\lab",
    "/USER/mallory/lab",
    "/user;x/mallory/lab",
    "/user%3Bx/mallory/lab",
    "/user%00/mallory/lab",
    "/user%0A/mallory/lab",
    "/%09user/mallory/lab",
    "/user%3F/mallory/lab",
    "/user%23/mallory/lab",
    "/%EF%BC%95ser/mallory/lab",
    "/u%C5%BFer/mallory/lab",
    "/%C1%B5ser/mallory/lab",
    "/%ser/mallory/lab",
    "/.../mallory/lab",
  ])("are never below a path that may be a user's server: %j", (path) => {
    expect(apiCandidates(`https://h.example${path}`)).toEqual(["https://h.example/hub/api"]);
    expect(apiCandidates(`https://h.example/prefix${path}`)).toEqual([
      "https://h.example/prefix/hub/api",
      "https://h.example/hub/api",
    ]);
  });

  it("are at most five, the most likely ones", () => {
    const deep = apiCandidates(`https://h.example${"/a".repeat(3000)}/user/ada`);
    expect(deep.map((url) => url.split("/a").length)).toEqual([3001, 1, 2, 3, 4].map((n) => n + 1));
  });

  it("cannot be derived from a link that is too long, which the error does not quote", () => {
    const error = refusalOf(() => apiCandidates(`https://h.example/${"a/".repeat(20_000)}`));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(/^The link has 40018 characters; at most 8000 are/);
    expect((error as Error).message.length).toBeLessThan(250);
  });

  it("cannot be derived from an invalid link", () => {
    expect(() => apiCandidates("user/ada/lab")).toThrow("The link must be an absolute URL");
    expect(() => apiCandidates("https://ada:x@h.example/")).toThrow(InvalidInputError);
  });
});

describe("the address of a server", () => {
  const hub = "https://hub.example.org/prefix/hub/";

  it.each([
    ["/prefix/user/ada/", "https://hub.example.org/prefix/user/ada/"],
    ["https://hub.example.org/user/ada/", "https://hub.example.org/user/ada/"],
    ["https://HUB.example.org:443/user/ada/", "https://hub.example.org/user/ada/"],
    ["https://ada.hub.example.org/user/ada/", "https://ada.hub.example.org/user/ada/"],
    ["https://a.b.hub.example.org/user/ada/", "https://a.b.hub.example.org/user/ada/"],
  ])("can be %s", (url, expected) => {
    expect(serverAddress({ url }, "", hub)).toBe(expected);
  });

  it("must have the hub's port, even at a subdomain", () => {
    const local = "http://hub.localhost:8000/hub/";
    const ada = "http://ada.hub.localhost:8000/user/ada/";
    expect(serverAddress({ url: ada }, "", local)).toBe(ada);
    const other = { url: "http://hub.localhost:8001/user/ada/" };
    expect(() => serverAddress(other, "", local)).toThrow(InvalidInputError);
  });

  it.each([
    "https://evil.example/user/ada/",
    "https://hub.example.org.evil.example/user/ada/",
    "https://evilhub.example.org/user/ada/",
    "https://example.org/user/ada/",
    "https://hub.example.org./user/ada/",
    "https://hub.example.org:8443/user/ada/",
    "//evil.example/user/ada/",
    "/\\evil.example/user/ada/",
    "\\\\evil.example/user/ada/",
    "/\t/evil.example/user/ada/",
    "https:\\\\evil.example/user/ada/",
    "https://hub.example.org@evil.example/user/ada/",
    "https://hub.example.org%5C@evil.example/user/ada/",
    "https://ada@hub.example.org/user/ada/",
    "https://ada:x@hub.example.org/user/ada/",
    "https://:x@hub.example.org/user/ada/",
    "ws://hub.example.org/user/ada/",
    "wss://hub.example.org/user/ada/",
    "ftp://hub.example.org/user/ada/",
    "file:///user/ada/",
    "javascript://hub.example.org/%0aalert(1)",
    "data:text/html,x",
    "https://[",
    "https://",
  ])("cannot be %j", (url) => {
    const error = refusalOf(() => serverAddress({ url }, "", hub));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toContain("neither at https://hub.example.org");
  });
});

describe("a host", () => {
  it.each([
    "localhost",
    "LOCALHOST",
    "hub.localhost",
    "127.0.0.1",
    "127.8.9.10",
    "10.0.0.1",
    "10.255.255.255",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.1.1",
    "100.64.0.1",
    "100.127.255.255",
    "[::1]",
    "[fd00::1]",
    "[fc00::1]",
    "[fe80::1]",
    "[febf::1]",
    "hub",
    "hub.",
    "hub.jhub.svc",
    "hub.jhub.svc.cluster.local",
    "hub.jhub.svc.cluster.local.",
    "printer.local",
    "0.0.0.0",
    "[::]",
    "[::ffff:127.0.0.1]",
    "hub.internal",
  ])("%s is private", (host) => {
    expect(isPrivateHost(new URL(`http://${host}`).hostname)).toBe(true);
  });

  it.each([
    "hub.example.org",
    "example.org.",
    "8.8.8.8",
    "11.0.0.1",
    "126.0.0.1",
    "128.0.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.167.0.1",
    "192.169.0.1",
    "100.63.0.1",
    "100.128.0.1",
    "100.7.0.1",
    "1.10.0.1",
    "[2001:db8::1]",
    "[::2]",
    "0.0.0.1",
    "0.0.1.0",
    "[::11]",
    "[::ffff:808:808]",
    "[fe00::1]",
    "[fec0::1]",
    "[fc:1::1]",
    "[fd::1]",
    "[fe8:1::1]",
    "10.example.org",
    "localhost.example.org",
    "local.example.org",
    "hub.svc.example.org",
    "hub-internal.example",
    "127.0.0.1.example.org",
  ])("%s is public", (host) => {
    expect(isPrivateHost(new URL(`http://${host}`).hostname)).toBe(false);
  });
});
