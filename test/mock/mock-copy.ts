/**
 * A copy of an OpenAPI document that Prism can serve as a hub: JupyterHub's own documents of any
 * version and the corrected one alike. Purely mechanical, and never a change to the input.
 * What is asked of a request stands in requests.ts, what is answered in responses.ts; this file
 * owns the paths. The copy names no `$ref`, so that a witness can read it as it stands.
 */
import { isObject, listAt, objectAt, operationsOf, dereferenced } from "./document.js";
import type { Json, JsonObject } from "./document.js";
import { tightenRequest } from "./requests.js";
import { completeResponses } from "./responses.js";
import { upgradedToOpenApi3 } from "./swagger.js";

/** Where a hub without prefix has its API. */
export const API_BASE = "/hub/api";

/**
 * "METHOD /path/{template}" → status → what the hub answers; a default server's path with a
 * trailing slash may have its own. Operations that the document lacks are ignored, because an
 * older hub lacks some; a status that an operation lacks is an error.
 */
export type Examples = {
  readonly [operation: string]: { readonly [status: string]: Json };
};

export interface MockOptions {
  /** The hub's version, where `info.version` lies: 1.2.2 says 1.2.0dev there. */
  version?: string;
  examples?: Examples;
}

/** Names its version, and in `x-operation` what each operation is called in the original. */
export type MockDocument = JsonObject & { "x-mock-of": string };

export function mockCopy(document: JsonObject, options: MockOptions = {}): MockDocument {
  const copy = upgradedToOpenApi3(inlineParameters(dereferenced(document)));
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
    // All else in here is written out where it is used.
    components: { securitySchemes: objectAt(components, "securitySchemes") },
    // Prism ignores `servers`, so the paths carry the base.
    paths: Object.fromEntries(entries.map(([path, item]) => [API_BASE + path, item])),
    "x-mock-of": version,
  };
}

/** Parameters of a path belong to each of its operations. */
function inlineParameters(document: JsonObject): JsonObject {
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
 * Prism refuses an empty path value. Where that means the default server, `/shares/{owner}/` and
 * its like, the trailing slash makes a path of its own, with the name of the original operation.
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
    // Prism wants ids to be unique, as OpenAPI does.
    delete operation["operationId"];
  }
  return copy;
}
