/** Which calls are retried, after which failures, and when: the whole policy as one table. */
import { assert, double, integer, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { retryDelay, maxDelay, minDelay, type FailedAttempt } from "../../src/core/retry.js";
import {
  AuthenticationError,
  BadRequestError,
  ConflictError,
  ConnectionError,
  ForbiddenError,
  HubError,
  InvalidInputError,
  JupyterHubError,
  UnexpectedResponseError,
  NotFoundError,
  RateLimitError,
  SpawnFailedError,
  TimeoutError,
  UnsupportedByHubError,
  XsrfError,
} from "../../src/index.js";
import { answering, expectNoSecret, hubOf, rejectionOf, secrets } from "./helpers.js";

const lost = (code?: string) => new ConnectionError("no answer", { code });
const hub = (status: number, retryAfter?: number) =>
  new HubError(`${status}`, { status, retryAfter });
/** Returns the error as another copy of this package would create it, so that `instanceof` returns false. */
const ofAnotherCopy = (error: JupyterHubError): JupyterHubError =>
  Object.defineProperties(
    new Error(error.message),
    Object.getOwnPropertyDescriptors(error),
  ) as JupyterHubError;
const limit = (retryAfter?: number) => new RateLimitError("429", { status: 429, retryAfter });

/** With this random number, the delay before the second attempt is half of its limit: 125 ms. */
const half = () => 0.5;
const afterFirst = minDelay / 2;

/** The failure of a first attempt, and the delays before the retry of a GET and of a write; undefined for no retry. */
type Row = [what: string, failure: JupyterHubError, get: number | undefined, write?: number];

const transientFailures: Row[] = [
  // Node
  ["a refused connection", lost("ECONNREFUSED"), afterFirst],
  ["a connection that is reset", lost("ECONNRESET"), afterFirst],
  ["a connection that is reset while data are sent", lost("EPIPE"), afterFirst],
  ["a connection that the other side closes", lost("UND_ERR_SOCKET"), afterFirst],
  ["a connection that is not made in time", lost("UND_ERR_CONNECT_TIMEOUT"), afterFirst],
  ["a connection that times out in TCP", lost("ETIMEDOUT"), afterFirst],
  ["an unreachable host", lost("EHOSTUNREACH"), afterFirst],
  ["an unreachable network", lost("ENETUNREACH"), afterFirst],
  ["a busy resolver", lost("EAI_AGAIN"), afterFirst],
  [
    "a body that ends early, as node-fetch reports it",
    lost("ERR_STREAM_PREMATURE_CLOSE"),
    afterFirst,
  ],
  // Bun before 1.3
  ["a refused connection, in Bun", lost("ConnectionRefused"), afterFirst],
  ["a connection that Bun cannot open", lost("FailedToOpenSocket"), afterFirst],
  // Deno and browsers
  ["a failed connection without a code", lost(), afterFirst],
  ["an error from another copy of this package", ofAnotherCopy(lost("ECONNRESET")), afterFirst],
  ["a gateway's error from another copy of this package", ofAnotherCopy(hub(503)), afterFirst],
  // The proxy
  ["a proxy without its hub", hub(502), afterFirst],
  ["a proxy whose hub is down", hub(503), afterFirst],
  ["a proxy that times out", hub(504), afterFirst],
  ["a proxy's Retry-After", hub(503, 45_000), 45_000],
  ["a proxy's Retry-After that is shorter than the delay", hub(503, 0), afterFirst],
  ["a proxy's longest accepted Retry-After", hub(503, 60_000), 60_000],
  // The hub
  ["too many calls, without Retry-After", limit(), afterFirst],
  ["too many calls, with Retry-After", limit(45_000), 45_000, 45_000],
  ["too many calls, with a Retry-After of 0", limit(0), afterFirst, afterFirst],
  ["too many calls, with the longest accepted Retry-After", limit(60_000), 60_000, 60_000],
];

const permanentFailures: Row[] = [
  ["too many calls, with a Retry-After that is too long", limit(60_001), undefined],
  ["a proxy's Retry-After that is too long", hub(503, 61_000), undefined],
  ["an unknown host", lost("ENOTFOUND"), undefined],
  ["a certificate that is not trusted", lost("SELF_SIGNED_CERT_IN_CHAIN"), undefined],
  ["a self-signed certificate", lost("DEPTH_ZERO_SELF_SIGNED_CERT"), undefined],
  ["a certificate of an unknown authority", lost("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), undefined],
  ["an expired certificate", lost("CERT_HAS_EXPIRED"), undefined],
  ["a certificate of another host", lost("ERR_TLS_CERT_ALTNAME_INVALID"), undefined],
  ["a port that does not speak TLS", lost("ERR_SSL_WRONG_VERSION_NUMBER"), undefined],
  ["a port that does not speak TLS, in Bun", lost("EPROTO"), undefined],
  ["a response that is not HTTP", lost("HPE_INVALID_CONSTANT"), undefined],
  ["a hub that fails", hub(500), undefined],
  ["a hub that fails, with Retry-After", hub(500, 1000), undefined],
  ["a method that is not implemented", hub(501), undefined],
  ["an unknown status", hub(525), undefined],
  ["no response in time", new TimeoutError("late", { timeout: 30_000 }), undefined],
  [
    "a response that is not a hub's",
    new UnexpectedResponseError("page", { status: 404 }),
    undefined,
  ],
  ["bad credentials", new AuthenticationError("401", { status: 401 }), undefined],
  ["missing scopes", new ForbiddenError("403", { status: 403 }), undefined],
  ["a missing XSRF token", new XsrfError("403", { status: 403 }), undefined],
  ["a missing resource", new NotFoundError("404", { status: 404 }), undefined],
  ["a conflict", new ConflictError("409", { status: 409 }), undefined],
  ["a bad request", new BadRequestError("400", { status: 400 }), undefined],
  ["a spawn that failed", new SpawnFailedError("no", { status: 500 }), undefined],
  ["a hub that is too old", new UnsupportedByHubError("old"), undefined],
  ["bad input", new InvalidInputError("no"), undefined],
  ["a middleware that failed", new JupyterHubError("no"), undefined],
];

describe("each method is retried, or not, as expected after", () => {
  it.each([...transientFailures, ...permanentFailures])("%s", (_, failure, get, write) => {
    const delays = Object.fromEntries(
      ["GET", "POST", "PUT", "PATCH", "DELETE"].map((method) => [
        method,
        retryDelay(failure, { method, attempt: 1, retries: 3 }, half),
      ]),
    );
    expect(delays).toEqual({ GET: get, POST: write, PUT: write, PATCH: write, DELETE: write });
  });
});

describe("attempts", () => {
  const get: FailedAttempt = { method: "GET", attempt: 1, retries: 3 };

  it("are at most one more than the retries", () => {
    const delays = [1, 2, 3, 4].map((attempt) => retryDelay(hub(503), { ...get, attempt }, half));
    expect(delays).toEqual([125, 250, 500, undefined]);
  });

  it("are limited to one if retries are off, whatever Retry-After says", () => {
    for (const [, failure] of transientFailures) {
      expect(retryDelay(failure, { ...get, retries: 0 }, half)).toBeUndefined();
    }
  });

  it("follow delays that double, up to ten seconds", () => {
    const longest = [1, 2, 3, 4, 5, 6, 7, 8, 2000].map((attempt) =>
      retryDelay(lost(), { ...get, attempt, retries: Infinity }, () => 1),
    );
    expect(longest).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000]);
  });

  it("are delayed at least as long as Retry-After says, and without it at most ten seconds", () => {
    assert(
      property(
        integer({ min: 1, max: 3000 }),
        double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
        integer({ min: 0, max: 60_000 }),
        (attempt, chance, retryAfter) => {
          const again = (failure: JupyterHubError) =>
            retryDelay(failure, { ...get, attempt, retries: Infinity }, () => chance)!;
          const free = again(limit());
          expect(free).toBeGreaterThanOrEqual(0);
          expect(free).toBeLessThanOrEqual(Math.min(maxDelay, minDelay * 2 ** (attempt - 1)));
          expect(again(limit(retryAfter))).toBe(Math.max(free, retryAfter));
        },
      ),
    );
  });

  it("are delayed by a random time, so that many clients do not retry at the same time", () => {
    const delays = Array.from({ length: 2000 }, () => retryDelay(hub(503), get)!);
    expect(Math.min(...delays)).toBeLessThan(minDelay * 0.1);
    expect(Math.max(...delays)).toBeGreaterThan(minDelay * 0.9);
    const mean = delays.reduce((sum, one) => sum + one, 0) / delays.length;
    expect(Math.abs(mean - minDelay / 2)).toBeLessThan(minDelay * 0.1);
  });
});

describe("the code of a lost connection", () => {
  const cause = (message: string, code?: unknown): Error =>
    Object.assign(new Error(message), code !== undefined && { code });
  const refusal = "client error (Connect): tcp connect error: Connection refused (os error 111)";
  const reset = "client error (SendRequest): connection closed before message completed";

  it.each<[string, unknown, string | undefined]>([
    [
      "Node's error",
      new TypeError("fetch failed", { cause: cause("x", "ECONNRESET") }),
      "ECONNRESET",
    ],
    ["Bun's error", cause("The socket connection was closed", "ECONNRESET"), "ECONNRESET"],
    ["Chrome's error, without a code", new TypeError("Failed to fetch"), undefined],
    [
      "Firefox's error, without a code",
      new TypeError("NetworkError when attempting to fetch."),
      undefined,
    ],
    ["Safari's error, without a code", new TypeError("Load failed"), undefined],
    [
      "a DOM exception, whose code is a number",
      new DOMException("late", "TimeoutError"),
      undefined,
    ],
    ["Deno's text for a refused connection", cause(refusal), "ECONNREFUSED"],
    ["Deno's text for an unknown host", cause("client error (Connect): dns error: x"), "ENOTFOUND"],
    ["another text of Deno", cause(reset), undefined],
  ])("is as expected for %s", async (_, thrown, code) => {
    const fetch = answering(() => Promise.reject(thrown));
    const error = await rejectionOf(hubOf(fetch).users.get("ada"));
    expect(error).toBeInstanceOf(ConnectionError);
    const { name, message } = thrown as Error;
    expect(error).toMatchObject({ code, cause: { name, message } });
  });

  it.each<[string, (url: string) => Error]>([
    [
      "Deno's error quotes the URL",
      (url) => {
        const said = `error sending request from 127.0.0.1:5 for ${url} (127.0.0.1:8): ${reset}`;
        return new TypeError("fetch failed", { cause: cause(`${said}; (${url}) "${url}"`) });
      },
    ],
    [
      "Bun's error has the URL as `path`",
      (path) => Object.assign(cause("Unable to connect", "ECONNREFUSED"), { path }),
    ],
  ])(
    "is reported without the URL's query, which may contain a secret, even if %s",
    async (_, thrown) => {
      const fetch = answering(({ url }) => Promise.reject(thrown(url)));
      const input = { server: "gpu", code: secrets.value };
      const error = await rejectionOf(hubOf(fetch).shareCodes.revoke("ada", input));
      expect(error).toBeInstanceOf(ConnectionError);
      expect((error as Error).message).toMatch(/\((ECONNREFUSED\)|.*connection closed before)/);
      expect(fetch.requests[0]?.url).toContain(secrets.value);
      expectNoSecret(error);
    },
  );
});
