/**
 * A copy of an OpenAPI document that Prism can serve as a hub: JupyterHub's own documents of any
 * version and the corrected one alike. Purely mechanical, and never a change to the input.
 * What is asked of a request stands in requests.ts, what is answered in responses.ts; this file
 * owns the paths. The copy names no `$ref`, so that a witness can read it as it stands.
 */
import { isObject, listAt, objectAt, operationsOf, parametersOf, writtenOut } from "./document.js";
import type { Json, JsonObject } from "./document.js";
import { tightenRequest } from "./requests.js";
import { completeResponses } from "./responses.js";
import { modernised } from "./swagger.js";

/** Where a hub without prefix has its API. */
export const API_BASE = "/hub/api";

/** "METHOD /path/{template}" → status → what the hub answers. Operations it lacks are ignored. */
export type Examples = {
  readonly [operation: string]: { readonly [status: string]: Json };
};

export interface MockOptions {
  /** The hub's version, where `info.version` lies: 1.2.2 says 1.2.0dev there. */
  version?: string;
  examples?: Examples;
}

/** Each operation carries its name in the original as `x-operation`. */
export type MockDocument = JsonObject & { "x-mock-of": string };

export function mockCopy(document: JsonObject, options: MockOptions = {}): MockDocument {
  const copy = modernised(inlineParameters(writtenOut(document)));
  const version = options.version ?? String(objectAt(copy, "info").version);
  for (const entry of operationsOf(copy)) {
    entry.operation["x-operation"] = entry.key;
    tightenRequest(entry);
    completeResponses(entry, { version, examples: options.examples?.[entry.key] ?? {} });
  }
  const { components, paths, servers: _, basePath: __, ...rest } = copy;
  return {
    ...rest,
    // All else in here is written out where it is used.
    components: { securitySchemes: objectAt(components, "securitySchemes") },
    paths: served(isObject(paths) ? paths : {}),
    "x-mock-of": version,
  };
}

/** Parameters of a path belong to each of its operations. */
function inlineParameters(document: JsonObject): JsonObject {
  for (const { path, operation } of operationsOf(document)) {
    const shared = listAt(objectAt(objectAt(document, "paths"), path), "parameters");
    if (shared.length === 0) continue;
    operation.parameters = [...listAt(operation, "parameters"), ...structuredClone(shared)];
  }
  for (const item of Object.values(objectAt(document, "paths"))) {
    if (isObject(item)) delete item.parameters;
  }
  return document;
}

/**
 * Prism ignores `servers`, so paths carry the base; and it refuses an empty path value, so the
 * default server of `/…/{owner}/{server_name}` is a path of its own, with a trailing slash.
 */
function served(paths: JsonObject): JsonObject {
  const entries = Object.entries(paths).flatMap(([path, item]): [string, Json][] => {
    const defaultServer = path.replace(/(\/\{owner\}\/)\{server_name\}$/, "$1");
    if (defaultServer === path || !isObject(item)) return [[path, item]];
    return [
      [path, item],
      [defaultServer, withoutServerName(item)],
    ];
  });
  return Object.fromEntries(entries.map(([path, item]) => [API_BASE + path, item]));
}

function withoutServerName(item: JsonObject): JsonObject {
  const copy = structuredClone(item);
  for (const operation of Object.values(copy)) {
    if (!isObject(operation)) continue;
    const named = parametersOf(operation, "path").filter(({ name }) => name === "server_name");
    operation.parameters = listAt(operation, "parameters").filter((one) => !named.includes(one));
    // Prism wants ids to be unique, as OpenAPI does.
    delete operation.operationId;
  }
  return copy;
}
