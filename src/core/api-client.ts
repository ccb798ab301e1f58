/**
 * The client that the generated functions call: `hub.client`.
 *
 * Every call, by an alias or a raw function, comes through here: its input is checked, the hub's
 * version asked where an older one would misread it, the request sent (exchange.ts), and whatever goes
 * wrong turned into one kind of error. It keeps its parts in a closure, so that nothing of it can be
 * printed or changed.
 */
import type { Client, RequestOptions } from "../../generated/client/index.js";
import type { Operation } from "../../generated/operations.gen.js";
import { onAbort } from "./abort.js";
import { NotAHubError, type JupyterHubError } from "./errors.js";
import { exchange, type Answer, type ExchangeParts, type Progress } from "./exchange.js";
import { failureOf, isLost, withCallSite } from "./failure.js";
import { checkInput } from "./input.js";
import { unsupportedBy } from "./meaning.js";
import { redactedUrl, secretsIn } from "./redact.js";
import { bodyOf, headersOf, pathOf, without, type CallContext } from "./request.js";
import { isSafe } from "./retry.js";
import { DeadlinePassed, withDeadline } from "./time.js";
import { isBelow, type Outgoing } from "./transport.js";

const methods = ["get", "post", "put", "patch", "delete"] as const;
type Method = (typeof methods)[number];

/** What the generated functions take as `client`. */
export type ApiClient = Pick<Client, Method>;

/** What a generated function hands over; everything else that it may hold is ignored. */
type CallOptions = Pick<
  RequestOptions,
  | "url"
  | "path"
  | "query"
  | "body"
  | "headers"
  | "signal"
  | "throwOnError"
  | "bodySerializer"
  | "parseAs"
> & {
  timeout?: number;
  meta?: CallMeta | Record<string, unknown>;
};

/** What the floors above tell of a call. */
export type CallMeta = {
  /** The body was made for this hub: its keys are not the operation's, and it is sent as it is. */
  asIs?: true;
  /** The call is sent once: what the hub's `Retry-After` asks for, its caller sees to. */
  once?: true;
};

export interface ApiClientParts extends ExchangeParts {
  operations: Readonly<Record<string, Operation>>;
}

/** A body that is sent as it is, since it was made for this hub: its keys are not the operation's. */
export const asIs: { meta: CallMeta } = { meta: { asIs: true } };

export function createApiClient(parts: ApiClientParts): ApiClient {
  const bind = (method: Method) => (options: CallOptions) => call(parts, method, options);
  return Object.freeze(
    Object.fromEntries(methods.map((method) => [method, bind(method)])),
  ) as unknown as ApiClient;
}

/** The hub's version: from its last answer, or asked for. */
export async function hubVersion(
  parts: ApiClientParts,
  options?: Partial<CallOptions>,
): Promise<string> {
  return parts.transport.hubVersion ?? (await askVersion(parts, options));
}

/** The hub's version, asked for now. */
export async function askVersion(
  parts: ApiClientParts,
  options: Partial<CallOptions> = {},
): Promise<string> {
  const answer = await call(parts, "get", { ...options, url: "/", throwOnError: true });
  const { version } = (answer.data ?? {}) as { version?: unknown };
  if (typeof version === "string") return version;
  const url = `${parts.transport.baseUrl}/`;
  throw new NotAHubError(
    `GET ${url} answered JSON without a version: some other API. Check the url.`,
    { method: "GET", url, status: answer.response?.status },
  );
}

/** What is known of a route that is not in the table. */
const unknown: Operation = {};

async function call(parts: ApiClientParts, method: Method, options: CallOptions): Promise<Answer> {
  const { url: given, path, body, signal, timeout } = options;
  const verb = method.toUpperCase();
  // A route that the table lacks goes out as it is: a newer hub may have it.
  const operation = parts.operations[`${verb} ${given}`] ?? unknown;
  // Its query, which may hold a secret, is not told.
  const route = given.replace(/[?#].*/s, "");
  const context: CallContext = {
    method: verb,
    route,
    url: redactedUrl(parts.transport.baseUrl, route, path),
    operation,
    secrets: new Set(),
    ownCredentials: carriesCredentials(operation, body),
    streams: options.parseAs === "stream",
    once: Boolean((options.meta as CallMeta | undefined)?.once),
  };
  const progress: Progress = { sent: false };
  // A deadline that bounds several calls tells what it has ended.
  const letGo = onAbort(signal, (reason) => {
    if (!(reason instanceof DeadlinePassed)) return;
    if (progress.sent && !isSafe(verb)) reason.outcome = "unknown";
    reason.cause ??= progress.last;
  });
  try {
    const exchanged = async (deadline: AbortSignal | undefined): Promise<Answer> => {
      const request = await prepared(parts, context, options, deadline);
      return exchange(parts, context, request, progress, { deadline, caller: signal ?? undefined });
    };
    return await (timeout === undefined && !signal
      ? exchanged(undefined)
      : withDeadline(timeout, signal, exchanged));
  } catch (error) {
    const failure = signal?.aborted
      ? (signal.reason as unknown)
      : marked(failureOf(error, context, progress.sent, progress.last), context, progress);
    if (options.throwOnError) throw failure;
    return { error: failure, response: progress.response };
  } finally {
    letGo();
  }
}

function marked(
  failure: JupyterHubError,
  context: CallContext,
  { sent }: Progress,
): JupyterHubError {
  if (sent && isLost(failure, context)) Object.assign(failure, { outcome: "unknown" });
  return withCallSite(failure);
}

/** Checks the input of a call, asks for the hub's version where it matters, and builds the request. */
async function prepared(
  parts: ApiClientParts,
  context: CallContext,
  { url, path = {}, query = {}, body, headers, bodySerializer, meta }: CallOptions,
  deadline: AbortSignal | undefined,
): Promise<Pick<Outgoing, "url" | "headers" | "body">> {
  const { method, route, operation } = context;
  const { baseUrl } = parts.transport;
  const rules = (meta as CallMeta | undefined)?.asIs ? { ...operation, body: {} } : operation;
  const input = checkInput(url, rules, { path, query, body });
  const own = Object.fromEntries(new URLSearchParams(/\?([^#]*)/.exec(url)?.[1]));
  for (const secret of secretsIn([own, path, query, { body }])) context.secrets.add(secret);
  for (const { what, since } of input.newcomers) {
    const version = await hubVersion(parts, {
      ...(deadline && { signal: deadline }),
      ...(headers && { headers: without(headers, "Content-Type", "Authorization") }),
    });
    const unsupported = unsupportedBy(version, { since }, `${what} of ${method} ${route}`, context);
    if (unsupported) throw unsupported;
  }
  const request = {
    url: baseUrl + pathOf(url, path, query),
    headers: headersOf(headers as HeadersInit | undefined),
    body: bodyOf(input.body, bodySerializer),
  };
  if (request.body === null) request.headers.delete("Content-Type");
  // The routes of the table stay below the API, since their names have been checked; others may not.
  if (operation === unknown && !isBelow(baseUrl, request.url)) {
    throw new NotAHubError(`${method} ${context.url} would leave the hub's API.`, context);
  }
  return request;
}

const carriesCredentials = ({ body: rules }: Operation, body: unknown): boolean =>
  typeof body === "object" &&
  body !== null &&
  Object.entries(rules ?? {}).some(
    ([key, rule]) => rule.credentials && ((body as Record<string, unknown>)[key] ?? null) !== null,
  );
