/**
 * The retry loop: the `fetch` that the generated client calls.
 *
 * Gets the token, sends the request, and retries if retry.ts allows it, or if a token function returns another token.
 * Returns a successful response of the hub, or throws a typed error.
 */
import type { CallContext } from "./call-context.js";
import {
  InvalidInputError,
  UnexpectedResponseError,
  isJupyterHubError,
  type JupyterHubError,
} from "./errors.js";
import { errorFromThrown } from "./network-errors.js";
import { logAttempt, type LogFields } from "./logger.js";
import { errorFromResponse } from "./error-mapping.js";
import { discardBody, withBody } from "./response.js";
import { retryDelay } from "./retry.js";
import { withIdleTimeout } from "./event-stream.js";
import { delay } from "./deadline.js";
import type { AttemptRequest, AttemptResponse, BuiltRequest, Transport } from "./transport.js";

/** A response with its whole body. The attempt is logged when the body has been parsed. */
export interface AttemptResult {
  response: Response;
  /** The body's text; undefined for a stream. */
  body: string | undefined;
  /** Logs the attempt: as a success, or with the error that parsing its body caused. */
  log(error?: JupyterHubError): void;
}

export async function sendWithRetries(
  transport: Transport,
  context: CallContext,
  request: BuiltRequest,
): Promise<AttemptResult> {
  const { method, meta, deadline, caller } = context;
  const { retries, logger } = transport.options;
  const hasOwnToken = request.headers.has("Authorization");
  let attempt = 1;
  let token: string | undefined;
  let renewed = false;
  for (;;) {
    const begun = performance.now();
    const log = (outcome: Pick<LogFields, "status" | "error" | "retryIn">): void => {
      if (!logger) return;
      const { name: operation, url } = context;
      const duration = performance.now() - begun;
      logAttempt(logger, method, { operation, url, attempt, duration, ...outcome });
    };
    const headers = headersOf(request, attempt, hasOwnToken, transport);
    const { url, body } = request;
    const out: AttemptRequest = { url, body, headers, token, hasOwnToken, attempt };
    context.response = undefined;
    try {
      const incoming = await transport.send(out, context);
      const { response, body } = assertSuccess(transport, context, incoming);
      context.lastFailure = undefined;
      const { status } = response;
      return { response, body, log: (error) => log({ status, error: error?.name }) };
    } catch (error) {
      const failure = errorFromThrown(error, context);
      context.reader?.cancel().catch(() => undefined);
      token = undefined;
      let retryIn: number | undefined;
      try {
        if (deadline?.aborted) throw failure;
        if (!renewed && isTokenRejected(failure, out, context, transport)) {
          renewed = true;
          context.sent = false;
          context.lastFailure = failure;
          token = await transport.renewed(out.token, context);
        }
        // A repetition with another token is not counted as a retry.
        const tries = {
          method,
          attempt: renewed ? attempt - 1 : attempt,
          retries: meta.once ? 0 : retries,
        };
        retryIn = token === undefined ? retryDelay(failure, tries) : 0;
        if (retryIn === undefined) throw failure;
      } finally {
        const { status, name } = failure;
        log({ status, error: caller?.aborted ? "AbortError" : name, retryIn });
      }
      context.sent = false;
      context.lastFailure = failure;
      if (token === undefined) await delay(retryIn, deadline);
      attempt += 1;
    }
  }
}

/** Returns the request's headers for an attempt: a copy, if it is a retry or if a middleware may change the headers. */
function headersOf(
  { headers }: BuiltRequest,
  attempt: number,
  hasOwnToken: boolean,
  { hasMiddleware }: Transport,
): Headers {
  if (attempt === 1 && !hasMiddleware) return headers;
  const copy = new Headers(headers);
  if (!hasOwnToken) copy.delete("Authorization");
  return copy;
}

/** Returns whether the hub rejected the token that was sent, or the XSRF token of a page. */
const isTokenRejected = (
  failure: JupyterHubError,
  { token }: AttemptRequest,
  { method, route }: CallContext,
  { options }: Transport,
) =>
  options.credentials.kind === "cookie"
    ? isJupyterHubError(failure, "XsrfError")
    : isJupyterHubError(failure, "AuthenticationError") &&
      token !== undefined &&
      // A 401 to a start may come from the Spawner, whose start has failed. Hubs reject tokens with 403.
      (failure.status === 403 || method !== "POST" || !/\/servers?(\/[^/]*)?$/.test(route));

/** Returns a successful response with its body ready for the generated client. Otherwise throws a typed error. */
function assertSuccess(
  transport: Transport,
  context: CallContext,
  { response, body }: AttemptResponse,
): AttemptResponse {
  if (response.ok && context.streams) {
    if (body === undefined && typeof response.body?.getReader === "function") {
      const stream = withIdleTimeout(response.body, transport.options.timeout, context);
      return { response: withBody(response, stream), body };
    }
    if (body === undefined && response.body) {
      void discardBody(response);
      throw new InvalidInputError(
        `${context.method} ${context.url}: the body is no web stream. Give the client a \`fetch\` whose responses have one.`,
        context,
      );
    }
    const { status } = response;
    const what = `${context.method} ${context.url} got a response that is no stream.`;
    throw new UnexpectedResponseError(what, { ...context.details, status });
  }
  if (response.ok) return { response, body };
  throw errorFromResponse({
    ...context.details,
    operation: context.operation,
    secrets: context.secrets,
    status: response.status,
    body: body ?? "",
    retryAfter: response.headers.get("Retry-After"),
    hubVersion: transport.hubVersion,
    credentials: context.ownCredentials
      ? "body"
      : context.isAuthorized
        ? "token"
        : transport.options.credentials.kind === "cookie"
          ? "cookie"
          : "none",
  });
}
