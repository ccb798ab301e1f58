/** Where a hub's API is, and which hosts may be spoken to in the clear. */
import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/core/errors.js";
import { apiCandidates, apiUrl, isPrivateHost, pageUrl } from "../../src/core/url.js";
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
  ])("of %j is %s", (url, expected) => {
    expect(apiUrl(url)).toBe(expected);
  });

  it.each([
    ["", /not an absolute URL/],
    ["/hub/api", /not an absolute URL/],
    ["hub.example.org", /not an absolute URL/],
    ["//hub.example.org", /not an absolute URL/],
    ["https://", /not an absolute URL/],
    ["https://hub.example.org:99999", /not an absolute URL/],
    ["localhost:8000", /must begin with http/],
    ["ftp://hub.example.org", /must begin with http/],
    ["file:///hub/api", /must begin with http/],
    ["javascript:alert(1)", /must begin with http/],
    ["https://ada@hub.example.org", /must not hold a user or password/],
    ["https://:x@hub.example.org", /must not hold a user or password/],
    ["https://hub.example.org/?next=/hub", /must not have a query or fragment/],
    ["https://hub.example.org/hub/home#servers", /must not have a query or fragment/],
  ])("cannot be %j", (url, message) => {
    const error = refusalOf(() => apiUrl(url));
    expect(error).toBeInstanceOf(InvalidInputError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(/^The url /);
  });

  it.each([undefined, null, 8000, {}])("cannot be %j, whatever the types say", (url) => {
    expect(() => apiUrl(url as unknown as string)).toThrow(InvalidInputError);
  });

  it.each([
    `https://ada:${secrets.password}@hub.example.org`,
    `https://hub.example.org/?token=${secrets.token}`,
    `hub.example.org/?token=${secrets.token}`,
    `ftp://ada:${secrets.password}@hub.example.org`,
  ])("is refused without being quoted, since it may hold a secret: %#", (url) => {
    expectNoSecret(refusalOf(() => apiUrl(url)));
  });
});

describe("the address where people reach the hub", () => {
  it.each([
    ["https://hub.example.org", "https://hub.example.org/hub/"],
    ["https://example.org/prefix/hub/api", "https://example.org/prefix/hub/"],
    ["https://example.org/prefix/hub/", "https://example.org/prefix/hub/"],
    ["https://example.org/api", "https://example.org/api/hub/"],
  ])("from %s is %s", (url, expected) => {
    expect(pageUrl(url)).toBe(expected);
  });

  it("is called publicUrl when it is refused", () => {
    expect(() => pageUrl("hub")).toThrow("The publicUrl is not an absolute URL");
  });
});

describe("the places to look for the API behind a link", () => {
  it.each([
    ["https://h.example", ["/hub/api"]],
    ["https://h.example/", ["/hub/api"]],
    ["https://h.example/hub/spawn/ada?next=%2F#x", ["/hub/api", "/hub/hub/api"]],
    ["https://h.example/user/ada/lab", ["/hub/api", "/user/hub/api", "/user/ada/hub/api"]],
    ["https://h.example/services/x/", ["/hub/api", "/services/hub/api", "/services/x/hub/api"]],
    ["https://h.example/prefix", ["/prefix/hub/api", "/hub/api"]],
    ["https://h.example/a/b/", ["/a/b/hub/api", "/hub/api", "/a/hub/api"]],
    ["https://h.example/prefix/user/ada/tree", ["/prefix/hub/api", "/hub/api"]],
    ["https://h.example/prefix/hub/api", ["/prefix/hub/api", "/hub/api"]],
    ["https://h.example/@/space%20word/hub/home", ["/@/space%20word/hub/api", "/hub/api"]],
  ])("for %s begin with %j", (link, paths) => {
    const found = apiCandidates(link);
    expect(found.slice(0, paths.length)).toEqual(paths.map((path) => `https://h.example${path}`));
    expect(new Set(found).size).toBe(found.length);
  });

  it("end with the link itself", () => {
    expect(apiCandidates("https://h.example/user/ada/lab").at(-1)).toBe(
      "https://h.example/user/ada/lab/hub/api",
    );
  });

  it("are none for what is no link", () => {
    expect(() => apiCandidates("user/ada/lab")).toThrow("The link is not an absolute URL");
    expect(() => apiCandidates("https://ada:x@h.example/")).toThrow(InvalidInputError);
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
    "::1",
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
    "hub.internal",
  ])("%s is private", (host) => {
    expect(isPrivateHost(host)).toBe(true);
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
    expect(isPrivateHost(host)).toBe(false);
  });
});
