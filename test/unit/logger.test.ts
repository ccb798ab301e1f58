/** The log entries of a call: one for each attempt, with a level, a message and fields. */
import { describe, expect, it, vi } from "vitest";
import { deleteShareCode, deleteUser, getAuthToken, postUserTokens } from "../../src/api.js";
import type { JupyterHubOptions, LogFields, Logger } from "../../src/index.js";
import { failure, pass, settled, watch } from "../workflows/time.js";
import { breaking, busy, hubThat, never, path, useLongestPauses } from "./attempts.js";
import { answer, api, expectNoSecret, page, refusal, secrets, type Respond } from "./helpers.js";

useLongestPauses();

/** A logger that records its entries. */
function keeping() {
  const entries: [level: string, message: string, fields: LogFields][] = [];
  const logger: Logger = {
    debug: (message, fields) => void entries.push(["debug", message, fields]),
    warn: (message, fields) => void entries.push(["warn", message, fields]),
  };
  return { logger, entries, lines: () => entries.map(([level, message]) => `${level} ${message}`) };
}

/** Makes one call to a hub that responds with `answers` in turn, and returns the log entries. */
async function logged(answers: Respond[], options: JupyterHubOptions = {}) {
  const { logger, entries, lines } = keeping();
  const { hub } = hubThat(answers, { logger, ...options });
  await settled(Promise.allSettled([hub.users.get("ada")]));
  return { entries, lines: lines() };
}

const get = `GET ${api}/users/ada`;
const ada = () => answer({ name: "ada" });
const slow: Respond = () => new Promise((resolve) => setTimeout(() => resolve(ada()), 300));

