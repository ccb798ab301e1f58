/** Every method and every raw function refuses unknown keys in each object that it takes, before it sends anything. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { operations } from "../../generated/operations.gen.js";
import { operationsOf, readYaml } from "../../scripts/document.js";
import { functionName, keyOf } from "../../scripts/operation-table.js";
import * as api from "../../src/api.js";
import { InvalidInputError, JupyterHub } from "../../src/index.js";
import { expectNoSecret, rejectionOf, secrets } from "../unit/helpers.js";
import { methodsOf, parametersOf, type Parameter } from "./public.js";
import { root } from "./sources.js";

type Bag = Record<string, unknown>;
type Run = (...values: unknown[]) => unknown;

const sent: string[] = [];
let server: Server;
let hub: JupyterHub;

beforeAll(async () => {
  server = createServer(({ method, url }, response) => {
    sent.push(`${method} ${url}`);
    response.writeHead(500, { "X-JupyterHub-Version": "6.1.1" }).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const oauth = { clientId: "c", clientSecret: secrets.password, redirectUri: "https://x/" };
  hub = new JupyterHub({ url: `http://127.0.0.1:${port}`, token: secrets.token, retry: 0, oauth });
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Runs a method until it ends: awaits its promise, or iterates over its result. */
async function outcomeOf(run: () => unknown): Promise<unknown> {
  const result = run();
  if (typeof result === "object" && result !== null && !("then" in result)) {
    if (Symbol.asyncIterator in result) for await (const _ of result as AsyncIterable<unknown>);
  }
  return result;
}

/** Asserts that a key is refused, that the error contains keys but no values, and that nothing is sent. */
async function expectRefused(run: () => unknown, key: string, known?: string[]): Promise<string> {
  sent.length = 0;
  const error = await rejectionOf(outcomeOf(run));
  expect(error).toBeInstanceOf(InvalidInputError);
  const { message } = error as Error;
  expect(message).toContain(`Unknown key \`${key}\` in the `);
  if (known) expect(listed(message)).toEqual(known.toSorted());
  expectNoSecret(error);
  expect(sent).toEqual([]);
  return message;
}

/** Returns the keys that an error message lists as known. */
const listed = (message: string): string[] =>
  [...(/Known keys: (.*?)\./.exec(message)?.[1] ?? "").matchAll(/`(\w+)`/g)]
    .map(([, key]) => key as string)
    .toSorted();

/** Returns the key with one more letter. */
const misspelt = (key: string): string => `${key}z`;

const bags = methodsOf("src/index.ts").flatMap(({ name, method }) => {
  const parameters = parametersOf(method);
  return parameters.flatMap((bag, index) =>
    ["input", "call", "options"].includes(bag.name)
      ? [{ what: `the ${bag.name} of ${name}`, name, parameters, bag, index }]
      : [],
  );
});
/** Parameters that may have any key, since the hub's configuration defines the keys. */
const open = bags.filter(({ bag }) => bag.isOpen);
const closed = bags.filter(({ bag }) => !bag.isOpen);

/** The smallest valid value of a parameter. */
const valueOf = ({ name, type, isOptional, least }: Parameter): unknown => {
  if (isOptional) return undefined;
  if (type?.startsWith("Targets<")) return ["ada"];
  if (type === "Feature") return "shares";
  if (name === "callback") return "/callback?code=c&state=s";
  if (name === "attempt") return { state: "s", verifier: "v" };
  return type === "string" ? "ada" : least;
};

const methodOf = (name: string): Run => {
  if (name === "discover") return JupyterHub.discover.bind(JupyterHub) as Run;
  const [group, own] = name.includes(".") ? name.split(".") : [undefined, name];
  const owner = (group ? hub[group as keyof JupyterHub] : hub) as unknown as Record<string, Run>;
  return (...values) => owner[own as string]?.(...values);
};

