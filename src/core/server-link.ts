/**
 * Requests and WebSockets to one server that a hub has started, with the token for it.
 *
 * Promises that the token goes below the server's address and nowhere else, along no redirect and into no
 * URL, and that a server which does not run is told from one which answers.
 */
import { withoutCookie } from "./auth.js";
import { ConnectionError, InvalidInputError, ServerNotRunningError } from "./errors.js";
import { copyOf } from "./failure.js";
import { pageOrigin } from "./page.js";

export interface ServerLink {
  /** How the server is called in errors. */
  what: string;
  /** The server's address, with a slash at its end. */
  baseUrl: string;
  token: string;
  /** Where people reach the hub. */
  hubUrl: string;
  send: typeof fetch;
  /** Asks the hub whether the server runs. */
  runs(signal: AbortSignal): Promise<boolean>;
}

/** The error for a server that does not run. */
export const notRunning = (what: string, status?: number): ServerNotRunningError =>
  new ServerNotRunningError(`${what} does not run. Start it: servers.start.`, { status });

/** Sends requests to the server; addresses without an origin are below its own. */
export const fetchOf =
  (link: ServerLink) =>
  async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    const { what, baseUrl, hubUrl, send, runs } = link;
    const request = requestOf(link, input, init);
    const { method, signal } = request;
    const details = { method, url: baseUrl };
    // Perhaps another than the link's: the caller's own goes before it.
    const secrets = [link.token, tokenOf(request)];
    let response: Response;
    try {
      response = await send(request);
    } catch (cause) {
      if (signal.aborted) throw signal.reason;
      const said = `${method} ${baseUrl}: the connection to the server failed.`;
      throw new ConnectionError(said, {
        ...details,
        cause: copyOf(cause, { url: baseUrl, secrets }),
      });
    }
    const sign = signOf(response, new URL(hubUrl).pathname);
    if (sign === undefined) return response;
    const isUp = sign !== "stopped" && (await runs(signal));
    if (isUp && sign !== "hub") return response;
    await response.body?.cancel();
    if (!isUp) throw notRunning(what, response.status || undefined);
    throw new ConnectionError(
      `${what} runs, but ${baseUrl} leads to the hub. Is publicUrl where people reach it?`,
      { ...details, status: response.status },
    );
  };

/** The request as it is sent: below the server's address, with a token. */
function requestOf(
  { what, baseUrl, token }: ServerLink,
  input: RequestInfo | URL,
  init: RequestInit | undefined,
): Request {
  let request: Request;
  try {
    const given = new Request(typeof input === "string" ? new URL(input, baseUrl) : input, init);
    const headers = new Headers(given.headers);
    if (!headers.has("Authorization")) headers.set("Authorization", `Bearer ${token}`);
    request = new Request(given, { headers, redirect: "manual", ...withoutCookie() });
  } catch {
    // Not kept as the cause: it quotes addresses and headers, which may hold a secret.
    throw new InvalidInputError(
      `${what} cannot be sent this request: its address, method, body or a header is malformed.`,
    );
  }
  assertBelow(baseUrl, request.url);
  return request;
}

const tokenOf = ({ headers }: Request): string =>
  (headers.get("Authorization") ?? "").replace(/^\S+ /, "");

/**
 * What an answer says of the server. Of one that does not run, the address leads to the hub, which redirects
 * to itself, shows pages of its own, or says 424 (503 before 2.0); or to nothing, of which the proxy says 503.
 */
function signOf(
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
export const ownWebSocket = (): typeof WebSocket | undefined =>
  pageOrigin() === undefined ? globalThis.WebSocket : undefined;

/** A WebSocket to the server that sends the token in a header. */
export function webSocketOf(Base: object, { baseUrl, token }: ServerLink): typeof WebSocket {
  const headers = { Authorization: `Bearer ${token}` };
  // The package `ws` takes them third, runtimes together with the protocols.
  const third = "createWebSocketStream" in Base;
  return class extends (Base as new (...options: unknown[]) => WebSocket) {
    constructor(url: string | URL, protocols: string | string[] = []) {
      assertBelow(baseUrl, String(url).replace(/^ws/i, "http"));
      if (third) super(url, protocols, { headers });
      else super(url, { protocols, headers });
    }
  } as unknown as typeof WebSocket;
}

function assertBelow(baseUrl: string, url: string): void {
  if (URL.canParse(url) && new URL(url).href.startsWith(baseUrl)) return;
  throw new InvalidInputError(`This way leads to ${baseUrl} and nowhere else.`);
}
