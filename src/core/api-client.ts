/**
 * The client that the generated functions call: `hub.client`.
 *
 * Every call, by an alias or a raw function, comes through here: its input is checked, the hub's
 * version asked where an older one would misread it, the request sent by the transport, and whatever
 * goes wrong turned into one kind of error. It keeps its parts in a closure, so that nothing of it can
 * be printed or changed.
 */
import type { Client, RequestOptions } from "../../generated/client/index.js";
import type { Operation } from "../../generated/operations.gen.js";
import {
  ConnectionError,
  InvalidInputError,
  NotAHubError,
  TimeoutError,
  isJupyterHubError,
  type JupyterHubError,
} from "./errors.js";
import { checkInput } from "./input.js";
import { errorOf, unsupportedBy } from "./meaning.js";
import { redactedUrl } from "./redact.js";
import { DeadlinePassed, withDeadline } from "./time.js";
import type { CallContext, Transport } from "./transport.js";

const methods = ["get", "post", "put", "patch", "delete"] as const;
type Method = (typeof methods)[number];

/** What the generated functions take as `client`. */
export type ApiClient = Pick<Client, Method>;

/** What a generated function hands over; everything else that it may hold is ignored. */
type CallOptions = Pick<
  RequestOptions,
  "url" | "path" | "query" | "body" | "headers" | "signal" | "throwOnError" | "bodySerializer"
> & {
  timeout?: number;
  meta?: Record<string, unknown>;
};

export interface ApiClientParts {
  operations: Readonly<Record<string, Operation>>;
  transport: Transport;
}

/** A body that is sent as it is, since it was made for this hub: its keys are not the operation's. */
export const asIs = { meta: { asIs: true } };

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

interface Answer {
  data?: unknown;
  error?: unknown;
  response?: Response | undefined;
}

async function call(parts: ApiClientParts, method: Method, options: CallOptions): Promise<Answer> {
  const { transport } = parts;
  const { url: route, path, body, signal, timeout } = options;
  const verb = method.toUpperCase();
  // A route that the table lacks goes out as it is: a newer hub may have it.
  const operation = parts.operations[`${verb} ${route}`] ?? unknown;
  const context: CallContext = {
    method: verb,
    url: redactedUrl(transport.baseUrl, route, path),
    operation,
    ownCredentials: carriesCredentials(operation, body),
  };
  const progress: Progress = { sent: false, response: undefined };
  try {
    if (timeout !== undefined && !(timeout > 0)) {
      throw new InvalidInputError("The timeout must be a number above 0.");
    }
    const exchanged = (deadline: AbortSignal | undefined): Promise<Answer> =>
      exchange(parts, context, options, progress, deadline);
    return await (timeout === undefined && !signal
      ? exchanged(undefined)
      : withDeadline(timeout, signal, exchanged));
  } catch (error) {
    const failure = signal?.aborted
      ? (signal.reason as unknown)
      : withCallSite(failureOf(error, context, progress.sent));
    if (options.throwOnError) throw failure;
    return { error: failure, response: progress.response };
  }
}

/** How far a call has come, for what is said of its failure. */
interface Progress {
  sent: boolean;
  response: Response | undefined;
}

