/**
 * Whether a response is a hub's, and what value it holds.
 *
 * Anything may answer at an address: a proxy while the hub is down, a login page, some other API. Only
 * what a hub says counts; all else is an error that says what to check.
 */
import { HubError, UnexpectedResponseError } from "./errors.js";
import { parseRetryAfter, unsupportedError } from "./error-mapping.js";
import { redacted, withoutSecrets } from "./redact.js";
import type { CallContext } from "./call-context.js";

/** An answer's media type, in lower case and without parameters. */
export const typeOf = ({ headers }: Response): string =>
  (headers.get("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";

/**
 * The body of a response as text. Throws an {@link UnexpectedResponseError} once it exceeds `limit` bytes: whatever
 * sends so much would otherwise fill the memory.
 */
export async function readText(
  response: Response,
  limit: number,
  call: CallContext,
  signal: AbortSignal,
): Promise<string> {
  const { body } = response;
  // Responses of other implementations than the platform's have streams of their own.
  if (typeof body?.getReader !== "function") return response.text();
  const reader = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    chunks.push(value);
    size += value.byteLength;
    if (size <= limit && !signal.aborted) continue;
    reader.cancel().catch(() => undefined);
    if (signal.aborted) throw signal.reason;
    throw new UnexpectedResponseError(
      `${call.method} ${call.url}: the response exceeds ${limit} bytes, more than a hub sends. ` +
        "Check the url; where it is right, raise the option maxResponseBytes.",
      { ...call, status: response.status, hubVersion: versionOf(response) },
    );
  }
  const [only = new Uint8Array()] = chunks;
  return decoder.decode(chunks.length > 1 ? joined(chunks, size) : only);
}

const decoder = new TextDecoder();

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const all = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    all.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return all;
}

/** The hub's version as a response says it; proxies may remove it, and other origins cannot read it. */
export const versionOf = ({ headers }: Response): string | undefined =>
  headers.get("X-JupyterHub-Version") ?? undefined;

/** Throws unless the response is that of a hub's API; `body` is undefined for a stream. */
export function assertHubResponse(
  response: Response,
  body: string | undefined,
  call: CallContext,
): void {
  const error = unexpectedResponse(response, body, call);
  if (error) throw error;
}

function unexpectedResponse(
  response: Response,
  body: string | undefined,
  call: CallContext,
): HubError | UnexpectedResponseError | undefined {
  const { status, headers } = response;
  const { media = [], empty } = call.operation;
  const version = versionOf(response);
  const details = () => ({ ...call, status, hubVersion: version });
  const where = () => `${call.method} ${call.url}`;

  if (response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
    return new UnexpectedResponseError(
      `${where()} was redirected${destination(headers, call)}, ${
        call.operation.redirects
          ? "as hubs do with browsers. Open this page in one: redirects are not followed here."
          : "which this operation of a hub never does. " +
            "Check the url: the hub's prefix may be missing, or a login page may be in front of it."
      }`,
      details(),
    );
  }
  // It means the same from a hub and from a gateway in front of it.
  if (status === 429) return undefined;
  const type = typeOf(response);
  const isPage = type === "text/html";
  if (status >= 500) {
    if (version || isErrorBody(response, body ?? "", type, call)) return undefined;
    return new HubError(
      `${where()}: ${status} from a proxy or gateway in front of the hub; the hub may be down.`,
      { ...details(), retryAfter: parseRetryAfter(headers.get("Retry-After")) },
    );
  }
  if (status >= 400) {
    const isUnsupported =
      version && unsupportedError(version, call.operation, where()) !== undefined;
    // A hub's own pages have the header as well: only these operations are refused with one.
    if (version && (!isPage || media.includes(type) || isUnsupported)) return undefined;
    if (isErrorBody(response, body ?? "", type, call)) return undefined;
  } else if (body === "") {
    if (empty && (version || type === "" || type === "text/plain" || isExpected()))
      return undefined;
  } else if (isExpected()) return undefined;
  const advice = !version
    ? "Check the url, and whether the hub is up: a proxy answers in its place while it starts."
    : isPage
      ? "It is a page of the hub itself. Check the url: JupyterHub.discover(link) finds the API from any link."
      : "Check the url.";
  return new UnexpectedResponseError(
    `${where()} answered ${status} with ${describe(type, body)}, which is not the API of a JupyterHub. ${advice}`,
    details(),
  );

  function isExpected(): boolean {
    // A page may be anybody's, unless it is empty or the header says whose it is.
    const isKnownPage = !isPage || body === "" || version !== undefined;
    return isJson(type) || (media.includes(type) && isKnownPage);
  }
}

