/**
 * Compares `x-since` and `x-until` of the corrected document with the vendored documents.
 *
 * The values of `x-since` and `x-until` come from JupyterHub's history. They differ from the vendored documents only if
 * upstream documented something late, intermittently or never. Each such case is listed below with its reason.
 */
import { describe, expect, it } from "vitest";
import {
  correctedDocument,
  operationsOf,
  readSources,
  readUpstream,
} from "../../scripts/document.js";
import { at, type JsonObject } from "../../scripts/json.js";
import { keyOf } from "../../scripts/operation-table.js";
import { projectionOf } from "../../src/testing/mock/projection.js";
import { isAtLeast } from "../../src/core/version.js";
import { factsOf, oauth2Flow, type DocumentedFact, type FactKind } from "./documented-facts.js";
import { root } from "./root.js";

const releases = readSources(root).map((source) => ({
  version: source.version,
  facts: new Set(factsOf(readUpstream(root, source)).map(({ name }) => name)),
}));
const all = releases.map(({ version }) => version);
const corrected = factsOf(correctedDocument(root).document);

/** Operations that are documented in no release, each with the reason. Their parts are not compared either. */
const undocumented: Readonly<Record<string, string>> = {
  "GET /users/{name}/server/progress": "event streams were never documented (A1)",
  "GET /users/{name}/servers/{server_name}/progress": "event streams were never documented (A1)",
  "POST /groups": "only in JupyterHub's code (A2)",
  "POST /services/{name}": "only in JupyterHub's code, since 5.0 (A3)",
  "DELETE /services/{name}": "only in JupyterHub's code, since 5.0 (A4)",
  "GET /health": "for operators, under /api since 1.4 (A5)",
  "GET /metrics": "for operators, under /api since 1.4 (A6)",
  "GET /users/{name}/server": "documented only for named servers (A13)",
  "PUT /users/{name}/server": "documented only for named servers (A13)",
  "PATCH /users/{name}/server": "documented only for named servers (A13)",
};

const never: readonly string[] = [];
const since5 = all.filter((version) => isAtLeast(version, "5.0"));
const notFrom2To4 = [...all.filter((version) => !isAtLeast(version, "2.0")), ...since5];

/**
 * Parts that some releases support without documenting them, or document without supporting them. Each comes with the
 * releases that document it, and the reason.
 */
const documentedDifferently: Readonly<
  Record<string, [documentedIn: readonly string[], because: string]>
> = {
  "POST /authorizations/token": [all, "still documented, but returns 404 since 2.0 (B31)"],

  "GET /users?name_filter": [never, "only in JupyterHub's code, since 2.3 (B1)"],
  "GET /users/{name}?include_stopped_servers": [since5, "documented for GET /users first (B7)"],
  "GET /users/{name}/shared?offset": [never, "only in JupyterHub's code (B5)"],
  "GET /users/{name}/shared?limit": [never, "only in JupyterHub's code (B5)"],
  "GET /groups/{name}/shared?offset": [never, "only in JupyterHub's code (B5)"],
  "GET /groups/{name}/shared?limit": [never, "only in JupyterHub's code (B5)"],
  "GET /oauth2/authorize?scope": [never, "only in JupyterHub's code (B27)"],
  "GET /oauth2/authorize?code_challenge": [never, "only in JupyterHub's code, since 6.0 (B27)"],
  "GET /oauth2/authorize?code_challenge_method": [
    never,
    "only in JupyterHub's code, since 6.0 (B27)",
  ],

  "POST /users/{name} {admin}": [never, "only in JupyterHub's code (B9)"],
  "PATCH /users/{name} {auth_state}": [never, "only in JupyterHub's code (B10)"],
  "POST /users/{name}/tokens {auth}": [never, "only in JupyterHub's code (B15)"],
  "POST /groups/{name} {users}": [never, "only in JupyterHub's code (B12)"],
  "PATCH /proxy {api_url}": [never, "documented as ip, port and protocol, which hubs ignore (B26)"],
  "POST /oauth2/token {code_verifier}": [never, "only in JupyterHub's code, since 6.0 (B28)"],
  "DELETE /users/{name}/servers/{server_name} {remove}": [
    notFrom2To4,
    "2.x to 4.x use OpenAPI 3.0, which allows no body for DELETE",
  ],
  "DELETE /groups/{name}/users {users}": [
    notFrom2To4,
    "2.x to 4.x use OpenAPI 3.0, which allows no body for DELETE",
  ],

  "User.created": [never, "only in JupyterHub's code"],
  "User.auth_state": [
    all.filter((version) => isAtLeast(version, "2.0")),
    "documented late: 1.x had it",
  ],
  "Server.full_name": [never, "only in JupyterHub's code, since 5.0"],
  "Token.kind": [never, "only in JupyterHub's code"],
  "Token.oauth_client": [never, "only in JupyterHub's code"],
  "Service.display": [never, "only in JupyterHub's code"],
  "User.kind": [since5, "documented late"],
  "Group.kind": [since5, "documented late"],
  "Service.kind": [since5, "documented late"],
};

