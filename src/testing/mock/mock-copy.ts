/**
 * Copies an OpenAPI 3 document and adapts the copy, so that Prism can serve it as a hub. The input stays unchanged, and
 * the copy has no `$ref`. requests.ts adapts the requests, responses.ts the responses, and this file the paths.
 */
import { isObject, listAt, objectAt, operationsOf, dereferenced } from "./document.js";
import type { Json, JsonObject } from "./document.js";
import { tightenRequest } from "./requests.js";
import { completeResponses } from "./responses.js";

/** The base path of the API on a hub without a prefix of its own. */
export const API_BASE = "/hub/api";

/**
 * Example responses, first by operation ("METHOD /path/{template}"), then by status. The path of a default server,
 * which ends with a slash, may have examples of its own. Operations that the document lacks are ignored, because older
 * hubs lack some. A status that an operation does not declare causes an error.
 */
export type Examples = {
  readonly [operation: string]: { readonly [status: string]: Json };
};

export interface MockOptions {
  /** The hub's version, if `info.version` is wrong: in the document of hub 1.2.2, it is 1.2.0dev. */
  version?: string;
  examples?: Examples;
}

/** A document for Prism. `x-mock-of` is the hub's version. In each operation, `x-operation` is the original name. */
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
    // All other components are inlined where they are referenced.
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
 * Adds paths for default servers, whose name is empty, because Prism rejects an empty path parameter. The added path
 * ends with a slash, as in `/shares/{owner}/`. Its operations have the same names as those of the original path.
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
