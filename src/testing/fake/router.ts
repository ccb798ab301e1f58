/**
 * Routes a request to its handler. The operations of the release come from a table that is generated from the OpenAPI
 * document. Checks scopes before the handler runs.
 */
import { operations } from "../../../generated/operations.gen.js";
import { InvalidInputError } from "../../core/errors.js";
import { decoded } from "../../core/url.js";
import { isAtLeast } from "../../core/version.js";
import { activity } from "./activity.js";
import { Call, type Incoming } from "./call.js";
import type { Endpoint, Endpoints } from "./endpoints.js";
import { groups } from "./groups.js";
import { anyOrigin, hubItself } from "./hub-itself.js";
import { oauth } from "./oauth.js";
import { progress } from "./progress.js";
import { empty, HttpError, type Reply } from "./replies.js";
import { servers } from "./servers.js";
import { services } from "./services.js";
import { shareCodes } from "./share-codes.js";
import { shares } from "./shares.js";
import { tokens } from "./tokens.js";
import { userList } from "./user-list.js";
import { users } from "./users.js";
import type { World } from "./world.js";

const endpoints: Endpoints = {
  ...hubItself,
  ...oauth,
  ...userList,
  ...users,
  ...activity,
  ...tokens,
  ...servers,
  ...progress,
  ...groups,
  ...services,
  ...shares,
  ...shareCodes,
};

interface Route {
  /** "GET /users/{name}" */
  operation: string;
  method: string;
  pattern: RegExp;
  names: readonly string[];
  endpoint: Endpoint;
}

export interface Match {
  operation: string;
  answer: (world: World, request: Incoming) => Reply | Promise<Reply>;
}

export class Router {
  readonly #routes: readonly Route[];

  constructor(version: string) {
    // Operations that the release has removed stay in the list, since hubs answer them with a message.
    this.#routes = Object.entries(operations)
      .filter(([, { since = "0" }]) => isAtLeast(version, since))
      .map(([operation]) => routeOf(operation));
  }

  /** Throws an {@link InvalidInputError} unless the release has the operation, such as "GET /users/{name}". */
  check(operation: string): void {
    if (this.#routes.some((one) => one.operation === operation)) return;
    throw new InvalidInputError(
      `The fake hub has no operation ${operation}. Operations are written as "GET /users/{name}".`,
    );
  }

  /** Returns the handler of a request; for an unknown path or method, a handler that responds with an error. */
  find(method: string, path: string): Match {
    const fitting = this.#routes.filter(({ pattern }) => pattern.test(path));
    const route = fitting.find((one) => one.method === method);
    const operation = route?.operation ?? `${method} ${path}`;
    if (!route) {
      if (fitting.length > 0 && method === "OPTIONS")
        return { operation, answer: () => empty(200) };
      // The health check is the only operation that accepts HEAD.
      if (path === "/health" && method === "HEAD") {
        return { operation, answer: () => empty(200, "text/html") };
      }
      const status = fitting.length > 0 ? 405 : 404;
      return {
        operation,
        answer: (world) => {
          throw new HttpError(status, undefined, path.length < 2 ? anyOrigin(world) : {});
        },
      };
    }
    return { operation, answer: (world, request) => answer(route, world, request) };
  }
}

function routeOf(operation: string): Route {
  const [method = "", path = ""] = operation.split(" ");
  const endpoint = endpoints[operation];
  if (!endpoint) throw new Error(`The fake hub does not answer ${operation}`);
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  // The default server has an empty name at the end of a path.
  const source = path.replace(/\{(\w+)\}/g, (_, name: string) =>
    name === "server_name" ? "([^/]*)" : "([^/]+)",
  );
  const pattern = new RegExp(path === "/" ? "^/?$" : `^${source}$`);
  return { operation, method, pattern, names, endpoint };
}

function answer(route: Route, world: World, request: Incoming): Reply | Promise<Reply> {
  const values = route.pattern.exec(request.path)?.slice(1) ?? [];
  const params = Object.fromEntries(
    route.names.map((name, index) => [name, decoded(values[index] ?? "")]),
  );
  const call = new Call(world, request, params);
  const { scopes, of, listing = false, handle } = route.endpoint;
  if (scopes) call.require(scopes, filtersOf(call, of), listing);
  return handle(call);
}

/** Returns the scope filters that include the resource in the path. */
function filtersOf(call: Call, of: Endpoint["of"]): string[] {
  const name = call.param("name");
  if (of === undefined) return [];
  if (of === "owner") {
    const server = "server_name" in call.params ? call.param("server_name") : "None";
    return [`server=${call.param("owner")}/${server}`];
  }
  if (of !== "server") return [`${of}=${name}`];
  const server = `server=${name}/${call.param("server_name")}`;
  return call.world.since("5.0") ? [server] : [`user=${name}`, server];
}
