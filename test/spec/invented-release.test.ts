/**
 * Tests `npm run spec:update` with an invented release that adds, removes and changes an operation, a parameter, a body
 * key, a field and a value of an enumeration. The command must report each change and print what to do about it.
 */
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { dump, load } from "js-yaml";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readSources, sourceToCorrect } from "../../scripts/document.js";
import { at, type Json, type JsonObject } from "../../scripts/json.js";
import { projectionOf } from "../../src/testing/mock/projection.js";
import { answer, answering, origin } from "../unit/helpers.js";
import { repositoryCopy, type Outcome, type RepositoryCopy } from "./repository-copy.js";
import { root } from "./root.js";

const timeout = 180_000;
const newest = sourceToCorrect(readSources(root)).version;
const invented = "6.9.0";

const upstream = readFileSync(join(root, `openapi/upstream/${newest}.yml`), "utf8");

/** Returns JupyterHub's newest document with the changes of the invented release. */
function inventedDocument(): string {
  const document = JSON.parse(JSON.stringify(load(upstream))) as JsonObject;
  const info = at(document, "info");
  const paths = at(document, "paths");
  const schemas = at(document, "components", "schemas");
  const bodyOf = (path: string, method: string): JsonObject =>
    at(paths, path, method, "requestBody", "content", "application/json", "schema", "properties");
  const parametersOf = (path: string): Json[] => at(paths, path, "get")["parameters"] as Json[];
  info["version"] = invented;

  // Operations.
  paths["/news"] = {
    get: { operationId: "get-news", responses: { 200: { description: "News" } } },
  };
  delete paths["/info"];
  at(paths, "/proxy", "post")["operationId"] = "sync-proxy";
  // Parameters.
  const users = parametersOf("/users");
  const named = (name: string): number => users.findIndex((one) => at(one)["name"] === name);
  at(users[named("state")], "schema")["enum"] = ["active", "inactive", "idle"];
  users.splice(named("sort"), 1);
  users.push({ name: "since", in: "query", schema: { type: "string" } });
  // Keys of bodies.
  const token = bodyOf("/users/{name}/tokens", "post");
  token["audience"] = { type: "string" };
  delete token["roles"];
  at(token, "note")["maxLength"] = 80;
  // Fields and values of enumerations.
  const user = at(schemas, "User", "properties");
  user["motto"] = { type: "string" };
  delete at(schemas, "Group", "properties")["properties"];
  user["groups"] = { type: ["array", "null"], items: { type: "string" } };
  (at(user, "pending")["enum"] as Json[]).push("held");
  return dump(document, { noRefs: true });
}

