/** Error responses of real hubs of several releases, and the error that each response becomes. */
import { describe, expect, it } from "vitest";
import { operations } from "../../generated/operations.gen.js";
import * as errors from "../../src/core/errors.js";
import {
  errorFromResponse,
  parseRetryAfter,
  type ErrorResponse,
} from "../../src/core/error-mapping.js";
import { expectNoSecret, secrets } from "./helpers.js";

const url = "https://hub.example.org/hub/api/users/ada";

/** Returns the error for a `call` that the hub refuses. The response's body is JSON with `message`, as hubs send it. */
function errorFor(
  call: string,
  status: number,
  { message, ...rest }: Partial<ErrorResponse> & { message?: string | null } = {},
): errors.JupyterHubError {
  return errorFromResponse({
    status,
    body: message === undefined ? "" : JSON.stringify({ status, message }),
    retryAfter: null,
    method: call.split(" ")[0] ?? "",
    url,
    operation: operations[call] ?? {},
    hubVersion: "6.1.1",
    credentials: "token",
    ...rest,
  });
}

/** The HTML page with which hubs refuse a request for metrics. Since 4.0, each page of a hub contains an XSRF token. */
const metricsPage = (version: string) => `<!DOCTYPE HTML><html><head>
  <script>${"/* of the same length as those of hubs */".repeat(300)}</script>
  <script>window.jhdata = { base_url: "/hub/"${version < "4" ? "" : ', xsrf_token: "MnwxOjB8"'} };</script>
  </head><body><h1>403 : Access to metrics requires scope &#39;read:metrics&#39;</h1></body></html>`;

describe("a 403 in response to a call with a token", () => {
  it.each([
    ["5.5.4", "Missing or invalid credentials."],
    ["6.1.1", "Missing or invalid credentials."],
    ["6.1.1", "'_xsrf' argument missing from POST"],
    ["5.5.4", "'_xsrf' argument missing from GET"],
    ["5.5.4", "'_xsrf' argument invalid"],
    ["5.5.4", "XSRF cookie does not match POST argument"],
  ])(
    "is an AuthenticationError if the message is about credentials or XSRF: %s, %j",
    (hubVersion, message) => {
      const error = errorFor("POST /users", 403, { hubVersion, message });
      expect(error).toBeInstanceOf(errors.AuthenticationError);
      expect(error).toMatchObject({ status: 403, hubMessage: message, hubVersion, url });
    },
  );

  it.each([
    ["1.2.2", "Forbidden"],
    ["2.3.1", "Forbidden"],
    ["4.1.6", "Forbidden"],
    ["5.5.4", "Forbidden"],
    ["6.1.1", null],
  ])(
    "is an AuthenticationError if every token may call the operation: %s, %j",
    (hubVersion, message) => {
      const error = errorFor("GET /user", 403, { hubVersion, message });
      expect(error).toBeInstanceOf(errors.AuthenticationError);
    },
  );

  it.each([
    ["requires any of [list:users]", ["list:users"]],
    [
      "requires any of [read:users, read:users:name, read:roles:users]",
      ["read:users", "read:users:name", "read:roles:users"],
    ],
    ["requires any of []", []],
    ["requires any of [servers]", ["servers"], "4.1.6", "POST /users/{name}/server"],
    ["requires any of [read:hub]", ["read:hub"], "4.1.6", "GET /info"],
  ])(
    "is a ForbiddenError with the required scopes: %s",
    (words, requiredScopes, hubVersion = "6.1.1", call = "GET /users") => {
      const message = `Action is not authorized with current scopes; ${words}`;
      const error = errorFor(call, 403, { message, hubVersion });
      expect(error).toBeInstanceOf(errors.ForbiddenError);
      expect(error).toMatchObject({ requiredScopes, hubMessage: message });
    },
  );

  it.each(["3.1.1", "6.1.1"])(
    "is a ForbiddenError if it is the HTML page that refuses metrics: %s",
    (v) => {
      const error = errorFor("GET /metrics", 403, { body: metricsPage(v), hubVersion: v });
      expect(error).toBeInstanceOf(errors.ForbiddenError);
      expect(error).toMatchObject({ requiredScopes: ["read:metrics"], hubMessage: undefined });
    },
  );

  it.each<[version: string, call: string, message: string | null]>([
    ["1.2.2", "POST /users", "Forbidden"],
    ["6.1.1", "POST /users/{name}/tokens", null],
    ["6.1.1", "POST /users/{name}", "Only admins can grant admin permissions"],
    [
      "2.3.1",
      "POST /users/{name}/tokens",
      "User Ada not found or no permissions to generate tokens",
    ],
    [
      "4.1.6",
      "POST /users/{name}/tokens",
      "User Ada not found or no permissions to generate tokens",
    ],
    [
      "5.5.4",
      "POST /users/{name}/tokens",
      "User Ada not found or no permissions to generate tokens",
    ],
  ])("is a ForbiddenError in all other cases: %s, %s, %j", (hubVersion, call, message) => {
    const error = errorFor(call, 403, { hubVersion, message });
    expect(error).toBeInstanceOf(errors.ForbiddenError);
    expect(error).toMatchObject({ requiredScopes: [] });
  });
});

