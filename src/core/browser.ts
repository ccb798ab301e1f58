/** The page of a browser that runs this, if any: where it is from, and what JupyterHub's templates put into it. */

/** What a page holds: the browser's own parts, and what JupyterHub's templates put there. */
interface Page {
  location?: { origin: string; pathname: string };
  document?: { cookie: string };
  jhdata?: { base_url?: unknown; xsrf_token?: unknown };
}
export const page = globalThis as Page;

/** The origin of the page that runs this; undefined outside browsers. */
export const pageOrigin = (): string | undefined => page.location?.origin;

/** The address of the hub that served this page, if its templates say so. */
export function hubUrlOfPage(): string | undefined {
  const origin = pageOrigin();
  const base = page.jhdata?.base_url;
  return origin !== undefined && typeof base === "string" ? origin + base : undefined;
}