describe("an update to an invented release", { timeout }, () => {
  let copy: RepositoryCopy;
  let env: NodeJS.ProcessEnv;
  let first: Outcome;
  beforeAll(async () => {
    copy = repositoryCopy();
    const python = readFileSync(join(import.meta.dirname, "fixtures/python.cjs"), "utf8");
    copy.write("python.cjs", `#!${process.execPath}\n${python}`);
    chmodSync(copy.path("python.cjs"), 0o755);
    copy.write(
      "releases.json",
      JSON.stringify({ [newest]: upstream, [invented]: inventedDocument() }),
    );
    env = { PYTHON: copy.path("python.cjs"), RELEASES: copy.path("releases.json") };
    const check = await copy.run("spec-check", [], env);
    expect(check).toMatchObject({ code: 1 });
    expect(check.stdout).toContain(`JupyterHub ${invented} is released`);
    first = await copy.run("spec-update", ["latest"], env);
  }, timeout);
  afterAll(() => copy.remove());

  /** Returns the report's lines from a heading up to the next heading. */
  const section = (heading: string): string => {
    const start = first.stdout.indexOf(heading);
    expect(start, heading).toBeGreaterThanOrEqual(0);
    return first.stdout.slice(start).split(/\n\n(?=\S)/)[0] ?? "";
  };
  const actionsIn = (heading: string): JsonObject[] => {
    const text = section(heading);
    return load(text.slice(text.indexOf("  - target:"))) as JsonObject[];
  };
  const actionFor = (heading: string, target: string): JsonObject | undefined =>
    actionsIn(heading).find((action) => action["target"] === target);

  it("is rated as a breaking change", () => {
    expect(first.stdout).toContain(
      `For users of this package, from ${newest} to ${invented}: major\n`,
    );
  });

  it.each([
    ["a new operation", "  added    GET /news"],
    ["a removed operation", "  removed  GET /info"],
    ["a renamed operation", "major  operation renamed (post-proxy → sync-proxy)"],
    ["a new parameter", "minor  parameter since: added"],
    ["a removed parameter", "major  parameter sort: removed"],
    ["a new value of a parameter", "minor  parameter state: value added (idle)"],
    ["a removed value of a parameter", "major  parameter state: value removed (ready)"],
    ["a new body key", "minor  body.audience: added"],
    ["a removed body key", "major  body.roles: removed"],
    ["a tighter limit of a body key", "major  body.note: limit tightened (maxLength none → 80)"],
    ["a new field", "minor  motto: added"],
    ["a removed field", "major  properties: removed"],
    ["a widened field", "major  groups: widened (array → array | null)"],
    ["a new value of a field", "minor  pending: value added to an open enumeration (held)"],
  ])("reports %s", (_, line) => {
    expect(section("For users of this package")).toContain(line);
  });

  it.each([
    ["operation", "$.paths['/news'].get", { "x-since": "6.9" }],
    ["parameter", "$.paths['/users'].get.parameters[?@.name=='since']", { "x-since": "6.9" }],
    [
      "body key",
      "$.paths['/users/{name}/tokens'].post.requestBody.content['application/json'].schema.properties.audience",
      { "x-since": "6.9" },
    ],
    ["field", "$.components.schemas.User.properties.motto", { "x-since": "6.9" }],
    [
      "value of a parameter",
      "$.paths['/users'].get.parameters[?@.name=='state'].schema",
      { "x-enum-since": { idle: "6.9" } },
    ],
    [
      "value of a field",
      "$.components.schemas.User.properties.pending",
      { "x-enum-since": { held: "6.9" } },
    ],
  ])(
    "prints the overlay action that states the first release of the new %s",
    (_, target, update) => {
      expect(actionFor("New. Check which release", target)).toMatchObject({ update });
    },
  );

  it.each([
    ["operation", "$.paths", { "/info": { get: { operationId: "get-info", "x-until": "6.9" } } }],
    ["parameter", "$.paths['/users'].get.parameters", [{ name: "sort", "x-until": "6.9" }]],
    [
      "body key",
      "$.paths['/users/{name}/tokens'].post.requestBody.content['application/json'].schema.properties",
      { roles: { type: "array", "x-until": "6.9" } },
    ],
    [
      "field",
      "$.components.schemas.Group.properties",
      { properties: { type: "object", "x-until": "6.9" } },
    ],
    [
      "value of a parameter",
      "$.paths['/users'].get.parameters[?@.name=='state'].schema.enum",
      ["ready"],
    ],
  ])("prints the overlay action that restores the removed %s", (_, target, update) => {
    expect(actionFor("Removed, though hubs before", target)).toMatchObject({ update });
  });

  it.each([
    ["GET /news operation added", "give it a method"],
    ["POST /proxy operation renamed", "set its operationId in the overlay"],
    ["POST /users/{name}/tokens body.note: limit tightened", "keep the earlier limit"],
    ["schemas/User groups: widened", "look on a real hub"],
  ])("lists the change `%s` among the decisions to make, with advice", (change, what) => {
    const lines = section("To decide").split("\n");
    expect(lines.find((line) => line.includes(change))).toContain(what);
  });

  it("fails and lists the overlay actions whose target was removed", () => {
    expect(first.code).toBe(1);
    expect(first.stdout).toContain(
      "$.components.schemas.Group.properties.properties: matches nothing",
    );
  });

  it("passes once the printed actions are added to the overlay, and then reports no removal", async () => {
    const block = (heading: string): string => {
      const text = section(heading);
      return `${text.slice(text.indexOf("  - target:"))}\n`;
    };
    const overlay = copy.read("openapi/overlay.yaml");
    const before = overlay.replace("\nactions:\n", `\nactions:\n${block("Removed, though hubs")}`);
    copy.write("openapi/overlay.yaml", `${before.trimEnd()}\n${block("New. Check")}`);
    const { code, stdout } = await copy.run("spec-update", [invented], env);
    expect(stdout).not.toContain("conflict with");
    expect(code).toBe(0);
    expect(stdout.slice(stdout.indexOf("For users"))).not.toContain("removed");
    expect(stdout).not.toContain("New. Check");
    expect(stdout).toContain("ended with a release (until none → 6.9)");
    // The renamed operation and the tightened limit are still breaking changes.
    expect(stdout).toContain(`to ${invented}: major\n`);

    const document = load(copy.read("openapi/jupyterhub.yaml")) as JsonObject;
    const valuesIn = (version: string): Json => {
      const parameters = at(projectionOf(document, version), "paths", "/users", "get")[
        "parameters"
      ];
      const state = (parameters as Json[]).find((one) => at(one)["name"] === "state");
      return (at(state, "schema")["enum"] as Json[]).toSorted();
    };
    expect(valuesIn(newest)).toEqual(["active", "inactive", "ready"]);
    expect(valuesIn(invented)).toEqual(["active", "idle", "inactive"]);
    expect(at(projectionOf(document, newest), "paths")).toHaveProperty(["/info"]);
    expect(at(projectionOf(document, invented), "paths")).not.toHaveProperty(["/info"]);
    expect(copy.read("generated/types.gen.ts")).toContain("@until 6.9");
  });

  it.each<[what: string, method: "get" | "post", call: { query?: object; body?: object }]>([
    ["parameter `sort`", "get", { query: { sort: "name" } }],
    ["body key `roles`", "post", { body: { roles: ["user"] } }],
  ])("makes the client reject the removed %s on hubs of release 6.9", async (_, method, call) => {
    const { JupyterHub } = (await import(
      /* @vite-ignore */ pathToFileURL(copy.path("src/index.ts")).href
    )) as typeof import("../../src/index.js");
    const url = method === "get" ? "/users" : "/users/ada/tokens";
    const route = method === "get" ? url : "/users/{name}/tokens";
    const requestsTo = async (version: string): Promise<string[]> => {
      const fetch = answering((request) =>
        answer(request.url.endsWith("/hub/api/") ? { version } : {}, { version }),
      );
      const hub = new JupyterHub({ url: origin, token: "a-token", fetch });
      const options = { url: route, ...call, ...(method === "post" && { path: { name: "ada" } }) };
      const { error } = (await hub.client[method](options as never)) as { error?: Error };
      if (version === newest) expect(error).toBeUndefined();
      else {
        expect(error).toMatchObject({
          name: "UnsupportedByHubError",
          until: "6.9",
          hubVersion: version,
          message: expect.stringContaining("was removed in JupyterHub 6.9"),
        });
      }
      return fetch.sent();
    };
    expect(await requestsTo(invented)).toEqual(["GET /"]);
    const [, sent] = await requestsTo(newest);
    expect(sent?.split("?")[0]).toBe(`${method.toUpperCase()} ${url}`);
  });
});
