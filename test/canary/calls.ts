/**
 * Every operation with every secret that it can contain: the calls of the contract tests, the methods that take
 * secrets, and each raw function with a secret in every parameter and body key that can hold one.
 */
import * as api from "../../src/api.js";
import type { JupyterHub } from "../../src/index.js";
import { calls as contractCalls, titleOf } from "../contract/calls.js";
import {
  isObject,
  objectAt,
  operationsOf,
  parametersOf,
  propertiesOf,
} from "../../src/testing/mock/document.js";
import type { Json, JsonObject, Operation } from "../../src/testing/mock/document.js";
import { corrected } from "../mock/openapi-files.js";
import { mockCopy } from "../mock/mock-copy.js";
import { sampleRequests } from "../mock/sample-requests.js";
import { planted } from "./planted-secrets.js";

export interface CanaryCall {
  name: string;
  run: (hub: JupyterHub) => PromiseLike<unknown>;
}

/** Calls of the methods that accept a secret, each with a planted secret. */
const methods: Record<string, CanaryCall["run"]> = {
  "tokens.identify": (hub) => hub.tokens.identify(planted["another token"]),
  "users.update": (hub) =>
    hub.users.update("ada", { auth_state: { upstream: planted.auth_state } }),
  "shareCodes.revoke": (hub) => hub.shareCodes.revoke("ada", { code: planted["share code"] }),
  "services.create": (hub) =>
    hub.services.create("board", { api_token: planted["service's token"] }),
  "proxy.update": (hub) => hub.proxy.update({ auth_token: planted["proxy's token"] }),
  "servers.start": (hub) =>
    hub.servers.start("ada", { user_options: { key: planted["user's option"] } }),
  "servers.create": (hub) =>
    hub.servers.create("ada", { server: "gpu", user_options: { key: planted["user's option"] } }),
  "groups.setProperties": (hub) =>
    hub.groups.setProperties("lab", {
      apiToken: planted["key in camel case"],
      DB_PASSWORD: planted["key in capitals"],
      upstream: { clientSecret: [planted["key with a word before"]] },
      api_key: Number(planted["secret number"]),
    }),
  "tokens.login": (hub) => hub.tokens.login("ada", { password: planted.password }),
  "oauth.exchangeCode": (hub) =>
    hub.oauth.exchangeCode(
      `https://portal.example.org/callback?state=a&code=${encodeURIComponent(planted["OAuth code"])}`,
      { state: "a", verifier: planted["PKCE verifier"] },
    ),
  "a call's own headers": (hub) =>
    hub.users.get("ada", {}, { headers: { Authorization: `Bearer ${planted["another token"]}` } }),
  "tokens.identify beside a header": (hub) =>
    hub.tokens.identify(planted["another token"], { headers: { authorization: "Bearer x" } }),
};

/** The parameters and body keys of the document that hold secrets, each with the planted value. */
const places: Record<string, Json> = {
  token: planted["another token"],
  cookie_value: planted["cookie of a user"],
  code: planted["share code"],
  password: planted.password,
  auth: { username: "ada", password: planted.password },
  auth_state: { upstream: planted.auth_state },
  auth_token: planted["proxy's token"],
  api_token: planted["service's token"],
  client_secret: planted["client secret"],
  code_verifier: planted["PKCE verifier"],
  user_options: { key: planted["user's option"] },
  environment: { KEY: planted["service's key"] },
};

const document = corrected();
const mock = mockCopy(document);
const samples = new Map(
  sampleRequests(mock).map(({ key, ...rest }) => [key.replace("/hub/api", ""), rest]),
);
const described = new Map(operationsOf(mock).map((one) => [one.key.replace("/hub/api", ""), one]));

type Raw = (options: Record<string, unknown>) => Promise<unknown>;

/** Returns the generated function of an operation. */
export const functionOf = (operationId: string): Raw => {
  const name = operationId.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
  return (api as unknown as Record<string, Raw>)[name] as Raw;
};

/**
 * Every operation of the document, with its generated function and its arguments: the required ones, and all that can
 * hold a secret.
 */
export const rawCalls = operationsOf(document).map(({ key, operation }) => {
  const { properties, parameters } = roomIn(described.get(key));
  const sample = samples.get(key);
  const query = Object.fromEntries(new URL(`http://x${sample?.path}`).searchParams);
  const smallest = sample?.init.body ? (readBody(String(sample.init.body)) as JsonObject) : {};
  const body = { ...smallest, ...secretsAmong(properties, key) };
  const hasBody = Object.keys(body).length > 0 || sample?.init.body !== undefined;
  return {
    key,
    call: functionOf(String(operation["operationId"])),
    path: Object.fromEntries(
      [...key.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => [name, places[name] ?? name]),
    ),
    query: { ...query, ...secretsAmong(parameters, key) },
    ...(hasBody && { body }),
  };
});

function readBody(text: string): unknown {
  return text.startsWith("{") ? JSON.parse(text) : Object.fromEntries(new URLSearchParams(text));
}

/** Returns the names of all query parameters and body keys of an operation. */
function roomIn(entry: Operation | undefined) {
  const content = objectAt(objectAt(entry?.operation, "requestBody"), "content");
  return {
    properties: Object.values(content).flatMap((media) => deep(objectAt(media, "schema"))),
    parameters: parametersOf(entry?.operation ?? {}, "query").map(({ name }) => String(name)),
  };
}

/** Returns the keys of a body's schema, including those of the schema's alternatives. */
function deep(schema: Json | undefined): string[] {
  if (!isObject(schema)) return [];
  const parts = ["oneOf", "anyOf", "allOf"].map((list) => schema[list]);
  return [
    ...Object.keys(propertiesOf(schema)),
    ...parts.flatMap((part) => (Array.isArray(part) ? part.flatMap(deep) : [])),
  ];
}

function secretsAmong(names: readonly string[], key: string): JsonObject {
  const ofOAuth = key.includes("/oauth2/") ? { code: planted["OAuth code"] } : {};
  const all: JsonObject = { ...places, ...ofOAuth };
  return Object.fromEntries(
    names.filter((name) => name in all).map((name) => [name, all[name] as Json]),
  );
}

/** A route that the table of operations does not contain, with secrets in its query. */
const unknownRoute = `/custom?token=${encodeURIComponent(planted["another token"])}&code=${encodeURIComponent(planted["share code"])}`;

export const calls: readonly CanaryCall[] = [
  ...contractCalls.map((call) => ({ name: `hub.${titleOf(call)}`, run: call.run })),
  ...Object.entries(methods).map(([name, run]) => ({ name: `hub.${name} with secrets`, run })),
  ...rawCalls
    .filter(({ key }) => !key.endsWith("/progress"))
    .map(({ key, call, ...request }) => ({
      name: key,
      run: ({ client }: JupyterHub) => call({ ...request, client, throwOnError: true }),
    })),
  ...rawCalls
    .filter(({ key }) => key.endsWith("/progress"))
    .map(({ key, path }) => ({
      name: `${key}, a stream`,
      run: async ({ client }: JupyterHub) => {
        const url = key.replace("GET ", "");
        const { data } = await client.get({ url, path, throwOnError: true, parseAs: "stream" });
        return new Response(data as ReadableStream).text();
      },
    })),
  {
    name: "GET /custom, which the table lacks",
    run: ({ client }) => client.get({ url: unknownRoute, throwOnError: true }),
  },
];
