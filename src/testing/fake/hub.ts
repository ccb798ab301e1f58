/**
 * The fake hub's public class: a `fetch` that answers as a JupyterHub does, and what a test can configure and read.
 * `router.ts` and the files that it imports contain the operations. Runs in every runtime; `listen` needs Node.
 */
/* oxlint-disable typescript/no-unsafe-declaration-merging */
import { InvalidInputError } from "../../core/errors.js";
import type { Disposable } from "../../core/runtime.js";
import { tokenIn } from "./call.js";
import { ManualClock } from "./clock.js";
import { connectionError, cutBody, Faults, type Fault } from "./faults.js";
import type { Listening } from "./node-server.js";
import {
  checkConcurrentSpawnLimit,
  checkFault,
  checkReceived,
  checkRestart,
  checkSpawner,
  checkTokenOptions,
} from "./option-rules.js";
import type { FakeHubOptions } from "./options.js";
import { findOwner } from "./lookups.js";
import { makeCode, type AuthorizationCode } from "./oauth.js";
import { endProcess } from "./process.js";
import { parsed, pathBelow, RequestLog, untilAborted, type FakeRequest } from "./requests.js";
import { breakable, faultResponse, proxyPage, responseTo, withUrl } from "./responses.js";
import { Router, type Match } from "./router.js";
import { loginAt } from "./server-address.js";
import { makeWorld } from "./setup.js";
import type { SpawnerRule } from "./spawner.js";
import { warnOfStall } from "./stall-warning.js";
import { checkScopes, makeToken } from "./tokens-made.js";
import type { World } from "./world.js";

/**
 * An in-memory JupyterHub for tests: `new JupyterHub({ url: fake.url, token: fake.token, fetch: fake.fetch })`.
 *
 * It has users, groups, tokens with scopes, servers that take time to start and stop, progress streams, shares,
 * services and paginated lists, with the responses and messages of its release. It has no web pages and no cookies, and
 * runs no Jupyter server: the address of a running server only redirects to the login.
 */
export class FakeHub {
  /** Every request to the hub, in order. */
  readonly requests: FakeRequest[];
  readonly #world: World;
  readonly #router: Router;
  readonly #faults = new Faults();
  readonly #log = new RequestLog();
  readonly #token: string;
  /** Ends the requests and streams in flight. */
  #connections = new AbortController();
  #restarts = 0;
  #listening: Promise<Listening> | undefined;

  /**
   * @param options the release, the users and the limits; by default, hub 6 without users
   * @throws InvalidInputError for an option with an unknown key or a wrong value
   */
  constructor(options: FakeHubOptions = {}) {
    this.requests = this.#log.requests;
    this.#world = makeWorld(options);
    this.#router = new Router(this.#world.settings.version);
    this.#token = makeToken(this.#world, this.#world.services.get("admin")!, {}).value;
  }

  /** The base URL of the API, for requests through this object's `fetch`. */
  get url(): string {
    return this.#world.settings.url;
  }

  /** A token of the service `admin`, with all scopes. */
  get token(): string {
    return this.#token;
  }

  /** The hub's release, such as "6.1.1". */
  get version(): string {
    return this.#world.settings.version;
  }

  /** The maximum number of servers that start at the same time. The hub refuses further starts with 429. */
  get concurrentSpawnLimit(): number {
    return this.#world.concurrentSpawnLimit;
  }

  set concurrentSpawnLimit(limit: number) {
    checkConcurrentSpawnLimit(limit);
    this.#world.concurrentSpawnLimit = limit;
  }

