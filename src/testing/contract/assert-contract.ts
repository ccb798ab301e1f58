/**
 * Checks any HTTP client against a hub's contract: wraps a `fetch`, and checks the requests and responses that pass
 * through it. Needs no hub of its own and runs in every runtime.
 */
import type { Contract } from "../../../generated/contract.gen.js";
import { InvalidInputError } from "../../core/errors.js";
import { checkKeys } from "../../core/known-keys.js";
import { typeOf, versionOf } from "../../core/response.js";
import type { Fetch } from "../../core/runtime.js";
import { withoutTrailingSlashes } from "../../core/url.js";
import { declaredContent, requestViolations, responseViolations } from "./check.js";
import { ContractError } from "./error.js";
import { loadContract, releaseOf } from "./releases.js";
import { Routes } from "./routes.js";

/** Options of {@link assertContract}. */
export interface ContractOptions {
  /** The release of the hub, such as "6", "5.5.4" or "4.1". */
  version: string;
  /**
   * The address of the hub's API, such as `https://host/hub/api`. If it is given, requests to other addresses are
   * passed on unchecked. By default, every request must have `/hub/api` in its path and is checked, except requests to
   * users' servers, below `/user/`.
   */
  url?: string | undefined;
}

/** A `fetch` that checks requests and responses, and records calls and violations. */
export interface ContractFetch extends Fetch {
  /** The operations called so far, in order: "GET /users/{name}". */
  readonly calls: readonly string[];
  /**
   * Every violation so far. In a test, expect this list to be empty: a client that catches the errors or retries may
   * hide them.
   */
  readonly violations: readonly ContractError[];
}

/**
 * Wraps a `fetch` and checks each request and response against the API of a hub's release. Violations are an unknown
 * path, method, query parameter or field, a wrong type, a missing key, and an undeclared status or media type. A call
 * with a violation rejects with a {@link ContractError}. An invalid request is not sent.
 *
 * Bodies are read completely before the call resolves, except those of event streams, which are checked event by event.
 * Headers and credentials are not checked, and neither are redirects that the browser hides. A 429, 502, 503 or 504 is
 * checked only if it has the hub's version header and the operation declares this status, because proxies send these
 * statuses, too.
 *
 * Since 0.1.
 * @param fetch the function that sends the requests: the global `fetch`, the `fetch` of a `FakeHub`, or any other
 * @param options the hub's release; also the address of its API, if this `fetch` sends requests to other servers, too
 * @throws InvalidInputError if no contract of this release is known, or `url` is not an absolute URL
 */
export function assertContract(fetch: Fetch, options: ContractOptions): ContractFetch {
  checkKeys("options of assertContract", options, { version: true, url: true });
  const version = releaseOf(options.version);
  const api = options.url === undefined ? undefined : apiAt(options.url);
  const calls: string[] = [];
  const violations: ContractError[] = [];
  const load = async (): Promise<[Contract, Routes]> => {
    const contract = await loadContract(version);
    return [contract, new Routes(Object.keys(contract.operations))];
  };
  // Starts now, so that the first request does not wait for it.
  const loaded = load();
  // Each request reports a failure. Without this handler, a failure before the first request would end the process.
  loaded.catch(() => undefined);

  const errorOf = (operation: string, found: readonly string[]): ContractError => {
    const error = new ContractError(operation, version, found);
    violations.push(error);
    return error;
  };

  const checked: Fetch = async (input, init) => {
    const { path, request, text, forward } = await read(input, init, api);
    const { method } = request;
    const { pathname, searchParams: query } = new URL(request.url);
    const isUnchecked = api !== undefined || isOfServer(pathname);
    if (path === undefined && isUnchecked) return forward(fetch);
    const [contract, routes] = await loaded;
    if (path === undefined) {
      const elsewhere = routes.describe(method, pathname);
      throw errorOf(elsewhere, [
        "request is not below /hub/api. If it is not for the hub, give `url`",
      ]);
    }
    const operation = routes.find(method, path);
    if (operation === undefined) {
      throw errorOf(routes.describe(method, path), [
        "request of an operation that is not declared",
      ]);
    }
    calls.push(operation);
    const mediaType = typeOf(request);
    const wrong = requestViolations(contract, { operation, query, mediaType, body: text });
    if (wrong.length > 0)
      throw errorOf(
        operation,
        wrong.map((line) => `request ${line}`),
      );

    const response = await forward(fetch);
    const { status } = response;
    const isDeclared = declaredContent(contract, operation, status) !== undefined;
    if (isUnseen(response, isDeclared)) return response;
    const check = (body: string): ContractError | undefined => {
      const answer = { operation, status, mediaType: typeOf(response), body };
      const found = responseViolations(contract, answer);
      return found.length > 0
        ? errorOf(
            operation,
            found.map((line) => `response ${status} ${line}`),
          )
        : undefined;
    };
    if (typeOf(response) === "text/event-stream" && response.body) {
      return withBody(response, response.body.pipeThrough(checkedEvents(check)));
    }
    const error = check(await response.clone().text());
    if (error) throw error;
    return response;
  };
  return Object.assign(checked, { calls, violations });
}

