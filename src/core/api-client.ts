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
  /** The generated fetch client, which makes requests and parses answers. */
  generated: Client;
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
export async function hubVersion(parts: ApiClientParts, signal?: AbortSignal): Promise<string> {
  return parts.transport.hubVersion ?? (await askVersion(parts, signal ? { signal } : {}));
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

interface Answer {
  data?: unknown;
  error?: unknown;
  response?: Response | undefined;
}

async function call(parts: ApiClientParts, method: Method, options: CallOptions): Promise<Answer> {
  const { generated, operations, transport } = parts;
  const { url: route, path, query, body, headers, bodySerializer, signal, timeout, meta } = options;
  const verb = method.toUpperCase();
  const operation = operations[`${verb} ${route}`] ?? {};
  const context: CallContext = {
    method: verb,
    url: redactedUrl(transport.baseUrl, route, path),
    operation,
    ownCredentials: carriesCredentials(operation, body),
  };
  let request: Request | undefined;
  let response: Response | undefined;

  const exchange = (deadline: AbortSignal | undefined): Promise<Answer> =>
    generated[method]({
      url: route,
      ...(path && { path }),
      ...(query && { query }),
      ...(headers && { headers }),
      ...(bodySerializer && { bodySerializer }),
      ...(body !== undefined && { body }),
      baseUrl: transport.baseUrl,
      redirect: "manual",
      throwOnError: true,
      // Runs before the URL is built, which is what names must be checked before.
      requestValidator: async (request) => {
        const known = meta?.["asIs"] ? { ...operation, body: {} } : operation;
        const { body: checked, newcomers } = checkInput(route, known, { path, query, body });
        (request as { body?: unknown }).body = checked;
        for (const { what, since } of newcomers) {
          const version = await hubVersion(parts, deadline);
          const unsupported = unsupportedBy(
            version,
            { since },
            `${what} of ${verb} ${route}`,
            context,
          );
          if (unsupported) throw unsupported;
        }
      },
      fetch: async (made: RequestInfo | URL) => {
        request = made as Request;
        const answer = await transport.send(request, context, deadline);
        ({ response } = answer);
        // Its body has been read, within the time that it had.
        response.text = () => Promise.resolve(answer.body);
        if (response.ok) return response;
        throw errorOf({
          ...context,
          status: response.status,
          body: answer.body,
          retryAfter: response.headers.get("Retry-After"),
          hubVersion: transport.hubVersion,
          credentials: request.headers.has("Authorization")
            ? "token"
            : context.ownCredentials
              ? "body"
              : "none",
        });
      },
    });

  try {
    if (timeout !== undefined && !(timeout > 0)) {
      throw new InvalidInputError("The timeout must be a number above 0.");
    }
    // The request stays here: it holds the token, which would be printed with the answer.
    const { data, response: answer } =
      timeout === undefined && !signal
        ? await exchange(undefined)
        : await withDeadline(timeout, signal, exchange);
    return { data: operation.empty ? undefined : data, response: answer };
  } catch (error) {
    const failure = signal?.aborted
      ? (signal.reason as unknown)
      : withCallSite(failureOf(error, context, request !== undefined));
    if (options.throwOnError) throw failure;
    return { error: failure, response };
  }
}

/** Whatever a call can fail with, as an error that says which call it was. */
function failureOf(
  error: unknown,
  { method, url }: CallContext,
  requestMade: boolean,
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
    return new NotAHubError(`${method} ${url}: the answer is labelled JSON, but is not.`, {
      method,
      url,
    });
  }
  if (!requestMade) {
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
