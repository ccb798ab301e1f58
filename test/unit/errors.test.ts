/** Errors as a program sees them: class, name, cause and stack, without secrets. */
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import * as errors from "../../src/core/errors.js";
import { getUser, patchUser, postUserTokens } from "../../src/api.js";
import type { JupyterHub } from "../../src/index.js";
import * as surface from "../../src/index.js";
import {
  answer,
  answering,
  expectNoSecret,
  hubOf,
  page,
  refusal,
  rejectionOf,
  secrets,
  type Respond,
} from "./helpers.js";

const classes = Object.entries(errors).filter(
  (entry): entry is [string, typeof errors.JupyterHubError] =>
    typeof entry[1] === "function" && "prototype" in entry[1] && entry[0].endsWith("Error"),
);
const details = { status: 418, hubMessage: "words", method: "GET", url: "https://h" };

describe("an error class", () => {
  it.each(classes)(
    "%s gives its errors its own name, and extends JupyterHubError",
    (name, Class) => {
      const given = { ...details, hubVersion: "6.1.1", timeout: 1 };
      const error = new Class("what happened", given);
      expect(error).toBeInstanceOf(errors.JupyterHubError);
      expect(error).toBeInstanceOf(Error);
      expect(error).toMatchObject({
        name,
        message: "what happened",
        ...details,
        hubVersion: "6.1.1",
      });
      expect(String(error)).toBe(`${name}: what happened`);
      expect(errors.isJupyterHubError(error)).toBe(true);
    },
  );

  it.each(classes)(
    "%s keeps the given cause, and sets no `cause` property without one",
    (_, Class) => {
      const cause = new Error("below");
      expect(new Class("x", { timeout: 1, cause } as errors.ErrorDetails).cause).toBe(cause);
      expect("cause" in new Class("x", { timeout: 1 } as errors.ErrorDetails)).toBe(false);
    },
  );

  it("is exported by the package", () => {
    expect(classes.length).toBeGreaterThan(10);
    for (const [name, Class] of classes) expect(surface).toHaveProperty(name, Class);
  });

  it("may add properties of its own, with defaults", () => {
    expect(new errors.ForbiddenError("x").requiredScopes).toEqual([]);
    expect(new errors.BadRequestError("x").reason).toBe("other");
    expect(new errors.RateLimitError("x").retryAfter).toBeUndefined();
    expect(new errors.TimeoutError("x", { timeout: 5 }).timeout).toBe(5);
    expect(new errors.UnsupportedByHubError("x", { since: "5.0" })).toMatchObject({ since: "5.0" });
  });
});

describe("isJupyterHubError", () => {
  it("recognises the errors of another copy of the package", async () => {
    vi.resetModules();
    const copy = await import("../../src/core/errors.js");
    const foreign = new copy.NotFoundError("x");
    expect(foreign).not.toBeInstanceOf(errors.NotFoundError);
    expect(errors.isJupyterHubError(foreign)).toBe(true);
    const branded = Object.assign(new Error("x"), {
      [Symbol.for("jupyterhub-client.error")]: true,
    });
    expect(errors.isJupyterHubError(branded)).toBe(true);
  });

  it.each([undefined, null, "JupyterHubError", 7, {}, [], new Error("x"), () => {}])(
    "returns false for %s",
    (value) => {
      expect(errors.isJupyterHubError(value)).toBe(false);
    },
  );
});

describe("the length of an error", () => {
  it("is limited if the hub's message is long", async () => {
    const words = `server name ${"x ".repeat(200_000)}`;
    const error = await rejectionOf(hubOf(answering(() => refusal(400, words))).users.get("ada"));
    expect(error).toMatchObject({
      name: "BadRequestError",
      hubMessage: expect.stringMatching(/…$/),
    });
    const { message, hubMessage } = error as errors.BadRequestError;
    expect([message.length < 1200, hubMessage?.length]).toEqual([true, 4096]);
  });

  it("is limited if the error of fetch is long", async () => {
    const thrown = new Error("x".repeat(1e6), { cause: new Error("y".repeat(1e6)) });
    thrown.name = "z".repeat(1e6);
    const fetch = answering(() => Promise.reject(thrown));
    const error = await rejectionOf(hubOf(fetch).users.get("ada"));
    expect(error).toBeInstanceOf(errors.ConnectionError);
    expect(inspect(error, { depth: 9 }).length).toBeLessThan(40_000);
  });

  it("is limited if the constructor receives a long message and hubMessage", () => {
    const error = new errors.JupyterHubError("x".repeat(1e6), { hubMessage: "y".repeat(1e6) });
    expect([error.message.length < 4100, error.hubMessage?.length]).toEqual([true, 4096]);
  });
});

