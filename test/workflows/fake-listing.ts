/**
 * A hub that serves one listing, in pages like those of real hubs. Clients reach it through an injected `fetch`. Unlike
 * a FakeHub, it can imitate hubs of the versions 1.2 to 3.1, and can send responses that are not a listing.
 */
import { JupyterHub } from "../../src/index.js";
import type { JupyterHubOptions } from "../../src/index.js";
import { isAtLeast } from "../../src/core/version.js";

const base = "http://hub.test.local/prefix/hub/api";
export const pageType = "application/jupyterhub-pagination+json";

export interface ListingOptions {
  version?: string;
  /** The hub's `api_page_max_limit`. */
  max?: number;
  /** Creates the JSON of a response from its items. By default, the JSON is an array of objects with a `name`. */
  shape?: (items: string[]) => unknown;
  /** The bodies of the first responses, instead of the hub's own. */
  first?: unknown[];
  /** The delay of each response, in milliseconds. */
  takes?: number;
}

/** One request for the listing. Its path includes the query: "/users?offset=0&limit=200". */
export interface Recorded {
  path: string;
  accept: string | null;
}

/** Returns the given number of names for listed items: "n0", "n1" and so on. */
export const names = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `n${index}`);

export function fakeListing(
  items: string[],
  options: ListingOptions = {},
): { hub: JupyterHub; recorded: Recorded[] } {
  const { version = "6.1.1", max = 200, shape = named, first = [], takes = 0 } = options;
  const recorded: Recorded[] = [];

  const answer = (url: URL, accept: string | null): unknown => {
    if (url.pathname.endsWith("/hub/api/")) return { version };
    recorded.push({ path: url.href.replace(base, ""), accept });
    if (first.length > 0) return first.shift();
    // Hubs 1.x have no pages.
    if (!isAtLeast(version, "2.0")) return shape(items);
    const wanted = Number(url.searchParams.get("limit") ?? 50);
    const offset = Number(url.searchParams.get("offset") ?? 0);
    const limit = Math.min(Math.max(wanted, 1), max);
    const page = items.slice(offset, offset + limit);
    // Shares always come in pages. Other listings are truncated unless pages are requested.
    if (accept !== pageType && !/\/share/.test(url.pathname)) return shape(items.slice(0, max));
    const more = offset + limit < items.length;
    return {
      items: shape(page),
      _pagination: {
        offset,
        limit,
        total: items.length,
        // Hubs behind a proxy often send a wrong URL here.
        next: more
          ? {
              offset: offset + limit,
              limit,
              url: "http://wrong.test.invalid/hub/api/users?offset=7",
            }
          : null,
      },
    };
  };

  const fetch: JupyterHubOptions["fetch"] = async (input, init) => {
    const request = new Request(input, init);
    const body = answer(new URL(request.url), request.headers.get("Accept"));
    if (takes) await new Promise((resolve) => setTimeout(resolve, takes));
    return new Response(JSON.stringify(body), {
      headers: { "X-JupyterHub-Version": version, "Content-Type": "application/json" },
    });
  };
  return { hub: new JupyterHub({ url: base, token: "a-token", fetch }), recorded };
}

const named = (items: string[]): unknown => items.map((name) => ({ name }));

/** Returns the routes of a proxy as hubs send them: as a map. */
export const routeMap = (items: string[]): unknown =>
  Object.fromEntries(items.map((name) => [`/user/${name}/`, { routespec: name }]));
