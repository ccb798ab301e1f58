/**
 * Sends one request to the hub and brings back its whole answer.
 *
 * Promises that the token goes to the hub's API and nowhere else, that no redirect is followed, that
 * headers and body arrive within the attempt's time, and that what comes back is from a JupyterHub.
 * What an answer means is for others to say (meaning.ts).
 */
import type { Operation } from "../../generated/operations.gen.js";
import type { Credentials } from "./auth.js";
import {
  AuthenticationError,
  ConnectionError,
  HubError,
  NotAHubError,
  isJupyterHubError,
} from "./errors.js";
import { redacted } from "./redact.js";
import { Slots } from "./slots.js";
import { withDeadline } from "./time.js";

export interface TransportOptions {
  baseUrl: string;
  fetch: typeof fetch | undefined;
  headers: Readonly<Record<string, string>>;
  userAgent: string;
  timeout: number;
  maxConcurrency: number;
  credentials: Credentials;
}

/** What is to be sent; the transport adds the headers that every request has. */
export interface HubRequest {
  url: string;
  method: string;
  headers: Headers;
  body: string | null;
}

/** What the transport must know of the call that a request belongs to. */
export interface CallContext {
  method: string;
  /** The URL for errors: without query and secrets. */
  url: string;
  operation: Operation;
  /** Whether the body stands for the credentials. */
  ownCredentials: boolean;
}

const versionHeader = "X-JupyterHub-Version";

// Cross-origin pages may send no User-Agent of their own: the hub's CORS does not allow it.
const inBrowser = "document" in globalThis || "WorkerGlobalScope" in globalThis;

export class Transport {
  readonly #options: TransportOptions;
  readonly #slots: Slots;
  #hubVersion: string | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
    this.#slots = new Slots(options.maxConcurrency);
  }

  get baseUrl(): string {
    return this.#options.baseUrl;
  }

  /** The hub's version as its last answer told it. */
  get hubVersion(): string | undefined {
    return this.#hubVersion;
  }

  /** The answer to `request`, read to its end. Rejects where none came or it is not from a hub. */
  async send(
    request: HubRequest,
    call: CallContext,
    signal: AbortSignal | undefined,
  ): Promise<{ response: Response; body: string }> {
    const { timeout } = this.#options;
    const { headers } = request;
    if (!call.operation.public && !call.ownCredentials && !headers.has("Authorization")) {
      const { credentials } = this.#options;
      let token = credentials.token();
      // Before a slot is taken: a token function may make calls of its own.
      if (token instanceof Promise)
        token = await withDeadline(timeout, signal, () => told(token, call));
      if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
    }
    this.#prepare(headers, call);
    return this.#slots.run(signal, () =>
      withDeadline(timeout, signal, (attempt) => this.#attempt(request, call, attempt)),
    );
  }

  async #attempt(
    { url, method, headers, body: sent }: HubRequest,
    call: CallContext,
    signal: AbortSignal,
  ): Promise<{ response: Response; body: string }> {
    const send = this.#options.fetch ?? fetch;
    let response: Response;
    let body: string;
    try {
      response = await send(url, { method, headers, body: sent, redirect: "manual", signal });
      body = await response.text();
    } catch (cause) {
      if (signal.aborted || isJupyterHubError(cause)) throw cause;
      throw unreachable(cause, call);
    }
    this.#assertHub(response, body, call);
    return { response, body };
  }

  #prepare(headers: Headers, call: CallContext): void {
    for (const [name, value] of Object.entries(this.#options.headers)) {
      if (!headers.has(name)) headers.set(name, value);
    }
    if (!headers.has("Accept")) {
      headers.set("Accept", [...(call.operation.media ?? []), "application/json"].join(", "));
    }
    if (!inBrowser && !headers.has("User-Agent")) {
      headers.set("User-Agent", this.#options.userAgent);
    }
    // A password is no less secret than a token.
    if (headers.has("Authorization") || call.ownCredentials) this.#options.credentials.assertSafe();
  }

  #assertHub(response: Response, body: string, call: CallContext): void {
    const { status, headers } = response;
    const version = headers.get(versionHeader);
    if (version) this.#hubVersion = version;
    const details = { ...call, status, hubVersion: version ?? undefined };
    const where = `${call.method} ${call.url}`;

    if (response.type === "opaqueredirect" || (status >= 300 && status < 400)) {
      throw new NotAHubError(
        `${where} was redirected${destination(headers, call)}, which the API of a hub never does. ` +
          "Check the url: the hub's prefix may be missing, or a login page stands before it.",
        details,
      );
    }
    const type = (headers.get("Content-Type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
    // A page with something on it may be anybody's, unless the header says whose.
    const page = type === "text/html" && body !== "" && !version;
    // Only a page of another origin cannot read the header that every answer of a hub has.
    const stranger = !version && response.type === "basic" && !call.operation.media;
    const expected = isJson(type) || (!page && (call.operation.media?.includes(type) ?? false));
    if (status >= 400 && (version || isErrorBody(response, body, type, call))) return;
    if (status >= 500) {
      throw new HubError(
        `${where}: ${status} from what stands before the hub; the hub may be down.`,
        details,
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
}

/** What a token function tells; where it fails, so does the authentication. */
async function told<Token>(token: Promise<Token> | Token, call: CallContext): Promise<Token> {
  try {
    return await token;
  } catch (cause) {
    if (isJupyterHubError(cause)) throw cause;
    throw new AuthenticationError(`${call.method} ${call.url}: the token function failed.`, {
      ...call,
      cause,
    });
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

const describe = (type: string, body: string): string =>
  body === ""
    ? "nothing"
    : type === "text/html"
      ? "an HTML page"
      : type
        ? `${type}`
        : "an unknown body";

/** Where a redirect leads: less its query, and not at all where it may repeat a secret of the path. */
function destination(headers: Headers, { url }: CallContext): string {
  const location = headers.get("Location");
  if (!location || url.includes(redacted)) return "";
  try {
    const { origin, pathname } = new URL(location, url);
    return ` to ${origin}${pathname}`;
  } catch {
    return "";
  }
}

const advice: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, "Nothing listens there: check the url and whether the hub is up."],
  [/ENOTFOUND|EAI_AGAIN/, "No such host: check the url."],
  [/CERT_ALTNAME/, "Its certificate is for another host: check the url."],
  [/CERT_HAS_EXPIRED/, "Its certificate has expired."],
  [
    /CERT|SELF_SIGNED|UNABLE_TO_VERIFY/,
    "Its certificate is not trusted: name the authority's file in NODE_EXTRA_CA_CERTS.",
  ],
];

/** No answer, or half of one. */
function unreachable(cause: unknown, call: CallContext): ConnectionError {
  const inner = cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause;
  const code = String((inner as { code?: unknown } | null)?.code ?? "");
  // Node's parser keeps what it cannot read, which may hold a secret.
  if (code.startsWith("HPE_")) Reflect.deleteProperty(inner as Error, "data");
  const hint = advice.find(([pattern]) => pattern.test(code))?.[1];
  const what = code || (inner instanceof Error ? inner.message : "no answer");
  return new ConnectionError(
    `${call.method} ${call.url}: the connection failed (${what}).${hint ? ` ${hint}` : ""}`,
    { ...call, cause },
  );
}
