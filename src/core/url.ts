/**
 * Addresses: of a hub's API, of the hubs behind a link, and of a hub's servers.
 *
 * Guarantees absolute URLs without query, fragment or credentials. A configured address is used as it is. A link
 * that somebody pasted leads to no address that another user's server or a service could answer.
 */
import { InvalidInputError } from "./errors.js";

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
  let parsed: URL;
  try {
    parsed = new URL(url);
  } catch {
    throw new InvalidInputError(`The ${what} is not an absolute URL. ${hint}`);
  }
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    throw new InvalidInputError(`The ${what} must begin with http:// or https://. ${hint}`);
  }
  if (parsed.username || parsed.password) {
    throw new InvalidInputError(
      `The ${what} must not hold a user or password; use the token option.`,
    );
  }
  return parsed;
}

/**
 * `https://host/prefix/hub/api` from an origin, origin with prefix, `…/hub` or `…/hub/api`. For addresses that
 * were configured: the prefix may be any path, also one below `/user/`, where a hub can run inside of a server.
 */
export function apiUrl(url: string, what = "url"): string {
  const { origin, pathname, search, hash } = parse(what, url);
  if (search || hash) {
    throw new InvalidInputError(`The ${what} must not have a query or fragment. ${hint}`);
  }
  return origin + hubPath(pathname) + "/api";
}

/** `https://host/prefix/hub/`: where people reach the hub, from any of the forms that {@link apiUrl} takes. */
export const pageUrl = (url: string): string => apiUrl(url, "publicUrl").replace(/api$/, "");

const hubPath = (pathname: string): string => {
  const path = withoutTrailingSlashes(pathname).replace(/\/hub\/api$/, "/hub");
  return path.endsWith("/hub") ? path : `${path}/hub`;
};

/** A loop, since a pattern for this takes quadratic time. */
export function withoutTrailingSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === "/") end -= 1;
  return path.slice(0, end);
}

/** The most addresses that are tried for one link. */
const maxCandidates = 5;
/** The segments below which others than the hub answer: users' servers and services. */
const isReserved = (segment: string): boolean => /^(hub|user|services)$/i.test(segment);
/** A segment that every proxy reads alike: no separators, escapes or parameters, and neither `.` nor `..`. */
const isPlain = (segment: string): boolean => /^(?!\.+$)[\w.~@ -]+$/.test(segment);

/**
 * The addresses where the API of the hub behind a link can be, most likely first: below the link's prefix, at
 * its origin, and below the prefixes between. The prefix ends before the first segment that is `hub`, `user` or
 * `services`, or that is not plain. Proxies decode a path before they route it, so it is decoded here as well.
 */
export function apiCandidates(link: string): string[] {
  const { origin, pathname } = parse("link", link);
  // Once, and ASCII alone: what is still escaped after that is not plain.
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

/**
 * The address of a server, from the `url` of its model and the address where people reach the hub. Refuses other
 * hosts than the hub's and its subdomains, where hubs with subdomains have their servers.
 */
export function serverUrl(url: string, publicUrl: string): string {
  const hub = new URL(publicUrl);
  const server = URL.canParse(url, publicUrl) ? new URL(url, publicUrl) : undefined;
  const isOfHub =
    server?.port === hub.port &&
    /^https?:$/.test(server.protocol) &&
    (server.hostname === hub.hostname || server.hostname.endsWith(`.${hub.hostname}`)) &&
    !server.username &&
    !server.password;
  if (server && isOfHub) return server.href;
  throw new InvalidInputError(
    `The server's address is neither at ${hub.origin}, where people reach the hub, nor at a subdomain of it. ` +
      "Check publicUrl.",
  );
}

/**
 * Whether a token may travel to this host over plain http: this machine, private addresses and the
 * single-label or cluster names that hubs go by inside a cluster.
 */
export function isPrivateHost(hostname: string): boolean {
  const host = hostname
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
  if (host.includes(":")) return /^(::1$|f[cd][\da-f]{2}:|fe[89ab][\da-f]:)/.test(host);
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) {
    return /^(127|10)\.|^192\.168\.|^169\.254\.|^172\.(1[6-9]|2\d|3[01])\.|^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\./.test(
      host,
    );
  }
  return !host.includes(".") || /\.(localhost|local|internal|svc|cluster)$/.test(host);
}