/** Parts that are in a vendored document but not in the corrected document, each with the reason. */
const leftOut: Readonly<Record<string, string>> = {
  "GET /services?offset": "ignored: services are never paginated (B6)",
  "GET /services?limit": "ignored: services are never paginated (B6)",
  "PATCH /proxy {ip}": "ignored: hubs read api_url (B26)",
  "PATCH /proxy {port}": "ignored: hubs read api_url (B26)",
  "PATCH /proxy {protocol}": "ignored: hubs read api_url (B26)",
  "Token.service": "never sent: hubs return only the tokens of users",
  "Token.token": "only returned when a token is created, so part of NewToken",
};

const documentedIn = (name: string): string[] =>
  releases.filter(({ facts }) => facts.has(name)).map(({ version }) => version);

const supportedBy = ({ since, until }: DocumentedFact): string[] =>
  all.filter(
    (version) => (!since || isAtLeast(version, since)) && (!until || !isAtLeast(version, until)),
  );

describe.each<FactKind>(["operation", "query parameter", "body key", "model field", "scope"])(
  "each %s is documented by exactly the releases that have it",
  (kind) => {
    const facts = corrected.filter(
      (fact) => fact.kind === kind && !((fact.operation ?? fact.name) in undocumented),
    );

    it.each(facts.filter(({ name }) => !(name in documentedDifferently)))("$name", (fact) => {
      expect(documentedIn(fact.name)).toEqual(supportedBy(fact));
    });
  },
);

describe("an exception in upstream's documents", () => {
  const exceptions = Object.entries(documentedDifferently).map(([name, [releases, because]]) => ({
    name,
    releases,
    because,
  }));

  it.each(exceptions)("$name: $because", ({ name, releases }) => {
    const fact = corrected.find((one) => one.name === name);
    expect(fact).toBeDefined();
    expect(documentedIn(name)).toEqual(releases);
    expect(supportedBy(fact!), "no longer an exception").not.toEqual(releases);
  });

  it.each(Object.entries(undocumented))("%s is in none of the documents: %s", (name) => {
    expect(corrected.map((fact) => fact.name)).toContain(name);
    expect(documentedIn(name)).toEqual([]);
  });
});

describe("the corrected document", () => {
  it("contains every part of the vendored documents, except for known omissions", () => {
    const known = new Set(corrected.map(({ name }) => name));
    const documented = new Set(releases.flatMap(({ facts }) => [...facts]));
    expect([...documented].filter((name) => !known.has(name)).toSorted()).toEqual(
      Object.keys(leftOut).toSorted(),
    );
  });

  it.each(readSources(root).filter(({ version }) => isAtLeast(version, "2.0")))(
    "requires only scopes that upstream's document of hub $version declares",
    (source) => {
      const scopesOf = (document: JsonObject): string[] =>
        Object.keys(at(document, ...oauth2Flow, "scopes"));
      const projection = projectionOf(correctedDocument(root).document, source.version);
      const known = scopesOf(readUpstream(root, source));
      expect(scopesOf(projection)).toEqual(expect.arrayContaining(known));
      const requiredScopes = operationsOf(projection).flatMap(({ operation }) =>
        ((operation["security"] ?? []) as { oauth2?: string[] }[]).flatMap(
          ({ oauth2 = [] }) => oauth2,
        ),
      );
      expect(requiredScopes.filter((scope) => !known.includes(scope))).toEqual([]);
      const starts = operationsOf(projection).find(
        (one) => keyOf(one) === "POST /users/{name}/server",
      );
      const scope = isAtLeast(source.version, "6.0") ? "start:servers" : "servers";
      expect(starts?.operation["security"]).toContainEqual({ oauth2: [scope] });
    },
  );

  it("writes every release in x-since and x-until as major.minor", () => {
    for (const { since, until } of corrected) {
      for (const release of [since, until]) {
        if (release !== undefined) expect(release).toMatch(/^\d+\.\d+$/);
      }
    }
  });
});
