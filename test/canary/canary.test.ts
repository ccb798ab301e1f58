/**
 * The canary: every operation is called with planted secrets and made to fail in every way of the fault
 * table, and the outcome (errors, logs, printed values, the clients themselves) is searched for them.
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

/** Everything that was printed while a test ran. */
let printed: string[] = [];
const reported: unknown[] = [];
const keep = (reason: unknown): void => void reported.push(reason);
beforeAll(() => {
  // Where a call was made tells no secret, and takes its time to be written.
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
  // No pause between attempts, but for those that a server asks for.
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

/** A middleware that prints what it sees. */
const nosy: Middleware = async (request, next, context) => {
  console.log("%o %O %s %j", request, context, request, request);
  return next();
};

/** A middleware that sets a key of its own, as for a gateway that changes its keys. */
const bearing: Middleware = async ({ headers }, next) => {
  headers.set("X-Session", planted["middleware's key"]);
  return next();
};

/** The secrets that have gone out, by whichever way. */
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

/** A fetch that answers the first question, for the version, and fails from then on. */
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

/** Clients by the way in which they are given their secret. */
const clients: Record<string, (options: JupyterHubOptions) => JupyterHub> = {
  "a token": (options) => new JupyterHub({ ...options, token: planted.token }),
  "a token function": (options) => new JupyterHub({ ...options, token: () => planted.token }),
  "a token of another client's place": (options) =>
    new JupyterHub({ ...options, token: planted["another token"] }).withOptions({
      token: planted.token,
    }),
  "a page's cookie": (options) => {
    vi.stubGlobal("location", { origin, pathname: "/hub/home" });
    vi.stubGlobal("document", { cookie: `_xsrf=${planted["XSRF token"]}` });
    return new JupyterHub({ ...options, auth: "cookie" });
  },
};

/** How these calls of a client fail in one way, searched. */
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
  // A client that knows its hub asks for no version before what is to fail.
  await hub.version();
  const leaks: string[] = [];
  let failed = 0;
  for (const { name, run } of calls) {
    begin();
    // A promise, a listing or a start, which may be printed, too.
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

/** Lets time pass from one timer to the next until a promise settles. */
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

/** What failed with an error that is not of this package. */
const strangers = new Set<string>();

/** What a call has come to: an error to search, or a value that may hold what was asked for. */
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

/** One way to send of each kind, for the clients that differ in nothing else. */
const some = calls.filter(({ name }) =>
  /^(hub\.(users\.list|servers\.start|tokens\.login|oauth\.exchangeCode)( with secrets)?$|DELETE \/share-codes|POST \/users\/{name}\/tokens|POST \/oauth2)/.test(
    name,
  ),
);

describe.each(Object.keys(clients))("a client with %s tells no secret", (client) => {
  it.each(faults)("when calls meet $name", async (fault) => {
    const own = client === "a token" ? calls : some;
    const { leaks, failed } = await search(client, fault, own);
    made += own.length;
    tried += failed;
    leaked += leaks.length;
    expect(leaks).toEqual([]);
    expect(failed).toBeGreaterThan(0);
  });
});

it("every secret that is planted has been sent, or answered", () => {
  expect(Object.keys(planted).filter((name) => !sent.has(name as Secret))).toEqual([]);
});

it("no rejection was left unhandled, and nothing warned of", async () => {
  await new Promise(setImmediate);
  expect(reported).toEqual([]);
});

it("whatever failed has failed with an error of this package", () => {
  expect([...strangers]).toEqual([]);
});

describe("the canary", () => {
  it("sings when a middleware tells what it should not", async () => {
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
    ["a message", (secret) => new Error(secret)],
    ["a cause", (secret) => new Error("x", { cause: new Error("y", { cause: secret }) })],
    ["one error of many", (secret) => new AggregateError([new Error(secret)], "x")],
    ["a property", (secret) => Object.assign(new Error("x"), { config: { headers: [secret] } })],
    [
      "a hidden property",
      (secret) => Object.defineProperty(new Error("x"), "y", { value: secret }),
    ],
    ["a symbol", (secret) => Object.assign(new Error("x"), { [Symbol("y")]: secret })],
    ["a key", (secret) => ({ [secret]: 1 })],
    [
      "a property that is computed",
      (secret) => Object.defineProperty({}, "y", { get: () => secret }),
    ],
    ["what it is in JSON", (secret) => ({ toJSON: () => ({ secret }) })],
    ["what it is as a string", (secret) => ({ toString: () => secret })],
    ["what it is inspected as", (secret) => ({ [inspect.custom]: () => secret })],
    ["a map", (secret) => new Map([["x", { secret }]])],
    ["headers", (secret) => new Headers({ "X-Y": encodeURIComponent(secret) })],
    ["bytes", (secret) => ({ data: Buffer.from(secret) })],
    ["bytes in hex", (secret) => Buffer.from(secret).toString("hex")],
    ["a URL", (secret) => new URL(`https://x.example/?y=${encodeURIComponent(secret)}`)],
    ["a URL in a URL", (secret) => `?x=${encodeURIComponent(`?y=${encodeURIComponent(secret)}`)}`],
    ["a form", (secret) => new URLSearchParams({ secret }).toString()],
    ["JSON", (secret) => JSON.stringify({ secret })],
    ["JSON in JSON", (secret) => JSON.stringify({ x: JSON.stringify({ secret }) })],
    ["a page", (secret) => secret.replaceAll("&", "&amp;").replaceAll('"', "&quot;")],
    ["base64", (secret) => btoa(unescape(encodeURIComponent(secret)))],
    ["base64 of more", (secret) => Buffer.from(`ada:${secret}!`).toString("base64")],
    ["base64 for URLs", (secret) => Buffer.from(`x=${secret}`).toString("base64url")],
  ])("finds each secret in %s", (_, hide) => {
    for (const [name, secret] of Object.entries(planted)) {
      expect(found(shown(hide(secret)))).toContainEqual(expect.stringContaining(`${name}: `));
    }
  });
});
