/**
 * Requests and WebSockets to one running server, with the token for it.
 *
 * Guarantees that the token goes to this server alone: to none of the user's other known servers, to no target of a
 * redirect and into no URL. If the server does not run, requests reject with a ServerNotRunningError, whatever answers
 * in its place.
 */
import { omitCookies } from "./auth.js";
import { ConnectionError, InvalidInputError, ServerNotRunningError } from "./errors.js";
import { withoutUndefined } from "./json.js";
import { sanitizeCause } from "./network-errors.js";
import { pageOrigin, type Fetch } from "./runtime.js";
import { Secrets } from "./redact.js";
import { discardBody, versionOf } from "./response.js";
import { decoded } from "./url.js";

export interface ServerTarget {
  /** The server's name in errors. */
  what: string;
  /** The server's address, with a slash at its end. */
  baseUrl: string;
  token: string;
  /** The `Authorization` header with this token. */
  authorization: string;
  /** The time until which the token may be reused, on the clock of `performance.now()`. */
  reuseUntil: number;
  /** The names of the user's named servers, whose addresses are below the default server's address. */
  siblings: ReadonlySet<string>;
  /** The address at which people reach the hub. */
  hubUrl: string;
  send: Fetch;
  /** Asks the hub whether the server runs. */
  runs(signal: AbortSignal): Promise<boolean>;
}

/** The error for a server that does not run. */
export const notRunningError = (what: string, status?: number): ServerNotRunningError =>
  new ServerNotRunningError(`${what} does not run. Start it: servers.start.`, { status });

/** Returns a fetch function for the server. The function resolves relative addresses against the server's address. */
export const createServerFetch =
  (target: ServerTarget) =>
  async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { what, baseUrl, hubUrl, send, runs } = target;
    const { url, request } = await requestOf(target, input, init);
    const { method, headers, signal } = request;
    const details = { method, url: baseUrl };
    let response: Response;
    let origin: ReturnType<typeof originOf>;
    try {
      response = await send(url.href, request);
      origin = originOf(response, new URL(hubUrl).pathname);
    } catch (cause) {
      if (signal?.aborted) throw signal.reason;
      const secrets = new Secrets();
      // The caller's headers may have a token that replaces the target's.
      secrets.addHeaders(headers);
      const query = [...url.searchParams].map(([key, value]) => ({ [key]: value }));
      secrets.addInput([{ token: target.token }, query]);
      throw new ConnectionError(`${method} ${baseUrl}: the connection to the server failed.`, {
        ...details,
        cause: sanitizeCause(cause, { url: baseUrl, secrets }),
      });
    }
    if (origin === "server") return response;
    let isRunning = false;
    let isOfHub = origin === "hub";
    try {
      // An application in the server may answer as the hub or the proxy would, so the hub decides.
      isRunning = await runs(signal ?? new AbortController().signal);
      // The hub reports a dead server as running until it checks again. Meanwhile the proxy serves a page of the hub.
      if (isRunning && !isOfHub)
        isOfHub = response.status === 503 && (await isHubPage(response, hubUrl));
      if (isRunning && !isOfHub) return response;
    } finally {
      if (!isRunning || isOfHub) await discardBody(response);
    }
    if (!isRunning) throw notRunningError(what, response.status || undefined);
    if (response.status === 503) {
      throw new ServerNotRunningError(
        `${what} does not answer, and the hub has not noticed yet. If it stays so, restart it: servers.restart.`,
        { ...details, status: 503 },
      );
    }
    throw new ConnectionError(
      `${what} runs, but ${baseUrl} leads to the hub. Is publicUrl where people reach it?`,
      { ...details, status: response.status },
    );
  };

/**
 * The second argument of `fetch`. Used in place of a `Request`: a package's own `fetch` accepts only its own `Request`
 * class.
 */
type ServerRequestInit = Omit<RequestInit, "headers"> & { method: string; headers: Headers };

/** Returns the checked address and the request to send to it, with the token. */
async function requestOf(
  target: ServerTarget,
  input: string | URL | Request,
  init: RequestInit,
): Promise<{ url: URL; request: ServerRequestInit }> {
  // The input may be a Request, even of another implementation.
  const given = typeof input === "object" && "url" in input ? input : undefined;
  const address = given ? given.url : String(input);
  // The class Request refuses addresses with a password.
  const url = valid(target, () => new URL(new Request(new URL(address, target.baseUrl)).url));
  assertBelow(target, url.href);
  const headers = valid(target, () => new Headers(init.headers ?? given?.headers));
  if (!headers.has("Authorization")) headers.set("Authorization", target.authorization);
  const body = init.body ?? (given && (await bodyOf(given, target)));
  const checked = { method: init.method ?? given?.method ?? "GET", body: body == null ? null : "" };
  // The method is checked here, since an error of fetch would quote it.
  const { method } = valid(target, () => new Request(url, { ...checked, headers }));
  const request: ServerRequestInit = {
    ...(given && settingsOf(given)),
    // As in `fetch`, an undefined value keeps that of the Request.
    ...withoutUndefined(init),
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
    // The error is not kept as the cause: it quotes addresses and headers, which may hold secrets.
    throw new InvalidInputError(
      `${what} cannot be sent this request: its address, method, body or a header is malformed.`,
    );
  }
}

