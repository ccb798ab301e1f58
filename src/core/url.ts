/**
 * Parses and validates addresses: of a hub's API, of the hub behind a link, and of a hub's servers.
 *
 * Returns absolute URLs without query, fragment or credentials. A configured address may have any prefix. The addresses
 * derived from a link never lead to a user's server or to a service.
 */
import { InvalidInputError } from "./errors.js";
import { assertShape } from "./json.js";
import { escapeMarks } from "./redact.js";

const hint =
  'Give the address of the hub, such as "https://hub.example.org" or "https://example.org/prefix/hub/api".';

/** The longest address that is parsed, in characters. Few servers accept longer ones. */
const maxAddressLength = 8000;

function parse(what: string, url: string): URL {
  if (typeof url === "string" && url.length > maxAddressLength) {
    throw new InvalidInputError(
      `The ${what} has ${url.length} characters; at most ${maxAddressLength} are accepted. ${hint}`,
    );
  }
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new InvalidInputError(
      `The ${what} must be an absolute URL with http:// or https://. ${hint}`,
    );
  }
  if (parsed.username || parsed.password) {
    throw new InvalidInputError(
      `The ${what} must not contain a user or password; use the token option.`,
    );
  }
  return parsed;
}

/**
 * Returns `https://host/prefix/hub/api` for an origin, an origin with a prefix, `…/hub` or `…/hub/api`. The prefix may
 * be any path, also one below `/user/`, where a hub can run inside a server.
 */
export function apiUrl(url: string, what = "url"): string {
  const { origin, pathname, search, hash } = parse(what, url);
  if (search || hash) {
    throw new InvalidInputError(`The ${what} must not have a query or fragment. ${hint}`);
  }
  const given = withoutTrailingSlashes(pathname);
  if (serverPage.test(given)) {
    throw new InvalidInputError(
      `The ${what} is a page of a user's server, which must not get the token. ` +
        "Give the hub's address, or use JupyterHub.discover(link).",
    );
  }
  return `${origin}${given.replace(/\/hub(\/api)?$/, "")}/hub/api`;
}

/** Matches the path of a server and those of its pages, as people copy them from a browser. */
const serverPage =
  /\/user\/[^/]+($|(\/[^/]+)?\/(lab|tree|notebooks|doc|edit|files|terminals|retro|nbclassic)(\/|$))/;

/** Returns `https://host/prefix/hub/`, the hub's address for people, for any form that {@link apiUrl} accepts. */
export const pageUrl = (url: string): string => apiUrl(url, "publicUrl").replace(/api$/, "");

/** Removes the slashes at a path's end. Uses a loop, since a regular expression would take quadratic time. */
export function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end -= 1;
  return path.slice(0, end);
}

/** A decoded segment of a path, or the segment itself if it cannot be decoded. */
export function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The most addresses that are tried for one link. */
const maxCandidates = 5;
/** Returns whether a segment begins the paths of the hub, of users' servers or of services. */
const isReserved = (segment: string): boolean => /^(hub|user|services)$/i.test(segment);
/**
 * Returns whether all proxies interpret a segment in the same way, since it contains no separator, escape or parameter,
 * and does not consist of dots.
 */
const isPlain = (segment: string): boolean => /^(?!\.+$)[\w.~@ -]+$/.test(segment);

/**
 * Returns the possible addresses of the API of the hub behind a link, most likely first: below the link's prefix, at
 * its origin, and below the shorter prefixes. The prefix ends before the first segment that is `hub`, `user` or
 * `services`, or that is not plain. Decodes the link's path first, as proxies do before they route a request.
 */
export function apiCandidates(link: string): string[] {
  const { origin, pathname } = parse("link", link);
  // Decodes once, and ASCII only: a segment that still has escapes is not plain.
  const decoded = pathname.replace(/%[0-7][\dA-F]/gi, decodeURIComponent);
  const segments = decoded.split("/").filter(Boolean);
  const end = segments.findIndex((segment) => isReserved(segment) || !isPlain(segment));
  const prefix = end < 0 ? segments : segments.slice(0, end);
  const lengths = new Set([prefix.length, ...prefix.keys()]);
  return [...lengths].slice(0, maxCandidates).map((length) => {
    const path = prefix.slice(0, length).map((segment) => `/${segment.replaceAll(" ", "%20")}`);
    return `${origin}${path.join("")}/hub/api`;
  });
}

/** The addresses of a server, in its model or in a share. */
export interface ServerLinks {
  url: string;
  full_url?: string | null;
}

/**
 * Returns a server's public address, which must be on the hub's host or a subdomain of it: some hubs use subdomains for
 * servers. If the client knows only a private host of the hub, the address is the server's `full_url`.
 */
export function serverAddress(
  { url, full_url }: ServerLinks,
  server: string,
  publicUrl: string,
): string {
  assertShape(typeof url === "string");
  if (full_url && isPrivateHost(new URL(publicUrl).hostname)) {
    const isWeb = (url: URL): boolean => /^https?:$/.test(url.protocol);
    assertShape(URL.canParse(full_url, publicUrl) && isWeb(new URL(full_url, publicUrl)));
    return onHost(full_url, new URL(full_url, publicUrl).origin);
  }
  // Old hubs do not encode the server's name, and a question mark in it would end the path.
  const raw = `/${server}/`;
  const whole = url.endsWith("/") ? url : `${url}/`;
  const path = whole.endsWith(raw) ? whole.slice(0, -raw.length) + `/${encoded(server)}/` : whole;
  return onHost(path, publicUrl);
}

/** Returns a name as hubs encode it in addresses. */
const encoded = (name: string): string =>
  escapeMarks(encodeURIComponent(name)).replaceAll("%40", "@");

function onHost(url: string, publicUrl: string): string {
  const hub = new URL(publicUrl);
  const server = URL.canParse(url, publicUrl) ? new URL(url, publicUrl) : undefined;
  const isOfHub =
    server?.port === hub.port &&
    /^https?:$/.test(server.protocol) &&
    `.${server.hostname}`.endsWith(`.${hub.hostname}`) &&
    !server.username &&
    !server.password;
  if (server && isOfHub) return server.href;
  throw new InvalidInputError(
    `The server's address is neither at ${hub.origin}, the hub's public address, nor at a subdomain of it. ` +
      "Check publicUrl.",
  );
}

/** Hosts to which a token may be sent over plain http. */
const privateHosts: readonly RegExp[] = [
  // IPv6: unspecified, loopback, unique local and link-local addresses, and mapped loopback addresses of IPv4.
  /^\[(::1?\]|::ffff:7f[\da-f]{2}:|f[cd][\da-f]{2}:|fe[89ab][\da-f]:)/,
  // IPv4: the same kinds, private and shared addresses. A hub logs 0.0.0.0 as its own address.
  /^(0\.0\.0(?=\.0$)|127|10|192\.168|169\.254|172\.(1[6-9]|2\d|3[01])|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7]))\.[\d.]+$/,
  // The names of this machine, and of services inside a cluster.
  /^[^.:]+$/,
  /\.(localhost|local|internal|svc|cluster)$/,
];

/** Returns whether the host of a URL is this machine, in a private network or inside a cluster. */
export const isPrivateHost = (hostname: string): boolean =>
  privateHosts.some((pattern) => pattern.test(hostname.replace(/\.$/, "")));