describe("a method", () => {
  it("has an input or options; only the input of groups.setProperties accepts any key", () => {
    const without = methodsOf("src/index.ts").filter(
      ({ name }) => !bags.some((one) => one.name === name),
    );
    expect(without.map(({ name }) => name)).toEqual([]);
    expect(open.map(({ what }) => what)).toEqual(["the input of groups.setProperties"]);
    expect(closed.length).toBeGreaterThan(90);
  });

  const withBag = ({ name, parameters, bag, index }: (typeof bags)[number], more: Bag) => {
    const values = parameters.map(valueOf);
    values[index] = { ...bag.least, ...more };
    return () => methodOf(name)(...values);
  };

  it.each(closed)("refuses an unknown key in $what, and lists the known ones", async (one) => {
    const { keys } = one.bag;
    await expectRefused(withBag(one, { bogus_key: secrets.value }), "bogus_key", keys);
    await expectRefused(withBag(one, { bogus_key: undefined }), "bogus_key", keys);
    for (const key of keys) {
      const refused = withBag(one, { [misspelt(key)]: secrets.value });
      const message = await expectRefused(refused, misspelt(key));
      expect(message).toContain(`Did you mean \`${key}\`?`);
    }
  });

  const promising = bags.filter(({ name }) => name !== "withOptions");
  it.each(promising)(
    "returns a promise or an iterable instead of throwing if $what is invalid",
    ({ name, parameters, index }) => {
      for (const value of [{ bogus_key: 1 }, null]) {
        const values = parameters.map(valueOf);
        values[index] = value;
        const result = methodOf(name)(...values) as Promise<unknown> | AsyncIterable<unknown>;
        expect("then" in result || Symbol.asyncIterator in result).toBe(true);
        if ("then" in result) result.then(undefined, () => undefined);
      }
    },
  );

  it.each(bags)(
    "refuses, as $what, a value that is not an object",
    async ({ name, parameters, index }) => {
      const exotic = [null, secrets.value, [secrets.value], new Map([["state", "active"]])];
      for (const value of [...exotic, Promise.resolve({})]) {
        const values = parameters.map(valueOf);
        values[index] = value;
        sent.length = 0;
        const error = await rejectionOf(outcomeOf(() => methodOf(name)(...values)));
        expect(error).toBeInstanceOf(InvalidInputError);
        expect((error as Error).message).toMatch(/ must be an object, not | can be deleted/);
        expectNoSecret(error);
        expect(sent).toEqual([]);
      }
    },
  );

  const inputs = closed.filter(({ bag }) => bag.name === "input");
  const takesCall = inputs.filter(({ name }) => name !== "oauth.authorizeUrl");
  it.each(takesCall)(
    "refuses `signal` in $what, and says that it belongs in the last argument",
    async (one) => {
      const message = await expectRefused(withBag(one, { signal: undefined }), "signal");
      expect(message).toContain("It belongs in the options of the call.");
      expect(message).not.toContain("Did you mean");
    },
  );

  // Methods that create a client have no input.
  const calls = closed.filter(({ bag, name }) => bag.name === "call" && name !== "discover");
  it.each(calls)(
    "refuses a key in $what if the key belongs in an input, and says so",
    async (one) => {
      const message = await expectRefused(
        withBag(one, { include_stopped_servers: true }),
        listedKey,
      );
      expect(message).toContain("It belongs in an input, before the options.");
      expect(await expectRefused(withBag(one, { server: "gpu" }), "server")).toContain(
        "in an input",
      );
    },
  );
  const listedKey = "include_stopped_servers";
});

describe("a raw function", () => {
  const rows = operationsOf(readYaml(`${root}/openapi/jupyterhub.yaml`)).map((one) => {
    const key = keyOf(one);
    const names = [...one.path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name as string);
    const { query = {}, body = {}, open: isOpen } = operations[key] ?? {};
    return {
      key,
      isOpen,
      query: Object.keys(query),
      body: Object.keys(body),
      names,
      path: Object.fromEntries(names.map((name) => [name, name === "token_id" ? "a5" : "ada"])),
      run: (options: object): unknown => {
        const name = functionName(String(one.operation["operationId"]));
        const call = (api as unknown as Record<string, Run>)[name];
        const { client } = hub;
        // Event streams have no function of their own.
        return call
          ? call({ client, throwOnError: true, ...options })
          : client[one.method]({ url: one.path, throwOnError: true, ...options });
      },
    };
  });

  it("is tested for every operation of the table", () => {
    expect(rows.map(({ key }) => key)).toEqual(Object.keys(operations));
    expect(rows.filter(({ isOpen }) => isOpen).map(({ key }) => key)).toEqual([
      "PUT /groups/{name}/properties",
    ]);
  });

  it.each(rows)("for $key refuses unknown keys in path, query and body", async (row) => {
    const { path, run } = row;
    for (const bag of ["query", "body", "path"] as const) {
      if (bag === "body" && row.isOpen) continue;
      const known = bag === "path" ? row.names : row[bag];
      const having = (key: string) => () =>
        run({ path, [bag]: { ...(bag === "path" && path), [key]: secrets.value } });
      await expectRefused(having("bogus_key"), "bogus_key", known);
      for (const key of known) {
        const message = await expectRefused(having(misspelt(key)), misspelt(key));
        expect(message).toContain(`Did you mean \`${key}\`?`);
      }
    }
    const timout = await expectRefused(() => run({ path, timout: 5 }), "timout");
    expect(timout).toContain("Did you mean `timeout`?");
  });

  it.each(rows)(
    "for $key refuses a key outside of path, query and body, and says where it belongs",
    async (row) => {
      const { path, run } = row;
      for (const bag of ["query", "body"] as const) {
        // A parameter with the name of an option is read as the option.
        for (const key of row[bag].filter((name) => !["url", "headers"].includes(name))) {
          const message = await expectRefused(() => run({ path, [key]: secrets.value }), key);
          expect(message).toMatch(/It belongs in `(path|query|body)`\./);
        }
      }
    },
  );
});
