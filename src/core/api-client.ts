/**
 * The client that the generated functions call: `hub.client`.
 *
 * Runs every call, of a method or a raw function: checks the input, requests the hub's version if an older hub would
 * misread the input, lets the generated client build the request, sends it with {@link sendWithRetries}, and returns
 * the parsed value or a typed error. All state is in closures, so that it cannot be printed or changed.
 */
import { createClient } from "../../generated/client/client.gen.js";
import { jsonBodySerializer } from "../../generated/core/bodySerializer.gen.js";
import type { Operation } from "../../generated/operations.gen.js";
import { sendWithRetries, type AttemptResult } from "./attempts.js";
import { CallContext, unknownOperation, type CallMeta, type CallOptions } from "./call-context.js";
import {
  InvalidInputError,
  UnexpectedResponseError,
  setDetails,
  type JupyterHubError,
} from "./errors.js";
import { errorFromThrown, isResponseLost, withCallSite } from "./network-errors.js";
import { checkInput, checkOptions, versionedKeys } from "./input.js";
import { unsupportedError } from "./error-mapping.js";
import type { ApiClient, ApiRequestOptions } from "./raw-call.js";
import { invalidJsonError, parseAsOf, valueOf } from "./response.js";
import { isSafe } from "./retry.js";
import { DeadlinePassed, onAbort, withDeadline } from "./deadline.js";
import { assertBelow, type Transport } from "./transport.js";

export type { ApiClient };

interface Result {
  data?: unknown;
  error?: unknown;
  response?: Response | undefined;
}

/** The parts of a client that request the hub's version. */
export interface VersionSource {
  client: ApiClient;
  transport: Transport;
}

interface Parts extends VersionSource {
  operations: Readonly<Record<string, Operation>>;
  generated: ReturnType<typeof createClient>;
}

/** Call options that send a body unchecked, since it was built for this hub's version. */
export const sendAsIs: { meta: CallMeta } = { meta: { asIs: true } };

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const;
type Method = (typeof methods)[number];

export function createApiClient(transport: Transport, operations: Parts["operations"]): ApiClient {
  const generated = createClient({ baseUrl: transport.options.baseUrl });
  const bind = (method: Method) => (options: CallOptions) => call(parts, method, options);
  const client: ApiClient = Object.freeze(
    Object.fromEntries(methods.map((method) => [method.toLowerCase(), bind(method)])),
  ) as unknown as ApiClient;
  const parts: Parts = { transport, operations, generated, client };
  return client;
}

/** Returns the hub's version: from an earlier response, or by requesting it if there was none. */
export const hubVersion = async (
  source: VersionSource,
  options?: Partial<ApiRequestOptions>,
): Promise<string> => source.transport.hubVersion ?? fetchVersion(source, options);

/** Requests the hub's version. */
export async function fetchVersion(
  { client, transport }: VersionSource,
  options: Partial<ApiRequestOptions> = {},
): Promise<string> {
  const { data, response } = await client.get({ ...options, url: "/", throwOnError: true });
  const { version } = (data ?? {}) as { version?: unknown };
  if (typeof version === "string") return (transport.hubVersion = version);
  const url = `${transport.options.baseUrl}/`;
  throw new UnexpectedResponseError(
    `GET ${url} answered JSON without a version: some other API. Check the url.`,
    { method: "GET", url, status: response.status },
  );
}

async function call(parts: Parts, method: Method, options: CallOptions): Promise<Result> {
  const { signal, timeout } = options;
  const { baseUrl } = parts.transport.options;
  const context = new CallContext(baseUrl, parts.operations, method, options);
  // If the signal is a deadline over several calls, adds to its reason the outcome and last failure of this call.
  const unsubscribe = onAbort(signal, (reason) => {
    if (!(reason instanceof DeadlinePassed)) return;
    if (context.sent && !isSafe(method)) reason.outcome = "unknown";
    reason.cause ??= context.lastFailure;
  });
  try {
    if (timeout === undefined && !signal) return await request(parts, context, options);
    return await withDeadline(timeout, signal, (deadline) => {
      context.deadline = deadline;
      return request(parts, context, options);
    });
  } catch (error) {
    // Input errors come at once. The stack shows the callers only after their promises have been chained.
    await undefined;
    const failure = signal?.aborted
      ? (signal.reason as unknown)
      : marked(errorFromThrown(error, context), context);
    if (options.throwOnError) throw failure;
    return { error: failure, response: context.response };
  } finally {
    unsubscribe();
  }
}

