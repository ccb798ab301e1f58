/**
 * Scopes on a real hub: each documented set of scopes gives access to the operation, an incomplete set does not, and
 * each scope gives access to the documented fields of models.
 *
 * Tokens get their scopes from roles in the hub's configuration, which is the only way on hubs before 3.0.
 */
import { beforeAll, describe, expect, it } from "vitest";
import { at } from "../../scripts/json.js";
import { document, samples } from "./samples.js";
import { useHubFixture, since } from "./hub-fixture.js";

interface Case {
  operation: string;
  /** Describes the body in the test's title. Undefined for the smallest body that the operation accepts. */
  variant?: string;
  method: string;
  path: string;
  body: string | null;
  /** The sets of scopes. A request needs all scopes of any one set. */
  scopes: readonly string[][];
}

/** Returns a function that gives, for each parameter of a path, a name that exists on this hub. */
const existing = (path: string) => (parameter: string) =>
  parameter !== "name"
    ? ({ owner: "ada", server_name: "lab" }[parameter] ?? `no-${parameter}`)
    : ({ users: "ada", groups: "astronomy", services: "webapp" }[path.split("/")[1] ?? ""] ??
      "nobody");
const absent = (parameter: string): string => `no-${parameter}`;

/** Operations that need an existing resource, since hubs look it up before they check all scopes. */
const aboutExisting = /^GET |^POST .*\/tokens$|^(POST|PATCH) \/(shares|share-codes)\//;
/** The bodies to send to some operations in place of the smallest one, each with the scopes that it requires. */
const bodies: Readonly<Record<string, readonly { body: object; scopes?: string[] }[]>> = {
  // Even with the scope, the hub refuses this body, so that it does not shut down.
  "POST /shutdown": [{ body: { proxy: "neither" } }],
  "POST /shares/{owner}/{server_name}": [
    { body: { user: "grace" }, scopes: ["shares", "read:users:name"] },
    { body: { group: "astronomy" }, scopes: ["shares", "read:groups:name"] },
  ],
};

const cases: Case[] = samples
  .filter(
    ({ key, scopes }) => !key.endsWith("/") && scopes.flat().some((one) => one !== "(no_scope)"),
  )
  .flatMap(({ operation, method, path, body, scopes }) => {
    const names = aboutExisting.test(operation) ? existing(path(absent)) : absent;
    const one = { operation, method, path: path(names), body, scopes };
    return (bodies[operation] ?? [undefined]).map((other) =>
      other === undefined
        ? one
        : {
            ...one,
            variant: JSON.stringify(other.body),
            body: JSON.stringify(other.body),
            scopes: other.scopes ? [other.scopes] : scopes,
          },
    );
  });

/** Returns every choice of one scope from each set. Without the chosen scopes, no set is complete. */
const lacking = (scopes: readonly string[][]): string[][] =>
  scopes.reduce<string[][]>(
    (chosen, set) => chosen.flatMap((some) => set.map((scope) => [...some, scope])),
    [[]],
  );

const flow = at(document, "components", "securitySchemes", "oauth2", "flows", "authorizationCode");
/** Every scope of this hub, except for metascopes. */
const known = Object.keys(at(flow, "scopes")).filter(
  (scope) => !["self", "inherit", "(no_scope)"].includes(scope),
);

/** The sets of scopes that the tokens have, as JSON. The hub has a role for each set, named after the set's index. */
const sets: string[] = [];
const roleOf = (kind: "only" | "without", scopes: readonly string[]): string => {
  const set = JSON.stringify([kind, scopes]);
  if (!sets.includes(set)) sets.push(set);
  return `set-${sets.indexOf(set)}`;
};
for (const { scopes } of cases) {
  for (const set of scopes) roleOf("only", set);
  for (const set of lacking(scopes)) roleOf("without", set);
}
for (const scope of known) roleOf("only", [scope]);