type Call = (hub: JupyterHub) => PromiseLike<unknown>;
const getAda: Call = (hub) => hub.users.get("ada");
const ways: [what: string, respond: Respond, call: Call][] = [
  ["NotFoundError", () => refusal(404, null), getAda],
  ["ForbiddenError", () => refusal(403, "Only admins can grant"), getAda],
  ["UnexpectedResponseError", () => page(), getAda],
  ["HubError", () => page(503), getAda],
  ["ConnectionError", () => Promise.reject(new TypeError("fetch failed")), getAda],
  ["TimeoutError", () => new Promise(() => {}), (hub) => hub.users.get("ada", {}, { timeout: 1 })],
  ["InvalidInputError", () => answer(), (hub) => hub.users.get("..")],
  [
    "UnsupportedByHubError",
    () => answer({ version: "1.2.2" }, { version: "1.2.2" }),
    (hub) => hub.users.list({ state: "active" }),
  ],
];

describe("the stack of an awaited call's error", () => {
  it.each(ways)("contains the function that made the call: %s", async (name, respond, call) => {
    // Waits a turn of the event loop as a real fetch does, so that only async stack traces lead back to the caller.
    const fetch = answering(async (request, signal) => {
      await new Promise(setImmediate);
      return respond(request, signal);
    });
    const hub = hubOf(fetch);
    async function theProgramOfTheUser(): Promise<void> {
      await call(hub);
    }
    const error = (await rejectionOf(theProgramOfTheUser())) as Error;
    expect(error.name).toBe(name);
    expect(error.stack).toMatch(new RegExp(`^${name}: `));
    expect(error.stack).toContain("theProgramOfTheUser");
  });
});

describe("an error, printed in any way,", () => {
  it.each(ways)("contains no token: %s", async (name, respond, call) => {
    const fetch = answering(respond);
    const error = await rejectionOf(call(hubOf(fetch)));
    expect(error).toMatchObject({ name });
    expectNoSecret(error);
  });

  const body = { auth: { username: "ada", password: secrets.password } };
  it.each(ways.slice(0, 5))("contains no secret of the request body: %s", async (_, respond) => {
    const fetch = answering(respond);
    const { client } = hubOf(fetch);
    const path = { name: "ada" };
    expectNoSecret(await rejectionOf(postUserTokens({ client, path, body, throwOnError: true })));
    const patch = { auth_state: { refresh: secrets.value } };
    const call = patchUser({ client: hubOf(fetch).client, path, body: patch, throwOnError: true });
    expectNoSecret(await rejectionOf(call));
  });

  it("contains no part of a malformed header", async () => {
    const fetch = answering();
    const headers = { Authorization: `Bearer ${secrets.token}\nX: 1` };
    const { client, users } = hubOf(fetch);
    const calls = [
      () => users.get("ada", {}, { headers }),
      () => getUser({ client, path: { name: "ada" }, headers, throwOnError: true }),
      async () => hubOf(fetch, { headers }),
    ];
    for (const call of calls) {
      const error = await rejectionOf(call());
      expect(error).toBeInstanceOf(errors.InvalidInputError);
      expectNoSecret(error);
    }
    expect(fetch.sent()).toEqual([]);
  });

  it("contains no part of a body that cannot be serialised", async () => {
    const fetch = answering();
    const circle: Record<string, unknown> = {};
    circle[secrets.value] = circle;
    const error = await rejectionOf(hubOf(fetch).groups.setProperties("g", circle));
    expect(error).toBeInstanceOf(errors.InvalidInputError);
    expectNoSecret(error);
    expect(fetch.sent()).toEqual([]);
  });
});

describe("a printed error", () => {
  it("omits details that have no value", async () => {
    const error = await rejectionOf(hubOf(answering(() => refusal(404, null))).users.get("ada"));
    expect(inspect(error)).not.toContain("undefined");
    expect(error).toMatchObject({ hubMessage: undefined, outcome: undefined });
  });
});
