/** Tests docs/upstream-corrections.md: the corrections that it lists, and the curl commands that demonstrate them. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { describe, expect, it } from "vitest";
import { corrections, type Correction } from "../../scripts/corrections-collect.js";
import { evidenceOf } from "../../scripts/corrections-evidence.js";
import { correctionsPage } from "../../scripts/corrections.js";
import { operationsOf, readYaml } from "../../scripts/document.js";
import type { Json, JsonObject } from "../../scripts/json.js";
import { keyOf } from "../../scripts/operation-table.js";
import { repositoryCopy } from "./repository-copy.js";
import { root } from "./root.js";

const small = (): JsonObject =>
  load(`
openapi: 3.1.0
paths:
  /users:
    get:
      security: [{ oauth2: [users] }]
      parameters: [{ name: sort, in: query, required: true }, { name: limit, in: query }]
      responses:
        200: { description: Users, content: { application/json: { schema: { type: object } } } }
        404: { description: No such user }
components:
  schemas:
    User: { type: object, properties: { url: { type: string } } }
`) as JsonObject;

const entry = (target: string, rest: JsonObject): JsonObject => ({
  target,
  "x-why": "It is so.",
  "x-seen": "6.1.1 GET /users",
  ...rest,
});
const found = (...actions: JsonObject[]): Correction[] => corrections(small(), { actions });

describe("the list of corrections", () => {
  const get = "$.paths['/users'].get";
  it.each<[what: string, actions: JsonObject[], place: string, path: string, was: Json, now: Json]>(
    [
      [
        "a replaced value",
        [
          entry(`${get}.parameters[?@.name=='sort']`, {
            update: { required: false },
            "x-was": { required: true },
          }),
        ],
        "GET /users",
        "parameters sort required",
        true,
        false,
      ],
      [
        "a removed value",
        [
          entry(`${get}.responses['404']`, {
            remove: true,
            "x-was": { description: "No such user" },
          }),
        ],
        "GET /users",
        "responses 404",
        { description: "No such user" },
        null,
      ],
      [
        "an added value",
        [entry("$.components.schemas.User", { update: { required: ["url"] } })],
        "schemas/User",
        "required",
        null,
        ["url"],
      ],
      [
        "a type that one action removes and another sets",
        [
          entry("$.components.schemas.User.properties.url.type", {
            remove: true,
            "x-was": "string",
          }),
          entry("$.components.schemas.User.properties.url", {
            update: { type: ["string", "null"] },
          }),
        ],
        "schemas/User",
        "properties url type",
        "string",
        ["string", "null"],
      ],
      [
        "the changed contents of a schema that becomes a named component",
        [
          entry("$.components", {
            update: { schemas: { Users: { type: "object", required: ["items"] } } },
          }),
          entry(`${get}.responses['200'].content['application/json'].schema`, {
            remove: true,
            "x-was": { type: "object" },
          }),
          entry(`${get}.responses['200'].content['application/json']`, {
            update: { schema: { $ref: "#/components/schemas/Users" } },
          }),
        ],
        "GET /users",
        "responses 200 content application/json schema required",
        null,
        ["items"],
      ],
      [
        "added scopes, separately from an added token scheme",
        [
          entry(`${get}.security`, { update: [{ token: [] }], "x-why": "Tokens do as well." }),
          entry(`${get}.security`, { update: [{ oauth2: ["list:users"] }] }),
        ],
        "GET /users",
        "security oauth2",
        null,
        [{ oauth2: ["list:users"] }],
      ],
    ],
  )("includes %s", (_, actions, place, path, was, now) => {
    const correction = found(...actions).find(
      (one) => one.place === place && one.why === "It is so.",
    );
    expect(correction?.differences).toEqual([
      { path: path.split(" "), was: was ?? undefined, now: now ?? undefined },
    ]);
  });

  it("gives the reason of the last of several actions that change the same value", () => {
    const both = found(
      entry(`${get}.responses['404']`, {
        remove: true,
        "x-was": { description: "No such user" },
        "x-why": "Makes room.",
      }),
      entry(`${get}.responses`, { update: { 404: { description: "Neither user nor scope" } } }),
    );
    expect(both).toHaveLength(1);
    expect(both[0]).toMatchObject({
      why: "It is so.",
      differences: [{ path: ["responses", "404", "description"] }],
    });
  });

  it("gives the reason of the action that adds an operation, even if later actions extend the operation", () => {
    const operation = { operationId: "post-users", responses: {} };
    const both = found(
      entry("$.paths['/users']", { update: { post: operation } }),
      entry("$.paths['/users'].post.responses", { update: { 403: {} }, "x-why": "Errors." }),
    );
    expect(both).toMatchObject([{ place: "POST /users", why: "It is so." }]);
  });

  it("omits this package's own additions: extensions and new descriptions", () => {
    const extension: JsonObject = {
      target: get,
      "x-why": "Came with 5.0.",
      update: { "x-since": "5.0" },
    };
    const description: JsonObject = {
      target: get,
      "x-why": "A description.",
      update: { description: "Users." },
    };
    expect(found(extension, description, entry(get, { update: { "x-feature": "users" } }))).toEqual(
      [],
    );
    // Unlike a new description, a replaced one is a correction.
    const wrong = {
      ...description,
      target: `${get}.responses['404']`,
      "x-was": { description: "No such user" },
    };
    expect(found(wrong)).toHaveLength(1);
  });
});

describe("the evidence of a correction", () => {
  const document = readYaml(join(root, "openapi/jupyterhub.yaml"));
  const operations = new Map(operationsOf(document).map((one) => [keyOf(one), one]));
  const commandsOf = (seen: string, ...places: string[]): readonly string[] =>
    evidenceOf(seen, places, operations).commands;
  const token = '-H "Authorization: token $TOKEN"';
  const media = "application/jupyterhub-pagination+json";

  it.each<[seen: string, place: string, ...commands: string[]]>([
    ["6.1.1 GET /users?limit=1.5", "GET /users", `curl -i ${token} "$HUB/users?limit=1.5"`],
    [
      "6.1.1, each of them with limit=many",
      "GET /groups",
      `curl -i ${token} "$HUB/groups?limit=many"`,
    ],
    [
      "6.1.1, each of them with names that do not exist",
      "GET /users/{name}/servers/{server_name}",
      `curl -i ${token} "$HUB/users/none/servers/none"`,
    ],
    ["6.1.1, every route without a token", "GET /groups", 'curl -i "$HUB/groups"'],
    ["6.1.1 GET /", "GET /", 'curl -i "$HUB/"'],
    [
      `6.1.1 GET /users with Accept: ${media}`,
      "GET /users",
      `curl -i ${token} -H "Accept: ${media}" "$HUB/users"`,
    ],
    [
      "6.1.1 POST /users with {}",
      "POST /users",
      `curl -i -X POST ${token} --json '{}' "$HUB/users"`,
    ],
    [
      "6.1.1 GET, PUT and PATCH /users/{name}/server",
      "PUT /users/{name}/server",
      `curl -i -X PUT ${token} "$HUB/users/ada/server"`,
    ],
    [
      "6.1.1 PATCH /proxy with half a body",
      "PATCH /proxy",
      `curl -i -X PATCH ${token} --json '{' "$HUB/proxy"`,
    ],
    [
      "6.1.1 POST /groups; POST /groups/{name} with []",
      "POST /groups/{name}",
      `curl -i -X POST ${token} --json '[]' "$HUB/groups/class"`,
    ],
    [
      'POST /users/hedy, then PATCH /users/hedy with {"name":"hedy"}, then GET /users',
      "PATCH /users/{name}",
      `curl -i -X POST ${token} "$HUB/users/hedy"`,
      `curl -i -X PATCH ${token} --json '{"name":"hedy"}' "$HUB/users/hedy"`,
      `curl -i ${token} "$HUB/users"`,
    ],
    [
      "6.1.1 GET /users/{name}/server/progress",
      "GET /users/{name}/server/progress",
      `curl -i -N ${token} "$HUB/users/ada/server/progress"`,
    ],
    [
      "6.1.1 GET /services with a token that has only read:services",
      "GET /services",
      "# TOKEN: a token that has only read:services",
      `curl -i ${token} "$HUB/services"`,
    ],
    [
      'POST /users/{name}/tokens with {"auth":{"password":"{password}"}} without a token',
      "POST /users/{name}/tokens",
      'curl -i -X POST --json "{\\"auth\\":{\\"password\\":\\"$PASSWORD\\"}}" "$HUB/users/ada/tokens"',
    ],
    [
      "6.1.1 POST /oauth2/token with the form code={code}&client_id=x",
      "POST /oauth2/token",
      'curl -i -X POST -d "code=$CODE" -d "client_id=x" "$HUB/oauth2/token"',
    ],
    ["6.1.1 GET /user", "schemas/Service", `curl -i ${token} "$HUB/user"`],
  ])('contains the curl commands for "%s" at %s', (seen, place, ...commands) => {
    expect(commandsOf(seen.replace(/^(?=[A-Z])/, "6.1.1 "), place)).toEqual(commands);
  });

  it("names the release and the requests to the corrected operations", () => {
    const seen = "6.1.1 POST /users with {}; GET /users/{name}, then DELETE /users/{name}";
    expect(evidenceOf(seen, ["DELETE /users/{name}"], operations)).toMatchObject({
      release: "6.1.1",
      text: "`GET /users/{name}`, then `DELETE /users/{name}`",
    });
    expect(evidenceOf("6.1.1, every route", ["GET /users", "GET /groups"], operations).text).toBe(
      "each of them, such as `GET /users`",
    );
  });

  it("contains no command if requests alone cannot show the problem", () => {
    expect(
      evidenceOf("6.1.1 GET and POST /proxy while the proxy is down", ["GET /proxy"], operations),
    ).toEqual({
      release: "6.1.1",
      text: "`GET and POST /proxy` while the proxy is down",
      commands: [],
    });
  });
});

describe("docs/upstream-corrections.md", () => {
  const page = correctionsPage(root);

  it("is up to date", () => {
    expect(readFileSync(join(root, "docs/upstream-corrections.md"), "utf8") === page).toBe(true);
  });

  it("gives evidence for each observed correction, and links to each section", () => {
    const [body = ""] = page.split("\n## New shared parts");
    const items = body.split("\n### ").slice(1);
    expect(items.length).toBeGreaterThan(80);
    expect(
      items.filter((item) => !/Seen on JupyterHub \d+\.\d+\.\d+: ./.test(item)).length,
    ).toBeLessThan(10);
    expect(page).not.toMatch(/[|:`"] ?undefined\b|\[object Object\]|x-since|\bNaN\b/);
    const headings = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    const links = [...page.matchAll(/^- \[(.+)\]\(#/gm)].map(([, title]) => title);
    expect(links).toEqual(headings);
  });

  it("gives curl commands for every observation that requests alone can show", () => {
    const items = page.split("\n### ").filter((item) => item.includes("Seen on JupyterHub"));
    const sentences = items
      .filter((item) => !item.includes("```sh\ncurl") && !item.includes("```sh\n# TOKEN"))
      .flatMap((item) => /Seen on JupyterHub \S+: (.*)\.$/m.exec(item)?.[1] ?? []);
    expect([...new Set(sentences)].toSorted()).toEqual([
      "`DELETE /users/{name}` with a token of the same user, who is an admin",
      "`GET /oauth2/authorize` in a browser: logged out, logged in, with an unknown client_id, and with the client_id of another user's server",
      "`GET /oauth2/authorize` with scope and code_challenge, in a browser that is logged in",
      "`GET /oauth2/authorize` without redirect_uri, in a browser that is logged in",
      "`GET /users?offset=0&limit=1000` on a hub with 235 users, which returns 200 of them",
      "`GET, POST and PATCH /proxy` while the proxy is down",
      "`POST /users/{name}/server` above concurrent_spawn_limit",
      "`POST /users/{name}/servers/{server_name}` with a Spawner that raises 409 and one that raises 507",
    ]);
  });

  it("contains only curl commands that a shell can parse and that call existing operations", () => {
    const commands = [...page.matchAll(/^curl .*$/gm)].map(([command]) => command);
    expect(
      spawnSync("bash", ["-n"], { input: commands.join("\n"), encoding: "utf8" }),
    ).toMatchObject({
      status: 0,
      stderr: "",
    });
    const routes = operationsOf(readYaml(join(root, "openapi/jupyterhub.yaml"))).map(
      (one) => new RegExp(`^${keyOf(one).replaceAll(/\{\w+\}/g, "[^/]+")}$`),
    );
    const unknown = commands.filter((command) => {
      const method = /-X (\w+)/.exec(command)?.[1] ?? "GET";
      const path = /"\$HUB([^"?]*)/.exec(command)?.[1] ?? "";
      return !routes.some((route) => route.test(`${method} ${path}`));
    });
    expect(unknown).toEqual([]);
  });

  it(
    "is written by `npm run corrections`; until then, `npm run corrections -- --check` fails",
    { timeout: 180_000 },
    async () => {
      const copy = repositoryCopy();
      try {
        const { code, stderr } = await copy.run("corrections", ["--check"]);
        expect(code).toBe(1);
        expect(stderr).toContain("npm run corrections");
        expect(await copy.run("corrections", [])).toMatchObject({ code: 0 });
        expect(copy.read("docs/upstream-corrections.md") === page).toBe(true);
        expect(await copy.run("corrections", ["--check"])).toMatchObject({ code: 0 });
      } finally {
        copy.remove();
      }
    },
  );
});
