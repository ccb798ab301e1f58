/**
 * A small hub on a real socket for the runtimes: users over pages, one slow start with progress, a token,
 * a gateway that fails once, and a request that never ends. The scenario is all that it knows.
 */
import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface ScenarioHub extends AsyncDisposable {
  /** `http://127.0.0.1:<port>` */
  readonly origin: string;
  readonly token: string;
}

const count = 450;
const names = Array.from({ length: count }, (_, index) => `user-${String(index).padStart(3, "0")}`);
const started = "2026-10-21T12:00:00.000000Z";

type Reply = [status: number, body?: unknown];

/** Starts a hub in its first state; it ends when it is disposed. */
export async function startScenarioHub(): Promise<ScenarioHub> {
  const token = randomBytes(16).toString("hex");
  let failures = 1;
  let server: "stopped" | "spawn" | "ready" = "stopped";
  const tokens = new Set<string>();

  const serverModel = () => ({
    name: "",
    full_name: "user-000/",
    ready: server === "ready",
    stopped: server === "stopped",
    pending: server === "spawn" ? "spawn" : null,
    url: "/user/user-000/",
    full_url: null,
    full_progress_url: null,
    progress_url: "/hub/api/users/user-000/server/progress",
    user_options: {},
    started: server === "stopped" ? null : started,
    last_activity: started,
    state: {},
  });
  const userModel = (name: string) => ({
    kind: "user",
    name,
    admin: false,
    roles: ["user"],
    groups: [],
    server: name === names[0] && server === "ready" ? "/user/user-000/" : null,
    pending: name === names[0] && server === "spawn" ? "spawn" : null,
    created: started,
    last_activity: started,
    servers: name === names[0] && server !== "stopped" ? { "": serverModel() } : {},
  });

  function page(query: URLSearchParams): Reply {
    const offset = Number(query.get("offset") ?? 0);
    const limit = Number(query.get("limit") ?? 50);
    const next = offset + limit < count ? { offset: offset + limit, limit, url: "" } : null;
    return [
      200,
      {
        items: names.slice(offset, offset + limit).map(userModel),
        _pagination: { offset, limit, total: count, next },
      },
    ];
  }

  /** What the hub answers; undefined for a request that it leaves without an answer. */
  function replyTo(route: string, query: URLSearchParams): Reply | undefined {
    const name = /^\w+ \/users\/([^/]+)/.exec(route)?.[1];
    if (name === "never") return undefined;
    if (name !== undefined && !names.includes(name)) return [404, { status: 404, message: "" }];
    switch (route) {
      case "GET /":
        return [200, { version: "6.1.1" }];
      case "GET /users":
        return page(query);
      case "GET /groups/staff":
        failures -= 1;
        return failures >= 0 ? [503] : [200, { kind: "group", name: "staff", users: [] }];
      case "GET /users/user-000/server":
        return server === "stopped" ? [404] : [200, serverModel()];
      case "POST /users/user-000/server":
        server = "spawn";
        return [202];
      case "DELETE /users/user-000/server":
        server = "stopped";
        return [204];
      case "POST /users/user-000/tokens": {
        const id = `a${tokens.size + 1}`;
        tokens.add(id);
        return [201, { id, token: randomBytes(8).toString("hex"), kind: "api_token", scopes: [] }];
      }
      default: {
        const id = /^DELETE \/users\/user-000\/tokens\/(.+)/.exec(route)?.[1];
        if (id !== undefined) return [tokens.delete(id) ? 204 : 404];
        return route === `GET /users/${name}` ? [200, userModel(name!)] : [404];
      }
    }
  }

  /** Sends the progress of the start, and ends it. */
  function sendProgress(response: ServerResponse): void {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    const send = (event: object): boolean => response.write(`data: ${JSON.stringify(event)}\n\n`);
    send({ progress: 0, message: "Server requested" });
    send({ progress: 50, message: "Pulling the image" });
    server = "ready";
    send({ progress: 100, ready: true, message: "Server ready", url: "/user/user-000/" });
    response.end();
  }

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url!, "http://localhost");
    if (!url.pathname.startsWith("/hub/api")) {
      response
        .writeHead(200, { "Content-Type": "text/html" })
        .end("<!doctype html><title>Page</title>");
      return;
    }
    response.setHeader("X-JupyterHub-Version", "6.1.1");
    const route = `${request.method} ${url.pathname.slice("/hub/api".length) || "/"}`;
    const isKnown = request.headers.authorization === `Bearer ${token}`;
    if (route === "GET /users/user-000/server/progress" && isKnown) return sendProgress(response);
    const reply =
      isKnown || route === "GET /" ? replyTo(route, url.searchParams) : ([403] as Reply);
    if (!reply) return;
    const [status, body] = reply;
    // Hubs answer with JSON, except for a 204; a gateway in front of them does not.
    if (status === 204) response.writeHead(204).end();
    else if (status === 503) response.writeHead(503).end();
    else {
      response.writeHead(status, { "Content-Type": "application/json" });
      response.end(JSON.stringify(body ?? (status < 400 ? null : { status, message: "" })));
    }
  }

  const listener = createServer((request, response) => {
    request.resume().on("end", () => answer(request, response));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  if (typeof address !== "object" || !address) throw new Error("The server has no port.");
  return {
    origin: `http://127.0.0.1:${address.port}`,
    token,
    async [Symbol.asyncDispose]() {
      listener.closeAllConnections();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}
