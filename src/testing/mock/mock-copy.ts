/**
 * Copies an OpenAPI 3 document so that Prism can serve it as a hub. Mechanical, and never changes the input.
 * requests.ts does the request side, responses.ts the response side, and this file the paths. The copy has no `$ref`.
 */
import { isObject, listAt, objectAt, operationsOf, dereferenced } from "./document.js";
import type { Json, JsonObject } from "./document.js";
import { tightenRequest } from "./requests.js";
import { completeResponses } from "./responses.js";

/** The base path of the API on a hub without prefix. */
export const API_BASE = "/hub/api";

/**
 * "METHOD /path/{template}" → status → the response. A default server's path with a trailing slash may have
 * its own. Operations that the document lacks are ignored, because older hubs lack some; a status that an
 * operation lacks is an error.
 */
export type Examples = {
  readonly [operation: string]: { readonly [status: string]: Json };
};

export interface MockOptions {
  /** The hub's version, if `info.version` is wrong: 1.2.2 has 1.2.0dev. */
  version?: string;
  examples?: Examples;
}

/** Contains its version, and in `x-operation` each operation's original name. */
export type MockDocument = JsonObject & { "x-mock-of": string };

export function mockCopy(document: JsonObject, options: MockOptions = {}): MockDocument {
  const copy = inlineParameters(dereferenced(document));
  const version = options.version ?? String(objectAt(copy, "info")["version"]);
  for (const { key, operation } of operationsOf(copy)) operation["x-operation"] = key;
  copy["paths"] = withDefaultServers(objectAt(copy, "paths"));
  for (const entry of operationsOf(copy)) {
    const named = String(entry.operation["x-operation"]);
    const examples = options.examples?.[entry.key] ?? options.examples?.[named] ?? {};
    tightenRequest(entry);
    completeResponses(entry, { version, examples });
  }
  const { components, paths, servers: _, basePath: __, ...rest } = copy;
  const entries = Object.entries(isObject(paths) ? paths : {});
  return {
    ...rest,
    // Everything else here is dereferenced.
    components: { securitySchemes: objectAt(components, "securitySchemes") },
    // Prism ignores `servers`, so the paths carry the base.
    paths: Object.fromEntries(entries.map(([path, item]) => [API_BASE + path, item])),
    "x-mock-of": version,
  };
}

/** Moves the parameters of a path to each of its operations. */
export function inlineParameters(document: JsonObject): JsonObject {
  for (const { path, operation } of operationsOf(document)) {
    const shared = listAt(objectAt(objectAt(document, "paths"), path), "parameters");
    if (shared.length === 0) continue;
    operation["parameters"] = [...listAt(operation, "parameters"), ...structuredClone(shared)];
  }
  for (const item of Object.values(objectAt(document, "paths"))) {
    if (isObject(item)) delete item["parameters"];
  }
  return document;
}

/**
 * Prism rejects an empty path value. If that means the default server, as in `/shares/{owner}/`, a separate
 * path with a trailing slash has the name of the original operation.
 */
function withDefaultServers(paths: JsonObject): JsonObject {
  const entries = Object.entries(paths).flatMap(([path, item]): [string, Json][] => {
    const defaultServer = path.replace(/(\/\{owner\}\/)\{server_name\}$/, "$1");
    if (defaultServer === path || !isObject(item)) return [[path, item]];
    return [
      [path, item],
      [defaultServer, withoutServerName(item)],
    ];
  });
  return Object.fromEntries(entries);
}

function withoutServerName(item: JsonObject): JsonObject {
  const copy = structuredClone(item);
  for (const operation of Object.values(copy)) {
    if (!isObject(operation)) continue;
    operation["parameters"] = listAt(operation, "parameters").filter(
      ({ name, in: place }) => place !== "path" || name !== "server_name",
    );
    // Prism requires unique ids, as OpenAPI does.
    delete operation["operationId"];
  }
  return copy;
}
