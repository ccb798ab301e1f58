/** What an identity may do, read from its scopes. */
import { describe, expect, it } from "vitest";
import {
  InvalidInputError,
  UnsupportedByHubError,
  hasScope,
  type RequestIdentity,
  type ScopeContext,
} from "../../src/index.js";

/** Ada's token, or one of the service ci. */
const ada = (...scopes: string[]) =>
  ({ kind: "user", name: "ada", groups: ["staff"], scopes }) as unknown as RequestIdentity;
const ci = (...scopes: string[]) =>
  ({ kind: "service", name: "ci", scopes }) as unknown as RequestIdentity;

const rows: [held: string[], asked: string, has: boolean, context?: ScopeContext][] = [
  // Itself and nothing else, since hubs tell what a scope includes.
  [["read:users"], "read:users", true],
  [["read:users", "read:users:name"], "read:users:name", true],
  [["users"], "read:users", false],
  [["read:users"], "users", false],
  [["custom:reports:read"], "custom:reports:read", true],
  [[], "read:users", false],
  [["read:users!user=ada"], "users!user=ada", false],

  // All covers one; one is not all.
  [["servers"], "servers!user=grace", true],
  [["servers"], "servers!server=grace/gpu", true],
  [["read:groups"], "read:groups!group=staff", true],
  [["read:services"], "read:services!service=ci", true],
  [["servers!user=ada"], "servers", false],
  [["list:users!group=staff"], "list:users", false],

  // A user, and their servers.
  [["servers!user=ada"], "servers!user=ada", true],
  [["servers!user=ada"], "servers!user=grace", false],
  [["servers!user=ada"], "servers!user=ad", false],
  [["servers!user=ada"], "servers!server=ada/gpu", true],
  [["servers!user=ada"], "servers!server=ada/", true],
  [["servers!user=ada"], "servers!server=adam/gpu", false],
  [["servers!user=ada"], "servers!group=ada", false],
  [["servers!user=a!b=c"], "servers!user=a!b=c", true],

  // One server is neither its user nor another server.
  [["access:servers!server=ada/gpu"], "access:servers!server=ada/gpu", true],
  [["access:servers!server=ada/gpu"], "access:servers!server=ada/", false],
  [["access:servers!server=ada/"], "access:servers!server=ada/", true],
  [["access:servers!server=ada/gpu"], "access:servers!user=ada", false],
  [["access:servers!server=ada/a/b"], "access:servers!server=ada/a/b", true],

  // The owner, by no name.
  [["servers!user=ada"], "servers!user", true],
  [["servers"], "servers!user", true],
  [["servers!user=grace"], "servers!user", false],

  // A group covers the members that are known as such.
  [["servers!group=staff"], "servers!group=staff", true],
  [["servers!group=staff"], "servers!group=students", false],
  [["servers!group=staff"], "servers!user=ada", true],
  [["servers!group=staff"], "servers!user", true],
  [["servers!group=staff"], "servers!server=ada/gpu", true],
  [["servers!group=students"], "servers!user=ada", false],
  [["servers!group=staff"], "servers!user=grace", false],
  [["servers!group=staff"], "servers!user=grace", true, { groups: ["staff"] }],
  [["servers!group=staff"], "servers!server=grace/", true, { groups: ["staff"] }],
  [["servers!group=staff"], "servers!user=grace", false, { groups: ["students"] }],
  [["servers!group=staff"], "servers", false, { groups: ["staff"] }],
  [["read:services!group=staff"], "read:services!service=ci", false, { groups: ["staff"] }],
  [["servers!group=staff"], "servers!user=ada", true, { groups: [] }],

  // A scope of hub 6, which `servers` stands for on older ones.
  [["servers!user=ada"], "start:servers!user=ada", true],
  [["start:servers"], "start:servers!user=ada", true],
  [["start:servers"], "servers!user=ada", false],
];

describe("a token of Ada's", () => {
  it.each(rows)("with %j, asked for %s: %s %o", (held, asked, has, context) => {
    expect(hasScope(ada(...held), asked, context)).toBe(has);
  });
});

describe("a token of a service", () => {
  it.each([
    [["read:services!service=ci"], "read:services!service=ci", true],
    [["read:users!user=ci"], "read:users!user=ci", true],
    [["read:users!user=ci"], "read:users!user", false],
    [["read:users!group=staff"], "read:users!user=ci", false],
  ])("with %j, asked for %s: %s", (held, asked, has) => {
    expect(hasScope(ci(...held), asked)).toBe(has);
  });
});

it.each(["servers!", "servers!user=", "servers!server", "servers!service", "servers!role=x"])(
  "%s names nothing, and is refused whatever the token may do",
  (asked) => {
    expect(() => hasScope(ada("servers"), asked)).toThrow(InvalidInputError);
  },
);

it.each(["servers!server=ada", "servers!server=/gpu", "servers!server=/"])(
  "%s names no server, and is refused whatever the token may do",
  (asked) => {
    expect(() => hasScope(ada("servers"), asked)).toThrow(InvalidInputError);
  },
);

it.each(["self", "inherit", "all", "(no_scope)", "self!user", "inherit!user=ada"])(
  "%s stands for other scopes, which hubs tell in its place, and is refused",
  (asked) => {
    expect(() => hasScope(ada("servers", asked), asked)).toThrow(/hubs tell what it stands for/);
  },
);

it("a hub before 2.0 tells no scopes, and is not guessed at", () => {
  const old = { kind: "user", name: "ada", admin: true } as unknown as RequestIdentity;
  expect(() => hasScope(old, "users")).toThrow(UnsupportedByHubError);
});
