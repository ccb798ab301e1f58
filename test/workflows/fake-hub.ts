/**
 * A hub with one user, ada. Clients reach it through an injected `fetch`.
 *
 * While the fake time advances, her servers go through the states in their `fate`. The hub responds like a real one
 * (version header, error bodies, refusals), unless a test sets the next response of a route. The FakeHub of src/testing
 * is not enough here: tests need states and responses that a healthy hub does not have, such as a 201 while the server
 * is still pending.
 */
import { JupyterHub } from "../../src/index.js";
import { isAtLeast } from "../../src/core/version.js";
import type { JupyterHubOptions, ProgressEvent } from "../../src/index.js";
import { elapse, streamOf, type Piece } from "./fake-stream.js";

export type State = "ready" | "spawn" | "check" | "stop" | "stopped" | "gone";

/** The future states of a server, each with the time at which it begins, in milliseconds from now. */
export type Fate = readonly (readonly [at: number, state: State])[];

/** The events of a Spawner, each with its time in milliseconds from the start of the spawn. */
export type Tale = readonly (readonly [at: number, event: Partial<ProgressEvent>])[];

/** A response that a test sets for a route, instead of the hub's own. */
export interface Answer {
  status: number;
  message?: string | null;
  body?: unknown;
  headers?: Record<string, string>;
  /** The states of the route's server from the time of the request on. */
  fate?: Fate;
  /** The delay of the response, in milliseconds. */
  takes?: number;
  /** The pieces of the response, if it is an event stream. */
  stream?: readonly Piece[];
  /** True if the response is lost after the hub has carried out the request. */
  lost?: true;
}

export interface Sent {
  /** Method, path and query: "GET /users/ada?limit=1". */
  route: string;
  /** The parsed JSON body; undefined if the request has no body. */
  body: unknown;
}

interface FakeServer {
  fate: Fate;
  /** The time at which `fate` was set. */
  from: number;
  user_options: unknown;
}

const base = "http://hub.test.local/hub/api";
const slowStart: Fate = [
  [0, "spawn"],
  [2000, "ready"],
];

export class FakeHub {
  readonly sent: Sent[] = [];
  userExists = true;
  /** The events that every Spawner reports. */
  tale: Tale = [[500, { progress: 50, message: "Starting" }]];
  /** The reason that a failing Spawner reports. */
  why = "No GPU is left";
  /** Answers requests to the address of a server. By default, redirects to a page of the hub. */
  atAddress: typeof fetch = async () => redirectTo("/hub/user/ada/");
  /** The number of open streams. */
  open = 0;
  readonly #version: string;
  readonly #servers = new Map<string, FakeServer>();
  readonly #answers = new Map<string, Answer[]>();

  constructor(version = "6.1.1") {
    this.#version = version;
  }

  client(options: JupyterHubOptions = {}): JupyterHub {
    return new JupyterHub({ url: base, token: "a-token", fetch: this.fetch, ...options });
  }

  /** Sets the states of a server from now on. */
  become(name: string, fate: Fate, user_options: unknown = {}): void {
    this.#servers.set(name, { fate, from: Date.now(), user_options });
  }

  /** Sets the responses to the next requests to a route, such as "POST /users/ada/server". */
  next(route: string, ...answers: Answer[]): void {
    this.#answers.set(route, [...(this.#answers.get(route) ?? []), ...answers]);
  }

  /** Returns the number of requests to a route. */
  count(route: string): number {
    return this.sent.filter((one) => one.route === route).length;
  }