describe("a 403 in response to a call without a token", () => {
  it.each([
    ["GET /users", "Missing or invalid credentials."],
    ["GET /users", "Action is not authorized with current scopes; requires any of [list:users]"],
    ["GET /user", null],
    ["GET /user", "Forbidden"],
    // Hubs require `_xsrf` in requests from pages of other origins.
    ["GET /user", "'_xsrf' argument missing from GET"],
  ])("is an AuthenticationError if the call has no other credentials: %s, %j", (call, message) => {
    const error = errorFor(call, 403, { message, credentials: "none" });
    expect(error).toBeInstanceOf(errors.AuthenticationError);
    expect(error.message).toContain("The call carried no token");
  });

  it.each(["3.1.1", "6.1.1"])(
    "is an AuthenticationError if the call has no other credentials and the 403 is the HTML page that refuses metrics: %s",
    (v) => {
      const body = metricsPage(v);
      const error = errorFor("GET /metrics", 403, { body, hubVersion: v, credentials: "none" });
      expect(error).toBeInstanceOf(errors.AuthenticationError);
    },
  );

  it.each(["'_xsrf' argument missing from GET", "XSRF cookie does not match POST argument"])(
    "is an XsrfError if the client uses the page's cookie: %s",
    (message) => {
      const error = errorFor("GET /users", 403, { message, credentials: "cookie" });
      expect(error).toBeInstanceOf(errors.XsrfError);
    },
  );

  it.each(["Forbidden", null])(
    "is an AuthenticationError if the password in the body is wrong: %j",
    (message) => {
      const call = "POST /users/{name}/tokens";
      const error = errorFor(call, 403, { message, credentials: "body" });
      expect(error).toBeInstanceOf(errors.AuthenticationError);
      expect(error.message).toContain("The user or password is wrong");
    },
  );

  it("is a ForbiddenError if the password in the body is right", () => {
    const message = "User Ada not found or no permissions to generate tokens";
    const call = "POST /users/{name}/tokens";
    const error = errorFor(call, 403, { message, credentials: "body" });
    expect(error).toBeInstanceOf(errors.ForbiddenError);
    expect(error.message).toContain(message);
  });
});