  /** Answers a request as the hub does. Accepts the same arguments as the global `fetch`. */
  readonly fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    // Unlike `text()`, hubs do not skip a byte order mark.
    const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(await request.arrayBuffer());
    // The signal of the Request stops following the caller's signal once the Request is garbage-collected.
    const caller = init?.signal ?? request.signal;
    caller.throwIfAborted();
    // The proxy routes a request for a running server to this server, not to the hub.
    const login = request.headers.has("Authorization") ? undefined : loginAt(this.#world, url);
    if (login && this.#world.down !== "shut down") return withUrl(login, request.url);
    const { method, headers } = request;
    const path = pathBelow(this.#world.basePath, url);
    const match = this.#router.find(method, path);
    const seen: FakeRequest = {
      operation: match.operation,
      method,
      path,
      query: Object.fromEntries(url.searchParams),
      body: parsed(text),
      by: tokenIn(this.#world, headers.get("Authorization") ?? "")?.owner.name ?? undefined,
      status: undefined,
    };
    this.#log.add(seen);
    const signal = AbortSignal.any([caller, this.#connections.signal]);
    const answer = async (): Promise<Response> =>
      responseTo(this.#world, method, () =>
        match.answer(this.#world, { method, path, url, headers, text, signal }),
      );
    const hasManualTime = this.#world.clock instanceof ManualClock;
    const stopWarning = hasManualTime ? warnOfStall(match.operation) : (): void => undefined;
    try {
      const answered = this.#answer(match, method, caller, answer);
      const response = await untilAborted(answered, caller, this.#connections.signal);
      seen.status = response.status;
      return withUrl(response, request.url);
    } finally {
      stopWarning();
      // The hub sends its response to the shutdown before it ends.
      if (this.#world.down === "shut down") this.#end();
    }
  };

  async #answer(
    match: Match,
    method: string,
    caller: AbortSignal,
    answer: () => Promise<Response>,
  ): Promise<Response> {
    const { down } = this.#world;
    if (down === "shut down") throw connectionError();
    // The proxy's response while the hub does not respond.
    if (down) return proxyPage(503);
    const fault = this.#faults.next(match.operation);
    if (fault?.status !== undefined) return faultResponse(this.#world, method, fault.status, fault);
    if (fault?.stall) return new Promise<never>(() => undefined);
    if (fault?.network === true) throw connectionError();
    const response = await answer();
    if (fault?.network) throw connectionError();
    const stream = breakable(response, [caller, this.#connections.signal]);
    return fault ? cutBody(stream) : stream;
  }

  /** Breaks the requests and streams in flight. */
  #breakConnections(): void {
    this.#connections.abort(connectionError());
    this.#connections = new AbortController();
  }

  /** Ends the hub's process. */
  #end(): void {
    this.#breakConnections();
    endProcess(this.#world);
  }

  /**
   * Creates a token of a user or service.
   *
   * @param name the owner's name
   * @param options the scopes (by default all scopes of the owner), and the lifetime in seconds (by default unlimited)
   * @throws InvalidInputError if there is no such user or service, or if the owner lacks any of the scopes
   */
  tokenFor(
    name: string,
    options: { scopes?: readonly string[] | undefined; expiresIn?: number | undefined } = {},
  ): string {
    checkTokenOptions(options);
    const { scopes, expiresIn = null } = options;
    const owner = findOwner(this.#world, name);
    if (scopes) checkScopes(this.#world, owner, scopes);
    return makeToken(this.#world, owner, { expiresIn, ...(scopes && { scopes }) }).value;
  }

  /**
   * Creates a code for `oauth.exchangeCode`, like the one that a user's browser gets from the hub's consent page. It
   * can be exchanged once, within five minutes.
   *
   * @throws InvalidInputError if there is no such user, or if the user lacks any of the scopes
   */
  authorizationCode(user: string, scopes: readonly string[]): AuthorizationCode {
    return makeCode(this.#world, user, scopes);
  }

  /**
   * Lets time pass: servers start and stop, tokens expire.
   *
   * A request that has not reached the hub yet arrives only after this time has passed. To let it arrive first, wait
   * for it with `received`.
   *
   * @param milliseconds how much time passes: 0 or more
   * @throws InvalidInputError for any other number, or if the hub's option `time` is not "manual"
   */
  async advance(milliseconds: number): Promise<void> {
    const { clock } = this.#world;
    if (!(clock instanceof ManualClock)) {
      throw new InvalidInputError(
        'Only a hub with `time: "manual"` has a time that can be advanced.',
      );
    }
    await clock.advance(milliseconds);
  }

  /**
   * Resolves with a request as soon as the hub has received it; at once if the hub already has. Before `advance`, wait
   * in this way for each request that the passing time is to affect.
   *
   * @param operation method and path as in the OpenAPI document: "POST /users/{name}/server"
   * @param options `count`: which of the operation's requests in `requests` to wait for; by default 1, the first one
   * @throws InvalidInputError if the operation does not exist
   */
  async received(
    operation: string,
    options: { count?: number | undefined } = {},
  ): Promise<FakeRequest> {
    checkReceived(options);
    const { count = 1 } = options;
    this.#router.check(operation);
    return this.#log.received(operation, count);
  }

  /** Milliseconds since 1970, in the hub's time. */
  now(): number {
    return this.#world.clock.now();
  }

  /**
   * Sets how servers start and stop from now on. Unless `rule` is a function, it also applies to the stops of servers
   * that are already running.
   *
   * @throws InvalidInputError if a behaviour has an unknown key or a wrong value
   */
  spawner(rule: SpawnerRule): void {
    checkSpawner(rule);
    this.#world.spawner = rule;
  }

  /**
   * Declares a fault for the next requests. Faults apply in the order in which they were declared.
   *
   * @throws InvalidInputError if the fault does not have exactly one kind, has an unknown key or a wrong value, or if
   * its operation does not exist
   */
  fail(fault: Fault): void {
    checkFault(fault);
    if (fault.operation !== undefined) this.#router.check(fault.operation);
    this.#faults.add(fault);
  }

  /**
   * Stops the hub and starts it again after `seconds` of the hub's time, 0 by default. Requests and streams in flight
   * break, pending starts and stops are lost, and running servers keep running. If restarts overlap, the hub is down
   * until the last one ends.
   */
  async restart(options: { seconds?: number | undefined } = {}): Promise<void> {
    checkRestart(options);
    const { seconds = 0 } = options;
    this.#end();
    this.#world.down = "restarting";
    this.#restarts += 1;
    await this.#world.clock.sleep(seconds * 1000);
    this.#restarts -= 1;
    if (this.#restarts === 0) this.#world.down = undefined;
  }

  /**
   * Listens on 127.0.0.1, in Node, and resolves with the base URL of the API at this address.
   *
   * @param port the port; by default a free one
   * @throws Error if the port is taken; you can then call `listen` with another port
   */
  async listen(port = 0): Promise<string> {
    this.#listening ??= import("./node-server.js").then(async ({ serve }) =>
      serve(this.fetch, port),
    );
    const listening = this.#listening;
    const { origin } = await listening.catch((error: unknown) => {
      this.#listening = undefined;
      throw error;
    });
    return origin + new URL(this.url).pathname;
  }

  /** Stops listening and breaks the connections. The hub keeps its state. */
  async close(): Promise<void> {
    this.#breakConnections();
    const listening = await this.#listening;
    this.#listening = undefined;
    await listening?.close();
  }
}

/**
 * Lets `await using` close the hub. Declared outside of the class, because not every compiler's `lib` has
 * `Symbol.asyncDispose`.
 */
export interface FakeHub extends Disposable {}
Object.defineProperty(FakeHub.prototype, Symbol.asyncDispose, {
  value(this: FakeHub): Promise<void> {
    return this.close();
  },
});
