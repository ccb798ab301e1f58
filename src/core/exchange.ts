/**
 * One call, however many attempts it takes: asks for the token, sends, and sends again where retry.ts
 * allows it or a token function has another token. Says what the answer means.
 */
import { valueOf } from "./answer.js";
import { AuthenticationError, NotAHubError, XsrfError, type JupyterHubError } from "./errors.js";
import { failureOf } from "./failure.js";
import { tell, type LogFields, type Logger } from "./hooks.js";
import { errorOf } from "./meaning.js";
import type { CallContext } from "./request.js";
import { delayBefore } from "./retry.js";
import { guarded } from "./stream.js";
import { pause } from "./time.js";
import type { Incoming, Outgoing, Transport } from "./transport.js";

export interface ExchangeParts {
  transport: Transport;
  /** How often a call may be tried again. */
  retries: number;
  logger: Logger | undefined;
}

export interface Answer {
  data?: unknown;
  error?: unknown;
  response?: Response | undefined;
}

/** How far a call has come, for what is said of its failure. */
export interface Progress {
  /** Whether an attempt has gone out and what came of it is not known. */
  sent: boolean;
  /** The answer to the attempt that was made last, if one came. */
  response?: Response | undefined;
  /** How the attempt before this one failed. */
  last?: JupyterHubError;
}

/** What ends a call early: its deadline, of which the caller's own signal is a part. */
export interface Ends {
  deadline: AbortSignal | undefined;
  caller: AbortSignal | undefined;
}

export async function exchange(
  parts: ExchangeParts,
  context: CallContext,
  request: Pick<Outgoing, "url" | "headers" | "body">,
  progress: Progress,
  { deadline, caller }: Ends,
): Promise<Answer> {
  const { transport, retries, logger } = parts;
  const { method, route, url, once } = context;
  let attempt = 1;
  let token: string | undefined;
  let renewed = false;
  for (;;) {
    const begun = Date.now();
    const log = (outcome: Pick<LogFields, "status" | "error" | "retryIn">): void => {
      const operation = `${method} ${route}`;
      const duration = Date.now() - begun;
      if (logger) tell(logger, method, { operation, url, attempt, duration, ...outcome });
    };
    const headers = new Headers(request.headers);
    const out: Outgoing = { ...request, headers, token, attempt, progress };
    progress.response = undefined;
    try {
      out.token ??= await transport.token(context, headers, deadline);
      const incoming = await transport.send(out, context, deadline);
      progress.response = incoming.response;
      const answer = answerOf(transport, context, out, incoming, caller);
      log({ status: incoming.response.status });
      return answer;
    } catch (error) {
      const failure = failureOf(error, context, progress.sent, progress.last);
      token = undefined;
      let retryIn: number | undefined;
      try {
        if (deadline?.aborted) throw failure;
        if (!renewed && isRefused(failure, out, transport)) {
          renewed = true;
          progress.sent = false;
          progress.last = failure;
          token = await transport.renewed(out.token, context, deadline);
        }
        // A replay with another token is not one of the retries.
        const tries = {
          method,
          attempt: renewed ? attempt - 1 : attempt,
          retries: once ? 0 : retries,
        };
        retryIn = token === undefined ? delayBefore(failure, tries) : 0;
        if (retryIn === undefined) throw failure;
      } finally {
        const { status, name } = failure;
        log({ status, error: caller?.aborted ? "AbortError" : name, retryIn });
      }
      progress.sent = false;
      progress.last = failure;
      if (token === undefined) await pause(retryIn, deadline);
      attempt += 1;
    }
  }
}

/** Whether the hub has refused the token that was sent, or misses that of a page. */
const isRefused = (failure: JupyterHubError, { token }: Outgoing, { credentials }: Transport) =>
  credentials === "cookie"
    ? failure instanceof XsrfError
    : failure instanceof AuthenticationError && token !== undefined;

/** What an answer means: a value, a stream, or an error. */
function answerOf(
  transport: Transport,
  context: CallContext,
  { headers }: Outgoing,
  { response, body }: Incoming,
  signal: AbortSignal | undefined,
): Answer {
  if (response.ok && context.streams) {
    if (body === undefined && response.body) {
      return { data: guarded(response.body, transport.timeout, context, signal), response };
    }
    const { status } = response;
    const what = `${context.method} ${context.url} was not answered with a stream.`;
    throw new NotAHubError(what, { ...context, status });
  }
  const text = body ?? "";
  if (response.ok) return { data: valueOf(response, text, context), response };
  throw errorOf({
    ...context,
    status: response.status,
    body: text,
    retryAfter: response.headers.get("Retry-After"),
    hubVersion: transport.hubVersion,
    credentials: context.ownCredentials
      ? "body"
      : headers.has("Authorization")
        ? "token"
        : transport.credentials === "cookie"
          ? "cookie"
          : "none",
  });
}