/** The request of a call and its answer. */
async function exchange(
  parts: ApiClientParts,
  context: CallContext,
  { url: route, path = {}, query = {}, body, headers, bodySerializer, meta }: CallOptions,
  progress: Progress,
  deadline: AbortSignal | undefined,
): Promise<Answer> {
  const { transport } = parts;
  const { method, operation } = context;
  const rules = meta?.["asIs"] ? { ...operation, body: {} } : operation;
  const input = checkInput(route, rules, { path, query, body });
  for (const { what, since } of input.newcomers) {
    const version = await hubVersion(parts, {
      ...(deadline && { signal: deadline }),
      ...(headers && { headers: without(headers, "Content-Type", "Authorization") }),
    });
    const unsupported = unsupportedBy(version, { since }, `${what} of ${method} ${route}`, context);
    if (unsupported) throw unsupported;
  }
  const request = {
    url: transport.baseUrl + fill(route, path) + search(query),
    method,
    headers: new Headers(headers as HeadersInit | undefined),
    body: input.body === undefined ? null : serialise(input.body, bodySerializer),
  };
  if (request.body === null) request.headers.delete("Content-Type");
  // The routes of the table stay below the API, since their names have been checked; others may not.
  const known = operation !== unknown;
  if (!known && !new URL(request.url).href.startsWith(`${transport.baseUrl}/`)) {
    throw new NotAHubError(`${method} ${context.url} would leave the hub's API.`, context);
  }
  progress.sent = true;
  const { response, body: text } = await transport.send(request, context, deadline);
  progress.response = response;
  if (response.ok) return { data: parse(response, text, operation), response };
  throw errorOf({
    ...context,
    status: response.status,
    body: text,
    retryAfter: response.headers.get("Retry-After"),
    hubVersion: transport.hubVersion,
    credentials: request.headers.has("Authorization")
      ? "token"
      : context.ownCredentials
        ? "body"
        : "none",
  });
}

/** The headers that a gateway may ask for: not those that belong to one request. */
const without = (headers: unknown, ...names: string[]): Record<string, string> =>
  Object.fromEntries(
    [...new Headers(headers as HeadersInit)].filter(
      ([name]) => !names.some((one) => one.toLowerCase() === name),
    ),
  );

const fill = (route: string, path: Readonly<Record<string, unknown>>): string =>
  route.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(path[name] as string));

function search(query: Readonly<Record<string, unknown>>): string {
  const pairs = Object.entries(query)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => `${name}=${encodeURIComponent(String(value))}`);
  return pairs.length > 0 ? `?${pairs.join("&")}` : "";
}

const serialise = (body: unknown, serializer: CallOptions["bodySerializer"]): string =>
  serializer ? (serializer(body) as string) : JSON.stringify(body);

function parse({ headers }: Response, text: string, operation: Operation): unknown {
  if (operation.empty || text === "") return undefined;
  if (!/json/i.test(headers.get("Content-Type") ?? "")) return text;
  const value = JSON.parse(text) as unknown;
  // Every JSON of a hub's API is an object or a list.
  if (typeof value !== "object" || value === null) throw new SyntaxError("No object");
  return value;
}

/** Whatever a call can fail with, as an error that says which call it was. */
function failureOf(
  error: unknown,
  { method, url }: CallContext,
  requestSent: boolean,
): JupyterHubError {
  if (isJupyterHubError(error)) return error;
  if (error instanceof DeadlinePassed) {
    const { timeout } = error;
    return new TimeoutError(`${method} ${url}: no answer within ${timeout} ms.`, {
      method,
      url,
      timeout,
    });
  }
  if (error instanceof SyntaxError) {
    // Not kept as the cause: it quotes the answer, which may hold a secret.
    return new NotAHubError(
      `${method} ${url}: the answer is labelled JSON, but is not that of a hub.`,
      {
        method,
        url,
      },
    );
  }
  if (!requestSent) {
    // Not kept as the cause: it quotes headers and keys, which may hold a secret.
    return new InvalidInputError(
      `${method} ${url}: a header or the body cannot be sent; one of them is malformed.`,
      { method, url },
    );
  }
  return new ConnectionError(`${method} ${url}: the answer could not be read.`, {
    method,
    url,
    cause: error,
  });
}

/** Where the call was made, and not how deep in here it failed: engines keep ten lines, which that would fill. */
function withCallSite(failure: JupyterHubError): JupyterHubError {
  const { captureStackTrace } = Error as {
    captureStackTrace?: (target: object, below: unknown) => void;
  };
  captureStackTrace?.(failure, withCallSite);
  return failure;
}

const carriesCredentials = ({ body: rules }: Operation, body: unknown): boolean =>
  typeof body === "object" &&
  body !== null &&
  Object.entries(rules ?? {}).some(
    ([key, rule]) => rule.credentials && (body as Record<string, unknown>)[key] !== undefined,
  );
