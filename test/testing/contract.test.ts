/** The requests and responses that `assertContract` rejects, its messages, and the releases that it knows. */
import { describe, expect, it } from "vitest";
import { InvalidInputError } from "../../src/index.js";
import { assertContract, ContractError, FakeHub } from "../../src/testing/index.js";
import { releases } from "../../src/testing/contract/releases.js";
import { contracts } from "../../generated/contract.gen.js";
import * as known from "../../scripts/known-releases.js";
import { rejection } from "./hubs.js";

const fake = new FakeHub({ users: ["ada"], groups: ["staff"] });
const json = { "Content-Type": "application/json" };

/** Sends a request through `assertContract`. Returns its error and the number of requests that reached the hub. */
async function send(request: string, init: RequestInit = {}, version = "6") {
  const [method = "", path = ""] = request.split(" ");
  const fetch = assertContract(fake.fetch, { version });
  const sent = fake.requests.length;
  const address = path.startsWith("http") ? path : fake.url + path;
  const error = await rejection(
    fetch(address, {
      method,
      ...init,
      headers: { Authorization: `token ${fake.token}`, ...init.headers },
    }),
  );
  return {
    error: error as ContractError | undefined,
    received: fake.requests.length - sent,
    fetch,
  };
}

const withBody = (body: unknown): RequestInit => ({ headers: json, body: JSON.stringify(body) });

const wrongRequests: [
  what: string,
  request: string,
  init: RequestInit,
  operation: string,
  line: string,
][] = [
  [
    "an unknown path",
    "GET /userz/ada",
    {},
    "GET /userz/*",
    "request of an operation that is not declared",
  ],
  [
    "an unknown method",
    "PUT /users/ada",
    {},
    "PUT /users/*",
    "request of an operation that is not declared",
  ],
  [
    "a path outside the API",
    "GET https://hub.example.test/api/users",
    {},
    "GET /api/users",
    "request is not below /hub/api. If it is not for the hub, give `url`",
  ],
  [
    "an empty name",
    "GET /users/",
    {},
    "GET /users/",
    "request of an operation that is not declared",
  ],
  [
    "an unknown query parameter",
    "GET /users?limt=2",
    {},
    "GET /users",
    "request query /limt: is not declared",
  ],
  [
    "a query parameter of a wrong type",
    "GET /users?limit=two",
    {},
    "GET /users",
    "request query /limit: must be integer",
  ],
  [
    "a query parameter given twice",
    "GET /users?limit=2&limit=3",
    {},
    "GET /users",
    "request query /limit: must be integer",
  ],
  [
    "a value that is not in an enumeration",
    "GET /users?state=asleep",
    {},
    "GET /users",
    "request query /state: must be equal to one of the allowed values",
  ],
  [
    "a body of a wrong type",
    "POST /users",
    withBody({ usernames: "ada" }),
    "POST /users",
    "request body /usernames: must be array",
  ],
  [
    "an unknown key",
    "POST /users/ada/tokens",
    withBody({ expires: 60 }),
    "POST /users/{name}/tokens",
    "request body /expires: is not declared",
  ],
  [
    "an unknown key in a nested object",
    "POST /users/ada/activity",
    withBody({ servers: { gpu: { last_activity: "2030-01-01T00:00:00Z", last: "" } } }),
    "POST /users/{name}/activity",
    "request body /servers/*/last: is not declared",
  ],
  [
    "a missing key",
    "POST /users",
    withBody({ admin: true }),
    "POST /users",
    "request body /: must have required property 'usernames'",
  ],
  ["a missing body", "POST /users", {}, "POST /users", "request body is missing"],
  [
    "a body where none is declared",
    "POST /proxy",
    withBody({}),
    "POST /proxy",
    "request body is not declared",
  ],
  [
    "a body that is not JSON",
    "POST /users",
    { headers: json, body: "{" },
    "POST /users",
    "request body the body is not JSON",
  ],
  [
    "a body without a media type",
    "POST /users",
    { body: new TextEncoder().encode("{}") },
    "POST /users",
    "request body the media type (none) is not declared",
  ],
];

describe("a request with", () => {
  it.each(wrongRequests)(
    "%s is rejected and not sent",
    async (_, request, init, operation, line) => {
      const { error, received, fetch } = await send(request, init);
      expect(error).toBeInstanceOf(ContractError);
      expect(error).toMatchObject({ operation, version: "6.1.1", violations: [line] });
      expect(error?.message).toContain(
        `${operation} does not follow the API of JupyterHub 6.1.1:\n  ${line}`,
      );
      expect(fetch.violations).toEqual([error]);
      expect(received).toBe(0);
    },
  );
});