function marked(failure: JupyterHubError, context: CallContext): JupyterHubError {
  if (context.sent && isResponseLost(failure, context)) setDetails(failure, { outcome: "unknown" });
  return withCallSite(failure);
}

/** Sends one call with the generated client. Only the options that are named here reach the generated client. */
async function request(parts: Parts, context: CallContext, options: CallOptions): Promise<Result> {
  const { transport, generated } = parts;
  const { url, path = {}, query = {}, headers = {}, bodySerializer } = options;
  // Nothing is awaited before the request is built: a later change of the input must not change what was checked.
  const { input, versioned } = checked(context, options);
  const serialise = bodySerializer ?? jsonBodySerializer.bodySerializer;
  let text: string | null = null;
  let attempted: AttemptResult | undefined;
  const result: Result = await generated.request({
    method: context.method as Method,
    url,
    path,
    query: withEncodedKeys(query),
    headers,
    body: input,
    bodySerializer: (body) => {
      text = serialise(body) as string;
      context.secrets.addBody(text);
      return text;
    },
    parseAs: parseAsOf(context),
    fetch: async (built) => {
      const { url, headers } = built as Request;
      // Routes in the operation table cannot leave the API, since the names in them were checked. Other routes can.
      if (context.operation === unknownOperation)
        assertBelow(transport.options.baseUrl, url, context);
      await checkVersions(parts, context, versioned, headers);
      attempted = await sendWithRetries(transport, context, { url, headers, body: text || null });
      return attempted.response;
    },
  });
  // Without a response, this is the error of the attempts, or of the generated client if it cannot build a request.
  if (!attempted) throw result.error;
  const { response, body, log } = attempted as AttemptResult;
  try {
    // The parser's error quotes the body, which may hold a secret.
    if (result.error && !context.operation.empty) throw invalidJsonError(context, body);
    const data = valueOf(body, result.data, context);
    log();
    return { data, response };
  } catch (error) {
    log(error as JupyterHubError);
    throw error;
  }
}

/** Returns the body to send, and the keys that not all hubs have. Throws if the input does not fit the operation. */
function checked(context: CallContext, options: CallOptions) {
  const { method, route, operation, meta } = context;
  checkOptions(route, operation, options);
  const { url, path = {}, query = {}, body } = options;
  if (/[?#]/.test(url) && Object.keys(query).length > 0) {
    throw new InvalidInputError(
      `${method} ${context.url}: give the query either in the url or in \`query\`, not in both.`,
    );
  }
  if (/^[a-z][a-z\d+.-]*:/i.test(url)) {
    throw new InvalidInputError(
      `${method}: the url must be a path below the hub's API, such as "/users".`,
    );
  }
  const rules = meta.asIs ? { ...operation, body: {} } : operation;
  const open = meta.asIs || options.allowUnknownKeys || operation === unknownOperation;
  const input = checkInput(url, rules, { path, query, body, open });
  return { input, versioned: versionedKeys(rules, { query, body }) };
}

/** Throws if the hub is too old or too new for one of these keys. */
async function checkVersions(
  parts: Parts,
  { method, route, deadline, details }: CallContext,
  keys: ReturnType<typeof versionedKeys>,
  headers: Headers,
): Promise<void> {
  for (const [key, rule] of keys) {
    const what = `\`${key}\` of ${method} ${route}`;
    const version = await hubVersion(parts, {
      ...(deadline && { signal: deadline }),
      headers: gatewayHeaders(headers),
    });
    const unsupported = unsupportedError(version, rule, what, details);
    if (unsupported) throw unsupported;
  }
}

/** Encodes the keys of a query: the generated client encodes only the values. */
const withEncodedKeys = (query: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.keys(query).every((key) => /^[\w-]+$/.test(key))
    ? query
    : Object.fromEntries(
        Object.entries(query).map(([key, value]) => [encodeURIComponent(key), value]),
      );

/**
 * Returns a call's headers without `Authorization`. They are also sent when the client requests the hub's version,
 * since a gateway may need them.
 */
function gatewayHeaders(headers: Headers): Record<string, string> {
  const { authorization: _, ...rest } = Object.fromEntries(headers);
  return rest;
}