/** A response whose body has been read already, with that body in its place. */
export const withBody = (response: Response, body: string | ReadableStream): Response =>
  typeof body === "string"
    ? Object.defineProperty(response, "text", { value: async () => body })
    : Object.defineProperty(response, "body", { value: body });

/** How the generated client is to parse the response of an operation. */
export const parseAsOf = ({ streams, operation }: CallContext): "json" | "auto" | "stream" =>
  streams ? "stream" : operation.media ? "auto" : "json";

/** The value of a response; `parsed` is what the generated client made of its body. */
export function valueOf(body: string | undefined, parsed: unknown, call: CallContext): unknown {
  if (call.operation.empty || body === "") return undefined;
  // Every JSON of a hub's API is an object or a list.
  const isText = body !== undefined && parsed === body;
  if (isText || (typeof parsed === "object" && parsed !== null)) return parsed;
  throw invalidJsonError(call);
}

/** The error for a body that is labelled JSON and is none, or none that a hub sends. It quotes nothing. */
export function invalidJsonError(call: CallContext, body = ""): UnexpectedResponseError {
  const fault = holdsNaN(body)
    ? "the hub's response holds NaN or Infinity, which JSON does not have. " +
      "A program put it there, most likely into a server's user_options: replace it by a finite number."
    : "the response is labelled JSON, but is not that of a hub.";
  return new UnexpectedResponseError(`${call.method} ${call.url}: ${fault}`, {
    ...call,
    status: call.response?.status,
  });
}

/** Whether a text is JSON but for numbers that Python writes and JSON does not have. */
const holdsNaN = (text: string): boolean => {
  const finite = text.replace(
    /([:[,]\s*)-?(?:NaN|Infinity)\b/g,
    (_, before: string) => `${before}0`,
  );
  return finite !== text && isParsable(finite);
};

/** What `JSON.parse` throws quotes the text, secrets and all. */
function isParsable(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const isJson = (type: string): boolean => /^application\/(.+\+)?json$/.test(type);

/** Whether an error without the hub's header is in the shape that hubs give their errors. */
function isErrorBody(
  { status }: Response,
  body: string,
  type: string,
  { operation }: CallContext,
): boolean {
  // Metrics are the one thing that the API refuses with a page.
  if (type === "text/html") return /metrics requires scope/.test(body);
  if (!isJson(type)) return false;
  try {
    const error = JSON.parse(body) as Record<string, unknown> | null;
    if (error === null) return false;
    if (error["status"] === status && "message" in error) return true;
    // OAuth, which is public and has a body, words its errors in its own way.
    return "error" in error && Boolean(operation.public && operation.body);
  } catch {
    return false;
  }
}

const describe = (type: string, body: string | undefined): string =>
  body === "" ? "nothing" : type === "text/html" ? "an HTML page" : type || "an unknown body";

/** Where a redirect leads: less its query, and not at all where it may repeat a secret of the path. */
function destination(headers: Headers, { url, secrets }: CallContext): string {
  const location = headers.get("Location");
  if (!location || url.includes(redacted)) return "";
  try {
    const { origin, pathname } = new URL(location, url);
    return ` to ${withoutSecrets(origin + pathname, secrets)}`;
  } catch {
    return "";
  }
}