const extraConfig = `
import json

def included(scope):
    below = scope_definitions[scope].get("subscopes") or []
    return {scope}.union(*(included(one) for one in below))

everything = sorted({*scope_definitions} - meta) if scope_definitions else []
c.JupyterHub.load_roles.append(
    {"name": "owner", "users": [env["HUB_ADMIN_USER"]], "scopes": everything}
)
for place, (kind, named) in enumerate(json.loads(${JSON.stringify(`[${sets.join(",")}]`)})):
    rest = [scope for scope in everything if not included(scope) & {*named}]
    c.JupyterHub.load_roles.append(
        {"name": f"set-{place}", "scopes": named if kind == "only" else rest}
    )
`;

if (since("2.0")) {
  const fixture = useHubFixture("scopes", { extraConfig });
  const tokens = new Map<string, Promise<string>>();
  /** Returns a token with the permissions of a role. */
  const tokenOf = (role: string): Promise<string> => {
    const token =
      tokens.get(role) ??
      fixture.hub.tokens
        .create(fixture.real.adminUser, { roles: [role] })
        .then((created) => created.token);
    tokens.set(role, token);
    return token;
  };
  const statusOf = async ({ method, path, body }: Case, role: string): Promise<number> => {
    const headers = {
      Authorization: `token ${await tokenOf(role)}`,
      "Content-Type": "application/json",
    };
    return (await fixture.plain(path, { method, headers, body })).status;
  };

  /**
   * Returns true if a bug of hubs 3.x and 4.x hides other users from a token with this scope. A token may always read
   * its owner's name. Because of this permission, these hubs do not find the scope that covers another user, unless the
   * token may also read that user's name. Tokens of services are not affected.
   */
  const isHidden = ([scope = ""]: readonly string[]): boolean =>
    since("3.0") &&
    !since("5.0") &&
    ["read:users:groups", "read:users:activity", "read:roles:users"].includes(scope);

  beforeAll(async () => {
    const { groups, servers, users } = fixture.hub;
    await users.createMany({ usernames: ["ada", "grace"] });
    await servers.start("ada");
    await servers.start("ada", { server: "lab" });
    await groups.create("astronomy", { users: ["ada"] });
  });

  describe("an operation accepts and refuses scopes as documented", () => {
    it.each(
      cases.map((one) => [[one.operation, one.variant].filter(Boolean).join(" "), one] as const),
    )("%s", async (_, one) => {
      for (const set of one.scopes) {
        const status = await statusOf(one, roleOf("only", set));
        expect([set, status], "is let in").not.toEqual([set, 403]);
        // A 404 for an existing resource means that the scopes do not cover it.
        if (one.path === "/users/ada") {
          expect([set, status]).toEqual([set, isHidden(set) ? 404 : 200]);
        }
      }
      for (const set of lacking(one.scopes)) {
        const status = await statusOf(one, roleOf("without", set));
        // Since 3.0, every token may read its owner, and so hubs answer 404 for other users in place of 403.
        const refused = one.path === "/users/ada" && since("3.0") ? 404 : 403;
        expect([set, status], "is refused without").toEqual([set, refused]);
      }
    });
  });

  describe("a token with one scope", () => {
    it.each(known)("receives the fields that are documented for %s", async (scope) => {
      const headers = { Authorization: `token ${await tokenOf(roleOf("only", [scope]))}` };
      const read = async (path: string): Promise<Record<string, unknown> | undefined> => {
        const response = await fixture.plain(path, { headers });
        return response.ok ? ((await response.json()) as Record<string, unknown>) : undefined;
      };
      const held = (await read("/user"))?.["scopes"] as string[];
      for (const path of ["/users", "/groups", "/services"]) await read(path);
      const user = await read("/users/ada");
      const models = {
        User: user,
        Server: (user?.["servers"] as Record<string, typeof user> | undefined)?.[""],
        Group: await read("/groups/astronomy"),
        Service: await read("/services/webapp"),
      };
      for (const [name, model] of Object.entries(models)) {
        if (!model) continue;
        for (const [field, property] of Object.entries(
          at(document, "components", "schemas", name, "properties"),
        )) {
          const scopes = at(property)["x-scope"];
          const named = typeof scopes === "string" ? scopes.split(/, | or /) : undefined;
          const shown = named?.some((one) => held.includes(one)) ?? true;
          expect([`${name}.${field}`, field in model]).toEqual([`${name}.${field}`, shown]);
        }
      }
    });
  });
}