describe("a 400", () => {
  it.each<[string, errors.BadRequestReason]>([
    ["ada is already running", "already-running"],
    ["ada:gpu is already running", "already-running"],
    ["ada is pending spawn", "pending"],
    ["ada:gpu is pending stop, please wait", "pending"],
    ["ada is pending check", "pending"],
    ["ada:gpu is pending rename", "pending"],
    ["Your account is pending approval", "other"],
    // The message of hub 4.1.6.
    ["grace:patient is pending spawn, please wait", "pending"],
    ["ada's server is in the process of stopping, please wait.", "pending"],
    ["ada:gpu is active. Please stop it before modifying it.", "pending"],
    ["Cannot stop a server while it is being renamed", "pending"],
    ["Named servers are not enabled.", "named-servers-disabled"],
    [
      "User ada already has the maximum of 1 named servers.  One must be deleted before a new server can be created",
      "server-limit",
    ],
    ["Invalid server_name (may not contain '/'): a/b", "invalid-name"],
    ["Invalid server_name: Gpu", "invalid-name"],
    ["Starting invalid server_name Gpu is disabled, contact your administrator", "invalid-name"],
    ["Invalid username: a/b", "invalid-name"],
    ["Invalid usernames: a/b, ", "invalid-name"],
    ["Cannot delete yourself!", "other"],
    ["Cannot delete the default server", "other"],
    ["User grace already exists, username must be unique", "other"],
    ["Group management via API is disabled", "other"],
    ["Invalid JSON in body of request", "other"],
    ["Unrecognized state filter: 'idle'", "other"],
    ["expires_in must be a positive integer or null, not 0", "other"],
    ["\"Scope 'bogus' for token does not exist\"", "other"],
  ])("with the message %j is a BadRequestError with the reason %s", (message, reason) => {
    const error = errorFor("POST /users/{name}/server", 400, { message });
    expect(error).toBeInstanceOf(errors.BadRequestError);
    expect(error).toMatchObject({ reason, hubMessage: message });
  });

  it("is reported without the request body that the hub quotes, since the body may hold secrets", () => {
    for (const what of ["keys", "data"]) {
      const message = `Invalid JSON ${what}: {'api_token': '${secrets.token}', 'bogus': 1}`;
      const error = errorFor("POST /services/{name}", 400, { message });
      expect(error).toMatchObject({ reason: "other", hubMessage: `Invalid JSON ${what}` });
      expectNoSecret(error);
    }
  });
});

describe("secrets that occur in the hub's messages", () => {
  it.each([
    [400, "ada/gpu is already running", ["running"], { reason: "already-running" }],
    [403, "Missing or invalid credentials.", ["invalid"], { name: "AuthenticationError" }],
    [
      403,
      "Action is not authorized with current scopes; requires any of [users]",
      ["requires"],
      { name: "ForbiddenError", requiredScopes: ["users"] },
    ],
  ])(
    "do not change which error a response with the status %i becomes: %s",
    (status, message, secrets, expectedName) => {
      const error = errorFor("POST /users/{name}/server", status, { message, secrets });
      expect(error).toMatchObject(expectedName);
      expect(error.hubMessage).toContain("[redacted]");
      expect(`${error.message} ${error.hubMessage}`).not.toContain(secrets[0]);
    },
  );

  it("are redacted in requiredScopes", () => {
    const message = `requires any of [users, ${secrets.value}]`;
    const error = errorFor("GET /users", 403, { message, secrets: [secrets.value] });
    expect(error).toMatchObject({ requiredScopes: ["users", "[redacted]"] });
    expectNoSecret(error);
  });
});

