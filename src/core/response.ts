/**
 * Decides whether a response comes from a hub's API, and returns its value.
 *
 * Something else may answer at the hub's address: a proxy while the hub is down, a login page, another API. Such a
 * response becomes an error that says what to check.
 */
import { unknownOperation, type CallContext } from "./call-context.js";
import { parseRetryAfter, unsupportedError } from "./error-mapping.js";
import { HubError, UnexpectedResponseError } from "./errors.js";
import { parseJson } from "./json.js";
import { redacted, withoutSecrets } from "./redact.js";

/** The media type of a response, in lower case and without parameters. */
export function typeOf({ headers }: Pick<Response, "headers">): string {
  const type = headers.get("Content-Type") ?? "";
  // The usual type needs no parsing. A proxy may have added a second type: the last one counts.
  return type === "application/json"
    ? type
    : /([^;,]*)(;[^,]*)?$/.exec(type)![1]!.trim().toLowerCase();
}

/**
 * Returns the hub's version, from a header of a response. Undefined if a proxy removed the header, or if the client
 * runs in a page of another origin, which may not read it.
 */
export const versionOf = ({ headers }: Response): string | undefined =>
  headers.get("X-JupyterHub-Version") || undefined;

const isJson = (type: string): boolean => /^application\/(.+\+)?json$/.test(type);

/** The body of a response as text. Throws an {@link UnexpectedResponseError} if the body exceeds `limit` bytes. */
export async function readText(
  response: Response,
  limit: number,
  call: CallContext,
): Promise<string> {
  const { body } = response;
  // Responses of node-fetch and the like have streams of another kind.
  if (typeof body?.getReader !== "function") return response.text();
  const reader = (call.reader = body.getReader());
  const decoder = new TextDecoder();
  let text = "";
  let last: Uint8Array | undefined;
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      call.reader = undefined;
      // Most bodies are one chunk, which is decoded faster as a whole.
      return text + decoder.decode(last);
    }
    if (last) text += decoder.decode(last, { stream: true });
    last = value;
    size += value.byteLength;
    if (size <= limit) continue;
    throw unexpected(
      call,
      response,
      `: the response exceeds ${limit} bytes, more than a hub sends. ` +
        "Check the url; if it is right, raise the option maxResponseBytes.",
    );
  }
}

/** Closes the connection of a response whose body is not read. Streams of node-fetch have `destroy`, not `cancel`. */
export async function discardBody({ body }: Response): Promise<void> {
  const stream = body as { cancel?(): Promise<void>; destroy?(): void } | null;
  try {
    await (stream?.cancel ? stream.cancel() : stream?.destroy?.());
  } catch {
    // A stream that has failed rejects with the same error.
  }
}

const unexpected = (
  call: CallContext,
  response: Response | undefined,
  text: string,
): UnexpectedResponseError =>
  new UnexpectedResponseError(`${call.method} ${call.url}${text}`, {
    ...call.details,
    status: response?.status,
    hubVersion: response && versionOf(response),
  });

/**
 * Throws unless a response comes from a hub's API. `body` is undefined for a stream; `version` is undefined if the
 * response has no version header.
 */
export function assertHubResponse(
  response: Response,
  body: string | undefined,
  version: string | undefined,
  call: CallContext,
): void {
  const { status, headers } = response;
  const { media = [], empty, redirects } = call.operation;

  if (response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
    const target = redirectTarget(headers, call);
    const to = target ? ` to ${target.origin}${target.pathname}` : "";
    const advice = redirects
      ? "as hubs do with browsers. Open this page in a browser: redirects are not followed here."
      : `which the API of a hub never does. ${redirectAdvice(target, call)}`;
    throw unexpected(call, response, ` was redirected${to}, ${advice}`);
  }
  // A 429 means the same from a hub and from a gateway.
  if (status === 429) return;
  const type = typeOf(response);
  const isPage = type === "text/html";
  const isError = status >= 400 && isErrorBody(response, body ?? "", type, call);
  if (status >= 500) {
    if (version || isError) return;
    throw new HubError(
      `${call.method} ${call.url}: ${status} from a proxy or gateway in front of the hub; the hub may be down.`,
      { ...call.details, status, retryAfter: parseRetryAfter(headers.get("Retry-After")) },
    );
  }
  // An HTML page may come from anything, unless it is empty or has the hub's version header.
  const isExpected =
    isJson(type) ||
    (media.includes(type) && (!isPage || body === "" || version)) ||
    (body === undefined && version && !isPage);
  if (status >= 400) {
    // Pages of a hub have the version header as well, but only few operations are refused with a page.
    const isKnown =
      !isPage || media.includes(type) || unsupportedError(version ?? "", call.operation, "");
    if (isError || (version && isKnown)) return;
  } else if (body === "") {
    const mayBeEmpty = empty || (version && call.operation === unknownOperation);
    if (mayBeEmpty && (version || type === "" || type === "text/plain" || isExpected)) return;
  } else if (isExpected) return;
  const found = body === "" ? "nothing" : isPage ? "an HTML page" : type || "an unknown body";
  const isServer = headers.get("Content-Security-Policy")?.includes("/api/security/csp-report");
  const advice =
    isServer && !version
      ? "It is a Jupyter server and no hub: give the url of the JupyterHub that started it."
      : !version
        ? "Check the url, and whether the hub is up: a proxy answers in its place while it starts."
        : isPage
          ? "It is a page of the hub itself. Check the url: JupyterHub.discover(link) finds the API from any link."
          : "Check the url.";
  throw unexpected(
    call,
    response,
    ` answered ${status} with ${found}, which is not the API of a JupyterHub. ${advice}`,
  );
}

