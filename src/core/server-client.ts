/**
 * Requests and WebSockets to one server that a hub has started, with the token for it.
 *
 * Promises that the token goes below the server's address and nowhere else, to none of the user's other servers
 * that were known, along no redirect and into no URL; and that a server which does not run is told from one which
 * answers.
 */
import { omitCookies } from "./auth.js";
import { ConnectionError, InvalidInputError, ServerNotRunningError } from "./errors.js";
import { sanitizeCause } from "./network-errors.js";
import { pageOrigin } from "./browser.js";
import { Secrets } from "./redact.js";

export interface ServerTarget {
  /** How the server is called in errors. */
  what: string;
  /** The server's address, with a slash at its end. */
  baseUrl: string;
  token: string;
  /** The names of the user's other servers whose addresses are below this one's: those of the default server. */
  siblings: ReadonlySet<string>;
  /** Where people reach the hub. */
  hubUrl: string;
  send: typeof fetch;
  /** Asks the hub whether the server runs. */
  runs(signal: AbortSignal): Promise<boolean>;
}

/** The error for a server that does not run. */
export const notRunningError = (what: string, status?: number): ServerNotRunningError =>
  new ServerNotRunningError(`${what} does not run. Start it: servers.start.`, { status });

/** Sends requests to the server; addresses without an origin are below its own. */
export const createServerFetch =
  (link: ServerTarget) =>
  async (input: RequestInfo | URL, init: RequestInit = {}): Promise<Response> => {
    const { what, baseUrl, hubUrl, send, runs } = link;
    const { url, request } = await requestOf(link, input, init);
    const { method, headers, signal } = request;
    const details = { method, url: baseUrl };
    let response: Response;
    let sign: ReturnType<typeof classify>;
    try {
      response = await send(url.href, request);
      sign = classify(response, new URL(hubUrl).pathname);
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      const secrets = new Secrets();
      // The caller's own token goes before the link's.
      secrets.addHeaders(headers);
      secrets.addInput([{ token: link.token }, Object.fromEntries(url.searchParams)]);
      throw new ConnectionError(`${method} ${baseUrl}: the connection to the server failed.`, {
        ...details,
        cause: sanitizeCause(cause, { url: baseUrl, secrets }),
      });
    }
    if (sign === undefined) return response;
    const isUp = sign !== "stopped" && (await runs(signal ?? new AbortController().signal));
    if (isUp && sign !== "hub") return response;
    // The streams of other implementations have no such method.
    await response.body?.cancel?.();
    if (!isUp) throw notRunningError(what, response.status || undefined);
    throw new ConnectionError(
      `${what} runs, but ${baseUrl} leads to the hub. Is publicUrl where people reach it?`,
      { ...details, status: response.status },
    );
  };

/** What a request is sent with. Not a `Request`: the fetch of a package accepts none but its own. */
type Sent = Omit<RequestInit, "headers"> & { method: string; headers: Headers };

/** The request as it is sent: below the server's address, with a token. */
async function requestOf(
  link: ServerTarget,
  input: RequestInfo | URL,
  init: RequestInit,
): Promise<{ url: URL; request: Sent }> {
  // Also one of another implementation.
  const given = typeof input === "object" && "url" in input ? input : undefined;
  const address = given ? given.url : String(input);
  // A request has no address with a password.
  const url = valid(link, () => new URL(new Request(new URL(address, link.baseUrl)).url));
  assertBelow(link, url.href);
  const headers = valid(link, () => new Headers(init.headers ?? given?.headers));
  if (!headers.has("Authorization")) headers.set("Authorization", `Bearer ${link.token}`);
  const body = init.body ?? (given && (await bodyOf(given, link)));
  const checked = { method: init.method ?? given?.method ?? "GET", body: body == null ? null : "" };
  // Refused here, since fetch would quote it.
  const { method } = valid(link, () => new Request(url, { ...checked, headers }));
  const { headers: _, ...rest } = init;
  const request: Sent = {
    ...(given && settingsOf(given)),
    ...rest,
    method,
    headers,
    redirect: "manual",
    ...omitCookies(),
    ...(body != null && { body }),
    ...(body instanceof ReadableStream && { duplex: "half" }),
  };
  return { url, request };
}

