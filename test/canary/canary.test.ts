/**
 * The canary: calls every operation with planted secrets, makes the calls fail with every fault, and searches the
 * outcome (errors, logs, printed values, the clients themselves) for these secrets.
 */
import { format, inspect } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import {
  isJupyterHubError,
  JupyterHub,
  type JupyterHubOptions,
  type Middleware,
} from "../../src/index.js";
import { answer, origin } from "../unit/helpers.js";
import { useClock } from "../workflows/time.js";
import { calls, type CanaryCall } from "./calls.js";
import { faults, quoted, type Fault, type Sent } from "./faults.js";
import { found, planted, shown, writings, type Secret } from "./planted-secrets.js";

useClock();

/** Everything that a test printed to the console. */
let printed: string[] = [];
const reported: unknown[] = [];
const keep = (reason: unknown): void => void reported.push(reason);
beforeAll(() => {
  // Long stacks are slow to print, and contain no secret.
  Error.stackTraceLimit = 1;
  process.on("unhandledRejection", keep);
  process.on("warning", keep);
});
afterAll(() => {
  process.off("unhandledRejection", keep);
  process.off("warning", keep);
});
beforeEach(() => {
  printed = [];
  // No delay between attempts, except for `Retry-After`.
  vi.spyOn(Math, "random").mockReturnValue(0);
  for (const method of ["debug", "log", "info", "warn", "error", "dir", "trace"] as const) {
    vi.spyOn(console, method).mockImplementation((...args: unknown[]) => {
      printed.push(format(...args), inspect(args, { depth: 9, showHidden: true }));
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

/** A middleware that prints its arguments. */
const nosy: Middleware = async (request, next, context) => {
  console.log("%o %O %s %j", request, context, request, request);
  return next();
};

/** A middleware that sets a header with a key, as some gateways require. */
const bearing: Middleware = async ({ headers }, next) => {
  headers.set("X-Session", planted["middleware's key"]);
  return next();
};

/** The planted secrets that were sent or received. */
const sent = new Set<Secret>();
function note(text: string): void {
  for (const name of Object.keys(planted) as Secret[]) {
    if (!sent.has(name) && writings(planted[name]).some((one) => text.includes(one)))
      sent.add(name);
  }
}

const isJson = (response: Response): boolean => {
  try {
    return response.headers.get("Content-Type") === "application/json";
  } catch {
    return false;
  }
};

/** Returns a `fetch` that answers with the hub's version until `begin` is called, and with the fault afterwards. */
function fetchOf({ respond }: Fault) {
  let count = 0;
  let begun = false;
  const begin = (): void => {
    begun = true;
    count = 0;
  };
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { method, url, headers } = new Request(input, init);
    const body = String(init?.body ?? "");
    const request: Sent = {
      count: ++count,
      method,
      url,
      headers,
      body,
      signal: init?.signal as AbortSignal,
    };
    note(quoted(request));
    const response = !begun ? answer({ version: "6.1.1" }) : await respond(request);
    if (isJson(response) && response.ok) {
      note(
        await response
          .clone()
          .text()
          .catch(() => ""),
      );
    }
    return response;
  };
  return { fetch, begin, hasBegun: () => begun };
}

/** Functions that create a client, by the source of the client's secret. */
const clients: Record<string, (options: JupyterHubOptions) => JupyterHub> = {
  "a token": (options) => new JupyterHub({ ...options, token: planted.token }),
  "a token function": (options) => new JupyterHub({ ...options, token: () => planted.token }),
  "a token that replaces another client's": (options) =>
    new JupyterHub({ ...options, token: planted["another token"] }).withOptions({
      token: planted.token,
    }),
  "a page's cookie": (options) => {
    vi.stubGlobal("location", { origin, pathname: "/hub/home" });
    vi.stubGlobal("document", { cookie: `_xsrf=${planted["XSRF token"]}` });
    return new JupyterHub({ ...options, auth: "cookie" });
  },
};

/** Makes calls of a client fail with one fault, and searches the outcome for secrets. */
async function search(client: string, fault: Fault, calls: readonly CanaryCall[]) {
  const { fetch, begin, hasBegun } = fetchOf(fault);
  const { middleware } = fault;
  const failing: Middleware = (...args) =>
    middleware && hasBegun() ? middleware(...args) : args[1]();
  const hub = (clients[client] as (options: JupyterHubOptions) => JupyterHub)({
    url: origin,
    fetch,
    headers: {
      "X-Gateway": planted["gateway key"],
      "Proxy-Authorization": `Basic ${btoa(`ada:${planted["password of a proxy"]}`)}`,
      Cookie: `a=${encodeURIComponent(planted["cookie of a gateway"])}; b=${planted["another cookie of a gateway"]}`,
    },
    logger: console,
    retry: 1,
    middleware: [bearing, nosy, failing],
    oauth: {
      clientId: "service-portal",
      clientSecret: planted["client secret"],
      redirectUri: "https://portal.example.org/callback",
    },
  });
  // A client that knows the hub's version sends no request for it before the failing one.
  await hub.version();
  const leaks: string[] = [];
  let failed = 0;
  for (const { name, run } of calls) {
    begin();
    // This is a promise, a listing or a start. An application may print any of them.
    const recorded = run(hub);
    const { error } = await settled(outcomeOf(recorded));
    if (error === undefined) continue;
    failed += 1;
    if (!isJupyterHubError(error)) strangers.add(`${fault.name}: ${name}: ${String(error)}`);
    const texts = [error, ...(recorded.constructor === Promise ? [] : [recorded])].map(shown);
    leaks.push(...texts.flatMap((text) => found(text)).map((leak) => `${name}: ${leak}`));
  }
  leaks.push(...[hub, ...Object.values(hub)].flatMap((part) => found(shown(part))));
  leaks.push(...found(printed.join("\n")).map((leak) => `printed: ${leak}`));
  return { leaks: [...new Set(leaks)], failed };
}

/** Advances the clock from timer to timer until a promise settles. */
async function settled<Value>(promise: Promise<Value>): Promise<Value> {
  const state = { done: false };
  const finish = (): void => void (state.done = true);
  promise.then(finish, finish);
  while (!state.done) {
    await vi.advanceTimersToNextTimerAsync();
    await new Promise(setImmediate);
  }
  return promise;
}

/** The failed calls whose error is not an error of this package. */
const strangers = new Set<string>();

/**
 * Returns the error of a failed call. Does not return the result of a successful call, since the call may have
 * requested a secret.
 */
const outcomeOf = async (call: PromiseLike<unknown>): Promise<{ error?: unknown }> =>
  call.then(
    () => ({}),
    (error: unknown) => ({ error }),
  );

let made = 0;
let tried = 0;
let leaked = 0;
afterAll(() => {
  const counts = `${made} calls, of which ${tried} failed, with ${sent.size} secrets`;
  // oxlint-disable-next-line no-console
  console.log(`  canary: ${faults.length} faults, ${counts}: ${leaked} leaks`);
});

/** One call of each kind, for all clients except "a token". */
const some = calls.filter(({ name }) =>
  /^(hub\.(users\.list|servers\.start|tokens\.login|oauth\.exchangeCode)( with secrets)?$|DELETE \/share-codes|POST \/users\/{name}\/tokens|POST \/oauth2)/.test(
    name,
  ),
);

describe.each(Object.keys(clients))("a client with %s leaks no secret", (client) => {
  it.each(faults)("if calls fail with: $name", async (fault) => {
    const own = client === "a token" ? calls : some;
    const { leaks, failed } = await search(client, fault, own);
    made += own.length;
    tried += failed;
    leaked += leaks.length;
    expect(leaks).toEqual([]);
    expect(failed).toBeGreaterThan(0);
  });
});

it("all planted secrets occurred in a request or a response", () => {
  expect(Object.keys(planted).filter((name) => !sent.has(name as Secret))).toEqual([]);
});

it("no rejection was unhandled, and no warning was printed", async () => {
  await new Promise(setImmediate);
  expect(reported).toEqual([]);
});

it("every failed call failed with an error of this package", () => {
  expect([...strangers]).toEqual([]);
});

describe("the canary", () => {
  it("detects a middleware that prints a secret", async () => {
    const fault: Fault = {
      name: "a leak",
      respond: () => answer(),
      middleware: ({ headers, url }) => {
        console.log(`The query is ${new URL(url).search}`);
        throw new Error(`The token is ${headers.get("Authorization")}`);
      },
    };
    const { leaks } = await search("a token", fault, some);
    expect(leaks).toContainEqual(expect.stringMatching(/^hub.users.list: token: /));
    expect(leaks).toContainEqual(expect.stringMatching(/^printed: share code: /));
  });

  it.each<[string, (secret: string) => unknown]>([
    ["an error's message", (secret) => new Error(secret)],
    [
      "the cause of a cause",
      (secret) => new Error("x", { cause: new Error("y", { cause: secret }) }),
    ],
    ["an AggregateError", (secret) => new AggregateError([new Error(secret)], "x")],
    [
      "an error's property",
      (secret) => Object.assign(new Error("x"), { config: { headers: [secret] } }),
    ],
    [
      "a hidden property",
      (secret) => Object.defineProperty(new Error("x"), "y", { value: secret }),
    ],
    [
      "a property with a symbol as its key",
      (secret) => Object.assign(new Error("x"), { [Symbol("y")]: secret }),
    ],
    ["the key of a property", (secret) => ({ [secret]: 1 })],
    [
      "a property that is computed",
      (secret) => Object.defineProperty({}, "y", { get: () => secret }),
    ],
    ["the result of toJSON", (secret) => ({ toJSON: () => ({ secret }) })],
    ["the result of toString", (secret) => ({ toString: () => secret })],
    ["the result of a custom inspection", (secret) => ({ [inspect.custom]: () => secret })],
    ["a map", (secret) => new Map([["x", { secret }]])],
    ["headers", (secret) => new Headers({ "X-Y": encodeURIComponent(secret) })],
    ["bytes", (secret) => ({ data: Buffer.from(secret) })],
    ["hexadecimal digits", (secret) => Buffer.from(secret).toString("hex")],
    ["a URL", (secret) => new URL(`https://x.example/?y=${encodeURIComponent(secret)}`)],
    [
      "a URL in the query of a URL",
      (secret) => `?x=${encodeURIComponent(`?y=${encodeURIComponent(secret)}`)}`,
    ],
    ["a form", (secret) => new URLSearchParams({ secret }).toString()],
    ["JSON", (secret) => JSON.stringify({ secret })],
    ["JSON in a string of JSON", (secret) => JSON.stringify({ x: JSON.stringify({ secret }) })],
    ["HTML", (secret) => secret.replaceAll("&", "&amp;").replaceAll('"', "&quot;")],
    ["base64", (secret) => btoa(unescape(encodeURIComponent(secret)))],
    ["base64 of a longer text", (secret) => Buffer.from(`ada:${secret}!`).toString("base64")],
    ["base64 for URLs", (secret) => Buffer.from(`x=${secret}`).toString("base64url")],
  ])("finds every secret in %s", (_, hide) => {
    for (const [name, secret] of Object.entries(planted)) {
      expect(found(shown(hide(secret)))).toContainEqual(expect.stringContaining(`${name}: `));
    }
  });
});
