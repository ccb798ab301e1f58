/** The public surface: its exports, their documentation, and types without `any`. */
import ts from "typescript";
import { describe, expect, it } from "vitest";
import { operations, scopes } from "../../generated/operations.gen.js";
import {
  methodOperations,
  localMethods,
  methodScopes,
  onlyScope,
} from "../../scripts/method-operations.js";
import { operationsOf, readYaml } from "../../scripts/document.js";
import { functionName } from "../../scripts/operation-table.js";
import * as api from "../../src/api.js";
import { packageVersion } from "../../src/core/options.js";
import * as index from "../../src/index.js";
import * as testing from "../../src/testing/index.js";
import {
  anyIn,
  documentationOf,
  emittedDeclarations,
  exportsOf,
  methodsOf,
  parametersOf,
  sourceFile,
} from "./public.js";
import { files, manifest, parse, root } from "./sources.js";

const exported = [...exportsOf("src/index.ts"), ...exportsOf("src/api.ts")];
const methods = methodsOf("src/index.ts");
const classes = exported.flatMap(({ name, declaration }) =>
  ts.isClassDeclaration(declaration) ? [{ name, declaration }] : [],
);

describe("the main entry", () => {
  it("exports exactly the listed values", () => {
    expect(Object.keys(index).toSorted()).toEqual([
      "AuthenticationError",
      "BadRequestError",
      "ConflictError",
      "ConnectionError",
      "ForbiddenError",
      "HubError",
      "InvalidInputError",
      "JupyterHub",
      "JupyterHubError",
      "NotFoundError",
      "RateLimitError",
      "ServerNotRunningError",
      "SpawnFailedError",
      "TimeoutError",
      "UnexpectedResponseError",
      "UnsupportedByHubError",
      "XsrfError",
      "hasScope",
      "isJupyterHubError",
    ]);
  });

  it("exports all error classes; each extends JupyterHubError, and the `name` of its errors is the class's name", () => {
    const errors = Object.entries(index).filter(([name]) => /^[A-Z].*Error$/.test(name));
    expect(errors).toHaveLength(16);
    for (const [name, value] of errors) {
      const { prototype } = value as { prototype: unknown };
      const isBase = value === index.JupyterHubError;
      expect(isBase || prototype instanceof index.JupyterHubError, name).toBe(true);
      const Class = value as new (message: string, details: object) => Error;
      expect(new Class("", {}).name).toBe(name);
    }
  });
});

it("the documentation of every error class says what to do about the error", () => {
  const advice = /[.:\n] (\* )?(Act|Check|Fix|Give|Raise|Read|Reload|See|Start|Take|Try|Use)\b/;
  const errors = classes.filter(({ name }) => name.endsWith("Error"));
  expect(errors.length).toBeGreaterThan(10);
  for (const { name, declaration } of errors) {
    expect(documentationOf(declaration), name).toMatch(advice);
  }
});

describe("the entry point /testing", () => {
  const exported = exportsOf("src/testing/index.ts");
  const functions = exported.filter(({ declaration }) => ts.isFunctionDeclaration(declaration));
  const members = exported.flatMap(({ name, declaration }) =>
    ts.isInterfaceDeclaration(declaration)
      ? declaration.members.map((member) => ({ name: `${name}.${member.name?.getText()}`, member }))
      : [],
  );

  it("exports exactly the listed values", () => {
    expect(Object.keys(testing).toSorted()).toEqual([
      "ContractError",
      "FakeHub",
      "assertContract",
      "checkHub",
      "startMockHub",
    ]);
  });

  it.each(functions)(
    "documents what $name does, its parameters, its errors and its first release",
    (one) => {
      const text = documentationOf(one.declaration);
      for (const part of [
        /^\/\*\*\n \* [A-Z]/,
        /Since 0\.\d/,
        /@param options/,
        /@throws \w+Error/,
      ]) {
        expect(text).toMatch(part);
      }
    },
  );

  it.each(exported)("documents $name", ({ declaration }) => {
    expect(documentationOf(declaration)).toMatch(/\/\*\*\s*\S/);
  });

  it.each(members)("documents $name", ({ member }) => {
    expect(documentationOf(member)).toMatch(/\/\*\*\s*\S/);
  });
});

describe("the entry point /api", () => {
  it("exports createClient and a function for every operation except the two event streams", () => {
    const document = readYaml(`${root}/openapi/jupyterhub.yaml`);
    const streams = ["getUserServerProgress", "getUserServerNameProgress"];
    const expected = operationsOf(document)
      .map(({ operation }) => functionName(String(operation["operationId"])))
      .filter((name) => !streams.includes(name));
    const own = ["JupyterHubError", "createClient", "isJupyterHubError"];
    expect(Object.keys(api).toSorted()).toEqual([...own, ...expected].toSorted());
    expect(Object.values(api).every((value) => typeof value === "function")).toBe(true);
    expect(expected).toHaveLength(Object.keys(operations).length - streams.length);
  });
});

describe("the version in the User-Agent header", () => {
  it("is the version of package.json", () => {
    expect(packageVersion).toBe(manifest.version);
  });
});

