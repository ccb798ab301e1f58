/**
 * Checks a real hub: reads everything that a client's token allows, and checks each response against the contract of
 * the hub's release. Sends only GET requests. They go through the client, so the client's options apply.
 */
import type { Contract } from "../../../generated/contract.gen.js";
import { scopes } from "../../../generated/operations.gen.js";
import type { JupyterHub } from "../../client.js";
import { DeadlinePassed, withCleanup, withDeadline } from "../../core/deadline.js";
import { HubError, TimeoutError } from "../../core/errors.js";
import { parseEventStream } from "../../core/event-stream.js";
import { parseJson } from "../../core/json.js";
import { checkKeys } from "../../core/known-keys.js";
import { typeOf } from "../../core/response.js";
import { responseViolations } from "./check.js";
import { closestRelease, loadContract } from "./releases.js";
import { sampleSize, Targets } from "./targets.js";

/** Options of {@link checkHub}. */
export interface CheckHubOptions {
  /** Aborts the check, which then rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /**
   * The time limit in milliseconds for each request with its retries, and separately for the wait for the first event
   * of a stream. By default, the client's `timeout` limits each attempt and this wait.
   */
  timeout?: number | undefined;
}

/** How those responses of an operation that have the same status differ from the contract. */
export interface HubDeviation {
  /** The operation, such as `GET /users/{name}`. */
  operation: string;
  /** The HTTP status of the responses. */
  status: number;
  /** One line for each difference: the place in the response and what is expected there. Contains no values. */
  violations: readonly string[];
}

/** What {@link checkHub} found. */
export interface HubCheck {
  /** The hub's version. */
  version: string;
  /** The release whose contract was used: the known release that is closest to the hub's version. */
  contract: string;
  /** The number of requests that were sent, not counting retries. */
  requests: number;
  /** The operations that were requested, in order. */
  checked: readonly string[];
  /** The GET operations that were not requested, each with the reason. */
  skipped: Readonly<Record<string, string>>;
  /** The differences from the contract; empty if there are none. */
  deviations: readonly HubDeviation[];
}

/** Operations that are never requested, each with the reason. */
const unsuitable: Readonly<Record<string, string>> = {
  "GET /authorizations/token/{token}": "its path contains a token",
  "GET /authorizations/cookie/{cookie_name}/{cookie_value}": "its path contains a cookie",
  "GET /oauth2/authorize": "it is for browsers",
};

/**
 * Sends the hub every GET request that the client's token allows, and compares each response strictly with the API of
 * the hub's release. Reports undeclared statuses, media types and fields, missing fields, and wrong types. Reads at
 * most five users, five groups, five servers and so on, and only the first event of each progress stream. Changes
 * nothing. The report contains no name, token or other value of the hub.
 *
 * If this package has no contract of the hub's exact release, it uses that of the closest release, which `contract` in
 * the result names. Deviations may then be changes between these two releases.
 *
 * Since 0.1.
 * @param hub the client; the more scopes its token has (`list:users`, `read:users` and so on), the more is checked
 * @param options the signal and the timeout of the check
 * @throws AuthenticationError without a valid token; ConnectionError or TimeoutError if the hub does not respond
 */
