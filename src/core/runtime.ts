/**
 * Access to the JavaScript runtime: environment variables, the page and its cookies in a browser, and the types of
 * `fetch` and for `await using`.
 */

/**
 * A function with the parameters and the result of `fetch`. Runtimes add properties to their own `fetch`, which a
 * replacement does not need.
 */
export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/**
 * `AsyncDisposable` if the compiler's `lib` or the types of the runtime have `Symbol.asyncDispose`, else any object.
 */
export type Disposable = SymbolConstructor extends {
  readonly asyncDispose: infer Key extends symbol;
}
  ? { readonly [_ in Key]: () => Promise<void> }
  : object;

/** The value of an environment variable; undefined if it is unset or empty, or the runtime has no environment. */
export function environmentVariable(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  try {
    return process?.env?.[name] || undefined;
  } catch {
    // Deno throws without --allow-env.
    return undefined;
  }
}

/** A browser's globals, and those that JupyterHub's page templates define. */
interface Page {
  location?: { origin: string; pathname: string };
  document?: { cookie: string };
  jhdata?: { base_url?: unknown; xsrf_token?: unknown };
}
export const page = globalThis as Page;

/** The origin of the current page; undefined outside browsers. */
export const pageOrigin = (): string | undefined => page.location?.origin;

/** The URL of the hub that served the current page, if its template provides it. */
export function hubUrlOfPage(): string | undefined {
  const origin = pageOrigin();
  const base = page.jhdata?.base_url;
  return origin !== undefined && typeof base === "string" ? origin + base : undefined;
}
