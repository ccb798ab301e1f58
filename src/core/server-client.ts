/**
 * Requests and WebSockets to one running server, with the token for it.
 *
 * Guarantees that the token goes to this server alone: not to the user's other known servers, along no redirect, into
 * no URL. A server that does not run is a ServerNotRunningError, whatever the proxy answers in its place.
 */
import { omitCookies } from "./auth.js";
import { ConnectionError, InvalidInputError, ServerNotRunningError } from "./errors.js";
import { withoutUndefined } from "./json.js";
import { sanitizeCause } from "./network-errors.js";
import { pageOrigin } from "./runtime.js";
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
  /** Until when the token may be used again, by `performance.now()`. */
  reuseUntil: number;
  /** The user's named servers, whose addresses are below that of the default server. */
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

/** A fetch for the server. Relative addresses are resolved below it. */
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
      // A token of the caller's own replaces the target's.
      secrets.addHeaders(headers);
      secrets.addInput([{ token: target.token }, Object.fromEntries(url.searchParams)]);
      throw new ConnectionError(`${method} ${baseUrl}: the connection to the server failed.`, {
        ...details,
        cause: sanitizeCause(cause, { url: baseUrl, secrets }),
      });
    }
    if (origin === "server") return response;
    let isRunning = false;
    let isOfHub = origin === "hub";
    try {
      // An application in the server may answer in the same way as the hub or the proxy: the hub knows.
      isRunning = await runs(signal ?? new AbortController().signal);
      // A server that died runs for the hub until it looks again; the proxy then serves the hub's page.
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

/** The init of a request. Not a `Request`: the fetch of a package accepts only its own class. */
type ServerRequestInit = Omit<RequestInit, "headers"> & { method: string; headers: Headers };

/** Checks the address and adds the token. */
async function requestOf(
  target: ServerTarget,
  input: string | URL | Request,
  init: RequestInit,
): Promise<{ url: URL; request: ServerRequestInit }> {
  // A Request, also of another implementation.
  const given = typeof input === "object" && "url" in input ? input : undefined;
  const address = given ? given.url : String(input);
  // A Request refuses addresses with a password.
  const url = valid(target, () => new URL(new Request(new URL(address, target.baseUrl)).url));
  assertBelow(target, url.href);
  const headers = valid(target, () => new Headers(init.headers ?? given?.headers));
  if (!headers.has("Authorization")) headers.set("Authorization", target.authorization);
  const body = init.body ?? (given && (await bodyOf(given, target)));
  const checked = { method: init.method ?? given?.method ?? "GET", body: body == null ? null : "" };
  // Checked here, since the error of fetch would quote it.
  const { method } = valid(target, () => new Request(url, { ...checked, headers }));
  const request: ServerRequestInit = {
    ...(given && settingsOf(given)),
    // As for `fetch`, undefined keeps the value of the Request.
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
    // Not kept as the cause: it quotes addresses and headers, which may hold secrets.
    throw new InvalidInputError(
      `${what} cannot be sent this request: its address, method, body or a header is malformed.`,
    );
  }
}

/** The body of a request, as bytes: browsers send no streams over HTTP/1.1. */
async function bodyOf(request: Request, target: ServerTarget): Promise<ArrayBuffer | undefined> {
  if (/^(GET|HEAD)$/i.test(request.method)) return undefined;
  const bytes = await request.arrayBuffer().catch(() => undefined);
  return valid(target, () => (bytes!.byteLength > 0 ? bytes : undefined));
}

/** Further properties of a Request. Runtimes differ in which they have. */
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
 * What sent a response: the server, the hub, or unknown. If the server does not run, the hub answers at its address:
 * with a redirect to itself, a page, or 424 (503 before 2.0). If nothing is there, the proxy answers 503.
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
 * Whether a server itself answers at its address, to a request without credentials: Jupyter servers send a page, or a
 * redirect to one of theirs or to the hub's login. Without a running server the hub answers, always with a redirect to
 * a page of its own, or a gateway does, which does not know the header. False in pages, where nothing is sent, since
 * browsers hide redirects. Rejects if the address cannot be reached or redirects to a malformed one.
 */
export async function isServedAt(
  address: string,
  hubUrl: string,
  send: typeof fetch,
  signal: AbortSignal,
): Promise<boolean> {
  if (pageOrigin() !== undefined) return false;
  const response = await send(address, { redirect: "manual", signal });
  await discardBody(response);
  // A custom fetch may follow redirects nevertheless.
  if (response.redirected) return false;
  if (response.ok) return versionOf(response) !== undefined;
  let target = new URL(response.headers.get("Location") ?? "", address);
  if (target.pathname === `${new URL(hubUrl).pathname}api/oauth2/authorize`) {
    target = new URL(target.searchParams.get("redirect_uri") ?? "", address);
  }
  // Below the address, not the same with a query.
  return target.href.startsWith(address) && /^[^?#]/.test(target.href.slice(address.length));
}

/** The body as text; empty if it is lost. */
const textOf = (response: Response): Promise<string> => response.text().catch(() => "");

/** Whether a response is a page of the hub, each of which loads its static files. Leaves the body unread. */
const isHubPage = async (response: Response, hubUrl: string): Promise<boolean> =>
  /html/.test(response.headers.get("Content-Type") ?? "") &&
  (await textOf(response.clone())).includes(`${new URL(hubUrl).pathname}static/`);

/** The runtime's WebSocket if it can send headers, which those of browsers cannot. */
export const runtimeWebSocket = (): typeof WebSocket | undefined =>
  pageOrigin() === undefined ? globalThis.WebSocket : undefined;

/** A WebSocket class for the server that sends the token in a header. */
export function createWebSocketClass(Base: object, target: ServerTarget): typeof WebSocket {
  const headers = { Authorization: target.authorization };
  // The package `ws` takes headers as third argument, runtimes beside the protocols.
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