describe("the parameters of methods", () => {
  /** Methods that are exempt: they create a client, take part in OAuth, or resemble the runtime's `fetch`. */
  const others = [
    "withOptions",
    "discover",
    "servers.fetch",
    "oauth.authorizeUrl",
    "oauth.exchangeCode",
  ];
  const alike = methods.filter(({ name }) => !others.includes(name));

  it("have the same order in all methods except the listed ones", () => {
    const names = methods.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(others));
    expect(alike).toHaveLength(names.length - others.length);
  });

  it.each(alike)(
    "of $name are names, then an input if the method takes one, then the options of the call",
    ({ name, method }) => {
      const parameters = parametersOf(method);
      const call = parameters.pop();
      expect(call).toMatchObject({ name: "call", isOptional: true });
      expect(call?.keys).toEqual(expect.arrayContaining(["signal", "timeout", "headers"]));
      const input = parameters.at(-1)?.name === "input" ? parameters.pop() : undefined;
      expect(Boolean(input)).toBe((methodOperations[name] ?? []).some(takesInput));
      for (const { type, isOptional } of parameters) {
        expect(["string", "Targets<StartTarget>", "Targets<StopTarget>", "Feature"]).toContain(
          type,
        );
        expect(isOptional).toBe(false);
      }
    },
  );

  const takesInput = (key: string): boolean => {
    const { query, body } = operations[key] ?? {};
    return Boolean(query ?? body) || key.includes("{server_name}");
  };
});

describe("the documentation", () => {
  it.each(exported)("documents $name", ({ declaration }) => {
    expect(documentationOf(declaration)).toMatch(/\/\*\*\s*\S/);
  });

  // `cause` needs no comment, since it is a part of the language.
  const members = exported.flatMap(({ name, declaration }) =>
    ts.isInterfaceDeclaration(declaration)
      ? declaration.members
          .filter((member) => member.name?.getText() !== "cause")
          .map((member) => ({ name: `${name}.${member.name?.getText()}`, member }))
      : [],
  );
  it.each(members)("documents $name", ({ member }) => {
    expect(documentationOf(member)).toMatch(/\/\*\*\s*\S/);
  });

  it.each(methods)("says what $name does and which operations it calls", ({ name, method }) => {
    const text = documentationOf(method);
    expect(text).toMatch(/^\/\*\*\n\s+\* [A-Z]/);
    const named = [...text.matchAll(/`([A-Z]+ \/[^`\s]*)`/g)].map(([, operation]) => operation);
    if (!localMethods.includes(name)) expect(named.length).toBeGreaterThan(0);
    expect(named.filter((operation) => !operations[operation ?? ""])).toEqual([]);
    expect(named).toEqual(expect.arrayContaining([...(methodOperations[name] ?? [])]));
  });

  it.each(methods)(
    "gives the same first release and scopes for $name as the OpenAPI document",
    ({ name, method }) => {
      const text = documentationOf(method);
      for (const key of methodOperations[name] ?? []) {
        const { since } = operations[key] ?? {};
        if (since && name !== "servers.get")
          expect([key, text]).toEqual([key, containing(`since ${since}`)]);
        const needed = onlyScope(name, key) ?? scopes[key]?.[0] ?? "";
        if (needed === "" || needed === "(no_scope)") continue;
        // The comment names one of alternative scopes, or all scopes that are needed together.
        for (const scope of needed.split(" + "))
          expect([key, text]).toEqual([key, containing(scope)]);
      }
      for (const { also } of [methodScopes[name] ?? {}]) {
        if (also) expect(text).toContain(also);
      }
      for (const [parameter, { since }] of newParameters(name)) {
        expect([parameter, text]).toEqual([parameter, containing(`since ${since}`)]);
      }
    },
  );

  it("is checked against a table that lists every method", () => {
    const names = methods.map(({ name }) => name).filter((name) => name !== "discover");
    expect(names.toSorted()).toEqual(
      [...Object.keys(methodOperations), ...localMethods].toSorted(),
    );
  });
});

describe("the types", () => {
  it.each(files)("of %s are declared without `any`", (file) => {
    expect(anyIn(file, sourceFile(file))).toEqual([]);
  });

  it("are published without `any`, even where they are inferred", () => {
    const emitted = emittedDeclarations();
    expect(emitted.size).toBe(files.length);
    expect([...emitted].flatMap(([file, text]) => anyIn(file, parse(file, text)))).toEqual([]);
  });
});

const containing = (words: string): string => expect.stringContaining(words) as string;

/** The query parameters and body keys of a method that are newer than their operation. */
const newParameters = (alias: string) =>
  // `ensure` uses its input only for a new user.
  (alias === "users.ensure" ? [] : (methodOperations[alias] ?? []))
    .flatMap((key) => [operations[key]?.query ?? {}, operations[key]?.body ?? {}])
    .flatMap((rules) => Object.entries(rules))
    // The input of a start has comments of its own.
    .filter(([name, { since }]) => since && !/^(user_options|display_name|auth)$/.test(name))
    .filter(([name]) => alias !== "servers.listActive" || name !== "include_stopped_servers");
