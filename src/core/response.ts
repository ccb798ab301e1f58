/**
 * Whether a response is a hub's, and what value it holds.
 *
 * Anything may answer at an address: a proxy while the hub is down, a login page, some other API. Only
 * what a hub says counts; all else is an error that says what to check.
 */
import { HubError, NotAHubError } from "./errors.js";
import { millisecondsOf } from "./meaning.js";
import { redacted, withoutSecrets } from "./redact.js";
import type { CallContext } from "./call-context.js";

/** What every answer of a hub tells, unless the page that asks is of another origin. */
export const versionHeader = "X-JupyterHub-Version";

/** An answer's media type, in lower case and without parameters. */
export const typeOf = ({ headers }: Response): string =>
  (headers.get("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";

/** Throws unless the answer is that of a hub's API; `body` is undefined for a stream. */
export function assertHub(response: Response, body: string | undefined, call: CallContext): void {
  const error = strangerError(response, body, call);
  if (error) throw error;
}

function strangerError(
  response: Response,
  body: string | undefined,
  call: CallContext,
): HubError | NotAHubError | undefined {
  const { status, headers } = response;
  const { media, empty } = call.operation;
  const version = headers.get(versionHeader);
  const details = () => ({ ...call, status, hubVersion: version ?? undefined });
  const where = () => `${call.method} ${call.url}`;

  if (response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
    return new NotAHubError(
      `${where()} was redirected${destination(headers, call)}, which the API of a hub never does. ` +
        "Check the url: the hub's prefix may be missing, or a login page stands before it.",
      details(),
    );
  }
  const type = typeOf(response);
  // A page with something on it may be anybody's, unless the header says whose.
  const page = type === "text/html" && body !== "" && !version;
  // Only a page of another origin cannot read the header that every answer of a hub has.
  const stranger = !version && response.type === "basic" && !media;
  const expected = isJson(type) || (!page && (media?.includes(type) ?? false));
  if (status >= 400 && (version || isErrorBody(response, body ?? "", type, call))) return undefined;
  if (status >= 500) {
    return new HubError(
      `${where()}: ${status} from what stands before the hub; the hub may be down.`,
      { ...details(), retryAfter: millisecondsOf(headers.get("Retry-After")) },
    );
  }
  if (status < 400 && body !== "" && expected && !stranger) return undefined;
  if (status < 400 && body === "" && empty && !stranger) {
    if (version || expected || type === "" || type === "text/plain") return undefined;
  }
  return new NotAHubError(
    `${where()} answered ${status} with ${describe(type, body)}, which is not the API of a JupyterHub. ` +
      "Check the url, and whether the hub is up: a proxy answers in its place while it starts.",
    details(),
  );
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
  throw notJson(call);
}

/** The error for a body that is labelled JSON and is none, or none that a hub sends. It quotes nothing. */
export const notJson = (call: CallContext): NotAHubError =>
  new NotAHubError(
    `${call.method} ${call.url}: the answer is labelled JSON, but is not that of a hub.`,
    { ...call, status: call.response?.status },
  );

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
