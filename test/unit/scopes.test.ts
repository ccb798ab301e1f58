/** `hasScope()`: which scopes an identity has. */
import { describe, expect, it } from "vitest";
import {
  InvalidInputError,
  UnsupportedByHubError,
  hasScope,
  type RequestIdentity,
  type ScopeContext,
} from "../../src/index.js";

/** Return an identity with the given scopes: `ada` for a token of the user Ada, `ci` for a token of the service ci. */
const ada = (...scopes: string[]) =>
  ({ kind: "user", name: "ada", groups: ["staff"], scopes }) as unknown as RequestIdentity;
const ci = (...scopes: string[]) =>
  ({ kind: "service", name: "ci", scopes }) as unknown as RequestIdentity;

const rows: [held: string[], wanted: string, has: boolean, context?: ScopeContext][] = [
  // Only an equal name matches, since hubs list all scopes that a scope includes.
  [["read:users"], "read:users", true],
  [["read:users", "read:users:name"], "read:users:name", true],
  [["users"], "read:users", false],
  [["read:users"], "users", false],
  [["custom:reports:read"], "custom:reports:read", true],
  [[], "read:users", false],
  [["read:users!user=ada"], "users!user=ada", false],

  // A scope without a filter covers every filter, but not the reverse.
  [["servers"], "servers!user=grace", true],
  [["servers"], "servers!server=grace/gpu", true],
  [["read:groups"], "read:groups!group=staff", true],
  [["read:services"], "read:services!service=ci", true],
  [["servers!user=ada"], "servers", false],
  [["list:users!group=staff"], "list:users", false],

  // A filter for a user covers the user's servers.
  [["servers!user=ada"], "servers!user=ada", true],
  [["servers!user=ada"], "servers!user=grace", false],
  [["servers!user=ada"], "servers!user=ad", false],
  [["servers!user=ada"], "servers!server=ada/gpu", true],
  [["servers!user=ada"], "servers!server=ada/", true],
  [["servers!user=ada"], "servers!server=adam/gpu", false],
  [["servers!user=ada"], "servers!group=ada", false],
  [["servers!user=a!b=c"], "servers!user=a!b=c", true],

  // A filter for a server covers neither its user nor another server.
  [["access:servers!server=ada/gpu"], "access:servers!server=ada/gpu", true],
  [["access:servers!server=ada/gpu"], "access:servers!server=ada/", false],
  [["access:servers!server=ada/"], "access:servers!server=ada/", true],
  [["access:servers!server=ada/gpu"], "access:servers!user=ada", false],
  [["access:servers!server=ada/a/b"], "access:servers!server=ada/a/b", true],

  // `!user` stands for the token's owner.
  [["servers!user=ada"], "servers!user", true],
  [["servers"], "servers!user", true],
  [["servers!user=grace"], "servers!user", false],

  // A filter for a group covers its known members.
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

  // `start:servers` exists since 6.0; `servers` includes it.
  [["servers!user=ada"], "start:servers!user=ada", true],
  [["start:servers"], "start:servers!user=ada", true],
  [["start:servers"], "servers!user=ada", false],
];

describe("a token of the user Ada", () => {
  it.each(rows)("with the scopes %j: hasScope(%s) is %s %o", (held, wanted, has, context) => {
    expect(hasScope(ada(...held), wanted, context)).toBe(has);
  });
});

describe("a token of a service", () => {
  it.each([
    [["read:services!service=ci"], "read:services!service=ci", true],
    [["read:users!user=ci"], "read:users!user=ci", true],
    [["read:users!user=ci"], "read:users!user", false],
    [["read:users!group=staff"], "read:users!user=ci", false],
  ])("with the scopes %j: hasScope(%s) is %s", (held, wanted, has) => {
    expect(hasScope(ci(...held), wanted)).toBe(has);
  });
});

it.each(["servers!", "servers!user=", "servers!server", "servers!service", "servers!role=x"])(
  "hasScope refuses %s, since its filter is unknown or has no name",
  (wanted) => {
    expect(() => hasScope(ada("servers"), wanted)).toThrow(InvalidInputError);
  },
);

it.each(["servers!server=ada", "servers!server=/gpu", "servers!server=/"])(
  "hasScope refuses %s, since its filter names no server",
  (wanted) => {
    expect(() => hasScope(ada("servers"), wanted)).toThrow(InvalidInputError);
  },
);

it.each(["self", "inherit", "all", "(no_scope)", "self!user", "inherit!user=ada"])(
  "hasScope refuses %s, since hubs list the scopes that it stands for, not the scope itself",
  (wanted) => {
    expect(() => hasScope(ada("servers", wanted), wanted)).toThrow(
      /stands for others, and hubs list those/,
    );
  },
);

it("hasScope refuses an identity from a hub before 2.0, which has no scopes", () => {
  const old = { kind: "user", name: "ada", admin: true } as unknown as RequestIdentity;
  expect(() => hasScope(old, "users")).toThrow(UnsupportedByHubError);
});