/** Returns a request's body as bytes, not as a stream: browsers send no streams over HTTP/1.1. */
async function bodyOf(request: Request, target: ServerTarget): Promise<ArrayBuffer | undefined> {
  if (/^(GET|HEAD)$/i.test(request.method)) return undefined;
  const bytes = await request.arrayBuffer().catch(() => undefined);
  return valid(target, () => (bytes!.byteLength > 0 ? bytes : undefined));
}

/** The properties to copy from a Request, besides URL, method, headers and body. Some runtimes lack some of them. */
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
  withoutUndefined(Object.fromEntries(settings.map((name) => [name, request[name]])));

/**
 * Returns which program sent a response. If the server does not run, the hub answers in its place: with a redirect to
 * the hub, a page, or 424 (503 before 2.0). If nothing listens at the address, the proxy answers 503.
 */
function originOf({ status, type, headers }: Response, hub: string): "server" | "hub" | "unknown" {
  if (type === "opaqueredirect" || status === 424 || status === 503) return "unknown";
  if (status >= 300 && status < 400) {
    const path = headers.get("Location")?.replace(/^https?:\/\/[^/]+/i, "");
    if (path?.startsWith(`${hub}user/`)) return "hub";
    return path?.startsWith(hub) ? "unknown" : "server";
  }
  const isPage = !/json/.test(headers.get("Content-Type") ?? "");
  return isPage && [403, 404, 405].includes(status) ? "unknown" : "server";
}

/**
 * Returns whether the server itself answers a request to its address without credentials. Jupyter servers answer with a
 * page, or with a redirect to one of their pages or to the hub's login. If the server does not run, the hub answers,
 * always with a redirect to one of its own pages, or a gateway answers, without the version header. In browsers, which
 * hide redirects, sends nothing and returns false. Rejects if the address cannot be reached, or if it redirects to a
 * malformed address.
 */
export async function isServedAt(
  address: string,
  hubUrl: string,
  send: Fetch,
  signal: AbortSignal,
): Promise<boolean> {
  if (pageOrigin() !== undefined) return false;
  const response = await send(address, { redirect: "manual", signal });
  await discardBody(response);
  // A custom fetch may follow redirects anyway.
  if (response.redirected) return false;
  if (response.ok) return versionOf(response) !== undefined;
  let target = new URL(response.headers.get("Location") ?? "", address);
  if (target.pathname === `${new URL(hubUrl).pathname}api/oauth2/authorize`) {
    target = new URL(target.searchParams.get("redirect_uri") ?? "", address);
  }
  // The target must be below the address, not the address itself with a query.
  return target.href.startsWith(address) && /^[^?#]/.test(target.href.slice(address.length));
}

/**
 * Returns whether a response is a page of the hub: such a page loads the hub's static files. Reads only the beginning,
 * of a copy.
 */
async function isHubPage(response: Response, hubUrl: string): Promise<boolean> {
  if (!/html/.test(response.headers.get("Content-Type") ?? "")) return false;
  const { body } = response.clone();
  const reader = body?.getReader?.();
  if (!reader) return false;
  const decoder = new TextDecoder();
  let text = "";
  let isRead = false;
  try {
    while (!isRead && text.length < 2 ** 16) {
      const { done, value } = await reader.read();
      text += decoder.decode(value, { stream: true });
      isRead = done;
    }
  } catch {
    // What was read decides.
  }
  void reader.cancel().catch(() => undefined);
  return text.includes(`${new URL(hubUrl).pathname}static/`);
}

/** Returns the runtime's WebSocket class; undefined in browsers, whose class cannot send headers. */
export const runtimeWebSocket = (): typeof WebSocket | undefined =>
  pageOrigin() === undefined ? globalThis.WebSocket : undefined;

/** Returns a WebSocket class for the server. It sends the token in a header. */
export function createWebSocketClass(Base: object, target: ServerTarget): typeof WebSocket {
  const headers = { Authorization: target.authorization };
  // The package `ws` accepts headers as the third argument, runtimes next to the protocols.
  const third = "on" in (Base as { prototype: object }).prototype;
  return class extends (Base as new (...options: unknown[]) => WebSocket) {
    constructor(url: string | URL, protocols: string | string[] = []) {
      assertBelow(target, String(url).replace(/^ws/i, "http"));
      if (third) super(url, protocols, { headers });
      else super(url, { protocols, headers });
    }
  } as unknown as typeof WebSocket;
}

/** Throws unless a URL leads to this server. Proxies decode a path before they route it, so it is decoded here. */
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
    `Requests below ${JSON.stringify(first)} go to the user's server of that name. To reach it, name it as the server.`,
  );
}
