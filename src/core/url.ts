/**
 * Where a hub's API is: from whatever address people have at hand.
 *
 * Promises an absolute URL that ends in `/hub/api`, without query, fragment or credentials.
 */
import { InvalidInputError } from "./errors.js";

const hint =
  'Give the address of the hub, such as "https://hub.example.org" or "https://example.org/prefix/hub/api".';

function parse(what: string, url: string): URL {
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

/** `https://host/prefix/hub/api` from an origin, origin with prefix, `…/hub` or `…/hub/api`. */
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
  const path = pathname.replace(/\/+$/, "").replace(/\/hub\/api$/, "/hub");
  return path.endsWith("/hub") ? path : `${path}/hub`;
};

/**
 * Where the API of the hub behind a link can be, most likely first: before `/hub/`, `/user/` or
 * `/services/`, then at the link itself, at its origin and at every prefix between.
 */
export function apiCandidates(link: string): string[] {
  const { origin, pathname } = parse("link", link);
  const segments = pathname.split("/").filter(Boolean);
  const mark = segments.findIndex((segment) => ["hub", "user", "services"].includes(segment));
  const lengths = [mark < 0 ? segments.length : mark, ...segments.keys(), segments.length];
  const prefixes = lengths.map((length) =>
    segments
      .slice(0, length)
      .map((segment) => `/${segment}`)
      .join(""),
  );
  return [...new Set(prefixes)].map((prefix) => `${origin}${prefix}/hub/api`);
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