export async function checkHub(hub: JupyterHub, options: CheckHubOptions = {}): Promise<HubCheck> {
  checkKeys("options of checkHub", options, { signal: true, timeout: true });
  const version = await hub.version(options);
  const release = closestRelease(version);
  const contract = await loadContract(release);
  const held = heldScopes(await identityOf(hub, options));
  const targets = new Targets();
  const checked: string[] = [];
  const skipped: Record<string, string> = {};
  const deviations = new Map<
    string,
    { operation: string; status: number; violations: Set<string> }
  >();
  // The two requests above, for the version and for the owner of the token.
  let requests = 2;

  for (const operation of inOrder(contract)) {
    const reason = unsuitable[operation] ?? missingScope(operation, held);
    const all = reason ? [] : targets.of(operation);
    if (all.length === 0) {
      skipped[operation] = reason ?? "there is nothing to read on this hub";
      continue;
    }
    checked.push(operation);
    for (const params of all) {
      const { status, mediaType, body } = await read(hub, contract, operation, params, options);
      requests += 1;
      const found = responseViolations(contract, { operation, status, mediaType, body });
      const key = `${operation} ${status}`;
      if (found.length > 0) {
        const known = deviations.get(key) ?? { operation, status, violations: new Set<string>() };
        deviations.set(key, known);
        for (const line of found) known.violations.add(line);
      }
      if (status === 200) targets.collect(operation, params, parseJson(body));
    }
  }
  return {
    version,
    contract: release,
    requests,
    checked,
    skipped,
    deviations: [...deviations.values()].map((one) => ({
      ...one,
      violations: [...one.violations],
    })),
  };
}

/**
 * Returns the owner of the client's token, with the token's scopes. Returns an empty object if the hub responds with an
 * error, as hubs of release 1.2 do for tokens of services.
 */
const identityOf = (hub: JupyterHub, options: CheckHubOptions): Promise<{ scopes?: string[] }> =>
  hub.whoami(options).catch((error: unknown) => {
    if (error instanceof HubError) return {};
    throw error;
  });

/**
 * Returns the GET operations. Those with fewer path parameters come first: their responses mention the names that the
 * later operations need.
 */
const inOrder = ({ operations }: Contract): string[] =>
  Object.keys(operations)
    .filter((operation) => operation.startsWith("GET "))
    .toSorted((one, other) => depth(one) - depth(other));

const depth = (operation: string): number => operation.split("{").length;

/** Returns the names of a token's scopes without their filters; undefined on hubs before 2.0, which have no scopes. */
const heldScopes = ({ scopes: held }: { scopes?: readonly string[] }): Set<string> | undefined =>
  held && new Set(held.map((scope) => scope.replace(/!.*$/, "")));

function missingScope(operation: string, held: Set<string> | undefined): string | undefined {
  const alternatives = scopes[operation] ?? [];
  if (!held || alternatives.length === 0) return undefined;
  const isHeld = (scope: string): boolean => scope === "(no_scope)" || held.has(scope);
  if (alternatives.some((one) => one.split(" + ").every(isHeld))) return undefined;
  return `the token lacks ${alternatives.join(" or ")}`;
}

async function read(
  hub: JupyterHub,
  contract: Contract,
  operation: string,
  params: Readonly<Record<string, string>>,
  options: CheckHubOptions,
): Promise<{ status: number; mediaType: string; body: string }> {
  const { query, responses } = contract.operations[operation]!;
  const isStream = "text/event-stream" in (responses["200"] ?? {});
  // Closes a stream when its first event is read: while a server starts, its stream stays open.
  return withCleanup(options.signal, async ({ signal }) => {
    const { response, data, error } = await hub.client.get({
      ...options,
      signal,
      url: operation.slice("GET ".length),
      path: params,
      ...("limit" in query.types && { query: { limit: sampleSize } }),
      ...(isStream && { parseAs: "stream" }),
    });
    if (!response) throw error;
    const body =
      isStream && data
        ? await firstEvent(operation, data as ReadableStream<Uint8Array>, options.timeout, signal)
        : await response.text();
    return { status: response.status, mediaType: typeOf(response), body };
  });
}

/** Returns the first event of a stream, or an empty text if the stream ends without one. */
async function firstEvent(
  operation: string,
  stream: ReadableStream<Uint8Array>,
  timeout: number | undefined,
  signal: AbortSignal,
): Promise<string> {
  const events = parseEventStream(stream);
  try {
    const { done, value } = await withDeadline(timeout, signal, () => events.next());
    return done ? "" : `data: ${value}\n\n`;
  } catch (error) {
    if (!(error instanceof DeadlinePassed)) throw error;
    throw new TimeoutError(`${operation}: no event arrived within ${error.timeout} ms.`, {
      timeout: error.timeout,
    });
  }
}