/** Returns a response with `body` in place of its own body, which has already been read. */
export const withBody = (response: Response, body: string | ReadableStream): Response =>
  typeof body === "string"
    ? Object.defineProperty(response, "text", { value: async () => body, configurable: true })
    : Object.defineProperty(response, "body", { value: body, configurable: true });

/** Returns how the generated client must parse the response to a call. */
export const parseAsOf = ({ streams, operation }: CallContext): "json" | "auto" | "stream" =>
  streams ? "stream" : operation.media ? "auto" : "json";

/** Returns the value of a response. `parsed` is the body as the generated client parsed it. */
export function valueOf(body: string | undefined, parsed: unknown, call: CallContext): unknown {
  if (call.operation.empty || body === "") return undefined;
  // Every JSON value of a hub's API is an object or a list.
  const isText = body !== undefined && parsed === body;
  if (isText || (typeof parsed === "object" && parsed !== null)) return parsed;
  throw invalidJsonError(call);
}

/** Returns the error for a body that is labelled as JSON, but is invalid or not from a hub. Does not quote the body. */
export function invalidJsonError(call: CallContext, body = ""): UnexpectedResponseError {
  // Python writes these numbers, and JSON does not have them.
  const finite = body.replace(
    /([:[,]\s*)-?(?:NaN|Infinity)\b/g,
    (_, before: string) => `${before}0`,
  );
  const hasNaN = finite !== body && parseJson(finite) !== undefined;
  const fault = hasNaN
    ? "the hub's response holds NaN or Infinity, which JSON does not have. " +
      "A program put it there, most likely into a server's user_options: replace it by a finite number."
    : "the response is labelled JSON, but is not that of a hub.";
  return unexpected(call, call.response, `: ${fault}`);
}

/** Returns whether the body of an error response has the shape of a hub's errors. */
function isErrorBody(
  { status }: Response,
  body: string,
  type: string,
  { operation }: CallContext,
): boolean {
  // Only metrics are refused with a page.
  if (type === "text/html") return body.includes("metrics requires scope");
  const error = isJson(type) && parseJson(body);
  if (typeof error !== "object" || error === null) return false;
  if ("status" in error && error.status === status && "message" in error) return true;
  // Errors of OAuth, whose operation is public and has a body, have another shape.
  return "error" in error && Boolean(operation.public && operation.body);
}

/** Returns the target of a redirect; undefined if there is none, or if the target may repeat a secret of the path. */
function redirectTarget(headers: Headers, { url, secrets }: CallContext): URL | undefined {
  const location = headers.get("Location");
  if (!location || url.includes(redacted) || !URL.canParse(location, url)) return undefined;
  const { origin, pathname } = new URL(location, url);
  const target = withoutSecrets(origin + pathname, secrets);
  return URL.canParse(target) ? new URL(target) : undefined;
}

/** Returns advice about a redirect: how its target differs from the request's URL, and which `url` to configure. */
function redirectAdvice(target: URL | undefined, { url }: CallContext): string {
  const from = new URL(url);
  const route = from.pathname.slice(from.pathname.lastIndexOf("/hub/api"));
  if (target?.pathname.includes("/hub/user/")) {
    return "It leads to a user's server. Give the hub's address, or use JupyterHub.discover(link).";
  }
  if (target?.pathname.endsWith(route)) {
    const prefix = target.pathname.slice(0, -route.length);
    return `Configure its target: url: "${target.origin}${prefix}".`;
  }
  if (target && target.pathname === `${from.pathname}/`) {
    return "Only a slash at the end differs: something in front of the hub rewrites paths. Exempt /hub/api from that.";
  }
  if (target && /login|oauth|signin|auth/i.test(target.pathname + target.hostname)) {
    return "It leads to a login page: something in front of the hub asks for a login. Use the hub's own address.";
  }
  return "Check the url: the hub's prefix may be missing, or a login page may be in front of it.";
}