describe("a logger", () => {
  it("logs a response at the level debug, with all fields that apply", async () => {
    const { entries } = await logged([slow]);
    const fields = {
      operation: "GET /users/{name}",
      url: `${api}/users/ada`,
      attempt: 1,
      duration: 300,
      status: 200,
    };
    expect(entries).toEqual([["debug", `${get}: 200`, fields]]);
  });

  it("logs a retried attempt at the level warn", async () => {
    const { lines, entries } = await logged([breaking, () => page(503), () => busy("7"), ada]);
    expect(lines).toEqual([
      `warn ${get}: ConnectionError, retrying in 250 ms`,
      `warn ${get}: 503 HubError, retrying in 500 ms`,
      `warn ${get}: 429 RateLimitError, retrying in 7000 ms`,
      `debug ${get}: 200`,
    ]);
    expect(entries.map(([, , { attempt, retryIn }]) => [attempt, retryIn])).toEqual([
      [1, 250],
      [2, 500],
      [3, 7000],
      [4, undefined],
    ]);
    expect(entries[1]?.[2]).toMatchObject({ status: 503, error: "HubError", duration: 0 });
  });

  it.each<[string, Respond[], JupyterHubOptions, string[]]>([
    [
      "an error response",
      [() => refusal(404, "No such user")],
      {},
      [`debug ${get}: 404 NotFoundError`],
    ],
    ["a page of another server", [() => page()], {}, [`debug ${get}: 200 UnexpectedResponseError`]],
    ["an attempt's timeout", [never], { timeout: 500 }, [`debug ${get}: TimeoutError`]],
    [
      "a middleware that fails",
      [ada],
      { middleware: () => Promise.reject(new Error(secrets.value)) },
      [`debug ${get}: JupyterHubError`],
    ],
    [
      "a token function that fails",
      [ada],
      { token: () => Promise.reject(new Error(secrets.value)) },
      [`debug ${get}: AuthenticationError`],
    ],
    [
      "a renewed token",
      [() => refusal(401, null), ada],
      { token: (refused) => (refused ? "renewed" : secrets.token) },
      [`warn ${get}: 401 AuthenticationError, retrying in 0 ms`, `debug ${get}: 200`],
    ],
    [
      "a token that cannot be renewed",
      [() => refusal(401, null)],
      { token: (refused) => (refused ? Promise.reject(new Error("sealed")) : secrets.token) },
      [`debug ${get}: 401 AuthenticationError`],
    ],
    ["an error without retries", [breaking], { retry: 0 }, [`debug ${get}: ConnectionError`]],
  ])("logs %s", async (_, answers, options, expected) => {
    const { lines, entries } = await logged(answers, options);
    expect(lines).toEqual(expected);
    expectNoSecret(entries);
  });

  it("logs an attempt that the call's timeout aborts", async () => {
    const { logger, lines } = keeping();
    const { hub } = hubThat([never], { logger });
    await failure(hub.users.get("ada", {}, { timeout: 1000 }));
    expect(lines()).toEqual([`debug ${get}: TimeoutError`]);
  });

  it("logs an attempt that the caller aborts, without the abort reason", async () => {
    const { logger, lines, entries } = keeping();
    const { hub } = hubThat([never], { logger });
    const controller = new AbortController();
    watch(hub.users.get("ada", {}, { signal: controller.signal }));
    await pass(400);
    controller.abort(new Error(secrets.value));
    await pass(0);
    expect(lines()).toEqual([`debug ${get}: AbortError`]);
    expect(entries[0]?.[2]).toMatchObject({ error: "AbortError", duration: 400 });
    expectNoSecret(entries);
  });

  it("logs nothing for a call with invalid input, which is not sent", async () => {
    const { logger, entries } = keeping();
    const { hub, fetch } = hubThat([ada], { logger });
    await failure(hub.users.get(".."));
    expect(entries).toEqual([]);
    expect(fetch.requests).toEqual([]);
  });

  it("receives only the documented fields, and no secret", async () => {
    const { logger, entries } = keeping();
    const { hub } = hubThat([() => refusal(400, `Invalid JSON keys: ${secrets.value}`)], {
      logger,
      headers: { "X-Gateway": secrets.value },
    });
    const { client } = hub;
    const auth = { username: "ada", password: secrets.password };
    await postUserTokens({ client, path, body: { auth } });
    await getAuthToken({ client, path: { token: secrets.value } });
    const code = { path: { owner: "ada", server_name: "gpu" }, query: { code: secrets.value } };
    await deleteShareCode({ client, ...code });
    await deleteUser({ client, path });
    expect(entries.map(([, message]) => message)).toEqual([
      `POST ${api}/users/ada/tokens: 400 BadRequestError`,
      `GET ${api}/authorizations/token/[redacted]: 400 BadRequestError`,
      `DELETE ${api}/share-codes/ada/gpu: 400 BadRequestError`,
      `DELETE ${api}/users/ada: 400 BadRequestError`,
    ]);
    const listed = ["attempt", "duration", "error", "operation", "retryIn", "status", "url"];
    for (const [, , fields] of entries) expect(Object.keys(fields).toSorted()).toEqual(listed);
    expectNoSecret(entries);
  });

  it("may throw without an effect on the call", async () => {
    const throwing = (): never => {
      throw new Error("disk full");
    };
    const logger = { debug: throwing, warn: throwing };
    const { hub, at } = hubThat([breaking, ada], { logger });
    expect(await settled(hub.users.get("ada"))).toEqual({ name: "ada" });
    expect(at).toEqual([0, 250]);
  });

  it("may lack the method for a level", async () => {
    const warn = vi.fn();
    expect((await logged([breaking, ada], { logger: { warn } })).entries).toEqual([]);
    expect(warn).toHaveBeenCalledTimes(1);
    await logged([breaking, ada], { logger: {} });
  });

  it("may have methods that use `this`", async () => {
    class Kept {
      readonly lines: string[] = [];
      debug(message: string): void {
        this.lines.push(message);
      }
    }
    const logger = new Kept();
    await logged([ada], { logger });
    expect(logger.lines).toEqual([`${get}: 200`]);
  });

  it("may be the console", async () => {
    const logger: Logger = console;
    const spies = [vi.spyOn(console, "debug"), vi.spyOn(console, "warn")].map((spy) =>
      spy.mockImplementation(() => undefined),
    );
    await logged([breaking, ada], { logger });
    expect(spies.map(({ mock }) => mock.calls.map(([message]) => message as string))).toEqual([
      [`${get}: 200`],
      [`${get}: ConnectionError, retrying in 250 ms`],
    ]);
  });
});
