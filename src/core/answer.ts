/**
 * Whether an answer is a hub's, and what value it holds.
 *
 * Anything may answer at an address: a proxy while the hub is down, a login page, some other API. Only
 * what a hub says counts; all else is an error that says what to check.
 */
import { HubError, NotAHubError } from "./errors.js";
import { millisecondsOf } from "./meaning.js";
import { redacted, withoutSecrets } from "./redact.js";
import type { CallContext } from "./request.js";

/** What every answer of a hub tells, unless the page that asks is of another origin. */
export const versionHeader = "X-JupyterHub-Version";

/** An answer's media type, in lower case and without parameters. */
export const typeOf = ({ headers }: Response): string =>
  (headers.get("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";

/** Throws unless the answer is that of a hub's API; `body` is undefined for a stream. */
export function assertHub(response: Response, body: string | undefined, call: CallContext): void {
  const { status, headers } = response;
  const version = headers.get(versionHeader);
  const details = { ...call, status, hubVersion: version ?? undefined };
  const where = `${call.method} ${call.url}`;

  if (response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
    throw new NotAHubError(
      `${where} was redirected${destination(headers, call)}, ${
        call.operation.redirects
          ? "as hubs do with browsers. Open this page in one: redirects are not followed here."
          : "which this operation of a hub never does. " +
            "Check the url: the hub's prefix may be missing, or a login page stands before it."
      }`,
      details,
    );
  }
  const type = typeOf(response);
  // A page with something on it may be anybody's, unless the header says whose.
  const page = type === "text/html" && body !== "" && !version;
  // Only a page of another origin cannot read the header that every answer of a hub has.
  const stranger = !version && response.type === "basic" && !call.operation.media;
  const expected = isJson(type) || (!page && (call.operation.media?.includes(type) ?? false));
  if (status >= 400 && (version || isErrorBody(response, body ?? "", type, call))) return;
  if (status >= 500) {
    throw new HubError(
      `${where}: ${status} from what stands before the hub; the hub may be down.`,
      { ...details, retryAfter: millisecondsOf(headers.get("Retry-After")) },
    );
  }
  if (status < 400 && body !== "" && expected && !stranger) return;
  if (status < 400 && body === "" && call.operation.empty && !stranger) {
    if (version || expected || type === "" || type === "text/plain") return;
  }
  throw new NotAHubError(
    `${where} answered ${status} with ${describe(type, body)}, which is not the API of a JupyterHub. ` +
      "Check the url, and whether the hub is up: a proxy answers in its place while it starts.",
    details,
  );
}

/** The value of an answer that is a hub's. Throws when it is no JSON though it says so. */
export function valueOf(response: Response, text: string, call: CallContext): unknown {
  if (call.operation.empty || text === "") return undefined;
  if (!isJson(typeOf(response))) return text;
  const value = parsed(text);
  // Every JSON of a hub's API is an object or a list.
  if (typeof value === "object" && value !== null) return value;
  const { status } = response;
  const fault = holdsNaN(text)
    ? "the hub's answer holds NaN or Infinity, which JSON does not have. " +
      "A program put it there, most likely into a server's user_options: replace it by a finite number."
    : "the answer is labelled JSON, but is not that of a hub.";
  throw new NotAHubError(`${call.method} ${call.url}: ${fault}`, { ...call, status });
}

/** The value of JSON; undefined when it is none. What `JSON.parse` throws quotes it, secrets and all. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Whether a text is JSON but for numbers that Python writes and JSON does not have. */
const holdsNaN = (text: string): boolean =>
  parsed(
    text.replace(/"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g, (part) =>
      part.startsWith('"') ? part : "0",
    ),
  ) !== undefined && parsed(text) === undefined;

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