  /** The methods and paths of all requests other than GET. */
  get writes(): string[] {
    return this.sent.map(({ route }) => route).filter((route) => !route.startsWith("GET "));
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = new Request(input, init);
    if (!request.url.startsWith(base)) return this.atAddress(input, init);
    const route = `${request.method} ${request.url.replace(base, "")}`;
    const text = await request.text();
    const body = text === "" ? undefined : (JSON.parse(text) as unknown);
    this.sent.push({ route, body });
    const [path = ""] = route.split("?");
    const { name } = serverOf(path);
    const answer = this.#answers.get(path)?.shift() ?? this.#own(route, body);
    if (answer.fate) this.become(name, answer.fate, this.#servers.get(name)?.user_options);
    if (answer.takes) await elapse(answer.takes, init?.signal);
    if (answer.lost) throw new TypeError("fetch failed", { cause: { code: "ECONNRESET" } });
    if (answer.stream) return this.#stream(answer.stream);
    const { status, message, headers } = answer;
    const content = "message" in answer ? { status, message } : answer.body;
    return new Response(content === undefined ? null : JSON.stringify(content), {
      status,
      headers: {
        "X-JupyterHub-Version": this.#version,
        ...(content !== undefined && { "Content-Type": "application/json" }),
        ...headers,
      },
    });
  };

  /** Returns the response that a real hub would send. */
  #own(route: string, body: unknown): Answer {
    const [method = "", path = ""] = route.split(/[ ?]/);
    const { name, isServer } = serverOf(path);
    if (path === "/") return { status: 200, body: { version: this.#version } };
    if (path === "/users/ada") return this.#user(method, route);
    if (path.endsWith("/progress")) return this.#progress(name);
    if (!isServer) return { status: 404, message: "Not Found" };
    switch (method) {
      case "GET":
        return this.#model(name);
      case "POST":
        return this.#start(name, body);
      case "DELETE":
        return this.#stop(name, body as { remove?: unknown } | undefined);
      default:
        return { status: 405, message: "Method Not Allowed" };
    }
  }

  #user(method: string, route: string): Answer {
    if (method === "POST") {
      if (this.userExists) return { status: 409, message: "User ada already exists" };
      this.userExists = true;
      return { status: 201, body: { name: "ada", kind: "user" } };
    }
    if (!this.userExists) return { status: 404, message: "No such user" };
    if (method === "DELETE") {
      const active = [...this.#servers.keys()].some((name) => isActive(this.#state(name)));
      if (active) return { status: 500, message: "Internal Server Error" };
      this.userExists = false;
      return { status: 204 };
    }
    const all = this.#since("3.0") && route.includes("include_stopped_servers=true");
    const listed = [...this.#servers.keys()].filter((name) => {
      const state = this.#state(name);
      return isActive(state) || (all && state === "stopped");
    });
    const servers = Object.fromEntries(listed.map((name) => [name, this.#server(name)]));
    return { status: 200, body: { name: "ada", kind: "user", servers } };
  }

  #model(name: string): Answer {
    if (!this.#since("6.0")) return { status: 405, message: "Method Not Allowed" };
    if (this.#state(name) === "gone") return { status: 404, message: "No such server" };
    return { status: 200, body: this.#server(name) };
  }

  /** Returns the progress stream of a start. Each connection receives all events, including past ones. */
  #progress(name: string): Answer {
    const { fate = [], from = 0 } = this.#servers.get(name) ?? {};
    const elapsed = Date.now() - from;
    const begun = fate.findLast(([at, state]) => at <= elapsed && state === "spawn")?.[0];
    const [over, outcome] =
      fate.find(([at, state]) => at > (begun ?? 0) && state !== "spawn") ?? [];
    const state = this.#state(name);
    const failed = { progress: 100, failed: true, message: `Spawn failed: ${this.why}` };
    const url = `/user/${full(name)}/`;
    const ready = { progress: 100, ready: true, message: `Server ready at ${url}`, url };
    if (state === "ready") return { status: 200, stream: [ready] };
    if (state !== "spawn" || begun === undefined) {
      const fails = begun !== undefined && outcome !== "stop";
      if (fails) return { status: 200, stream: [failed] };
      return { status: 400, message: `${full(name)} is not starting...` };
    }
    const events = [[0, { progress: 0, message: "Server requested" }] as const, ...this.tale];
    const last = outcome === "ready" || outcome === "check" ? ready : failed;
    const end = (over ?? Infinity) - begun;
    const reported = [...events.filter(([at]) => at < end), [end, last] as const];
    let now = elapsed - begun;
    const stream = reported.flatMap(([at, event]) => {
      const wait = Math.max(0, at - now);
      now += wait;
      return [...silence(wait), event];
    });
    return { status: 200, stream: ["\n\n", ...stream] };
  }

  #stream(pieces: readonly Piece[]): Response {
    this.open += 1;
    const body = streamOf(pieces, () => (this.open -= 1));
    return new Response(body, {
      headers: { "X-JupyterHub-Version": this.#version, "Content-Type": "text/event-stream" },
    });
  }

  #start(name: string, body: unknown): Answer {
    const state = this.#state(name);
    if (state === "ready") return { status: 400, message: `${full(name)} is already running` };
    if (state === "stop") return { status: 400, message: `${full(name)} is pending stop` };
    if (state === "spawn") return { status: 202 };
    const options = this.#since("6.0") ? (body as { user_options?: unknown })?.user_options : body;
    this.become(name, slowStart, options ?? this.#servers.get(name)?.user_options);
    return { status: 202 };
  }

  #stop(name: string, body: { remove?: unknown } | undefined): Answer {
    const state = this.#state(name);
    const last = body?.remove ? "gone" : "stopped";
    if (state === "gone" && name !== "") return { status: 404, message: "No such server" };
    if (state === "stop") return { status: 202 };
    if (!isActive(state)) {
      if (state !== "gone") this.become(name, [[0, last]]);
      return { status: 204 };
    }
    return {
      status: 202,
      fate: [
        [0, "stop"],
        [1000, last],
      ],
    };
  }

  #state(name: string): State {
    const server = this.#servers.get(name);
    const elapsed = Date.now() - (server?.from ?? 0);
    return server?.fate.findLast(([at]) => at <= elapsed)?.[1] ?? "gone";
  }

  #server(name: string): Record<string, unknown> {
    const state = this.#state(name);
    return {
      name,
      ready: state === "ready",
      pending: state === "ready" || state === "stopped" ? null : state,
      stopped: state === "stopped",
      started: this.#startedAt(name),
      url: `/user/${full(name)}/`,
      user_options: this.#servers.get(name)?.user_options,
    };
  }

  /**
   * Returns the time at which the server last began to spawn. If it has not spawned since its fate was set, returns the
   * time at which the fate was set.
   */
  #startedAt(name: string): string {
    const { fate = [], from = 0 } = this.#servers.get(name) ?? {};
    const elapsed = Date.now() - from;
    const spawned = fate.findLast(([at, state]) => at <= elapsed && state === "spawn");
    return new Date(from + (spawned?.[0] ?? 0)).toISOString();
  }

  #since(release: string): boolean {
    return isAtLeast(this.#version, release);
  }
}

export const redirectTo = (location: string): Response =>
  new Response(null, { status: 302, headers: { Location: location } });

/** Returns stream pieces that send only keep-alive data for the given milliseconds. */
const silence = (wait: number): Piece[] =>
  wait === Infinity
    ? Array.from({ length: 1000 }, () => [8000, "\n\n"]).flat()
    : [
        ...Array.from({ length: Math.floor(wait / 8000) }, () => [8000, "\n\n"]).flat(),
        wait % 8000,
      ];

const isActive = (state: State): boolean => state !== "stopped" && state !== "gone";

const full = (name: string): string => (name === "" ? "ada" : `ada/${name}`);

/** Returns the server name in a path (empty for the default server), and whether the path belongs to a server. */
function serverOf(path: string): { name: string; isServer: boolean } {
  const [, name] = /\/users\/ada\/server(?:s\/([^/]+))?(?:\/progress)?$/.exec(path) ?? [];
  return { name: decodeURIComponent(name ?? ""), isServer: /\/users\/ada\/server/.test(path) };
}