function valid<Value>({ what }: ServerTarget, make: () => Value): Value {
  try {
    return make();
  } catch {
    // Not kept as the cause: it quotes addresses and headers, which may hold a secret.
    throw new InvalidInputError(
      `${what} cannot be sent this request: its address, method, body or a header is malformed.`,
    );
  }
}

/** The body of a request, as bytes: browsers send no streams over HTTP/1.1. */
async function bodyOf(request: Request, link: ServerTarget): Promise<ArrayBuffer | undefined> {
  if (/^(GET|HEAD)$/i.test(request.method)) return undefined;
  const bytes = await request.arrayBuffer().catch(() => undefined);
  return valid(link, () => (bytes!.byteLength > 0 ? bytes : undefined));
}

/** What else a request says of how it is to be sent; runtimes differ in what they know of these. */
const settings = [
  "cache",
  "credentials",
  "integrity",
  "keepalive",
  "mode",
  "referrer",
  "referrerPolicy",
  "signal",
] as const;

const settingsOf = (request: Request): Omit<RequestInit, "headers"> =>
  Object.fromEntries(
    settings.map((name) => [name, request[name]]).filter(([, value]) => value !== undefined),
  );

/**
 * What an answer says of the server. Of one that does not run, the address leads to the hub, which redirects
 * to itself, shows pages of its own, or says 424 (503 before 2.0); or to nothing, of which the proxy says 503.
 */
function classify(
  { status, type, headers }: Response,
  hub: string,
): "stopped" | "hub" | "maybe" | undefined {
  const isPage = !/json/.test(headers.get("Content-Type") ?? "");
  if (status === 424 || (status === 503 && isPage)) return "stopped";
  if (type === "opaqueredirect" || status === 503) return "maybe";
  if (status >= 300 && status < 400) {
    const path = headers.get("Location")?.replace(/^https?:\/\/[^/]+/i, "");
    if (path?.startsWith(`${hub}user/`)) return "hub";
    return path?.startsWith(hub) ? "maybe" : undefined;
  }
  return isPage && [403, 404, 405].includes(status) ? "maybe" : undefined;
}

/** The runtime's WebSocket, if it sends headers: those of browsers do not. */
export const runtimeWebSocket = (): typeof WebSocket | undefined =>
  pageOrigin() === undefined ? globalThis.WebSocket : undefined;

/** A WebSocket to the server that sends the token in a header. */
export function createWebSocketClass(Base: object, link: ServerTarget): typeof WebSocket {
  const headers = { Authorization: `Bearer ${link.token}` };
  // The package `ws` takes them third, runtimes together with the protocols.
  const third = "createWebSocketStream" in Base;
  return class extends (Base as new (...options: unknown[]) => WebSocket) {
    constructor(url: string | URL, protocols: string | string[] = []) {
      assertBelow(link, String(url).replace(/^ws/i, "http"));
      if (third) super(url, protocols, { headers });
      else super(url, { protocols, headers });
    }
  } as unknown as typeof WebSocket;
}

/** Throws unless a URL leads to this very server. Proxies decode a path before they route it. */
function assertBelow({ what, baseUrl, siblings }: ServerTarget, url: string): void {
  const href = URL.canParse(url) ? new URL(url).href : "";
  const [path = ""] = href.slice(baseUrl.length).split(/[?#]/);
  const segments = path.split(/\/|%2f|%5c/i).map(decoded);
  if (!href.startsWith(baseUrl) || segments.includes("..")) {
    throw new InvalidInputError(`${what} is at ${baseUrl}; the address leads elsewhere.`);
  }
  const first = segments.find((segment) => segment !== "" && segment !== ".");
  if (first === undefined || !siblings.has(first)) return;
  throw new InvalidInputError(
    `${what} has no path that begins with ${JSON.stringify(first)}: the user's server of that name would get ` +
      `the request, and the token with it. To reach that one, name it as the server.`,
  );
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