describe("any other status", () => {
  it.each([
    [401, "GET /users", "AuthenticationError"],
    [404, "GET /users/{name}", "NotFoundError"],
    [405, "DELETE /services/{name}", "BadRequestError"],
    [409, "POST /users/{name}", "ConflictError"],
    [424, "GET /users/{name}", "JupyterHubError"],
    [429, "POST /users/{name}/server", "RateLimitError"],
    [500, "POST /users/{name}/server", "HubError"],
    [502, "GET /users", "HubError"],
    [503, "GET /users", "HubError"],
    [599, "GET /users", "HubError"],
  ])("%i in response to %s becomes %s", (status, call, name) => {
    const error = errorFor(call, status, { message: "So it is." });
    expect(error).toMatchObject({ name, status, hubMessage: "So it is." });
  });

  it.each([
    ["2.3.1", 404, "GET /users/{name}", "Not Found", "NotFoundError"],
    [
      "2.3.1",
      404,
      "DELETE /users/{name}/tokens/{token_id}",
      "Token not found None",
      "NotFoundError",
    ],
    [
      "4.1.6",
      404,
      "GET /groups/{name}",
      "No access to resources or resources not found",
      "NotFoundError",
    ],
    [
      "4.1.6",
      405,
      "PUT /users/{name}/servers/{server_name}",
      "Method Not Allowed",
      "UnsupportedByHubError",
    ],
    [
      "4.1.6",
      405,
      "PATCH /users/{name}/servers/{server_name}",
      "Method Not Allowed",
      "UnsupportedByHubError",
    ],
    ["4.1.6", 409, "POST /users/{name}/servers/{server_name}", "No GPU is left", "ConflictError"],
    ["4.1.6", 500, "DELETE /users/{name}", "Internal Server Error", "HubError"],
  ])(
    "from hub %s: %i in response to %s, with the message %j, becomes %s",
    (hubVersion, status, call, message, name) => {
      const error = errorFor(call, status, { hubVersion, message });
      expect(error).toMatchObject({ name, status, hubMessage: message, hubVersion });
    },
  );

  it("404 leads to an error that mentions the token's scopes", () => {
    const message = "No access to resources or resources not found";
    const error = errorFor("GET /users/{name}", 404, { message });
    expect(error.message).toContain("It does not exist, or the token's scopes do not include it");
  });

  it.each([
    [401, '{"error": "invalid_client"}', "AuthenticationError", "invalid_client", /id and secret/],
    [
      400,
      '{"error": "invalid_grant", "error_description": "No such code."}',
      "AuthenticationError",
      "No such code.",
      /was used before, has expired/,
    ],
    [
      400,
      '{"error": "invalid_request", "error_description": "Code verifier required."}',
      "BadRequestError",
      "Code verifier required.",
      /Code verifier required/,
    ],
  ])(
    "%i from OAuth's token route leads to an error that quotes OAuth's description or code: %s",
    (status, body, name, hubMessage, message) => {
      const error = errorFor("POST /oauth2/token", status, { body, credentials: "body" });
      expect(error).toMatchObject({ name, hubMessage });
      expect(error.message).toMatch(message);
    },
  );
});

describe("the hub's message", () => {
  it.each([
    ['{"status": 404, "message": null}'],
    ['{"status": 404, "message": ""}'],
    ['{"status": 404, "message": ["a"]}'],
    ['{"status": 404}'],
    ["null"],
    ["7"],
    ['"text"'],
    ["[]"],
    [""],
    ["<p>Not here</p>"],
    ["{"],
  ])(
    "is undefined if the body is %j, and the error's message contains the status instead",
    (body) => {
      const error = errorFor("GET /users/{name}", 404, { body });
      expect(error.hubMessage).toBeUndefined();
      expect(error.message).toContain(`GET ${url}: 404 Not Found. `);
    },
  );

  it("is in the error's message, without the full stop at its end", () => {
    const error = errorFor("POST /users/{name}/server", 400, {
      message: "Named servers are not enabled.",
    });
    expect(error.message).toBe(`POST ${url}: 400 Named servers are not enabled`);
  });
});

describe("Retry-After", () => {
  const now = Date.parse("2026-11-22T00:00:00Z");
  it.each([
    [null, undefined],
    ["0", 0],
    ["30", 30_000],
    [" 45 ", 45_000],
    ["99999999", 99_999_999_000],
    ["Sun, 22 Nov 2026 00:01:00 GMT", 60_000],
    ["Sun, 22 Nov 2026 00:00:00 GMT", 0],
    ["Sat, 21 Nov 2026 00:00:00 GMT", 0],
    ["", undefined],
    ["soon", undefined],
    ["30 seconds", undefined],
    ["-5", undefined],
    ["1.5", undefined],
    ["1e3", undefined],
    ["0x10", undefined],
  ])("%j is parsed as %j milliseconds", (header, expected) => {
    expect(parseRetryAfter(header, now)).toBe(expected);
  });

  it("is included in the HubError for a 503", () => {
    const message = "Hub is shutting down";
    const error = errorFor("GET /users", 503, { message, retryAfter: "5" });
    expect(error).toMatchObject({ name: "HubError", retryAfter: 5000 });
  });

  it("is included in the error for too many concurrent starts; hubs do not send it for too many active servers", () => {
    const call = "POST /users/{name}/server";
    const message = "Too many users trying to log in right now. Try again in 40 seconds.";
    expect(errorFor(call, 429, { message, retryAfter: "40" })).toMatchObject({
      retryAfter: 40_000,
    });
    const active = "Active user limit exceeded. Try again in a few minutes.";
    expect(errorFor(call, 429, { message: active })).toMatchObject({ retryAfter: undefined });
  });
});
