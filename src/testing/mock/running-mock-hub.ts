/**
 * A mock hub that is running: an HTTP server that records and checks each request, lets Prism answer it, and checks the
 * response. It answers unknown operations, invalid JSON and requests to users' servers itself.
 */
import type { Contract } from "../../../generated/contract.gen.js";
import { InvalidInputError } from "../../core/errors.js";
import { checkKeys, type KeysOf } from "../../core/known-keys.js";
import { loadContract } from "../contract/releases.js";
import { Routes } from "../contract/routes.js";
import { serve, type Listening } from "../fake/node-server.js";
import { parsed } from "../fake/requests.js";
import { loginRedirect } from "../fake/server-address.js";
import { objectAt, operationsOf, type JsonObject } from "./document.js";
import { exchange, operationOf, pathBelow } from "./exchange.js";
import { API_BASE, type MockDocument } from "./mock-copy.js";
import { startPrism, type Prism } from "./prism.js";
import { projectedMock } from "./projected-mock.js";
import type { MockCall, MockHub, MockViolation, RespondOptions } from "./mock-hub.js";

/**
 * Headers of Prism's response that are not passed on: they belong to one connection or describe the encoding of the
 * body.
 */
const ofConnection = ["connection", "content-encoding", "content-length", "transfer-encoding"];

const respondKeys: KeysOf<RespondOptions> = { times: true };

export class RunningMockHub implements MockHub {
  readonly calls: MockCall[] = [];
  readonly violations: MockViolation[] = [];
  readonly version: string;
  url = "";
  readonly #document: MockDocument;
  readonly #contract: Contract;
  readonly #routes: Routes;
  readonly #prism: Prism;
  readonly #chosen = new Map<string, { status: string; left: number }>();
  #listening: Listening | undefined;
  #stopped: Promise<void> | undefined;

  private constructor(version: string, document: MockDocument, contract: Contract, prism: Prism) {
    this.version = version;
    this.#document = document;
    this.#contract = contract;
    this.#routes = new Routes(Object.keys(contract.operations));
    this.#prism = prism;
  }

  static async start(version: string, port: number): Promise<RunningMockHub> {
    const { document } = await import("../../../generated/document.gen.js");
    const mock = projectedMock(document as JsonObject, version);
    const contract = await loadContract(version);
    const prism = await startPrism(mock);
    const hub = new RunningMockHub(version, mock, contract, prism);
    try {
      hub.#listening = await serve((url, init) => hub.#answer(url, init), port);
    } catch (error) {
      await prism.close();
      throw error;
    }
    hub.url = hub.#listening.origin + API_BASE;
    return hub;
  }

  respond(operation: string, status?: number, options: RespondOptions = {}): void {
    checkKeys("options of respond", options, respondKeys);
    const { times = Infinity } = options;
    const declared = operationsOf(this.#document).find(
      (one) => one.operation["x-operation"] === operation,
    );
    if (!declared) {
      throw new InvalidInputError(
        `The API of JupyterHub ${this.version} has no ${operation}. Give a method and path such as "GET /users/{name}".`,
      );
    }
    if (status === undefined) {
      this.#chosen.delete(operation);
      return;
    }
    // The mock's document has the response to a pending stop under 2XX: see preferStopped.
    const statuses = Object.keys(objectAt(declared.operation, "responses"))
      .map((one) => (one === "2XX" ? "202" : one))
      .toSorted();
    const text = String(status);
    if (!statuses.includes(text) && !statuses.includes(`${text.charAt(0)}XX`)) {
      throw new InvalidInputError(
        `${operation} has no documented response with status ${status}. It has ${statuses.join(", ")}.`,
      );
    }
    if (times !== Infinity && !(Number.isSafeInteger(times) && times > 0)) {
      throw new InvalidInputError(`times must be a positive integer, not ${times}.`);
    }
    this.#chosen.set(operation, { status: text, left: times });
  }

  stop(): Promise<void> {
    this.#stopped ??= this.#close();
    return this.#stopped;
  }

  async #close(): Promise<void> {
    await this.#listening?.close();
    await this.#prism.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #answer(address: string, init: RequestInit): Promise<Response> {
    const { method = "GET", signal } = init;
    const text = typeof init.body === "string" ? init.body : "";
    const { pathname, search, searchParams } = new URL(address);
    // After a start, a client requests the server's address without a token, to see if the server responds. Only
    // requests to the hub's API are recorded in `calls` and `violations`.
    if (pathname.startsWith("/user/") && !new Headers(init.headers).has("Authorization")) {
      return loginRedirect("/", pathname, "jupyterhub-user-ada");
    }
    const url = new URL(pathname + search, this.#prism.url);
    const operation = operationOf(this.#document, method, url);
    const path = pathBelow(url);
    this.calls.push({
      operation: operation?.name,
      method,
      path,
      query: Object.fromEntries(searchParams),
      body: parsed(text),
    });
    if (!operation) {
      const name = this.#routes.describe(method, path);
      this.#report(name, ["request of an operation that is not declared"]);
      return this.#refusal(404, "The API has no such operation");
    }
    const status = this.#nextStatus(operation.name);
    const { response, violations } = await exchange(
      this.#contract,
      operation,
      { method, url, headers: new Headers(init.headers), text, signal: signal ?? neverAborted() },
      status && `code=${status}`,
    );
    if (violations.length > 0) this.#report(operation.name, violations);
    if (!response) return this.#refusal(400, "Invalid JSON in body of request");
    const headers = new Headers(response.headers);
    for (const name of ofConnection) headers.delete(name);
    return new Response(response.body, { status: response.status, headers });
  }

  /** Returns the status that `respond` chose for this request, if any, and counts the request. */
  #nextStatus(operation: string): string | undefined {
    const chosen = this.#chosen.get(operation);
    if (!chosen) return undefined;
    chosen.left -= 1;
    if (chosen.left === 0) this.#chosen.delete(operation);
    return chosen.status;
  }

  /** Returns a hub's error response for a request that Prism does not answer. */
  #refusal(status: number, message: string): Response {
    const headers = { "X-JupyterHub-Version": this.version };
    return Response.json({ status, message }, { status, headers });
  }

  #report(operation: string, violations: readonly string[]): void {
    this.violations.push({ operation, violations });
  }
}

const neverAborted = (): AbortSignal => new AbortController().signal;