/** Returns a fetch function that always sends the given response, in place of a hub. */
const answering =
  (status: number, body: string | null, headers: Record<string, string> = json) =>
  async (): Promise<Response> =>
    new Response(body, { status, headers: { "X-JupyterHub-Version": "6.1.1", ...headers } });

const group = { name: "staff", kind: "group", users: [], properties: {}, roles: [] };

const wrongResponses: [what: string, fetch: () => Promise<Response>, line: string][] = [
  ["an undeclared status", answering(418, "{}"), "response 418 the status 418 is not declared"],
  [
    "a field of a wrong type",
    answering(200, JSON.stringify({ ...group, users: "ada" })),
    "response 200 /users: must be array",
  ],
  [
    "an undeclared field",
    answering(200, JSON.stringify({ ...group, colour: "red" })),
    "response 200 /colour: is not declared",
  ],
  [
    "a missing field",
    answering(200, JSON.stringify({ ...group, kind: undefined })),
    "response 200 /: must have required property 'kind'",
  ],
  ["an empty body", answering(200, ""), "response 200 the body is empty, though one is declared"],
  ["text instead of JSON", answering(200, "{"), "response 200 the body is not JSON"],
  [
    "another media type",
    answering(200, "<p>", { "Content-Type": "text/html; charset=utf-8" }),
    "response 200 the media type text/html is not declared",
  ],
];

describe("a response with", () => {
  it.each(wrongResponses)("%s is rejected", async (_, answer, line) => {
    const fetch = assertContract(answer, { version: "6" });
    const error = await rejection(fetch("http://127.0.0.1/hub/api/groups/staff"));
    expect(error).toBeInstanceOf(ContractError);
    expect(error).toMatchObject({ operation: "GET /groups/{name}", violations: [line] });
    expect(fetch.violations).toEqual([error]);
  });

  it("a wrong event is rejected when the event arrives", async () => {
    const events =
      'data: {"progress": 0, "message": "Requested"}\n\ndata: {"progress": "half"}\n\n';
    const answer = answering(200, events, { "Content-Type": "text/event-stream" });
    const fetch = assertContract(answer, { version: "6" });
    const response = await fetch("http://127.0.0.1/hub/api/users/ada/server/progress");
    const error = await rejection(response.text());
    expect(error).toMatchObject({ operation: "GET /users/{name}/server/progress" });
    expect((error as ContractError).violations).toContain(
      "response 200 /progress: must be integer",
    );
  });
});

describe("a violation", () => {
  it("has no token, name or value of the request in its message", async () => {
    const secret = "0123456789abcdef0123456789abcdef";
    const messages = await Promise.all(
      [
        send(`GET /authorization/token/${secret}`),
        send(`GET /users?${secret}=1&limit=${secret}`),
        send("POST /users", withBody({ usernames: [{ [secret]: secret }], [secret]: secret })),
        send(`POST /users/${secret}/servers`, withBody(secret)),
      ].map(async (sent) => (await sent).error?.message),
    );
    expect(messages.every((message) => message?.includes("does not follow"))).toBe(true);
    expect(messages.join("\n")).not.toContain(secret);
    expect(messages.join("\n")).not.toContain(fake.token);
  });
});

describe("the contract of", () => {
  it.each([
    ["4.1", "GET /shares/ada", "request of an operation that is not declared"],
    ["5", "GET /users/ada/server", "request of an operation that is not declared"],
    ["2.3.1", "GET /users?sort=id", "request query /sort: is not declared"],
  ])("JupyterHub %s does not have %s", async (version, request, line) => {
    expect((await send(request, {}, version)).error?.violations).toEqual([line]);
    expect((await send(request)).error).toBeUndefined();
  });

  it("an unknown release does not exist, so assertContract throws at once", () => {
    expect(() => assertContract(fake.fetch, { version: "7" })).toThrow(InvalidInputError);
    expect(() => assertContract(fake.fetch, { version: "7" })).toThrow("Give one of 1.2.2, 1.5.1");
  });

  it("each vendored release is included in the package", () => {
    expect(releases).toEqual(known.releases);
    expect(Object.keys(contracts)).toEqual(releases);
  });
});