interface Read {
  /** The path below the API; undefined if the request goes to another address. */
  path: string | undefined;
  request: Request;
  text: string;
  /** Calls `fetch` with the caller's arguments. */
  forward: (fetch: Fetch) => Promise<Response>;
}

/**
 * Reads a request so that it can still be sent. `forward` calls `fetch` with the caller's arguments, because not every
 * `fetch` accepts a Request.
 */
async function read(
  input: string | URL | Request,
  init: RequestInit | undefined,
  api: URL | undefined,
): Promise<Read> {
  const copy = input instanceof Request ? input.clone() : input;
  const request = new Request(copy, { ...init, signal: null });
  const path = pathBelow(new URL(request.url), api);
  const text = await request.text();
  const isStream = isReadOnce(init?.body);
  const forward = (fetch: Fetch): Promise<Response> =>
    isStream ? fetch(input, { ...init, body: text }) : fetch(input, init);
  return { path, request, text, forward };
}

/** Whether a body can be read only once: a stream, or in Node any async iterable, such as a `Readable`. */
const isReadOnce = (body: unknown): boolean =>
  typeof body === "object" &&
  body !== null &&
  (body instanceof ReadableStream || Symbol.asyncIterator in body);

function apiAt(url: string): URL {
  if (!URL.canParse(url)) {
    throw new InvalidInputError(
      'The url of assertContract must be absolute, such as "https://hub.example.org/hub/api".',
    );
  }
  return new URL(url);
}

/** Returns the path below the API, such as "/users/ada"; undefined if the request goes to another address. */
function pathBelow({ origin, pathname }: URL, api: URL | undefined): string | undefined {
  if (!api) {
    const start = `${pathname}/`.indexOf("/hub/api/");
    // A user's server may have such a path, too: /user/ada/proxy/8000/hub/api/users.
    if (start < 0 || isOfServer(pathname.slice(0, start))) return undefined;
    return pathname.slice(start + "/hub/api".length);
  }
  const base = withoutTrailingSlashes(api.pathname);
  if (origin !== api.origin || !`${pathname}/`.startsWith(`${base}/`)) return undefined;
  return pathname.slice(base.length);
}

/** Whether a path belongs to a user's server: `/user/<name>`, with or without a prefix before it. */
const isOfServer = (path: string): boolean => /\/user\/[^/]/.test(path);

/** The statuses with which a proxy, or a hub that is overloaded or restarting, may answer any request. */
const temporaryFailures = new Set([429, 502, 503, 504]);

/**
 * True if a response cannot be checked: the browser hides it, or it is a temporary failure that may come from a proxy.
 * A temporary failure counts as the hub's own if it has the hub's version header and the operation declares its status.
 */
const isUnseen = (response: Response, isDeclared: boolean): boolean =>
  response.type === "opaqueredirect" ||
  (temporaryFailures.has(response.status) && !(isDeclared && versionOf(response) !== undefined));

/** Returns the response with another body and the same `url`. */
const withBody = (response: Response, body: ReadableStream): Response =>
  Object.defineProperty(new Response(body, response), "url", { value: response.url });

/** Passes a stream on. Ends it with an error at the first event that violates the contract. */
function checkedEvents(
  check: (events: string) => ContractError | undefined,
): TransformStream<Uint8Array, Uint8Array> {
  const decoder = new TextDecoder();
  let text = "";
  return new TransformStream({
    transform(chunk, controller) {
      text += decoder.decode(chunk, { stream: true });
      const end = text.lastIndexOf("\n\n") + 2;
      const error = end > 1 ? check(text.slice(0, end)) : undefined;
      text = end > 1 ? text.slice(end) : text;
      if (error) controller.error(error);
      else controller.enqueue(chunk);
    },
  });
}
